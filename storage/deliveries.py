"""What sources send to us: each delivery and event counts once, with all that it leads to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from domain.metric import Observation
from domain.node import NodeId, OrganizationId
from storage.jobs.records import NewJob
from storage.jobs.stored import enqueue_on
from storage.observations import record_on
from storage.recording import RecordResult
from storage.refusals import in_domain_words
from storage.retry import retrying
from storage.sync_runs import SyncRun
from storage.tables import deliveries


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """What one event leads to: observations with their runs, and jobs.

    `key` tells it from others of the connection; None: it does no harm to come again.
    """

    key: str | None
    recordings: Sequence[tuple[SyncRun, Sequence[Observation]]] = ()
    jobs: Sequence[NewJob] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What deliveries led to: observations, jobs (new or open), and events that had come before."""

    recorded: RecordResult
    jobs: int = 0
    known: int = 0


@dataclass(frozen=True, slots=True)
class StoredDeliveries:
    """The deliveries in PostgreSQL; an `ingest.push.Deliveries`."""

    engine: AsyncEngine

    async def take(
        self,
        organization: OrganizationId,
        connection: NodeId,
        parcels: Sequence[Parcel],
        *,
        now: datetime,
    ) -> Taken:
        """Record what came and queue what it leads to, all at once; what came before is left."""
        return await retrying(partial(self._take, organization, connection, parcels, now))

    async def _take(
        self,
        organization: OrganizationId,
        source: NodeId,
        parcels: Sequence[Parcel],
        now: datetime,
    ) -> Taken:
        recorded, jobs, known = RecordResult(), 0, 0
        with in_domain_words():
            async with self.engine.begin() as connection:
                for parcel in parcels:
                    if not await _is_new(connection, organization, source, parcel, now):
                        known += 1
                        continue
                    for run, observations in parcel.recordings:
                        recorded += await record_on(
                            connection, organization, observations, now=now, run=run
                        )
                    jobs += len(await enqueue_on(connection, parcel.jobs, now=now))
        return Taken(recorded=recorded, jobs=jobs, known=known)


async def _is_new(
    connection: AsyncConnection,
    tenant: OrganizationId,
    source: NodeId,
    parcel: Parcel,
    now: datetime,
) -> bool:
    """Remember an event; False where it is remembered already, by a commit that is waited for."""
    if parcel.key is None:
        return True
    row = insert(deliveries).values(
        tenant_id=tenant, connection_id=source, key=parcel.key, received_at=now
    )
    return bool((await connection.execute(row.on_conflict_do_nothing())).rowcount)
