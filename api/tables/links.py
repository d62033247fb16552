"""How nodes hang together: every edge, and every ancestor with its descendants."""

from collections.abc import Iterator
from dataclasses import dataclass

from api.context import Reading
from api.relay import Order, Part
from api.tables.columns import Columns, number
from api.tables.table import a_table, from_start, in_memory
from api.types.node import url
from domain.graph import GraphEdge, edges_from, visible_nodes
from domain.lineage import STRUCTURE, Descent, lineage
from domain.node import Node


@dataclass(frozen=True, slots=True)
class Joined:
    """An edge with the nodes at its ends."""

    edge: GraphEdge
    source: Node
    target: Node

    @property
    def id(self) -> str:
        """The two ends and the verb between them, which joins them once."""
        return f"{self.edge.source} {self.edge.kind} {self.edge.target}"


joined = Columns[Joined]()
descent = Columns[Descent]()

BY_ENDS: Order[Joined] = Order(
    "ends",
    lambda each: (each.source.key, each.edge.kind.value, each.target.key),
    (str, str, str),
)
BY_ANCESTOR: Order[Descent] = Order(
    "ancestor",
    lambda each: (each.ancestor.key, each.depth, each.descendant.key),
    (str, int, str),
)

_URL = "The {}'s page for people; null where the server was told of none."


class EdgeRow:
    """An edge of the atlas: what joins one node to another."""

    kind = joined.of(
        str,
        "What it says, read from its source to its target: a value of `EdgeKind`.",
        lambda each, _: each.edge.kind.value,
    )
    role = joined.of(
        str,
        "What it means: STRUCTURE, EVIDENCE, ALIGNMENT, or CONTRIBUTION, which moves numbers.",
        lambda each, _: each.edge.role.value,
    )
    source_id, source_key, source_title = joined.node(
        "the node it starts from", lambda each, _: each.source
    )
    source_kind = joined.of(
        str, "The kind of that node (`GOAL` …).", lambda each, _: each.source.kind.value
    )
    source_url = joined.maybe(str, _URL.format("source"), lambda each, r: url(each.source, r))
    target_id, target_key, target_title = joined.node(
        "the node it leads to", lambda each, _: each.target
    )
    target_kind = joined.of(
        str, "The kind of that node (`GOAL` …).", lambda each, _: each.target.kind.value
    )
    target_url = joined.maybe(str, _URL.format("target"), lambda each, r: url(each.target, r))
    position = joined.maybe(
        int,
        "Its place among those from the same source; null where they have no order.",
        lambda each, _: each.edge.position,
    )
    tag = joined.maybe(
        str,
        "EFFECTIVENESS or EFFICIENCY of a success measure, GUARDRAIL of a key result; null for "
        "others.",
        lambda each, _: each.edge.tag,
    )
    weight = joined.maybe(
        float,
        "Contributions: what the source counts in the target's progress; null for others.",
        lambda each, _: number(each.edge.weight),
    )
    share = joined.maybe(
        float,
        "OWNS: the given part of the objective, 0 to 1; null where none was given, and for others.",
        lambda each, _: number(each.edge.share),
    )


class LineageRow:
    """An ancestor and one of its descendants in the structure; each node is its own at depth 0."""

    ancestor_id, ancestor_key, ancestor_title = descent.node(
        "the ancestor", lambda each, _: each.ancestor
    )
    ancestor_kind = descent.of(
        str,
        "GOAL, JOURNEY, STEP, OPPORTUNITY or SOLUTION.",
        lambda each, _: each.ancestor.kind.value,
    )
    ancestor_url = descent.maybe(
        str, _URL.format("ancestor"), lambda each, r: url(each.ancestor, r)
    )
    descendant_id, descendant_key, descendant_title = descent.node(
        "the descendant", lambda each, _: each.descendant
    )
    descendant_kind = descent.of(
        str,
        "GOAL, JOURNEY, STEP, OPPORTUNITY or SOLUTION.",
        lambda each, _: each.descendant.kind.value,
    )
    descendant_url = descent.maybe(
        str, _URL.format("descendant"), lambda each, r: url(each.descendant, r)
    )
    depth = descent.of(
        int,
        "How many steps the descendant lies beneath, by the shortest way; 0: it is the ancestor.",
        lambda each, _: each.depth,
    )


def edges(reading: Reading, start: Part) -> Iterator[Joined]:
    """Give the edges among the nodes in use, by their source."""
    view = reading.view
    nodes = visible_nodes(view)
    for source in from_start(list(nodes.values()), start, lambda node: node.key):
        reading.require_running()
        found = edges_from(view.atlas, source, nodes)
        of_source = [Joined(edge, source, nodes[edge.target]) for edge in found]
        yield from sorted(of_source, key=BY_ENDS.place)


def descents(reading: Reading, start: Part) -> Iterator[Descent]:
    """Give what lies beneath each node of the structure in use, by its key."""
    view = reading.view
    nodes = [node for node in visible_nodes(view).values() if node.kind in STRUCTURE]
    for ancestor in from_start(nodes, start, lambda node: node.key):
        reading.require_running()
        yield from sorted(lineage(view.atlas, ancestor), key=BY_ANCESTOR.place)


EDGES = a_table(
    "edgeRows",
    EdgeRow,
    "Every edge among the nodes in use: links, and the fields that name other nodes. In order of "
    "source, kind and target.",
    order=BY_ENDS,
    source=in_memory(edges),
)
LINEAGE = a_table(
    "lineageRows",
    LineageRow,
    "Every ancestor with each of its descendants, for joins: an objective counts for all ancestors "
    "of what it hangs on. A node with several parents comes under each of them, so sums over "
    "several ancestors count it twice. In order of ancestor, depth and descendant.",
    order=BY_ANCESTOR,
    source=in_memory(descents),
)
