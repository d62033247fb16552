"""Read an organization's whole graph: each table once, each record built once."""

import gc
from collections import defaultdict
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Text, cast, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.atlas import Atlas, build_atlas
from domain.links import Link, MeasureDimension, Relation
from domain.node import AtlasNode, Kind, Node, NodeId, OrganizationId
from domain.organization import Organization
from storage.rows import ATLAS_NODE, LISTS, LISTS_OF, NODE, OWN, RECORD_OF
from storage.tables import links, nodes, organizations, tenants

# Any: a record's fields, each of its own type.
Fields = dict[str, Any]
ListOf = Mapping[str, tuple[NodeId, ...]]

PARAMETERS = TypeAdapter(dict[str, Decimal])
# What only nodes with an owner have.
ALIEN = tuple({field.name for field in ATLAS_NODE.fields} - {field.name for field in NODE.fields})
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


async def load_atlas(connection: AsyncConnection, key: str) -> Atlas | None:
    """Give the Atlas of an organization; the connection's snapshot holds it together."""
    found = await organization_by_key(connection, key)
    if found is None:
        return None
    with collector_at_rest():
        return await _graph(connection, *found)


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


async def organization_by_key(
    connection: AsyncConnection, key: str
) -> tuple[Organization, int] | None:
    """Give an organization and its revision; None where there is none."""
    tenant = await connection.scalar(select(tenants.c.id).where(tenants.c.key == key))
    if tenant is None:
        return None
    columns = organizations.c
    row = (
        await connection.execute(
            select(
                columns.title,
                columns.time_zone,
                columns.currency,
                columns.status_policy,
                cast(columns.status_parameters, Text),
                columns.revision,
            ).where(columns.tenant_id == tenant)
        )
    ).one()
    organization = Organization(
        id=OrganizationId(tenant),
        key=key,
        title=row[0],
        time_zone=row[1],
        currency=row[2],
        status_policy=row[3],
        status_parameters=PARAMETERS.validate_json(row[4]),
    )
    return organization, row[5]


async def shared_fields(
    connection: AsyncConnection, tenant: OrganizationId
) -> dict[NodeId, Fields]:
    """Give by id what all kinds have in common."""
    rows = await connection.execute(select(*ATLAS_NODE.select()).where(nodes.c.tenant_id == tenant))
    return {row[0]: ATLAS_NODE.values(row) for row in rows.all()}


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
) -> list[Node]:
    """Give all records of a kind."""
    shape, record = OWN[kind], RECORD_OF[kind]
    rows = await connection.execute(
        select(*shape.select()).where(shape.table.c.tenant_id == tenant)
    )
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
