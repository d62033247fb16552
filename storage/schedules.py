"""When connections are read by themselves: data of each, looked at by whichever worker has time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Row, Select, and_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from domain.node import Kind, NodeId, OrganizationId
from storage.bulk import any_of
from storage.jobs.records import NewJob
from storage.jobs.stored import enqueue_on
from storage.refusals import in_domain_words
from storage.retry import retrying
from storage.tables import TABLE_OF, metric_sources, nodes, sync_schedules

connections = TABLE_OF[Kind.CONNECTION]
COLUMNS = tuple(
    sync_schedules.c[name] for name in ("connection_id", "every_seconds", "is_paused", "next_at")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """How often a connection is read, and when next; `every` None: as often as its connector says.

    While it is paused it isn't read by itself.
    """

    connection: NodeId
    next_at: datetime
    every: timedelta | None = None
    is_paused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A connection to be read: its connector's key, and its visible sources of visible metrics."""

    schedule: Schedule
    connector: str
    sources: Sequence[NodeId]


@dataclass(frozen=True, slots=True)
class StoredSchedules:
    """The schedules in PostgreSQL; an `ingest.schedule.Schedules`."""

    engine: AsyncEngine

    async def all(self, organization: OrganizationId) -> list[Schedule]:
        """Give the schedules of all connections that have one, in order of connection."""
        return await retrying(partial(self._all, organization))

    async def ensure(self, organization: OrganizationId, first_at: Callable[[], datetime]) -> int:
        """Give every visible connection a schedule; say how many lacked one."""
        return await retrying(partial(self._ensure, organization, first_at))

    async def due(self, organization: OrganizationId, *, now: datetime) -> list[Due]:
        """Give the visible connections that are to be read by now, longest overdue first."""
        return await retrying(partial(self._due, organization, now))

    async def begin(
        self,
        organization: OrganizationId,
        schedule: Schedule,
        jobs: Sequence[NewJob],
        *,
        next_at: datetime,
        now: datetime,
    ) -> bool:
        """Queue a due connection's jobs and move its schedule on, in one transaction.

        False where somebody else did.
        """
        unit = partial(self._begin, organization, schedule, jobs, next_at, now)
        return await retrying(unit)

    async def set(self, organization: OrganizationId, schedule: Schedule) -> None:
        """Write a connection's schedule. NotFound where there is no such connection."""
        await retrying(partial(self._set, organization, schedule))

    async def _all(self, tenant: OrganizationId) -> list[Schedule]:
        columns = sync_schedules.c
        wanted = select(*COLUMNS).where(columns.tenant_id == tenant)
        async with self.engine.connect() as connection:
            rows = await connection.execute(wanted.order_by(columns.connection_id))
            return [_schedule(row) for row in rows]

    async def _ensure(self, tenant: OrganizationId, first_at: Callable[[], datetime]) -> int:
        async with self.engine.begin() as connection:
            missing = list(await connection.scalars(_without_schedule(tenant)))
            new = [
                {
                    "tenant_id": tenant,
                    "connection_id": each,
                    "is_paused": False,
                    "next_at": first_at(),
                }
                for each in missing
            ]
            if new:
                rows = insert(sync_schedules).values(new)
                await connection.execute(rows.on_conflict_do_nothing())
        return len(missing)

    async def _due(self, tenant: OrganizationId, now: datetime) -> list[Due]:
        async with self.engine.connect() as connection:
            rows = (await connection.execute(_overdue(tenant, now))).all()
            sources = await _sources(connection, tenant, [row.connection_id for row in rows])
        return [
            Due(
                schedule=_schedule(row),
                connector=row.connector,
                sources=sources.get(row.connection_id, ()),
            )
            for row in rows
        ]

    async def _begin(
        self,
        tenant: OrganizationId,
        schedule: Schedule,
        jobs: Sequence[NewJob],
        next_at: datetime,
        now: datetime,
    ) -> bool:
        columns = sync_schedules.c
        async with self.engine.begin() as connection:
            moved = await connection.execute(
                update(sync_schedules)
                .where(
                    columns.tenant_id == tenant,
                    columns.connection_id == schedule.connection,
                    columns.next_at == schedule.next_at,
                )
                .values(next_at=next_at)
            )
            if moved.rowcount:
                await enqueue_on(connection, jobs, now=now)
        return bool(moved.rowcount)

    async def _set(self, tenant: OrganizationId, schedule: Schedule) -> None:
        every = schedule.every
        values = {
            "every_seconds": None if every is None else int(every.total_seconds()),
            "is_paused": schedule.is_paused,
            "next_at": schedule.next_at,
        }
        row = insert(sync_schedules).values(
            tenant_id=tenant, connection_id=schedule.connection, **values
        )
        keys = ["tenant_id", "connection_id"]
        with in_domain_words():
            async with self.engine.begin() as connection:
                await connection.execute(
                    row.on_conflict_do_update(index_elements=keys, set_=values)
                )


def _without_schedule(tenant: OrganizationId) -> Select[tuple[str]]:
    known, node = sync_schedules.c, nodes.c
    has_one = and_(known.tenant_id == tenant, known.connection_id == node.id)
    return (
        select(node.id)
        .outerjoin(sync_schedules, has_one)
        .where(
            node.tenant_id == tenant,
            node.kind == Kind.CONNECTION,
            node.archived_at.is_(None),
            known.connection_id.is_(None),
        )
    )


def _overdue(tenant: OrganizationId, now: datetime) -> Select[*tuple[Any, ...]]:
    """Select the schedules of visible connections whose time has come, with their connectors."""
    due, node, own = sync_schedules.c, nodes.c, connections.c
    return (
        select(*COLUMNS, own.connector)
        .join(nodes, and_(node.tenant_id == tenant, node.id == due.connection_id))
        .join(connections, and_(own.tenant_id == tenant, own.id == due.connection_id))
        .where(
            due.tenant_id == tenant,
            due.next_at <= now,
            ~due.is_paused,
            node.archived_at.is_(None),
        )
        .order_by(due.next_at)
    )


async def _sources(
    connection: AsyncConnection, tenant: OrganizationId, of: Sequence[str]
) -> dict[str, list[NodeId]]:
    """Give the visible sources of visible metrics by connection, in order of their ids."""
    source, itself, measured = metric_sources.c, nodes.alias("itself"), nodes.alias("measured")
    rows = await connection.execute(
        select(source.connection_id, source.id)
        .join(itself, and_(itself.c.tenant_id == tenant, itself.c.id == source.id))
        .join(measured, and_(measured.c.tenant_id == tenant, measured.c.id == source.metric_id))
        .where(
            source.tenant_id == tenant,
            source.connection_id == any_of("connections"),
            itself.c.archived_at.is_(None),
            measured.c.archived_at.is_(None),
        )
        .order_by(source.id),
        {"connections": list(of)},
    )
    found: dict[str, list[NodeId]] = {}
    for row in rows:
        found.setdefault(row.connection_id, []).append(NodeId(row.id))
    return found


def _schedule(row: Row[*tuple[Any, ...]]) -> Schedule:  # Any: columns of several types
    seconds = row.every_seconds
    return Schedule(
        connection=NodeId(row.connection_id),
        next_at=row.next_at,
        every=None if seconds is None else timedelta(seconds=seconds),
        is_paused=row.is_paused,
    )
