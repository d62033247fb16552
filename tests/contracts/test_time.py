"""Calendar periods and moments, on the days when clocks and years change."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journey_atlas_sdk import (
    ConfigError,
    DataError,
    Grain,
    Window,
    days_of,
    parse_moment,
    period_of,
    periods,
    start_of_day,
)
from journey_atlas_sdk.moments import epoch_of, milliseconds_of, moment_at
from journey_atlas_sdk.periods import Buckets

OSLO = ZoneInfo("Europe/Oslo")
CALENDAR = [g for g in Grain if g not in (Grain.TOTAL, Grain.INSTANT)]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "grain", "start", "end"),
    [
        # Oslo is UTC+1 in winter and UTC+2 in summer; 2026 changes on 29 March and 25 October.
        ("2026-03-29T12:00", Grain.DAY, "2026-03-28T23:00", "2026-03-29T22:00"),  # 23 hours
        ("2026-10-25T12:00", Grain.DAY, "2026-10-24T22:00", "2026-10-25T23:00"),  # 25 hours
        ("2026-10-25T12:00", Grain.WEEK, "2026-10-18T22:00", "2026-10-25T23:00"),
        ("2026-10-15T12:00", Grain.MONTH, "2026-09-30T22:00", "2026-10-31T23:00"),
        ("2026-11-22T12:00", Grain.QUARTER, "2026-09-30T22:00", "2026-12-31T23:00"),
        ("2026-11-22T12:00", Grain.YEAR, "2025-12-31T23:00", "2026-12-31T23:00"),
        ("2026-10-25T00:30", Grain.HOUR, "2026-10-25T00:00", "2026-10-25T01:00"),  # first 02:xx
        ("2026-10-25T01:30", Grain.HOUR, "2026-10-25T01:00", "2026-10-25T02:00"),  # second 02:xx
        ("2026-12-31T23:30", Grain.DAY, "2026-12-31T23:00", "2027-01-01T23:00"),  # 00:30 in Oslo
        ("2027-01-02T12:00", Grain.WEEK, "2026-12-27T23:00", "2027-01-03T23:00"),  # 2026-W53
        ("2028-02-10T12:00", Grain.MONTH, "2028-01-31T23:00", "2028-02-29T23:00"),  # leap day
    ],
)
def test_a_period_is_cut_in_the_time_zone(moment: str, grain: Grain, start: str, end: str) -> None:
    assert period_of(utc(moment), grain, OSLO) == Window(utc(start), utc(end))


@pytest.mark.parametrize("zone", ["Europe/Oslo", "Europe/Berlin", "Africa/Lagos"])
def test_a_source_of_its_own_zone_is_told_the_days_of_a_period(zone: str) -> None:
    winter = Window(utc("2026-10-31T23:00"), utc("2026-11-30T23:00"))

    assert days_of(winter, ZoneInfo(zone)) == (date(2026, 11, 1), date(2026, 11, 30))


@pytest.mark.parametrize("zone", ["UTC", "Africa/Lagos", "Asia/Kolkata"])
def test_a_period_that_is_not_made_of_the_sources_days_is_refused(zone: str) -> None:
    october = Window(utc("2026-09-30T22:00"), utc("2026-10-31T23:00"))  # the clocks change in Oslo

    with pytest.raises(ConfigError, match=f"days are those of {zone}"):
        days_of(october, ZoneInfo(zone))


def test_an_hour_begins_where_a_half_hour_zone_says() -> None:
    hour = period_of(utc("2026-11-22T12:00"), Grain.HOUR, ZoneInfo("Asia/Kolkata"))  # UTC+5:30

    assert hour.start == utc("2026-11-22T11:30")


@pytest.mark.parametrize(
    ("zone", "day", "start"),
    [
        # Beirut's clocks go from 00:00 to 01:00: the day begins at 01:00 summer time, 22:00 UTC.
        pytest.param("Asia/Beirut", date(2026, 3, 29), "2026-03-28T22:00", id="no midnight"),
        # Havana's go back from 01:00 to 00:00: the first midnight is still UTC-4.
        pytest.param("America/Havana", date(2026, 11, 1), "2026-11-01T04:00", id="two midnights"),
    ],
)
def test_a_day_begins_at_its_first_instant(zone: str, day: date, start: str) -> None:
    assert start_of_day(day, ZoneInfo(zone)) == utc(start)


@pytest.mark.parametrize("grain", [Grain.TOTAL, Grain.INSTANT])
def test_what_is_no_period_of_a_calendar_is_refused(grain: Grain) -> None:
    with pytest.raises(ValueError, match="no period"):
        period_of(utc("2026-11-22T12:00"), grain, OSLO)


@given(
    moment=st.datetimes(datetime(1980, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    grain=st.sampled_from(CALENDAR),
    zone=st.sampled_from(["UTC", "Europe/Oslo", "America/New_York", "Asia/Kolkata"]),
)
def test_a_moment_lies_in_its_period_and_the_next_one_follows_without_a_gap(
    moment: datetime, grain: Grain, zone: str
) -> None:
    period = period_of(moment, grain, ZoneInfo(zone))
    following = period_of(period.end, grain, ZoneInfo(zone))

    assert period.start <= moment < period.end
    assert following.start == period.end
    assert period_of(period.start, grain, ZoneInfo(zone)) == period


def test_the_periods_of_a_window_include_those_it_only_touches() -> None:
    window = Window(utc("2026-09-15T00:00"), utc("2026-11-01T00:00"))

    months = list(periods(window, Grain.MONTH, OSLO))

    # The window's end is 01:00 on 1 November in Oslo: November is touched.
    assert [month.start for month in months] == [
        utc("2026-08-31T22:00"),
        utc("2026-09-30T22:00"),
        utc("2026-10-31T23:00"),
    ]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        pytest.param("2026-10-01", "2026-09-30T22:00", id="a day of the zone"),
        pytest.param("2026-W40", "2026-09-27T22:00", id="an ISO week's Monday, 28 September"),
        pytest.param("2026-11-22T14:00", "2026-11-22T13:00", id="the zone's time"),
        pytest.param("2026-11-22 14:00", "2026-11-22T13:00", id="a blank instead of the T"),
        pytest.param("2026-11-22T14:00Z", "2026-11-22T14:00", id="UTC"),
        pytest.param("2026-11-22T14:00-05:00", "2026-11-22T19:00", id="an offset of its own"),
        pytest.param("2026-10-25T02:30+01:00", "2026-10-25T01:30", id="the second of two hours"),
    ],
)
def test_a_moment_without_an_offset_is_in_the_zone(text: str, moment: str) -> None:
    assert parse_moment(text, OSLO) == utc(moment)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("22/11/2026", "is no date", id="which is the month?"),
        pytest.param("01.11.2026", "is no date", id="with dots"),
        pytest.param("2026-02-29", "is no date", id="no leap year"),
        pytest.param("1795390684", "is no date", id="an epoch"),
        pytest.param("2026-10-25T02:30", "twice or never", id="comes twice"),
        pytest.param("2026-03-29T02:30", "twice or never", id="never comes"),
        pytest.param("0026-10-01", "not in the years", id="a lost century"),
        pytest.param("9999-12-31", "not in the years", id="the end of the calendar"),
    ],
)
def test_a_moment_that_might_be_another_is_refused(text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        parse_moment(text, OSLO)


@pytest.mark.parametrize(
    ("moment", "place"),
    [
        ("2026-10-31T22:59:59+00:00", None),
        ("2026-10-31T23:00:00+00:00", 0),
        ("2026-11-30T22:59:59+00:00", 0),
        ("2026-11-30T23:00:00+00:00", None),  # December is not among them
        ("2027-01-15T12:00:00+02:00", 1),
        ("2027-01-31T23:00:00+00:00", None),
    ],
)
def test_a_moment_is_sorted_into_the_period_that_holds_it(moment: str, place: int | None) -> None:
    oslo = ZoneInfo("Europe/Oslo")
    november, january = (
        period_of(datetime(year, month, 5, tzinfo=UTC), Grain.MONTH, oslo)
        for year, month in ((2026, 11), (2027, 1))
    )

    found = Buckets([november, january]).of(datetime.fromisoformat(moment))

    assert found == (None if place is None else (november, january)[place])


def test_a_week_of_the_clock_change_is_an_hour_longer() -> None:
    week = period_of(utc("2026-10-25T12:00"), Grain.WEEK, OSLO)

    assert week.end - week.start == timedelta(days=7, hours=1)


def test_a_moment_is_written_as_whole_seconds_since_1970() -> None:
    assert epoch_of(datetime(2026, 11, 22, 13, 0, 0, 999_999, tzinfo=OSLO)) == 1_795_348_800


@pytest.mark.parametrize(
    ("microseconds", "milliseconds"),
    [
        pytest.param(0, 1_795_348_800_000, id="whole"),
        pytest.param(999_001, 1_795_348_801_000, id="up to the next one"),
    ],
)
def test_a_moment_is_written_as_milliseconds_since_1970(
    microseconds: int, milliseconds: int
) -> None:
    moment = datetime(2026, 11, 22, 13, 0, 0, microseconds, tzinfo=OSLO)

    assert milliseconds_of(moment) == milliseconds


def test_seconds_since_1970_are_a_moment_to_the_microsecond() -> None:
    assert moment_at(Decimal("1790805600.123456")) == datetime(
        2026, 9, 30, 22, 0, 0, 123456, tzinfo=UTC
    )


@pytest.mark.parametrize("seconds", [Decimal(1790805600123), Decimal(-10_000_000_000)])
def test_seconds_that_can_only_be_a_slip_are_refused(seconds: Decimal) -> None:
    with pytest.raises(DataError, match="not in the years 1900 to 2200"):
        moment_at(seconds)
