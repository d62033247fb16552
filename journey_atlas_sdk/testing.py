"""Fakes for tests: a context without a host, a clock that a test moves, a pull gathered at once."""

import asyncio
import logging
from collections.abc import AsyncIterable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import httpx

from journey_atlas_sdk.connector import Connector, Pending, PullRequest
from journey_atlas_sdk.errors import ConfigError
from journey_atlas_sdk.observations import Observation

T = TypeVar("T")


_NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
_TURNS = 20


@dataclass(slots=True)
class VirtualClock:
    """A clock that moves on when whoever runs has come to rest: a simulated hour takes no time.

    Several may sleep at once; the one that is due first wakes first. A `Clock` of `hosting`.
    """

    moment: datetime = _NOON
    _due: list[datetime] = field(default_factory=list[datetime])

    def now(self) -> datetime:
        """Give the moment at which the clock stands."""
        return self.moment

    def monotonic(self) -> float:
        """Give the seconds since noon of the day on which such clocks begin."""
        return (self.moment - _NOON).total_seconds()

    async def sleep(self, seconds: float) -> None:
        """Let the others run, then move the clock on; always by a microsecond at least."""
        due = self.moment + max(timedelta(seconds=seconds), timedelta.resolution)
        self._due.append(due)
        try:
            while self.moment < due:
                await self._others()
                if due == min(self._due):
                    self.moment = max(self.moment, due)
        finally:
            self._due.remove(due)

    @staticmethod
    async def _others() -> None:
        for _ in range(_TURNS):
            await asyncio.sleep(0)


def _unreachable(request: httpx.Request) -> httpx.Response:
    message = f"The test's source has no answer to {request.method} {request.url}."
    raise AssertionError(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class FakeContext:
    """A Context whose clock stands still; `http` answers from the transport it was given."""

    moment: datetime = _NOON
    secrets: Mapping[str, str] = field(default_factory=dict[str, str])
    http: httpx.AsyncClient = field(
        default_factory=lambda: httpx.AsyncClient(transport=httpx.MockTransport(_unreachable))
    )
    log: logging.Logger = field(default_factory=lambda: logging.getLogger(__name__))

    def secret(self, name: str) -> str:
        """Give a secret of the test; ConfigError where it named none."""
        if name not in self.secrets:
            message = f"The secret {name!r} is not set."
            raise ConfigError(message)
        return self.secrets[name]

    def now(self) -> datetime:
        """Give the moment at which the clock stands."""
        return self.moment

    def cancelled(self) -> bool:
        """Say that somebody waits."""
        return False

    async def blocking(self, call: Callable[[], T]) -> T:
        """Run the call in a thread."""
        return await asyncio.to_thread(call)


async def pull_all(
    connector: Connector[Any],  # Any: whatever its settings are
    request: PullRequest,
    context: FakeContext | None = None,
) -> list[Observation]:
    """Gather a pull the way the host does: an async one here, a plain one in a thread."""
    lent = context or FakeContext()
    answer = connector.pull(request, lent)
    if isinstance(answer, AsyncIterable):
        found = [each async for each in answer]
    else:
        found = await asyncio.to_thread(list, answer)
    return [_observation(each) for each in found]


def _observation(each: Observation | Pending) -> Observation:
    assert isinstance(each, Observation), f"The source is still working: {each}."  # noqa: S101 - for tests
    return each
