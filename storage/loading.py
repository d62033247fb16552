"""Read an organization's graph: each table once, each record built once, or only what changed."""

import gc
from collections import defaultdict
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import ARRAY, ColumnElement, Table, Text, cast, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.actions.changes import Changes
from domain.atlas import Atlas, build_atlas
from domain.links import Link, MeasureDimension, Relation
from domain.node import AtlasNode, Kind, Node, NodeId, OrganizationId
from domain.organization import Organization
from domain.refreshing import refreshed
from storage.bulk import any_of
from storage.rows import ATLAS_NODE, LISTS, LISTS_OF, NODE, OWN, RECORD_OF
from storage.tables import links, nodes, organizations, tenants
from storage.tables.columns import Id

# Any: a record's fields, each of its own type.
Fields = dict[str, Any]
ListOf = Mapping[str, tuple[NodeId, ...]]

PARAMETERS = TypeAdapter(dict[str, Decimal])
# What only nodes with an owner have.
ALIEN = tuple({field.name for field in ATLAS_NODE.fields} - {field.name for field in NODE.fields})
KINDS = {kind.value: kind for kind in Kind}
RELATIONS = {relation.value: relation for relation in Relation}
DIMENSIONS: dict[str | None, MeasureDimension | None] = {
    None: None,
    **{dimension.value: dimension for dimension in MeasureDimension},
}
LINK = (
    "source_id",
    "relation",
    "target_id",
    "position",
    "weight",
    "share",
    "dimension",
    "long_term_target",
)


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
    with collector_at_rest():
        if held is None or held.organization.id != organization.id or held.revision > revision:
            return await _graph(connection, organization, revision)
        if held.revision == revision:
            return held
        return await _refreshed(connection, held, organization, revision)


@contextmanager
def collector_at_rest() -> Generator[None]:
    """Keep the cyclic garbage collector from looking through the records while they are made.

    It would find nothing, and take longer than everything else: 2.2 of 4 s at 100,000 nodes.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


async def _graph(connection: AsyncConnection, organization: Organization, revision: int) -> Atlas:
    shared = await shared_fields(connection, organization.id)
    lists = {name: await listed(connection, organization.id, name) for name in LISTS}
    records: list[Node] = []
    for kind in OWN:
        records += await records_of(connection, organization.id, kind, shared, lists)
    joined = await links_of(connection, organization.id)
    return build_atlas(organization, revision, records, joined)


async def _refreshed(
    connection: AsyncConnection, held: Atlas, organization: Organization, revision: int
) -> Atlas:
    tenant, since = organization.id, held.revision
    changed = await changed_nodes(connection, tenant, since)
    records: list[Node] = []
    for kind, shared in changed.nodes.items():
        ids = list(shared)
        records += await records_of(connection, tenant, kind, shared, changed.lists, only=ids)
    linked, unlinked = await changed_links(connection, tenant, since)
    changes = Changes(
        organization=organization,
        base_revision=since,
        nodes=records,
        links=linked,
        unlinked=unlinked,
    )
    return refreshed(held, changes, revision)


async def organization_by_key(
    connection: AsyncConnection, key: str
) -> tuple[Organization, int] | None:
    """Give an organization and its revision; None where there is none."""
    columns = organizations.c
    rows = await connection.execute(
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
        .where(tenants.c.key == key)
    )
    row = rows.one_or_none()
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


async def shared_fields(
    connection: AsyncConnection, tenant: OrganizationId
) -> dict[NodeId, Fields]:
    """Give by id what all kinds have in common."""
    rows = await connection.execute(select(*ATLAS_NODE.select()).where(nodes.c.tenant_id == tenant))
    return {row[0]: ATLAS_NODE.values(row) for row in rows.all()}


@dataclass(frozen=True, slots=True)
class ChangedNodes:
    """By kind and id what all kinds have in common, and by field and id the lists of nodes."""

    nodes: dict[Kind, dict[NodeId, Fields]]
    lists: Mapping[str, ListOf]


async def changed_nodes(
    connection: AsyncConnection, tenant: OrganizationId, since: int
) -> ChangedNodes:
    """Read the nodes changed since a revision, with their lists: a few, so in one statement."""
    rows = await connection.execute(
        select(nodes.c.kind, *map(_list_of_node, LISTS.values()), *ATLAS_NODE.select()).where(
            nodes.c.tenant_id == tenant, nodes.c.revision > since
        )
    )
    first = 1 + len(LISTS)
    found: dict[Kind, dict[NodeId, Fields]] = {}
    lists: dict[str, dict[str, tuple[NodeId, ...]]] = {name: {} for name in LISTS}
    for row in rows.all():
        found.setdefault(KINDS[row[0]], {})[row[first]] = ATLAS_NODE.values(row[first:])
        for name, members in zip(LISTS, row[1:first], strict=True):
            lists[name][row[first]] = tuple(members)
    return ChangedNodes(found, lists)


def _list_of_node(table: Table) -> ColumnElement[Any]:
    members = (
        select(table.c[3])
        .where(table.c.tenant_id == nodes.c.tenant_id, table.c.node_id == nodes.c.id)
        .order_by(table.c.position)
        .scalar_subquery()
    )
    return func.array(members, type_=ARRAY(Id()))


async def listed(connection: AsyncConnection, tenant: OrganizationId, name: str) -> ListOf:
    """Give by node the nodes that its field of that name lists, in order."""
    table = LISTS[name]
    member = table.c[3]
    rows = await connection.execute(
        select(table.c.node_id, member)
        .where(table.c.tenant_id == tenant)
        .order_by(table.c.node_id, table.c.position)
    )
    found: defaultdict[str, list[NodeId]] = defaultdict(list)
    for node, each in rows.all():
        found[node].append(each)
    return {node: tuple(ids) for node, ids in found.items()}


async def records_of(
    connection: AsyncConnection,
    tenant: OrganizationId,
    kind: Kind,
    shared: Mapping[NodeId, Fields],
    lists: Mapping[str, ListOf],
    *,
    only: Sequence[NodeId] | None = None,
) -> list[Node]:
    """Give all records of a kind, or `only` some."""
    shape, record = OWN[kind], RECORD_OF[kind]
    statement = select(*shape.select()).where(shape.table.c.tenant_id == tenant)
    if only is not None:
        statement = statement.where(shape.table.c.id == any_of("only"))
    rows = await connection.execute(statement, {} if only is None else {"only": only})
    alien = () if issubclass(record, AtlasNode) else ALIEN
    own_lists = [(name, lists[name]) for name in LISTS_OF[kind]]
    records: list[Node] = []
    for row in rows.all():
        fields = shared[row[0]] | shape.values(row)
        for name in alien:
            del fields[name]
        for name, members in own_lists:
            fields[name] = members.get(row[0], ())
        records.append(record(**fields))
    return records


async def links_of(connection: AsyncConnection, tenant: OrganizationId) -> list[Link]:
    """Give all links that weren't unlinked."""
    columns = links.c
    rows = await connection.execute(
        select(*(columns[name] for name in LINK)).where(
            columns.tenant_id == tenant, ~columns.is_removed
        )
    )
    return [_link(row) for row in rows.all()]


async def changed_links(
    connection: AsyncConnection, tenant: OrganizationId, since: int
) -> tuple[list[Link], list[Link]]:
    """Give the links that were made or changed since a revision, and those that were unlinked."""
    columns = links.c
    rows = await connection.execute(
        select(*(columns[name] for name in LINK), columns.is_removed).where(
            columns.tenant_id == tenant, columns.revision > since
        )
    )
    found = rows.all()
    return [_link(row) for row in found if not row[-1]], [_link(row) for row in found if row[-1]]


def _link(row: Sequence[Any]) -> Link:
    return Link(
        source=row[0],
        relation=RELATIONS[row[1]],
        target=row[2],
        position=row[3],
        weight=row[4],
        share=row[5],
        dimension=DIMENSIONS[row[6]],
        long_term_target=row[7],
    )
