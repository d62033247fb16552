"""The sealed secrets of connections: written with the change that set them, read when needed."""

from functools import partial
from typing import Any

from sqlalchemy import Row, Select, and_, delete, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from domain.actions.changes import Changes
from domain.node import NodeId, OrganizationId
from domain.secret import SealedSecret, SecretName
from storage.retry import retrying
from storage.tables import connection_secrets, tenants

_COLUMNS = connection_secrets.c


async def write_secrets(
    connection: AsyncConnection, tenant: OrganizationId, changes: Changes
) -> None:
    """Put the sealed ones in the place of those before them, and delete the forgotten ones."""
    for secret in changes.sealed:
        row = insert(connection_secrets).values(tenant_id=tenant, **_values(secret))
        key = [column.name for column in connection_secrets.primary_key.columns]
        newer = {name: row.excluded[name] for name in ("sealed_by", "sealed", "changed_at")}
        await connection.execute(row.on_conflict_do_update(index_elements=key, set_=newer))
    if changes.forgotten:
        gone = [(secret.connection, secret.name) for secret in changes.forgotten]
        await connection.execute(
            delete(connection_secrets).where(
                _COLUMNS.tenant_id == tenant,
                tuple_(_COLUMNS.connection_id, _COLUMNS.name).in_(gone),
            )
        )


class StoredSecrets:
    """The sealed secrets in PostgreSQL."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def of_connection(
        self, organization: OrganizationId, connection: NodeId
    ) -> list[SealedSecret]:
        """Give the secrets of a connection, in order of name."""
        wanted = _selected(organization).where(_COLUMNS.connection_id == connection)
        return await retrying(partial(self._read, wanted))

    async def of_organization(self, organization: OrganizationId) -> list[SealedSecret]:
        """Give all secrets of an organization, in order of connection and name."""
        return await retrying(partial(self._read, _selected(organization)))

    async def organizations(self) -> list[OrganizationId]:
        """Give the ids of all organizations."""
        return await retrying(self._organizations)

    async def seal_anew(
        self, organization: OrganizationId, before: SealedSecret, after: SealedSecret
    ) -> bool:
        """Put another seal on a secret; False where somebody else set it meanwhile."""
        return await retrying(partial(self._seal_anew, organization, before, after))

    async def _read(self, wanted: Select[*tuple[Any, ...]]) -> list[SealedSecret]:
        async with self._engine.connect() as connection:
            return [_secret(row) for row in (await connection.execute(wanted)).all()]

    async def _organizations(self) -> list[OrganizationId]:
        async with self._engine.connect() as connection:
            return [OrganizationId(each) for each in await connection.scalars(select(tenants.c.id))]

    async def _seal_anew(
        self, organization: OrganizationId, before: SealedSecret, after: SealedSecret
    ) -> bool:
        same = and_(
            _COLUMNS.tenant_id == organization,
            _COLUMNS.connection_id == before.of.connection,
            _COLUMNS.name == before.of.name,
            _COLUMNS.sealed == before.sealed,
        )
        values = {"sealed_by": after.key, "sealed": after.sealed}
        async with self._engine.begin() as connection:
            done = await connection.execute(update(connection_secrets).where(same).values(**values))
        return done.rowcount == 1


def _selected(organization: OrganizationId) -> Select[*tuple[Any, ...]]:
    return (
        select(
            _COLUMNS.connection_id,
            _COLUMNS.name,
            _COLUMNS.sealed_by,
            _COLUMNS.sealed,
            _COLUMNS.changed_at,
        )
        .where(_COLUMNS.tenant_id == organization)
        .order_by(_COLUMNS.connection_id, _COLUMNS.name)
    )


def _secret(row: Row[*tuple[Any, ...]]) -> SealedSecret:
    name = SecretName(NodeId(row[0]), row[1])
    return SealedSecret(of=name, key=row[2], sealed=row[3], changed_at=row[4])


def _values(secret: SealedSecret) -> dict[str, Any]:  # Any: each column has a type of its own
    return {
        "connection_id": secret.of.connection,
        "name": secret.of.name,
        "sealed_by": secret.key,
        "sealed": secret.sealed,
        "changed_at": secret.changed_at,
    }
