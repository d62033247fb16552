"""The calendar of series: where hours, days, weeks, quarters and years begin and end."""

from datetime import UTC, date, datetime, timedelta
from itertools import islice, pairwise, takewhile
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.calendar import (
    Bucket,
    Calendar,
    Grain,
    a_year_before,
    buckets_before,
    buckets_from,
    first_day_of,
)

OSLO = Calendar(ZoneInfo("Europe/Oslo"))
FROM_APRIL = Calendar(ZoneInfo("Europe/Oslo"), first_month=4)
CHANGING = (
    "UTC",
    "Europe/Oslo",
    "America/New_York",
    "America/Havana",  # the clock is changed at midnight
    "America/Sao_Paulo",  # some days have no midnight
    "Asia/Kolkata",  # half an hour
    "Australia/Lord_Howe",  # changes by half an hour
    "Pacific/Apia",  # a day was skipped
)

calendars = st.builds(Calendar, st.sampled_from(CHANGING).map(ZoneInfo), st.integers(1, 12))
moments = st.datetimes(
    min_value=datetime(1995, 1, 1),  # noqa: DTZ001 -- hypothesis adds the zone
    max_value=datetime(2030, 1, 1),  # noqa: DTZ001 -- hypothesis adds the zone
    timezones=st.just(UTC),
)


def _from(calendar: Calendar, grain: Grain, moment: datetime) -> Bucket:
    return next(buckets_from(calendar, grain, moment))


@pytest.mark.parametrize(
    ("calendar", "grain", "day", "label"),
    [
        pytest.param(OSLO, Grain.DAY, date(2026, 11, 22), "2026-11-22", id="a day"),
        pytest.param(OSLO, Grain.WEEK, date(2026, 11, 22), "2026-W47", id="a Sunday"),
        pytest.param(OSLO, Grain.WEEK, date(2026, 11, 23), "2026-W48", id="a Monday"),
        pytest.param(OSLO, Grain.WEEK, date(2027, 1, 3), "2026-W53", id="January, last year's"),
        pytest.param(OSLO, Grain.WEEK, date(2024, 12, 30), "2025-W01", id="December, next year's"),
        pytest.param(OSLO, Grain.MONTH, date(2026, 11, 22), "2026-11", id="a month"),
        pytest.param(OSLO, Grain.QUARTER, date(2026, 11, 22), "2026-Q4", id="a quarter"),
        pytest.param(OSLO, Grain.YEAR, date(2026, 11, 22), "2026", id="a year"),
        pytest.param(FROM_APRIL, Grain.QUARTER, date(2026, 3, 31), "FY2026-Q4", id="before April"),
        pytest.param(FROM_APRIL, Grain.QUARTER, date(2026, 4, 1), "FY2027-Q1", id="from April"),
        pytest.param(FROM_APRIL, Grain.YEAR, date(2026, 3, 31), "FY2026", id="last fiscal year"),
        pytest.param(FROM_APRIL, Grain.YEAR, date(2026, 4, 1), "FY2027", id="next fiscal year"),
        pytest.param(FROM_APRIL, Grain.MONTH, date(2026, 4, 1), "2026-04", id="a month as ever"),
    ],
)
def test_a_day_falls_into_the_bucket_that_people_name(
    calendar: Calendar, grain: Grain, day: date, label: str
) -> None:
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=calendar.zone)

    assert _from(calendar, grain, noon).label == label


@pytest.mark.parametrize(
    ("first_month", "day", "first"),
    [
        pytest.param(1, date(2026, 3, 31), date(2026, 1, 1), id="calendar quarter"),
        pytest.param(2, date(2026, 1, 31), date(2025, 11, 1), id="quarter over New Year"),
        pytest.param(12, date(2026, 1, 31), date(2025, 12, 1), id="first quarter from December"),
    ],
)
def test_a_fiscal_quarter_begins_with_its_first_month(
    first_month: int, day: date, first: date
) -> None:
    calendar = Calendar(OSLO.zone, first_month)

    assert first_day_of(calendar, Grain.QUARTER, day) == first


@pytest.mark.parametrize(
    ("day", "hours"),
    [
        pytest.param(date(2026, 3, 29), 23, id="summer time begins"),
        pytest.param(date(2026, 10, 25), 25, id="summer time ends"),
        pytest.param(date(2026, 11, 22), 24, id="any other day"),
    ],
)
def test_a_day_has_as_many_hours_as_its_clock(day: date, hours: int) -> None:
    bucket = _from(OSLO, Grain.DAY, datetime(day.year, day.month, day.day, 12, tzinfo=OSLO.zone))

    of_day = takewhile(
        lambda hour: hour.start < bucket.end, buckets_from(OSLO, Grain.HOUR, bucket.start)
    )

    assert len(list(of_day)) == hours
    assert bucket.end - bucket.start == timedelta(hours=hours)


def test_an_hour_that_comes_twice_is_told_apart() -> None:
    moment = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)

    found = [hour.label for hour in islice(buckets_from(OSLO, Grain.HOUR, moment), 2)]

    assert found == ["2026-10-25T02:00+02:00", "2026-10-25T02:00+01:00"]


def test_a_day_that_a_zone_never_had_is_no_bucket() -> None:
    samoa = Calendar(ZoneInfo("Pacific/Apia"))
    before = datetime(2011, 12, 29, 12, tzinfo=samoa.zone)

    found = [day.label for day in islice(buckets_from(samoa, Grain.DAY, before), 2)]

    assert found == ["2011-12-29", "2011-12-31"]


@given(calendars, st.sampled_from(Grain), moments)
@example(Calendar(ZoneInfo("Pacific/Apia")), Grain.DAY, datetime(2011, 12, 29, tzinfo=UTC))
@example(OSLO, Grain.HOUR, datetime(2026, 10, 25, 0, 30, tzinfo=UTC))
@example(OSLO, Grain.HOUR, datetime(2026, 3, 29, tzinfo=UTC))
def test_buckets_tile_time_without_a_gap(
    calendar: Calendar, grain: Grain, moment: datetime
) -> None:
    found = list(islice(buckets_from(calendar, grain, moment), 60))

    assert found[0].start <= moment < found[0].end
    assert all(bucket.start < bucket.end for bucket in found)
    assert all(one.end == other.start for one, other in pairwise(found))


@given(calendars, st.sampled_from(Grain), moments, st.integers(0, 59))
def test_any_moment_of_a_bucket_gives_the_same_bucket(
    calendar: Calendar, grain: Grain, moment: datetime, percent: int
) -> None:
    bucket = _from(calendar, grain, moment)
    inside = bucket.start + (bucket.end - bucket.start) * percent / 100

    assert _from(calendar, grain, inside) == bucket


@given(calendars, st.sampled_from(Grain), moments, st.integers(1, 60))
def test_walking_back_meets_the_same_buckets(
    calendar: Calendar, grain: Grain, moment: datetime, count: int
) -> None:
    last = _from(calendar, grain, moment)

    before = buckets_before(calendar, grain, last, count)

    forwards = islice(buckets_from(calendar, grain, before[0].start), count + 1)
    assert [*before, last] == list(forwards)


@given(calendars, st.sampled_from([Grain.WEEK, Grain.MONTH, Grain.QUARTER, Grain.YEAR]), moments)
def test_larger_buckets_hold_whole_days(calendar: Calendar, grain: Grain, moment: datetime) -> None:
    bucket = _from(calendar, grain, moment)

    assert _from(calendar, Grain.DAY, bucket.start).start == bucket.start
    assert _from(calendar, Grain.DAY, bucket.end).start == bucket.end


@pytest.mark.parametrize(
    ("grain", "moment", "label"),
    [
        pytest.param(Grain.YEAR, datetime(2026, 5, 1, tzinfo=UTC), "2025", id="a year"),
        pytest.param(Grain.QUARTER, datetime(2026, 5, 1, tzinfo=UTC), "2025-Q2", id="a quarter"),
        pytest.param(Grain.MONTH, datetime(2024, 2, 29, tzinfo=UTC), "2023-02", id="February"),
        pytest.param(Grain.WEEK, datetime(2026, 11, 22, tzinfo=UTC), "2025-W47", id="52 weeks"),
        pytest.param(Grain.WEEK, datetime(2027, 1, 1, tzinfo=UTC), "2026-W01", id="after week 53"),
        pytest.param(Grain.DAY, datetime(2026, 11, 22, tzinfo=UTC), "2025-11-22", id="a date"),
        pytest.param(Grain.DAY, datetime(2024, 2, 29, tzinfo=UTC), "2023-02-28", id="a leap day"),
        pytest.param(
            Grain.HOUR,
            datetime(2026, 11, 22, 13, tzinfo=UTC),
            "2025-11-22T14:00+01:00",
            id="an hour",
        ),
    ],
)
def test_a_bucket_is_compared_with_that_of_a_year_before(
    grain: Grain, moment: datetime, label: str
) -> None:
    before = a_year_before(OSLO, grain, _from(OSLO, grain, moment))

    assert before is not None
    assert before.label == label


def test_a_25th_hour_has_nothing_to_be_compared_with() -> None:
    last = _from(OSLO, Grain.HOUR, datetime(2026, 10, 25, 22, 30, tzinfo=UTC))

    assert last.label == "2026-10-25T23:00+01:00"
    assert a_year_before(OSLO, Grain.HOUR, last) is None
