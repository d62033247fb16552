"""What makes a record contradict itself: ranges, orders, fields that need one another.

Key results have their own rules in `domain.key_result`. Paths are field names inside the record.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from types import MappingProxyType
from typing import Any
from zoneinfo import available_timezones

from domain.currency import CURRENCIES
from domain.cycle import Cycle
from domain.errors import InvalidRecord, Refused
from domain.insight import Insight
from domain.journey import Step
from domain.metric import Metric, Unit, UnitKind
from domain.node import Kind, Node
from domain.okr import CurveKind, ExpectedCurve, KeyResult, Objective
from domain.opportunity import Opportunity
from domain.organization import Organization
from domain.policies import choose_policy
from domain.questions import illegal_window
from domain.source import MetricSource

GRAINS = ("HOUR", "DAY", "WEEK", "MONTH", "QUARTER", "YEAR", "TOTAL", "INSTANT")
"""How long the periods of a source can be."""

Problems = Iterator[InvalidRecord]


def problems_of_record(record: Node) -> list[InvalidRecord]:
    """List all that is wrong with a record by itself; key results' numbers are judged elsewhere."""
    rules = _RULES.get(record.kind)
    return [*_text_problems(record), *(rules(record) if rules else ())]


def problems_of_organization(organization: Organization) -> list[InvalidRecord]:
    """List all that is wrong with an organization's own fields."""
    problems = list(_currency_problems(organization.currency, "currency"))
    if not organization.title.strip():
        problems.append(_problem("A title can't be blank.", "title"))
    if organization.time_zone not in available_timezones():
        message = f"{organization.time_zone} is not an IANA time zone such as Europe/Oslo."
        problems.append(_problem(message, "time_zone"))
    return [*problems, *_policy_problems(organization)]


def _policy_problems(organization: Organization) -> Problems:
    try:
        choose_policy(organization)
    except Refused as refused:
        first, *rest = refused.path
        yield _problem(refused.message, f"status_{first}", *rest, legal=refused.legal)


def _text_problems(record: Node) -> Problems:
    if not record.title.strip():
        yield _problem("A title can't be blank.", "title")


def _step_problems(step: Step) -> Problems:
    yield from _range_problems(step.emotion, -2, 2, "emotion")


def _insight_problems(insight: Insight) -> Problems:
    yield from _range_problems(insight.importance, 1, 5, "importance")
    for index, evidence in enumerate(insight.evidence):
        if evidence.sample_size is not None and evidence.sample_size < 0:
            message = f"A sample size is 0 or more; this is {evidence.sample_size}."
            yield _problem(message, "evidence", index, "sample_size")


def _opportunity_problems(opportunity: Opportunity) -> Problems:
    yield from _range_problems(opportunity.confidence, 0, 1, "confidence")
    if opportunity.priority is not None:
        scores = opportunity.priority
        yield from _range_problems(scores.customer_value, 0, 100, "priority", "customer_value")
        yield from _range_problems(scores.business_value, 0, 100, "priority", "business_value")
        yield from _range_problems(scores.effort, 0, 5, "priority", "effort")


def _metric_problems(metric: Metric) -> Problems:
    yield from _unit_problems(metric.unit)
    illegal = illegal_window(metric, metric.window)
    if illegal is not None:
        yield _problem(illegal.message, "window")


def _unit_problems(unit: Unit) -> Problems:
    for name, owner in (
        ("currency", UnitKind.MONEY),
        ("per", UnitKind.RATE),
        ("display", UnitKind.DURATION),
    ):
        value = getattr(unit, name)
        if value is not None and unit.kind is not owner:
            yield _problem(f"Only {owner} has a {name}; this is {unit.kind}.", "unit", name)
        if value is None and unit.kind is owner and name != "display":
            yield _problem(f"{owner} needs a {name}.", "unit")
    if unit.per is not None and unit.per < 1:
        yield _problem(f"A rate is per 1 or more; this is {unit.per}.", "unit", "per")
    if unit.currency is not None:
        yield from _currency_problems(unit.currency, "unit", "currency")


def _currency_problems(currency: str, *path: str) -> Problems:
    if currency not in CURRENCIES:
        yield _problem(f"{currency} is not an ISO 4217 currency code such as NOK.", *path)


def _cycle_problems(cycle: Cycle) -> Problems:
    if cycle.start > cycle.end:
        yield _problem(f"A cycle that starts on {cycle.start} can't end on {cycle.end}.", "end")


def _objective_problems(objective: Objective) -> Problems:
    yield from _range_problems(objective.confidence, 0, 1, "confidence")
    yield from curve_problems(objective.curve)
    if objective.manual_progress is not None:
        value = objective.manual_progress.value
        yield from _range_problems(value, 0, 1, "manual_progress", "value")


def _key_result_problems(key_result: KeyResult) -> Problems:
    if not key_result.does_what.strip():
        yield _problem("What is done can't be blank.", "does_what")
    if key_result.curve is not None:
        yield from curve_problems(key_result.curve)


def curve_problems(curve: ExpectedCurve) -> Problems:
    """Refuse points out of order or range, and points on a curve that isn't made of them."""
    if (curve.kind is CurveKind.POINTS) is not bool(curve.points):
        message = "A curve has points exactly when its kind is POINTS."
        yield _problem(message, "curve", legal=tuple(CurveKind))
    for index, point in enumerate(curve.points):
        yield from _range_problems(point.progress, 0, 1, "curve", "points", index, "progress")
    for index, (one, other) in enumerate(pairwise(curve.points), start=1):
        if other.date <= one.date:
            message = f"Points are in order of date; {other.date} doesn't come after {one.date}."
            yield _problem(message, "curve", "points", index, "date")


def _source_problems(source: MetricSource) -> Problems:
    if source.grain not in GRAINS:
        message = f"{source.grain} is not a grain; legal are {', '.join(GRAINS)}."
        yield _problem(message, "grain", legal=GRAINS)
    if not source.remote_metric.strip():
        yield _problem("The source's name for the metric can't be blank.", "remote_metric")
    yield from _breakdown_problems([sorted(each) for each in source.breakdowns])


def _breakdown_problems(breakdowns: Sequence[Sequence[str]]) -> Problems:
    if not breakdowns:
        message = "A source needs a breakdown; one without any dimension is the whole."
        yield _problem(message, "breakdowns")
    for index, names in enumerate(breakdowns):
        if len(set(names)) < len(names) or not all(name.strip() for name in names):
            message = "A breakdown names each of its dimensions once."
            yield _problem(message, "breakdowns", index)
        if names in breakdowns[:index]:
            yield _problem("A breakdown of these dimensions is given twice.", "breakdowns", index)


def _range_problems(
    value: Decimal | int | None, least: int, most: int, *path: str | int
) -> Problems:
    if value is not None and not least <= value <= most:
        name = str(path[-1]).replace("_", " ").capitalize()
        yield _problem(f"{name} is from {least} to {most}; this is {value}.", *path)


# Any: each rule takes the record of its own kind.
_RULES: Mapping[Kind, Callable[[Any], Problems]] = MappingProxyType(
    {
        Kind.STEP: _step_problems,
        Kind.INSIGHT: _insight_problems,
        Kind.OPPORTUNITY: _opportunity_problems,
        Kind.METRIC: _metric_problems,
        Kind.CYCLE: _cycle_problems,
        Kind.OBJECTIVE: _objective_problems,
        Kind.KEY_RESULT: _key_result_problems,
        Kind.METRIC_SOURCE: _source_problems,
    }
)


def _problem(message: str, *path: str | int, legal: tuple[str, ...] = ()) -> InvalidRecord:
    return InvalidRecord(message, path=path, legal=legal)
