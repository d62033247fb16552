"""Pages of sync runs, newest first, of many sources or connections in one statement."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal, select, true, tuple_
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.node import NodeId, OrganizationId
from storage.bulk import arrays, from_arrays
from storage.retry import retrying
from storage.sync_runs import SyncRun, run_of
from storage.tables import sync_runs
from storage.tables.columns import Id

Place = tuple[datetime, str]
"""When a run began, and its id: where it stands among the others."""

_COLUMNS = sync_runs.c
_OWNERS = {"owner": Id(), "source": Id()}


@dataclass(frozen=True, slots=True, kw_only=True)
class RunsAsked:
    """A stretch of the runs of some sources, which belong to one `owner`.

    Only older ones than `after`, only newer ones than `before` (None: no bound). With `from_end`
    the oldest `size` of them, else the newest.
    """

    owner: NodeId
    sources: tuple[NodeId, ...]
    size: int
    after: Place | None = None
    before: Place | None = None
    from_end: bool = False

    @property
    def stretch(self) -> "Stretch":
        """What the askers of one statement share."""
        return (self.size, self.after, self.before, self.from_end)


Stretch = tuple[int, Place | None, Place | None, bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSlice:
    """Runs, newest first; `has_more`: the stretch goes on beyond them."""

    runs: Sequence[SyncRun]
    has_more: bool


@dataclass(frozen=True, slots=True)
class StoredRunPages:
    """The runs in PostgreSQL, a page at a time."""

    engine: AsyncEngine

    async def slices(
        self, organization: OrganizationId, asked: Sequence[RunsAsked]
    ) -> list[RunSlice]:
        """Answer all questions in their order; those about one stretch take one statement."""
        by_stretch: dict[Stretch, list[RunsAsked]] = {}
        for each in asked:
            by_stretch.setdefault(each.stretch, []).append(each)
        found: dict[RunsAsked, RunSlice] = {}
        for same in by_stretch.values():
            runs = await retrying(partial(self._read, organization, same))
            found |= {each: _slice(each, runs.get(each.owner, [])) for each in same}
        return [found[each] for each in asked]

    async def counts(
        self, organization: OrganizationId, sources: Mapping[NodeId, Sequence[NodeId]]
    ) -> dict[NodeId, int]:
        """Count the runs of each owner's sources; those without any are absent."""
        return await retrying(partial(self._count, organization, sources))

    async def find(self, organization: OrganizationId, run: str) -> SyncRun | None:
        """Give a run by its id; None where there is none."""
        return await retrying(partial(self._find, organization, run))

    async def _find(self, organization: OrganizationId, run: str) -> SyncRun | None:
        wanted = select(sync_runs).where(_COLUMNS.tenant_id == organization, _COLUMNS.id == run)
        async with self.engine.connect() as connection:
            row = (await connection.execute(wanted)).one_or_none()
        return None if row is None else run_of(row)

    async def _read(
        self, organization: OrganizationId, asked: Sequence[RunsAsked]
    ) -> dict[NodeId, list[SyncRun]]:
        pairs = [(each.owner, source) for each in asked for source in each.sources]
        statement, parameters = _newest(organization, asked[0]), arrays(tuple(_OWNERS), pairs)
        found: dict[NodeId, list[SyncRun]] = {}
        async with self.engine.connect() as connection:
            for row in await connection.execute(statement, parameters):
                found.setdefault(NodeId(row.owner), []).append(run_of(row))
        return found

    async def _count(
        self, organization: OrganizationId, sources: Mapping[NodeId, Sequence[NodeId]]
    ) -> dict[NodeId, int]:
        given = from_arrays(_OWNERS)
        statement = (
            select(given.c.owner, func.count())
            .join(sync_runs, _COLUMNS.source_id == given.c.source)
            .where(_COLUMNS.tenant_id == organization)
            .group_by(given.c.owner)
        )
        pairs = [(owner, source) for owner, several in sources.items() for source in several]
        async with self.engine.connect() as connection:
            rows = await connection.execute(statement, arrays(tuple(_OWNERS), pairs))
            return {NodeId(row[0]): row[1] for row in rows}


def _newest(organization: OrganizationId, asked: RunsAsked) -> Select[*tuple[Any, ...]]:
    """Select one run more than asked of each owner, each source's own by its index."""
    given = from_arrays(_OWNERS)
    order = _order(_COLUMNS.started_at, _COLUMNS.id, from_end=asked.from_end)
    of_source = (
        select(sync_runs)
        .where(
            _COLUMNS.tenant_id == organization,
            _COLUMNS.source_id == given.c.source,
            *_within(asked),
        )
        .order_by(*order)
        .limit(asked.size + 1)
        .lateral("of_source")
    )
    runs = of_source.c
    place = func.row_number().over(
        partition_by=given.c.owner,
        order_by=_order(runs.started_at, runs.id, from_end=asked.from_end),
    )
    ranked = select(given.c.owner, *runs, place.label("place")).join(of_source, true()).subquery()
    return (
        select(ranked)
        .where(ranked.c.place <= asked.size + 1)
        .order_by(ranked.c.owner, ranked.c.place)
    )


def _order(
    began: ColumnElement[Any], run: ColumnElement[Any], *, from_end: bool
) -> list[ColumnElement[Any]]:
    return [began.asc(), run.asc()] if from_end else [began.desc(), run.desc()]


def _within(asked: RunsAsked) -> Iterable[ColumnElement[bool]]:
    place = tuple_(_COLUMNS.started_at, _COLUMNS.id)
    if asked.after is not None:
        yield place < _written(asked.after)
    if asked.before is not None:
        yield place > _written(asked.before)


def _written(place: Place) -> Any:  # noqa: ANN401 - a row of two columns
    began, run = place
    return tuple_(literal(began, _COLUMNS.started_at.type), literal(run, _COLUMNS.id.type))


def _slice(asked: RunsAsked, runs: Sequence[SyncRun]) -> RunSlice:
    kept = runs[: asked.size]
    newest_first = list(reversed(kept)) if asked.from_end else list(kept)
    return RunSlice(runs=newest_first, has_more=len(runs) > asked.size)
