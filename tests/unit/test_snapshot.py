"""Key results day by day: which days, and the same numbers as an atlas read on that day."""

from datetime import date
from decimal import Decimal

import pytest

from domain.calendar import Grain
from domain.errors import DomainError
from domain.progress import key_result_progress
from domain.snapshot import first_day, snapshot_days, snapshot_queries, view_on
from domain.status import key_result_status
from tests.builders import (
    TODAY,
    a_cycle,
    a_key_result,
    a_metric,
    a_view,
    an_atlas,
    an_objective,
    an_observation,
)
from tests.fakes import FakeObservations

VIEW = a_view(an_atlas())


@pytest.mark.parametrize(
    ("start", "end", "grain", "days"),
    [
        pytest.param("2026-11-20", "2026-11-22", Grain.DAY, [20, 21, 22], id="each day"),
        # 2026-11-01, -08 and -15 are Sundays; -18 is the end asked for
        pytest.param("2026-10-28", "2026-11-18", Grain.WEEK, [1, 8, 15, 18], id="ends of weeks"),
        pytest.param("2026-11-02", "2026-11-08", Grain.WEEK, [8], id="one whole week"),
        pytest.param("2026-11-10", "2026-12-31", Grain.MONTH, [22], id="no further than today"),
        pytest.param("2026-11-23", "2026-12-31", Grain.WEEK, [], id="all of it ahead"),
        pytest.param("2026-11-22", "2026-11-22", Grain.YEAR, [22], id="one day"),
    ],
)
def test_the_last_day_of_each_bucket_is_taken(
    start: str, end: str, grain: Grain, days: list[int]
) -> None:
    found = snapshot_days(VIEW, date.fromisoformat(start), date.fromisoformat(end), grain)

    assert found == [date(2026, 11, day) for day in days]


@pytest.mark.parametrize(
    ("start", "end", "grain", "told"),
    [
        pytest.param("2026-11-02", "2026-11-01", Grain.DAY, "it is before", id="backwards"),
        pytest.param("2026-11-01", "2026-11-02", Grain.HOUR, "by the day", id="hours"),
        pytest.param("2020-01-01", "2026-11-01", Grain.DAY, "at most 1,000 days", id="too many"),
    ],
)
def test_what_can_not_be_taken_is_refused(start: str, end: str, grain: Grain, told: str) -> None:
    with pytest.raises(DomainError, match=told):
        snapshot_days(VIEW, date.fromisoformat(start), date.fromisoformat(end), grain)


def test_without_a_word_the_earliest_active_cycle_begins_it() -> None:
    quarter = a_cycle("Q1-27", start=date(2027, 1, 1))

    assert first_day(VIEW, None) == date(2026, 1, 1)
    assert first_day(VIEW, quarter) == date(2027, 1, 1)


def test_a_day_has_the_numbers_of_an_atlas_read_on_that_day() -> None:
    atlas = an_atlas(a_metric(), an_objective(), a_key_result())
    values = [
        an_observation(value, end=date(2026, month, 1)) for value, month in ((20, 3), (60, 9))
    ]
    day, view = date(2026, 5, 1), a_view(atlas, observations=values)

    answers = FakeObservations(values).answers(snapshot_queries(view, [a_key_result()], day))
    then, read = view_on(view, day, answers), a_view(atlas, observations=values, today=day)

    assert key_result_progress(then, a_key_result()).raw == Decimal("0.2")
    assert key_result_progress(then, a_key_result()) == key_result_progress(read, a_key_result())
    assert key_result_status(then, a_key_result()) == key_result_status(read, a_key_result())


def test_the_views_own_day_needs_no_further_answers() -> None:
    view = a_view(an_atlas(a_metric(), an_objective(), a_key_result()))

    assert snapshot_queries(view, [a_key_result()], TODAY) == []
    assert view_on(view, TODAY, {}) is view
