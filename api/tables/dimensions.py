"""What numbers are grouped by: goals, journeys, insights, metrics, teams, cycles."""

from datetime import date, datetime

from api.context import Reading
from api.tables.columns import Columns, keys_of, number, reason_code
from api.tables.nodes import NodeRow, OwnedRow, node_table
from api.types.links import named_in, source
from domain.cycle import Cycle
from domain.goal import Goal
from domain.insight import Insight
from domain.journey import Journey, Step
from domain.links import Relation
from domain.metric import Metric
from domain.opportunity import Opportunity
from domain.questions import sources_of
from domain.staleness import is_stale
from domain.team import Team
from domain.value import MetricValue, metric_value
from domain.view import remembered

goal = Columns[Goal]()
journey = Columns[Journey]()
insight = Columns[Insight]()
metric = Columns[Metric]()
team = Columns[Team]()
cycle = Columns[Cycle]()


class GoalRow(OwnedRow):
    """A goal: what success means, for the business or for the customer."""

    kind = goal.of(
        str, "Whose success it is: BUSINESS or CUSTOMER.", lambda g, _: g.goal_kind.value
    )
    scope = goal.of(str, "How far it reaches: ORGANIZATION or JOURNEY.", lambda g, _: g.scope.value)
    parent_id, parent_key, parent_title = goal.node(
        "the goal that it is a part of or serves",
        source(Relation.HAS_SUB_GOAL, Goal),
        null="at the top",
    )


class JourneyRow(OwnedRow):
    """A journey: a customer's path and perceptions towards a goal."""

    level = journey.of(str, "Its size: MACRO or MICRO.", lambda j, _: j.level.value)
    is_moment_that_matters = journey.of(
        bool,
        "Whether it decides what customers think of us.",
        lambda j, _: j.is_moment_that_matters,
    )
    persona_keys = journey.of(
        str,
        "The keys of the personas whose journey it is, with commas between; empty without any.",
        lambda j, reading: keys_of(j.personas, reading),
    )
    parent_count = journey.of(
        int,
        "Of how many journeys it is a part; from 2 on it is shared, and counted under each of them "
        "in `lineageRows`.",
        lambda j, r: len(r.view.atlas.sources(j.id, Relation.HAS_MICRO_JOURNEY, Journey)),
    )
    step_count = journey.of(
        int,
        "How many steps its own path has.",
        lambda j, r: len(r.view.atlas.targets(j.id, Relation.HAS_STEP, Step)),
    )


def newest_evidence(record: Insight, _: Reading) -> date | None:
    """Give the day of an insight's newest dated evidence; None where none has a date."""
    return max((each.date for each in record.evidence if each.date is not None), default=None)


class InsightRow(OwnedRow):
    """An insight: what was learned in a journey or at a step."""

    kind = insight.of(
        str, "What it says: PAIN, GAIN, NEED or OBSERVATION.", lambda i, _: i.insight_kind.value
    )
    aspects = insight.of(
        str,
        "What of the customer it is about (PERCEPTION, EMOTION, BEHAVIOUR), with commas between; "
        "empty where nobody said.",
        lambda i, _: ",".join(i.aspects),
    )
    importance = insight.maybe(
        int,
        "From 1 (little) to 5 (very much); null where nobody weighed it.",
        lambda i, _: i.importance,
    )
    persona_keys = insight.of(
        str,
        "The keys of the personas it was learned of, with commas between; empty without any.",
        lambda i, reading: keys_of(i.personas, reading),
    )
    evidence_count = insight.of(
        int, "How many pieces of evidence it rests on.", lambda i, _: len(i.evidence)
    )
    newest_evidence_on = insight.maybe(
        date,
        "The day of its newest dated evidence; null where none has a date.",
        newest_evidence,
    )
    opportunity_count = insight.of(
        int,
        "How many opportunities it speaks for.",
        lambda i, r: len(r.view.atlas.targets(i.id, Relation.SUPPORTS, Opportunity)),
    )


def present_value(record: Metric, reading: Reading) -> MetricValue:
    """Give a metric's value on the asked day, computed once for all the columns that show it."""
    view = reading.view
    return remembered(view, ("metric_value", record.id), lambda: metric_value(view, record))


class MetricRow(OwnedRow):
    """A metric, and its value on the asked day."""

    unit = metric.of(
        str,
        "What its numbers are: PERCENT (0 to 100), RATIO (0 to 1), COUNT, SCORE, DURATION (in "
        "seconds), MONEY, RATE or NUMBER.",
        lambda m, _: m.unit.kind.value,
    )
    currency = metric.maybe(
        str, "MONEY: the currency (ISO 4217); null for other units.", lambda m, _: m.unit.currency
    )
    per = metric.maybe(int, "RATE: per how many; null for other units.", lambda m, _: m.unit.per)
    display_unit = metric.maybe(
        str,
        "DURATION: the unit in which people read it; null for other units.",
        lambda m, _: m.unit.display and m.unit.display.value,
    )
    better = metric.of(
        str, "Which way it gets better: HIGHER, LOWER or NEITHER.", lambda m, _: m.better.value
    )
    aggregation = metric.of(
        str,
        "How its observations become one value: LAST, SUM, MEAN, WEIGHTED_MEAN, RATIO, MIN, MAX, "
        "or MEDIAN, UNIQUE, OPAQUE, which can't be added up again.",
        lambda m, _: m.aggregation.value,
    )
    window = metric.of(
        str,
        "Which observations make up a value: ALL, TRAILING, or CYCLE (since a cycle's start).",
        lambda m, _: m.window.kind.value,
    )
    window_days = metric.maybe(
        int, "TRAILING: over how many days; null for other windows.", lambda m, _: m.window.days
    )
    cadence = metric.of(
        str,
        "How often an observation is due: HOUR, DAY, WEEK, MONTH, QUARTER or YEAR.",
        lambda m, _: m.cadence.value,
    )
    family = metric.of(
        str,
        "What it speaks of: JOURNEY_KPI, BEHAVIOURAL or BUSINESS_OUTCOME.",
        lambda m, _: m.family.value,
    )
    formula = metric.maybe(
        str,
        "How it is derived from other metrics; null where it is measured.",
        lambda m, _: m.formula,
    )
    source_count = metric.of(
        int,
        "How many sources feed it; 0 for a derived one.",
        lambda m, reading: len(sources_of(reading.view.atlas, m.id)),
    )
    value = metric.maybe(
        float,
        "Its value on the asked day, in its unit; null with `reason`.",
        lambda m, reading: number(present_value(m, reading).value),
    )
    reason = metric.maybe(
        str,
        "Why there is no value, for programs (`NO_OBSERVATION` …); null where there is one.",
        lambda m, reading: reason_code(present_value(m, reading).reason),
    )
    observed_at = metric.maybe(
        datetime,
        "When the newest period counted ended; null without a value.",
        lambda m, reading: present_value(m, reading).observed_at,
    )
    is_stale = metric.of(
        bool,
        "Whether its newest observation was older than twice its cadence on the asked day.",
        lambda m, reading: is_stale(reading.view, m),
    )


class TeamRow(NodeRow):
    """A team."""

    parent_id, parent_key, parent_title = team.node(
        "the team it belongs to", named_in("parent"), null="at the top"
    )


class CycleRow(NodeRow):
    """A cycle: a period that objectives are set for."""

    start_date = cycle.of(date, "Its first day.", lambda c, _: c.start)
    end_date = cycle.of(date, "Its last day.", lambda c, _: c.end)
    state = cycle.of(
        str,
        "What of it may still be edited: DRAFT, ACTIVE, LOCKED or CLOSED.",
        lambda c, _: c.state.value,
    )
    parent_id, parent_key, parent_title = cycle.node(
        "the cycle it is inside of", named_in("parent"), null="at the top"
    )


GOALS = node_table("goalRows", Goal, GoalRow, "The goals.")
JOURNEYS = node_table("journeyRows", Journey, JourneyRow, "The journeys, macro and micro.")
INSIGHTS = node_table("insightRows", Insight, InsightRow, "The insights.")
METRICS = node_table(
    "metricRows",
    Metric,
    MetricRow,
    "The metrics, with their values on a day.",
    reads=("as_of", "known_at"),
)
TEAMS = node_table("teamRows", Team, TeamRow, "The teams.")
CYCLES = node_table("cycleRows", Cycle, CycleRow, "The cycles.")
