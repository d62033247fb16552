"""The calendar of series: half-open buckets of hours to fiscal years, cut in a time zone.

Days begin at local midnight, so a day lasts 23 or 25 hours where the clock is changed. Weeks are
ISO weeks, which begin on Monday. Quarters and years begin with the fiscal year's first month.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import islice
from zoneinfo import ZoneInfo


class Grain(StrEnum):
    """How long the buckets of a series are."""

    HOUR = "HOUR"
    DAY = "DAY"
    WEEK = "WEEK"
    MONTH = "MONTH"
    QUARTER = "QUARTER"
    YEAR = "YEAR"


@dataclass(frozen=True, slots=True)
class Calendar:
    """Where days are cut, and the month (1 to 12) with which the fiscal year begins."""

    zone: ZoneInfo
    first_month: int = 1


@dataclass(frozen=True, slots=True, order=True)
class Bucket:
    """The time from `start` up to, and without, `end`; both in UTC.

    `label` names it as people do: 2026-11-22T14:00+01:00, 2026-11-22, 2026-W47, 2026-11, 2026-Q4,
    2026; a fiscal year is named by the calendar year in which it ends (FY2027, FY2027-Q1).
    """

    start: datetime
    end: datetime
    label: str


def buckets_from(calendar: Calendar, grain: Grain, moment: datetime) -> Iterator[Bucket]:
    """Walk the buckets from the one that a moment falls into, without a gap and without an end.

    An hour is 60 minutes from midnight on; a day's last one is shorter where the clock is changed
    by half an hour.
    """
    days = _days(calendar, grain, _local_day(calendar, moment))
    if grain is not Grain.HOUR:
        return days
    hours = (hour for day in days for hour in _hours(calendar, day))
    return (hour for hour in hours if hour.end > moment)


def buckets_before(calendar: Calendar, grain: Grain, bucket: Bucket, count: int) -> list[Bucket]:
    """Give as many buckets as `count` that lead up to a bucket, the earliest first."""
    return list(islice(_backwards(calendar, grain, bucket), count))[::-1]


def a_year_before(calendar: Calendar, grain: Grain, bucket: Bucket) -> Bucket | None:
    """Give the bucket that a year-on-year comparison sets beside one.

    A month, quarter or fiscal year: the same one of the year before. A week: the one 52 weeks
    before. A day: the same date (for 29 February the 28th); an hour: the same one of that day, None
    where that day is shorter.
    """
    day = _local_day(calendar, bucket.start)
    if grain is Grain.HOUR:
        return _same_hour(calendar, bucket, day)
    if grain is Grain.WEEK:
        return _bucket(calendar, grain, day - timedelta(weeks=52))
    return _bucket(calendar, grain, _same_date_a_year_before(day))


def first_day_of(calendar: Calendar, grain: Grain, day: date) -> date:
    """Give the first day of the bucket that a day falls into."""
    match grain:
        case Grain.HOUR | Grain.DAY:
            return day
        case Grain.WEEK:
            return day - timedelta(days=day.weekday())
        case Grain.MONTH:
            return day.replace(day=1)
        case Grain.QUARTER | Grain.YEAR:
            length = _MONTHS[grain]
            into = (day.month - calendar.first_month) % length
            return _months_later(day, -into)


_MONTHS = {Grain.MONTH: 1, Grain.QUARTER: 3, Grain.YEAR: 12}
_DAYS = {Grain.HOUR: 1, Grain.DAY: 1, Grain.WEEK: 7}
_HOUR = timedelta(hours=1)


def _local_day(calendar: Calendar, moment: datetime) -> date:
    return moment.astimezone(calendar.zone).date()


def _midnight(calendar: Calendar, day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=calendar.zone).astimezone(UTC)


def _months_later(day: date, months: int) -> date:
    """Give the first day of the month that lies so many months after a day's own."""
    years, month = divmod(day.month - 1 + months, 12)
    return date(day.year + years, month + 1, 1)


def _next_first_day(grain: Grain, first: date) -> date:
    if grain in _DAYS:
        return first + timedelta(days=_DAYS[grain])
    return _months_later(first, _MONTHS[grain])


def _bucket(calendar: Calendar, grain: Grain, day: date) -> Bucket:
    first = first_day_of(calendar, grain, day)
    end = _midnight(calendar, _next_first_day(grain, first))
    return Bucket(_midnight(calendar, first), end, _label(calendar, grain, first))


def _days(calendar: Calendar, grain: Grain, day: date) -> Iterator[Bucket]:
    """Walk buckets of whole days. A day that a zone never had (Samoa, 2011-12-30) is no bucket."""
    while True:
        bucket = _bucket(calendar, grain, day)
        if bucket.start < bucket.end:
            yield bucket
        day = _next_first_day(grain, first_day_of(calendar, grain, day))


def _backwards(calendar: Calendar, grain: Grain, bucket: Bucket) -> Iterator[Bucket]:
    day = _local_day(calendar, bucket.start)
    if grain is Grain.HOUR:
        today = _bucket(calendar, Grain.DAY, day)
        yield from reversed([h for h in _hours(calendar, today) if h.start < bucket.start])
    while True:
        day = first_day_of(calendar, grain, day) - timedelta(days=1)
        before = _bucket(calendar, grain, day)
        if grain is Grain.HOUR:
            yield from reversed(list(_hours(calendar, before)))
        elif before.start < before.end:
            yield before


def _hours(calendar: Calendar, day: Bucket) -> Iterator[Bucket]:
    start = day.start
    while start < day.end:
        end = min(start + _HOUR, day.end)
        label = start.astimezone(calendar.zone).isoformat(timespec="minutes")
        yield Bucket(start, end, label)
        start = end


def _same_hour(calendar: Calendar, hour: Bucket, day: date) -> Bucket | None:
    nth = (hour.start - _midnight(calendar, day)) // _HOUR
    before = _bucket(calendar, Grain.DAY, _same_date_a_year_before(day))
    return next(islice(_hours(calendar, before), nth, None), None)


def _same_date_a_year_before(day: date) -> date:
    is_leap_day = (day.month, day.day) == (2, 29)
    return day.replace(year=day.year - 1, day=28 if is_leap_day else day.day)


def _label(calendar: Calendar, grain: Grain, first: date) -> str:
    match grain:
        case Grain.HOUR | Grain.DAY:
            return first.isoformat()
        case Grain.WEEK:
            year, week, _ = first.isocalendar()
            return f"{year}-W{week:02}"
        case Grain.MONTH:
            return f"{first:%Y-%m}"
        case Grain.QUARTER:
            into = (first.month - calendar.first_month) % 12
            return f"{_label_of_year(calendar, first)}-Q{into // 3 + 1}"
        case Grain.YEAR:
            return _label_of_year(calendar, first)


def _label_of_year(calendar: Calendar, day: date) -> str:
    if calendar.first_month == 1:
        return str(day.year)
    return f"FY{day.year + (day.month >= calendar.first_month)}"
