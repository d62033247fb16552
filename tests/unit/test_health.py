"""Success measures and the health of the journey that they measure."""

from datetime import date
from decimal import Decimal

import pytest

from domain.health import HealthState, journey_health, success_measures
from domain.journey import Journey
from domain.links import MeasureDimension, Relation
from domain.metric import Direction, Metric
from domain.staleness import is_stale
from domain.view import View
from tests.builders import (
    NOW,
    Number,
    a_journey,
    a_link,
    a_metric,
    a_view,
    an_atlas,
    an_observation,
    id_of,
)

GOOD, IMPROVING = HealthState.GOOD, HealthState.IMPROVING
POOR, UNKNOWN = HealthState.POOR, HealthState.UNKNOWN
HIGHER, LOWER, NEITHER = Direction.HIGHER, Direction.LOWER, Direction.NEITHER

QUARTER_AGO = date(2026, 8, 24)
"""An observation that ended here is the newest of 2026-08-23, 91 days before the asked day."""


def _view(metric: Metric, target: int | None, before: Number | None, now: Number | None) -> View:
    measure = a_link(
        metric.key,
        Relation.MEASURES,
        "MJ1",
        dimension=MeasureDimension.EFFECTIVENESS,
        long_term_target=None if target is None else Decimal(target),
    )
    seen = [an_observation(before, end=QUARTER_AGO)] if before is not None else []
    values = {} if now is None else {"MT-1": now}
    atlas = an_atlas(a_journey("MJ1"), metric, links=[measure])
    return a_view(atlas, values=values, observations=seen)


def _journey(view: View) -> Journey:
    return view.atlas.get(id_of("MJ1"), Journey)


@pytest.mark.parametrize(
    ("better", "target", "before", "now", "state"),
    [
        pytest.param(HIGHER, 80, None, 80, GOOD, id="meets its target"),
        pytest.param(LOWER, 10, 5, 9, GOOD, id="meets a falling target, though worse"),
        pytest.param(HIGHER, 80, 60, 61, IMPROVING, id="nearer"),
        pytest.param(LOWER, 10, 20, 19, IMPROVING, id="nearer downwards"),
        pytest.param(HIGHER, 80, 60, 60, POOR, id="no nearer"),
        pytest.param(HIGHER, 80, 60, 59, POOR, id="further"),
        pytest.param(HIGHER, 80, None, 59, POOR, id="short, and nothing to compare with"),
        pytest.param(HIGHER, None, 60, 61, IMPROVING, id="no target, better"),
        pytest.param(HIGHER, None, 60, 59, POOR, id="no target, worse"),
        pytest.param(HIGHER, None, 60, 60, UNKNOWN, id="no target, no change"),
        pytest.param(HIGHER, None, None, 60, UNKNOWN, id="no target, nothing to compare with"),
        pytest.param(NEITHER, 80, 60, 80, UNKNOWN, id="no better direction"),
        pytest.param(HIGHER, 80, None, None, UNKNOWN, id="unmeasured"),
    ],
)
def test_a_success_measure_is_judged(
    better: Direction,
    target: int | None,
    before: Number | None,
    now: Number | None,
    state: HealthState,
) -> None:
    view = _view(a_metric(better=better), target, before, now)

    (measure,) = success_measures(view, _journey(view))

    assert measure.state is state
    assert measure.explanation


@pytest.mark.parametrize(
    ("values", "state"),
    [
        pytest.param({"MT-1": 80, "MT-2": 70}, POOR, id="the worst"),
        pytest.param({"MT-1": 80}, GOOD, id="an unknown one is left out"),
        pytest.param({}, UNKNOWN, id="none measured"),
    ],
)
def test_a_journeys_health_is_its_worst_known_measure(
    values: dict[str, Number], state: HealthState
) -> None:
    target = Decimal(80)
    links = [
        a_link(key, Relation.MEASURES, "MJ1", long_term_target=target) for key in ("MT-1", "MT-2")
    ]
    atlas = an_atlas(a_journey("MJ1"), a_metric("MT-1"), a_metric("MT-2"), links=links)
    view = a_view(atlas, values=values)

    health = journey_health(view, _journey(view))

    assert health.state is state
    assert [measure.metric.key for measure in health.measures] == ["MT-1", "MT-2"]


def test_an_unmeasured_journey_is_unknown_and_an_archived_metric_measures_nothing() -> None:
    view = _view(a_metric(archived_at=NOW), 80, None, 90)

    health = journey_health(view, _journey(view))

    assert health.state is UNKNOWN
    assert health.measures == ()


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        pytest.param(date(2026, 9, 22), False, id="two months"),
        pytest.param(date(2026, 9, 21), True, id="a little more"),
        pytest.param(None, False, id="never observed: nothing that could be stale"),
    ],
)
def test_a_metric_is_stale_after_twice_its_cadence(end: date | None, *, expected: bool) -> None:
    metric = a_metric()
    seen = [] if end is None else [an_observation(1, end=end)]
    view = a_view(an_atlas(metric), observations=seen)

    assert is_stale(view, metric) is expected
