"""The jobs in PostgreSQL: the ledger and the queue, each step of a job in one transaction."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar, assert_never
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from domain.errors import NotFound
from domain.node import OrganizationId
from storage.errors import LeaseLost
from storage.jobs import ledger, queue
from storage.jobs.records import (
    ALL,
    Again,
    Cancel,
    Done,
    Hold,
    Job,
    JobId,
    JobState,
    Lane,
    Lease,
    NewJob,
    Outcome,
    Pulse,
    Wanted,
)
from storage.jobs.wakeups import WakeUps, listening
from storage.retry import retrying

T = TypeVar("T")

MOST_STARTS = 5
"""How often a job is begun that ends whatever process begins it; then it is held."""

MOST_LISTED = 200
SHORTEST_WAIT_SECONDS = 0.05
"""What is due but about to be taken by another worker is not asked for all the time."""


@dataclass(frozen=True, slots=True)
class StoredJobs:
    """The jobs of all workers on one database; an `ingest.jobs.Jobs`.

    `hears_hints`: a connection of its own can listen; False behind a pooler.
    """

    engine: AsyncEngine
    hears_hints: bool = True
    wake_ups: WakeUps = field(default_factory=WakeUps)

    @asynccontextmanager
    async def listening(self) -> AsyncGenerator[None]:
        """Let new jobs end a wait, also those of other processes, for as long as it is open."""
        hints = listening(self.engine, self.wake_ups) if self.hears_hints else nullcontext()
        async with hints:
            yield

    async def enqueue(self, jobs: Sequence[NewJob], *, now: datetime) -> list[JobId]:
        """Queue jobs, all or none; give in order which job there is of each one's key."""
        return await self._transaction(lambda connection: enqueue_on(connection, jobs, now=now))

    async def lease(
        self,
        places: Mapping[Lane, int],
        most: int,
        *,
        worker: UUID,
        silence: timedelta,
        now: datetime,
    ) -> list[Lease]:
        """Take jobs that are due, and those whose worker wasn't heard of for `silence`.

        At most so many of each lane and `most` in all, those of the first lane first.
        """
        picks = partial(queue.pick, worker=worker, silence=silence)

        async def unit(connection: AsyncConnection) -> list[Lease]:
            picked = list[queue.Permission]()
            for lane, wanted in places.items():
                picked += await picks(connection, lane, min(wanted, most - len(picked)))
            leases = await ledger.claim(connection, picked, now=now)
            known = {lease.entry for lease in leases}
            await queue.remove(connection, [p.entry for p in picked if p.entry not in known])
            return [lease for lease in leases if not await _is_ended(connection, lease, now)]

        return await self._transaction(unit)

    async def beat(self, leases: Sequence[Lease]) -> Pulse:
        """Say that these are being worked on; learn which are lost, and which are to end."""

        async def unit(connection: AsyncConnection) -> Pulse:
            held = await ledger.held(connection, leases)
            await queue.beat(connection, [each.entry for each in leases if each.key in held])
            return Pulse(
                lost=frozenset(each.key for each in leases if each.key not in held),
                cancelled=frozenset(key for key, is_cancelled in held.items() if is_cancelled),
            )

        return await self._transaction(unit)

    async def finish(self, lease: Lease, outcome: Outcome, *, now: datetime) -> None:
        """Write how a step ended; LeaseLost where the job is somebody else's by now."""

        async def unit(connection: AsyncConnection) -> None:
            row = await ledger.lock(connection, lease.job.organization, lease.job.id)
            if row is None or row.token != lease.token or row.state != JobState.RUNNING:
                raise LeaseLost(kind="job", name=lease.job.id)
            chosen = _instead(row, lease.job, outcome, now=now)
            await _end(connection, lease, chosen, now=now)

        await self._transaction(unit)

    async def cancel(self, organization: OrganizationId, job: JobId, *, now: datetime) -> Job:
        """End a job: one that waits at once, one that runs as soon as its worker hears of it.

        One that is over stays as it is. NotFound where there is no such job.
        """

        async def unit(connection: AsyncConnection) -> Job:
            row = await _locked(connection, organization, job)
            if row.state == JobState.RUNNING:
                await ledger.change(connection, organization, job, is_cancelled=True)
            elif row.state in (JobState.QUEUED, JobState.HELD):
                outcome = Cancel(reason="Somebody cancelled it before it ran.")
                await _over(connection, ledger.job_of(row), row.entry, outcome, now=now)
            return ledger.job_of(await _locked(connection, organization, job))

        return await self._transaction(unit)

    async def resume(self, organization: OrganizationId, job: JobId, *, now: datetime) -> Job:
        """Let a held job go on where it stopped; any other stays as it is. NotFound: as above."""

        async def unit(connection: AsyncConnection) -> Job:
            row = await _locked(connection, organization, job)
            if row.state == JobState.HELD:
                await _resume(connection, ledger.job_of(row), now=now)
            return ledger.job_of(await _locked(connection, organization, job))

        return await self._transaction(unit)

    async def listed(
        self,
        organization: OrganizationId,
        wanted: Wanted = ALL,
        *,
        first: int = MOST_LISTED,
        before: JobId | None = None,
    ) -> list[Job]:
        """List jobs, newest first, from the one after `before` on; at most 200 at once."""
        statement = ledger.listing(organization, wanted, before=before)

        async def unit(connection: AsyncConnection) -> list[Job]:
            rows = await connection.execute(statement.limit(min(first, MOST_LISTED)))
            return [ledger.job_of(row) for row in rows]

        return await self._transaction(unit)

    async def wait(self, lanes: Sequence[Lane], seconds: float) -> None:
        """Wait until something may be due in these lanes or `wake` is called, at most so long."""
        next_due = await self._transaction(partial(queue.seconds_until_next, lanes=lanes))
        wanted = seconds if next_due is None else min(seconds, next_due)
        await self.wake_ups.wait(max(SHORTEST_WAIT_SECONDS, wanted))

    def wake(self) -> None:
        """End a wait."""
        self.wake_ups.give()

    async def _transaction(self, unit: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        async def attempt() -> T:
            async with self.engine.begin() as connection:
                return await unit(connection)

        return await retrying(attempt)


async def enqueue_on(
    connection: AsyncConnection, jobs: Sequence[NewJob], *, now: datetime
) -> list[JobId]:
    """Queue jobs in the caller's transaction, so that they are there if and only if its rows are.

    Gives in order which job there is of each one's key.
    """
    there = await ledger.add(connection, jobs, now=now)
    new = [job for job in jobs if there[ledger.open_key(job)] == job.id]
    permissions = [(job.organization, job.id, job.lane, (job.run_at or now) - now) for job in new]
    if permissions:
        entries = await queue.put(connection, permissions)
        keys = [(job.organization, job.id) for job in new]
        await ledger.enter(connection, zip(keys, entries, strict=True))
    return [there[ledger.open_key(job)] for job in jobs]


async def _is_ended(connection: AsyncConnection, lease: Lease, now: datetime) -> bool:
    """End a job that is cancelled, or that ends whoever begins it, instead of handing it out."""
    if lease.job.is_cancelled:
        await _end(connection, lease, Cancel(reason="Somebody cancelled it."), now=now)
    elif lease.job.starts > MOST_STARTS:
        reason = f"It was begun {MOST_STARTS} times, and each time its worker ended with it."
        await _end(connection, lease, Hold(reason=reason), now=now)
    else:
        return False
    return True


def _instead(row: ledger.Found, job: Job, outcome: Outcome, *, now: datetime) -> Outcome:
    """Give what a step leads to, where somebody wanted otherwise while it ran."""
    if row.is_cancelled and isinstance(outcome, Again):
        return Cancel(reason="Somebody cancelled it.")
    if row.is_wanted_again and isinstance(outcome, Done):
        return Again(run_at=now, data=job.data)
    return outcome


async def _end(
    connection: AsyncConnection, lease: Lease, outcome: Outcome, *, now: datetime
) -> None:
    if isinstance(outcome, Again):
        await _go_on(connection, lease, outcome, now=now)
    else:
        await _over(connection, lease.job, lease.entry, outcome, now=now)


async def _go_on(
    connection: AsyncConnection, lease: Lease, outcome: Again, *, now: datetime
) -> None:
    job = lease.job
    await queue.put_back(connection, lease.entry, max(timedelta(0), outcome.run_at - now))
    await ledger.change(
        connection,
        job.organization,
        job.id,
        state=JobState.QUEUED,
        run_at=outcome.run_at,
        data=dict(outcome.data),
        progress=outcome.progress,
        reason=outcome.reason,
        starts=0,
        failures=job.failures + 1 if outcome.reason else 0,
        is_wanted_again=False,
    )


async def _over(
    connection: AsyncConnection,
    job: Job,
    entry: int | None,
    outcome: Done | Hold | Cancel,
    *,
    now: datetime,
) -> None:
    values: dict[str, Any] = {"finished_at": now, "entry": None}  # Any: columns of several types
    match outcome:
        case Done():
            values |= {"state": JobState.DONE, "progress": 1.0, "reason": None}
        case Hold():
            values |= {"state": JobState.HELD, "reason": outcome.reason}
        case Cancel():
            values |= {"state": JobState.CANCELLED, "reason": outcome.reason}
        case _:
            assert_never(outcome)
    await queue.remove(connection, [] if entry is None else [entry])
    await ledger.change(connection, job.organization, job.id, **values)


async def _resume(connection: AsyncConnection, job: Job, *, now: datetime) -> None:
    permission = (job.organization, job.id, job.lane, timedelta(0))
    [entry] = await queue.put(connection, [permission])
    await ledger.change(
        connection,
        job.organization,
        job.id,
        state=JobState.QUEUED,
        run_at=now,
        entry=entry,
        starts=0,
        failures=0,
        reason=None,
        finished_at=None,
    )


async def _locked(
    connection: AsyncConnection, organization: OrganizationId, job: JobId
) -> ledger.Found:
    row = await ledger.lock(connection, organization, job)
    if row is None:
        message = f"There is no job with the id {job}."
        raise NotFound(message)
    return row
