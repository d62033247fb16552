"""The clock by which a host waits: the machine's, or one that a test moves."""

import asyncio
import time
from datetime import UTC, datetime
from typing import Final, Protocol

_EARLIEST: Final = time.get_clock_info("monotonic").resolution


class Clock(Protocol):
    """Tells the time and waits; one clock for both, so that a test's hour takes no time."""

    def now(self) -> datetime:
        """Give the present moment, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Give the seconds since some moment; they never go back."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait at least so long."""
        ...


class RealClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Give the present moment, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Give the seconds since the machine started, or some other moment."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait at least so long; a timer of the loop may come a little early."""
        await asyncio.sleep(seconds + _EARLIEST)
