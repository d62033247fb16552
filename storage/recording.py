"""Write observations: what is new, what revises, and what was known; each in one statement.

Three plain statements instead of one upsert: data that is all new, the usual case, costs the first
alone; and each of them runs on one shard of a distributed engine.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import orjson
from sqlalchemy import (
    ColumnElement,
    FromClause,
    Insert,
    Update,
    and_,
    literal,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.errors import NotFound
from domain.metric import Observation
from domain.node import OrganizationId
from storage.bulk import arrays, unnested
from storage.dimensions import hash_of, text_of
from storage.tables import metric_sources, observation_revisions, observations
from storage.tables.observations import CONTENT, IDENTITY, PROVENANCE

ROWS_AT_ONCE = 20_000
COLUMNS = (*IDENTITY, "dimensions", *CONTENT, *PROVENANCE)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordResult:
    """How many observations were new, revised an older one, or said what was known already."""

    new: int = 0
    revised: int = 0
    unchanged: int = 0

    def __add__(self, other: "RecordResult") -> "RecordResult":
        """Count both together."""
        return RecordResult(
            new=self.new + other.new,
            revised=self.revised + other.revised,
            unchanged=self.unchanged + other.unchanged,
        )


async def record_all(
    connection: AsyncConnection,
    tenant: OrganizationId,
    given: Iterable[Observation],
    *,
    revision: int,
) -> RecordResult:
    """Write observations in batches; the caller has locked the organization.

    `revision` is the one that the organization will have if anything changes. Of several with one
    identity the last counts. NotFound where a source isn't in the atlas, or feeds another metric.
    """
    distinct = iter({identity(each): each for each in given}.values())
    result = RecordResult()
    while batch := list(islice(distinct, ROWS_AT_ONCE)):
        result += await _record(connection, tenant, batch, revision=revision)
    return result


def identity(observation: Observation) -> tuple[object, ...]:
    """Give what makes an observation this one and no other."""
    return (
        observation.source,
        observation.metric,
        observation.start,
        observation.end,
        observation.dimensions,
    )


async def _record(
    connection: AsyncConnection,
    tenant: OrganizationId,
    batch: Sequence[Observation],
    *,
    revision: int,
) -> RecordResult:
    await _require_sources(connection, tenant, batch)
    parameters = arrays(COLUMNS, map(cells_of, batch))
    new = (await connection.execute(_adding(tenant, revision), parameters)).rowcount
    if new == len(batch):
        return RecordResult(new=new)
    revised = (await connection.execute(_keeping_the_older(tenant, revision), parameters)).rowcount
    if revised:
        await connection.execute(_revising(tenant, revision), parameters)
    return RecordResult(new=new, revised=revised, unchanged=len(batch) - new - revised)


async def _require_sources(
    connection: AsyncConnection, tenant: OrganizationId, batch: Iterable[Observation]
) -> None:
    pairs = list({(each.source, each.metric) for each in batch})
    given = unnested(observations, ("source_id", "metric_id"))
    known = metric_sources.c
    rows = await connection.execute(
        select(given.c.source_id, given.c.metric_id)
        .outerjoin(
            metric_sources,
            and_(
                known.tenant_id == tenant,
                known.id == given.c.source_id,
                known.metric_id == given.c.metric_id,
            ),
        )
        .where(known.id.is_(None)),
        arrays(("source_id", "metric_id"), pairs),
    )
    missing = rows.first()
    if missing:
        message = f"The atlas has no source {missing[0]} that feeds the metric {missing[1]}."
        raise NotFound(message)


def cells_of(observation: Observation) -> tuple[Any, ...]:
    """Give an observation's cells in the order of COLUMNS."""
    return (
        observation.metric,
        observation.source,
        hash_of(observation.dimensions),
        observation.end,
        observation.start,
        text_of(observation.dimensions),
        observation.value,
        observation.sample_size,
        observation.numerator,
        observation.denominator,
        observation.standard_error,
        observation.state,
        orjson.dumps(observation.flags).decode() if observation.flags else "[]",
        observation.connector,
        observation.connector_version,
        observation.sync_run,
        observation.recorded_at,
    )


def _adding(tenant: OrganizationId, revision: int) -> Insert:
    given = unnested(observations, COLUMNS)
    rows = select(_tenant(tenant), *given.c, literal(1), _revision(revision))
    names = ["tenant_id", *COLUMNS, "version", "revision"]
    statement = insert(observations).from_select(names, rows)
    return statement.on_conflict_do_nothing()


def _keeping_the_older(tenant: OrganizationId, revision: int) -> Insert:
    """Copy what is about to change; it was believed until the newer one was recorded."""
    given = unnested(observations, COLUMNS)
    names = [*(each.name for each in observations.c), "superseded_at", "superseding_revision"]
    rows = select(*observations.c, given.c.recorded_at, _revision(revision)).where(
        *_differing(tenant, given)
    )
    return insert(observation_revisions).from_select(names, rows)


def _revising(tenant: OrganizationId, revision: int) -> Update:
    given = unnested(observations, COLUMNS)
    newer = {name: given.c[name] for name in (*CONTENT, *PROVENANCE)}
    return (
        update(observations)
        .where(*_differing(tenant, given))
        .values(**newer, version=observations.c.version + 1, revision=revision)
    )


def _differing(tenant: OrganizationId, given: FromClause) -> list[ColumnElement[bool]]:
    """Match the stored observations whose content isn't that of the given one."""
    stored = tuple_(*(observations.c[name] for name in CONTENT))
    return [
        observations.c.tenant_id == tenant,
        *(observations.c[name] == given.c[name] for name in IDENTITY),
        stored.is_distinct_from(tuple_(*(given.c[name] for name in CONTENT))),
    ]


def _tenant(tenant: OrganizationId) -> ColumnElement[str]:
    return literal(tenant, observations.c.tenant_id.type)


def _revision(revision: int) -> ColumnElement[int]:
    return literal(revision, observations.c.revision.type)
