"""What work needs of whoever keeps its jobs, and how a job that fails is tried again."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from domain.node import OrganizationId
from storage.jobs.records import (
    ALL,
    Again,
    Hold,
    Job,
    JobId,
    Lane,
    Lease,
    NewJob,
    Outcome,
    Pulse,
    Wanted,
)

FIRST_PAUSE = timedelta(seconds=10)
LONGEST_PAUSE = timedelta(minutes=15)
SHORTEST_PAUSE = timedelta(seconds=1)
MOST_FAILURES = 8
"""How often in a row a job may fail, over about an hour; then it is held."""

Handler = Callable[[Job], Awaitable[Outcome]]
"""Does one step of a job. It may be done twice, after a crash, and must bear that."""


class Queue(Protocol):
    """Takes jobs in."""

    async def enqueue(self, jobs: Sequence[NewJob], *, now: datetime) -> list[JobId]:
        """Queue jobs, all or none; give in order which job there is of each one's key."""
        ...


class Jobs(Queue, Protocol):
    """Keeps jobs so that none is lost: a `storage.jobs.stored.StoredJobs`."""

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
        ...

    async def beat(self, leases: Sequence[Lease]) -> Pulse:
        """Say that these are being worked on; learn which are lost, and which are to end."""
        ...

    async def finish(self, lease: Lease, outcome: Outcome, *, now: datetime) -> None:
        """Write how a step ended; LeaseLost where the job is somebody else's by now."""
        ...

    async def cancel(self, organization: OrganizationId, job: JobId, *, now: datetime) -> Job:
        """End a job: one that waits at once, one that runs soon. NotFound where it isn't there."""
        ...

    async def resume(self, organization: OrganizationId, job: JobId, *, now: datetime) -> Job:
        """Let a held job go on where it stopped. NotFound where it isn't there."""
        ...

    async def listed(
        self,
        organization: OrganizationId,
        wanted: Wanted = ALL,
        *,
        first: int = 50,
        before: JobId | None = None,
    ) -> list[Job]:
        """List jobs, newest first, from the one after `before` on."""
        ...

    async def wait(self, lanes: Sequence[Lane], seconds: float) -> None:
        """Wait until something may be due in these lanes or `wake` is called, at most so long."""
        ...

    def wake(self) -> None:
        """End a wait."""
        ...


def after_failure(job: Job, reason: str, *, now: datetime, chance: float) -> Again | Hold:
    """Try a job again after a pause that doubles with each failure, in the end hold it.

    The pause is anywhere from none to its longest (`chance` is 0 to 1), so that jobs that failed
    together don't come back together.
    """
    if job.failures + 1 >= MOST_FAILURES:
        return Hold(reason=f"It failed {MOST_FAILURES} times, last: {reason}")
    longest = min(FIRST_PAUSE * 2**job.failures, LONGEST_PAUSE)
    pause = max(SHORTEST_PAUSE, longest * chance)
    return Again(run_at=now + pause, data=job.data, progress=job.progress, reason=reason)
