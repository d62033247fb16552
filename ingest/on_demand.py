"""Reading on demand: whoever reads the atlas gets its values fresh enough, or at once.

A reader says how old an answer may be. What is older is asked again: behind the reader's answer,
or before it, until a deadline. However many ask at the same time, a source is asked once.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from domain.atlas import Atlas
from domain.errors import NotFound
from domain.metric import Metric
from domain.node import NodeId, OrganizationId
from domain.source import Connection, MetricSource
from domain.value import measured_by
from ingest.coalescing import Flight, Flights
from ingest.freshness import (
    PREFER_CACHE,
    Asking,
    ReadMode,
    ReadPolicy,
    due_at,
    info_of,
    latest,
    pace_of,
    pauses,
)
from ingest.plan import OVERLAP, Missing
from ingest.reading import Errand, SyncResult
from ingest.sync import Sync
from journey_atlas_sdk import PullReason
from storage.readings import NotNow, Unread
from storage.sync_runs import SYNC

SOURCES_AT_ONCE = 16
SOURCES_OF_A_CONNECTION_AT_ONCE = 2
"""Unless a connector's limits name another number: a source out of order holds up no other."""

LOOK_EVERY = timedelta(seconds=1)
"""How often all sources are looked through for a reader who says nothing: each that answers moves
the revision, and thousands may be under way."""

SourceKey = tuple[OrganizationId, NodeId]
Later = Callable[[Atlas, MetricSource, datetime], Awaitable[None]]


async def forgotten(atlas: Atlas, source: MetricSource, at: datetime) -> None:
    """Leave it to the next reader to go on."""
    del atlas, source, at


class Refresher(Protocol):
    """Asks sources for fresher values."""

    def behind(self, atlas: Atlas, policy: ReadPolicy) -> None:
        """Begin to ask the sources that are due, and wait for none."""
        ...

    async def live(self, atlas: Atlas, policy: ReadPolicy, *, seconds: float) -> frozenset[NodeId]:
        """Ask the sources that are due and wait; give those still being asked when time is up."""
        ...

    def asking(self, atlas: Atlas, source: MetricSource) -> Asking:
        """Tell what is known of a source besides its record."""
        ...


class NoRefresher:
    """Asks nobody: what is known is all there is. A `Refresher`."""

    def behind(self, atlas: Atlas, policy: ReadPolicy) -> None:
        """Begin nothing."""

    async def live(self, atlas: Atlas, policy: ReadPolicy, *, seconds: float) -> frozenset[NodeId]:
        """Wait for nobody."""
        del atlas, policy, seconds
        return frozenset()

    def asking(self, atlas: Atlas, source: MetricSource) -> Asking:
        """Tell what the atlas tells."""
        return Asking(paused_until=pauses(atlas).get(source.connection))


@dataclass(frozen=True, slots=True)
class OnlyAhead:
    """Asks sources before an answer and never behind it: for a process that ends with its answer.

    What it began behind it would only be cancelled. A `Refresher`.
    """

    refresher: Refresher

    def behind(self, atlas: Atlas, policy: ReadPolicy) -> None:
        """Begin nothing."""

    async def live(self, atlas: Atlas, policy: ReadPolicy, *, seconds: float) -> frozenset[NodeId]:
        """Ask the sources that are due and wait; give those still being asked when time is up."""
        return await self.refresher.live(atlas, policy, seconds=seconds)

    def asking(self, atlas: Atlas, source: MetricSource) -> Asking:
        """Tell what is known of a source besides its record."""
        return self.refresher.asking(atlas, source)


@dataclass(slots=True, kw_only=True)
class Outlook:
    """What holds of an atlas as long as its revision: the pauses that its connections asked for.

    Before `quiet_until` nothing is due, so that nobody need look; None: nobody looked yet.
    """

    revision: int
    pauses: Mapping[NodeId, datetime]
    quiet_until: datetime | None = None


@dataclass(slots=True, kw_only=True)
class OnDemand:
    """Asks the sources of a process; a `Refresher`. Close it before what it records to.

    `history` is how far back a source is read that was never read before. `later` is told of a
    source that needs time, and when to go on with it.
    """

    sync: Sync
    history: timedelta
    later: Later = forgotten
    _flights: Flights = field(default_factory=Flights)
    _tried: dict[SourceKey, datetime] = field(default_factory=dict[SourceKey, datetime])
    _works_until: dict[SourceKey, datetime] = field(default_factory=dict[SourceKey, datetime])
    _outlooks: dict[OrganizationId, Outlook] = field(default_factory=dict[OrganizationId, Outlook])
    _looked_at: dict[OrganizationId, datetime] = field(
        default_factory=dict[OrganizationId, datetime]
    )
    _slots: dict[NodeId, asyncio.Semaphore] = field(default_factory=dict[NodeId, asyncio.Semaphore])
    _all_slots: asyncio.Semaphore = field(
        default_factory=lambda: asyncio.Semaphore(SOURCES_AT_ONCE)
    )
    _is_closed: bool = False

    def behind(self, atlas: Atlas, policy: ReadPolicy = PREFER_CACHE) -> None:
        """Begin to ask the sources that are due, and wait for none."""
        if policy.mode is ReadMode.CACHED_ONLY or self._is_closed:
            return
        now = self.sync.real_clock()
        if policy != PREFER_CACHE or self._is_time_to_look(atlas, now):
            self._begin(atlas, policy, now=now)

    async def live(self, atlas: Atlas, policy: ReadPolicy, *, seconds: float) -> frozenset[NodeId]:
        """Ask the sources that are due and wait; give those still being asked when time is up.

        The deadline ends the waiting, not the asking: it goes on behind.
        """
        if self._is_closed:
            return frozenset()
        flights = self._begin(atlas, policy, now=self.sync.real_clock())
        if flights:
            await asyncio.wait(flights.values(), timeout=max(0.0, seconds))
        return frozenset(source for source, flight in flights.items() if not flight.done())

    def asking(self, atlas: Atlas, source: MetricSource) -> Asking:
        """Tell what is known of a source besides its record."""
        key = (atlas.organization.id, source.id)
        connector = atlas.get(source.connection, Connection).connector
        paused = self._outlook(atlas).pauses.get(source.connection)
        works_until = self._works_until.get(key)
        works = works_until is not None and works_until > self.sync.real_clock()
        return Asking(
            in_flight=works or self._flights.find(key) is not None,
            tried_at=self._tried.get(key),
            paused_until=latest(paused, works_until, self.sync.circuits.open_until(connector)),
        )

    async def aclose(self) -> None:
        """Ask nobody any more, and end what is being asked."""
        self._is_closed = True
        await self._flights.close()

    def _is_time_to_look(self, atlas: Atlas, now: datetime) -> bool:
        looked_at = self._looked_at.get(atlas.organization.id)
        if looked_at is not None and looked_at <= now < looked_at + LOOK_EVERY:
            return False
        quiet_until = self._outlook(atlas).quiet_until
        return quiet_until is None or now >= quiet_until

    def _begin(self, atlas: Atlas, policy: ReadPolicy, *, now: datetime) -> dict[NodeId, Flight]:
        """Begin what is due, and give it with what is in flight and would be due."""
        flights, quiet_until = dict[NodeId, Flight](), now + self.history
        for source in _asked_sources(atlas, policy):
            pace = pace_of(self.sync.opener.registry, atlas, source, max_age=policy.max_age)
            due = due_at(atlas, source, pace, self.asking(atlas, source))
            if due is not None and due <= now:
                flights[source.id] = self._ask(atlas, source)
                due = now + pace.min_interval
            quiet_until = min(quiet_until, due or quiet_until)
        if policy == PREFER_CACHE:
            self._outlook(atlas).quiet_until = quiet_until
            self._looked_at[atlas.organization.id] = now
        return flights

    def _outlook(self, atlas: Atlas) -> Outlook:
        known = self._outlooks.get(atlas.organization.id)
        if known is None or known.revision != atlas.revision:
            known = Outlook(revision=atlas.revision, pauses=pauses(atlas))
            self._outlooks[atlas.organization.id] = known
        return known

    def _ask(self, atlas: Atlas, source: MetricSource) -> Flight:
        key = (atlas.organization.id, source.id)
        return self._flights.join(key, partial(self._read, atlas, source))

    async def _read(self, atlas: Atlas, source: MetricSource) -> None:
        key = (atlas.organization.id, source.id)
        try:
            async with self._slots_of(atlas, source), self._all_slots:
                result = await self.sync.read(atlas, source, self._errand())
                if isinstance(result, Unread) and result.why is NotNow.HELD:
                    # Another process asks it already: its one answer, or failure, is everybody's.
                    await self.sync.wait_for_reader(atlas, source, SYNC)
        finally:
            self._tried[key] = self.sync.real_clock()
        if isinstance(result, SyncResult) and result.go_on_at is not None:
            self._works_until[key] = result.go_on_at
            await self.later(atlas, source, result.go_on_at)
        elif isinstance(result, Unread) and result.why is NotNow.WORKS:
            self._works_until[key] = result.until

    def _errand(self) -> Errand:
        target = Missing(history=self.history, overlap=OVERLAP)
        return Errand(reason=PullReason.ON_DEMAND, target=target, rests=True)

    def _slots_of(self, atlas: Atlas, source: MetricSource) -> asyncio.Semaphore:
        if source.connection not in self._slots:
            info = info_of(self.sync.opener.registry, atlas, source)
            limits = [limit.concurrency for limit in info.limits] if info else []
            named = [limit for limit in limits if limit is not None]
            most = min(named, default=SOURCES_OF_A_CONNECTION_AT_ONCE)
            self._slots[source.connection] = asyncio.Semaphore(most)
        return self._slots[source.connection]


def _asked_sources(atlas: Atlas, policy: ReadPolicy) -> Iterator[MetricSource]:
    """Give the visible sources of the metrics that a reader named, or of all."""
    for source in _named_sources(atlas, policy):
        ends = (atlas.nodes[source.metric], atlas.nodes[source.connection])
        if source.archived_at is None and all(end.archived_at is None for end in ends):
            yield source


def _named_sources(atlas: Atlas, policy: ReadPolicy) -> Iterable[MetricSource]:
    if policy.metrics is None:
        return atlas.all(MetricSource)
    asked = [require_metric(atlas, key) for key in policy.metrics]
    feeding = dict.fromkeys(fed.id for metric in asked for fed in measured_by(atlas, metric))
    return [source for fed in feeding for source in atlas.sources_by_metric.get(fed, ())]


def require_metric(atlas: Atlas, key: str) -> Metric:
    """Give the metric of a key; NotFound where there is none."""
    found = atlas.find(key, Metric)
    if found is None:
        message = f"No metric has the key {key!r}."
        raise NotFound(message)
    return found
