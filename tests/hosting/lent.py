"""A connector that is lent what it needs by a virtual clock, over a source that a test plays."""

from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import httpx

from journey_atlas_sdk import Connector, ConnectorInfo, Limit, Observation, PullRequest, Settings
from journey_atlas_sdk.hosting.addresses import Resolve
from journey_atlas_sdk.hosting.budget import Budgets, Lane, MemoryBudgets
from journey_atlas_sdk.hosting.context import HostContext
from journey_atlas_sdk.hosting.lending import Lending, lend
from journey_atlas_sdk.settings import AllowPrivate
from journey_atlas_sdk.testing import VirtualClock

ADDRESS = "https://source.example/scores"

Handler = Callable[[httpx.Request], httpx.Response]


@dataclass
class Source:
    """Answers with each of `answers` in turn, the last one for ever; notes when it was asked."""

    clock: VirtualClock
    answers: list[httpx.Response | Exception | Handler]
    requests: list[httpx.Request] = field(default_factory=list[httpx.Request])
    asked_at: list[datetime] = field(default_factory=list[datetime])

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer; a `MockTransport` calls it."""
        self.requests.append(request)
        self.asked_at.append(self.clock.now())
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, httpx.Response) else answer(request)

    @property
    def pauses(self) -> list[float]:
        """The seconds between one request and the next."""
        pairs = zip(self.asked_at, self.asked_at[1:], strict=False)
        return [(after - before).total_seconds() for before, after in pairs]


@dataclass
class Lab:
    """What a test lends from."""

    clock: VirtualClock = field(default_factory=VirtualClock)
    lending: Lending = field(init=False)
    source: Source = field(init=False)

    def __post_init__(self) -> None:
        """Play a source that answers well."""
        self.budgets: Budgets = MemoryBudgets(self.clock)
        self.source = Source(self.clock, [httpx.Response(200)])
        self.lending = Lending(
            connection="acme.survey",
            budgets=self.budgets,
            lane=Lane.INTERACTIVE,
            clock=self.clock,
            jitter=float,  # the longest backoff that there can be
        )
        self.sends_through(httpx.MockTransport(self._answer))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        return self.source(request)

    def plays(self, *answers: httpx.Response | Exception | Handler) -> Source:
        """Let the source answer so from now on."""
        self.source = Source(self.clock, list(answers))
        return self.source

    def over_the_wire(self, *, allow_private: bool = True) -> None:
        """Ask real servers, on the loopback."""
        own = Lending(connection="acme.survey", budgets=self.budgets).transport
        self.lending = replace(self.lending, transport=own, allow_private=allow_private)

    def resolves(self, resolve: Resolve) -> None:
        """Look names up there."""
        self.lending = replace(self.lending, resolve=resolve)

    def sends_through(self, transport: httpx.AsyncBaseTransport) -> None:
        """Let what is lent send through this, whatever the host's own is."""

        def instead(own: httpx.AsyncBaseTransport) -> httpx.AsyncBaseTransport:
            del own
            return transport

        self.lending = replace(self.lending, transport=instead)

    @asynccontextmanager
    async def context(
        self, *limits: Limit, seconds: float = 30, allow_private: bool = False
    ) -> AsyncGenerator[HostContext]:
        """Lend to a connector with these limits, for a call that may last so long."""
        connector = a_connector(*limits, seconds=seconds, allow_private=allow_private)
        async with lend(connector, self.lending) as context:
            yield context

    async def get(self, *limits: Limit, seconds: float = 30) -> httpx.Response:
        """Ask the source once, in a call that may last so long."""
        async with self.context(*limits, seconds=seconds) as context:
            return await context.http.get(ADDRESS)


class IdleSettings(Settings):
    """Whether it may reach private networks."""

    allow_private: AllowPrivate = False


def a_connector(
    *limits: Limit, seconds: float = 30, allow_private: bool = False
) -> Connector[IdleSettings]:
    """Make a connector that does nothing by itself."""
    timeout = timedelta(seconds=seconds)

    class Idle(Connector[IdleSettings]):
        info = ConnectorInfo(key="idle", title="Idle", version="1", limits=limits, timeout=timeout)

        def pull(self, request: PullRequest, context: object) -> Iterable[Observation]:
            del request, context
            return []

    return Idle(IdleSettings(allow_private=allow_private))
