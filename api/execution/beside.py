"""Costly operations run in a thread beside the event loop, which goes on answering the others.

The thread has an event loop of its own, for graphql-core and its DataLoaders. Whatever reads (the
views, the store, the sources) belongs to the loop of the server and is awaited there: connections
can't move between loops. CPython hands the interpreter on after each turn, so a short operation
waits for some turns and not for a long operation's end.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, TypeVar

from api.context import Context, Services
from api.run_store import Runs
from domain.atlas import Atlas
from domain.metric import Observation
from domain.node import NodeId, OrganizationId
from domain.ports import Aggregates, Observations, ObservationsAsked, Stretch, WindowQuery
from domain.source import MetricSource
from domain.view import View
from ingest.freshness import Asking, ReadPolicy
from ingest.on_demand import Refresher
from storage.jobs.records import Job, JobId
from storage.run_pages import RunsAsked, RunSlice
from storage.switches import SwitchedOff
from storage.sync_runs import SyncRun

T = TypeVar("T")

Work = Callable[[Context], Coroutine[Any, Any, T]]  # Any: nothing is sent into a coroutine


TURN_SECONDS = 0.001
"""How long a thread computes while another one waits. Every message on the event loop waits for a
turn or two, and an answer takes some ten messages: CPython's own 5 ms would add up."""


class Beside:
    """Runs at most so many operations at once; the others wait for their turn."""

    def __init__(self, at_once: int) -> None:
        """Start no thread before it is needed; shorten the turns of this whole process."""
        sys.setswitchinterval(TURN_SECONDS)
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="atlas-costly")

    async def run(self, context: Context, work: Work[T]) -> tuple[Context, T]:
        """Run an operation with a context of its own; gives that context and the result.

        Cancelled, it cancels the operation and waits until it has ended, if it ever began.
        """
        home = asyncio.get_running_loop()
        moved = context.beside(_across(context.services, home))
        running = _Running()
        turn = self._threads.submit(running.run, lambda: work(moved))
        ended = asyncio.wrap_future(turn)
        try:
            return moved, await asyncio.shield(ended)
        except asyncio.CancelledError:
            if not turn.cancel():
                running.cancel()
                await asyncio.gather(ended, return_exceptions=True)
            raise


@dataclass(slots=True)
class _Running:
    """One operation in its thread, to be cancelled from another."""

    task: asyncio.Task[Any] | None = None  # Any: the operation's result
    loop: asyncio.AbstractEventLoop | None = None
    cancelled: bool = False

    def run(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        return asyncio.run(self._registered(work))

    async def _registered(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        self.loop, self.task = asyncio.get_running_loop(), asyncio.current_task()
        if self.cancelled:
            raise asyncio.CancelledError
        return await work()

    def cancel(self) -> None:
        self.cancelled = True
        if self.loop is not None and self.task is not None and not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self.task.cancel)


def _across(services: Services, home: asyncio.AbstractEventLoop) -> Services:
    """Give the same services, to be awaited on another loop."""

    def view(*, as_of: date | None = None, known_at: datetime | None = None) -> Awaitable[View]:
        return _awaited(services.view(as_of=as_of, known_at=known_at), home)

    return replace(
        services,
        view=view,
        observations=_ObservationsAcross(services.observations, home),
        refresher=_RefresherAcross(services.refresher, home),
        runs=_RunsAcross(services.runs, home),
    )


async def _there(work: Awaitable[T]) -> T:
    return await work


def _awaited(work: Awaitable[T], home: asyncio.AbstractEventLoop) -> Awaitable[T]:
    """Await on the server's loop; cancelled here, it is cancelled there."""
    return asyncio.wrap_future(asyncio.run_coroutine_threadsafe(_there(work), home))


@dataclass(frozen=True, slots=True)
class _ObservationsAcross:
    """The store of observations, reached from another loop; a `domain.ports.Observations`."""

    observations: Observations
    home: asyncio.AbstractEventLoop

    async def aggregate(
        self,
        organization: OrganizationId,
        queries: Sequence[WindowQuery],
        *,
        known_at: datetime | None = None,
        revision: int | None = None,
    ) -> Aggregates:
        work = self.observations.aggregate(
            organization, queries, known_at=known_at, revision=revision
        )
        return await _awaited(work, self.home)

    async def listed(
        self, organization: OrganizationId, asked: ObservationsAsked, stretch: Stretch
    ) -> list[Observation]:
        return await _awaited(self.observations.listed(organization, asked, stretch), self.home)


@dataclass(frozen=True, slots=True)
class _RefresherAcross:
    """Who asks the sources, reached from another loop; a `Refresher`."""

    refresher: Refresher
    home: asyncio.AbstractEventLoop

    def behind(self, atlas: Atlas, policy: ReadPolicy) -> None:
        self.home.call_soon_threadsafe(self.refresher.behind, atlas, policy)

    async def live(self, atlas: Atlas, policy: ReadPolicy, *, seconds: float) -> frozenset[NodeId]:
        return await _awaited(self.refresher.live(atlas, policy, seconds=seconds), self.home)

    def asking(self, atlas: Atlas, source: MetricSource) -> Asking:
        return self.refresher.asking(atlas, source)


@dataclass(frozen=True, slots=True)
class _RunsAcross:
    """Where sync runs are, reached from another loop; an `api.context.Runs`."""

    runs: Runs
    home: asyncio.AbstractEventLoop

    async def slices(
        self, organization: OrganizationId, asked: Sequence[RunsAsked]
    ) -> Sequence[RunSlice]:
        return await _awaited(self.runs.slices(organization, asked), self.home)

    async def counts(
        self, organization: OrganizationId, sources: Mapping[NodeId, Sequence[NodeId]]
    ) -> Mapping[NodeId, int]:
        return await _awaited(self.runs.counts(organization, sources), self.home)

    async def find(self, organization: OrganizationId, run: str) -> SyncRun | None:
        return await _awaited(self.runs.find(organization, run), self.home)

    async def jobs(self, organization: OrganizationId, ids: Sequence[JobId]) -> list[Job | None]:
        return await _awaited(self.runs.jobs(organization, ids), self.home)

    async def switched_off(self) -> Sequence[SwitchedOff]:
        return await _awaited(self.runs.switched_off(), self.home)
