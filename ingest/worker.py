"""A worker: does jobs, several at once, and stops without losing any.

A job is leased for as long as its worker is heard of. When a worker dies, its jobs go to another
after a while; when it is stopped, it finishes what it can and hands the rest back.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from domain.errors import DomainError
from ingest.jobs import Handler, Jobs, after_failure
from storage.errors import LeaseLost, StorageError
from storage.jobs.records import Again, Cancel, Lane, Lease, LeaseKey, Outcome

SILENCE = timedelta(seconds=30)
"""How long a worker isn't heard of before its jobs go to another."""

BEATS_PER_SILENCE: Final = 6
LOOK_EVERY_SECONDS = 5.0
"""How long a worker with nothing to do waits at most before it looks, whatever it hears."""

GATHER_SECONDS = 0.02
"""How long it lets places get free and jobs come in before it looks again, for all at once."""

PAUSE_SECONDS = 1.0
"""How long it waits where the database can't be reached."""

_log = logging.getLogger(__name__)


class Ended(StrEnum):
    """Why a running job was ended from outside."""

    CANCELLED = "CANCELLED"
    LOST = "LOST"
    STOPPED = "STOPPED"


@dataclass(slots=True)
class Work:
    """A job that is being done. `ended` None: nobody wants it to end. `is_over`: its step is."""

    lease: Lease
    task: asyncio.Task[None] | None = None
    ended: Ended | None = None
    is_over: bool = False

    def end(self, why: Ended) -> None:
        """Cancel it unless all that is left is to write how it ended; the first reason stands."""
        if self.ended is None and self.task is not None and not self.is_over:
            self.ended = why
            self.task.cancel()


@dataclass(slots=True, kw_only=True)
class Worker:
    """Does the jobs whose kinds it has handlers for.

    `at_once` is how many it does at the same time, `silence` after how long without a sign of life
    its jobs go to another. `chance` gives a number from 0 to 1.
    """

    id: UUID
    jobs: Jobs
    handlers: Mapping[str, Handler]
    clock: Callable[[], datetime]
    chance: Callable[[], float]
    at_once: int = 4
    silence: timedelta = SILENCE
    _works: dict[LeaseKey, Work] = field(default_factory=dict[LeaseKey, Work])
    _is_stopping: bool = False

    async def run(self, *, grace_seconds: float = 10.0) -> None:
        """Work until `stop` is called, then up to so long on what was begun."""
        async with self._beating():
            try:
                await self._work()
                if tasks := self._tasks():
                    await asyncio.wait(tasks, timeout=grace_seconds)
            finally:
                await self._hand_back()

    def stop(self) -> None:
        """Begin no more jobs."""
        self._is_stopping = True
        self.jobs.wake()

    async def _work(self) -> None:
        while not self._is_stopping:
            try:
                if not await self._begin():
                    await self.jobs.wait(self._open_lanes(), LOOK_EVERY_SECONDS)
                await asyncio.sleep(GATHER_SECONDS)
            except StorageError as error:
                _log.warning("The worker waits: %s", error)
                await asyncio.sleep(PAUSE_SECONDS)
            except Exception:  # noqa: BLE001 -- it lives on, whatever the database says
                _log.exception("The worker waits")
                await asyncio.sleep(PAUSE_SECONDS)

    async def _begin(self) -> bool:
        """Begin what is due, as far as there is room; say whether it was anything."""
        room = self.at_once - len(self._works)
        if not room:
            return False
        leases = await self.jobs.lease(
            self._places(), room, worker=self.id, silence=self.silence, now=self.clock()
        )
        for lease in leases:
            work = self._works[lease.key] = Work(lease)
            work.task = asyncio.create_task(self._do(work))
        return bool(leases)

    def _places(self) -> dict[Lane, int]:
        """Give how many more of each lane may run: half of all places are kept from backfills."""
        most = {
            Lane.INTERACTIVE: self.at_once,
            Lane.SCHEDULED: max(1, self.at_once - 1),
            Lane.BACKFILL: max(1, self.at_once // 2),
        }
        used = Counter(work.lease.job.lane for work in self._works.values())
        return {lane: places - used[lane] for lane, places in most.items()}

    def _open_lanes(self) -> list[Lane]:
        """Give the lanes that have room."""
        if len(self._works) >= self.at_once:
            return []
        return [lane for lane, places in self._places().items() if places > 0]

    async def _do(self, work: Work) -> None:
        lease = work.lease
        try:
            outcome = await self._outcome(work)
            work.is_over = True
            if outcome is not None:
                await self.jobs.finish(lease, outcome, now=self.clock())
        except LeaseLost as error:
            _log.warning("What was done of a job isn't kept: %s", error)
        except StorageError as error:
            # The job runs again when this worker wasn't heard of for it: it loses nothing.
            _log.warning("The end of the job %s can't be written: %s", lease.job.id, error)
        finally:
            del self._works[lease.key]
            self.jobs.wake()

    async def _outcome(self, work: Work) -> Outcome | None:
        """Do a step of a job; None where it is somebody else's by now."""
        job = work.lease.job
        try:
            return await self._handler(job.kind)(job)
        except asyncio.CancelledError:
            match work.ended:
                case Ended.CANCELLED:
                    return Cancel(reason="Somebody cancelled it while it ran.")
                case Ended.LOST:
                    return None
                case _:
                    return Again(run_at=self.clock(), data=job.data, progress=job.progress)
        except (DomainError, StorageError) as error:
            reason = str(error)
        except Exception as error:  # noqa: BLE001 - whatever a job does, the worker lives on
            # The message may hold anything, so it is for the log alone.
            _log.exception("The job %s (%s) failed", job.id, job.kind)
            reason = f"{type(error).__name__}; the log tells more."
        return after_failure(job, reason, now=self.clock(), chance=self.chance())

    def _handler(self, kind: str) -> Handler:
        found = self.handlers.get(kind)
        if found is None:
            # Perhaps a newer version made the job, and will soon be here to do it.
            message = f"This version of the product knows no jobs of the kind {kind!r}."
            raise DomainError(message)
        return found

    @asynccontextmanager
    async def _beating(self) -> AsyncGenerator[None]:
        task = asyncio.create_task(self._beat())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _beat(self) -> None:
        """Give signs of life, and end what is lost or cancelled."""
        while True:
            await asyncio.sleep(self.silence.total_seconds() / BEATS_PER_SILENCE)
            works = list(self._works.values())
            if not works:
                continue
            try:
                pulse = await self.jobs.beat([work.lease for work in works])
            except Exception as error:  # noqa: BLE001 -- without signs of life all is lost
                _log.warning("No sign of life could be given: %s", error)
                continue
            for work in works:
                if work.lease.key in pulse.lost:
                    work.end(Ended.LOST)
                elif work.lease.key in pulse.cancelled:
                    work.end(Ended.CANCELLED)

    def _tasks(self) -> list[asyncio.Task[None]]:
        return [work.task for work in self._works.values() if work.task]

    async def _hand_back(self) -> None:
        """End what isn't done, so that another worker goes on with it at once."""
        tasks = self._tasks()
        for work in list(self._works.values()):
            work.end(Ended.STOPPED)
        await asyncio.gather(*tasks, return_exceptions=True)
