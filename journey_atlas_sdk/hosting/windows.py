"""How a stretch of time is cut into the windows of single pulls."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from zoneinfo import ZoneInfo

from journey_atlas_sdk.connector import ConnectorInfo
from journey_atlas_sdk.observations import Grain, Window
from journey_atlas_sdk.periods import period_of, start_after


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
    start = whole.start
    while start < whole.end:
        end = min([whole.end, *_limits(start, grain, zone, info)])
        end = max(end, period_of(start, grain, zone).end)
        yield Window(start, end)
        start = end


def _limits(
    start: datetime, grain: Grain, zone: ZoneInfo, info: ConnectorInfo
) -> Iterator[datetime]:
    """Give where a window has to end that begins with a period.

    Reckoned, not counted out: an hour's source has a million periods in a century.
    """
    with suppress(OverflowError, ValueError):  # beyond the calendar there is nothing to limit
        if info.max_points is not None:
            yield start_after(start, info.max_points, grain, zone)
    with suppress(OverflowError, ValueError):
        if info.max_window is not None:
            yield period_of(start + info.max_window, grain, zone).start
