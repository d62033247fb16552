"""The sealed secrets of connections: written with the change that set them, read when needed."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from sqlalchemy import Row, Select, Table, and_, delete, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from domain.actions.changes import Changes
from domain.node import NodeId, OrganizationId
from domain.secret import SealedSecret, SecretName
from storage.retry import retrying
from storage.tables import connection_secrets, renewed_secrets, tenants


async def write_secrets(
    connection: AsyncConnection, tenant: OrganizationId, changes: Changes
) -> None:
    """Put the sealed ones in the place of those before them, and delete the forgotten ones.

    What came of an earlier value is deleted with it.
    """
    for secret in changes.sealed:
        row = insert(connection_secrets).values(tenant_id=tenant, **_values(secret))
        key = [column.name for column in connection_secrets.primary_key.columns]
        newer = {name: row.excluded[name] for name in ("sealed_by", "sealed", "changed_at")}
        await connection.execute(row.on_conflict_do_update(index_elements=key, set_=newer))
    await _delete(connection, tenant, connection_secrets, changes.forgotten)
    replaced = [secret.of for secret in changes.sealed]
    await _delete(connection, tenant, renewed_secrets, [*replaced, *changes.forgotten])


class StoredSecrets:
    """The sealed secrets in a table of PostgreSQL: of settings, or what they were exchanged for."""

    def __init__(self, engine: AsyncEngine, table: Table = connection_secrets) -> None:
        self._engine = engine
        self._table = table

    async def of_connection(
        self, organization: OrganizationId, connection: NodeId
    ) -> list[SealedSecret]:
        """Give the secrets of a connection, in order of name."""
        wanted = self._of(organization).where(self._table.c.connection_id == connection)
        return await retrying(partial(self._read, wanted))

    async def of_organization(self, organization: OrganizationId) -> list[SealedSecret]:
        """Give all secrets of an organization, in order of connection and name."""
        return await retrying(partial(self._read, self._of(organization)))

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
        columns = self._table.c
        same = and_(
            columns.tenant_id == organization,
            columns.connection_id == before.of.connection,
            columns.name == before.of.name,
            columns.sealed == before.sealed,
        )
        values = {"sealed_by": after.key, "sealed": after.sealed}
        async with self._engine.begin() as connection:
            done = await connection.execute(update(self._table).where(same).values(**values))
        return done.rowcount == 1

    def _of(self, organization: OrganizationId) -> Select[*tuple[Any, ...]]:
        columns = self._table.c
        names = ("connection_id", "name", "sealed_by", "sealed", "changed_at")
        return (
            select(*(columns[name] for name in names))
            .where(columns.tenant_id == organization, columns.sealed.is_not(None))
            .order_by(columns.connection_id, columns.name)
        )


async def _delete(
    connection: AsyncConnection, tenant: OrganizationId, table: Table, names: Sequence[SecretName]
) -> None:
    if not names:
        return
    gone = [(secret.connection, secret.name) for secret in names]
    here = tuple_(table.c.connection_id, table.c.name).in_(gone)
    await connection.execute(delete(table).where(table.c.tenant_id == tenant, here))


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
