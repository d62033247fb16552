"""A connector in front of a world: asked by the host's own code, over a wire that notes all."""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, NoReturn, TypeVar

import httpx

from journey_atlas_sdk.conformance.specimen import AnyConnector, Given, Specimen
from journey_atlas_sdk.conformance.verdict import Mismatch, NotApplicable
from journey_atlas_sdk.conformance.virtual_time import LoopClock
from journey_atlas_sdk.conformance.wire import Wire
from journey_atlas_sdk.conformance.world import Fact, World
from journey_atlas_sdk.connector import Delivery, MetricSpec, Pending, PullRequest
from journey_atlas_sdk.errors import ConfigError
from journey_atlas_sdk.hosting import pulling
from journey_atlas_sdk.hosting.addresses import Resolve
from journey_atlas_sdk.hosting.budget import Budgets, Lane
from journey_atlas_sdk.hosting.context import HostContext
from journey_atlas_sdk.hosting.lending import Lending, lend
from journey_atlas_sdk.hosting.tokens import Tokens
from journey_atlas_sdk.hosting.vault import Vault
from journey_atlas_sdk.hosting.windows import windows
from journey_atlas_sdk.observations import Observation

T = TypeVar("T")
Make = Callable[[type[AnyConnector], Given], AnyConnector]
"""Makes a connector from its class and its settings; ConfigError where they don't fit."""

Route = Callable[[httpx.AsyncBaseTransport], httpx.AsyncBaseTransport]

MOST_ROUNDS: Final = 50
"""How often a source may say that it needs more time."""

_INSTANT: Final = timedelta(microseconds=1)


def here(connector: type[AnyConnector], settings: Given) -> AnyConnector:
    """Make a connector that runs in this process."""
    return connector(connector.info.settings.read(settings))


@dataclass(slots=True, kw_only=True)
class Stage:
    """A connector with settings, in front of a world; each call is one of the host's."""

    specimen: Specimen
    connector: type[AnyConnector]
    world: World
    settings: Given
    secrets: Mapping[str, str]
    wire: Wire
    clock: LoopClock
    budgets: Budgets
    vault: Vault
    log: logging.Logger
    tokens: Tokens = field(default_factory=Tokens)
    patience: timedelta | None = None
    route: Route | None = None
    resolve: Resolve | None = None
    make: Make = here

    async def call(self, work: Callable[[AnyConnector, HostContext], Awaitable[T]]) -> T:
        """Make a connector and lend it a context for one call."""
        connector = self.make(self.connector, self.settings)
        async with lend(connector, self.lending()) as context:
            return await work(connector, context)

    def lending(self) -> Lending:
        """Say what a call is lent from."""
        return Lending(
            connection=self.specimen.key,
            budgets=self.budgets,
            vault=self.vault,
            tokens=self.tokens,
            jitter=_longest,
            lane=Lane.INTERACTIVE,
            secrets=self.secrets,
            clock=self.clock,
            timeout=self.patience,
            resolve=self.resolve,
            transport=self.route or self._over_the_wire,
            programs=self.world.folder,
            log=self.log,
        )

    def _over_the_wire(self, _: httpx.AsyncBaseTransport) -> httpx.AsyncBaseTransport:
        return self.wire

    async def pull(self, question: PullRequest) -> list[Observation]:
        """Ask as the product does: window by window, and again where it is pending."""
        info = self.connector.info
        found: list[Observation] = []
        for window in windows(
            question.window.start,
            question.window.end - _INSTANT,
            question.grain,
            zone=question.time_zone,
            info=info,
        ):
            found += await self._until_ready(replace(question, window=window))
        now = self.clock.now()
        return [_as_kept(one, now) for one in found]

    async def pull_once(self, question: PullRequest) -> pulling.Pulled:
        """Put one question, as it is."""
        if not self.specimen.pulls:
            await self._require_nothing_to_pull(question)
        return await self.call(lambda one, context: pulling.pull(one, question, context))

    async def _require_nothing_to_pull(self, question: PullRequest) -> NoReturn:
        """End a check that asks for values where the source is never asked."""
        try:
            await self.call(lambda one, context: pulling.pull(one, question, context))
        except ConfigError as error:
            reason = "its source delivers by itself, and it says so where it is asked"
            raise NotApplicable(reason) from error
        raise Mismatch(
            expected="a pull is a ConfigError that says where values come from", seen="an answer"
        )

    def change(self, facts: Sequence[Fact]) -> None:
        """Let the world be another one from now on."""
        self.world.facts = facts
        if self.specimen.lay:
            self.settings = {**self.settings, **self.specimen.lay(self.world)}

    async def check(self) -> None:
        """Have the settings tried out."""
        await self.call(pulling.check)

    async def discover(self) -> list[MetricSpec]:
        """List the source's metrics."""
        return await self.call(pulling.discover)

    async def describe(self, metric: str) -> MetricSpec | None:
        """Ask for one metric's spec."""
        return await self.call(lambda one, context: pulling.describe(one, metric, context))

    async def receive(self, delivery: Delivery) -> pulling.Received:
        """Hand a delivery over."""
        return await self.call(lambda one, context: pulling.receive(one, delivery, context))

    async def resume(self, question: PullRequest, pending: Pending) -> Sequence[Observation]:
        """Wait, and put a question again that was pending, until it is answered."""
        for _ in range(MOST_ROUNDS):
            await self.clock.sleep(pending.retry_after.total_seconds())
            pulled = await self.pull_once(replace(question, resume=pending.resume))
            if not isinstance(pulled, Pending):
                return pulled
            pending = pulled
        raise Mismatch(
            expected=f"an answer after at most {MOST_ROUNDS} times `Pending`",
            seen=f"still `Pending`, with the token {pending.resume!r}",
        )

    async def _until_ready(self, question: PullRequest) -> Sequence[Observation]:
        pulled = await self.pull_once(question)
        return await self.resume(question, pulled) if isinstance(pulled, Pending) else pulled


def _as_kept(one: Observation, now: datetime) -> Observation:
    """Give an observation in the state that the product gives it."""
    state = pulling.state_at(now, one)
    return one if one.state is state else replace(one, state=state)


def _longest(seconds: float) -> float:
    """Back off as long as one may: by chance two runs would differ."""
    return seconds
