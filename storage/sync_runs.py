"""The attempts to read a source: what each brought, and what it says of the source."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.errors import NotFound
from domain.node import NodeId, OrganizationId
from domain.source import SourceError, SourceState
from storage.recording import RecordResult
from storage.tables import metric_sources, sync_runs

ERRORS: TypeAdapter[SourceError] = TypeAdapter(SourceError)


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncRun:
    """One attempt that is over. `state` is the source's after it; `error` None: it succeeded.

    `window_start` and `window_end` bound what was asked for; `connector` is its key.
    """

    id: str
    source: NodeId
    connector: str
    connector_version: str
    reason: str
    window_start: datetime
    window_end: datetime
    started_at: datetime
    finished_at: datetime
    state: SourceState
    error: SourceError | None = None


async def keep_run(
    connection: AsyncConnection, tenant: OrganizationId, run: SyncRun, result: RecordResult
) -> None:
    """Write a run; one that an earlier try wrote stays as it is."""
    row = insert(sync_runs).values(
        tenant_id=tenant,
        id=run.id,
        source_id=run.source,
        connector=run.connector,
        connector_version=run.connector_version,
        reason=run.reason,
        window_start=run.window_start,
        window_end=run.window_end,
        started_at=run.started_at,
        finished_at=run.finished_at,
        new_count=result.new,
        revised_count=result.revised,
        unchanged_count=result.unchanged,
        error=_error(run),
    )
    await connection.execute(row.on_conflict_do_nothing())


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


def _error(run: SyncRun) -> dict[str, Any] | None:
    return ERRORS.dump_python(run.error, mode="json") if run.error else None
