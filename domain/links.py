"""The legal links: which kinds of node may be joined, by which relation, in which role.

Four roles, never mixed up: structure, evidence, alignment, contribution. Only the last one moves an
objective's number. A key result's place in its objective, a cycle's parent, a persona of a journey
are fields of the records, not links.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from domain.errors import IllegalLink
from domain.node import Kind, NodeId


class Role(StrEnum):
    """What a link means for the atlas."""

    STRUCTURE = "STRUCTURE"
    EVIDENCE = "EVIDENCE"
    ALIGNMENT = "ALIGNMENT"
    CONTRIBUTION = "CONTRIBUTION"


class Relation(StrEnum):
    """The verbs between two nodes, read from source to target."""

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


class MeasureDimension(StrEnum):
    """What a success measure tells of a journey."""

    EFFECTIVENESS = "EFFECTIVENESS"
    EFFICIENCY = "EFFICIENCY"


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One link; at most one per (source, relation, target).

    `position` orders the targets of HAS_MICRO_JOURNEY, HAS_STEP and SERVED_BY. `weight` belongs to
    CONTRIBUTES_TO (0: aligned, not counted), `share` (0 to 1, None: an equal part) to OWNS,
    `dimension` and `long_term_target` to a metric's link to a journey: a success measure.
    """

    source: NodeId
    relation: Relation
    target: NodeId
    position: int | None = None
    weight: Decimal | None = None
    share: Decimal | None = None
    dimension: MeasureDimension | None = None
    long_term_target: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """What the law says of one relation.

    `one_source`: a target has at most one source by it; `one_target`: a source has at most one
    target. `acyclic`: no node may become its own ancestor. `ordered`: targets have positions.
    """

    role: Role
    sources: tuple[Kind, ...]
    targets: tuple[Kind, ...]
    one_source: bool = False
    one_target: bool = False
    acyclic: bool = False
    ordered: bool = False


RULES: Mapping[Relation, Rule] = MappingProxyType(
    {
        Relation.HAS_SUB_GOAL: Rule(
            Role.STRUCTURE, (Kind.GOAL,), (Kind.GOAL,), one_source=True, acyclic=True
        ),
        Relation.SERVED_BY: Rule(Role.STRUCTURE, (Kind.GOAL,), (Kind.JOURNEY,), ordered=True),
        Relation.HAS_MICRO_JOURNEY: Rule(
            Role.STRUCTURE, (Kind.JOURNEY,), (Kind.JOURNEY,), acyclic=True, ordered=True
        ),
        Relation.HAS_STEP: Rule(
            Role.STRUCTURE, (Kind.JOURNEY,), (Kind.STEP,), one_source=True, ordered=True
        ),
        Relation.IMPROVES: Rule(Role.STRUCTURE, (Kind.OPPORTUNITY,), (Kind.JOURNEY, Kind.STEP)),
        Relation.ADDRESSES: Rule(Role.STRUCTURE, (Kind.SOLUTION,), (Kind.OPPORTUNITY,)),
        Relation.ANCHORED_ON: Rule(
            Role.STRUCTURE,
            (Kind.OBJECTIVE,),
            (Kind.GOAL, Kind.JOURNEY, Kind.OPPORTUNITY, Kind.SOLUTION),
            one_target=True,
        ),
        Relation.SEEN_IN: Rule(Role.EVIDENCE, (Kind.INSIGHT,), (Kind.JOURNEY, Kind.STEP)),
        Relation.SUPPORTS: Rule(Role.EVIDENCE, (Kind.INSIGHT,), (Kind.OPPORTUNITY, Kind.OBJECTIVE)),
        Relation.MEASURES: Rule(
            Role.EVIDENCE,
            (Kind.METRIC,),
            (Kind.GOAL, Kind.JOURNEY, Kind.STEP, Kind.OPPORTUNITY, Kind.SOLUTION),
        ),
        Relation.DRIVES: Rule(Role.EVIDENCE, (Kind.KEY_RESULT,), (Kind.METRIC,)),
        Relation.ALIGNED_WITH: Rule(
            Role.ALIGNMENT, (Kind.OBJECTIVE,), (Kind.OBJECTIVE,), acyclic=True
        ),
        Relation.OWNS: Rule(Role.ALIGNMENT, (Kind.TEAM,), (Kind.OBJECTIVE,)),
        Relation.CONTRIBUTES_TO: Rule(
            Role.CONTRIBUTION, (Kind.OBJECTIVE,), (Kind.OBJECTIVE,), acyclic=True
        ),
    }
)


def legal_pairs() -> list[tuple[Relation, Kind, Kind]]:
    """List every legal (relation, source kind, target kind), in the order of the law."""
    return [
        (relation, source, target)
        for relation, rule in RULES.items()
        for source in rule.sources
        for target in rule.targets
    ]


def require_legal(relation: Relation, source: Kind, target: Kind) -> None:
    """Refuse a pair of kinds that this relation can't join; the error names the legal ones."""
    rule = RULES[relation]
    if source in rule.sources and target in rule.targets:
        return
    legal = [f"{s} {relation} {t}" for s in rule.sources for t in rule.targets]
    between = [f"{s} {r} {t}" for r, s, t in legal_pairs() if (s, t) == (source, target)]
    message = (
        f"{source} {relation} {target} is not a legal link; {relation} joins: {'; '.join(legal)}."
    )
    if between:
        message += f" {source} and {target} can be joined by: {'; '.join(between)}."
    raise IllegalLink(message, legal=legal + between)


def find_cycle(edges: Mapping[NodeId, Iterable[NodeId]]) -> list[NodeId] | None:
    """Give the nodes of one circle in source order, its first node repeated at the end; None: none.

    Iterative, so that a chain of any length is walked.
    """
    done: set[NodeId] = set()
    for root in edges:
        if root in done:
            continue
        path: list[NodeId] = []
        on_path: set[NodeId] = set()
        stack: list[tuple[NodeId, bool]] = [(root, True)]
        while stack:
            node, entering = stack.pop()
            if not entering:
                on_path.discard(path.pop())
                done.add(node)
                continue
            if node in on_path:
                return [*path[path.index(node) :], node]
            if node in done:
                continue
            path.append(node)
            on_path.add(node)
            stack.append((node, False))
            stack.extend((child, True) for child in edges.get(node, ()))
    return None
