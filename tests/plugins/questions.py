"""Questions to a connector, with defaults."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from journey_atlas_sdk import Grain, PullRequest, Window, start_of_day

OSLO = ZoneInfo("Europe/Oslo")


def days(first: str, after: str, zone: ZoneInfo = OSLO) -> Window:
    """The window from the start of a day to the start of another."""
    start, end = datetime.fromisoformat(first).date(), datetime.fromisoformat(after).date()
    return Window(start_of_day(start, zone), start_of_day(end, zone))


def a_question(
    metric: str = "trust",
    *,
    window: Window | None = None,
    grain: Grain = Grain.MONTH,
    zone: ZoneInfo = OSLO,
    dimensions: tuple[str, ...] = (),
    parameters: Mapping[str, Any] | None = None,  # Any: JSON
) -> PullRequest:
    """Ask for the whole of a metric in 2026 by months of Oslo."""
    return PullRequest(
        metric=metric,
        window=window or days("2026-01-01", "2027-01-01", zone),
        grain=grain,
        time_zone=zone,
        dimensions=dimensions,
        parameters=parameters or {},
    )
