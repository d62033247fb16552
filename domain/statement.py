"""Sentences composed from records: what a key result and an opportunity say."""

from collections.abc import Sequence
from decimal import Decimal

from domain.amount import amount_text, number_text, signed
from domain.atlas import Atlas
from domain.cycle import Cycle, CycleState
from domain.journey import Journey, Step
from domain.key_result import SHARE_UNITS, target_of
from domain.links import Relation
from domain.metric import Metric, Unit, UnitKind
from domain.okr import (
    CHANGE_KINDS,
    THRESHOLD_KINDS,
    Bounds,
    ByHowMuch,
    HowMuchKind,
    KeyResult,
    KeyResultKind,
    Objective,
)
from domain.opportunity import Opportunity


def key_result_statement(atlas: Atlas, key_result: KeyResult) -> str:
    """Say who does what by how much: "{who} {does what}: {baseline} → {target} ({by how much})".

    Thresholds state their bounds instead, milestones and values to establish their number; what a
    key result lacks is left out.
    """
    said = " ".join(part for part in (key_result.who, key_result.does_what) if part)
    amount = _amount(atlas, key_result)
    return f"{said}: {amount}" if amount else said


def opportunity_statement(atlas: Atlas, opportunity: Opportunity) -> str:
    """Say which journeys change how, and what that will do.

    The key results are those of its objectives in active cycles; without any, the sentence ends
    after the change.
    """
    opening = _opening(atlas, opportunity)
    statements = [key_result_statement(atlas, kr) for kr in _key_results(atlas, opportunity)]
    if not statements:
        return f"{opening}."
    return f"{opening}, which will {' and '.join(statements)}."


def _opening(atlas: Atlas, opportunity: Opportunity) -> str:
    titles = _journey_titles(atlas, opportunity)
    change = f"we will {opportunity.change}"
    if not titles:
        return change[0].upper() + change[1:]
    noun = "journey" if len(titles) == 1 else "journeys"
    return f"In the {_listed(titles)} {noun}, {change}"


def _journey_titles(atlas: Atlas, opportunity: Opportunity) -> list[str]:
    """Name the journeys improved, and those whose steps are, each once."""
    titles = [
        journey.title for journey in atlas.targets(opportunity.id, Relation.IMPROVES, Journey)
    ]
    for step in atlas.targets(opportunity.id, Relation.IMPROVES, Step):
        titles += [j.title for j in atlas.sources(step.id, Relation.HAS_STEP, Journey)]
    return list(dict.fromkeys(titles))


def _listed(words: Sequence[str]) -> str:
    if len(words) == 1:
        return words[0]
    return f"{', '.join(words[:-1])} and {words[-1]}"


def _key_results(atlas: Atlas, opportunity: Opportunity) -> list[KeyResult]:
    return [
        key_result
        for objective in atlas.sources(opportunity.id, Relation.ANCHORED_ON, Objective)
        if atlas.get(objective.cycle, Cycle).state is CycleState.ACTIVE
        for key_result in atlas.key_results_by_objective.get(objective.id, ())
        if key_result.archived_at is None
    ]


def _amount(atlas: Atlas, key_result: KeyResult) -> str:
    if key_result.result_kind is KeyResultKind.MILESTONES:
        return _counted(len(key_result.milestones), "milestone")
    if key_result.result_kind is KeyResultKind.ESTABLISH_BASELINE:
        return f"a baseline from {_counted(key_result.values_needed or 1, 'value')}"
    if key_result.metric is None:
        return ""
    metric = atlas.get(key_result.metric, Metric)
    if key_result.result_kind in THRESHOLD_KINDS and key_result.bounds is not None:
        return _within(key_result.bounds, metric.unit)
    if key_result.result_kind in CHANGE_KINDS:
        return _change(key_result, metric)
    return ""


def _change(key_result: KeyResult, metric: Metric) -> str:
    target, change = target_of(key_result, metric), key_result.by_how_much
    if target is None or change is None:
        return ""
    end = amount_text(target, metric.unit)
    if key_result.baseline is None:
        return end
    baseline = key_result.baseline.value
    start, by = amount_text(baseline, metric.unit), _by_how_much(change, metric, target - baseline)
    return f"{start} → {end} ({by})"


def _by_how_much(change: ByHowMuch, metric: Metric, difference: Decimal) -> str:
    """Say the change as it was given, so that 20 % and 20 points are never mixed up."""
    if change.kind is HowMuchKind.BY_PERCENT:
        kind = " relative" if metric.unit.kind in SHARE_UNITS else ""
        return f"{signed(number_text(change.value))} %{kind}"
    if change.kind is HowMuchKind.BY_POINTS:
        return _points(change.value)
    if metric.unit.kind is UnitKind.PERCENT:
        return _points(difference)
    return signed(amount_text(difference, metric.unit))


def _points(value: Decimal) -> str:
    return f"{signed(number_text(value))} points"


def _within(bounds: Bounds, unit: Unit) -> str:
    lower = None if bounds.lower is None else amount_text(bounds.lower, unit)
    upper = None if bounds.upper is None else amount_text(bounds.upper, unit)
    if lower and upper:
        return f"between {lower} and {upper}"
    return f"at least {lower}" if lower else f"at most {upper}"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
