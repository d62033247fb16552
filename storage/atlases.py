"""The store of atlases: reads one in a single snapshot, writes changes in one transaction."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, partial
from uuid import uuid4

from sqlalchemy import Select, bindparam, select
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.actions.changes import Changes, Plan, Planned
from domain.atlas import Atlas
from domain.node import OrganizationId
from domain.ports import Aggregates, WindowAggregate, WindowQuery
from storage.aggregates import Past, aggregates_of
from storage.beside import beside
from storage.changing import Changing
from storage.graph import TENANT
from storage.loading import load_atlas
from storage.refusals import in_domain_words
from storage.retry import retrying
from storage.tables import organizations, tenants
from storage.writing import write_changes


def new_token() -> str:
    """Name a write, so that its writer recognizes it after a lost connection."""
    return str(uuid4())


Questions = Callable[[Atlas], Sequence[WindowQuery]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """An Atlas and the answers to questions about its values, both of one moment."""

    atlas: Atlas
    asked: Sequence[WindowQuery] = ()
    aggregates: Aggregates = field(default_factory=dict[WindowQuery, WindowAggregate])


def no_questions(_: Atlas) -> Sequence[WindowQuery]:
    """Ask for no values."""
    return ()


@cache
def tenant_by_key() -> Select[str]:
    """Select the id of the organization whose key is the parameter `key`."""
    return select(tenants.c.id).where(tenants.c.key == bindparam("key"))


@cache
def present_revision() -> Select[int]:
    """Select the revision of a tenant: the one statement that every request asks."""
    return select(organizations.c.revision).where(organizations.c.tenant_id == TENANT)


class StoredAtlases:
    """The atlases in PostgreSQL; a `domain.actions.changes.Atlases`."""

    def __init__(self, engine: AsyncEngine, *, token: Callable[[], str] = new_token) -> None:
        self._token = token
        self._engine = engine
        self._snapshots = engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        # Outside of a transaction: BEGIN and ROLLBACK would take two more round trips.
        self._glances = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._ids: dict[str, OrganizationId] = {}

    async def keys(self) -> list[str]:
        """Give the keys of all organizations, in order."""
        return list((await self.organizations()).values())

    async def organizations(self) -> dict[OrganizationId, str]:
        """Give the keys of all organizations by their ids, in order of key."""
        return await retrying(self._organizations)

    async def revision(self, organization_key: str) -> int | None:
        """Give the organization's present revision; None where there is no such organization."""
        return await retrying(partial(self._revision, organization_key))

    async def load(self, organization_key: str) -> Atlas | None:
        """Give the organization's present Atlas, all of it from one moment; None where none is."""
        return await retrying(partial(self._load, organization_key))

    async def read(
        self,
        organization_key: str,
        held: Atlas | None,
        questions: Questions = no_questions,
        *,
        known_at: datetime | None = None,
    ) -> Reading | None:
        """Give the present Atlas and its answers to `questions`, all of it from one moment.

        Of a `held` Atlas all is shared that didn't change. None where there is no organization.
        """
        return await retrying(partial(self._read, organization_key, held, questions, known_at))

    async def apply(self, changes: Changes, *, now: datetime) -> int:
        """Write all changes in one transaction; give the new revision.

        Conflict where the organization moved on since `base_revision`, exists already, or another
        node has a new node's key. NotFound where a record or link points at nothing.
        """
        return await retrying(partial(self._apply, changes, now, self._token()))

    async def change(self, held: Atlas, plan: Plan, *, now: datetime) -> Planned:
        """Make a plan on the organization's present Atlas and write it, in one transaction.

        Whoever else writes to the organization waits meanwhile, so that no plan is outdated when it
        is written. `held` is any Atlas of it, from which the present one is read faster. What the
        plan raises is raised, and nothing is written. NotFound where there is no organization.
        """
        return await retrying(Changing(self._engine, held, plan, now, self._token()).run)

    async def _organizations(self) -> dict[OrganizationId, str]:
        named = select(tenants.c.id, tenants.c.key).order_by(tenants.c.key)
        async with self._engine.connect() as connection:
            rows = await connection.execute(named)
            return {OrganizationId(row.id): row.key for row in rows}

    async def _revision(self, key: str) -> int | None:
        async with self._glances.connect() as connection:
            tenant = self._ids.get(key)
            if tenant is None:
                tenant = await connection.scalar(tenant_by_key(), {"key": key})
            if tenant is None:
                return None
            revision = await connection.scalar(present_revision(), {"tenant": tenant})
        if revision is None:
            self._ids.pop(key, None)
        else:
            self._ids[key] = OrganizationId(tenant)
        return revision

    async def _load(self, key: str) -> Atlas | None:
        async with self._snapshots.connect() as connection:
            return await load_atlas(connection, key)

    async def _read(
        self, key: str, held: Atlas | None, questions: Questions, known_at: datetime | None
    ) -> Reading | None:
        async with self._snapshots.connect() as connection:
            atlas = await load_atlas(connection, key, held)
            if atlas is None:
                return None
            asked = await beside(partial(questions, atlas), len(atlas.nodes))
            aggregates = await aggregates_of(
                connection, atlas.organization.id, asked, Past(known_at=known_at)
            )
        return Reading(atlas=atlas, asked=asked, aggregates=aggregates)

    async def _apply(self, changes: Changes, now: datetime, token: str) -> int:
        with in_domain_words():
            async with self._engine.begin() as connection:
                return await write_changes(connection, changes, now=now, token=token)
