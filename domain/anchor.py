"""What the objectives on a node, and on everything beneath it, come to: it informs, no more."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from domain.cycle import Cycle, CycleState
from domain.exact import ZERO, decimal_of, mean_of
from domain.explain import Exclusion, Explain, Input
from domain.links import Relation
from domain.node import NodeId
from domain.okr import Objective
from domain.progress import Progress
from domain.reason import Reason, ReasonCode
from domain.rollup import objective_progress
from domain.thread import downstream
from domain.view import View, remembered


@dataclass(frozen=True, slots=True, kw_only=True)
class AnchorScore:
    """The plain mean over objectives; None with the reason.

    `data_coverage` is the share (0 to 1) of the objectives that have a value.
    """

    value: Decimal | None
    data_coverage: Decimal
    objectives: tuple[NodeId, ...]
    reason: Reason | None = None
    explain: Explain


@dataclass(frozen=True, slots=True, kw_only=True)
class AnchorProgress:
    """What the objectives on a node and on everything beneath it come to. It informs only."""

    own: AnchorScore
    downstream: AnchorScore
    all: AnchorScore


def anchor_progress(view: View, anchor: NodeId, *, cycle: NodeId | None = None) -> AnchorProgress:
    """Average the objectives on a goal, journey, opportunity or solution, and beneath it.

    Counted are objectives of the cycle and of the cycles inside it (None: of all active cycles)
    that no objective of those cycles carries on; each once, though paths meet.
    """
    key = ("anchor_progress", anchor, cycle)
    return remembered(view, key, lambda: _anchor_progress(view, anchor, cycle))


def asked_objectives(view: View, cycle: NodeId | None) -> frozenset[NodeId]:
    """Give the visible objectives of a cycle and the cycles inside it (None: of all active ones).

    One that a visible objective of the same cycles carries on is left out.
    """
    key = ("asked_objectives", cycle)
    return remembered(view, key, lambda: _asked_objectives(view, cycle))


def cycles_inside(view: View, cycle: NodeId) -> set[NodeId]:
    """Give a cycle and all cycles inside it: a year, its quarters, their months."""
    view.atlas.get(cycle, Cycle)
    inside = {cycle}
    nested = [c for c in view.atlas.all(Cycle) if c.parent is not None]
    while found := {c.id for c in nested if c.parent in inside and c.id not in inside}:
        inside |= found
    return inside


def _asked_objectives(view: View, cycle: NodeId | None) -> frozenset[NodeId]:
    cycles = _active_cycles(view) if cycle is None else cycles_inside(view, cycle)
    asked = {
        objective.id
        for each in cycles
        for objective in view.atlas.objectives_by_cycle.get(each, ())
        if objective.archived_at is None
    }
    carried_on = {
        objective
        for objective in asked
        if any(successor.id in asked for successor in view.atlas.successors.get(objective, ()))
    }
    return frozenset(asked - carried_on)


def _active_cycles(view: View) -> set[NodeId]:
    return {c.id for c in view.atlas.all(Cycle) if c.state is CycleState.ACTIVE}


def _anchor_progress(view: View, anchor: NodeId, cycle: NodeId | None) -> AnchorProgress:
    own = _objectives_on(view, (anchor,), cycle)
    beneath = _objectives_on(view, (node.id for node in downstream(view.atlas, anchor)), cycle)
    return AnchorProgress(
        own=_mean_score(view, own),
        downstream=_mean_score(view, beneath),
        all=_mean_score(view, own + beneath),
    )


def _objectives_on(view: View, anchors: Iterable[NodeId], cycle: NodeId | None) -> list[Objective]:
    """Each once: an objective hangs on one anchor, and each anchor is among them once."""
    asked = asked_objectives(view, cycle)
    return [
        objective
        for anchor in anchors
        for objective in view.atlas.sources(anchor, Relation.ANCHORED_ON, Objective)
        if objective.id in asked
    ]


def _mean_score(view: View, objectives: list[Objective]) -> AnchorScore:
    scored = [(objective, objective_progress(view, objective)) for objective in objectives]
    values = [progress.value for _, progress in scored if progress.value is not None]
    mean = mean_of(values)
    reason = None if mean is not None else _why_no_score(objectives)
    coverage = Fraction(len(values), len(scored)) if scored else ZERO
    return AnchorScore(
        value=None if mean is None else decimal_of(mean),
        data_coverage=decimal_of(coverage),
        objectives=tuple(objective.id for objective in objectives),
        reason=reason,
        explain=_explain_mean(scored),
    )


def _why_no_score(objectives: list[Objective]) -> Reason:
    if not objectives:
        return Reason(ReasonCode.NO_ITEMS, "There is no objective here in the asked cycles.")
    return Reason(ReasonCode.NO_ITEM_WITH_VALUE, "None of the objectives has a value.")


def _explain_mean(scored: list[tuple[Objective, Progress]]) -> Explain:
    return Explain(
        formula="sum of values / number of objectives with a value",
        inputs=tuple(Input(name=o.key, value=p.value, node=o.id) for o, p in scored),
        excluded=tuple(
            Exclusion(node=o.id, reason=p.reason) for o, p in scored if p.reason is not None
        ),
    )
