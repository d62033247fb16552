"""How a stretch of time is cut into the windows of single pulls."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from journey_atlas_sdk.connector import ConnectorInfo
from journey_atlas_sdk.observations import Grain, Window
from journey_atlas_sdk.periods import period_of, periods


def windows(
    since: datetime, now: datetime, grain: Grain, *, zone: ZoneInfo, info: ConnectorInfo
) -> Iterator[Window]:
    """Cut the time from `since` to the end of the running period into windows for pulls, in order.

    Cut at whole periods, at most `max_window` long and `max_points` periods each (at least one).
    """
    if grain in (Grain.TOTAL, Grain.INSTANT):
        yield Window(since, now)
        return
    whole = Window(period_of(since, grain, zone).start, period_of(now, grain, zone).end)
    if info.max_window is None and info.max_points is None:
        yield whole
        return
    yield from _chunks(list(periods(whole, grain, zone)), info)


def _chunks(whole_periods: list[Window], info: ConnectorInfo) -> Iterator[Window]:
    longest = info.max_window or timedelta.max
    most = info.max_points or len(whole_periods)
    first, count = whole_periods[0], 0
    last = first
    for period in whole_periods:
        if count and (period.end - first.start > longest or count == most):
            yield Window(first.start, last.end)
            first, count = period, 0
        last, count = period, count + 1
    yield Window(first.start, last.end)
