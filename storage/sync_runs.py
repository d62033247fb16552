"""The attempts to read sources: what each brought so far, and what it says of its source."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Row, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from domain.errors import NotFound
from domain.node import NodeId, OrganizationId
from domain.source import RunState, SourceError, SourceState
from storage.jobs.records import JobId
from storage.recording import RecordResult
from storage.retry import retrying
from storage.tables import metric_sources, sync_runs

ERRORS: TypeAdapter[SourceError] = TypeAdapter(SourceError)
SYNC = "sync"
"""The purpose of keeping a source up to date; any other is to read one stretch of time."""

MOST_LISTED = 200
TOLD = {state.value for state in SourceState}


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncRun:
    """An attempt to read a source, and what it came to so far.

    `job` None: a reader or the command line made it. `token` is its reading's. `window_start` and
    `window_end` bound what is asked for; `connector` is its key. `finished_at` None: it is under
    way, and `progress` is from 0 to 1, None where nothing is known. `step` counts the answers that
    are in `recorded`; `skipped` observations came, but weren't kept, for something was wrong with
    their pull. `error` None: nothing went wrong.
    """

    id: str
    source: NodeId
    job: JobId | None = None
    purpose: str = SYNC
    token: int = 0
    connector: str
    connector_version: str
    reason: str
    window_start: datetime
    window_end: datetime
    state: RunState
    started_at: datetime
    finished_at: datetime | None = None
    progress: float | None = None
    step: int = 0
    recorded: RecordResult = field(default_factory=RecordResult)
    skipped: int = 0
    error: SourceError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedRuns:
    """Which runs to list; what is empty doesn't matter."""

    ids: Sequence[str] = ()
    sources: Sequence[NodeId] = ()
    jobs: Sequence[JobId] = ()
    states: Sequence[RunState] = ()


ALL_RUNS = WantedRuns()


@dataclass(frozen=True, slots=True)
class StoredSyncRuns:
    """The runs in PostgreSQL, to be looked at."""

    engine: AsyncEngine

    async def listed(
        self,
        organization: OrganizationId,
        wanted: WantedRuns = ALL_RUNS,
        *,
        first: int = MOST_LISTED,
        before: tuple[datetime, str] | None = None,
    ) -> list[SyncRun]:
        """List runs, latest begun first, at most 200 at once.

        `before` is `started_at` and id of the last one seen.
        """
        return await retrying(partial(self._listed, organization, wanted, first, before))

    async def _listed(
        self,
        organization: OrganizationId,
        wanted: WantedRuns,
        first: int,
        before: tuple[datetime, str] | None,
    ) -> list[SyncRun]:
        columns = sync_runs.c
        statement = select(sync_runs).where(columns.tenant_id == organization)
        for column, values in (
            (columns.id, wanted.ids),
            (columns.source_id, wanted.sources),
            (columns.job_id, wanted.jobs),
            (columns.state, wanted.states),
        ):
            if values:
                statement = statement.where(column.in_(values))
        if before is not None:
            began, last = before
            earlier = (columns.started_at == began) & (columns.id < last)
            statement = statement.where((columns.started_at < began) | earlier)
        latest = statement.order_by(columns.started_at.desc(), columns.id.desc())
        async with self.engine.connect() as connection:
            rows = await connection.execute(latest.limit(min(first, MOST_LISTED)))
            return [run_of(row) for row in rows]


async def keep_run(
    connection: AsyncConnection, tenant: OrganizationId, run: SyncRun, result: RecordResult
) -> None:
    """Write how a run stands after one more answer; what an earlier try wrote stays as it is."""
    total = run.recorded + result
    columns = {
        "job_id": run.job,
        "purpose": run.purpose,
        "token": run.token,
        "connector": run.connector,
        "connector_version": run.connector_version,
        "reason": run.reason,
        "window_start": run.window_start,
        "window_end": run.window_end,
        "state": run.state,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "progress": run.progress,
        "step": run.step,
        "new_count": total.new,
        "revised_count": total.revised,
        "unchanged_count": total.unchanged,
        "skipped_count": run.skipped,
        "error": _error(run),
    }
    row = insert(sync_runs).values(tenant_id=tenant, id=run.id, source_id=run.source, **columns)
    await connection.execute(
        row.on_conflict_do_update(
            index_elements=["tenant_id", "id"],
            set_={name: row.excluded[name] for name in columns},
            where=sync_runs.c.step < row.excluded.step,
        )
    )


async def abandon_runs(connection: AsyncConnection, tenant: OrganizationId, run: SyncRun) -> None:
    """End the runs that this one takes the place of: whoever made them is gone."""
    columns = sync_runs.c
    await connection.execute(
        update(sync_runs)
        .where(
            columns.tenant_id == tenant,
            columns.source_id == run.source,
            columns.purpose == run.purpose,
            columns.state == RunState.RUNNING,
            columns.token < run.token,
        )
        .values(state=RunState.ABANDONED, finished_at=run.started_at, step=columns.step + 1)
    )


async def mark_source(connection: AsyncConnection, tenant: OrganizationId, run: SyncRun) -> None:
    """Tell the source how its last run ended; a failed one leaves `asked_at` where it was."""
    answered = {} if run.error else {"asked_at": run.finished_at}
    marked = await connection.execute(
        update(metric_sources)
        .where(metric_sources.c.tenant_id == tenant, metric_sources.c.id == run.source)
        .values(state=run.state, error=_error(run), **answered)
    )
    if not marked.rowcount:
        message = f"The atlas has no source {run.source}."
        raise NotFound(message)


def tells_of_its_source(run: SyncRun) -> bool:
    """Say whether a run ended in a way that says how its source is."""
    return run.purpose == SYNC and run.finished_at is not None and run.state.value in TOLD


def _error(run: SyncRun) -> dict[str, Any] | None:
    return ERRORS.dump_python(run.error, mode="json") if run.error else None


def run_of(row: Row[*tuple[Any, ...]]) -> SyncRun:  # Any: columns of several types
    """Make a run of a row with all columns of the table."""
    return SyncRun(
        id=row.id,
        source=NodeId(row.source_id),
        job=None if row.job_id is None else JobId(row.job_id),
        purpose=row.purpose,
        token=row.token,
        connector=row.connector,
        connector_version=row.connector_version,
        reason=row.reason,
        window_start=row.window_start,
        window_end=row.window_end,
        state=RunState(row.state),
        started_at=row.started_at,
        finished_at=row.finished_at,
        progress=row.progress,
        step=row.step,
        recorded=RecordResult(
            new=row.new_count, revised=row.revised_count, unchanged=row.unchanged_count
        ),
        skipped=row.skipped_count,
        error=None if row.error is None else ERRORS.validate_python(row.error),
    )
