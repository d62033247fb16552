"""What operating sources needs besides the atlas, in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from api.run_store import NoRuns
from domain.metric import Observation as Recordable
from domain.node import OrganizationId
from storage.jobs.records import Job, JobId, JobState, NewJob
from storage.once import KeyReused, Once, Recorded
from storage.recording import RecordResult
from storage.switches import SwitchedOff
from storage.sync_runs import SyncRun


@dataclass
class FakeJobs:
    """Jobs in memory: none is ever done."""

    jobs: dict[JobId, Job] = field(default_factory=dict[JobId, Job])

    async def enqueue(self, jobs: Sequence[NewJob], *, now: datetime) -> list[JobId]:
        ids: list[JobId] = []
        for new in jobs:
            same = [job.id for job in self.jobs.values() if job.data.get("key") == new.key]
            ids.append(same[0] if same else self.queue(new, now))
        return ids

    def queue(self, new: NewJob, now: datetime) -> JobId:
        self.jobs[new.id] = Job(
            id=new.id,
            organization=new.organization,
            kind=new.kind,
            lane=new.lane,
            data={**new.data, "key": new.key},
            subject=new.subject,
            state=JobState.QUEUED,
            run_at=now,
            created_at=now,
            started_at=None,
            finished_at=None,
            starts=0,
            failures=0,
            progress=None,
            reason=None,
            is_cancelled=False,
        )
        return new.id

    async def cancel(self, organization: OrganizationId, job: JobId, *, now: datetime) -> Job:
        del organization
        over = replace(self.jobs[job], state=JobState.CANCELLED, finished_at=now, is_cancelled=True)
        self.jobs[job] = over
        return over


@dataclass
class FakeSwitches:
    """Connectors that are switched off, in memory."""

    off: dict[str, SwitchedOff] = field(default_factory=dict[str, SwitchedOff])

    async def switch_off(self, key: str, reason: str, *, now: datetime) -> None:
        self.off[key] = SwitchedOff(key=key, reason=reason, at=now)

    async def switch_on(self, key: str) -> bool:
        return self.off.pop(key, None) is not None


@dataclass
class FakeRecorder:
    """Observations in memory, once for each idempotency key."""

    observations: list[Recordable] = field(default_factory=list[Recordable])
    known: dict[str, tuple[str, Recorded]] = field(default_factory=dict[str, tuple[str, Recorded]])

    async def record_once(
        self,
        organization: OrganizationId,
        observations: Sequence[Recordable],
        *,
        run: SyncRun,
        once: Once | None,
    ) -> Recorded:
        del organization
        if once is not None and once.key in self.known:
            digest, before = self.known[once.key]
            if digest != once.digest:
                message = "The key was used for another request."
                raise KeyReused(message)
            return replace(before, was_known=True)
        self.observations += observations
        recorded = Recorded(run=run.id, result=RecordResult(new=len(observations)))
        if once is not None:
            self.known[once.key] = (once.digest, recorded)
        return recorded


@dataclass
class Operated(NoRuns):
    """What was ordered and switched in a world, for who reads it."""

    jobs_made: FakeJobs = field(default_factory=FakeJobs)
    switches: FakeSwitches = field(default_factory=FakeSwitches)
    recorder: FakeRecorder = field(default_factory=FakeRecorder)

    async def jobs(self, organization: OrganizationId, ids: Sequence[JobId]) -> list[Job | None]:
        del organization
        return [self.jobs_made.jobs.get(each) for each in ids]

    async def switched_off(self) -> list[SwitchedOff]:
        return list(self.switches.off.values())
