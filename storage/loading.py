"""Load an organization's graph: each table once, each record made once, or only what changed."""

from collections.abc import Callable
from decimal import Decimal
from functools import cache, partial
from typing import TypeVar

from pydantic import TypeAdapter
from sqlalchemy import Text, bindparam, cast, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.actions.changes import Changes
from domain.atlas import Atlas, build_atlas
from domain.node import Node, OrganizationId
from domain.organization import Organization
from domain.refreshing import refreshed
from storage.beside import beside
from storage.graph import (
    Rows,
    Statement,
    all_links,
    all_listed,
    all_nodes,
    all_of,
    by_id,
    changed_links,
    changed_nodes,
    changed_of,
    linked_and_unlinked,
    links_of,
    listed,
    records_of,
    some_of,
)
from storage.rows import LISTS, OWN
from storage.tables import organizations, tenants

T = TypeVar("T")

PARAMETERS = TypeAdapter(dict[str, Decimal])


async def load_atlas(
    connection: AsyncConnection, key: str, held: Atlas | None = None
) -> Atlas | None:
    """Give the present Atlas of an organization; the connection's snapshot holds it together.

    With the Atlas of an earlier revision only what changed since is read, and the rest is shared.
    """
    found = await organization_by_key(connection, key)
    if found is None:
        return None
    organization, revision = found
    if held is None or held.organization.id != organization.id or held.revision > revision:
        return await _graph(connection, organization, revision)
    if held.revision == revision:
        return held
    return await _refreshed(connection, held, organization, revision)


async def _graph(connection: AsyncConnection, organization: Organization, revision: int) -> Atlas:
    async def made(statement: Statement, make: Callable[[Rows], T]) -> T:
        return await _made(connection, statement, make, tenant=organization.id)

    shared = await made(all_nodes(), by_id)
    lists = {name: await made(all_listed(name), listed) for name in LISTS}
    records: list[Node] = []
    for kind in OWN:
        records += await made(all_of(kind), partial(records_of, kind, shared, lists))
    joined = await made(all_links(), links_of)
    return await beside(
        partial(build_atlas, organization, revision, records, joined), len(records) + len(joined)
    )


async def _refreshed(
    connection: AsyncConnection, held: Atlas, organization: Organization, revision: int
) -> Atlas:
    async def made(statement: Statement, make: Callable[[Rows], T], **given: object) -> T:
        return await _made(connection, statement, make, tenant=organization.id, **given)

    changed = await made(changed_nodes(), changed_of, since=held.revision)
    records: list[Node] = []
    for kind, shared in changed.nodes.items():
        make = partial(records_of, kind, shared, changed.lists)
        records += await made(some_of(kind), make, only=list(shared))
    linked, unlinked = await made(changed_links(), linked_and_unlinked, since=held.revision)
    changes = Changes(
        organization=organization,
        base_revision=held.revision,
        nodes=records,
        links=linked,
        unlinked=unlinked,
    )
    size = len(records) + len(linked) + len(unlinked)
    return await beside(partial(refreshed, held, changes, revision), size)


async def _made(
    connection: AsyncConnection,
    statement: Statement,
    make: Callable[[Rows], T],
    **given: object,
) -> T:
    """Give what is made of a statement's rows, which are all here when the making begins."""
    found = await connection.execute(statement, given)
    return await beside(lambda: make(found.all()), found.rowcount)


async def organization_by_key(
    connection: AsyncConnection, key: str
) -> tuple[Organization, int] | None:
    """Give an organization and its revision; None where there is none."""
    row = (await connection.execute(by_key(), {"key": key})).one_or_none()
    if row is None:
        return None
    organization = Organization(
        id=OrganizationId(row[0]),
        key=key,
        title=row[1],
        time_zone=row[2],
        currency=row[3],
        status_policy=row[4],
        status_parameters=PARAMETERS.validate_json(row[5]),
    )
    return organization, row[6]


@cache
def by_key() -> Statement:
    """Select an organization, and its revision at the end."""
    columns = organizations.c
    return (
        select(
            columns.tenant_id,
            columns.title,
            columns.time_zone,
            columns.currency,
            columns.status_policy,
            cast(columns.status_parameters, Text),
            columns.revision,
        )
        .join(tenants, tenants.c.id == columns.tenant_id)
        .where(tenants.c.key == bindparam("key"))
    )
