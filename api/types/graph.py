"""The atlas as flat nodes and edges, for whoever draws it."""

from decimal import Decimal
from enum import StrEnum

import strawberry

from api.context import Reading
from api.errors import BadUserInput, NotFound
from api.fields import attribute, computed, described, many, maybe
from api.relay import GlobalId, encode_id
from api.types.enums import NODE_KIND, public_enum
from api.types.node import TYPE_NAMES, global_id
from api.types.references import NODE
from domain import graph
from domain.graph import DRAWN, EDGES_AT_MOST, NODES_AT_MOST, GraphEdge
from domain.links import Role
from domain.node import Kind, Node, NodeId
from domain.view import View


class EdgeKind(StrEnum):
    """The verbs of all edges: `Relation`, then `FieldRelation`, which are one thing to a client."""

    HAS_SUB_GOAL = "HAS_SUB_GOAL"
    SERVED_BY = "SERVED_BY"
    HAS_MICRO_JOURNEY = "HAS_MICRO_JOURNEY"
    HAS_STEP = "HAS_STEP"
    IMPROVES = "IMPROVES"
    ADDRESSES = "ADDRESSES"
    ANCHORED_ON = "ANCHORED_ON"
    SEEN_IN = "SEEN_IN"
    SUPPORTS = "SUPPORTS"
    MEASURES = "MEASURES"
    DRIVES = "DRIVES"
    ALIGNED_WITH = "ALIGNED_WITH"
    OWNS = "OWNS"
    CONTRIBUTES_TO = "CONTRIBUTES_TO"
    PART_OF = "PART_OF"
    MEASURED_BY = "MEASURED_BY"
    SET_FOR = "SET_FOR"
    CARRIES_ON = "CARRIES_ON"
    LIES_IN = "LIES_IN"
    BELONGS_TO = "BELONGS_TO"
    ABOUT = "ABOUT"
    DERIVED_FROM = "DERIVED_FROM"
    FEEDS = "FEEDS"
    READS_FROM = "READS_FROM"


EDGE_KIND = public_enum(
    EdgeKind,
    "What an edge says, read from its source to its target.",
    HAS_SUB_GOAL="The goal has this sub-goal.",
    SERVED_BY="The goal is served by this journey.",
    HAS_MICRO_JOURNEY="The journey has this micro journey.",
    HAS_STEP="The journey has this step.",
    IMPROVES="The opportunity improves this journey or step.",
    ADDRESSES="The solution addresses this opportunity.",
    ANCHORED_ON="The objective hangs on this node.",
    SEEN_IN="The insight was seen in this journey or step.",
    SUPPORTS="The insight supports this opportunity or objective.",
    MEASURES="The metric measures this node.",
    DRIVES="The key result should move this metric.",
    ALIGNED_WITH="The objective is aligned with this one; no number moves.",
    OWNS="The team owns this objective, or a share of it.",
    CONTRIBUTES_TO="The objective's progress counts in this one's.",
    PART_OF="The key result is a part of this objective.",
    MEASURED_BY="The key result is decided by this metric.",
    SET_FOR="The objective is set for this cycle.",
    CARRIES_ON="The objective carries on this one of an earlier cycle.",
    LIES_IN="The cycle lies inside this one.",
    BELONGS_TO="The team belongs to this team, or the member to it.",
    ABOUT="The node is about this persona.",
    DERIVED_FROM="The metric's formula names this metric.",
    FEEDS="The metric source feeds this metric.",
    READS_FROM="The metric source reads through this connection.",
)
EDGE_ROLE = public_enum(
    Role,
    "What an edge means for the atlas.",
    name="EdgeRole",
    STRUCTURE="It holds the atlas together.",
    EVIDENCE="It tells what is known.",
    ALIGNMENT="It tells what goes together; no number moves.",
    CONTRIBUTION="The source's progress counts in the target's.",
)


def drawn(
    view: View,
    _: Reading,
    *,
    kinds: list[Kind] | None = None,
    from_: str | None = None,
    depth: int | None = None,
) -> graph.Graph:
    """Give the nodes of some kinds and the edges among them, from a node on or all."""
    if depth is not None and from_ is None:
        message = "A `depth` is counted from a node: say `from`, too."
        raise BadUserInput(message)
    start = None if from_ is None else _named(view, from_)
    return graph.graph(view, kinds=DRAWN if kinds is None else kinds, start=start, depth=depth)


def _named(view: View, key: str) -> NodeId:
    found = view.atlas.find(key, Node)
    if found is None:
        message = f"No node has the key {key!r}."
        raise NotFound(message)
    return found.id


def itself(node: Node, _: Reading) -> Node:
    """Give the node that a node of the graph stands for."""
    return node


def edge_kind(edge: GraphEdge, _: Reading) -> EdgeKind:
    """Name an edge by the one public enum of its two."""
    return EdgeKind(edge.kind.value)


def source_id(edge: GraphEdge, reading: Reading) -> str:
    """Give the public id of an edge's source."""
    return _public_id(edge.source, reading)


def target_id(edge: GraphEdge, reading: Reading) -> str:
    """Give the public id of an edge's target."""
    return _public_id(edge.target, reading)


def _public_id(node_id: NodeId, reading: Reading) -> str:
    atlas = reading.view.atlas
    kind = atlas.nodes[node_id].kind
    return encode_id(GlobalId(TYPE_NAMES[kind], atlas.organization.id, node_id))


def source_key(edge: GraphEdge, reading: Reading) -> str:
    """Give the key of an edge's source."""
    return reading.view.atlas.nodes[edge.source].key


def target_key(edge: GraphEdge, reading: Reading) -> str:
    """Give the key of an edge's target."""
    return reading.view.atlas.nodes[edge.target].key


@strawberry.type(name="GraphNode", description="A node as it is drawn.")
class PublicGraphNode:
    """The public face of any `domain.node.Node`."""

    id = computed(global_id, strawberry.ID, "The node's id, as edges name it.")
    key: str = described("The external key, unique in the organization over all kinds.")
    title: str = described("What to write on it.")
    kind = computed(attribute("kind"), NODE_KIND, "The kind of node.")
    node = computed(itself, NODE, "The node itself, with all that can be asked of it.")


@strawberry.type(name="GraphEdge", description="An edge between two nodes of a graph.")
class PublicGraphEdge:
    """The public face of `domain.graph.GraphEdge`."""

    source = computed(source_id, strawberry.ID, "The id of the node at which it begins.")
    target = computed(target_id, strawberry.ID, "The id of the node at which it ends.")
    source_key = computed(source_key, str, "The key of the node at which it begins.")
    target_key = computed(target_key, str, "The key of the node at which it ends.")
    kind = computed(edge_kind, EDGE_KIND, "What it says, read from source to target.")
    role: str = described("What it means for the atlas.", graphql_type=EDGE_ROLE)
    position: int | None = described(
        "The target's place among those of the source, of a key result its own place in the "
        "objective; null where nothing is in order."
    )
    tag: str | None = described(
        "A success measure's dimension (EFFECTIVENESS, EFFICIENCY), or GUARDRAIL of a key result; "
        "null of other edges."
    )
    weight: float | None = described(
        "What the source counts in the target's progress, 0 or more: 0 of a guardrail; null of "
        "edges without a weight."
    )
    weight_exact = computed(attribute("weight"), maybe(Decimal), "The same number, exact.")
    share: float | None = described(
        "The part of an objective that was given to a team, 0 to 1; null where nobody said, and "
        "of other edges."
    )
    share_exact = computed(attribute("share"), maybe(Decimal), "The same number, exact.")


@strawberry.type(name="Graph", description="The atlas, or a part of it, to be drawn.")
class PublicGraph:
    """The public face of `domain.graph.Graph`."""

    nodes = computed(attribute("nodes"), many(PublicGraphNode), "In order of kind and key.")
    edges: list[PublicGraphEdge] = described(
        "All edges among these nodes: links, and fields of nodes that name other nodes. By their "
        "source in the order of `nodes`."
    )


GRAPH = computed(
    drawn,
    PublicGraph,
    "The atlas as flat nodes and edges, for whoever draws it; archived nodes are left out. At most "
    f"{NODES_AT_MOST:,} nodes and {EDGES_AT_MOST:,} edges, else BAD_USER_INPUT.",
    kinds="Only nodes of these kinds; where nothing is said, goals, journeys, steps, insights, "
    "opportunities, solutions, metrics, objectives and key results.",
    from_="A node's key: only what is reached from it, along edges in both directions and over "
    "nodes of these kinds. Cycles, teams, members, personas and connections are reached, but lead "
    "nowhere further. Where nothing is said, everything.",
    depth="How many edges away from `from` at most, 0 or more; where nothing is said, however "
    "many.",
)
"""The field that gives the atlas to be drawn."""
