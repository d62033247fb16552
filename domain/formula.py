"""The formula of a derived metric: a tree of arithmetic over other metrics, and what it comes to.

`{MT-A} / ({MT-A} + {MT-B}) * 100`: other metrics by their keys in braces, numbers, + - * /,
parentheses, and the functions abs, max, min. `domain.formula_parser` reads the text. There is no
code in it, and nothing that could take long.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import assert_never

from domain.reason import Reason, ReasonCode


class Operator(StrEnum):
    """What joins two operands; operators of the same rank are worked off from the left."""

    PLUS = "+"
    MINUS = "-"
    TIMES = "*"
    BY = "/"


SUM_OPERATORS = (Operator.PLUS, Operator.MINUS)


class Function(StrEnum):
    """What can be called: abs with one argument, max and min with two or more."""

    ABS = "abs"
    MAX = "max"
    MIN = "min"


# `at` is where a part begins in its text, counted from 0. It doesn't tell two formulas apart.


@dataclass(frozen=True, slots=True)
class Number:
    """A number written out, exact; never negative, because the sign is a `Negation`."""

    value: Decimal
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Reference:
    """Another metric's value, by its key."""

    key: str
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Negation:
    """Minus something."""

    operand: "Formula"
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Operation:
    """Two operands joined; `at` is where the operator stands."""

    operator: Operator
    left: "Formula"
    right: "Formula"
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Call:
    """A function of its arguments."""

    function: Function
    arguments: tuple["Formula", ...]
    at: int = field(default=0, compare=False)


Formula = Number | Reference | Negation | Operation | Call


def references(formula: Formula) -> tuple[str, ...]:
    """Give the keys of the metrics that a formula uses, each once, in the order of the text."""
    return tuple(dict.fromkeys(reference.key for reference in references_in(formula)))


def references_in(formula: Formula) -> Iterator[Reference]:
    """Walk all references of a formula in the order of the text."""
    match formula:
        case Number():
            return
        case Reference():
            yield formula
        case Negation(operand):
            yield from references_in(operand)
        case Operation(_, left, right):
            yield from references_in(left)
            yield from references_in(right)
        case Call(_, arguments):
            for argument in arguments:
                yield from references_in(argument)


def evaluate(formula: Formula, values: Mapping[str, Fraction]) -> Fraction | Reason:
    """Work a formula out, exactly; the reason where it divides by 0.

    `values` holds a number for every key that the formula refers to.
    """
    try:
        return _worked_out(formula, values)
    except _DividesByZero as division:
        divisor = text_of(division.operation.right)
        return Reason(ReasonCode.NO_DENOMINATOR, f"The formula divides by 0: {divisor} is 0.")


def text_of(formula: Formula) -> str:
    """Write a formula with no more parentheses than it needs; read again it is the same formula."""
    match formula:
        case Number(value):
            return f"{value:f}"
        case Reference(key):
            return f"{{{key}}}"
        case Negation(operand):
            return f"-{_inside(operand, _rank(formula))}"
        case Operation(operator, left, right):
            rank = _rank(formula)
            return f"{_inside(left, rank)} {operator} {_inside(right, rank + 1)}"
        case Call(function, arguments):
            return f"{function}({', '.join(text_of(argument) for argument in arguments)})"
    assert_never(formula)


class _DividesByZero(Exception):
    def __init__(self, operation: Operation) -> None:
        super().__init__()
        self.operation = operation


def _worked_out(formula: Formula, values: Mapping[str, Fraction]) -> Fraction:
    match formula:
        case Number(value):
            return Fraction(value)
        case Reference(key):
            return values[key]
        case Negation(operand):
            return -_worked_out(operand, values)
        case Operation():
            return _joined(formula, values)
        case Call(function, arguments):
            return _called(function, [_worked_out(argument, values) for argument in arguments])
    assert_never(formula)


def _joined(operation: Operation, values: Mapping[str, Fraction]) -> Fraction:
    left = _worked_out(operation.left, values)
    right = _worked_out(operation.right, values)
    match operation.operator:
        case Operator.PLUS:
            return left + right
        case Operator.MINUS:
            return left - right
        case Operator.TIMES:
            return left * right
        case Operator.BY:
            if not right:
                raise _DividesByZero(operation)
            return left / right
    assert_never(operation.operator)


def _called(function: Function, arguments: list[Fraction]) -> Fraction:
    match function:
        case Function.ABS:
            return abs(arguments[0])
        case Function.MAX:
            return max(arguments)
        case Function.MIN:
            return min(arguments)
    assert_never(function)


def _rank(formula: Formula) -> int:
    """Tell how tightly a formula's outermost operator binds."""
    match formula:
        case Operation(operator):
            return 1 if operator in SUM_OPERATORS else 2
        case Negation():
            return 3
        case _:
            return 4


def _inside(formula: Formula, rank: int) -> str:
    text = text_of(formula)
    return text if _rank(formula) >= rank else f"({text})"
