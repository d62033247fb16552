"""How a journey does by its success measures."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from domain.journey import Journey
from domain.links import Link, MeasureDimension, Relation
from domain.metric import Direction, Metric
from domain.value import COMPARED_DAYS_BEFORE, MetricValue, earlier_value, metric_value
from domain.view import View


class HealthState(StrEnum):
    """GOOD meets its target, IMPROVING comes nearer to it, POOR does neither."""

    GOOD = "GOOD"
    IMPROVING = "IMPROVING"
    POOR = "POOR"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True, kw_only=True)
class SuccessMeasure:
    """A metric's link to a journey, with its state on the view's day.

    `long_term_target` and `earlier` (the value 13 weeks before) are in the metric's unit; None: no
    target, no value then. `explanation` says in one line what decided.
    """

    metric: Metric
    dimension: MeasureDimension | None
    long_term_target: Decimal | None
    current: MetricValue
    earlier: Decimal | None
    state: HealthState
    explanation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """A journey's health: the worst state of its measures, UNKNOWN where none is known."""

    state: HealthState
    measures: tuple[SuccessMeasure, ...]


def journey_health(view: View, journey: Journey) -> Health:
    """Judge a journey by its own success measures, without its micro journeys'."""
    measures = success_measures(view, journey)
    known = [m.state for m in measures if m.state is not HealthState.UNKNOWN]
    worst = max(known, key=_WORST_LAST.index, default=HealthState.UNKNOWN)
    return Health(state=worst, measures=tuple(measures))


def success_measures(view: View, journey: Journey) -> list[SuccessMeasure]:
    """List a journey's success measures in order of the metrics' keys."""
    return [
        _measure(view, view.atlas.get(link.source, Metric), link)
        for link in view.atlas.links_to(journey.id, Relation.MEASURES)
        if view.atlas.get(link.source, Metric).archived_at is None
    ]


_WORST_LAST = (HealthState.GOOD, HealthState.IMPROVING, HealthState.POOR)


def _measure(view: View, metric: Metric, link: Link) -> SuccessMeasure:
    current, earlier = metric_value(view, metric), earlier_value(view, metric)
    state, explanation = _judged(metric, link.long_term_target, current, earlier)
    return SuccessMeasure(
        metric=metric,
        dimension=link.dimension,
        long_term_target=link.long_term_target,
        current=current,
        earlier=earlier,
        state=state,
        explanation=explanation,
    )


def _judged(
    metric: Metric, target: Decimal | None, current: MetricValue, earlier: Decimal | None
) -> tuple[HealthState, str]:
    value = current.value
    if value is None:
        return HealthState.UNKNOWN, current.reason.message if current.reason else "No value."
    if metric.better is Direction.NEITHER:
        return HealthState.UNKNOWN, f"{metric.key} has no better direction."
    if target is not None and _gain(metric, target, value) >= 0:
        return HealthState.GOOD, f"{value} meets the target of {target}."
    return _by_trend(metric, target, value, earlier)


def _by_trend(
    metric: Metric, target: Decimal | None, value: Decimal, earlier: Decimal | None
) -> tuple[HealthState, str]:
    """Judge a value that doesn't meet a target by what it was 13 weeks before."""
    change = None if earlier is None else _gain(metric, earlier, value)
    before = f"{earlier} {COMPARED_DAYS_BEFORE} days before, now {value}"
    if change is not None and change > 0:
        return HealthState.IMPROVING, f"{before}: better."
    if target is not None:
        return HealthState.POOR, f"{value} misses the target of {target} and gets no better."
    if not change:
        return HealthState.UNKNOWN, f"{value} has neither a target nor a change to judge by."
    return HealthState.POOR, f"{before}: worse."


def _gain(metric: Metric, before: Decimal, after: Decimal) -> Decimal:
    return after - before if metric.better is Direction.HIGHER else before - after
