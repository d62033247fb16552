"""Progress of key results, objectives, anchors and teams, and how each number came about."""

from datetime import datetime
from decimal import Decimal
from typing import Protocol

import strawberry

from api.context import Reading
from api.fields import attribute, computed, described, many, maybe
from api.types.enums import PROGRESS_STATE, REASON_CODE
from api.types.links import named_in
from api.types.references import MEMBER, METRIC, METRIC_SOURCE, NODE, OBJECTIVE
from domain.node import NodeId
from domain.okr import Objective


class HasObjectives(Protocol):
    """A mean over objectives."""

    @property
    def objectives(self) -> tuple[NodeId, ...]:
        """The ids of the objectives."""
        ...


def averaged(mean: HasObjectives, reading: Reading) -> list[Objective]:
    """List the objectives that a mean is made of."""
    return [reading.view.atlas.get(each, Objective) for each in mean.objectives]


_EXACT = "The same number, exact."


@strawberry.type(description="Why a number isn't there.")
class Reason:
    """The public face of `domain.reason.Reason`."""

    code: str = described("The reason, for programs.", graphql_type=REASON_CODE)
    message: str = described("The reason, for people.")


@strawberry.type(description="One number that went into a formula.")
class Input:
    """The public face of `domain.explain.Input`."""

    name: str = described("Its name in the formula.")
    value: float | None = described(
        "The number: in the metric's unit, or a progress from 0 to 1; null where there is none."
    )
    value_exact = computed(attribute("value"), maybe(Decimal), _EXACT)
    metric = computed(
        named_in("metric"), maybe(METRIC), "The metric it was measured by; null if by none."
    )
    observed_at: datetime | None = described(
        "When the measured period ended; null for what wasn't measured."
    )
    source = computed(
        named_in("source"), maybe(METRIC_SOURCE), "The source that answered; null if none did."
    )
    age_seconds: int | None = described(
        "Seconds from the period's end to the asked moment; null without a period."
    )
    node = computed(
        named_in("node"),
        maybe(NODE),
        "The key result or objective whose progress this is; null for a measured number.",
    )


@strawberry.type(description="What an item counts in an average.")
class Weight:
    """The public face of `domain.explain.Weight`."""

    node = computed(named_in("node"), NODE, "The item.")
    weight: float = described("Its weight; 0 is legal: aligned, not counted.")
    weight_exact = computed(attribute("weight"), Decimal, _EXACT)


@strawberry.type(description="An item that was left out of a formula.")
class Exclusion:
    """The public face of `domain.explain.Exclusion`."""

    node = computed(named_in("node"), NODE, "The item.")
    reason: Reason = described("Why it was left out.")


@strawberry.type(description="How a number came about, complete enough to compute it again.")
class Explain:
    """The public face of `domain.explain.Explain`."""

    formula: str = described("The formula, over the inputs' names.")
    inputs: list[Input] = described("The numbers that went in, in the formula's order.")
    weights: list[Weight] = described("The items' weights; empty where nothing is weighed.")
    excluded: list[Exclusion] = described("What was left out, and why.")


@strawberry.type(description="A progress that a person set.")
class ManualProgress:
    """The public face of `domain.okr.ManualProgress`."""

    value: float = described("The progress, from 0 to 1.")
    value_exact = computed(attribute("value"), Decimal, _EXACT)
    by = computed(named_in("by"), maybe(MEMBER), "Who set it; null where that isn't known.")
    at: datetime = described("When it was set.")
    reason: str = described("Why.")


@strawberry.type(description="How far a key result or an objective is on the asked day.")
class Progress:
    """The public face of `domain.progress.Progress`."""

    value: float | None = described(
        "`raw`, cut to 0 to 1; null with a reason, never 0, where it isn't known."
    )
    value_exact = computed(attribute("value"), maybe(Decimal), _EXACT)
    raw: float | None = described(
        "0 at the baseline, 1 at the target; below 0 where it got worse, above 1 beyond the "
        "target; null with a reason."
    )
    raw_exact = computed(attribute("raw"), maybe(Decimal), _EXACT)
    state: str = described("What kind of answer this is.", graphql_type=PROGRESS_STATE)
    reason: Reason | None = described("Why there is no value; null where there is one.")
    data_coverage: float = described(
        "The part, 0 to 1, of the counted weight that has a value; 0 without a value."
    )
    is_stale: bool = described(
        "Whether the newest observation behind it was older than twice its metric's cadence at the "
        "asked moment. False where nothing was observed: that is NO_DATA."
    )
    score: float | None = described(
        "A key result's score, 0 to 1, on its ladder; null without a ladder or a value."
    )
    met_now: bool | None = described(
        "Thresholds: whether the last final period met the bounds; null for other kinds, or while "
        "no period is final."
    )
    met_periods: int | None = described(
        "Thresholds: how many final periods of the cycle met the bounds; null for other kinds."
    )
    observed_periods: int | None = described(
        "Thresholds: how many final periods of the cycle were observed; null for other kinds."
    )
    manual: ManualProgress | None = described(
        "Objectives: the progress a person set; null where nobody did, and for key results."
    )
    computed: float | None = described(
        "Objectives rolled up by hand: the computed progress, 0 to 1, beside the manual one; null "
        "for others, or without a value."
    )
    explain: Explain = described("How the number came about.")


@strawberry.type(description="The mean progress of several objectives.")
class ProgressMean:
    """The public face of `domain.anchor.AnchorScore` and `domain.ownership.TeamProgress`."""

    value: float | None = described(
        "The mean, 0 to 1; null with a reason where none of the objectives has a value."
    )
    value_exact = computed(attribute("value"), maybe(Decimal), _EXACT)
    data_coverage: float = described(
        "The part, 0 to 1, of the objectives (of a team: of its shares) that has a value."
    )
    reason: Reason | None = described("Why there is no value; null where there is one.")
    objectives = computed(averaged, many(OBJECTIVE), "The objectives that were asked, each once.")
    explain: Explain = described("How the number came about.")


@strawberry.type(description="What the objectives around a node come to, each counted once.")
class AnchorProgress:
    """The public face of `domain.anchor.AnchorProgress`."""

    own: ProgressMean = described("The plain mean over the objectives that hang on the node.")
    downstream: ProgressMean = described(
        "The plain mean over the objectives on everything structurally beneath the node."
    )
    all: ProgressMean = described("Both together.")
