"""The atlas as a tree: which node hangs beneath which, each node's own part shown once."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.anchor import asked_objectives
from domain.goal import Goal, GoalScope
from domain.journey import Journey, Step
from domain.links import Relation
from domain.node import ANCHOR_KINDS, Node, NodeId
from domain.okr import Objective
from domain.opportunity import Opportunity
from domain.rollup import key_results_of
from domain.solution import Solution
from domain.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """A node at a place of the tree.

    `trail` tells for every level above its own, and for its own, whether the node there is the last
    of its siblings; empty for a root. `is_repeated`: what is beneath it stands at an earlier place.
    `hidden` counts the nodes right beneath it that lie deeper than was asked for.
    """

    node: Node
    parent: Node | None
    trail: tuple[bool, ...]
    is_repeated: bool = False
    hidden: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What of the tree is wanted: levels (None: all), a cycle (None: all active), key results."""

    depth: int | None = None
    cycle: NodeId | None = None
    key_results: bool = False


def branches(view: View, roots: Sequence[Node], shape: Shape) -> list[Branch]:
    """Walk the tree from its roots downwards, each node before what is beneath it.

    Iterative, so that a chain of any length is walked; a node with several parents is opened at the
    first of them, so that shared parts don't multiply.
    """
    order: list[Branch] = []
    opened: set[NodeId] = set()
    waiting = [Branch(node=node, parent=None, trail=()) for node in reversed(roots)]
    while waiting:
        branch = waiting.pop()
        attached, beneath = _attached(view, branch.node, shape), _beneath(view, branch.node)
        is_repeated = branch.node.id in opened
        is_cut = shape.depth is not None and _level(branch) >= shape.depth
        shown = [] if is_repeated else attached if is_cut else [*attached, *beneath]
        order.append(
            Branch(
                node=branch.node,
                parent=branch.parent,
                trail=branch.trail,
                is_repeated=is_repeated,
                hidden=len(beneath) if is_cut and not is_repeated else 0,
            )
        )
        if shown and not is_cut:
            opened.add(branch.node.id)
        waiting += reversed(_twigs(branch, shown))
    return order


def roots_of(view: View, cycle: NodeId | None = None) -> list[Node]:
    """List what hangs beneath nothing: goals first, then journeys, opportunities, solutions.

    The asked cycle's objectives without an anchor follow.
    """
    atlas = view.atlas
    nodes = [
        node
        for kind in ANCHOR_KINDS
        for node in atlas.by_kind.get(kind, ())
        if node.archived_at is None
    ]
    below = {child.id for node in nodes for child in _beneath(view, node)}
    asked = asked_objectives(view, cycle)
    loose = [
        objective
        for objective in atlas.all(Objective)
        if objective.id in asked and not atlas.links_from(objective.id, Relation.ANCHORED_ON)
    ]
    return [*(node for node in nodes if node.id not in below), *loose]


def _level(branch: Branch) -> int:
    return len(branch.trail) + 1


def _twigs(branch: Branch, nodes: Sequence[Node]) -> list[Branch]:
    last = len(nodes) - 1
    return [
        Branch(node=node, parent=branch.node, trail=(*branch.trail, place == last))
        for place, node in enumerate(nodes)
    ]


def _attached(view: View, node: Node, shape: Shape) -> list[Node]:
    """List what belongs to a node itself: its objectives, an objective's key results."""
    if isinstance(node, Objective):
        return [*key_results_of(view, node)] if shape.key_results else []
    asked = asked_objectives(view, shape.cycle)
    found = view.atlas.sources(node.id, Relation.ANCHORED_ON, Objective)
    return [objective for objective in found if objective.id in asked]


def _beneath(view: View, node: Node) -> list[Node]:
    """List the next nodes down; a journey's own goals stand beneath the journey."""
    atlas = view.atlas
    match node:
        case Goal(scope=GoalScope.JOURNEY):
            return [*_sub_goals(view, node)]
        case Goal():
            journeys = atlas.targets(node.id, Relation.SERVED_BY, Journey)
            return [*_sub_goals(view, node), *journeys]
        case Journey():
            goals = atlas.sources(node.id, Relation.SERVED_BY, Goal)
            micro = atlas.targets(node.id, Relation.HAS_MICRO_JOURNEY, Journey)
            own = [goal for goal in goals if goal.scope is GoalScope.JOURNEY]
            return [*own, *micro, *_improving(view, node)]
        case Opportunity():
            return [*atlas.sources(node.id, Relation.ADDRESSES, Solution)]
        case _:
            return []


def _sub_goals(view: View, goal: Goal) -> list[Goal]:
    """List the sub-goals that no journey shows as its own."""
    atlas = view.atlas
    return [
        sub
        for sub in atlas.targets(goal.id, Relation.HAS_SUB_GOAL, Goal)
        if sub.scope is not GoalScope.JOURNEY
        or not atlas.targets(sub.id, Relation.SERVED_BY, Journey)
    ]


def _improving(view: View, journey: Journey) -> list[Opportunity]:
    """List the opportunities that improve a journey or one of its steps, each once."""
    atlas = view.atlas
    places = [journey.id, *(s.id for s in atlas.targets(journey.id, Relation.HAS_STEP, Step))]
    found = [o for place in places for o in atlas.sources(place, Relation.IMPROVES, Opportunity)]
    return list({opportunity.id: opportunity for opportunity in found}.values())
