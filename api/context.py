"""What resolvers read from: the services of the process, and the readings of one operation."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Protocol

from graphql.pyutils import Path
from strawberry.dataloader import DataLoader

from api.errors import (
    CostExceeded,
    Costly,
    DeadlineExceeded,
    LimitExceeded,
    NotFound,
    QueryError,
    Stopped,
)
from api.execution.limits import Limits
from api.execution.prices import Bill
from api.operating import Operating
from api.run_store import NoRuns, Runs, RunsOwned
from domain.actions.changes import Changeable
from domain.cycle import Cycle
from domain.node import Node, NodeId
from domain.ports import Aggregates, Observations, WindowAggregate, WindowQuery
from domain.value import queries_for
from domain.view import View
from ingest.connector_rules import ConnectorRules
from ingest.freshness import PREFER_CACHE, ReadMode, ReadPolicy
from ingest.on_demand import NoRefresher, Refresher, require_metric
from ingest.settings import SettingsResolver
from ingest.trying import Trials
from ingest.watching import RunWatch
from plugins.registry import Registry
from storage.jobs.records import Job, JobId
from storage.run_pages import RunsAsked, RunSlice
from storage.switches import SwitchedOff

Moment = tuple[date | None, datetime | None]
"""The asked day, and as known when; None: today, and now."""

SHARE_FOR_WAITING = 0.8
"""How much of what is left of an operation's time a LIVE reading may wait; then it must answer."""


class ReadView(Protocol):
    """Give the organization's Atlas on a day (None: today), as known at a time (None: now)."""

    def __call__(
        self, *, as_of: date | None = None, known_at: datetime | None = None
    ) -> Awaitable[View]:
        """Read or reuse it; the same arguments give the same View until the revision moves."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """What mutations write with, try out beforehand, and order to be done."""

    atlases: Changeable
    connectors: ConnectorRules
    trials: Trials
    new_id: Callable[[], str]
    operating: Operating


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What `api/app.py` hands to the resolvers.

    `now` is real time, for freshness; the clock of the numbers is inside the views. `node_url`
    gives a node's page for people, None without one. `new_reference` names an unexpected error.
    `refresher` asks the sources for fresher values, `settings` knows where secrets are, `runs` what
    became of reading the sources. `watch` None: nobody can listen to them; `writing` None: this
    server only reads.
    """

    view: ReadView
    observations: Observations
    registry: Registry
    now: Callable[[], datetime]
    new_reference: Callable[[], str]
    monotonic: Callable[[], float] = time.monotonic
    node_url: Callable[[Node], str | None] = lambda _: None
    limits: Limits = field(default_factory=Limits)
    refresher: Refresher = field(default_factory=NoRefresher)
    settings: SettingsResolver = field(default_factory=SettingsResolver)
    runs: Runs = field(default_factory=NoRuns)
    watch: RunWatch | None = None
    writing: Writing | None = None


@dataclass(slots=True)
class Reading:
    """What everything beneath one root field reads: a View, and the cycle that was asked for.

    `cycle` None: all active cycles. `policy` is how fresh the values should be; `late` names the
    sources that hadn't answered when a LIVE reading's deadline passed. `require_running` is the
    operation's: whatever loops long calls it now and then, to be stopped at the deadline.
    """

    view: View
    services: Services
    cycle: Cycle | None = None
    policy: ReadPolicy = PREFER_CACHE
    late: frozenset[NodeId] = frozenset()
    require_running: Callable[[], None] = lambda: None
    _loader: DataLoader[WindowQuery, WindowAggregate | None] | None = None
    _runs: DataLoader[RunsAsked, RunSlice] | None = None
    _run_counts: DataLoader[RunsOwned, int] | None = None
    _jobs: DataLoader[JobId, Job | None] | None = None
    _switched_off: DataLoader[str, SwitchedOff | None] | None = None

    @property
    def runs(self) -> DataLoader[RunsAsked, RunSlice]:
        """Pages of sync runs; all asked at once, and alike, come in one statement."""
        if self._runs is None:
            self._runs = DataLoader(load_fn=self._load_runs)
        return self._runs

    @property
    def run_counts(self) -> DataLoader[RunsOwned, int]:
        """How many sync runs there are; all asked at once come in one statement."""
        if self._run_counts is None:
            self._run_counts = DataLoader(load_fn=self._count_runs)
        return self._run_counts

    @property
    def aggregates(self) -> DataLoader[WindowQuery, WindowAggregate | None]:
        """Answers that the View doesn't hold, of its revision, whatever was recorded since.

        All asked at once come in one statement.
        """
        if self._loader is None:
            self._loader = DataLoader(load_fn=self._load)
        return self._loader

    def cycle_named(self, key: str | None) -> Cycle | None:
        """Give the cycle of a key, else the one that the root field asked for."""
        return self.cycle if key is None else require_cycle(self.view, key)

    async def _load(self, queries: list[WindowQuery]) -> list[WindowAggregate | None]:
        found = await answered(self.services.observations, self.view, queries)
        return [found.get(query) for query in queries]

    @property
    def switched_off(self) -> DataLoader[str, SwitchedOff | None]:
        """Which connectors are switched off, by key; asked for once."""
        if self._switched_off is None:
            self._switched_off = DataLoader(load_fn=self._load_switches)
        return self._switched_off

    @property
    def jobs(self) -> DataLoader[JobId, Job | None]:
        """Jobs by their ids; all asked at once come in one statement."""
        if self._jobs is None:
            self._jobs = DataLoader(load_fn=self._load_jobs)
        return self._jobs

    async def _load_jobs(self, ids: list[JobId]) -> list[Job | None]:
        return await self.services.runs.jobs(self.view.atlas.organization.id, ids)

    async def _load_switches(self, connectors: list[str]) -> list[SwitchedOff | None]:
        found = {each.key: each for each in await self.services.runs.switched_off()}
        return [found.get(key) for key in connectors]

    async def _load_runs(self, asked: list[RunsAsked]) -> Sequence[RunSlice]:
        return await self.services.runs.slices(self.view.atlas.organization.id, asked)

    async def _count_runs(self, owned: list[RunsOwned]) -> list[int]:
        organization = self.view.atlas.organization.id
        found = await self.services.runs.counts(organization, dict(owned))
        return [found.get(owner, 0) for owner, _ in owned]


@dataclass(slots=True)
class Context:
    """One operation: its readings by the response key of their root field, and what it spent.

    `price` tells what the operation costs on an Atlas; `bill` is what it told, None before the
    first reading. `is_beside` says that it runs beside the event loop already. One that `writes`
    never does, for what it writes with belongs to the loop; so its cost has a limit of its own.
    `event` is what a subscription tells this time; None: it isn't one, or only begins.
    """

    services: Services
    started: float
    price: Callable[[View], Bill] = lambda _: Bill(0, "")
    bill: Bill | None = None
    is_beside: bool = False
    writes: bool = False
    event: object = None
    readings: dict[str | int, Reading] = field(default_factory=dict[str | int, Reading])
    nodes: int = 0
    ended: QueryError | None = None
    _views: dict[Moment, View] = field(default_factory=dict[Moment, View])
    _of_event: Reading | None = None
    _opening: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def seconds(self) -> float:
        """How long the operation may take in all."""
        return self.services.limits.operation_seconds

    async def read(
        self,
        path: Path,
        *,
        as_of: date | None = None,
        known_at: datetime | None = None,
        cycle: str | None = None,
        policy: ReadPolicy = PREFER_CACHE,
    ) -> Reading:
        """Open the reading of the root field at `path`; all beneath it finds it by its path.

        Sources that are due are asked behind it or, with LIVE, before it, until the deadline.
        """
        async with self._opening:
            view = await self._view(as_of, known_at)
            self._require_affordable(view)
            unanswered = await self._ask_sources(view, policy)
            view = await self._view(as_of, known_at)
        reading = Reading(
            view=view,
            services=self.services,
            cycle=None if cycle is None else require_cycle(view, cycle),
            policy=policy,
            late=unanswered,
            require_running=self.require_running,
        )
        self.readings[path.key] = reading
        return reading

    async def read_for_event(self) -> None:
        """Open the one reading of everything that is answered of an event."""
        self._of_event = await self.read(Path(None, "event", None))

    async def read_anew(self, path: Path) -> Reading:
        """Open the reading of the root field at `path` on what was written by now."""
        self._views.clear()
        return await self.read(path)

    def seconds_to_wait(self) -> float:
        """Give how long somebody else may be waited for; then there is still time to answer."""
        left = self.seconds - (self.services.monotonic() - self.started)
        return left * SHARE_FOR_WAITING

    async def _view(self, as_of: date | None, known_at: datetime | None) -> View:
        """Read a day once an operation, all days on one Atlas: root fields see the same revision.

        Only those after a LIVE one see a newer one: the one that it waited for.
        """
        key = (as_of, known_at)
        if key not in self._views:
            view = await self.services.view(as_of=as_of, known_at=known_at)
            self._views[key] = await self._on_one_atlas(view)
        return self._views[key]

    async def _on_one_atlas(self, view: View) -> View:
        """Give a view on the Atlas of the views before, where others wrote since."""
        atlas = next((each.atlas for each in self._views.values()), view.atlas)
        if view.atlas.revision == atlas.revision:
            return view
        older = replace(view, atlas=atlas, aggregates={}, memo={})
        queries = queries_for(atlas, view.today)
        aggregates = await answered(self.services.observations, older, queries)
        return replace(older, aggregates=aggregates)

    async def _ask_sources(self, view: View, policy: ReadPolicy) -> frozenset[NodeId]:
        """Have the sources asked that are due; with LIVE wait, but leave time for the answer.

        Gives those that hadn't answered by then. NotFound where a named metric isn't there.
        """
        services = self.services
        for key in policy.metrics or ():
            require_metric(view.atlas, key)
        if policy.mode is not ReadMode.LIVE:
            services.refresher.behind(view.atlas, policy)
            return frozenset()
        seconds = self.seconds_to_wait()
        if policy.deadline is not None:
            seconds = min(seconds, policy.deadline.total_seconds())
        unanswered = await services.refresher.live(view.atlas, policy, seconds=seconds)
        self._views.clear()
        return unanswered

    def _require_affordable(self, view: View) -> None:
        """End the operation where it costs too much, or too much for the event loop.

        Nothing that a root field asks of the atlas has been answered yet.
        """
        limits = self.services.limits
        if self.bill is None:
            self.bill = self.price(view)
        limit = "mutation_cost" if self.writes else "cost"
        maximum, cost, advice = getattr(limits, limit), self.bill.cost, self.bill.advice
        if cost > maximum:
            seen = f"The operation costs {cost}, most of it for `{self.bill.dearest}`"
            self.ended = CostExceeded(
                limit=limit, maximum=maximum, cost=cost, seen=seen, advice=advice
            )
        elif cost >= limits.costly and not (self.is_beside or self.writes):
            self.ended = Costly("To be run beside the event loop.")
        if self.ended is not None:
            raise Stopped(self.ended.message)

    def beside(self, services: Services) -> "Context":
        """Give a context to start again with on another event loop; what was read stays read."""
        return replace(
            self,
            services=services,
            readings={},
            _of_event=None,
            nodes=0,
            ended=None,
            is_beside=True,
            _opening=asyncio.Lock(),
        )

    def reading(self, path: Path) -> Reading:
        """Give the reading that a field beneath a root field belongs to."""
        while path.prev is not None:
            path = path.prev
        return self._of_event or self.readings[path.key]

    def require_running(self) -> None:
        """Raise Stopped where the operation has ended, or ends now because it is too late.

        Resolving is synchronous, so no timer can interrupt it: this is where it stops itself. The
        executor is left to walk home, for what already waits must be awaited; `ended` is then the
        operation's one error.
        """
        elapsed = self.services.monotonic() - self.started
        if self.ended is None and elapsed > self.seconds:
            self.ended = late(self.seconds)
        if self.ended is not None:
            raise Stopped(self.ended.message)

    def count(self, nodes: int, *, advice: str = "") -> None:
        """Count nodes of the answer; end the operation, with advice, where it has too many."""
        limits = self.services.limits
        self.nodes += nodes
        if self.nodes > limits.nodes:
            seen = "The answer would hold more nodes"
            self.ended = LimitExceeded(
                limit="nodes", maximum=limits.nodes, seen=seen, advice=advice
            )
            raise Stopped(self.ended.message)


async def answered(
    observations: Observations, view: View, queries: Sequence[WindowQuery]
) -> Aggregates:
    """Answer questions that a view doesn't hold, as they would have been answered with it."""
    atlas = view.atlas
    return await observations.aggregate(
        atlas.organization.id, queries, known_at=view.known_at, revision=atlas.revision
    )


def late(seconds: float) -> DeadlineExceeded:
    """Tell that an operation took too long."""
    message = f"The answer took longer than {seconds:g} seconds."
    return DeadlineExceeded(message)


def require_cycle(view: View, key: str) -> Cycle:
    """Give the cycle of a key; NotFound names the ones there are."""
    cycle = view.atlas.find(key, Cycle)
    if cycle is None:
        known = ", ".join(cycle.key for cycle in view.atlas.all(Cycle))
        message = f"No cycle has the key {key!r}; there are: {known or 'none'}."
        raise NotFound(message)
    return cycle
