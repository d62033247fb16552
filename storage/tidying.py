"""Clears what nobody needs any more, so that nothing grows for ever."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from sqlalchemy import Delete, delete
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.node import OrganizationId
from storage.jobs.queue import forget_what_happened
from storage.jobs.records import JobState
from storage.once import KEPT
from storage.retry import retrying
from storage.sync_runs import SYNC
from storage.tables import deliveries, idempotency_keys, jobs, source_readings

JOBS_KEPT: Final = timedelta(days=7)
"""How long a job that is done or cancelled can still be looked up; a held one stays."""

REPLAYS_NOTICED: Final = timedelta(days=7)
"""How long a delivery is remembered, so that the same one counts once."""

READINGS_KEPT: Final = timedelta(days=30)
"""How long it is remembered how far a stretch was read that nobody reads any more."""


@dataclass(frozen=True, slots=True)
class StoredTidying:
    """Clears the tables in PostgreSQL; an `ingest.workshop.Tidy`."""

    engine: AsyncEngine

    async def tidy(self, organization: OrganizationId, *, now: datetime) -> None:
        """Delete an organization's old rows, and what pgqueuer logged."""
        await retrying(partial(self._tidy, organization, now))

    async def _tidy(self, tenant: OrganizationId, now: datetime) -> None:
        for statement in _deletes(tenant, now):
            async with self.engine.begin() as connection:
                await connection.execute(statement)
        async with self.engine.begin() as connection:
            await forget_what_happened(connection)


def _deletes(tenant: OrganizationId, now: datetime) -> list[Delete]:
    job, key, delivery, reading = jobs.c, idempotency_keys.c, deliveries.c, source_readings.c
    return [
        delete(jobs).where(
            job.tenant_id == tenant,
            job.state.in_((JobState.DONE, JobState.CANCELLED)),
            job.finished_at < now - JOBS_KEPT,
        ),
        delete(idempotency_keys).where(key.tenant_id == tenant, key.created_at < now - KEPT),
        delete(deliveries).where(
            delivery.tenant_id == tenant, delivery.received_at < now - REPLAYS_NOTICED
        ),
        delete(source_readings).where(
            reading.tenant_id == tenant,
            reading.purpose != SYNC,
            reading.held_until.is_(None),
            reading.tried_at < now - READINGS_KEPT,
        ),
    ]
