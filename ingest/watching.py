"""Watches sync runs: whoever listens hears each change, and the database is asked once for all.

It is asked again and again, so nothing depends on a notification that may be lost; what changes in
between two looks is heard once, as it is then.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from domain.node import OrganizationId
from domain.source import RunState
from storage.sync_runs import ALL_RUNS, SyncRun, WantedRuns

LOOK_EVERY_SECONDS = 0.5
"""How long a change waits at most before it is heard."""

UNFINISHED = (RunState.RUNNING, RunState.WAITING)

_log = logging.getLogger(__name__)

Wanted = Callable[[SyncRun], bool]


class ListedRuns(Protocol):
    """Where the runs are: a `storage.sync_runs.StoredSyncRuns`."""

    async def listed(
        self,
        organization: OrganizationId,
        wanted: WantedRuns = ALL_RUNS,
        *,
        first: int = 200,
        before: tuple[datetime, str] | None = None,
    ) -> list[SyncRun]:
        """List runs, latest begun first."""
        ...


@dataclass(slots=True)
class _Ear:
    """One listener: what it wants to hear, and what it has yet to; of each run only the latest."""

    wanted: Wanted
    pending: dict[str, SyncRun] = field(default_factory=dict[str, SyncRun])
    is_news: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, runs: Sequence[SyncRun]) -> None:
        for run in runs:
            if self.wanted(run):
                self.pending[run.id] = run
                self.is_news.set()

    def take(self) -> SyncRun:
        run = self.pending.pop(next(iter(self.pending)))
        if not self.pending:
            self.is_news.clear()
        return run


@dataclass(slots=True)
class _Watch:
    """One organization's listeners, and the runs as they were seen last; None: not yet."""

    ears: list[_Ear] = field(default_factory=list[_Ear])
    seen: Mapping[str, SyncRun] | None = None
    looking: asyncio.Task[None] | None = None

    def found(self, runs: Sequence[SyncRun]) -> None:
        """Tell what is new of the runs, newest first; at the first look nothing is."""
        if self.seen is not None:
            news = [run for run in reversed(runs) if self.seen.get(run.id) != run]
            for ear in self.ears:
                ear.tell(news)
        self.seen = {run.id: run for run in runs}


@dataclass(slots=True)
class RunWatch:
    """Looks at the runs of organizations that anybody listens to; `sleep` waits between looks."""

    runs: ListedRuns
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    _watches: dict[OrganizationId, _Watch] = field(default_factory=dict[OrganizationId, _Watch])

    async def listen(
        self, organization: OrganizationId, wanted: Wanted
    ) -> AsyncGenerator[SyncRun, None]:
        """Give the wanted runs that are under way, then each that begins, moves on or ends.

        A listener that is slow hears of each run only how it stands by then.
        """
        ear = _Ear(wanted)
        under_way = await self.runs.listed(organization, WantedRuns(states=UNFINISHED))
        watch = self._join(organization, ear)
        ear.tell(list(reversed(under_way)))
        try:
            while True:
                await ear.is_news.wait()
                yield ear.take()
        finally:
            self._leave(organization, watch, ear)

    def _join(self, organization: OrganizationId, ear: _Ear) -> _Watch:
        watch = self._watches.setdefault(organization, _Watch())
        watch.ears.append(ear)
        if watch.looking is None:
            watch.looking = asyncio.create_task(self._look(organization, watch))
        return watch

    def _leave(self, organization: OrganizationId, watch: _Watch, ear: _Ear) -> None:
        watch.ears.remove(ear)
        if not watch.ears and watch.looking is not None:
            watch.looking.cancel()
            del self._watches[organization]

    async def _look(self, organization: OrganizationId, watch: _Watch) -> None:
        while True:
            try:
                runs = await self._present(organization, watch)
            except Exception:  # noqa: BLE001 -- who listens goes on listening, and hears it later
                _log.exception("What runs can't be looked up")
            else:
                watch.found(runs)
            await self.sleep(LOOK_EVERY_SECONDS)

    async def _present(self, organization: OrganizationId, watch: _Watch) -> list[SyncRun]:
        """Give the runs begun lately, and those seen under way that aren't among them."""
        latest = await self.runs.listed(organization)
        listed = {run.id for run in latest}
        left = [
            run.id
            for run in (watch.seen or {}).values()
            if run.state in UNFINISHED and run.id not in listed
        ]
        return latest + (await self.runs.listed(organization, WantedRuns(ids=left)) if left else [])
