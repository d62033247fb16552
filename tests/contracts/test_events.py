"""Events by period: counts, and medians with the arithmetic beside them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from journey_atlas_sdk import (
    Aggregation,
    DataError,
    Grain,
    ObservationFlag,
    ObservationState,
    UnitKind,
    Window,
)
from journey_atlas_sdk.events import Event, EventMeasure, EventMetric, EventTally, Tally
from tests.plugins.questions import a_question

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
NOVEMBER = Window(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC))
DECEMBER = Window(NOVEMBER.end, datetime(2027, 1, 1, tzinfo=UTC))
COUNT = EventMetric()
MEDIAN = EventMetric(measure=EventMeasure.MEDIAN)


def took(*seconds: float) -> Tally:
    tally = Tally()
    for each in seconds:
        tally.add(Event(NOON, NOON - timedelta(seconds=each)))
    return tally


@pytest.mark.parametrize(
    ("seconds", "middle"),
    [
        pytest.param([30], "30", id="one"),
        pytest.param([90, 10, 30], "30", id="the middle of 10, 30, 90"),
        pytest.param([90, 10, 30, 31], "30.5", id="30 and 31 are in the middle"),
        pytest.param([0.000001, 0.000002], "0.0000015", id="microseconds"),
        pytest.param([0], "0", id="at once"),
    ],
)
def test_a_median_is_the_middle_of_the_durations(seconds: list[float], middle: str) -> None:
    found = MEDIAN.observation(a_question(), NOVEMBER, took(*seconds), state=ObservationState.FINAL)

    assert (found.value, found.sample_size) == (Decimal(middle), len(seconds))
    assert found.flags == frozenset()


def test_nothing_has_a_count_of_0_and_no_median() -> None:
    count, middle = (
        one.observation(a_question(), NOVEMBER, Tally(), state=ObservationState.FINAL)
        for one in (COUNT, MEDIAN)
    )

    assert (count.value, count.sample_size) == (Decimal(0), None)
    assert not count.flags
    assert (middle.value, middle.sample_size) == (None, 0)
    assert middle.flags == {ObservationFlag.EMPTY}


@pytest.mark.parametrize("kind", [COUNT, MEDIAN], ids=["count", "median"])
def test_how_events_were_counted_stays_with_the_number(kind: EventMetric) -> None:
    tally = Tally(1, [Decimal(5)], frozenset({ObservationFlag.TRUNCATED}))

    found = kind.observation(a_question(), NOVEMBER, tally, state=ObservationState.FINAL)

    assert found.flags == {ObservationFlag.TRUNCATED}


def test_events_fall_into_the_period_of_their_end_in_any_order() -> None:
    second = timedelta(seconds=1)

    tally = EventTally([NOVEMBER, DECEMBER])

    for event in (
        Event(DECEMBER.start, NOON),
        Event(NOVEMBER.start),
        Event(NOVEMBER.start - second),
        Event(DECEMBER.start - second),
        Event(DECEMBER.end),
    ):
        tally.add(event)

    assert [(period, each.count) for period, each in tally.items()] == [
        (NOVEMBER, 2),
        (DECEMBER, 1),
    ]


def test_an_event_without_a_beginning_is_counted_and_not_timed() -> None:
    tally = took(30)

    tally.add(Event(NOON))

    assert (tally.count, tally.seconds) == (2, [Decimal(30)])


def test_what_ends_before_it_began_is_refused() -> None:
    with pytest.raises(DataError, match="before it began"):
        took(-1)


def test_a_median_is_not_aggregated_again_and_a_count_is() -> None:
    count, middle = (
        one.spec("m", grains=frozenset({Grain.DAY}), restates_for=timedelta(days=3))
        for one in (COUNT, MEDIAN)
    )

    assert (count.aggregation, middle.aggregation) == (Aggregation.SUM, Aggregation.MEDIAN)
    assert count.unit is not None
    assert middle.unit is not None
    assert (count.unit.kind, middle.unit.kind) == (UnitKind.COUNT, UnitKind.DURATION)
    assert middle.restates_for == timedelta(days=3)
