"""Whether an opportunity's solutions are out, whether anything moved, and where the two part."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from domain.anchor import AnchorScore, anchor_progress
from domain.exact import decimal_of
from domain.explain import Exclusion, Explain, Input
from domain.links import Relation
from domain.node import NodeId
from domain.opportunity import Opportunity
from domain.reason import Reason, ReasonCode
from domain.solution import Solution, SolutionStatus
from domain.view import View

SETTLING = timedelta(days=28)
"""How long a released solution may take to move anything."""

NOT_MOVED_BELOW = Decimal("0.1")
MOVED_FROM = Decimal("0.3")


class Divergence(StrEnum):
    """How delivery and outcome contradict each other."""

    SHIPPED_NOT_MOVED = "SHIPPED_NOT_MOVED"
    MOVED_NOT_SHIPPED = "MOVED_NOT_SHIPPED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """The share (0 to 1) of solutions released among those not cancelled; None: there are none."""

    value: Decimal | None
    released: tuple[NodeId, ...]
    counted: tuple[NodeId, ...]
    reason: Reason | None = None
    explain: Explain


def delivery(view: View, opportunity: Opportunity) -> Delivery:
    """Give how many of an opportunity's solutions are out. It never counts as progress."""
    solutions = view.atlas.sources(opportunity.id, Relation.ADDRESSES, Solution)
    counted = [s for s in solutions if s.status is not SolutionStatus.CANCELLED]
    released = [s for s in counted if _is_released(s, view.today)]
    share = Fraction(len(released), len(counted)) if counted else None
    reason = None
    if share is None:
        reason = Reason(ReasonCode.NO_ITEMS, "No solution that isn't cancelled addresses it.")
    return Delivery(
        value=None if share is None else decimal_of(share),
        released=tuple(solution.id for solution in released),
        counted=tuple(solution.id for solution in counted),
        reason=reason,
        explain=_explain(solutions, counted, released),
    )


def outcome(view: View, opportunity: Opportunity, *, cycle: NodeId | None = None) -> AnchorScore:
    """Give the mean progress of an opportunity's own objectives (cycle None: the active ones)."""
    return anchor_progress(view, opportunity.id, cycle=cycle).own


def divergence(
    view: View, opportunity: Opportunity, *, cycle: NodeId | None = None
) -> Divergence | None:
    """Tell where delivery and outcome part; None where they agree or the outcome isn't known."""
    moved = outcome(view, opportunity, cycle=cycle).value
    if moved is None:
        return None
    released = [
        view.atlas.get(solution, Solution) for solution in delivery(view, opportunity).released
    ]
    if not released and moved >= MOVED_FROM:
        return Divergence.MOVED_NOT_SHIPPED
    has_settled = any(_is_released(solution, view.today - SETTLING) for solution in released)
    if has_settled and moved < NOT_MOVED_BELOW:
        return Divergence.SHIPPED_NOT_MOVED
    return None


def _is_released(solution: Solution, day: date) -> bool:
    """Without a date, a released solution counts as released long ago."""
    is_out = solution.status is SolutionStatus.RELEASED
    return is_out and (solution.released_at is None or solution.released_at <= day)


def _explain(
    solutions: list[Solution], counted: list[Solution], released: list[Solution]
) -> Explain:
    cancelled = Reason(ReasonCode.CANCELLED, "The solution is cancelled.")
    return Explain(
        formula="solutions released / solutions not cancelled",
        inputs=(
            Input(name="released", value=Decimal(len(released))),
            Input(name="not cancelled", value=Decimal(len(counted))),
        ),
        excluded=tuple(
            Exclusion(node=s.id, reason=cancelled) for s in solutions if s not in counted
        ),
    )
