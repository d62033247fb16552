"""What operating sources needs besides the atlas: orders, jobs, deliveries, switches."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.atlas import Atlas
from domain.node import OrganizationId
from domain.source import MetricSource
from ingest.given import ObservationColumns
from storage.jobs.records import Job, JobId
from storage.once import Recorded


class Orders(Protocol):
    """Orders what is to be read: an `ingest.orders.Orders`."""

    async def sync(self, atlas: Atlas, sources: Sequence[MetricSource]) -> Sequence[JobId]:
        """Have sources read as soon as possible; give in order the job of each."""
        ...

    async def backfill(
        self, atlas: Atlas, sources: Sequence[MetricSource], since: datetime
    ) -> Sequence[JobId]:
        """Have all of sources read from a moment until now; give in order the job of each."""
        ...


class Jobs(Protocol):
    """Keeps jobs: an `ingest.jobs.Jobs`."""

    async def cancel(self, organization: OrganizationId, job: JobId, *, now: datetime) -> Job:
        """End a job. NotFound where it isn't there."""
        ...


class Given(Protocol):
    """Takes observations in: an `ingest.given.Given`."""

    async def record(
        self,
        atlas: Atlas,
        source: MetricSource,
        columns: ObservationColumns,
        *,
        key: str | None = None,
    ) -> Recorded:
        """Record all rows, or none."""
        ...


class Switches(Protocol):
    """Switches connectors on and off: a `storage.switches.StoredSwitches`."""

    async def switch_off(self, key: str, reason: str, *, now: datetime) -> None:
        """Switch a connector off."""
        ...

    async def switch_on(self, key: str) -> bool:
        """Switch a connector on; False where it was on."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Operating:
    """All of it."""

    orders: Orders
    jobs: Jobs
    given: Given
    switches: Switches
