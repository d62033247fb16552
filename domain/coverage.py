"""Which journeys have an owner, insights, goals, measures, objectives …, as a matrix."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from domain.anchor import asked_objectives
from domain.atlas import Atlas
from domain.exact import decimal_of
from domain.goal import Goal, GoalKind
from domain.insight import Insight
from domain.journey import Journey, Step
from domain.links import MeasureDimension, Relation
from domain.node import Node, NodeId
from domain.okr import Objective
from domain.opportunity import Opportunity, OpportunityStatus
from domain.solution import Solution, SolutionStatus
from domain.thread import downstream
from domain.view import View


class CoverageAspect(StrEnum):
    """What a journey can have, in the order of a matrix's columns."""

    OWNER = "OWNER"
    PERSONA = "PERSONA"
    STEP = "STEP"
    MOMENT_THAT_MATTERS = "MOMENT_THAT_MATTERS"
    INSIGHT = "INSIGHT"
    CUSTOMER_GOAL = "CUSTOMER_GOAL"
    BUSINESS_GOAL = "BUSINESS_GOAL"
    EFFECTIVENESS = "EFFECTIVENESS"
    EFFICIENCY = "EFFICIENCY"
    OPPORTUNITY = "OPPORTUNITY"
    SOLUTION = "SOLUTION"
    OBJECTIVE = "OBJECTIVE"


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageCell:
    """How many of an aspect a journey has: `own`, and `beneath` it only in its micro journeys.

    Owner, personas, goals and measures of a micro journey say nothing of the journey above: of
    them `beneath` is 0.
    """

    aspect: CoverageAspect
    own: int
    beneath: int = 0

    @property
    def is_covered(self) -> bool:
        """Whether the journey has any."""
        return self.own + self.beneath > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageRow:
    """A journey's cells in the order of the aspects; `share` (0 to 1) of them are covered."""

    journey: Journey
    cells: tuple[CoverageCell, ...]
    share: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageTotal:
    """How many journeys of a matrix have an aspect, and their share (0 to 1); None of nothing."""

    aspect: CoverageAspect
    covered: int
    share: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """The matrix: a row a journey in the order asked, a total an aspect."""

    rows: tuple[CoverageRow, ...]
    totals: tuple[CoverageTotal, ...]


def coverage(view: View, journeys: Iterable[Journey], *, cycle: NodeId | None = None) -> Coverage:
    """Tell what each journey has: on itself, its steps, the opportunities that improve these, and
    their solutions; and what its micro journeys have.

    Objectives are those of a cycle and the cycles inside it (None: of all active ones). Dropped
    opportunities and cancelled solutions don't count.
    """
    asked = asked_objectives(view, cycle)
    rows = tuple(_row(view.atlas, journey, asked) for journey in journeys)
    totals = (_total(aspect, [row.cells[n] for row in rows]) for n, aspect in enumerate(_ASPECTS))
    return Coverage(rows=rows, totals=tuple(totals))


_ASPECTS = tuple(CoverageAspect)
_Ids = set[NodeId]


def _row(atlas: Atlas, journey: Journey, asked: frozenset[NodeId]) -> CoverageRow:
    own = _of_branch(atlas, _own_branch(atlas, journey), asked)
    everything = _of_branch(atlas, [journey, *downstream(atlas, journey.id)], asked)
    of_itself = _of_itself(atlas, journey)
    cells = tuple(
        CoverageCell(aspect=aspect, own=of_itself[aspect])
        if aspect in of_itself
        else CoverageCell(
            aspect=aspect,
            own=len(own[aspect]),
            beneath=len(everything[aspect] - own[aspect]),
        )
        for aspect in _ASPECTS
    )
    covered = sum(cell.is_covered for cell in cells)
    return CoverageRow(
        journey=journey, cells=cells, share=decimal_of(Fraction(covered, len(cells)))
    )


def _own_branch(atlas: Atlas, journey: Journey) -> list[Node]:
    """List a journey, its steps, the opportunities that improve them, and their solutions."""
    places: list[Node] = [journey, *atlas.targets(journey.id, Relation.HAS_STEP, Step)]
    improving = [o for p in places for o in atlas.sources(p.id, Relation.IMPROVES, Opportunity)]
    solving = [s for o in improving for s in atlas.sources(o.id, Relation.ADDRESSES, Solution)]
    return [*places, *improving, *solving]


def _of_itself(atlas: Atlas, journey: Journey) -> dict[CoverageAspect, int]:
    goals = Counter(g.goal_kind for g in atlas.sources(journey.id, Relation.SERVED_BY, Goal))
    measures = Counter(
        link.dimension
        for link in atlas.links_to(journey.id, Relation.MEASURES)
        if atlas.nodes[link.source].archived_at is None
    )
    return {
        CoverageAspect.OWNER: int(journey.owner is not None),
        CoverageAspect.PERSONA: len(journey.personas),
        CoverageAspect.CUSTOMER_GOAL: goals[GoalKind.CUSTOMER],
        CoverageAspect.BUSINESS_GOAL: goals[GoalKind.BUSINESS],
        CoverageAspect.EFFECTIVENESS: measures[MeasureDimension.EFFECTIVENESS],
        CoverageAspect.EFFICIENCY: measures[MeasureDimension.EFFICIENCY],
    }


def _of_branch(
    atlas: Atlas, nodes: Sequence[Node], asked: frozenset[NodeId]
) -> dict[CoverageAspect, _Ids]:
    seen = {i.id for n in nodes for i in atlas.sources(n.id, Relation.SEEN_IN, Insight)}
    anchored = {o.id for n in nodes for o in atlas.sources(n.id, Relation.ANCHORED_ON, Objective)}
    return {
        CoverageAspect.STEP: {n.id for n in nodes if isinstance(n, Step)},
        CoverageAspect.MOMENT_THAT_MATTERS: {n.id for n in nodes if _matters(n)},
        CoverageAspect.INSIGHT: seen,
        CoverageAspect.OPPORTUNITY: {n.id for n in nodes if _is_pursued(n)},
        CoverageAspect.SOLUTION: {n.id for n in nodes if _is_made(n)},
        CoverageAspect.OBJECTIVE: anchored & asked,
    }


def _matters(node: Node) -> bool:
    return isinstance(node, Journey | Step) and node.is_moment_that_matters


def _is_pursued(node: Node) -> bool:
    return isinstance(node, Opportunity) and node.status is not OpportunityStatus.DROPPED


def _is_made(node: Node) -> bool:
    return isinstance(node, Solution) and node.status is not SolutionStatus.CANCELLED


def _total(aspect: CoverageAspect, cells: Sequence[CoverageCell]) -> CoverageTotal:
    covered = sum(cell.is_covered for cell in cells)
    share = decimal_of(Fraction(covered, len(cells))) if cells else None
    return CoverageTotal(aspect=aspect, covered=covered, share=share)
