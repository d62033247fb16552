"""Current observations one by one, in the order of their key: a stretch of them at a time."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, any_, literal, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.metric import Dimensions, Observation, ObservationState, dimensions_of
from domain.node import OrganizationId
from domain.ports import ObservationKey, ObservationsAsked, Stretch
from storage.bulk import array_of
from storage.dimensions import hash_of
from storage.tables import observations
from storage.tables.columns import Id
from storage.tables.observations import CONTENT, IDENTITY, PROVENANCE

FOUND = observations.c
STATES = {state.value: state for state in ObservationState}

Cells = tuple[Any, ...]  # Any: each column has its own type


async def list_observations(
    connection: AsyncConnection, tenant: OrganizationId, asked: ObservationsAsked, stretch: Stretch
) -> list[Observation]:
    """List a stretch of the current observations in the order of the table's key."""
    rows = await connection.execute(listing(tenant, asked, stretch), _arrays(asked))
    return [_observation(row) for row in rows.all()]


def listing(tenant: OrganizationId, asked: ObservationsAsked, stretch: Stretch) -> Select[*Cells]:
    """Give the statement: one range of the primary key, read from where the stretch begins."""
    names = (*IDENTITY, "dimensions", *CONTENT, *PROVENANCE)
    statement = select(*(FOUND[name] for name in names)).where(
        FOUND.tenant_id == tenant, *_conditions(asked)
    )
    if stretch.after is not None:
        statement = statement.where(tuple_(*_key()) > tuple_(*_place(stretch.after)))
    return statement.order_by(*_key()).offset(stretch.offset or None).limit(stretch.limit)


def _conditions(asked: ObservationsAsked) -> Iterator[ColumnElement[bool]]:
    if asked.metrics is not None:
        yield FOUND.metric_id == any_(array_of("metrics", Id()))
    if asked.left_out:
        yield ~(FOUND.source_id == any_(array_of("left_out", Id())))
    if asked.ended_after is not None:
        yield FOUND.end > asked.ended_after
    if asked.ended_by is not None:
        yield FOUND.end <= asked.ended_by
    if asked.recorded_since is not None:
        yield FOUND.recorded_at >= asked.recorded_since


def _arrays(asked: ObservationsAsked) -> dict[str, list[str]]:
    arrays = {"metrics": asked.metrics, "left_out": asked.left_out or None}
    return {name: list(ids) for name, ids in arrays.items() if ids is not None}


def _key() -> list[ColumnElement[Any]]:
    return [FOUND[name] for name in IDENTITY]


def _place(key: ObservationKey) -> list[ColumnElement[Any]]:
    values = (key.metric, key.source, hash_of(key.dimensions), key.end, key.start)
    return [literal(value, FOUND[name].type) for name, value in zip(IDENTITY, values, strict=True)]


def _observation(row: Sequence[Any]) -> Observation:
    metric, source, _, end, start, dimensions, *content = row
    value, sample_size, numerator, denominator, standard_error, state, flags, *provenance = content
    connector, version, sync_run, recorded_at = provenance
    return Observation(
        source=source,
        metric=metric,
        start=start,
        end=end,
        dimensions=_dimensions(tuple((name, text) for name, text in dimensions)),
        value=value,
        sample_size=sample_size,
        numerator=numerator,
        denominator=denominator,
        standard_error=standard_error,
        state=STATES[state],
        flags=tuple(flags),
        connector=connector,
        connector_version=version,
        sync_run=sync_run,
        recorded_at=recorded_at,
    )


@lru_cache(maxsize=10_000)
def _dimensions(pairs: tuple[tuple[str, str], ...]) -> Dimensions:
    """Give equal dimensions as one object: a series has the same in every row."""
    return dimensions_of(dict(pairs))
