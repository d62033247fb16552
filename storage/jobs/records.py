"""What a job is, how it stands, and how one step of it may end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NewType

from domain.node import NodeId, OrganizationId

JobId = NewType("JobId", str)
"""A uuid as text; newer ids sort later."""

LeaseKey = tuple[JobId, int]
"""A job and the token of one of its leases."""

Data = Mapping[str, Any]
"""What a job works on and how far it came, as JSON that only its kind's handler reads."""


class Lane(StrEnum):
    """Who waits for a job: a person or another system, the clock, or nobody. The first goes first.

    A worker leaves room for the lanes above, so that no backfill holds up what somebody waits for.
    """

    INTERACTIVE = "INTERACTIVE"
    SCHEDULED = "SCHEDULED"
    BACKFILL = "BACKFILL"


class JobState(StrEnum):
    """QUEUED: waits for its time and a worker. HELD: waits for a person, who reads the reason."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    DONE = "DONE"
    HELD = "HELD"
    CANCELLED = "CANCELLED"


OPEN = (JobState.QUEUED, JobState.RUNNING)
"""The states that a job leaves by itself."""

UNIQUE = (*OPEN, JobState.HELD)
"""The states in which a job keeps others with its key from being made: also a held one, or what it
is held for would go on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """A job to be done.

    While a job with the same `key` is open or held no other is made (None: it is like no other).
    With `again` a running one is then done once more, for it may have missed what happened since it
    began. `subject` is the node that it is about. `run_at` None: as soon as possible.
    """

    id: JobId
    organization: OrganizationId
    kind: str
    lane: Lane
    data: Data = field(default_factory=dict[str, Any])
    subject: NodeId | None = None
    key: str | None = None
    run_at: datetime | None = None
    again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job as it stands.

    `starts` counts how often it was begun since a step of it ended, `failures` how many tries
    failed in a row. `progress` is from 0 to 1, None where nothing is known. `reason` tells why it
    is held, was cancelled or failed last; None: nothing of that. `is_cancelled`: it is to end.
    """

    id: JobId
    organization: OrganizationId
    kind: str
    lane: Lane
    data: Data
    subject: NodeId | None
    state: JobState
    run_at: datetime
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    starts: int
    failures: int
    progress: float | None
    reason: str | None
    is_cancelled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to do a job for as long as it is heard of.

    `token` is higher each time that the job is handed out: who holds an older one has lost it.
    `entry` is the queue's number for it.
    """

    job: Job
    token: int
    entry: int

    @property
    def key(self) -> LeaseKey:
        """Tell it from any other lease, also of the same job."""
        return self.job.id, self.token


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """Nothing of the job is left to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """A step is done, or can't be done yet; the job goes on at `run_at`, maybe somewhere else.

    `data` is what the next step begins with. `reason` tells why this step failed; None: it didn't.
    """

    run_at: datetime
    data: Data
    progress: float | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """The job can't go on before somebody has looked at it."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel:
    """The job ends before its time."""

    reason: str


Outcome = Done | Again | Hold | Cancel


@dataclass(frozen=True, slots=True)
class Pulse:
    """What a heartbeat found: leases that are lost, and those whose jobs are to end."""

    lost: frozenset[LeaseKey] = frozenset()
    cancelled: frozenset[LeaseKey] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which jobs to list; what is empty or None doesn't matter."""

    ids: Sequence[JobId] = ()
    states: Sequence[JobState] = ()
    subjects: Sequence[NodeId] = ()
    kind: str | None = None


ALL = Wanted()
