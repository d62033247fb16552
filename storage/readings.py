"""Who reads a source, and how far it was read: one reader at a time, across all processes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Row, and_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from domain.metric import Observation
from domain.node import NodeId, OrganizationId
from storage.errors import LeaseLost
from storage.observations import record_on
from storage.recording import RecordResult
from storage.refusals import in_domain_words
from storage.retry import retrying
from storage.sync_runs import SyncRun, abandon_runs, keep_run
from storage.tables import source_readings

Breakdown = tuple[str, ...]
"""The names of the dimensions that a question breaks a metric down by; empty: the whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was asked of a breakdown and answered: all of [start, end).

    `newest` is the end of the latest period that the source told of; None: it told of none.
    """

    breakdown: Breakdown
    start: datetime
    end: datetime
    newest: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A question that the source is still working on, to be asked again with `resume`.

    It was asked first at `asked_at`, and is not asked before `retry_at`. `progress` is from 0 to 1,
    None where the source doesn't tell.
    """

    breakdown: Breakdown
    start: datetime
    end: datetime
    asked_at: datetime
    retry_at: datetime
    resume: str
    progress: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a source was read. It holds for one `fingerprint`: of its settings, and the stretch.

    `waiting` None: no question is open.
    """

    fingerprint: str = ""
    asked: Mapping[Breakdown, Asked] = field(default_factory=dict[Breakdown, Asked])
    waiting: Waiting | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """The right to read a source for a purpose; `token` is higher each time it is given away."""

    organization: OrganizationId
    source: NodeId
    purpose: str
    token: int
    progress: Progress = field(default_factory=Progress)


class NotNow(StrEnum):
    """Why a source isn't read: somebody reads it, it was asked a moment ago, or it needs time."""

    HELD = "HELD"
    RESTS = "RESTS"
    WORKS = "WORKS"


@dataclass(frozen=True, slots=True)
class Unread:
    """A source that isn't read now; it may be at `until` at the earliest."""

    why: NotNow
    until: datetime


ASKED: TypeAdapter[Sequence[Asked]] = TypeAdapter(Sequence[Asked])
WAITING: TypeAdapter[Waiting | None] = TypeAdapter(Waiting | None)


@dataclass(frozen=True, slots=True)
class StoredReadings:
    """The readings of all processes on one database; an `ingest.reading.Readings`."""

    engine: AsyncEngine

    async def begin(
        self,
        organization: OrganizationId,
        run: SyncRun,
        *,
        fingerprint: str,
        lasts: timedelta,
        rests: timedelta = timedelta(0),
    ) -> Holding | Unread:
        """Become the reader of the run's source, from its start on for as long as `lasts`.

        Nobody does while another reads it, within `rests` of when it was tried last, or while it
        works on an open question. What was asked with another fingerprint is forgotten. The run is
        written with the holding's token, and runs of readers that are gone are ended.
        """
        unit = partial(self._begin, organization, run, fingerprint, lasts, rests)
        return await retrying(unit)

    async def extend(self, holding: Holding, *, until: datetime) -> None:
        """Stay the reader of a source until a later time. LeaseLost where another is by now."""
        await retrying(partial(self._extend, holding, until))

    async def record(
        self,
        holding: Holding,
        observations: Sequence[Observation],
        *,
        run: SyncRun,
        progress: Progress,
        now: datetime,
    ) -> RecordResult:
        """Write an answer, how far the reading came with it and how its run stands, all at once.

        A run that has finished ends the holding. LeaseLost where another reads the source by now:
        then nothing is written.
        """
        unit = partial(self._record, holding, observations, run, progress, now)
        return await retrying(unit)

    async def held_until(
        self, organization: OrganizationId, source: NodeId, purpose: str
    ) -> datetime | None:
        """Tell until when a source is being read, as far as anybody knows; None: it isn't."""
        return await retrying(partial(self._held_until, organization, source, purpose))

    async def _begin(
        self,
        organization: OrganizationId,
        run: SyncRun,
        fingerprint: str,
        lasts: timedelta,
        rests: timedelta,
    ) -> Holding | Unread:
        with in_domain_words():
            async with self.engine.begin() as connection:
                row = await _locked(connection, organization, run)
                progress = _progress(row, fingerprint)
                unread = _unread(row, progress, now=run.started_at, rests=rests)
                if unread:
                    return unread
                begun = replace(run, token=row.token + 1)
                values = {"token": begun.token, "held_until": run.started_at + lasts}
                await connection.execute(
                    update(source_readings).where(*_of(organization, run)).values(**values)
                )
                if row.held_until is not None:  # a reader that ends in order lets go of it
                    await abandon_runs(connection, organization, begun)
                await keep_run(connection, organization, begun, RecordResult())
        return Holding(
            organization=organization,
            source=run.source,
            purpose=run.purpose,
            token=begun.token,
            progress=progress,
        )

    async def _extend(self, holding: Holding, until: datetime) -> None:
        async with self.engine.begin() as connection:
            await _write(connection, holding, held_until=until)

    async def _record(
        self,
        holding: Holding,
        observations: Sequence[Observation],
        run: SyncRun,
        progress: Progress,
        now: datetime,
    ) -> RecordResult:
        over = {"held_until": None, "tried_at": run.finished_at} if run.finished_at else {}
        with in_domain_words():
            async with self.engine.begin() as connection:
                result = await record_on(
                    connection, holding.organization, observations, now=now, run=run
                )
                await _write(connection, holding, **_columns(progress), **over)
        return result

    async def _held_until(
        self, organization: OrganizationId, source: NodeId, purpose: str
    ) -> datetime | None:
        columns = source_readings.c
        async with self.engine.connect() as connection:
            held: datetime | None = await connection.scalar(
                select(columns.held_until).where(
                    columns.tenant_id == organization,
                    columns.source_id == source,
                    columns.purpose == purpose,
                )
            )
        return held


async def _locked(
    connection: AsyncConnection, tenant: OrganizationId, run: SyncRun
) -> Row[*tuple[Any, ...]]:  # Any: columns of several types
    """Give the row of a reading, made where it is missing, and keep others from it."""
    new = insert(source_readings).values(
        tenant_id=tenant,
        source_id=run.source,
        purpose=run.purpose,
        token=0,
        **_columns(Progress()),
    )
    await connection.execute(new.on_conflict_do_nothing())
    row = select(source_readings).where(*_of(tenant, run)).with_for_update()
    return (await connection.execute(row)).one()


def _unread(
    row: Row[*tuple[Any, ...]],  # Any: columns of several types
    progress: Progress,
    *,
    now: datetime,
    rests: timedelta,
) -> Unread | None:
    if row.held_until is not None and row.held_until > now:
        return Unread(NotNow.HELD, row.held_until)
    if progress.waiting is not None:  # to go on with a question is not to ask twice
        until = progress.waiting.retry_at
        return Unread(NotNow.WORKS, until) if until > now else None
    if row.tried_at is not None and row.tried_at + rests > now:
        return Unread(NotNow.RESTS, row.tried_at + rests)
    return None


async def _write(
    connection: AsyncConnection,
    holding: Holding,
    **values: Any,  # noqa: ANN401 - each column has a type of its own
) -> None:
    """Write some columns of a reading; LeaseLost where somebody else is its reader by now."""
    mine = and_(*_of(holding.organization, holding), source_readings.c.token == holding.token)
    written = await connection.execute(update(source_readings).where(mine).values(**values))
    if not written.rowcount:
        raise LeaseLost(kind="source", name=holding.source)


def _of(tenant: OrganizationId, which: SyncRun | Holding) -> list[ColumnElement[bool]]:
    columns = source_readings.c
    return [
        columns.tenant_id == tenant,
        columns.source_id == which.source,
        columns.purpose == which.purpose,
    ]


def _columns(progress: Progress) -> dict[str, Any]:  # Any: columns of several types
    return {
        "fingerprint": progress.fingerprint,
        "asked": ASKED.dump_python(list(progress.asked.values()), mode="json"),
        "waiting": WAITING.dump_python(progress.waiting, mode="json"),
    }


def _progress(
    row: Row[*tuple[Any, ...]],  # Any: columns of several types
    fingerprint: str,
) -> Progress:
    if row.fingerprint != fingerprint:
        return Progress(fingerprint=fingerprint)
    asked = ASKED.validate_python(row.asked)
    return Progress(
        fingerprint=fingerprint,
        asked={each.breakdown: each for each in asked},
        waiting=WAITING.validate_python(row.waiting),
    )
