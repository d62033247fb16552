"""Does the jobs of sources: a step of each is one reading, and its result says how to go on."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from domain.atlas import Atlas
from domain.node import OrganizationId
from domain.source import MetricSource, SourceError
from ingest.freshness import Asking, Pace, due_at, latest, pauses
from ingest.jobs import Handler, after_failure
from ingest.orders import Kind
from ingest.plan import Missing, Span
from ingest.reading import Errand, SyncResult
from ingest.sync import Sync
from journey_atlas_sdk import DataError, Fault, PullReason
from storage.jobs.records import Again, Cancel, Done, Hold, Job, Lane, Outcome
from storage.readings import NotNow, Unread

STEP_SECONDS: Final = 30.0
"""How long a step of a stretch may take: then other jobs have their turn."""

AT_ANY_TIME: Final = Pace(max_age=timedelta(0), min_interval=timedelta(0))

Step = Callable[[Atlas, MetricSource, Job], Awaitable[Outcome]]
AtlasOf = Callable[[OrganizationId], Awaitable[Atlas | None]]
"""Gives an organization's present Atlas; None where there is no such organization."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceJobs:
    """Handles the kinds of job that are about a metric source.

    `history` is how far back a source is read that was never read before. `chance` gives a number
    from 0 to 1.
    """

    sync: Sync
    atlas_of: AtlasOf
    history: timedelta
    clock: Callable[[], datetime]
    chance: Callable[[], float]

    def handlers(self) -> Mapping[str, Handler]:
        """Give what does each kind of job."""
        return {
            Kind.SYNC: partial(self._about_a_source, self._bring_up_to_date),
            Kind.BACKFILL: partial(self._about_a_source, self._read_stretch),
            Kind.PULL: partial(self._about_a_source, self._read_stretch),
        }

    async def _about_a_source(self, do: Step, job: Job) -> Outcome:
        """Do a step of a job whose source is still there, and whose connection may be asked now."""
        atlas = await self.atlas_of(job.organization)
        source = _source(atlas, job) if atlas else None
        if atlas is None or source is None:
            return Cancel(reason="Its source isn't in the atlas any more.")
        paused_until = self._paused_until(atlas, source)
        if paused_until is not None and paused_until > self.clock():
            return _again(job, paused_until)
        return await do(atlas, source, job)

    def _paused_until(self, atlas: Atlas, source: MetricSource) -> datetime | None:
        connector = self.sync.connector_of(atlas, source)
        broken = self.sync.circuits.open_until(connector.info.key) if connector else None
        return latest(pauses(atlas).get(source.connection), broken)

    async def _bring_up_to_date(self, atlas: Atlas, source: MetricSource, job: Job) -> Outcome:
        is_scheduled = job.lane is not Lane.INTERACTIVE
        if is_scheduled and due_at(atlas, source, AT_ANY_TIME, Asking()) is None:
            return Done()  # it needs attention: nothing is asked before its settings change
        errand = Errand(
            reason=PullReason.SCHEDULED if is_scheduled else PullReason.ON_DEMAND,
            target=Missing(history=self.history),
            job=job.id,
            rests=True,
        )
        result = await self.sync.read(atlas, source, errand)
        if isinstance(result, SyncResult):
            return _after(job, result)
        if is_scheduled and result.why is not NotNow.WORKS:
            return Done()  # it is being read, or just was
        return _again(job, result.until)

    async def _read_stretch(self, atlas: Atlas, source: MetricSource, job: Job) -> Outcome:
        start, end = (datetime.fromisoformat(job.data[name]) for name in ("start", "end"))
        is_backfill = job.kind == Kind.BACKFILL
        errand = Errand(
            reason=PullReason.BACKFILL if is_backfill else PullReason.PUSH,
            target=Span(start=start, end=end, name=job.id),
            purpose=job.data["purpose"],
            job=job.id,
            rests=not is_backfill,
            most_seconds=STEP_SECONDS,
        )
        result = await self.sync.read(atlas, source, errand)
        if isinstance(result, Unread):
            return _again(job, result.until)
        if result.run.error is not None:
            return self._after_error(job, result.run.error)
        return _after(job, result)

    def _after_error(self, job: Job, error: SourceError) -> Outcome:
        """Wait as long as the source said, try again what may pass, hold what will not."""
        if error.retry_at is not None:
            return _again(job, error.retry_at)
        if error.fault == Fault.CUSTOMER or error.code == DataError.code:
            return Hold(reason=error.message)
        return after_failure(job, error.message, now=self.clock(), chance=self.chance())


def _source(atlas: Atlas, job: Job) -> MetricSource | None:
    """Give the source of a job; None where it, its metric or its connection was put away."""
    source = atlas.nodes.get(job.subject) if job.subject else None
    if not isinstance(source, MetricSource):
        return None
    ends = (source, atlas.nodes[source.metric], atlas.nodes[source.connection])
    return source if all(end.archived_at is None for end in ends) else None


def _after(job: Job, result: SyncResult) -> Outcome:
    if result.go_on_at is None:
        return Done()
    return Again(run_at=result.go_on_at, data=job.data, progress=result.run.progress)


def _again(job: Job, at: datetime) -> Again:
    return Again(run_at=at, data=job.data, progress=job.progress)
