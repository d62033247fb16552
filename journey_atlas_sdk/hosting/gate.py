"""Where each request of a call waits for its turn: for the source's budget, inside the deadline."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Final

from journey_atlas_sdk.connector import Limit
from journey_atlas_sdk.errors import ConnectorError, QuotaExhausted, RateLimited
from journey_atlas_sdk.hosting.beating import beating
from journey_atlas_sdk.hosting.budget import PLACE_LASTS, Budgets, Lane
from journey_atlas_sdk.hosting.clock import Clock
from journey_atlas_sdk.hosting.tracing import Trace, Wait
from journey_atlas_sdk.hosting.waits import LONGEST_WAIT

LONG: Final = timedelta(hours=1)
"""From this wait on it is a quota that is used up: the call is put off, not held up."""


class OutOfTurn(RateLimited):
    """Our own budget has no room in this lane; the source said nothing, and others may ask it."""

    def __init__(self, message: str, wait: timedelta) -> None:
        """Tell when there is room again."""
        super().__init__(message, retry_after=wait)


@dataclass(slots=True, kw_only=True)
class Gate:
    """The gate of one call, which `name` tells from all others; it closes at `ends_at`.

    `ends_at` is on the clock's `monotonic`. `trace` is told of each wait.
    """

    name: str
    budgets: Budgets
    key: str
    limits: Sequence[Limit]
    lane: Lane
    clock: Clock
    ends_at: float
    trace: Trace | None = None
    _numbers: "count[int]" = field(default_factory=count)
    _held: set[str] = field(default_factory=set[str])

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[None]:
        """Keep the places of requests for as long as it is open, then give back all there are.

        Those that are left are of requests that nobody ended, such as bodies left unread.
        """
        try:
            async with beating(self._keep, PLACE_LASTS) if self._has_places else nullcontext():
                yield
        finally:
            for holder in list(self._held):
                await self._give_back(holder)

    @asynccontextmanager
    async def passed(self, weight: int = 1) -> AsyncGenerator[None]:
        """Wait until a request may go, and hold its place while it is under way.

        RateLimited or QuotaExhausted where the source wants to be left alone until after the
        deadline, OutOfTurn where it is the budget that has no room before.
        """
        holder = self._holder()
        while wait := await self.budgets.take(
            self.key, self.limits, lane=self.lane, weight=weight, holder=holder
        ):
            if not self.fits(wait):
                raise await self._refusal(wait)
            await self.wait(wait, f"the limits of {self.key} leave no room before")
        if holder is not None:
            self._held.add(holder)
        try:
            yield
        finally:
            if holder is not None:
                await self._give_back(holder)

    async def wait(self, length: timedelta, reason: str) -> None:
        """Let the time pass; `reason` is for the trace."""
        if self.trace:
            self.trace(Wait(seconds=length.total_seconds(), reason=reason))
        await self.clock.sleep(length.total_seconds())

    async def pause(self, wait: timedelta) -> None:
        """Let nobody who shares the budget ask the source for so long, a week at most."""
        await self.budgets.pause(self.key, self.clock.now() + min(wait, LONGEST_WAIT))

    def left(self) -> float:
        """Give the seconds until the deadline; below 0 it is over."""
        return self.ends_at - self.clock.monotonic()

    def fits(self, wait: timedelta) -> bool:
        """Say whether a wait is over before the deadline."""
        return wait.total_seconds() < self.left()

    async def _refusal(self, wait: timedelta) -> ConnectorError:
        paused = await self.budgets.paused_until(self.key)
        if paused is None or paused - self.clock.now() < wait:
            return OutOfTurn(f"No request of {self.lane} has room within the limits now.", wait)
        return limited("The source wants to be left alone.", wait)

    async def _keep(self) -> None:
        if self._held:
            await self.budgets.keep(self.key, frozenset(self._held))

    async def _give_back(self, holder: str) -> None:
        self._held.discard(holder)
        await self.budgets.give_back(self.key, holder)

    @property
    def _has_places(self) -> bool:
        return any(limit.concurrency is not None for limit in self.limits)

    def _holder(self) -> str | None:
        return f"{self.name}.{next(self._numbers)}" if self._has_places else None


def limited(message: str, wait: timedelta | None, *, detail: str | None = None) -> ConnectorError:
    """Name a limit by how long it lasts; None: nobody tells."""
    kind = QuotaExhausted if wait is not None and wait >= LONG else RateLimited
    return kind(message, retry_after=wait, detail=detail)
