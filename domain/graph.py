"""The atlas as flat nodes and edges, for whoever draws it.

Edges are the links and those fields of records that name other records: a key result's objective,
metric and persona, an objective's cycle, the metrics in a formula, and so on.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from functools import partial
from itertools import chain, islice
from types import MappingProxyType

from domain.atlas import Atlas
from domain.cycle import Cycle
from domain.errors import InvalidRecord, TooMuch
from domain.formula_rules import used_by
from domain.insight import Insight
from domain.journey import Journey
from domain.links import RULES, Link, Relation, Role
from domain.metric import Metric
from domain.node import Kind, Node, NodeId
from domain.okr import KeyResult, Objective
from domain.opportunity import Opportunity
from domain.source import MetricSource
from domain.team import Member, Team
from domain.view import View, remembered

NODES_AT_MOST = 5_000
EDGES_AT_MOST = 20_000

DRAWN = (
    Kind.GOAL,
    Kind.JOURNEY,
    Kind.STEP,
    Kind.INSIGHT,
    Kind.OPPORTUNITY,
    Kind.SOLUTION,
    Kind.METRIC,
    Kind.OBJECTIVE,
    Kind.KEY_RESULT,
)
"""The kinds in a graph unless others are asked for."""

ENDS = (Kind.CYCLE, Kind.TEAM, Kind.MEMBER, Kind.PERSONA, Kind.CONNECTION)
"""Kinds that a walk reaches but doesn't go on from: through a year everything is near."""

GUARDRAIL = "GUARDRAIL"


class FieldRelation(StrEnum):
    """The verbs of edges that are fields of records, read from source to target."""

    PART_OF = "PART_OF"
    MEASURED_BY = "MEASURED_BY"
    SET_FOR = "SET_FOR"
    CARRIES_ON = "CARRIES_ON"
    LIES_IN = "LIES_IN"
    BELONGS_TO = "BELONGS_TO"
    ABOUT = "ABOUT"
    FEEDS = "FEEDS"
    READS_FROM = "READS_FROM"
    DERIVED_FROM = "DERIVED_FROM"


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphEdge:
    """One edge; None where a relation has no such attribute.

    `position` orders the targets of a source, and the key results of an objective. `tag` is a
    success measure's dimension, or GUARDRAIL. `weight` (0 or more) belongs to contributions: what
    the source counts in the target's roll-up, 0 for a guardrail. `share` (0 to 1) is the part of an
    objective that was given to a team.
    """

    source: NodeId
    target: NodeId
    kind: Relation | FieldRelation
    role: Role
    position: int | None = None
    tag: str | None = None
    weight: Decimal | None = None
    share: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """Nodes in order of kind and key; the edges among them by their source in that order.

    One source's edges stand in the order of the law, then of position or the target's key.
    """

    nodes: tuple[Node, ...]
    edges: tuple[GraphEdge, ...]


def graph(
    view: View,
    *,
    kinds: Collection[Kind] = DRAWN,
    start: NodeId | None = None,
    depth: int | None = None,
) -> Graph:
    """Give the visible nodes of some kinds and every edge among them.

    With a start only what is reached from it, along edges in both directions and over nodes of
    these kinds, in at most `depth` steps (None: however many). The start is there whatever its
    kind; cycles, teams, members, personas and connections are reached, but lead nowhere further.
    TooMuch for more than 5,000 nodes or 20,000 edges; InvalidRecord for a depth below 0, or one
    without a start; NotFound for a start that isn't there.
    """
    if depth is not None and (depth < 0 or start is None):
        message = f"A depth is 0 or more, and counted from a node; this is {depth}."
        raise InvalidRecord(message, path=("depth",))
    found = _everything(view, kinds) if start is None else _reached(view, kinds, start, depth)
    nodes = {node.id: node for node in sorted(found, key=_place)}
    among = (edges_from(view.atlas, node, nodes) for node in nodes.values())
    edges = list(islice(chain.from_iterable(among), EDGES_AT_MOST + 1))
    _require_at_most(len(edges), EDGES_AT_MOST, "edges")
    return Graph(nodes=tuple(nodes.values()), edges=tuple(edges))


def visible_nodes(view: View) -> Mapping[NodeId, Node]:
    """Give the visible nodes of every kind by id, in order of key; remembered by the view."""
    return remembered(view, ("visible_nodes",), partial(_visible_nodes, view.atlas))


def edges_from(atlas: Atlas, node: Node, among: Mapping[NodeId, Node]) -> Iterator[GraphEdge]:
    """Walk the edges from a node to others `among` these: links in the order of the law, then
    fields.
    """
    for relation in _OUTGOING[node.kind]:
        for link in atlas.links_from(node.id, relation):
            if link.target in among:
                yield _link_edge(link)
    for field, target in _named_by(atlas, node):
        if target in among:
            yield _field_edge(node, field, target)


_KINDS = tuple(Kind)
_OUTGOING = {kind: [r for r, rule in RULES.items() if kind in rule.sources] for kind in Kind}
_INCOMING = {kind: [r for r, rule in RULES.items() if kind in rule.targets] for kind in Kind}

_ROLES: Mapping[FieldRelation, Role] = MappingProxyType(
    {
        FieldRelation.PART_OF: Role.CONTRIBUTION,
        FieldRelation.MEASURED_BY: Role.EVIDENCE,
        FieldRelation.FEEDS: Role.EVIDENCE,
        FieldRelation.READS_FROM: Role.EVIDENCE,
        FieldRelation.DERIVED_FROM: Role.EVIDENCE,
    }
)
"""Roles of the edges that are fields; the others are STRUCTURE."""


def _place(node: Node) -> tuple[int, str]:
    return _KINDS.index(node.kind), node.key


def _require_at_most(count: int, maximum: int, what: str) -> None:
    if count > maximum:
        advice = "Ask for fewer kinds, or from a node in fewer steps."
        seen = f"The graph has {count:,} {what} or more"
        raise TooMuch(seen, limit=what, maximum=maximum, advice=advice)


def _everything(view: View, kinds: Collection[Kind]) -> list[Node]:
    of_kinds = chain.from_iterable(view.atlas.by_kind.get(kind, ()) for kind in set(kinds))
    found = [node for node in of_kinds if _is_visible(view.atlas, node)]
    _require_at_most(len(found), NODES_AT_MOST, "nodes")
    return found


def _reached(view: View, kinds: Collection[Kind], start: NodeId, depth: int | None) -> list[Node]:
    """Walk breadth first, ring by ring."""
    reached = {start: view.atlas.get(start, Node)}
    ring = [reached[start]]
    while ring and (depth is None or depth > 0):
        depth = None if depth is None else depth - 1
        beside = chain.from_iterable(_neighbours(view, node) for node in ring)
        new = {
            node.id: node
            for node in beside
            if node.id not in reached and node.kind in kinds and _is_visible(view.atlas, node)
        }
        reached |= new
        _require_at_most(len(reached), NODES_AT_MOST, "nodes")
        ring = [node for node in new.values() if node.kind not in ENDS]
    return list(reached.values())


def _visible_nodes(atlas: Atlas) -> dict[NodeId, Node]:
    found = (node for node in atlas.nodes.values() if _is_visible(atlas, node))
    return {node.id: node for node in sorted(found, key=lambda node: node.key)}


def _is_visible(atlas: Atlas, node: Node) -> bool:
    """Tell whether a node is to be seen; a key result hides with its objective."""
    if isinstance(node, KeyResult) and atlas.nodes[node.objective].archived_at is not None:
        return False
    return node.archived_at is None


def _neighbours(view: View, node: Node) -> Iterator[Node]:
    atlas = view.atlas
    for relation in _OUTGOING[node.kind]:
        yield from (atlas.nodes[link.target] for link in atlas.links_from(node.id, relation))
    for relation in _INCOMING[node.kind]:
        yield from (atlas.nodes[link.source] for link in atlas.links_to(node.id, relation))
    yield from (atlas.nodes[target] for _, target in _named_by(atlas, node))
    naming = remembered(view, ("naming_in_fields",), partial(_naming, atlas))
    yield from naming.get(node.id, ())


def _naming(atlas: Atlas) -> dict[NodeId, list[Node]]:
    """Index the visible nodes by the nodes that their fields name."""
    index: dict[NodeId, list[Node]] = {}
    for node in atlas.nodes.values():
        if node.archived_at is None:
            for _, target in _named_by(atlas, node):
                index.setdefault(target, []).append(node)
    return index


def _named_by(atlas: Atlas, node: Node) -> Iterator[tuple[FieldRelation, NodeId]]:
    for relation, target in _fields(node):
        if target is not None:
            yield relation, target
    if isinstance(node, Metric):
        inputs = (atlas.find(key, Metric) for key in used_by(node))
        yield from ((FieldRelation.DERIVED_FROM, used.id) for used in inputs if used is not None)


def _fields(node: Node) -> Iterator[tuple[FieldRelation, NodeId | None]]:
    match node:
        case KeyResult():
            yield FieldRelation.PART_OF, node.objective
            yield FieldRelation.MEASURED_BY, node.metric
            yield FieldRelation.ABOUT, node.persona
        case Objective():
            yield FieldRelation.SET_FOR, node.cycle
            yield FieldRelation.CARRIES_ON, node.predecessor
        case Journey() | Insight():
            yield from ((FieldRelation.ABOUT, persona) for persona in node.personas)
        case Opportunity():
            yield FieldRelation.ABOUT, node.persona
        case Cycle():
            yield FieldRelation.LIES_IN, node.parent
        case Team():
            yield FieldRelation.BELONGS_TO, node.parent
        case Member():
            yield FieldRelation.BELONGS_TO, node.team
        case MetricSource():
            yield FieldRelation.FEEDS, node.metric
            yield FieldRelation.READS_FROM, node.connection
        case _:
            return


def _link_edge(link: Link) -> GraphEdge:
    contributes = link.relation is Relation.CONTRIBUTES_TO
    return GraphEdge(
        source=link.source,
        target=link.target,
        kind=link.relation,
        role=RULES[link.relation].role,
        position=link.position,
        tag=link.dimension,
        weight=Decimal(1) if contributes and link.weight is None else link.weight,
        share=link.share,
    )


def _field_edge(node: Node, field: FieldRelation, target: NodeId) -> GraphEdge:
    edge = GraphEdge(
        source=node.id, target=target, kind=field, role=_ROLES.get(field, Role.STRUCTURE)
    )
    if not isinstance(node, KeyResult) or field is not FieldRelation.PART_OF:
        return edge
    if node.is_guardrail:
        return replace(edge, position=node.position, tag=GUARDRAIL, weight=Decimal(0))
    return replace(edge, position=node.position, weight=node.weight)
