"""The OKR layer as facts: objectives and key results on a day."""

from datetime import date, datetime
from decimal import Decimal

from api.context import Reading
from api.tables.columns import Columns, dimensions_text, number
from api.tables.nodes import ON_A_DAY, OwnedRow, node_table
from api.tables.standing import ExplainedRow, Standing, progress_of
from api.types.key_result import key_result_statement, value_to_reach
from api.types.links import named_in
from api.types.objective import anchor, parent
from domain.cycle import Cycle
from domain.explain import Input
from domain.metric import Metric
from domain.node import Node
from domain.okr import KeyResult, Objective
from domain.rollup import key_results_of
from domain.snapshot import Snapshot
from domain.source import MetricSource

objective = Columns[Objective]()
key_result = Columns[KeyResult]()
okr = Columns[Standing]()
measured = Columns[KeyResult | Snapshot]()

NEWEST = ("value", "last period")
"""The inputs of a key result's formula that are the newest number measured."""


def objective_of(record: Standing, reading: Reading) -> Objective:
    """Give the objective that something is or belongs to."""
    match record:
        case Objective():
            return record
        case KeyResult():
            return reading.view.atlas.get(record.objective, Objective)
        case Snapshot():
            return objective_of(record.key_result, reading)


def cycle_of(record: Standing, reading: Reading) -> Cycle:
    """Give the cycle of an objective."""
    return reading.view.atlas.get(objective_of(record, reading).cycle, Cycle)


def anchor_of(record: Standing, reading: Reading) -> Node | None:
    """Give what an objective hangs on; None where it hangs on nothing."""
    return anchor(objective_of(record, reading), reading)


def kind_of_anchor(record: Standing, reading: Reading) -> str | None:
    """Give the kind of what an objective hangs on."""
    found = anchor_of(record, reading)
    return None if found is None else found.kind.value


def metric_of(record: KeyResult | Snapshot, reading: Reading) -> Metric | None:
    """Give the metric of a key result; None where a person tells."""
    asked = record.key_result if isinstance(record, Snapshot) else record
    return None if asked.metric is None else reading.view.atlas.get(asked.metric, Metric)


def newest(record: KeyResult | Snapshot, reading: Reading) -> Input | None:
    """Give the newest number that a progress rests on; None where nothing is measured."""
    inputs = progress_of(record, reading).explain.inputs
    return next((each for each in inputs if each.name in NEWEST), None)


def source_of(record: KeyResult | Snapshot, reading: Reading) -> str | None:
    """Give the key of the source that answered; None where none did."""
    found = newest(record, reading)
    if found is None or found.source is None:
        return None
    return reading.view.atlas.get(found.source, MetricSource).key


class PlacedRow:
    """Columns of where in the atlas and in time an objective stands."""

    anchor_id, anchor_key, anchor_title = okr.node(
        "the goal, journey, opportunity or solution that the objective hangs on",
        anchor_of,
        null="where it hangs on nothing",
    )
    anchor_kind = okr.maybe(
        str,
        "GOAL, JOURNEY, OPPORTUNITY or SOLUTION; null where the objective hangs on nothing.",
        kind_of_anchor,
    )
    cycle_id, cycle_key, cycle_title = okr.node("the cycle that the objective is set for", cycle_of)
    cycle_start = okr.of(date, "The cycle's first day.", lambda o, r: cycle_of(o, r).start)
    cycle_end = okr.of(date, "The cycle's last day.", lambda o, r: cycle_of(o, r).end)


class MeasuredRow:
    """Columns of what a key result is measured by."""

    objective_id, objective_key, objective_title = measured.node(
        "the objective it belongs to", objective_of
    )
    metric_id, metric_key, metric_title = measured.node(
        "the metric it is measured by", metric_of, null="where a person tells"
    )
    value = measured.maybe(
        float,
        "The newest value of the metric as the key result narrows it, in the metric's unit; null "
        "where nothing was measured.",
        lambda record, reading: number(_value(newest(record, reading))),
    )
    observed_at = measured.maybe(
        datetime,
        "When the period of that value ended; null where nothing was measured.",
        lambda record, reading: _observed_at(newest(record, reading)),
    )
    source_key = measured.maybe(
        str, "The key of the source that answered; null where none did.", source_of
    )


def _value(found: Input | None) -> Decimal | None:
    return None if found is None else found.value


def _observed_at(found: Input | None) -> datetime | None:
    return None if found is None else found.observed_at


class ObjectiveRow(OwnedRow, PlacedRow, ExplainedRow):
    """An objective on a day: what a team wants to be true by the end of a cycle."""

    parent_id, parent_key, parent_title = objective.node(
        "the objective that it contributes to, of several the first by key",
        parent,
        null="without one",
    )
    predecessor_id, predecessor_key, predecessor_title = objective.node(
        "the objective of an earlier cycle that it carries on",
        named_in("predecessor"),
        null="without one",
    )
    rollup = objective.of(
        str,
        "What its progress is made of: KEY_RESULTS, CHILDREN, BOTH or MANUAL.",
        lambda o, _: o.rollup.value,
    )
    key_result_count = objective.of(
        int, "How many key results it has.", lambda o, r: len(key_results_of(r.view, o))
    )
    computed_progress = objective.maybe(
        float,
        "Rolled up by hand: the computed progress, 0 to 1, beside the manual one; null for others, "
        "or without a value.",
        lambda o, reading: number(progress_of(o, reading).computed),
    )
    confidence = objective.maybe(
        float,
        "How sure a person is that it will be reached, 0 to 1; null where nobody said.",
        lambda o, _: number(o.confidence),
    )


class KeyResultRow(OwnedRow, PlacedRow, MeasuredRow, ExplainedRow):
    """A key result on a day: who does what by how much."""

    position = key_result.of(
        int, "Its place among the objective's key results, from 0.", lambda kr, _: kr.position
    )
    kind = key_result.of(
        str,
        "How it is judged: INCREASE, DECREASE, STAY_ABOVE, STAY_BELOW, WITHIN_RANGE, MILESTONES, "
        "BINARY or ESTABLISH_BASELINE.",
        lambda kr, _: kr.result_kind.value,
    )
    statement = key_result.of(
        str, "The whole sentence: who does what by how much.", key_result_statement
    )
    who = key_result.maybe(
        str, "Who does it, in words; null where nobody said.", lambda kr, _: kr.who
    )
    does_what = key_result.of(str, "The behaviour.", lambda kr, _: kr.does_what)
    persona_id, persona_key, persona_title = key_result.node(
        "the persona who does it", named_in("persona"), null="without one"
    )
    unit = key_result.maybe(
        str,
        "The unit of baseline, target, bounds and value: PERCENT, RATIO, COUNT, SCORE, DURATION "
        "(in seconds), MONEY, RATE or NUMBER; null without a metric.",
        lambda kr, reading: unit_of(metric_of(kr, reading)),
    )
    dimensions = key_result.maybe(
        str,
        "What the metric is narrowed to, as the text of a JSON object; null: the whole.",
        lambda kr, _: dimensions_text(kr.dimensions),
    )
    baseline = key_result.maybe(
        float,
        "Where it starts; null for kinds that don't start at a baseline.",
        lambda kr, _: number(kr.baseline.value) if kr.baseline else None,
    )
    target = key_result.maybe(
        float,
        "The value to reach; null for kinds that don't start at a baseline.",
        lambda kr, reading: number(value_to_reach(kr, reading)),
    )
    lower_bound = key_result.maybe(
        float,
        "Thresholds: the least value allowed; null where it is open, and for other kinds.",
        lambda kr, _: number(kr.bounds.lower) if kr.bounds else None,
    )
    upper_bound = key_result.maybe(
        float,
        "Thresholds: the greatest value allowed; null where it is open, and for other kinds.",
        lambda kr, _: number(kr.bounds.upper) if kr.bounds else None,
    )
    met_now = key_result.maybe(
        bool,
        "Thresholds: whether the last final period met the bounds; null for other kinds, or while "
        "no period is final.",
        lambda kr, reading: progress_of(kr, reading).met_now,
    )
    score = key_result.maybe(
        float,
        "Its score, 0 to 1, on its ladder; null without a ladder or a value.",
        lambda kr, reading: number(progress_of(kr, reading).score),
    )
    weight = key_result.of(
        float,
        "What it counts in the objective's progress; 0: it doesn't.",
        lambda kr, _: number(kr.weight),
    )
    is_guardrail = key_result.of(
        bool,
        "Whether it guards instead of counting: averages of key results leave it out.",
        lambda kr, _: kr.is_guardrail,
    )
    confidence = key_result.maybe(
        float,
        "How sure a person is that it will be reached, 0 to 1; null where nobody said.",
        lambda kr, _: number(kr.confidence),
    )


def unit_of(record: Metric | None) -> str | None:
    """Name the unit of a metric's numbers; None without a metric."""
    return None if record is None else record.unit.kind.value


OBJECTIVES = node_table(
    "objectiveRows",
    Objective,
    ObjectiveRow,
    "The objectives: progress, expectation and status on a day.",
    reads=ON_A_DAY,
)
KEY_RESULTS = node_table(
    "keyResultRows",
    KeyResult,
    KeyResultRow,
    "The key results: value, progress, expectation and status on a day.",
    reads=ON_A_DAY,
)
