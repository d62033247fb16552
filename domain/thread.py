"""Ways through the structure: beneath a node, what a goal reaches, from a solution up to goals."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from types import MappingProxyType

from domain.atlas import Atlas
from domain.links import Relation
from domain.node import Kind, Node, NodeId

THREADS_AT_MOST = 200
"""How many paths one answer holds unless told otherwise: shared parts multiply them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldenThread:
    """Paths from a node up to goals; `is_complete` tells whether these are all of them.

    Each path starts at the node and ends at a goal that is nobody's sub-goal.
    """

    paths: tuple[tuple[Node, ...], ...]
    is_complete: bool


@dataclass(frozen=True, slots=True)
class _Way:
    """A relation to follow: from its source to its targets, or against it."""

    relation: Relation
    is_backwards: bool = False


_DOWN: Mapping[Kind, tuple[_Way, ...]] = MappingProxyType(
    {
        Kind.GOAL: (_Way(Relation.HAS_SUB_GOAL), _Way(Relation.SERVED_BY)),
        Kind.JOURNEY: (
            _Way(Relation.HAS_MICRO_JOURNEY),
            _Way(Relation.HAS_STEP),
            _Way(Relation.IMPROVES, is_backwards=True),
        ),
        Kind.STEP: (_Way(Relation.IMPROVES, is_backwards=True),),
        Kind.OPPORTUNITY: (_Way(Relation.ADDRESSES, is_backwards=True),),
    }
)

_UP: Mapping[Kind, tuple[_Way, ...]] = MappingProxyType(
    {
        Kind.SOLUTION: (_Way(Relation.ADDRESSES),),
        Kind.OPPORTUNITY: (_Way(Relation.IMPROVES),),
        Kind.STEP: (_Way(Relation.HAS_STEP, is_backwards=True),),
        Kind.JOURNEY: (
            _Way(Relation.SERVED_BY, is_backwards=True),
            _Way(Relation.HAS_MICRO_JOURNEY, is_backwards=True),
        ),
        Kind.GOAL: (_Way(Relation.HAS_SUB_GOAL, is_backwards=True),),
    }
)

_ATTACHED = (
    _Way(Relation.SEEN_IN, is_backwards=True),
    _Way(Relation.MEASURES, is_backwards=True),
    _Way(Relation.ANCHORED_ON, is_backwards=True),
)


def downstream(atlas: Atlas, node: NodeId) -> list[Node]:
    """List the visible nodes structurally beneath a node, each once, the nearest first.

    Goal: sub-goals and journeys; journey: micro journeys, steps and the opportunities that improve
    them; opportunity: solutions. The node itself isn't among them.
    """
    return _reached(atlas, node, _DOWN)[1:]


def directly_beneath(atlas: Atlas, node: Node) -> list[Node]:
    """List the visible nodes one step down from a node; one twice where two links lead to it."""
    return _follow(atlas, node, _DOWN.get(node.kind, ()))


def upstream(atlas: Atlas, node: NodeId) -> list[Node]:
    """List the visible nodes structurally above a node, each once, the nearest first."""
    return _reached(atlas, node, _UP)[1:]


def impact(atlas: Atlas, goal: NodeId) -> Mapping[Kind, tuple[Node, ...]]:
    """Give everything that a goal (or any node) reaches, by kind, each in order of key.

    Beside what lies beneath it: insights seen there, metrics that measure it, the objectives that
    hang on any of these (or on the goal itself) and their key results.
    """
    reached = _reached(atlas, goal, _DOWN)
    found = {node.id: node for node in reached[1:]}
    for node in reached:
        found.update((other.id, other) for other in _follow(atlas, node, _ATTACHED))
    for objective in [node for node in found.values() if node.kind is Kind.OBJECTIVE]:
        key_results = atlas.key_results_by_objective.get(objective.id, ())
        found.update((kr.id, kr) for kr in key_results if kr.archived_at is None)
    by_kind = {
        kind: tuple(sorted((n for n in found.values() if n.kind is kind), key=lambda n: n.key))
        for kind in Kind
    }
    return {kind: nodes for kind, nodes in by_kind.items() if nodes}


def golden_thread(atlas: Atlas, node: NodeId, *, at_most: int = THREADS_AT_MOST) -> GoldenThread:
    """Give the paths from a solution (or any node below a goal) up to every goal it serves."""
    found = list(islice(_paths_to_goals(atlas, node), at_most + 1))
    return GoldenThread(paths=tuple(found[:at_most]), is_complete=len(found) <= at_most)


def _follow(atlas: Atlas, node: Node, ways: tuple[_Way, ...]) -> list[Node]:
    found: list[Node] = []
    for way in ways:
        step = atlas.sources if way.is_backwards else atlas.targets
        found += step(node.id, way.relation, Node)
    return found


def _reached(atlas: Atlas, start: NodeId, ways: Mapping[Kind, tuple[_Way, ...]]) -> list[Node]:
    """Walk breadth first; the start is the first of the result."""
    order = [atlas.get(start, Node)]
    seen = {start}
    for node in order:
        for other in _follow(atlas, node, ways.get(node.kind, ())):
            if other.id not in seen:
                seen.add(other.id)
                order.append(other)
    return order


def _paths_to_goals(atlas: Atlas, start: NodeId) -> Iterator[tuple[Node, ...]]:
    """Walk depth first, only over nodes from which a goal can be reached: no blind alleys."""
    above = _ways_to_goals(atlas, start)
    path = [atlas.get(start, Node)]
    branches = [iter(above[start])]
    if path[0].kind is Kind.GOAL and not above[start]:
        yield tuple(path)
    while branches:
        following = next(branches[-1], None)
        if following is None:
            branches.pop()
            path.pop()
            continue
        path.append(following)
        branches.append(iter(above[following.id]))
        if not above[following.id]:
            yield tuple(path)


def _ways_to_goals(atlas: Atlas, start: NodeId) -> dict[NodeId, list[Node]]:
    """Give for each node above the start the next ones up that lead to a goal."""
    nodes = _reached(atlas, start, _UP)
    above = {node.id: _follow(atlas, node, _UP.get(node.kind, ())) for node in nodes}
    below: dict[NodeId, list[NodeId]] = {node.id: [] for node in nodes}
    for node in nodes:
        for other in above[node.id]:
            below[other.id].append(node.id)
    leading = [node.id for node in nodes if node.kind is Kind.GOAL]
    fruitful = set(leading)
    for goal_side in leading:
        new = [lower for lower in below[goal_side] if lower not in fruitful]
        fruitful.update(new)
        leading += new
    return {node.id: [other for other in above[node.id] if other.id in fruitful] for node in nodes}
