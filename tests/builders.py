"""Records with defaults: a test names only what it is about.

Ids follow from keys, so links and fields are written with keys (`id_of("BG1")`, or where a builder
says so the key itself). Numbers may be written as int, str or Decimal.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from domain.atlas import Atlas, build_atlas
from domain.cycle import Cycle, CycleState
from domain.goal import Goal, GoalKind, GoalScope
from domain.journey import Journey, JourneyLevel, Step
from domain.links import Link, Relation
from domain.metric import Direction, Metric, Observation, Unit, UnitKind, dimensions_of
from domain.node import Node, NodeId, OrganizationId
from domain.okr import (
    CHANGE_KINDS,
    Baseline,
    Bounds,
    ByHowMuch,
    HowMuchKind,
    KeyResult,
    KeyResultKind,
    Objective,
)
from domain.opportunity import Opportunity
from domain.organization import Organization
from domain.ports import WindowQuery
from domain.solution import Solution, SolutionKind
from domain.source import Connection, MetricSource
from domain.value import queries_for
from domain.view import View, end_of
from tests.fakes import FakeObservations

TODAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)

Fields = Any  # a record's own fields by name; its constructor refuses any other
Number = int | str | Decimal


def id_of(key: str) -> NodeId:
    return NodeId(str(uuid5(NAMESPACE_URL, key)))


def _common(key: str, **defaults: Fields) -> dict[str, Fields]:
    times = {"created_at": NOW, "updated_at": NOW}
    return {"id": id_of(key), "key": key, "title": key, **times, **defaults}


def an_organization(**fields: Fields) -> Organization:
    defaults: dict[str, Fields] = {
        "id": OrganizationId(id_of("norrhavn")),
        "key": "norrhavn",
        "title": "Norrhavn",
        "time_zone": "Europe/Oslo",
        "currency": "NOK",
    }
    return Organization(**{**defaults, **fields})


def a_cycle(key: str = "FY26", **fields: Fields) -> Cycle:
    common = _common(key, start=date(2026, 1, 1), end=date(2026, 12, 31), state=CycleState.ACTIVE)
    return Cycle(**{**common, **fields})


def a_quarter(key: str = "Q4-26", **fields: Fields) -> Cycle:
    return a_cycle(key, **{"start": date(2026, 10, 1), "parent": id_of("FY26"), **fields})


def a_goal(key: str = "BG1", **fields: Fields) -> Goal:
    common = _common(key, goal_kind=GoalKind.BUSINESS, scope=GoalScope.ORGANIZATION)
    return Goal(**{**common, **fields})


def a_journey(key: str = "MJ1", **fields: Fields) -> Journey:
    return Journey(**{**_common(key, level=JourneyLevel.MACRO), **fields})


def a_step(key: str = "upload", **fields: Fields) -> Step:
    return Step(**{**_common(key), **fields})


def an_opportunity(key: str = "OP1", **fields: Fields) -> Opportunity:
    return Opportunity(**{**_common(key, change="streamline the pre-approval"), **fields})


def a_solution(key: str = "S1", **fields: Fields) -> Solution:
    return Solution(**{**_common(key, solution_kind=SolutionKind.FEATURE), **fields})


def a_metric(key: str = "MT-1", unit: Unit | UnitKind = UnitKind.SCORE, **fields: Fields) -> Metric:
    exact = unit if isinstance(unit, Unit) else Unit(kind=unit)
    return Metric(**{**_common(key, unit=exact, better=Direction.HIGHER), **fields})


def a_connection(key: str = "csv", **fields: Fields) -> Connection:
    return Connection(**{**_common(key, connector="csv"), **fields})


def a_source(metric: str = "MT-1", connection: str = "csv", **fields: Fields) -> MetricSource:
    ends = {"metric": id_of(metric), "connection": id_of(connection)}
    common = _common(f"{metric}:{connection}", remote_metric=metric, grain="MONTH", **ends)
    return MetricSource(**{**common, **fields})


def an_objective(key: str = "O1", cycle: str = "FY26", **fields: Fields) -> Objective:
    return Objective(**{**_common(key, cycle=id_of(cycle)), **fields})


def a_key_result(
    key: str = "O1-KR1",
    *,
    metric: str | None = "MT-1",
    baseline: Number | None = 0,
    target: Number | None = 100,
    **fields: Fields,
) -> KeyResult:
    """Go from baseline to target, up or down as they say; the key's beginning names the objective.

    Another `result_kind` has neither of the two.
    """
    common = _common(
        key,
        objective=id_of(key.split("-KR", maxsplit=1)[0]),
        metric=id_of(metric) if metric else None,
        does_what=f"do {key}",
    )
    if "result_kind" not in fields or fields["result_kind"] in CHANGE_KINDS:
        common.update(_aim(baseline, target))
    return KeyResult(**{**common, **fields})


def _aim(baseline: Number | None, target: Number | None) -> dict[str, Fields]:
    falls = baseline is not None and target is not None and Decimal(target) < Decimal(baseline)
    return {
        "result_kind": KeyResultKind.DECREASE if falls else KeyResultKind.INCREASE,
        "baseline": None if baseline is None else Baseline(value=Decimal(baseline)),
        "by_how_much": None if target is None else to(target),
    }


def a_threshold(
    key: str = "O1-KR1",
    *,
    at_least: Number | None = None,
    at_most: Number | None = None,
    **fields: Fields,
) -> KeyResult:
    kind = KeyResultKind.WITHIN_RANGE
    if at_most is None:
        kind = KeyResultKind.STAY_ABOVE
    elif at_least is None:
        kind = KeyResultKind.STAY_BELOW
    bounds = Bounds(
        lower=None if at_least is None else Decimal(at_least),
        upper=None if at_most is None else Decimal(at_most),
    )
    defaults: dict[str, Fields] = {"result_kind": kind, "bounds": bounds}
    return a_key_result(key, **{**defaults, **fields})


def to(value: Number) -> ByHowMuch:
    return ByHowMuch(kind=HowMuchKind.TO, value=Decimal(value))


def by(kind: HowMuchKind, value: Number) -> ByHowMuch:
    return ByHowMuch(kind=kind, value=Decimal(value))


def a_link(source: str, relation: Relation, target: str, **fields: Fields) -> Link:
    return Link(source=id_of(source), relation=relation, target=id_of(target), **fields)


def an_observation(
    value: Number | None,
    *,
    metric: str = "MT-1",
    source: str = "csv",
    end: date = date(2026, 11, 1),
    days: int = 7,
    dimensions: Mapping[str, str] | None = None,
    **fields: Fields,
) -> Observation:
    """Measure the `days` before `end`; both ends are midnights of the sample's zone."""
    zone = an_organization().zone
    defaults: dict[str, Fields] = {
        "source": id_of(f"{metric}:{source}"),
        "metric": id_of(metric),
        "start": datetime.combine(end - timedelta(days=days), time.min, zone).astimezone(UTC),
        "end": datetime.combine(end, time.min, zone).astimezone(UTC),
        "dimensions": dimensions_of(dimensions or {}),
        "value": None if value is None else Decimal(value),
        "connector": "csv",
        "connector_version": "1",
        "sync_run": id_of("run-1"),
        "recorded_at": NOW,
    }
    return Observation(**{**defaults, **fields})


def an_atlas(*records: Node, links: Iterable[Link] = (), **organization: Fields) -> Atlas:
    """Index records; FY26, Q4-26, and what each metric is read from, come along."""
    keys = {record.key for record in records}
    sourced = {record.metric for record in records if isinstance(record, MetricSource)}
    extra = [cycle for cycle in (a_cycle(), a_quarter()) if cycle.key not in keys]
    sources = [
        a_source(metric.key)
        for metric in records
        if isinstance(metric, Metric) and metric.id not in sourced
    ]
    sourced_by = {
        each.connection for each in (*records, *sources) if isinstance(each, MetricSource)
    }
    csv = a_connection()
    connections = [csv] if csv.id in sourced_by and csv.key not in keys else []
    nodes = [*records, *extra, *sources, *connections]
    return build_atlas(an_organization(**organization), 1, nodes, links)


def a_view(
    atlas: Atlas,
    *,
    values: Mapping[str, Number] | None = None,
    observations: Iterable[Observation] = (),
    today: date = TODAY,
    more_queries: Iterable[WindowQuery] = (),
) -> View:
    """See an atlas on a day, with the answers to exactly the questions that its numbers ask.

    `values` are the newest ones by metric key, measured in the week up to the day.
    """
    given = [an_observation(value, metric=key, end=today) for key, value in (values or {}).items()]
    store = FakeObservations([*given, *observations])
    answers = store.answers([*queries_for(atlas, today), *more_queries])
    instant = NOW if today == TODAY else end_of(today, atlas)
    return View(atlas=atlas, today=today, instant=instant, aggregates=answers)
