"""The ledger's statements: each on a connection, in the transaction of whoever calls."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import (
    ColumnElement,
    FromClause,
    Insert,
    Row,
    Select,
    and_,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.node import NodeId, OrganizationId
from storage.bulk import arrays, unnested
from storage.jobs.queue import Permission
from storage.jobs.records import (
    OPEN,
    Job,
    JobId,
    JobState,
    Lane,
    Lease,
    LeaseKey,
    NewJob,
    Wanted,
)
from storage.tables.jobs import IS_UNIQUE, jobs

GIVEN = ("tenant_id", "id", "kind", "lane", "key", "subject_id", "data", "run_at")
KEYS = ("tenant_id", "id")
SHOWN = (
    *("id", "tenant_id", "kind", "lane", "data", "subject_id", "state", "run_at", "created_at"),
    *("started_at", "finished_at", "starts", "failures", "progress", "reason", "is_cancelled"),
)
COLUMNS = tuple(jobs.c[name] for name in SHOWN)

Found = Row[*tuple[Any, ...]]  # Any: columns of several types
Key = tuple[OrganizationId, JobId]
OpenKey = tuple[OrganizationId, str]


async def add(
    connection: AsyncConnection, given: Iterable[NewJob], *, now: datetime
) -> dict[OpenKey, JobId]:
    """Write jobs; give by their keys which job there is: the given one, or an earlier one."""
    distinct = {open_key(job): job for job in given}
    found: dict[OpenKey, JobId] = {}
    for again in (False, True):
        cells = [_cells(job, now) for job in distinct.values() if job.again is again]
        if cells:
            statement, parameters = _adding(now, again=again), arrays(GIVEN, cells)
            rows = await connection.execute(statement, parameters)
            found |= {(OrganizationId(row.tenant_id), row.key): JobId(row.id) for row in rows}
    return found


def open_key(job: NewJob) -> OpenKey:
    """Give what a job may be open under only once; one that is like no other has its id there."""
    return job.organization, job.key or job.id


async def enter(connection: AsyncConnection, entries: Iterable[tuple[Key, int]]) -> None:
    """Note the queue's numbers of jobs."""
    names = (*KEYS, "entry")
    given = unnested(jobs, names)
    statement = update(jobs).where(*_same(given)).values(entry=given.c.entry)
    await connection.execute(statement, arrays(names, ((*key, n) for key, n in entries)))


async def claim(
    connection: AsyncConnection, permissions: Sequence[Permission], *, now: datetime
) -> list[Lease]:
    """Begin the jobs of these entries; those that are over, or have another entry, are left out."""
    if not permissions:
        return []
    names = (*KEYS, "entry")
    given = unnested(jobs, names)
    statement = (
        update(jobs)
        .where(*_same(given), jobs.c.entry == given.c.entry, jobs.c.state.in_(OPEN))
        .values(
            state=JobState.RUNNING,
            token=jobs.c.token + 1,
            starts=jobs.c.starts + 1,
            started_at=now,
        )
        .returning(*COLUMNS, jobs.c.token, jobs.c.entry)
    )
    cells = arrays(names, ((p.organization, p.job, p.entry) for p in permissions))
    rows = await connection.execute(statement, cells)
    return [Lease(job=job_of(row), token=row.token, entry=row.entry) for row in rows]


async def held(connection: AsyncConnection, leases: Sequence[Lease]) -> dict[LeaseKey, bool]:
    """Give the leases that are still the newest of their jobs, and whether each job is to end."""
    names = (*KEYS, "token")
    given = unnested(jobs, names)
    statement = select(jobs.c.id, jobs.c.token, jobs.c.is_cancelled).where(
        *_same(given), jobs.c.token == given.c.token, jobs.c.state == JobState.RUNNING
    )
    cells = arrays(names, ((each.job.organization, each.job.id, each.token) for each in leases))
    rows = await connection.execute(statement, cells)
    return {(JobId(row.id), row.token): row.is_cancelled for row in rows}


async def lock(connection: AsyncConnection, tenant: OrganizationId, job: JobId) -> Found | None:
    """Give a job's row, and keep others from it; None where there is no such job."""
    columns = (*COLUMNS, jobs.c.token, jobs.c.entry, jobs.c.is_wanted_again)
    rows = await connection.execute(select(*columns).where(*_one(tenant, job)).with_for_update())
    return rows.one_or_none()


async def change(
    connection: AsyncConnection,
    tenant: OrganizationId,
    job: JobId,
    **values: Any,  # noqa: ANN401 - each column has a type of its own
) -> None:
    """Write some columns of a job."""
    await connection.execute(update(jobs).where(*_one(tenant, job)).values(**values))


def listing(
    tenant: OrganizationId, wanted: Wanted, *, before: JobId | None
) -> Select[*tuple[Any, ...]]:
    """Select an organization's jobs, newest first; those older than `before` where it is given."""
    conditions = [jobs.c.tenant_id == tenant]
    if before is not None:
        conditions.append(jobs.c.id < before)
    if wanted.ids:
        conditions.append(jobs.c.id.in_(wanted.ids))
    if wanted.states:
        conditions.append(jobs.c.state.in_(wanted.states))
    if wanted.subjects:
        conditions.append(jobs.c.subject_id.in_(wanted.subjects))
    if wanted.kind is not None:
        conditions.append(jobs.c.kind == wanted.kind)
    return select(*COLUMNS).where(*conditions).order_by(jobs.c.id.desc())


def job_of(row: Found) -> Job:
    """Read a row."""
    return Job(
        id=JobId(row.id),
        organization=OrganizationId(row.tenant_id),
        kind=row.kind,
        lane=Lane(row.lane),
        data=row.data,
        subject=None if row.subject_id is None else NodeId(row.subject_id),
        state=JobState(row.state),
        run_at=row.run_at,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        starts=row.starts,
        failures=row.failures,
        progress=row.progress,
        reason=row.reason,
        is_cancelled=row.is_cancelled,
    )


def _adding(now: datetime, *, again: bool) -> Insert:
    """Insert jobs; an open one with the same key stays, and runs once more if it should."""
    given = unnested(jobs, GIVEN)
    same = {
        "state": JobState.QUEUED,
        "created_at": now,
        "token": 0,
        "starts": 0,
        "failures": 0,
        "is_cancelled": False,
        "is_wanted_again": False,
    }
    values = (literal(value, jobs.c[name].type) for name, value in same.items())
    inserted = insert(jobs).from_select([*GIVEN, *same], select(*given.c, *values))
    missed = and_(literal(again), jobs.c.state == JobState.RUNNING)
    return inserted.on_conflict_do_update(
        index_elements=["tenant_id", "key"],
        index_where=IS_UNIQUE,
        set_={"is_wanted_again": or_(jobs.c.is_wanted_again, missed)},
    ).returning(jobs.c.tenant_id, jobs.c.key, jobs.c.id)


def _cells(job: NewJob, now: datetime) -> tuple[Any, ...]:
    tenant, key = open_key(job)
    data = orjson.dumps(dict(job.data)).decode()
    return (tenant, job.id, job.kind, job.lane, key, job.subject, data, job.run_at or now)


def _same(given: FromClause) -> list[ColumnElement[bool]]:
    return [jobs.c[name] == given.c[name] for name in KEYS]


def _one(tenant: OrganizationId, job: JobId) -> list[ColumnElement[bool]]:
    return [jobs.c.tenant_id == tenant, jobs.c.id == job]
