"""The one statement that answers all of an Atlas's questions about its observations."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    FromClause,
    Integer,
    LargeBinary,
    Numeric,
    Select,
    Table,
    bindparam,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import TypeEngine

from domain.metric import ObservationState
from domain.node import OrganizationId
from domain.ports import LastObservation, WindowAggregate, WindowQuery
from storage.beside import beside
from storage.bulk import arrays, from_arrays
from storage.dimensions import hash_of
from storage.graph import TENANT
from storage.tables import observation_revisions, observations, organizations
from storage.tables.columns import Id, Moment

Cells = tuple[Any, ...]  # Any: each column has its own type

ASKED: dict[str, TypeEngine[Any]] = {
    "place": Integer(),
    "metric_id": Id(),
    "source_id": Id(),
    "dimensions_hash": LargeBinary(),
    "start": Moment,
    "end": Moment,
    "whole": Boolean(),
    "lower": Numeric(),
    "upper": Numeric(),
}
READ = (
    "start",
    "end",
    "value",
    "state",
    "sample_size",
    "numerator",
    "denominator",
    "standard_error",
)
STATES = {state.value: state for state in ObservationState}
FINAL = ObservationState.FINAL.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What counts of what is there: recorded by a time, in a revision; None: whatever is there."""

    known_at: datetime | None = None
    revision: int | None = None


PRESENT = Past()

FOREVER: ColumnElement[datetime] = literal_column("'infinity'::timestamptz")
KNOWN_AT = func.coalesce(bindparam("known_at", type_=Moment), FOREVER)
REVISION = func.coalesce(bindparam("revision", type_=BigInteger()), literal(2**63 - 1))


@dataclass(frozen=True, slots=True)
class Shelf:
    """A table of observations, and which of them were believed at the asked time."""

    table: Table
    believed: tuple[ColumnElement[bool], ...] = ()


async def aggregates_of(
    connection: AsyncConnection,
    tenant: OrganizationId,
    queries: Sequence[WindowQuery],
    past: Past = PRESENT,
) -> dict[WindowQuery, WindowAggregate]:
    """Answer all questions in one statement."""
    if not queries:
        return {}
    asked = await beside(partial(questions, queries), len(queries))
    given = {"tenant": tenant, "known_at": past.known_at, "revision": past.revision, **asked}
    rows = await connection.execute(answering(is_past=past != PRESENT), given)
    return await beside(lambda: dict(answered(queries, row) for row in rows.all()), rows.rowcount)


@cache
def answering(*, is_past: bool) -> Select[*Cells]:
    """Give the statement; its parameters are those of `questions`, the tenant's and the past's.

    Each question looks its last observation up at the end of one range of the primary key; only
    those that need the whole window read the rest of the range.
    """
    given = from_arrays(ASKED)
    shelves = _shelves(is_past=is_past)
    last = _latest(given, shelves, final=False).lateral("last")
    last_final = _latest(given, shelves, final=True).lateral("final")
    sums = _sums(given, shelves).lateral("sums")
    return select(given.c.place, *last.c, *last_final.c, *sums.c).select_from(
        given.join(last, true()).outerjoin(last_final, true()).join(sums, true())
    )


def questions(queries: Sequence[WindowQuery]) -> dict[str, list[Any]]:
    """Give the statement's parameters; the answers carry a question's place among these."""
    return arrays(
        tuple(ASKED),
        (
            (
                *(place, query.metric, query.source, hash_of(query.dimensions)),
                *(query.start, query.end, query.whole, query.lower, query.upper),
            )
            for place, query in enumerate(queries)
        ),
    )


def answered(
    queries: Sequence[WindowQuery], row: Sequence[Any]
) -> tuple[WindowQuery, WindowAggregate]:
    """Read one row of the statement: which question, and its answer."""
    place: int = row[0]
    query = queries[place]
    return query, _answer(row, whole=query.whole)


def _answer(row: Sequence[Any], *, whole: bool) -> WindowAggregate:
    last = _observation(row[1:9])
    if not whole:
        return WindowAggregate(last=last, count=1)
    numbers = row[17:]
    return WindowAggregate(
        last=last,
        last_final=None if row[9] is None else _observation(row[9:17]),
        count=numbers[0],
        final_count=numbers[1],
        met_count=numbers[2],
        total=numbers[3],
        minimum=numbers[4],
        maximum=numbers[5],
        sample_size=None if numbers[6] is None else int(numbers[6]),
        weighted_total=numbers[7],
        numerator=numbers[8],
        denominator=numbers[9],
    )


def _shelves(*, is_past: bool) -> list[Shelf]:
    """Give where to look: at what is in place, and for the past at what was replaced since."""
    if not is_past:
        return [Shelf(observations)]
    now, before = observations.c, observation_revisions.c
    # Replaced later than one of the two: then it still stood in the past that is asked for.
    replaced = or_(before.superseded_at > KNOWN_AT, before.superseding_revision > REVISION)
    believed = (before.recorded_at <= KNOWN_AT, before.revision <= REVISION, replaced)
    return [
        Shelf(observations, (now.recorded_at <= KNOWN_AT, now.revision <= REVISION)),
        Shelf(observation_revisions, (_may_be_replaced(), *believed)),
    ]


def _may_be_replaced() -> ColumnElement[bool]:
    """Spare PostgreSQL the look at what was replaced where nobody wrote since the revision."""
    present = select(organizations.c.revision).where(organizations.c.tenant_id == TENANT)
    return or_(KNOWN_AT != FOREVER, present.scalar_subquery() > REVISION)


def _inside(given: FromClause, shelf: Shelf) -> list[ColumnElement[bool]]:
    found = shelf.table.c
    return [
        found.tenant_id == TENANT,
        found.metric_id == given.c.metric_id,
        found.source_id == given.c.source_id,
        found.dimensions_hash == given.c.dimensions_hash,
        found.end > func.coalesce(given.c.start, literal_column("'-infinity'::timestamptz")),
        found.end <= given.c.end,
        found.value.is_not(None),
        *shelf.believed,
    ]


def _latest(given: FromClause, shelves: Iterable[Shelf], *, final: bool) -> Select[*Cells]:
    # The latest of each table first: PostgreSQL would read and sort the whole range of a union.
    candidates = [
        select(*(shelf.table.c[name] for name in READ))
        .where(*_inside(given, shelf))
        .where(*((given.c.whole, shelf.table.c.state == FINAL) if final else ()))
        .order_by(shelf.table.c.end.desc(), shelf.table.c.start.desc())
        .limit(1)
        .correlate(given)
        for shelf in shelves
    ]
    found = union_all(*candidates).subquery()
    return select(*found.c).order_by(found.c.end.desc(), found.c.start.desc()).limit(1)


def _sums(given: FromClause, shelves: Iterable[Shelf]) -> Select[*Cells]:
    found = union_all(
        *(
            select(*(shelf.table.c[name] for name in READ))
            .where(*_inside(given, shelf), given.c.whole)
            .correlate(given)
            for shelf in shelves
        )
    ).subquery()
    value, is_final = found.c.value, found.c.state == FINAL
    met = [
        is_final,
        or_(given.c.lower.is_(None), value >= given.c.lower),
        or_(given.c.upper.is_(None), value <= given.c.upper),
    ]
    both = [found.c.numerator.is_not(None), found.c.denominator.is_not(None)]
    return select(
        func.count().label("count"),
        func.count().filter(is_final).label("final_count"),
        func.count().filter(*met).label("met_count"),
        func.sum(value).label("total"),
        func.min(value).label("minimum"),
        func.max(value).label("maximum"),
        func.sum(found.c.sample_size).label("size"),
        func.sum(value * found.c.sample_size).label("weighted_total"),
        func.sum(found.c.numerator).filter(*both).label("numerators"),
        func.sum(found.c.denominator).filter(*both).label("denominators"),
    ).select_from(found)


def _observation(cells: Sequence[Any]) -> LastObservation:
    start, end, value, state, sample_size, numerator, denominator, standard_error = cells
    return LastObservation(
        start=start,
        end=end,
        value=value,
        state=STATES[state],
        sample_size=sample_size,
        numerator=numerator,
        denominator=denominator,
        standard_error=standard_error,
    )
