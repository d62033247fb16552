"""How public fields follow ids and links: each function makes the function of a field.

Nodes that are archived are left out where links are followed, and shown where a record names them.
"""

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from api.context import Reading
from api.relay import Order
from domain.atlas import Atlas
from domain.links import Relation
from domain.node import Node, NodeId
from domain.view import remembered

N = TypeVar("N", bound=Node)
OneNode = Callable[[object, Reading], Node | None]
NodeList = Callable[[Node, Reading], list[Node]]


def named_in(attribute: str) -> OneNode:
    """Give the node whose id the record's attribute holds; None where it holds None."""

    def one(record: object, reading: Reading) -> Node | None:
        node_id: NodeId | None = getattr(record, attribute)
        return None if node_id is None else reading.view.atlas.nodes[node_id]

    return one


def all_named_in(attribute: str) -> Callable[[object, Reading], list[Node]]:
    """Give the nodes whose ids the record's attribute holds, in its order."""

    def every(record: object, reading: Reading) -> list[Node]:
        node_ids: tuple[NodeId, ...] = getattr(record, attribute)
        return [reading.view.atlas.nodes[node_id] for node_id in node_ids]

    return every


def naming(kind: type[Node], attribute: str) -> NodeList:
    """Give the visible nodes of a kind whose attribute holds this node's id, in order of key."""

    def follow(node: Node, reading: Reading) -> list[Node]:
        key = ("naming", kind, attribute)
        index = remembered(reading.view, key, partial(_index, reading.view.atlas, kind, attribute))
        return index.get(node.id, [])

    return follow


def _index(atlas: Atlas, kind: type[Node], attribute: str) -> dict[NodeId, list[Node]]:
    index: dict[NodeId, list[Node]] = {}
    for node in atlas.all(kind):
        named: NodeId | tuple[NodeId, ...] | None = getattr(node, attribute)
        for node_id in named if isinstance(named, tuple) else (named,):
            if node_id is not None:
                index.setdefault(node_id, []).append(node)
    return index


def targets(relation: Relation, kind: type[Node]) -> NodeList:
    """Give the nodes of a kind that a relation leads to, in the links' order."""

    def follow(node: Node, reading: Reading) -> list[Node]:
        return reading.view.atlas.targets(node.id, relation, kind)

    return follow


def sources(relation: Relation, kind: type[Node]) -> NodeList:
    """Give the nodes of a kind that a relation comes from, in order of key."""

    def follow(node: Node, reading: Reading) -> list[Node]:
        return reading.view.atlas.sources(node.id, relation, kind)

    return follow


def source(relation: Relation, kind: type[Node]) -> OneNode:
    """Give the one node that a relation comes from, None without one."""

    def follow(node: object, reading: Reading) -> Node | None:
        node_id: NodeId = getattr(node, "id")  # noqa: B009 - fields take any record
        return next(iter(reading.view.atlas.sources(node_id, relation, kind)), None)

    return follow


def by_position(relation: Relation) -> Callable[[Node, Reading], Order[Node]]:
    """Give the order of a relation's targets: the links' positions, then keys."""

    def order(node: Node, reading: Reading) -> Order[Node]:
        links = reading.view.atlas.links_from(node.id, relation)
        positions = {link.target: link.position or 0 for link in links}
        return Order("position", lambda target: (positions[target.id], target.key), (int, str))

    return order
