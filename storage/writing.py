"""Write changes to an atlas: the organization's row is locked first and its revision moved last."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Insert, delete, insert, literal, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.actions.changes import Changes
from domain.errors import Conflict, NotFound
from domain.links import Link
from domain.node import Node, OrganizationId
from domain.organization import Organization
from storage.bulk import any_of, arrays, inserting, overwriting, unnested, upsert
from storage.rows import LINK, LISTS, LISTS_OF, OWN, shared_shape
from storage.secrets import write_secrets
from storage.tables import links, nodes, organizations, tenants

LINK_ENDS = ("source_id", "relation", "target_id")


async def write_changes(
    connection: AsyncConnection, changes: Changes, *, now: datetime, token: str
) -> int:
    """Write everything in the connection's transaction; give the new revision.

    `token` names this write: where the organization's last write bears it, an earlier try arrived
    although its connection was lost, and nothing is written twice.
    """
    organization, revision = changes.organization, changes.base_revision + 1
    held = await locked(connection, organization.id)
    if held is not None and held[1] == token:
        return held[0]
    _require_base(changes, held[0] if held else 0)
    if held is None:
        await _create(connection, organization, now=now, token=token)
    await _unlink(connection, organization.id, changes.unlinked, revision)
    await _write_nodes(connection, organization.id, changes.nodes, revision)
    await _link(connection, organization.id, changes.links, revision)
    await write_secrets(connection, organization.id, changes)
    fields = {**_columns_of(organization), "revision": revision, "last_write": token}
    await connection.execute(
        update(organizations)
        .where(organizations.c.tenant_id == organization.id)
        .values(**fields, updated_at=now)
    )
    return revision


async def locked(connection: AsyncConnection, tenant: OrganizationId) -> tuple[int, str] | None:
    """Make other writers of the organization wait; give its revision and last write's token.

    None where there is no such organization.
    """
    columns = organizations.c
    row = await connection.execute(
        select(columns.revision, columns.last_write)
        .where(columns.tenant_id == tenant)
        .with_for_update(key_share=True)
    )
    found = row.one_or_none()
    return (found[0], found[1]) if found else None


def _require_base(changes: Changes, revision: int) -> None:
    key, base = changes.organization.key, changes.base_revision
    if base == revision:
        return
    if base == 0:
        message = f"The organization {key} exists already, at revision {revision}."
    elif revision == 0:
        message = f"There is no organization {key} with the id {changes.organization.id}."
        raise NotFound(message)
    else:
        message = (
            f"The organization {key} is at revision {revision}, but the changes were made on "
            f"revision {base}. Load it again and repeat them."
        )
    raise Conflict(message)


async def _create(
    connection: AsyncConnection, organization: Organization, *, now: datetime, token: str
) -> None:
    await connection.execute(insert(tenants).values(id=organization.id, key=organization.key))
    await connection.execute(
        insert(organizations).values(
            tenant_id=organization.id,
            **_columns_of(organization),
            revision=1,
            last_write=token,
            created_at=now,
            updated_at=now,
        )
    )


def _columns_of(organization: Organization) -> dict[str, Any]:
    parameters = {name: str(value) for name, value in organization.status_parameters.items()}
    return {
        "title": organization.title,
        "time_zone": organization.time_zone,
        "currency": organization.currency,
        "status_policy": organization.status_policy,
        "status_parameters": parameters,
    }


async def _write_nodes(
    connection: AsyncConnection, tenant: OrganizationId, records: Iterable[Node], revision: int
) -> None:
    distinct = list({record.id: record for record in records}.values())
    for kind in OWN:
        same_kind = [record for record in distinct if record.kind is kind]
        if same_kind:
            await _write_kind(connection, tenant, same_kind, revision)
    for name in LISTS:
        holders = [record for record in distinct if name in LISTS_OF[record.kind]]
        if holders:
            await _write_lists(connection, tenant, name, holders)


async def _write_kind(
    connection: AsyncConnection, tenant: OrganizationId, records: Sequence[Node], revision: int
) -> None:
    kind = records[0].kind
    shared, own = shared_shape(type(records[0])), OWN[kind]
    same = {"tenant_id": tenant, "kind": kind}
    statement = upsert(
        nodes,
        shared.columns,
        same={**same, "revision": revision},
        kept=("kind", "created_at"),
    )
    await connection.execute(statement, arrays(shared.columns, map(shared.cells, records)))
    statement = upsert(own.table, own.columns, same=same)
    await connection.execute(statement, arrays(own.columns, map(own.cells, records)))


async def _write_lists(
    connection: AsyncConnection, tenant: OrganizationId, name: str, holders: Sequence[Node]
) -> None:
    """Replace the lists of these nodes."""
    table = LISTS[name]
    columns = [column.name for column in table.c][1:]
    rows = [
        (holder.id, position, each)
        for holder in holders
        for position, each in enumerate(getattr(holder, name))
    ]
    await connection.execute(
        delete(table).where(table.c.tenant_id == tenant, table.c.node_id == any_of("holders")),
        {"holders": [holder.id for holder in holders]},
    )
    if rows:
        statement = inserting(table, columns, same={"tenant_id": tenant})
        await connection.execute(statement, arrays(columns, rows))


async def _unlink(
    connection: AsyncConnection, tenant: OrganizationId, unlinked: Iterable[Link], revision: int
) -> None:
    """Mark links as removed; one that isn't there, or is marked already, stays as it is."""
    rows = [(link.source, link.relation, link.target) for link in unlinked]
    if not rows:
        return
    given = unnested(links, LINK_ENDS)
    statement = (
        update(links)
        .where(
            links.c.tenant_id == tenant,
            *(links.c[name] == given.c[name] for name in LINK_ENDS),
            ~links.c.is_removed,
        )
        .values(is_removed=True, revision=revision)
    )
    await connection.execute(statement, arrays(LINK_ENDS, rows))


async def _link(
    connection: AsyncConnection, tenant: OrganizationId, linked: Iterable[Link], revision: int
) -> None:
    """Write links, also those that were removed before; NotFound where an end is missing."""
    rows = {(link.source, link.relation, link.target): LINK.cells(link) for link in linked}
    if not rows:
        return
    parameters = arrays(LINK.columns, rows.values())
    written = await connection.execute(_linking(tenant, revision), parameters)
    if written.rowcount < len(rows):
        message = "A link starts or ends at a node that isn't in the atlas."
        raise NotFound(message)


def _linking(tenant: OrganizationId, revision: int) -> Insert:
    """Insert or overwrite links; the kinds of their ends come from the nodes themselves.

    Each end is looked up by the primary key (the LIMIT says so): statistics that don't know yet of
    a large import's nodes would make a join read all of them for every link.
    """
    given = unnested(links, LINK.columns)
    source, target = (
        select(nodes.c.kind)
        .where(nodes.c.tenant_id == tenant, nodes.c.id == given.c[f"{end}_id"])
        .limit(1)
        .lateral(end)
        for end in ("source", "target")
    )
    rows = select(
        *(literal(tenant, links.c.tenant_id.type), *given.c, source.c.kind, target.c.kind),
        *(literal(value=False), literal(revision, links.c.revision.type)),
    ).select_from(given.join(source, true()).join(target, true()))
    columns = (*LINK.columns, "source_kind", "target_kind", "is_removed", "revision")
    return overwriting(links, ["tenant_id", *columns], rows)
