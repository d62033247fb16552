"""Derived metrics: values worked out from other metrics' values by a formula.

Whoever asks says what a measured metric's value is (`ValueOf`), over the window, cycle and
dimensions asked for: so this module knows nothing of observations.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Protocol

from domain.atlas import Atlas
from domain.errors import IllegalFormula
from domain.exact import ONE, decimal_of
from domain.explain import Explain, Input, age_seconds
from domain.formula import (
    Formula,
    Number,
    Operation,
    Operator,
    evaluate,
    references,
    text_of,
)
from domain.formula_parser import parse
from domain.formula_units import factor_to
from domain.links import find_cycle
from domain.metric import Metric, ObservationState
from domain.node import NodeId
from domain.reason import Reason, ReasonCode


class InputValue(Protocol):
    """What a formula needs of a metric's value; `MetricValue` and `DerivedValue` have it."""

    @property
    def metric(self) -> NodeId:
        """The metric whose value this is."""
        ...

    @property
    def value(self) -> Decimal | None:
        """The value in that metric's unit; None: there is none."""
        ...

    @property
    def reason(self) -> Reason | None:
        """Why there is no value."""
        ...

    @property
    def observed_at(self) -> datetime | None:
        """The end of the newest period in it; None: nothing was observed."""
        ...

    @property
    def state(self) -> ObservationState | None:
        """Whether the source may still change it; None: nothing was observed."""
        ...

    @property
    def source(self) -> NodeId | None:
        """The metric source that answered; None for a derived value."""
        ...


ValueOf = Callable[[Metric], InputValue]
"""Gives the value of a measured metric over what is asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DerivedValue:
    """A derived metric's value in its own unit; None with the reason.

    `exact` is the value before it became a decimal. `formula` is what a client can recompute it by,
    the conversion of units written out. `inputs` are in the formula's order. `observed_at` is the
    oldest of theirs: a derived value is as old as its oldest part, and PROVISIONAL as soon as one
    of them is. `source` is always None.
    """

    metric: NodeId
    value: Decimal | None
    exact: Fraction | None = None
    reason: Reason | None = None
    formula: str
    inputs: tuple[InputValue, ...] = ()
    observed_at: datetime | None = None
    state: ObservationState | None = None
    source: NodeId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """One formula, its inputs in its order, and the factor that brings it into the unit."""

    metric: Metric
    formula: Formula
    factor: Fraction
    inputs: tuple[Metric, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Derivation:
    """How a derived metric comes about: checked once, worked out for as many windows as needed.

    `measured` are the metrics at its bottom, in order of key. `steps` holds the formulas it is
    made of, inputs before what uses them; the last one is the metric's own.
    """

    measured: tuple[Metric, ...]
    steps: tuple[_Step, ...]

    def value(self, value_of: ValueOf) -> DerivedValue:
        """Work the metric out from the values of the measured ones."""
        known: dict[NodeId, InputValue] = {m.id: value_of(m) for m in self.measured}
        for step in self.steps[:-1]:
            known[step.metric.id] = _worked_out(step, known)
        return _worked_out(self.steps[-1], known)


def derived_value(atlas: Atlas, metric: Metric, value_of: ValueOf) -> DerivedValue:
    """Give a derived metric's value from its inputs'; these may be derived themselves."""
    derivation = derivation_of(atlas, metric)
    if isinstance(derivation, Derivation):
        return derivation.value(value_of)
    formula = metric.formula or ""
    return DerivedValue(metric=metric.id, value=None, reason=derivation, formula=formula)


def derivation_of(atlas: Atlas, metric: Metric) -> Derivation | Reason:
    """Give how a metric comes about; the reason where a formula isn't legal or goes in a circle.

    Only a metric that has a formula can be derived.
    """
    try:
        return _derivation_of(atlas, metric)
    except IllegalFormula as illegal:
        return Reason(ReasonCode.NO_METRIC, f"{metric.key} can't be derived. {illegal.message}")
    except _InCircle as circle:
        message = f"{metric.key} is derived from itself: {' → '.join(circle.keys)}."
        return Reason(ReasonCode.CIRCULAR, message)


def explain_derived(atlas: Atlas, derived: DerivedValue, instant: datetime) -> Explain:
    """Show a derived value's formula and inputs, with their ages at an instant."""
    return Explain(
        formula=derived.formula,
        inputs=tuple(_explained(atlas, found, instant) for found in derived.inputs),
    )


class _InCircle(Exception):
    def __init__(self, keys: list[str]) -> None:
        super().__init__()
        self.keys = keys


def _derivation_of(atlas: Atlas, metric: Metric) -> Derivation:
    formulas = _formulas_beneath(atlas, metric)
    if not formulas:
        message = "It has no formula."
        raise IllegalFormula(message)
    uses = {key: [NodeId(used) for used in references(f)] for key, (_, f) in formulas.items()}
    circle = find_cycle({NodeId(key): used for key, used in uses.items()})
    if circle is not None:
        raise _InCircle([str(key) for key in circle])
    steps = tuple(_step(atlas, *formulas[key]) for key in _inputs_first(metric.key, uses))
    inputs = {used.key: used for step in steps for used in step.inputs}
    measured = tuple(inputs[key] for key in sorted(inputs) if key not in formulas)
    return Derivation(measured=measured, steps=steps)


def _formulas_beneath(atlas: Atlas, metric: Metric) -> dict[str, tuple[Metric, Formula]]:
    """Find the formulas that a metric is made of, by key, its own first."""
    found: dict[str, tuple[Metric, Formula]] = {}
    waiting = [metric]
    for each in waiting:
        if each.formula is None or each.key in found:
            continue
        found[each.key] = (each, parse(each.formula))
        waiting += _inputs(atlas, found[each.key][1])
    return found


def _inputs(atlas: Atlas, formula: Formula) -> tuple[Metric, ...]:
    inputs = {key: atlas.find(key, Metric) for key in references(formula)}
    missing = [key for key, found in inputs.items() if found is None]
    if missing:
        message = f"No metric has the key {missing[0]}."
        raise IllegalFormula(message)
    return tuple(found for found in inputs.values() if found is not None)


def _inputs_first(key: str, uses: Mapping[str, list[NodeId]]) -> list[str]:
    """Order derived metrics so that inputs come before what uses them; there is no circle."""
    order: dict[str, None] = {}
    stack = [(key, True)]
    while stack:
        each, is_entering = stack.pop()
        if each not in uses or each in order:
            continue
        if is_entering:
            stack += [(each, False), *((used, True) for used in uses[each])]
        else:
            order[each] = None
    return list(order)


def _step(atlas: Atlas, metric: Metric, formula: Formula) -> _Step:
    inputs = _inputs(atlas, formula)
    factor = factor_to(metric.unit, formula, {used.key: used.unit for used in inputs})
    return _Step(metric=metric, formula=formula, factor=factor, inputs=inputs)


def _worked_out(step: _Step, known: Mapping[NodeId, InputValue]) -> DerivedValue:
    inputs = tuple(known[used.id] for used in step.inputs)
    result = _result(step, inputs)
    ends = [found.observed_at for found in inputs if found.observed_at is not None]
    return DerivedValue(
        metric=step.metric.id,
        value=decimal_of(result) if isinstance(result, Fraction) else None,
        exact=result if isinstance(result, Fraction) else None,
        reason=result if isinstance(result, Reason) else None,
        formula=text_of(_with_factor(step.formula, step.factor)),
        inputs=inputs,
        observed_at=min(ends, default=None),
        state=_state(inputs),
    )


def _result(step: _Step, inputs: tuple[InputValue, ...]) -> Fraction | Reason:
    values: dict[str, Fraction] = {}
    for metric, found in zip(step.inputs, inputs, strict=True):
        exact = _exact(found)
        if exact is None:
            return _missing(step.metric, metric, found.reason)
        values[metric.key] = exact
    result = evaluate(step.formula, values)
    return result if isinstance(result, Reason) else result * step.factor


def _exact(found: InputValue) -> Fraction | None:
    if isinstance(found, DerivedValue):
        return found.exact
    return None if found.value is None else Fraction(found.value)


def _missing(metric: Metric, needed: Metric, reason: Reason | None) -> Reason:
    """Pass an input's reason on: what would give the input a value gives it to the result."""
    code = reason.code if reason else ReasonCode.NO_OBSERVATION
    why = f" {reason.message}" if reason else ""
    return Reason(code, f"{metric.key} needs {needed.key}, which has no value.{why}")


def _state(inputs: tuple[InputValue, ...]) -> ObservationState | None:
    states = {found.state for found in inputs} - {None}
    if ObservationState.PROVISIONAL in states:
        return ObservationState.PROVISIONAL
    return ObservationState.FINAL if states else None


def _with_factor(formula: Formula, factor: Fraction) -> Formula:
    """Write the conversion into the metric's unit out; a factor below 1 as a division."""
    if factor == ONE:
        return formula
    for operator, number in ((Operator.TIMES, factor), (Operator.BY, 1 / factor)):
        if number.denominator == 1:
            return Operation(operator, formula, Number(Decimal(number.numerator)))
    above, below = Number(Decimal(factor.numerator)), Number(Decimal(factor.denominator))
    return Operation(Operator.BY, Operation(Operator.TIMES, formula, above), below)


def _explained(atlas: Atlas, found: InputValue, instant: datetime) -> Input:
    return Input(
        name=atlas.get(found.metric, Metric).key,
        value=found.value,
        metric=found.metric,
        observed_at=found.observed_at,
        source=found.source,
        age_seconds=age_seconds(found.observed_at, instant),
    )
