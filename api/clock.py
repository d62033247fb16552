"""Where the time comes from: the machine's clock, or one that stands still (the demo's)."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Gives the present instant, aware, in UTC."""


def real_clock() -> datetime:
    """Give the machine's time; freshness and records of what was done always use it."""
    return datetime.now(UTC)


def clock_at(instant: datetime | None) -> Clock:
    """Give a clock that stands still at an instant; None: the machine's."""
    if instant is None:
        return real_clock
    stopped = instant.astimezone(UTC)
    return lambda: stopped
