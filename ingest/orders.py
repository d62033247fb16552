"""Orders what is to be read of sources: each order is a job, done by whichever worker has time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from domain.atlas import Atlas
from domain.errors import Refused
from domain.node import NodeId, OrganizationId
from domain.source import MetricSource
from ingest.freshness import can_be_asked, info_of
from ingest.jobs import Queue
from journey_atlas_sdk import Capability, Grain, Window, period_of
from plugins.registry import Registry
from storage.jobs.records import Data, JobId, Lane, NewJob

NOTHING: Data = MappingProxyType({})
NO_PERIODS: Final = (Grain.TOTAL, Grain.INSTANT)
_MOMENT = timedelta(microseconds=1)


class Kind(StrEnum):
    """What is done with a source.

    SYNC: what is missing is asked, and what may have changed. BACKFILL: a stretch is asked, newest
    first. PULL: a stretch is asked again, for the source said that it changed.
    """

    SYNC = "sync"
    BACKFILL = "backfill"
    PULL = "pull"


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """Makes jobs. `clock` is the product's; `real_clock` says when a job was made."""

    jobs: Queue
    registry: Registry
    clock: Callable[[], datetime]
    real_clock: Callable[[], datetime]
    new_id: Callable[[], str]

    async def sync(self, atlas: Atlas, sources: Sequence[MetricSource]) -> list[JobId]:
        """Have sources read as soon as possible; give in order the job of each, new or open.

        Refused where one can't be asked: it only sends.
        """
        for source in sources:
            self._require_asked(atlas, source)
        organization = atlas.organization.id
        jobs = [self.sync_job(organization, each.id, lane=Lane.INTERACTIVE) for each in sources]
        return await self.jobs.enqueue(jobs, now=self.real_clock())

    async def go_on(self, atlas: Atlas, source: MetricSource, at: datetime) -> None:
        """Have a source that needs time asked again at a later moment."""
        organization = atlas.organization.id
        job = self.sync_job(organization, source.id, lane=Lane.SCHEDULED, run_at=at)
        await self.jobs.enqueue([job], now=self.real_clock())

    async def backfill(
        self, atlas: Atlas, sources: Sequence[MetricSource], since: datetime
    ) -> list[JobId]:
        """Have all of some sources read from `since` until now, newest first; give their jobs.

        Of a source whose backfill isn't over, or is held, it is that one. Refused where there is
        nothing to ask, or a source doesn't answer for the past.
        """
        now = self.clock()
        if since >= now:
            message = f"A backfill begins in the past; {since:%Y-%m-%d %H:%M} is to come."
            raise Refused(message, path=("since",))
        for source in sources:
            self._require_history(atlas, source)
        stretch = {**_stretch(since, now), "purpose": Kind.BACKFILL}
        organization = atlas.organization.id
        jobs = [
            self._job(organization, each.id, Kind.BACKFILL, lane=Lane.BACKFILL, data=stretch)
            for each in sources
        ]
        return await self.jobs.enqueue(jobs, now=self.real_clock())

    def sync_job(
        self,
        organization: OrganizationId,
        source: NodeId,
        *,
        lane: Lane,
        run_at: datetime | None = None,
    ) -> NewJob:
        """Make the job that brings a source up to date; there is one of a source at a time."""
        return self._job(organization, source, Kind.SYNC, lane=lane, run_at=run_at)

    def pull_job(self, atlas: Atlas, source: MetricSource, changed: Window) -> NewJob | None:
        """Make the job that asks for what changed; None where all of it is still to come.

        It asks for whole periods, so that many changes within one are one job. What changes while
        the job runs makes it run again.
        """
        now, grain = self.clock(), Grain(source.grain)
        start, end = changed.start, changed.end
        if start >= now:
            return None
        if grain not in NO_PERIODS:
            zone = atlas.organization.zone
            start = period_of(start, grain, zone).start
            end = period_of(end - _MOMENT, grain, zone).end
        purpose = f"{Kind.PULL} {start:%Y%m%dT%H%M%S%f}-{end:%Y%m%dT%H%M%S%f}"
        data = {**_stretch(start, min(end, now)), "purpose": purpose}
        job = self._job(
            *(atlas.organization.id, source.id, Kind.PULL), lane=Lane.INTERACTIVE, data=data
        )
        return replace(job, key=f"{purpose} {source.id}", again=True)

    def _job(
        self,
        organization: OrganizationId,
        source: NodeId,
        kind: Kind,
        *,
        lane: Lane,
        data: Data = NOTHING,
        run_at: datetime | None = None,
    ) -> NewJob:
        return NewJob(
            id=JobId(self.new_id()),
            organization=organization,
            kind=kind,
            lane=lane,
            data=data,
            subject=source,
            key=f"{kind} {source}",
            run_at=run_at,
        )

    def _require_asked(self, atlas: Atlas, source: MetricSource) -> None:
        info = info_of(self.registry, atlas, source)
        if info is not None and not can_be_asked(info):
            message = f"{info.title} only sends: there is nothing to ask."
            raise Refused(message)

    def _require_history(self, atlas: Atlas, source: MetricSource) -> None:
        info = info_of(self.registry, atlas, source)
        if info is not None and Capability.HISTORY not in info.capabilities:
            message = f"{info.title} doesn't answer for the past: there is nothing to fill in."
            raise Refused(message)


def _stretch(start: datetime, end: datetime) -> Data:
    return {"start": start.isoformat(), "end": end.isoformat()}
