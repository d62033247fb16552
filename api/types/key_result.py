"""Key results: who does what by how much."""

from datetime import date
from decimal import Decimal

import strawberry

import domain.metric
from api.context import Reading
from api.fields import attribute, computed, described, many, maybe
from api.types.enums import HOW_MUCH_KIND, KEY_RESULT_KIND
from api.types.links import named_in, targets
from api.types.metric_value import Dimension, MetricValue, Window, dimensions
from api.types.node import AtlasNode
from api.types.objective import ExpectedCurve
from api.types.progress import Progress
from api.types.references import METRIC, OBJECTIVE, PERSONA
from api.types.status import (
    POLICY_ARGUMENTS,
    STATUS_DESCRIPTION,
    PolicyParameterInput,
    Status,
    numbers_of,
)
from domain import key_result, okr, progress, statement, status, value
from domain.links import Relation

_EXACT = "The same number, exact."


def value_to_reach(record: okr.KeyResult, reading: Reading) -> Decimal | None:
    """Give the value to reach; None where a key result has none."""
    measured = progress.metric_of(reading.view, record)
    return None if measured is None else key_result.target_of(record, measured)


def key_result_value(record: okr.KeyResult, reading: Reading) -> value.MetricValue | None:
    """Give the metric's value as the key result narrows it; None without a metric."""
    return progress.key_result_value(reading.view, record)


def key_result_statement(record: okr.KeyResult, reading: Reading) -> str:
    """Compose the sentence that a key result says."""
    return statement.key_result_statement(reading.view.atlas, record)


def key_result_progress(record: okr.KeyResult, reading: Reading) -> progress.Progress:
    """Give how far a key result is."""
    return progress.key_result_progress(reading.view, record)


def key_result_status(
    record: okr.KeyResult,
    reading: Reading,
    *,
    policy: str | None = None,
    parameters: list[PolicyParameterInput] | None = None,
) -> status.Status:
    """Give how a key result stands by a policy."""
    given = numbers_of(parameters)
    return status.key_result_status(reading.view, record, policy=policy, parameters=given)


@strawberry.type(description="By how much: a signed change, or the value to reach.")
class ByHowMuch:
    """The public face of `domain.okr.ByHowMuch`."""

    kind: str = described("In which of the four ways it is said.", graphql_type=HOW_MUCH_KIND)
    value: float = described("The number; TO and BY_AMOUNT in the metric's unit.")
    value_exact = computed(attribute("value"), Decimal, _EXACT)


@strawberry.type(description="Where a key result starts.")
class Baseline:
    """The public face of `domain.okr.Baseline`."""

    value: float = described("The value, in the metric's unit.")
    value_exact = computed(attribute("value"), Decimal, _EXACT)
    at: date | None = described("When it was measured; null where nobody said.")
    how: str | None = described("How it was measured; null where nobody said.")


@strawberry.type(description="The bounds of a threshold; both belong to what is allowed.")
class Bounds:
    """The public face of `domain.okr.Bounds`."""

    lower: float | None = described("The least value allowed, in the metric's unit; null: open.")
    lower_exact = computed(attribute("lower"), maybe(Decimal), _EXACT)
    upper: float | None = described("The greatest value allowed, in the metric's unit; null: open.")
    upper_exact = computed(attribute("upper"), maybe(Decimal), _EXACT)


@strawberry.type(description="A dated piece of work.")
class Milestone:
    """The public face of `domain.okr.Milestone`."""

    title: str = described("What is to be done.")
    weight: float = described("What it counts among the milestones, 0 or more.")
    due: date | None = described("The day it is due; null without one.")
    done_at: date | None = described("The day it was done; null while it isn't.")


@strawberry.type(description="Three values, in the metric's unit, that give a score.")
class Ladder:
    """The public face of `domain.okr.Ladder`."""

    commit: float = described("The value that scores 0.3.")
    target: float = described("The value that scores 0.7.")
    stretch: float = described("The value that scores 1.0.")


@strawberry.type(description="Who does what by how much: what tells that an objective is reached.")
class KeyResult(AtlasNode):
    """The public face of `domain.okr.KeyResult`."""

    objective = computed(named_in("objective"), OBJECTIVE, "The objective it belongs to.")
    position: int = described("Its place among the objective's key results, from 0.")
    result_kind: str = described("How it is judged.", graphql_type=KEY_RESULT_KIND, name="kind")
    who: str | None = described("Who does it, in words; null where nobody said.")
    persona = computed(named_in("persona"), maybe(PERSONA), "Who does it; null without a persona.")
    does_what: str = described("The behaviour.")
    by_how_much: ByHowMuch | None = described(
        "The change of the metric; null for kinds that don't start at a baseline."
    )
    statement = computed(
        key_result_statement,
        str,
        "The whole sentence, numbers in the unit in which people read them.",
    )
    baseline: Baseline | None = described(
        "Where it starts; null for kinds that don't start at a baseline."
    )
    target = computed(
        value_to_reach,
        maybe(float),
        "The value to reach, in the metric's unit; null for kinds that don't start at a baseline.",
    )
    target_exact = computed(value_to_reach, maybe(Decimal), _EXACT)
    bounds: Bounds | None = described("Thresholds: the values allowed; null for other kinds.")
    milestones: list[Milestone] = described("MILESTONES: the pieces of work; else empty.")
    done_at: date | None = described(
        "BINARY: the day a person ticked it; null for other kinds, and while it isn't done."
    )
    values_needed: int | None = described(
        "ESTABLISH_BASELINE: how many values make a baseline; null for other kinds."
    )
    ladder: Ladder | None = described("The values that give a score; null without a ladder.")
    metric = computed(
        named_in("metric"), maybe(METRIC), "What it is measured by; null where a person tells."
    )
    dimensions = computed(
        dimensions, many(Dimension), "What the metric is narrowed to; empty: the whole."
    )
    window: Window | None = described(
        "Which observations count here; null: those of the metric's own window."
    )
    value = computed(
        key_result_value,
        maybe(MetricValue),
        "The metric's value, narrowed as it says, on the asked day or the cycle's last, whichever "
        "is earlier; null without a metric.",
    )
    weight: float = described("What it counts in the objective's progress; 0: it doesn't.")
    weight_exact = computed(attribute("weight"), Decimal, _EXACT)
    is_guardrail: bool = described(
        "Whether it guards instead of counting: left out of the average, and when breached the "
        "objective is AT_RISK at best."
    )
    drives = computed(
        targets(Relation.DRIVES, domain.metric.Metric),
        many(METRIC),
        "The success measures that it should move.",
    )
    curve: ExpectedCurve | None = described(
        "How its progress is expected to grow; null: as the objective's."
    )
    progress = computed(key_result_progress, Progress, "How far it is.")
    status = computed(key_result_status, maybe(Status), STATUS_DESCRIPTION, **POLICY_ARGUMENTS)
    confidence: float | None = described(
        "How sure a person is that it will be reached, 0 to 1; null where nobody said."
    )
