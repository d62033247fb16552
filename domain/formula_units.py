"""The units of a formula: what an expression's numbers are, and whether a metric can be that.

Shares come in three scales (RATIO 1, PERCENT 100, RATE its `per`). * 100 or another power of ten
turns a share into the next scale, as people write percentages, wherever in the product it stands;
/ 100 brings it back. What would need a guess (44 + 0.44, NOK + EUR, 44 % * 200 applications) is
refused.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import reduce
from typing import assert_never

from domain.errors import IllegalFormula
from domain.exact import ONE
from domain.formula import (
    SUM_OPERATORS,
    Call,
    Formula,
    Negation,
    Number,
    Operation,
    Operator,
    Reference,
    evaluate,
    references,
)
from domain.metric import Unit, UnitKind
from domain.reason import Reason

PLAIN = (UnitKind.COUNT, UnitKind.SCORE, UnitKind.NUMBER, UnitKind.RATIO)
"""Kinds whose number is what it says; PERCENT and RATE are a multiple of it."""

TAKES_ANY_NUMBER = (UnitKind.NUMBER, UnitKind.SCORE)
"""Kinds without a scale of their own: an NPS is (promoters - detractors) / responses * 100."""

_SECOND = "second"
_NEXT_SCALE = 100
_Powers = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """What an expression's numbers are.

    `powers` are those of seconds and currencies, sorted by name: money by time is
    `(("NOK", 1), ("second", -1))`; where there are any, `kind` is NUMBER. `per` belongs to RATE.
    `constant` is the value of an expression without any metric. `tens` is the 100 (or another power
    of ten) that a number was multiplied by before it became part of a share: 100 * done / started.
    """

    kind: UnitKind = UnitKind.NUMBER
    per: int | None = None
    powers: _Powers = ()
    constant: Fraction | None = None
    tens: Fraction = ONE

    @property
    def name(self) -> str:
        """How the measure is called in messages."""
        if self.constant is not None:
            return f"the plain number {self.constant}"
        if self.powers == ((_SECOND, 1),):
            return UnitKind.DURATION
        if self.powers:
            return _name_of_powers(self.powers)
        return f"{self.kind} per {self.per:,}" if self.per else self.kind


def measure_of(formula: Formula, units: Mapping[str, Unit]) -> Measure:
    """Tell what a formula's numbers are; IllegalFormula where its units don't go together.

    `units` holds the unit of every metric that the formula refers to.
    """
    if not references(formula):
        return _constant(formula)
    match formula:
        case Reference(key):
            return _measure_of_unit(units[key])
        case Negation(operand):
            return measure_of(operand, units)
        case Call(_, arguments):
            measures = [measure_of(argument, units) for argument in arguments]
            return reduce(lambda one, other: _alike(one, other, formula), measures)
        case Operation():
            return _joined(formula, units)
        case Number():
            return _constant(formula)
    assert_never(formula)


def factor_to(unit: Unit, formula: Formula, units: Mapping[str, Unit]) -> Fraction:
    """Give the factor that brings a formula's numbers into a metric's unit, exactly.

    IllegalFormula, naming what the formula is, where no factor does.
    """
    measure, wanted = measure_of(formula, units), _measure_of_unit(unit)
    if measure.constant is not None:
        message = "A formula is made of at least one metric, by its key in braces: {MT-A}."
        raise IllegalFormula(message)
    factor = _factor(measure, wanted)
    if factor is None:
        message = f"The formula gives {measure.name}; the metric is {wanted.name}."
        raise IllegalFormula(message)
    return factor


def _factor(measure: Measure, wanted: Measure) -> Fraction | None:
    if _is_same(measure, wanted):
        return ONE
    if measure.powers or wanted.powers:
        return None
    if wanted.kind in TAKES_ANY_NUMBER:
        return ONE
    if wanted.kind is UnitKind.COUNT:
        return ONE if measure.kind is UnitKind.NUMBER else None
    given, scale = _scale(measure), _scale(wanted)
    return scale / given if given and scale else None


def _scale(measure: Measure) -> Fraction | None:
    """Give what 1 of 1 is in a share's unit; None for what is no share."""
    match measure.kind:
        case UnitKind.RATIO:
            return ONE
        case UnitKind.PERCENT:
            return Fraction(100)
        case UnitKind.RATE:
            return Fraction(measure.per or 1)
        case _:
            return None


def _measure_of_unit(unit: Unit) -> Measure:
    if unit.kind is UnitKind.DURATION:
        return Measure(powers=((_SECOND, 1),))
    if unit.kind is UnitKind.MONEY:
        return Measure(powers=((unit.currency or "money", 1),))
    return Measure(kind=unit.kind, per=unit.per)


def _constant(formula: Formula) -> Measure:
    value = evaluate(formula, {})
    if isinstance(value, Reason):
        raise IllegalFormula(value.message, position=formula.at + 1)
    return Measure(constant=value)


def _joined(operation: Operation, units: Mapping[str, Unit]) -> Measure:
    left, right = measure_of(operation.left, units), measure_of(operation.right, units)
    _refuse_two_currencies(left, right, operation)
    if operation.operator in SUM_OPERATORS:
        return _alike(left, right, operation)
    if operation.operator is Operator.TIMES:
        return _product(left, right, operation)
    return _quotient(left, right, operation)


def _alike(left: Measure, right: Measure, formula: Formula) -> Measure:
    """Give what a sum, or the larger of two, is: both must be the same.

    A plain number takes the unit of a share, score or count; to a duration or money it would be
    seconds or something else: a guess. 0 is 0 in every unit.
    """
    if left.constant is not None and right.constant is not None:
        return _constant(formula)
    for one, other in ((left, right), (right, left)):
        if one.constant is not None and (not other.powers or not one.constant):
            return other
    if _is_same(left, right):
        return left if left.tens == right.tens else replace(left, tens=ONE)
    kinds = {left.kind, right.kind}
    if not left.powers + right.powers and kinds in (
        {UnitKind.NUMBER, UnitKind.COUNT},
        {UnitKind.NUMBER, UnitKind.SCORE},
    ):
        return Measure(kind=UnitKind.NUMBER)
    _refuse_two_currencies(left, right, formula)
    raise _mixed(left, right, formula, "are different things and can't be added or compared")


def _is_same(left: Measure, right: Measure) -> bool:
    return replace(left, tens=ONE) == replace(right, tens=ONE)


def _product(left: Measure, right: Measure, operation: Operation) -> Measure:
    for one, other in ((left, right), (right, left)):
        if one.constant is not None:
            return _scaled(other, one.constant)
    for one, other in ((left, right), (right, left)):
        if one.kind in (UnitKind.PERCENT, UnitKind.RATE):
            return _unscaled(one, other, operation)
    return replace(_plain_product(left, right), tens=left.tens * right.tens)


def _plain_product(left: Measure, right: Measure) -> Measure:
    if left.powers or right.powers:
        return _of_powers([*left.powers, *right.powers], nothing_left=UnitKind.NUMBER)
    if UnitKind.RATIO in (left.kind, right.kind):
        return right if left.kind is UnitKind.RATIO else left
    return Measure(kind=UnitKind.NUMBER)


def _quotient(left: Measure, right: Measure, operation: Operation) -> Measure:
    if right.constant is not None:
        return _divided(left, right.constant, operation)
    kinds = {left.kind, right.kind}
    if not _is_same(left, right) and kinds & {UnitKind.PERCENT, UnitKind.RATE}:
        return _unscaled(left, right, operation)
    given = _powers_of_ten(left.constant) if left.constant else left.tens
    return _scaled(_plain_quotient(left, right), given / right.tens)


def _plain_quotient(left: Measure, right: Measure) -> Measure:
    if _is_same(left, right):
        return Measure(kind=UnitKind.RATIO)
    if left.powers or right.powers:
        inverse = [(name, -power) for name, power in right.powers]
        return _of_powers([*left.powers, *inverse], nothing_left=UnitKind.RATIO)
    if right.kind is UnitKind.RATIO:
        return replace(left, constant=None, tens=ONE)
    return Measure(kind=UnitKind.NUMBER)


def _divided(measure: Measure, divisor: Fraction, operation: Operation) -> Measure:
    if not divisor:
        message = "The formula always divides by 0 here."
        raise IllegalFormula(message, position=operation.at + 1)
    return _scaled(measure, 1 / divisor)


def _scaled(measure: Measure, factor: Fraction) -> Measure:
    """Give what a measure is times a plain number: the same, unless that makes percent of it."""
    scale = _scale(measure)
    if scale is None:
        return replace(measure, tens=measure.tens * _powers_of_ten(factor))
    after = scale * factor
    if after == 1:
        return Measure(kind=UnitKind.RATIO)
    if after < _NEXT_SCALE or not (_is_power_of_ten(factor) and _is_power_of_ten(after)):
        return measure
    if after == _NEXT_SCALE:
        return Measure(kind=UnitKind.PERCENT)
    return Measure(kind=UnitKind.RATE, per=int(after))


def _is_power_of_ten(number: Fraction) -> bool:
    """Tell whether a number is 100, 1,000 … or the inverse of one of them."""
    larger = max(number, 1 / number) if number > 0 else number
    return larger >= _NEXT_SCALE and str(larger).strip("0") == "1"


def _powers_of_ten(factor: Fraction) -> Fraction:
    return factor if _is_power_of_ten(factor) else ONE


def _unscaled(left: Measure, right: Measure, operation: Operation) -> Measure:
    """Give what a percentage or rate is times or by a factor; what needs its share is refused."""
    is_factor = right.kind in (UnitKind.RATIO, UnitKind.NUMBER)
    if is_factor and not right.powers and right.constant is None:
        return left
    raise _mixed(
        left,
        right,
        operation,
        "can't be multiplied or divided: a percentage or rate is divided by 100 (or what it is "
        "per) first",
    )


def _of_powers(powers: Iterable[tuple[str, int]], *, nothing_left: UnitKind) -> Measure:
    summed: dict[str, int] = {}
    for name, power in powers:
        summed[name] = summed.get(name, 0) + power
    kept = tuple(sorted((name, power) for name, power in summed.items() if power))
    return Measure(powers=kept) if kept else Measure(kind=nothing_left)


def _refuse_two_currencies(left: Measure, right: Measure, formula: Formula) -> None:
    currencies = {name for name, _ in (*left.powers, *right.powers)} - {_SECOND}
    if len(currencies) > 1:
        names = " and ".join(sorted(currencies))
        message = f"{names} are different currencies; no rate of exchange is known here."
        raise IllegalFormula(message, position=formula.at + 1)


def _mixed(left: Measure, right: Measure, formula: Formula, why: str) -> IllegalFormula:
    message = f"{left.name} and {right.name} {why}."
    return IllegalFormula(message, position=formula.at + 1)


def _name_of_powers(powers: _Powers) -> str:
    if len(powers) == 1 and powers[0][1] == 1:
        return f"{UnitKind.MONEY} in {powers[0][0]}"
    above = [_power_text(name, power) for name, power in powers if power > 0]
    below = [_power_text(name, -power) for name, power in powers if power < 0]
    return " / ".join([" * ".join(above) or "1", *below])


def _power_text(name: str, power: int) -> str:
    return name if power == 1 else f"{name}^{power}"
