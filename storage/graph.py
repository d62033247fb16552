"""The graph in rows: the statements that read it, and the records and links made of what comes.

A statement is made once: SQLAlchemy takes longer to make one than PostgreSQL to answer it. Each has
the parameter `tenant`.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import ARRAY, BigInteger, ColumnElement, Row, Select, Table, bindparam, func, select

from domain.links import Link
from domain.node import Kind, Node, NodeId
from storage.bulk import any_of
from storage.rows import ATLAS_NODE, LINK, LISTS, LISTS_OF, OWN, RECORD_OF, setter, shared_shape
from storage.tables import links, nodes
from storage.tables.columns import Id

# Any: a row's cells, each of its own type.
Cells = Sequence[Any]
Rows = Sequence[Row[*tuple[Any, ...]]]
Statement = Select[*tuple[Any, ...]]

Shared = Mapping[NodeId, Cells]
ListOf = Mapping[NodeId, tuple[NodeId, ...]]

KINDS = {kind.value: kind for kind in Kind}
TENANT = bindparam("tenant", type_=Id())
SINCE = bindparam("since", type_=BigInteger())


@cache
def all_nodes() -> Statement:
    """Select what all kinds have in common, of all nodes."""
    return select(*ATLAS_NODE.select()).where(nodes.c.tenant_id == TENANT)


@cache
def all_listed(name: str) -> Statement:
    """Select what fields of that name list, each with the node that lists it, in order."""
    table = LISTS[name]
    return (
        select(table.c.node_id, table.c[3])
        .where(table.c.tenant_id == TENANT)
        .order_by(table.c.node_id, table.c.position)
    )


@cache
def all_of(kind: Kind) -> Statement:
    """Select what only this kind has, of all its nodes."""
    shape = OWN[kind]
    return select(*shape.select()).where(shape.table.c.tenant_id == TENANT)


@cache
def some_of(kind: Kind) -> Statement:
    """Select what only this kind has, of the nodes whose ids are the parameter `only`."""
    return all_of(kind).where(OWN[kind].table.c.id == any_of("only"))


@cache
def all_links() -> Statement:
    """Select all links that weren't unlinked."""
    return select(*LINK.select()).where(links.c.tenant_id == TENANT, ~links.c.is_removed)


@cache
def changed_nodes() -> Statement:
    """Select the nodes changed since a revision, kinds and lists first: a few, so all at once."""
    lists = map(_list_of_node, LISTS.values())
    return select(nodes.c.kind, *lists, *ATLAS_NODE.select()).where(
        nodes.c.tenant_id == TENANT, nodes.c.revision > SINCE
    )


def _list_of_node(table: Table) -> ColumnElement[Any]:
    members = (
        select(table.c[3])
        .where(table.c.tenant_id == nodes.c.tenant_id, table.c.node_id == nodes.c.id)
        .order_by(table.c.position)
        .scalar_subquery()
    )
    return func.array(members, type_=ARRAY(Id()))


@cache
def changed_links() -> Statement:
    """Select the links made, changed or unlinked since a revision; the last cell says unlinked."""
    return select(*LINK.select(), links.c.is_removed).where(
        links.c.tenant_id == TENANT, links.c.revision > SINCE
    )


def by_id(rows: Rows) -> Shared:
    """Give the rows of `all_nodes` by id."""
    return {row[0]: row for row in rows}


def listed(rows: Rows) -> ListOf:
    """Give by node the nodes that it lists, in order."""
    found: defaultdict[NodeId, list[NodeId]] = defaultdict(list)
    for node, each in rows:
        found[node].append(each)
    return {node: tuple(ids) for node, ids in found.items()}


@dataclass(frozen=True, slots=True)
class ChangedNodes:
    """By kind and id what all kinds have in common, and by field and id the lists of nodes."""

    nodes: Mapping[Kind, Shared]
    lists: Mapping[str, ListOf]


def changed_of(rows: Rows) -> ChangedNodes:
    """Sort the rows of `changed_nodes`."""
    first = 1 + len(LISTS)
    found: defaultdict[Kind, dict[NodeId, Cells]] = defaultdict(dict)
    lists: dict[str, dict[NodeId, tuple[NodeId, ...]]] = {name: {} for name in LISTS}
    for row in rows:
        found[KINDS[row[0]]][row[first]] = row[first:]
        for name, members in zip(LISTS, row[1:first], strict=True):
            lists[name][row[first]] = tuple(members)
    return ChangedNodes(found, lists)


def records_of(kind: Kind, shared: Shared, lists: Mapping[str, ListOf], rows: Rows) -> list[Node]:
    """Make the records of a kind from their own cells, the shared ones, and their lists."""
    own, record = OWN[kind], RECORD_OF[kind]
    common = shared_shape(record)
    own_lists = [(setter(record, name), lists[name]) for name in LISTS_OF[kind]]
    records: list[Node] = []
    for row in rows:
        made = object.__new__(record)
        common.fill(made, shared[row[0]])
        own.fill(made, row)
        for put, members in own_lists:
            put(made, members.get(row[0], ()))
        records.append(made)
    return records


def links_of(rows: Rows) -> list[Link]:
    """Make links from their cells."""
    made: list[Link] = []
    for row in rows:
        link = object.__new__(Link)
        LINK.fill(link, row)
        made.append(link)
    return made


def linked_and_unlinked(rows: Rows) -> tuple[list[Link], list[Link]]:
    """Make the links of `changed_links`: those that are there, and those that no longer are."""
    there, gone = ([row for row in rows if row[-1] is is_gone] for is_gone in (False, True))
    return links_of(there), links_of(gone)
