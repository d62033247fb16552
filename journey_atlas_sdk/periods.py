"""Calendar periods in a time zone: where a day, an ISO week or a quarter begins and ends."""

from bisect import bisect_right
from collections.abc import Callable, ItemsView, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Generic, TypeVar
from zoneinfo import ZoneInfo

from journey_atlas_sdk.errors import ConfigError
from journey_atlas_sdk.observations import Grain, Window

T = TypeVar("T")

EVERY_PERIOD: Final = frozenset(Grain) - {Grain.INSTANT}
"""The grains that are periods."""
OF_HOURS: Final = EVERY_PERIOD - {Grain.TOTAL}
"""Those of a calendar: hours, and what they add up to."""
OF_DAYS: Final = OF_HOURS - {Grain.HOUR}
"""Days, and what they add up to."""

UTC_ZONE: Final = ZoneInfo("UTC")

_MONTHS = {Grain.MONTH: 1, Grain.QUARTER: 3, Grain.YEAR: 12}
_DAYS = {Grain.DAY: 1, Grain.WEEK: 7}


def start_of_day(day: date, zone: ZoneInfo) -> datetime:
    """Give the first instant of a day, in UTC, also where the clocks change at midnight."""
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)


def period_of(moment: datetime, grain: Grain, zone: ZoneInfo) -> Window:
    """Give the period of a grain that an aware moment falls into; weeks are ISO weeks.

    A day on which the clocks change has 23 or 25 hours. ValueError for TOTAL and INSTANT, which
    are no periods of a calendar.
    """
    if grain is Grain.HOUR:
        return _hour_of(moment, zone)
    first, after = _days_of(moment.astimezone(zone).date(), grain)
    return Window(start_of_day(first, zone), start_of_day(after, zone))


def periods(window: Window, grain: Grain, zone: ZoneInfo) -> Iterator[Window]:
    """Walk the periods that touch a window, oldest first; the first and last may reach beyond."""
    period = period_of(window.start, grain, zone)
    while period.start < window.end:
        yield period
        period = period_of(period.end, grain, zone)


def start_after(start: datetime, count: int, grain: Grain, zone: ZoneInfo) -> datetime:
    """Give where the period begins that is so many after the one that begins at `start`."""
    if grain is Grain.HOUR:
        return _hour_of(start + timedelta(hours=count), zone).start
    first, after = _days_of(start.astimezone(zone).date(), grain)
    if grain in _DAYS:
        return start_of_day(first + count * (after - first), zone)
    return start_of_day(_months_later(first, _MONTHS[grain] * count), zone)


class Buckets:
    """Sorts moments into periods that are in order and don't overlap."""

    def __init__(self, periods: Sequence[Window]) -> None:
        """Take the periods; between two of them there may be a gap."""
        self._periods = periods
        self._starts = [period.start for period in periods]

    @property
    def span(self) -> Window:
        """From the first period's start to the last one's end; there must be one."""
        return Window(self._periods[0].start, self._periods[-1].end)

    def of(self, moment: datetime) -> Window | None:
        """Give the period that an aware moment falls into; None: into none of them."""
        place = bisect_right(self._starts, moment) - 1
        if place < 0 or moment >= self._periods[place].end:
            return None
        return self._periods[place]


class ByPeriod(Buckets, Generic[T]):
    """Keeps something of each period, such as what was counted in it."""

    def __init__(self, periods: Sequence[Window], make: Callable[[], T]) -> None:
        """Take the periods, in order and without overlap; make what is kept of each."""
        super().__init__(periods)
        self._kept = {period: make() for period in periods}

    def at(self, moment: datetime) -> T | None:
        """Give what is kept of the period that a moment falls into; None: it falls into none."""
        period = self.of(moment)
        return None if period is None else self._kept[period]

    def items(self) -> ItemsView[Window, T]:
        """Give each period with what is kept of it, oldest first."""
        return self._kept.items()


def days_of(period: Window, zone: ZoneInfo) -> tuple[date, date]:
    """Give the first and the last day of a period, for a source that cuts days in its own zone.

    ConfigError where the period doesn't begin and end with days there: what the source could tell
    would be of other hours.
    """
    first, after = (edge.astimezone(zone).date() for edge in (period.start, period.end))
    if (start_of_day(first, zone), start_of_day(after, zone)) != (period.start, period.end):
        message = (
            f"The source's days are those of {zone.key}; the period from "
            f"{period.start.isoformat()} to {period.end.isoformat()} isn't made of them."
        )
        raise ConfigError(message)
    return first, after - timedelta(days=1)


def _hour_of(moment: datetime, zone: ZoneInfo) -> Window:
    local = moment.astimezone(zone)
    into = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    start = moment.astimezone(UTC) - into
    return Window(start, start + timedelta(hours=1))


def _days_of(day: date, grain: Grain) -> tuple[date, date]:
    """Give a period's first day and the day after its last."""
    if grain in _DAYS:
        into = day.weekday() if grain is Grain.WEEK else 0
        first = day - timedelta(days=into)
        return first, first + timedelta(days=_DAYS[grain])
    if grain in _MONTHS:
        return _months_of(day, _MONTHS[grain])
    message = f"{grain} is no period of a calendar."
    raise ValueError(message)


def _months_of(day: date, count: int) -> tuple[date, date]:
    first = date(day.year, (day.month - 1) // count * count + 1, 1)
    return first, _months_later(first, count)


def _months_later(day: date, count: int) -> date:
    """Give the first day of the month that is so many after a day's."""
    year, month = divmod(day.year * 12 + day.month - 1 + count, 12)
    return date(year, month + 1, 1)
