"""Fakes for tests: a context without a host, a clock that a test moves, a pull gathered at once."""

import asyncio
import logging
import math
from collections.abc import AsyncIterable, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import httpx

from journey_atlas_sdk.connector import Connector, Pending, PullRequest
from journey_atlas_sdk.context import Context
from journey_atlas_sdk.errors import ConfigError
from journey_atlas_sdk.hosting.budget import Lane, MemoryBudgets
from journey_atlas_sdk.hosting.client import open_client
from journey_atlas_sdk.hosting.gate import Gate
from journey_atlas_sdk.hosting.installed import installed_program
from journey_atlas_sdk.hosting.redaction import Redactor
from journey_atlas_sdk.hosting.tokens import Tokens
from journey_atlas_sdk.hosting.transport import HostTransport
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


def client_over(
    source: Callable[[httpx.Request], httpx.Response] | httpx.AsyncBaseTransport,
) -> httpx.AsyncClient:
    """Make the host's own client over a source that a test plays: its waits take no time."""
    inner = source if isinstance(source, httpx.AsyncBaseTransport) else httpx.MockTransport(source)
    clock = VirtualClock()
    gate = Gate(
        name="test",
        budgets=MemoryBudgets(clock),
        key="test",
        limits=(),
        lane=Lane.INTERACTIVE,
        clock=clock,
        ends_at=math.inf,
    )
    return open_client(HostTransport(inner, gate, redactor=Redactor(), jitter=float))


def _unreachable(request: httpx.Request) -> httpx.Response:
    message = f"The test's source has no answer to {request.method} {request.url}."
    raise AssertionError(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class FakeContext:
    """A Context whose clock stands still; make its `http` with `client_over`.

    `programs` is the folder of those that it lends, each at `NAME/bin/NAME`.
    """

    moment: datetime = _NOON
    secrets: Mapping[str, str] = field(default_factory=dict[str, str])
    http: httpx.AsyncClient = field(default_factory=lambda: client_over(_unreachable))
    log: logging.Logger = field(default_factory=lambda: logging.getLogger(__name__))
    tokens: Tokens = field(default_factory=Tokens)
    programs: Path | None = None

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

    async def renew_secret(self, name: str, renew: Callable[[str], Awaitable[str]]) -> str:
        """Exchange a secret and keep nothing: each exchange begins with the test's own."""
        return await renew(self.secret(name))

    async def access_token(
        self,
        origin: Sequence[str],
        fetch: Callable[[datetime], Awaitable[tuple[str, timedelta | None]]],
        *,
        refused: str | None = None,
    ) -> str:
        """Give a token as the host does, kept for as long as this context is used."""
        clock = VirtualClock(self.moment)
        return await self.tokens.get("test", origin, fetch, clock=clock, refused=refused)

    async def blocking(self, call: Callable[[], T], *, weight: int = 1) -> T:
        """Run the call in a thread; nothing is counted."""
        del weight
        return await asyncio.to_thread(call)

    async def require_public(self, host: str, port: int) -> list[str]:
        """Give the host itself: a fake reaches nobody."""
        del port
        return [host]

    def program(self, name: str) -> Path:
        """Give a program of the test's folder; ConfigError where it has none of that name."""
        return installed_program(self.programs, name)


async def pull_all(
    connector: Connector[Any],  # Any: whatever its settings are
    request: PullRequest,
    context: Context | None = None,
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
