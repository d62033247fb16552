"""The queue of jobs: who gets which next, kept by pgqueuer.

Its tables stand in a schema of their own, hold nothing of the atlas, and stay on one server where
the atlas's are spread over many. A row of it is only the permission to look into the ledger.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Self
from uuid import UUID

import orjson
from pgqueuer.adapters.persistence.qb import (
    QueryBuilderEnvironment,
    QueryQueueBuilder,
    QuerySchedulerBuilder,
)
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.core.tm import TaskManager
from pgqueuer.domain.settings import DBSettings, Durability
from pgqueuer.domain.types import Channel, QueueEntrypoint, QueueManagerId
from pgqueuer.domain.types import JobId as Entry
from pgqueuer.ports.driver import Driver
from pgqueuer.ports.repository import EntrypointExecutionParameter
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.node import OrganizationId
from storage.jobs.records import JobId, Lane

CHANNEL = "atlas_queue"

# Every name is given, so that no variable of the environment gets a say.
SETTINGS = DBSettings(
    prefix="",
    db_schema="atlas_queue",
    channel=Channel(CHANNEL),
    function="queue_changed",
    statistics_table="queue_statistics",
    queue_status_type="queue_status",
    queue_table="queue",
    queue_table_log="queue_log",
    trigger="queue_changed",
    schedules_table="queue_schedules",
    durability=Durability.balanced,
)

UNLIMITED = EntrypointExecutionParameter(concurrency_limit=0)


@dataclass(frozen=True, slots=True)
class Permission:
    """A row of the queue: the right to look into the ledger for a job."""

    entry: int
    organization: OrganizationId
    job: JobId


class OnConnection(Driver):
    """pgqueuer's statements on a connection of ours, in whatever transaction it is in."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self._shutdown = asyncio.Event()

    async def fetch(self, query: str, *args: object) -> list[dict[str, object]]:
        """Give the rows of a query."""
        rows = await self._connection.exec_driver_sql(query, args)
        return [dict(row) for row in rows.mappings()]

    async def execute(self, query: str, *args: object) -> str:
        """Run a statement."""
        await self._connection.exec_driver_sql(query, args)
        return ""

    async def notify(self, channel: str, payload: str) -> None:
        """Send nothing: pgqueuer's own trigger tells that there is something to do."""

    async def add_listener(
        self, channel: str, callback: Callable[[str | bytes | bytearray], None]
    ) -> None:
        """Listen to nothing: see `storage.jobs.wakeups`."""

    @property
    def shutdown(self) -> asyncio.Event:
        """Never set: the connection's owner ends it."""
        return self._shutdown

    @property
    def tm(self) -> TaskManager:
        """Give a manager without tasks."""
        return TaskManager()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Leave the connection to its owner."""


def queries(connection: AsyncConnection) -> Queries:
    """Give pgqueuer's operations on a connection."""
    return Queries(
        OnConnection(connection),
        qbe=QueryBuilderEnvironment(SETTINGS),
        qbq=_BUILDER,
        qbs=QuerySchedulerBuilder(SETTINGS),
    )


_BUILDER = QueryQueueBuilder(SETTINGS)  # remembers the text of its longest statement


async def put(
    connection: AsyncConnection,
    permissions: Sequence[tuple[OrganizationId, JobId, Lane, timedelta]],
) -> list[int]:
    """Queue jobs, each to be handed out after a while; give the entries in the same order."""
    return list(
        await queries(connection).enqueue(
            [lane.value for _, _, lane, _ in permissions],
            [orjson.dumps([tenant, job]) for tenant, job, _, _ in permissions],
            [0] * len(permissions),
            [after for _, _, _, after in permissions],
        )
    )


async def pick(
    connection: AsyncConnection, lane: Lane, most: int, *, worker: UUID, silence: timedelta
) -> list[Permission]:
    """Take what is due of a lane, first come first served, and what nobody was heard of."""
    if most < 1:
        return []
    lanes = {QueueEntrypoint(lane): UNLIMITED}
    picked = await queries(connection).dequeue(most, lanes, QueueManagerId(worker), None, silence)
    return [
        Permission(job.id, *orjson.loads(job.payload)) for job in picked if job.payload is not None
    ]


async def put_back(connection: AsyncConnection, entry: int, after: timedelta) -> None:
    """Hand an entry out once more, after a while."""
    builder = queries(connection)
    await builder.driver.execute(builder.qbq.build_retry_job_query(), entry, after, None)


async def beat(connection: AsyncConnection, entries: Sequence[int]) -> None:
    """Say that these are still being worked on."""
    await queries(connection).update_heartbeat([Entry(entry) for entry in entries])


async def remove(connection: AsyncConnection, entries: Sequence[int]) -> None:
    """Take entries out of the queue."""
    if not entries:
        return
    builder = queries(connection)
    statement = builder.qbq.build_log_job_query()
    gone = ["deleted"] * len(entries)
    await builder.driver.execute(statement, list(entries), gone, [None] * len(entries))


async def seconds_until_next(connection: AsyncConnection, lanes: Sequence[Lane]) -> float | None:
    """Tell how long until an entry falls due, 0 where one is; None: none waits."""
    wanted = [QueueEntrypoint(lane) for lane in lanes]
    eta = await queries(connection).next_deferred_eta(wanted)
    if await queries(connection).eligible_queued_work(wanted):
        return 0
    return None if eta is None else eta.total_seconds()


async def forget_what_happened(connection: AsyncConnection) -> None:
    """Empty pgqueuer's own log, which nothing here reads."""
    await queries(connection).clear_queue_log([lane.value for lane in Lane])
