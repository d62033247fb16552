"""One table per kind of node, with the fields that only this kind has."""

from collections.abc import Mapping
from types import MappingProxyType

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    Integer,
    Numeric,
    SmallInteger,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB

from domain.cycle import CycleState
from domain.goal import GoalKind, GoalScope
from domain.insight import InsightKind
from domain.journey import JourneyLevel
from domain.metric import (
    Aggregation,
    Cadence,
    Direction,
    DurationUnit,
    MetricFamily,
    UnitKind,
    WindowKind,
)
from domain.node import Kind
from domain.okr import CurveKind, HowMuchKind, KeyResultKind, RollupMode
from domain.opportunity import Hypothesis, OpportunityStatus
from domain.solution import SolutionKind, SolutionStatus
from domain.source import SourceState
from storage.tables.columns import Id, Moment, between, choice, holds, kind_table, refers

goals = kind_table("goals", Kind.GOAL, *choice("goal_kind", GoalKind), *choice("scope", GoalScope))

journeys = kind_table(
    "journeys",
    Kind.JOURNEY,
    *choice("level", JourneyLevel),
    Column("is_moment_that_matters", Boolean, nullable=False),
)

steps = kind_table(
    "steps",
    Kind.STEP,
    Column("stage", Text),
    Column("touchpoint", Text),
    Column("channel", Text),
    Column("product", Text),
    Column("emotion", SmallInteger),
    Column("is_moment_that_matters", Boolean, nullable=False),
    between("emotion", -2, 2),
)

insights = kind_table(
    "insights",
    Kind.INSIGHT,
    *choice("insight_kind", InsightKind),
    Column("aspects", JSONB, nullable=False),
    Column("importance", SmallInteger),
    Column("evidence", JSONB, nullable=False),
    between("importance", 1, 5),
)

opportunities = kind_table(
    "opportunities",
    Kind.OPPORTUNITY,
    Column("change", Text, nullable=False),
    Column("aspects", JSONB, nullable=False),
    Column("persona_id", Id),
    *choice("status", OpportunityStatus),
    Column("confidence", Numeric),
    *choice("hypothesis", Hypothesis),
    Column("priority_customer_value", Numeric),
    Column("priority_business_value", Numeric),
    Column("priority_effort", Numeric),
    refers("persona_id", "personas"),
    between("confidence", 0, 1),
    between("priority_customer_value", 0, 100),
    between("priority_business_value", 0, 100),
    between("priority_effort", 0, 5),
)

solutions = kind_table(
    "solutions",
    Kind.SOLUTION,
    *choice("solution_kind", SolutionKind),
    *choice("status", SolutionStatus),
    Column("released_at", Date),
    Column("url", Text),
)

metrics = kind_table(
    "metrics",
    Kind.METRIC,
    *choice("unit_kind", UnitKind),
    Column("unit_currency", Text),
    Column("unit_per", Integer),
    *choice("unit_display", DurationUnit, optional=True),
    *choice("better", Direction),
    *choice("aggregation", Aggregation),
    *choice("window_kind", WindowKind),
    Column("window_days", Integer),
    *choice("cadence", Cadence),
    *choice("family", MetricFamily),
    Column("series_breaks", JSONB, nullable=False),
    Column("formula", Text),
    holds("unit_per", "unit_per > 0"),
    holds("window_days", "window_days > 0"),
)

objectives = kind_table(
    "objectives",
    Kind.OBJECTIVE,
    Column("cycle_id", Id, nullable=False),
    *choice("rollup", RollupMode),
    Column("manual_progress_value", Numeric),
    Column("manual_progress_by_id", Id),
    Column("manual_progress_at", Moment),
    Column("manual_progress_reason", Text),
    *choice("curve_kind", CurveKind),
    Column("curve_points", JSONB, nullable=False),
    Column("confidence", Numeric),
    Column("predecessor_id", Id),
    refers("cycle_id", "cycles"),
    refers("manual_progress_by_id", "members"),
    refers("predecessor_id", "objectives"),
    between("manual_progress_value", 0, 1),
    between("confidence", 0, 1),
    holds("predecessor", "predecessor_id <> id"),
)

key_results = kind_table(
    "key_results",
    Kind.KEY_RESULT,
    Column("objective_id", Id, nullable=False),
    Column("position", Integer, nullable=False),
    *choice("result_kind", KeyResultKind),
    Column("who", Text),
    Column("persona_id", Id),
    Column("does_what", Text, nullable=False),
    Column("metric_id", Id),
    Column("dimensions", JSONB, nullable=False),
    *choice("window_kind", WindowKind, optional=True),
    Column("window_days", Integer),
    Column("baseline_value", Numeric),
    Column("baseline_at", Date),
    Column("baseline_how", Text),
    *choice("by_how_much_kind", HowMuchKind, optional=True),
    Column("by_how_much_value", Numeric),
    Column("bounds_lower", Numeric),
    Column("bounds_upper", Numeric),
    Column("milestones", JSONB, nullable=False),
    Column("done_at", Date),
    Column("values_needed", Integer),
    Column("ladder_commit", Numeric),
    Column("ladder_target", Numeric),
    Column("ladder_stretch", Numeric),
    *choice("curve_kind", CurveKind, optional=True),
    Column("curve_points", JSONB),
    Column("weight", Numeric, nullable=False),
    Column("is_guardrail", Boolean, nullable=False),
    Column("confidence", Numeric),
    refers("objective_id", "objectives"),
    refers("persona_id", "personas"),
    refers("metric_id", "metrics"),
    holds("window_days", "window_days > 0"),
    holds("by_how_much", "(by_how_much_kind IS NULL) = (by_how_much_value IS NULL)"),
    holds("bounds", "bounds_lower <= bounds_upper"),
    holds("values_needed", "values_needed > 0"),
    holds("weight", "weight >= 0"),
    between("confidence", 0, 1),
)

cycles = kind_table(
    "cycles",
    Kind.CYCLE,
    Column("start", Date, nullable=False),
    Column("end", Date, nullable=False),
    *choice("state", CycleState),
    Column("parent_id", Id),
    refers("parent_id", "cycles"),
    holds("period", '"start" <= "end"'),
    holds("parent", "parent_id <> id"),
)

teams = kind_table(
    "teams",
    Kind.TEAM,
    Column("parent_id", Id),
    refers("parent_id", "teams"),
    holds("parent", "parent_id <> id"),
)

members = kind_table(
    "members",
    Kind.MEMBER,
    Column("email", Text),
    Column("team_id", Id),
    refers("team_id", "teams"),
)

personas = kind_table("personas", Kind.PERSONA)

connections = kind_table(
    "connections",
    Kind.CONNECTION,
    Column("connector", Text, nullable=False),
    Column("settings", JSONB, nullable=False),
    # Which settings have a value in `connection_secrets`, and since when; never the value.
    Column("secrets", JSONB, nullable=False),
)

metric_sources = kind_table(
    "metric_sources",
    Kind.METRIC_SOURCE,
    Column("metric_id", Id, nullable=False),
    Column("connection_id", Id, nullable=False),
    Column("remote_metric", Text, nullable=False),
    Column("parameters", JSONB, nullable=False),
    Column("breakdowns", JSONB, nullable=False),
    Column("grain", Text, nullable=False),
    Column("precedence", Integer, nullable=False),
    *choice("state", SourceState),
    Column("asked_at", Moment),
    Column("error", JSONB),
    refers("metric_id", "metrics"),
    refers("connection_id", "connections"),
)

TABLE_OF: Mapping[Kind, Table] = MappingProxyType(
    {
        Kind.PERSONA: personas,
        Kind.TEAM: teams,
        Kind.MEMBER: members,
        Kind.CYCLE: cycles,
        Kind.GOAL: goals,
        Kind.JOURNEY: journeys,
        Kind.STEP: steps,
        Kind.INSIGHT: insights,
        Kind.OPPORTUNITY: opportunities,
        Kind.SOLUTION: solutions,
        Kind.METRIC: metrics,
        Kind.CONNECTION: connections,
        Kind.METRIC_SOURCE: metric_sources,
        Kind.OBJECTIVE: objectives,
        Kind.KEY_RESULT: key_results,
    }
)
"""The table of each kind, in an order in which a kind comes after the kinds that it points at."""
