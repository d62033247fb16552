"""The tables: by what each kind of node can be filtered and ordered.

One row says it all: the public inputs, the orders and the predicates are made of these tables.
Names are those of the public fields; a derived value is the one that the field answers where
nothing is said, on the atlas's day and for its cycle.
"""

from collections.abc import Mapping
from types import MappingProxyType

from api.fields import attribute
from api.filters.derived import (
    anchor_progress,
    delivery_value,
    divergence,
    first_of,
    health_state,
    in_progress,
    in_status,
    is_stale,
    key_results_of,
    metric_value,
    objectives_on,
    observed_at,
    outcome_value,
    priority,
)
from api.filters.operators import (
    BOOLEAN,
    DAY,
    DECIMAL,
    INTEGER,
    MOMENT,
    TEXT,
    TEXTS,
    one_of,
    some_of,
)
from api.filters.table import Many, One, Row, value
from api.types import enums
from api.types.links import all_named_in, named_in, naming, source, sources, targets
from domain import cycle, goal, insight, journey, metric, okr, opportunity, solution, team
from domain import source as read_from
from domain.links import Relation
from domain.node import Kind, Node


def _to(kind: type[Node], relation: Relation, name: str, description: str) -> Many:
    return Many(name, kind.kind, description, targets(relation, kind))


def _from(kind: type[Node], relation: Relation, name: str, description: str) -> Many:
    return Many(name, kind.kind, description, sources(relation, kind))


def _by(kind: type[Node], attribute_name: str, name: str, description: str) -> Many:
    return Many(name, kind.kind, description, naming(kind, attribute_name))


def _anchored_on(kind: type[Node], name: str) -> One:
    description = f"The {name} it hangs on."
    return One(name, kind.kind, description, first_of(targets(Relation.ANCHORED_ON, kind)))


_NODE: tuple[Row, ...] = (
    value("key", TEXT, "The external key; in an order O2 comes before O10."),
    value("title", TEXT, "The title."),
    value("description", TEXT, "The description."),
    value("created_at", MOMENT, "When it was made."),
    value("updated_at", MOMENT, "When it was last changed."),
    value(
        "archived_at",
        MOMENT,
        "When it was archived; `includeArchived` decides whether such nodes come at all.",
    ),
)

_ATLAS_NODE: tuple[Row, ...] = (
    *_NODE,
    One("owner", Kind.TEAM, "The owning team.", named_in("owner")),
    One("accountable", Kind.MEMBER, "Who answers for it.", named_in("accountable")),
    Many("contributors", Kind.MEMBER, "Who works on it.", all_named_in("contributors")),
    value("labels", TEXTS, "Its labels, exactly as they were given."),
)

_ANCHOR: tuple[Row, ...] = (
    value(
        "progress",
        DECIMAL,
        "What the objectives on it and beneath it come to, 0 to 1: `progress.all.value`.",
        anchor_progress("all"),
    ),
    value(
        "own_progress",
        DECIMAL,
        "What the objectives on itself come to, 0 to 1: `progress.own.value`.",
        anchor_progress("own"),
    ),
    Many(
        "objectives",
        Kind.OBJECTIVE,
        "The objectives that hang on it, of the atlas's `cycle` where one was asked for.",
        objectives_on,
    ),
    _from(metric.Metric, Relation.MEASURES, "metrics", "The metrics that measure it."),
)

_OKR: tuple[Row, ...] = (
    value("status", one_of(enums.STATUS_CODE), "`status.code`.", in_status("code")),
    value("progress", DECIMAL, "How far it is, 0 to 1: `progress.value`.", in_progress("value")),
    value(
        "progress_state",
        one_of(enums.PROGRESS_STATE),
        "What kind of answer its progress is: `progress.state`.",
        in_progress("state"),
    ),
    value(
        "data_coverage",
        DECIMAL,
        "How much of what counts has a value, 0 to 1: `progress.dataCoverage`.",
        in_progress("data_coverage"),
    ),
    value("expected", DECIMAL, "The progress expected by the day.", in_status("expected")),
    value("gap", DECIMAL, "Expected minus actual progress; above 0 is behind.", in_status("gap")),
    value("is_stale", BOOLEAN, "Whether data behind it are too old.", in_status("is_stale")),
    value(
        "is_overdue",
        BOOLEAN,
        "Whether a check-in is late; missing while no check-ins are kept.",
        in_status("is_overdue"),
    ),
    value(
        "is_within_noise",
        BOOLEAN,
        "Whether noise could have decided its status.",
        in_status("is_within_noise"),
    ),
    value("confidence", DECIMAL, "How sure a person is, 0 to 1."),
)

_GOAL: tuple[Row, ...] = (
    *_ATLAS_NODE,
    value("kind", one_of(enums.GOAL_KIND), "Whose success it is.", attribute("goal_kind")),
    value("scope", one_of(enums.GOAL_SCOPE), "How far it reaches."),
    *_ANCHOR,
    One(
        "parent",
        Kind.GOAL,
        "The goal that it is a part of.",
        source(Relation.HAS_SUB_GOAL, goal.Goal),
    ),
    _to(goal.Goal, Relation.HAS_SUB_GOAL, "children", "Its sub-goals."),
    _to(journey.Journey, Relation.SERVED_BY, "journeys", "The journeys that serve it."),
)

_JOURNEY: tuple[Row, ...] = (
    *_ATLAS_NODE,
    value("level", one_of(enums.JOURNEY_LEVEL), "Its size."),
    value("is_moment_that_matters", BOOLEAN, "Whether it decides what customers think."),
    value("health", one_of(enums.HEALTH_STATE), "How it does: `health.state`.", health_state),
    *_ANCHOR,
    Many("personas", Kind.PERSONA, "Whose journey it is.", all_named_in("personas")),
    _from(journey.Journey, Relation.HAS_MICRO_JOURNEY, "parents", "The journeys it is a part of."),
    _to(journey.Journey, Relation.HAS_MICRO_JOURNEY, "micro_journeys", "Its parts."),
    _to(journey.Step, Relation.HAS_STEP, "steps", "Its steps."),
    _from(goal.Goal, Relation.SERVED_BY, "goals", "The goals that it serves."),
    _from(insight.Insight, Relation.SEEN_IN, "insights", "The insights seen in itself."),
    _from(
        opportunity.Opportunity,
        Relation.IMPROVES,
        "opportunities",
        "The opportunities to improve itself.",
    ),
)

_STEP: tuple[Row, ...] = (
    *_ATLAS_NODE,
    value("stage", TEXT, "The group of steps it belongs to."),
    value("touchpoint", TEXT, "What the customer meets."),
    value("channel", TEXT, "Where."),
    value("product", TEXT, "The product it is about."),
    value("emotion", INTEGER, "How customers feel, -2 to 2."),
    value("is_moment_that_matters", BOOLEAN, "Whether it decides what customers think."),
    One(
        "journey",
        Kind.JOURNEY,
        "The journey it is a part of.",
        source(Relation.HAS_STEP, journey.Journey),
    ),
    _from(insight.Insight, Relation.SEEN_IN, "insights", "The insights seen at it."),
    _from(
        opportunity.Opportunity,
        Relation.IMPROVES,
        "opportunities",
        "The opportunities to improve it.",
    ),
    _from(metric.Metric, Relation.MEASURES, "metrics", "The metrics that measure it."),
)

_INSIGHT: tuple[Row, ...] = (
    *_ATLAS_NODE,
    value("kind", one_of(enums.INSIGHT_KIND), "What it says.", attribute("insight_kind")),
    value("aspects", some_of(enums.INSIGHT_ASPECT), "What of the customer it is about."),
    value("importance", INTEGER, "How much it weighs, 1 to 5."),
    Many("personas", Kind.PERSONA, "Whom it was learned of.", all_named_in("personas")),
    _to(journey.Journey, Relation.SEEN_IN, "journeys", "The journeys it was seen in."),
    _to(journey.Step, Relation.SEEN_IN, "steps", "The steps it was seen at."),
    _to(
        opportunity.Opportunity,
        Relation.SUPPORTS,
        "opportunities",
        "The opportunities it speaks for.",
    ),
    _to(okr.Objective, Relation.SUPPORTS, "objectives", "The objectives it speaks for."),
)

_OPPORTUNITY: tuple[Row, ...] = (
    *_ATLAS_NODE,
    value("change", TEXT, "The change."),
    value("status", one_of(enums.OPPORTUNITY_STATUS), "How far it has come."),
    value("aspects", some_of(enums.OPPORTUNITY_ASPECT), "What it changes."),
    value("confidence", DECIMAL, "How sure a person is, 0 to 1."),
    value("hypothesis", one_of(enums.HYPOTHESIS), "What is known of the belief behind it."),
    value("customer_value", DECIMAL, "`priority.customerValue`.", priority("customer_value")),
    value("business_value", DECIMAL, "`priority.businessValue`.", priority("business_value")),
    value("effort", DECIMAL, "`priority.effort`.", priority("effort")),
    value("delivery", DECIMAL, "How much of it is out, 0 to 1: `delivery.value`.", delivery_value),
    value("outcome", DECIMAL, "What its objectives come to: `outcome.value`.", outcome_value),
    value(
        "divergence",
        one_of(enums.DIVERGENCE),
        "How delivery and outcome contradict each other.",
        divergence,
    ),
    *_ANCHOR,
    One("persona", Kind.PERSONA, "Whose path it is.", named_in("persona")),
    _to(journey.Journey, Relation.IMPROVES, "journeys", "The journeys it improves."),
    _to(journey.Step, Relation.IMPROVES, "steps", "The steps it improves."),
    _from(insight.Insight, Relation.SUPPORTS, "insights", "The insights that speak for it."),
    _from(solution.Solution, Relation.ADDRESSES, "solutions", "The solutions that address it."),
)

_SOLUTION: tuple[Row, ...] = (
    *_ATLAS_NODE,
    value("kind", one_of(enums.SOLUTION_KIND), "What it is.", attribute("solution_kind")),
    value("status", one_of(enums.SOLUTION_STATUS), "How far it has come."),
    value("released_at", DAY, "The day of its release."),
    *_ANCHOR,
    _to(
        opportunity.Opportunity,
        Relation.ADDRESSES,
        "opportunities",
        "The opportunities it addresses.",
    ),
)

_METRIC: tuple[Row, ...] = (
    *_ATLAS_NODE,
    value("unit", one_of(enums.UNIT_KIND), "The kind of unit.", attribute("unit.kind")),
    value(
        "better_direction",
        one_of(enums.DIRECTION),
        "Which way it gets better.",
        attribute("better"),
    ),
    value("aggregation", one_of(enums.AGGREGATION), "How observations become one value."),
    value("cadence", one_of(enums.CADENCE), "How often a new observation is due."),
    value("family", one_of(enums.METRIC_FAMILY), "What it speaks of."),
    value("value", DECIMAL, "Its value on the day, in its unit: `value.value`.", metric_value),
    value("observed_at", MOMENT, "When its newest observation ended.", observed_at),
    value("is_stale", BOOLEAN, "Whether its newest observation is too old.", is_stale),
    _by(okr.KeyResult, "metric", "key_results", "The key results that it decides."),
    _from(okr.KeyResult, Relation.DRIVES, "driven_by", "The key results that should move it."),
    _by(read_from.MetricSource, "metric", "sources", "Where its values come from."),
    _to(goal.Goal, Relation.MEASURES, "goals", "The goals that it measures."),
    _to(journey.Journey, Relation.MEASURES, "journeys", "The journeys that it measures."),
    _to(journey.Step, Relation.MEASURES, "steps", "The steps that it measures."),
    _to(
        opportunity.Opportunity,
        Relation.MEASURES,
        "opportunities",
        "The opportunities that it measures.",
    ),
    _to(solution.Solution, Relation.MEASURES, "solutions", "The solutions that it measures."),
)

_OBJECTIVE: tuple[Row, ...] = (
    *_ATLAS_NODE,
    *_OKR,
    value("rollup", one_of(enums.ROLLUP_MODE), "What its progress is made of."),
    One("cycle", Kind.CYCLE, "The cycle it is set for.", named_in("cycle")),
    _anchored_on(goal.Goal, "goal"),
    _anchored_on(journey.Journey, "journey"),
    _anchored_on(opportunity.Opportunity, "opportunity"),
    _anchored_on(solution.Solution, "solution"),
    _from(team.Team, Relation.OWNS, "owners", "The teams that answer for it together."),
    Many("key_results", Kind.KEY_RESULT, "Its key results.", key_results_of),
    _to(okr.Objective, Relation.CONTRIBUTES_TO, "contributes_to", "The objectives that count it."),
    _from(okr.Objective, Relation.CONTRIBUTES_TO, "children", "Those that contribute to it."),
    _to(okr.Objective, Relation.ALIGNED_WITH, "aligned_with", "Those it is aligned with."),
    _from(okr.Objective, Relation.ALIGNED_WITH, "aligned_from", "Those aligned with it."),
    One("predecessor", Kind.OBJECTIVE, "The one that it carries on.", named_in("predecessor")),
    _by(okr.Objective, "predecessor", "successors", "Those that carry it on."),
    _from(insight.Insight, Relation.SUPPORTS, "insights", "The insights that speak for it."),
)

_KEY_RESULT: tuple[Row, ...] = (
    *_ATLAS_NODE,
    *_OKR,
    value("kind", one_of(enums.KEY_RESULT_KIND), "How it is judged.", attribute("result_kind")),
    value("who", TEXT, "Who does it, in words."),
    value("does_what", TEXT, "The behaviour."),
    value("weight", DECIMAL, "What it counts in its objective."),
    value("is_guardrail", BOOLEAN, "Whether it guards instead of counting."),
    One("objective", Kind.OBJECTIVE, "The objective it belongs to.", named_in("objective")),
    One("metric", Kind.METRIC, "What it is measured by.", named_in("metric")),
    One("persona", Kind.PERSONA, "Who does it.", named_in("persona")),
    _to(metric.Metric, Relation.DRIVES, "drives", "The success measures it should move."),
)

_CYCLE: tuple[Row, ...] = (
    *_NODE,
    value("start", DAY, "Its first day."),
    value("end", DAY, "Its last day."),
    value("state", one_of(enums.CYCLE_STATE), "What of it may still be edited."),
    One("parent", Kind.CYCLE, "The cycle it is inside of.", named_in("parent")),
    _by(cycle.Cycle, "parent", "children", "The cycles directly inside it."),
    _by(okr.Objective, "cycle", "objectives", "The objectives set for itself."),
)

_TEAM: tuple[Row, ...] = (
    *_NODE,
    One("parent", Kind.TEAM, "The team it belongs to.", named_in("parent")),
    _by(team.Team, "parent", "children", "The teams that belong to it."),
    _by(team.Member, "team", "members", "Who is in it."),
    _to(okr.Objective, Relation.OWNS, "objectives", "The objectives it answers for."),
)

_MEMBER: tuple[Row, ...] = (
    *_NODE,
    value("email", TEXT, "Their address."),
    One("team", Kind.TEAM, "Their team.", named_in("team")),
)

_PERSONA: tuple[Row, ...] = (
    *_NODE,
    _by(journey.Journey, "personas", "journeys", "The journeys they make."),
    _by(insight.Insight, "personas", "insights", "What was learned of them."),
    _by(opportunity.Opportunity, "persona", "opportunities", "The opportunities for them."),
    _by(okr.KeyResult, "persona", "key_results", "The key results that they bring about."),
)

_CONNECTION: tuple[Row, ...] = (
    *_NODE,
    value("connector_key", TEXT, "The connector's key.", attribute("connector")),
    _by(read_from.MetricSource, "connection", "sources", "The metric sources that it feeds."),
)

_METRIC_SOURCE: tuple[Row, ...] = (
    *_NODE,
    value("remote_metric", TEXT, "The connector's own name for the metric."),
    value("precedence", INTEGER, "Which source answers first: the lowest."),
    value("state", one_of(enums.SOURCE_STATE), "How the last attempt to read it ended."),
    value("asked_at", MOMENT, "When it last answered."),
    One("metric", Kind.METRIC, "The metric that it feeds.", named_in("metric")),
    One("connection", Kind.CONNECTION, "Where it reads.", named_in("connection")),
)

TABLES: Mapping[Kind, tuple[Row, ...]] = MappingProxyType(
    {
        Kind.GOAL: _GOAL,
        Kind.JOURNEY: _JOURNEY,
        Kind.STEP: _STEP,
        Kind.INSIGHT: _INSIGHT,
        Kind.OPPORTUNITY: _OPPORTUNITY,
        Kind.SOLUTION: _SOLUTION,
        Kind.METRIC: _METRIC,
        Kind.OBJECTIVE: _OBJECTIVE,
        Kind.KEY_RESULT: _KEY_RESULT,
        Kind.CYCLE: _CYCLE,
        Kind.TEAM: _TEAM,
        Kind.MEMBER: _MEMBER,
        Kind.PERSONA: _PERSONA,
        Kind.CONNECTION: _CONNECTION,
        Kind.METRIC_SOURCE: _METRIC_SOURCE,
    }
)
"""Every kind's table."""
