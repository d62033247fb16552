"""How progress adds up to an objective: the weighted mean of what it counts.

Values of different units never meet here: only progress is averaged.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from functools import partial

from domain.exact import ZERO, clamped
from domain.explain import Exclusion, Explain, Input, Weight
from domain.links import Relation
from domain.node import NodeId
from domain.okr import KeyResult, Objective, RollupMode
from domain.progress import Progress, key_result_progress, measured, missing
from domain.reason import Reason, ReasonCode
from domain.view import View, remembered


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A key result or child objective that an objective counts, with its weight."""

    node: KeyResult | Objective
    weight: Decimal
    progress: Progress


def objective_progress(view: View, objective: Objective) -> Progress:
    """Give an objective's progress: the weighted mean of its items, each cut to 0..1.

    In mode MANUAL the value is the one a person set, and `computed` stands beside it.
    """
    for each in _children_first(view, objective):
        remembered(view, _memo_key(each), partial(_rolled_up, view, each))
    return remembered(view, _memo_key(objective), partial(_rolled_up, view, objective))


def counted_items(view: View, objective: Objective) -> list[Item]:
    """List what an objective's roll-up mode counts, guardrails left out, weights of 0 included.

    MANUAL counts the key results: their mean is the computed value beside the manual one.
    """
    objective_progress(view, objective)
    return _items(view, objective)


def key_results_of(view: View, objective: Objective) -> list[KeyResult]:
    """List the visible key results of an objective in their order."""
    found = view.atlas.key_results_by_objective.get(objective.id, ())
    return [key_result for key_result in found if key_result.archived_at is None]


def guardrails_of(view: View, objective: Objective) -> list[KeyResult]:
    """List the visible guardrails of an objective: in every roll-up mode, never averaged in."""
    return [kr for kr in key_results_of(view, objective) if kr.is_guardrail]


def _memo_key(objective: Objective) -> tuple[str, NodeId]:
    return ("objective_progress", objective.id)


def _counts_children(objective: Objective) -> bool:
    return objective.rollup in (RollupMode.CHILDREN, RollupMode.BOTH)


def _children(view: View, objective: Objective) -> list[Objective]:
    if not _counts_children(objective):
        return []
    return view.atlas.sources(objective.id, Relation.CONTRIBUTES_TO, Objective)


def _children_first(view: View, root: Objective) -> list[Objective]:
    """List an objective and all beneath it by contribution, children before parents.

    Iterative, so that a chain of any length is walked; a circle is walked once.
    """
    order: list[Objective] = []
    seen: set[NodeId] = set()
    stack = [(root, True)]
    while stack:
        objective, is_entering = stack.pop()
        if not is_entering:
            order.append(objective)
        elif objective.id not in seen:
            seen.add(objective.id)
            stack.append((objective, False))
            stack.extend((child, True) for child in _children(view, objective))
    return order


def _items(view: View, objective: Objective) -> list[Item]:
    items: list[Item] = []
    if objective.rollup is not RollupMode.CHILDREN:
        items += [
            Item(node=kr, weight=kr.weight, progress=key_result_progress(view, kr))
            for kr in key_results_of(view, objective)
            if not kr.is_guardrail
        ]
    links = {x.source: x for x in view.atlas.links_to(objective.id, Relation.CONTRIBUTES_TO)}
    for child in _children(view, objective):
        weight = links[child.id].weight
        progress = view.memo.get(_memo_key(child)) or _circular(child)
        items.append(
            Item(node=child, weight=Decimal(1) if weight is None else weight, progress=progress)
        )
    return items


def _circular(child: Objective) -> Progress:
    message = f"{child.key} contributes to itself by way of this objective."
    return missing(Reason(ReasonCode.CIRCULAR, message), Explain(formula=_WEIGHTED))


def _rolled_up(view: View, objective: Objective) -> Progress:
    computed = _weighted_mean(_items(view, objective), guardrails_of(view, objective))
    manual = objective.manual_progress
    if manual is not None and manual.at > view.end_of_today:
        manual = None
    beside = replace(computed, manual=manual, computed=computed.value)
    if objective.rollup is not RollupMode.MANUAL:
        return beside
    if manual is None:
        reason = Reason(ReasonCode.NO_MANUAL_VALUE, "Nobody has set the manual value yet.")
        return replace(missing(reason, computed.explain), computed=computed.value)
    by_hand = measured(Fraction(manual.value), _manual_explain(manual.value, computed.explain))
    return replace(
        beside,
        raw=by_hand.raw,
        value=by_hand.value,
        exact=by_hand.exact,
        state=by_hand.state,
        reason=None,
        explain=by_hand.explain,
    )


def _manual_explain(value: Decimal, computed: Explain) -> Explain:
    stated = Input(name="manual value", value=value)
    formula = f"manual value; computed beside it: {computed.formula}"
    return replace(computed, formula=formula, inputs=(stated, *computed.inputs))


_WEIGHTED = "sum of weight x value / sum of weight, over the items with a value"


def _weighted_mean(items: list[Item], guardrails: list[KeyResult]) -> Progress:
    counted = [item for item in items if item.weight > 0]
    known = [item for item in counted if item.progress.exact is not None]
    explain = _explain_items(items, guardrails)
    is_stale = any(item.progress.is_stale for item in counted)
    total = _sum_of_weights(counted)
    if not known:
        return replace(missing(_why_nothing(items, counted), explain), is_stale=is_stale)
    weight = _sum_of_weights(known)
    points = sum((Fraction(x.weight) * clamped(x.progress.exact or ZERO) for x in known), ZERO)
    return replace(measured(points / weight, explain, coverage=weight / total), is_stale=is_stale)


def _sum_of_weights(items: Iterable[Item]) -> Fraction:
    return sum((Fraction(item.weight) for item in items), ZERO)


def _why_nothing(items: list[Item], counted: list[Item]) -> Reason:
    if not items:
        return Reason(ReasonCode.NO_ITEMS, "The objective has nothing that counts.")
    if not counted:
        return Reason(ReasonCode.ALL_WEIGHTS_ZERO, "All weights are 0.")
    return Reason(ReasonCode.NO_ITEM_WITH_VALUE, "None of the counted items has a value.")


def _explain_items(items: list[Item], guardrails: list[KeyResult]) -> Explain:
    excluded = [
        Exclusion(node=kr.id, reason=Reason(ReasonCode.GUARDRAIL, "A guardrail isn't averaged in."))
        for kr in guardrails
    ]
    excluded += [
        Exclusion(node=item.node.id, reason=item.progress.reason)
        for item in items
        if item.progress.reason is not None
    ]
    return Explain(
        formula=_WEIGHTED,
        inputs=tuple(
            Input(name=item.node.key, value=item.progress.value, node=item.node.id)
            for item in items
        ),
        weights=tuple(Weight(node=item.node.id, weight=item.weight) for item in items),
        excluded=tuple(excluded),
    )
