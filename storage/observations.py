"""The store of observations: answers questions about windows, and records what sources brought."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from domain.errors import NotFound
from domain.metric import Observation
from domain.node import NodeId, OrganizationId
from domain.ports import ObservationsAsked, Stretch, WindowAggregate, WindowQuery
from storage.aggregates import Past, aggregates_of
from storage.bulk import any_of
from storage.listing import list_observations
from storage.once import Once, Recorded, before, remember
from storage.recording import RecordResult, record_all
from storage.refusals import in_domain_words
from storage.retry import retrying
from storage.sync_runs import SyncRun, keep_run, mark_source, tells_of_its_source
from storage.tables import nodes, organizations
from storage.writing import locked


class StoredObservations:
    """The observations in PostgreSQL; a `domain.ports.Observations`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        # One statement sees one moment; a transaction around it would take two more round trips.
        self._glances = engine.execution_options(isolation_level="AUTOCOMMIT")

    async def aggregate(
        self,
        organization: OrganizationId,
        queries: Sequence[WindowQuery],
        *,
        known_at: datetime | None = None,
        revision: int | None = None,
    ) -> dict[WindowQuery, WindowAggregate]:
        """Answer all questions in one statement, as of a `domain.ports.Observations`."""
        if not queries:
            return {}
        past = Past(known_at=known_at, revision=revision)
        return await retrying(partial(self._aggregate, organization, queries, past))

    async def listed(
        self, organization: OrganizationId, asked: ObservationsAsked, stretch: Stretch
    ) -> list[Observation]:
        """List current observations in the order of their table's key."""
        return await retrying(partial(self._listed, organization, asked, stretch))

    async def record(
        self,
        organization: OrganizationId,
        observations: Iterable[Observation],
        *,
        now: datetime,
        run: SyncRun | None = None,
    ) -> RecordResult:
        """Write observations, and the run that brought them, in one transaction.

        Idempotent: what is known already changes nothing. The organization's revision moves once,
        if an observation or the run's source changed. NotFound where a source isn't in the atlas.
        """
        kept = list(observations)
        return await retrying(partial(self._record, organization, kept, now, run))

    async def record_once(
        self,
        organization: OrganizationId,
        observations: Sequence[Observation],
        *,
        run: SyncRun,
        once: Once | None,
    ) -> Recorded:
        """Write observations and their run in one transaction, or give what that led to before.

        `once` None: it is done whatever was done before. KeyReused where something else was given
        with the same key.
        """
        return await retrying(partial(self._record_once, organization, observations, run, once))

    async def _aggregate(
        self,
        organization: OrganizationId,
        queries: Sequence[WindowQuery],
        past: Past,
    ) -> dict[WindowQuery, WindowAggregate]:
        async with self._glances.connect() as connection:
            return await aggregates_of(connection, organization, queries, past)

    async def _listed(
        self, organization: OrganizationId, asked: ObservationsAsked, stretch: Stretch
    ) -> list[Observation]:
        async with self._glances.connect() as connection:
            return await list_observations(connection, organization, asked, stretch)

    async def _record(
        self,
        organization: OrganizationId,
        observations: Sequence[Observation],
        now: datetime,
        run: SyncRun | None,
    ) -> RecordResult:
        with in_domain_words():
            async with self._engine.begin() as connection:
                return await record_on(connection, organization, observations, now=now, run=run)

    async def _record_once(
        self,
        organization: OrganizationId,
        observations: Sequence[Observation],
        run: SyncRun,
        once: Once | None,
    ) -> Recorded:
        now = run.finished_at or run.started_at
        with in_domain_words():
            async with self._engine.begin() as connection:
                known = once and await before(connection, organization, once, now=now)
                if known:
                    return known
                result = await record_on(connection, organization, observations, now=now, run=run)
                led_to = Recorded(run=run.id, result=result)
                if once:
                    await remember(connection, organization, once, led_to)
        return led_to


async def record_on(
    connection: AsyncConnection,
    organization: OrganizationId,
    observations: Sequence[Observation],
    *,
    now: datetime,
    run: SyncRun | None,
) -> RecordResult:
    """Write observations and how their run stands in the caller's transaction.

    The revision moves once, if an observation or what the run tells of its source changed.
    """
    held = await locked(connection, organization)
    if held is None:
        message = f"There is no organization with the id {organization}."
        raise NotFound(message)
    revision = held[0] + 1
    result = await record_all(connection, organization, observations, revision=revision)
    touched = set[NodeId]()
    if result.new or result.revised:
        touched.update(each.source for each in observations)
    if run and tells_of_its_source(run):
        await mark_source(connection, organization, run)
        touched.add(run.source)
    if run:
        await keep_run(connection, organization, run, result)
    if touched:
        await _stamp(connection, organization, touched, revision)
        await _move(connection, organization, revision, now)
    return result


async def _stamp(
    connection: AsyncConnection,
    tenant: OrganizationId,
    sources: Iterable[NodeId],
    revision: int,
) -> None:
    """Mark sources as changed, though perhaps only their observations are.

    So whoever holds answers about the others knows that these still hold.
    """
    await connection.execute(
        update(nodes)
        .where(nodes.c.tenant_id == tenant, nodes.c.id == any_of("sources"))
        .values(revision=revision),
        {"sources": sorted(sources)},
    )


async def _move(
    connection: AsyncConnection, tenant: OrganizationId, revision: int, now: datetime
) -> None:
    await connection.execute(
        update(organizations)
        .where(organizations.c.tenant_id == tenant)
        .values(revision=revision, updated_at=now)
    )
