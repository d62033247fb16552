"""Watches sync runs: whoever listens hears each change, and the database is asked once for all.

It is asked again and again, so nothing depends on a notification that may be lost; what changes in
between two looks is heard once, as it is then. Whoever begins to listen hears what is under way,
and what ended since he asked, however short it was.
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
    """One listener: what it wants to hear, and what it has yet to; of each run only the latest.

    `since` is when it began to listen, `run` the one that it listens for; None: for others too.
    """

    wanted: Wanted
    since: datetime
    run: str | None = None
    pending: dict[str, SyncRun] = field(default_factory=dict[str, SyncRun])
    is_news: asyncio.Event = field(default_factory=asyncio.Event)

    def begin(self, runs: Sequence[SyncRun]) -> None:
        """Take in how runs stand at the first look: what ended before it listens is no news."""
        self.tell([run for run in runs if run.state in UNFINISHED or self._is_new(run)])

    def _is_new(self, run: SyncRun) -> bool:
        return run.finished_at is not None and run.finished_at >= self.since

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
    """One organization's listeners, and the runs as they were seen last; None: not yet.

    Runs are in order of their beginning.
    """

    ears: list[_Ear] = field(default_factory=list[_Ear])
    seen: Mapping[str, SyncRun] | None = None
    looking: asyncio.Task[None] | None = None

    def join(self, ear: _Ear) -> None:
        """Let one listen from now on; at the first look, where there was none yet."""
        self.ears.append(ear)
        if self.seen is not None:
            ear.begin([*self.seen.values()])

    def found(self, runs: Sequence[SyncRun]) -> None:
        """Tell what is new of the runs."""
        for ear in self.ears:
            if self.seen is None:
                ear.begin(runs)
            else:
                ear.tell([run for run in runs if self.seen.get(run.id) != run])
        self.seen = {run.id: run for run in runs}

    def left_out(self, latest: Sequence[SyncRun]) -> set[str]:
        """Name the runs that must be looked for, though they aren't among those begun lately."""
        seen = self.seen or {}
        under_way = {run.id for run in seen.values() if run.state in UNFINISHED}
        awaited = {ear.run for ear in self.ears if ear.run is not None}
        return (under_way | awaited) - {run.id for run in latest}


@dataclass(slots=True)
class RunWatch:
    """Looks at the runs of organizations that anybody listens to; `sleep` waits between looks."""

    runs: ListedRuns
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    _watches: dict[OrganizationId, _Watch] = field(default_factory=dict[OrganizationId, _Watch])

    async def listen(
        self,
        organization: OrganizationId,
        wanted: Wanted,
        *,
        since: datetime,
        run: str | None = None,
    ) -> AsyncGenerator[SyncRun, None]:
        """Give the wanted runs that are under way, then each that begins, moves on or ends.

        What ended from `since` on is given too. `run` is the only one that is wanted, if it is but
        one. A listener that is slow hears of each run only how it stands by then.
        """
        ear = _Ear(wanted, since, run)
        watch = self._join(organization, ear)
        try:
            while True:
                await ear.is_news.wait()
                yield ear.take()
        finally:
            self._leave(organization, watch, ear)

    def _join(self, organization: OrganizationId, ear: _Ear) -> _Watch:
        watch = self._watches.setdefault(organization, _Watch())
        watch.join(ear)
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
        """Give the runs begun lately, those under way and those awaited, in order of beginning."""
        found = await self.runs.listed(organization)
        if watch.seen is None:
            found += await self.runs.listed(organization, WantedRuns(states=UNFINISHED))
        if left := watch.left_out(found):
            found += await self.runs.listed(organization, WantedRuns(ids=[*left]))
        runs = {run.id: run for run in found}
        return sorted(runs.values(), key=lambda run: (run.started_at, run.id))
