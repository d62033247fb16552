"""The atlas."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261123_1"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "observation_revisions",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("metric_id", sa.Uuid(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("dimensions_hash", sa.LargeBinary(), nullable=False),
        sa.Column("start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("end", sa.DateTime(timezone=True), nullable=False),
        sa.Column("dimensions", postgresql.JSONB(), nullable=False),
        sa.Column("value", sa.Numeric(), nullable=True),
        sa.Column("sample_size", sa.BigInteger(), nullable=True),
        sa.Column("numerator", sa.Numeric(), nullable=True),
        sa.Column("denominator", sa.Numeric(), nullable=True),
        sa.Column("standard_error", sa.Numeric(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("flags", postgresql.JSONB(), nullable=False),
        sa.Column("connector", sa.Text(), nullable=False),
        sa.Column("connector_version", sa.Text(), nullable=False),
        sa.Column("sync_run_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint(
            "tenant_id",
            "metric_id",
            "source_id",
            "dimensions_hash",
            "end",
            "start",
            "version",
            name=op.f("pk_observation_revisions"),
        ),
    )
    op.create_table(
        "observations",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("metric_id", sa.Uuid(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("dimensions_hash", sa.LargeBinary(), nullable=False),
        sa.Column("start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("end", sa.DateTime(timezone=True), nullable=False),
        sa.Column("dimensions", postgresql.JSONB(), nullable=False),
        sa.Column("value", sa.Numeric(), nullable=True),
        sa.Column("sample_size", sa.BigInteger(), nullable=True),
        sa.Column("numerator", sa.Numeric(), nullable=True),
        sa.Column("denominator", sa.Numeric(), nullable=True),
        sa.Column("standard_error", sa.Numeric(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("flags", postgresql.JSONB(), nullable=False),
        sa.Column("connector", sa.Text(), nullable=False),
        sa.Column("connector_version", sa.Text(), nullable=False),
        sa.Column("sync_run_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("state IN ('FINAL', 'PROVISIONAL')", name=op.f("ck_observations_state")),
        sa.CheckConstraint('"start" <= "end"', name=op.f("ck_observations_period")),
        sa.CheckConstraint("sample_size >= 0", name=op.f("ck_observations_sample_size")),
        sa.PrimaryKeyConstraint(
            "tenant_id",
            "metric_id",
            "source_id",
            "dimensions_hash",
            "end",
            "start",
            name=op.f("pk_observations"),
        ),
    )
    op.create_table(
        "tenants",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tenants")),
        sa.UniqueConstraint("key", name="uq_tenants_key"),
    )
    op.create_table(
        "organizations",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("status_policy", sa.Text(), nullable=False),
        sa.Column("status_parameters", postgresql.JSONB(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("last_write", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("revision >= 1", name=op.f("ck_organizations_revision")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name="fk_organizations_tenant_id"),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_organizations")),
    )
    op.create_table(
        "nodes",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("accountable_id", sa.Uuid(), nullable=True),
        sa.Column("labels", postgresql.JSONB(), nullable=True),
        sa.Column("custom_fields", postgresql.JSONB(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('GOAL', 'JOURNEY', 'STEP', 'INSIGHT', 'OPPORTUNITY', 'SOLUTION', 'METRIC', 'OBJECTIVE', 'KEY_RESULT', 'CYCLE', 'TEAM', 'MEMBER', 'PERSONA', 'CONNECTION', 'METRIC_SOURCE')",
            name=op.f("ck_nodes_kind"),
        ),
        sa.CheckConstraint("version >= 1", name=op.f("ck_nodes_version")),
        sa.CheckConstraint(
            "CASE WHEN kind IN ('CYCLE', 'TEAM', 'MEMBER', 'PERSONA', 'CONNECTION', 'METRIC_SOURCE') THEN num_nonnulls(owner_id, accountable_id, labels, custom_fields) = 0 ELSE num_nonnulls(labels, custom_fields) = 2 END",
            name=op.f("ck_nodes_answered_for"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["organizations.tenant_id"], name="fk_nodes_organization"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_nodes")),
        sa.UniqueConstraint("tenant_id", "id", "kind", name="uq_nodes_kind"),
        sa.UniqueConstraint("tenant_id", "key", name="uq_nodes_key"),
    )
    op.create_index("ix_nodes_revision", "nodes", ["tenant_id", "revision"], unique=False)
    op.create_table(
        "connections",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("connector", sa.Text(), nullable=False),
        sa.Column("settings", postgresql.JSONB(), nullable=False),
        sa.CheckConstraint("kind IN ('CONNECTION')", name=op.f("ck_connections_kind")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "id", "kind"],
            ["nodes.tenant_id", "nodes.id", "nodes.kind"],
            name=op.f("fk_connections_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_connections")),
    )
    op.create_table(
        "cycles",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("start", sa.Date(), nullable=False),
        sa.Column("end", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("kind IN ('CYCLE')", name=op.f("ck_cycles_kind")),
        sa.CheckConstraint(
            "state IN ('DRAFT', 'ACTIVE', 'LOCKED', 'CLOSED')", name=op.f("ck_cycles_state")
        ),
        sa.CheckConstraint('"start" <= "end"', name=op.f("ck_cycles_period")),
        sa.CheckConstraint("parent_id <> id", name=op.f("ck_cycles_parent")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "id", "kind"],
            ["nodes.tenant_id", "nodes.id", "nodes.kind"],
            name=op.f("fk_cycles_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "parent_id"],
            ["cycles.tenant_id", "cycles.id"],
            name=op.f("fk_cycles_parent_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_cycles")),
    )
    op.create_table(
        "goals",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("goal_kind", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "goal_kind IN ('BUSINESS', 'CUSTOMER')", name=op.f("ck_goals_goal_kind")
        ),
        sa.CheckConstraint("kind IN ('GOAL')", name=op.f("ck_goals_kind")),
        sa.CheckConstraint("scope IN ('ORGANIZATION', 'JOURNEY')", name=op.f("ck_goals_scope")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "id", "kind"],
            ["nodes.tenant_id", "nodes.id", "nodes.kind"],
            name=op.f("fk_goals_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_goals")),
    )
    op.create_table(
        "insights",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("insight_kind", sa.Text(), nullable=False),
        sa.Column("aspects", postgresql.JSONB(), nullable=False),
        sa.Column("importance", sa.SmallInteger(), nullable=True),
        sa.Column("evidence", postgresql.JSONB(), nullable=False),
        sa.CheckConstraint(
            "insight_kind IN ('PAIN', 'GAIN', 'NEED', 'OBSERVATION')",
            name=op.f("ck_insights_insight_kind"),
        ),
        sa.CheckConstraint("kind IN ('INSIGHT')", name=op.f("ck_insights_kind")),
        sa.CheckConstraint("importance BETWEEN 1 AND 5", name=op.f("ck_insights_importance")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "id", "kind"],
            ["nodes.tenant_id", "nodes.id", "nodes.kind"],
            name=op.f("fk_insights_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_insights")),
    )
    op.create_table(
        "journeys",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("is_moment_that_matters", sa.Boolean(), nullable=False),
        sa.CheckConstraint("kind IN ('JOURNEY')", name=op.f("ck_journeys_kind")),
        sa.CheckConstraint("level IN ('MACRO', 'MICRO')", name=op.f("ck_journeys_level")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "id", "kind"],
            ["nodes.tenant_id", "nodes.id", "nodes.kind"],
            name=op.f("fk_journeys_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_journeys")),
    )
    op.create_table(
        "links",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("relation", sa.Text(), nullable=False),
        sa.Column("target_id", sa.Uuid(), nullable=False),
        sa.Column("source_kind", sa.Text(), nullable=False),
        sa.Column("target_kind", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("weight", sa.Numeric(), nullable=True),
        sa.Column("share", sa.Numeric(), nullable=True),
        sa.Column("dimension", sa.Text(), nullable=True),
        sa.Column("long_term_target", sa.Numeric(), nullable=True),
        sa.Column("is_removed", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "(relation, source_kind, target_kind) IN (('HAS_SUB_GOAL', 'GOAL', 'GOAL'), ('SERVED_BY', 'GOAL', 'JOURNEY'), ('HAS_MICRO_JOURNEY', 'JOURNEY', 'JOURNEY'), ('HAS_STEP', 'JOURNEY', 'STEP'), ('IMPROVES', 'OPPORTUNITY', 'JOURNEY'), ('IMPROVES', 'OPPORTUNITY', 'STEP'), ('ADDRESSES', 'SOLUTION', 'OPPORTUNITY'), ('ANCHORED_ON', 'OBJECTIVE', 'GOAL'), ('ANCHORED_ON', 'OBJECTIVE', 'JOURNEY'), ('ANCHORED_ON', 'OBJECTIVE', 'OPPORTUNITY'), ('ANCHORED_ON', 'OBJECTIVE', 'SOLUTION'), ('SEEN_IN', 'INSIGHT', 'JOURNEY'), ('SEEN_IN', 'INSIGHT', 'STEP'), ('SUPPORTS', 'INSIGHT', 'OPPORTUNITY'), ('SUPPORTS', 'INSIGHT', 'OBJECTIVE'), ('MEASURES', 'METRIC', 'GOAL'), ('MEASURES', 'METRIC', 'JOURNEY'), ('MEASURES', 'METRIC', 'STEP'), ('MEASURES', 'METRIC', 'OPPORTUNITY'), ('MEASURES', 'METRIC', 'SOLUTION'), ('DRIVES', 'KEY_RESULT', 'METRIC'), ('ALIGNED_WITH', 'OBJECTIVE', 'OBJECTIVE'), ('OWNS', 'TEAM', 'OBJECTIVE'), ('CONTRIBUTES_TO', 'OBJECTIVE', 'OBJECTIVE'))",
            name=op.f("ck_links_legal"),
        ),
        sa.CheckConstraint(
            "dimension IN ('EFFECTIVENESS', 'EFFICIENCY')", name=op.f("ck_links_dimension")
        ),
        sa.CheckConstraint(
            "dimension IS NULL AND long_term_target IS NULL OR relation = 'MEASURES' AND target_kind = 'JOURNEY'",
            name=op.f("ck_links_success_measure"),
        ),
        sa.CheckConstraint(
            "share IS NULL OR (relation = 'OWNS' AND share BETWEEN 0 AND 1)",
            name=op.f("ck_links_share"),
        ),
        sa.CheckConstraint(
            "weight IS NULL OR (relation = 'CONTRIBUTES_TO' AND weight >= 0)",
            name=op.f("ck_links_weight"),
        ),
        sa.CheckConstraint("source_id <> target_id", name=op.f("ck_links_ends")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "source_id", "source_kind"],
            ["nodes.tenant_id", "nodes.id", "nodes.kind"],
            name=op.f("fk_links_source_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "target_id", "target_kind"],
            ["nodes.tenant_id", "nodes.id", "nodes.kind"],
            name=op.f("fk_links_target_id"),
        ),
        sa.PrimaryKeyConstraint(
            "tenant_id", "source_id", "relation", "target_id", name=op.f("pk_links")
        ),
    )
    op.create_index("ix_links_revision", "links", ["tenant_id", "revision"], unique=False)
    op.create_index(
        "ix_links_target", "links", ["tenant_id", "target_id", "relation"], unique=False
    )
    op.create_index(
        "uq_links_one_source",
        "links",
        ["tenant_id", "target_id", "relation"],
        unique=True,
        postgresql_where=sa.text("relation IN ('HAS_SUB_GOAL', 'HAS_STEP') AND NOT is_removed"),
    )
    op.create_index(
        "uq_links_one_target",
        "links",
        ["tenant_id", "source_id", "relation"],
        unique=True,
        postgresql_where=sa.text("relation IN ('ANCHORED_ON') AND NOT is_removed"),
    )
    op.create_table(
        "metrics",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("unit_kind", sa.Text(), nullable=False),
        sa.Column("unit_currency", sa.Text(), nullable=True),
        sa.Column("unit_per", sa.Integer(), nullable=True),
        sa.Column("unit_display", sa.Text(), nullable=True),
        sa.Column("better", sa.Text(), nullable=False),
        sa.Column("aggregation", sa.Text(), nullable=False),
        sa.Column("window_kind", sa.Text(), nullable=False),
        sa.Column("window_days", sa.Integer(), nullable=True),
        sa.Column("cadence", sa.Text(), nullable=False),
        sa.Column("family", sa.Text(), nullable=False),
        sa.Column("series_breaks", postgresql.JSONB(), nullable=False),
        sa.CheckConstraint(
            "aggregation IN ('LAST', 'SUM', 'MEAN', 'WEIGHTED_MEAN', 'RATIO', 'MIN', 'MAX', 'MEDIAN', 'UNIQUE', 'OPAQUE')",
            name=op.f("ck_metrics_aggregation"),
        ),
        sa.CheckConstraint(
            "better IN ('HIGHER', 'LOWER', 'NEITHER')", name=op.f("ck_metrics_better")
        ),
        sa.CheckConstraint(
            "cadence IN ('HOUR', 'DAY', 'WEEK', 'MONTH', 'QUARTER', 'YEAR')",
            name=op.f("ck_metrics_cadence"),
        ),
        sa.CheckConstraint(
            "family IN ('JOURNEY_KPI', 'BEHAVIOURAL', 'BUSINESS_OUTCOME')",
            name=op.f("ck_metrics_family"),
        ),
        sa.CheckConstraint("kind IN ('METRIC')", name=op.f("ck_metrics_kind")),
        sa.CheckConstraint(
            "unit_display IN ('SECOND', 'MINUTE', 'HOUR', 'DAY', 'WEEK')",
            name=op.f("ck_metrics_unit_display"),
        ),
        sa.CheckConstraint(
            "unit_kind IN ('PERCENT', 'RATIO', 'COUNT', 'SCORE', 'DURATION', 'MONEY', 'RATE', 'NUMBER')",
            name=op.f("ck_metrics_unit_kind"),
        ),
        sa.CheckConstraint(
            "window_kind IN ('CYCLE', 'TRAILING', 'ALL')", name=op.f("ck_metrics_window_kind")
        ),
        sa.CheckConstraint("unit_per > 0", name=op.f("ck_metrics_unit_per")),
        sa.CheckConstraint("window_days > 0", name=op.f("ck_metrics_window_days")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "id", "kind"],
            ["nodes.tenant_id", "nodes.id", "nodes.kind"],
            name=op.f("fk_metrics_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_metrics")),
    )
    op.create_table(
        "personas",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.CheckConstraint("kind IN ('PERSONA')", name=op.f("ck_personas_kind")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "id", "kind"],
            ["nodes.tenant_id", "nodes.id", "nodes.kind"],
            name=op.f("fk_personas_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_personas")),
    )
    op.create_table(
        "solutions",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("solution_kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("released_at", sa.Date(), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.CheckConstraint("kind IN ('SOLUTION')", name=op.f("ck_solutions_kind")),
        sa.CheckConstraint(
            "solution_kind IN ('FEATURE', 'SERVICE', 'POLICY', 'CONTENT', 'PLATFORM')",
            name=op.f("ck_solutions_solution_kind"),
        ),
        sa.CheckConstraint(
            "status IN ('IDEA', 'APPROVED', 'BUILDING', 'RELEASED', 'CANCELLED')",
            name=op.f("ck_solutions_status"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "id", "kind"],
            ["nodes.tenant_id", "nodes.id", "nodes.kind"],
            name=op.f("fk_solutions_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_solutions")),
    )
    op.create_table(
        "steps",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=True),
        sa.Column("touchpoint", sa.Text(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.Column("product", sa.Text(), nullable=True),
        sa.Column("emotion", sa.SmallInteger(), nullable=True),
        sa.Column("is_moment_that_matters", sa.Boolean(), nullable=False),
        sa.CheckConstraint("kind IN ('STEP')", name=op.f("ck_steps_kind")),
        sa.CheckConstraint("emotion BETWEEN -2 AND 2", name=op.f("ck_steps_emotion")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "id", "kind"],
            ["nodes.tenant_id", "nodes.id", "nodes.kind"],
            name=op.f("fk_steps_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_steps")),
    )
    op.create_table(
        "teams",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("kind IN ('TEAM')", name=op.f("ck_teams_kind")),
        sa.CheckConstraint("parent_id <> id", name=op.f("ck_teams_parent")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "id", "kind"],
            ["nodes.tenant_id", "nodes.id", "nodes.kind"],
            name=op.f("fk_teams_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "parent_id"],
            ["teams.tenant_id", "teams.id"],
            name=op.f("fk_teams_parent_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_teams")),
    )
    op.create_table(
        "members",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("team_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("kind IN ('MEMBER')", name=op.f("ck_members_kind")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "id", "kind"],
            ["nodes.tenant_id", "nodes.id", "nodes.kind"],
            name=op.f("fk_members_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "team_id"],
            ["teams.tenant_id", "teams.id"],
            name=op.f("fk_members_team_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_members")),
    )
    op.create_table(
        "metric_sources",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("metric_id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("remote_metric", sa.Text(), nullable=False),
        sa.Column("parameters", postgresql.JSONB(), nullable=False),
        sa.Column("breakdowns", postgresql.JSONB(), nullable=False),
        sa.Column("grain", sa.Text(), nullable=False),
        sa.Column("precedence", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", postgresql.JSONB(), nullable=True),
        sa.CheckConstraint("kind IN ('METRIC_SOURCE')", name=op.f("ck_metric_sources_kind")),
        sa.CheckConstraint(
            "state IN ('NEVER_SYNCED', 'OK', 'FAILING', 'NEEDS_ATTENTION')",
            name=op.f("ck_metric_sources_state"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "connection_id"],
            ["connections.tenant_id", "connections.id"],
            name=op.f("fk_metric_sources_connection_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "id", "kind"],
            ["nodes.tenant_id", "nodes.id", "nodes.kind"],
            name=op.f("fk_metric_sources_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "metric_id"],
            ["metrics.tenant_id", "metrics.id"],
            name=op.f("fk_metric_sources_metric_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_metric_sources")),
    )
    op.create_table(
        "node_personas",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("node_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("persona_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "node_id"],
            ["nodes.tenant_id", "nodes.id"],
            name=op.f("fk_node_personas_node_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "persona_id"],
            ["personas.tenant_id", "personas.id"],
            name=op.f("fk_node_personas_persona_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "node_id", "position", name=op.f("pk_node_personas")),
        sa.UniqueConstraint("tenant_id", "node_id", "persona_id", name="uq_node_personas_persona"),
    )
    op.create_table(
        "opportunities",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("change", sa.Text(), nullable=False),
        sa.Column("aspects", postgresql.JSONB(), nullable=False),
        sa.Column("persona_id", sa.Uuid(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Numeric(), nullable=True),
        sa.Column("hypothesis", sa.Text(), nullable=False),
        sa.Column("priority_customer_value", sa.Numeric(), nullable=True),
        sa.Column("priority_business_value", sa.Numeric(), nullable=True),
        sa.Column("priority_effort", sa.Numeric(), nullable=True),
        sa.CheckConstraint(
            "hypothesis IN ('UNTESTED', 'VALIDATED', 'REFUTED')",
            name=op.f("ck_opportunities_hypothesis"),
        ),
        sa.CheckConstraint("kind IN ('OPPORTUNITY')", name=op.f("ck_opportunities_kind")),
        sa.CheckConstraint(
            "status IN ('IDENTIFIED', 'PRIORITISED', 'IN_DELIVERY', 'DONE', 'DROPPED')",
            name=op.f("ck_opportunities_status"),
        ),
        sa.CheckConstraint("confidence BETWEEN 0 AND 1", name=op.f("ck_opportunities_confidence")),
        sa.CheckConstraint(
            "priority_business_value BETWEEN 0 AND 100",
            name=op.f("ck_opportunities_priority_business_value"),
        ),
        sa.CheckConstraint(
            "priority_customer_value BETWEEN 0 AND 100",
            name=op.f("ck_opportunities_priority_customer_value"),
        ),
        sa.CheckConstraint(
            "priority_effort BETWEEN 0 AND 5", name=op.f("ck_opportunities_priority_effort")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "id", "kind"],
            ["nodes.tenant_id", "nodes.id", "nodes.kind"],
            name=op.f("fk_opportunities_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "persona_id"],
            ["personas.tenant_id", "personas.id"],
            name=op.f("fk_opportunities_persona_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_opportunities")),
    )
    op.create_table(
        "node_contributors",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("node_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "member_id"],
            ["members.tenant_id", "members.id"],
            name=op.f("fk_node_contributors_member_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "node_id"],
            ["nodes.tenant_id", "nodes.id"],
            name=op.f("fk_node_contributors_node_id"),
        ),
        sa.PrimaryKeyConstraint(
            "tenant_id", "node_id", "position", name=op.f("pk_node_contributors")
        ),
        sa.UniqueConstraint(
            "tenant_id", "node_id", "member_id", name="uq_node_contributors_member"
        ),
    )
    op.create_table(
        "objectives",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("cycle_id", sa.Uuid(), nullable=False),
        sa.Column("rollup", sa.Text(), nullable=False),
        sa.Column("manual_progress_value", sa.Numeric(), nullable=True),
        sa.Column("manual_progress_by_id", sa.Uuid(), nullable=True),
        sa.Column("manual_progress_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("manual_progress_reason", sa.Text(), nullable=True),
        sa.Column("curve_kind", sa.Text(), nullable=False),
        sa.Column("curve_points", postgresql.JSONB(), nullable=False),
        sa.Column("confidence", sa.Numeric(), nullable=True),
        sa.Column("predecessor_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "curve_kind IN ('LINEAR', 'STEP', 'S_CURVE', 'POINTS')",
            name=op.f("ck_objectives_curve_kind"),
        ),
        sa.CheckConstraint("kind IN ('OBJECTIVE')", name=op.f("ck_objectives_kind")),
        sa.CheckConstraint(
            "rollup IN ('KEY_RESULTS', 'CHILDREN', 'BOTH', 'MANUAL')",
            name=op.f("ck_objectives_rollup"),
        ),
        sa.CheckConstraint("confidence BETWEEN 0 AND 1", name=op.f("ck_objectives_confidence")),
        sa.CheckConstraint(
            "manual_progress_value BETWEEN 0 AND 1",
            name=op.f("ck_objectives_manual_progress_value"),
        ),
        sa.CheckConstraint("predecessor_id <> id", name=op.f("ck_objectives_predecessor")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "cycle_id"],
            ["cycles.tenant_id", "cycles.id"],
            name=op.f("fk_objectives_cycle_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "id", "kind"],
            ["nodes.tenant_id", "nodes.id", "nodes.kind"],
            name=op.f("fk_objectives_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "manual_progress_by_id"],
            ["members.tenant_id", "members.id"],
            name=op.f("fk_objectives_manual_progress_by_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "predecessor_id"],
            ["objectives.tenant_id", "objectives.id"],
            name=op.f("fk_objectives_predecessor_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_objectives")),
    )
    op.create_table(
        "sync_runs",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("connector", sa.Text(), nullable=False),
        sa.Column("connector_version", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("window_start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("window_end", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("new_count", sa.Integer(), nullable=False),
        sa.Column("revised_count", sa.Integer(), nullable=False),
        sa.Column("unchanged_count", sa.Integer(), nullable=False),
        sa.Column("error", postgresql.JSONB(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "source_id"],
            ["metric_sources.tenant_id", "metric_sources.id"],
            name=op.f("fk_sync_runs_source_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_sync_runs")),
    )
    op.create_index(
        "ix_sync_runs_source", "sync_runs", ["tenant_id", "source_id", "started_at"], unique=False
    )
    op.create_table(
        "key_results",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("objective_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("result_kind", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=True),
        sa.Column("persona_id", sa.Uuid(), nullable=True),
        sa.Column("does_what", sa.Text(), nullable=False),
        sa.Column("metric_id", sa.Uuid(), nullable=True),
        sa.Column("dimensions", postgresql.JSONB(), nullable=False),
        sa.Column("window_kind", sa.Text(), nullable=True),
        sa.Column("window_days", sa.Integer(), nullable=True),
        sa.Column("baseline_value", sa.Numeric(), nullable=True),
        sa.Column("baseline_at", sa.Date(), nullable=True),
        sa.Column("baseline_how", sa.Text(), nullable=True),
        sa.Column("by_how_much_kind", sa.Text(), nullable=True),
        sa.Column("by_how_much_value", sa.Numeric(), nullable=True),
        sa.Column("bounds_lower", sa.Numeric(), nullable=True),
        sa.Column("bounds_upper", sa.Numeric(), nullable=True),
        sa.Column("milestones", postgresql.JSONB(), nullable=False),
        sa.Column("done_at", sa.Date(), nullable=True),
        sa.Column("values_needed", sa.Integer(), nullable=True),
        sa.Column("ladder_commit", sa.Numeric(), nullable=True),
        sa.Column("ladder_target", sa.Numeric(), nullable=True),
        sa.Column("ladder_stretch", sa.Numeric(), nullable=True),
        sa.Column("curve_kind", sa.Text(), nullable=True),
        sa.Column("curve_points", postgresql.JSONB(), nullable=True),
        sa.Column("weight", sa.Numeric(), nullable=False),
        sa.Column("is_guardrail", sa.Boolean(), nullable=False),
        sa.Column("confidence", sa.Numeric(), nullable=True),
        sa.CheckConstraint(
            "by_how_much_kind IN ('TO', 'BY_AMOUNT', 'BY_PERCENT', 'BY_POINTS')",
            name=op.f("ck_key_results_by_how_much_kind"),
        ),
        sa.CheckConstraint(
            "curve_kind IN ('LINEAR', 'STEP', 'S_CURVE', 'POINTS')",
            name=op.f("ck_key_results_curve_kind"),
        ),
        sa.CheckConstraint("kind IN ('KEY_RESULT')", name=op.f("ck_key_results_kind")),
        sa.CheckConstraint(
            "result_kind IN ('INCREASE', 'DECREASE', 'STAY_ABOVE', 'STAY_BELOW', 'WITHIN_RANGE', 'MILESTONES', 'BINARY', 'ESTABLISH_BASELINE')",
            name=op.f("ck_key_results_result_kind"),
        ),
        sa.CheckConstraint(
            "window_kind IN ('CYCLE', 'TRAILING', 'ALL')", name=op.f("ck_key_results_window_kind")
        ),
        sa.CheckConstraint(
            "(by_how_much_kind IS NULL) = (by_how_much_value IS NULL)",
            name=op.f("ck_key_results_by_how_much"),
        ),
        sa.CheckConstraint("bounds_lower <= bounds_upper", name=op.f("ck_key_results_bounds")),
        sa.CheckConstraint("confidence BETWEEN 0 AND 1", name=op.f("ck_key_results_confidence")),
        sa.CheckConstraint("values_needed > 0", name=op.f("ck_key_results_values_needed")),
        sa.CheckConstraint("weight >= 0", name=op.f("ck_key_results_weight")),
        sa.CheckConstraint("window_days > 0", name=op.f("ck_key_results_window_days")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "id", "kind"],
            ["nodes.tenant_id", "nodes.id", "nodes.kind"],
            name=op.f("fk_key_results_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "metric_id"],
            ["metrics.tenant_id", "metrics.id"],
            name=op.f("fk_key_results_metric_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "objective_id"],
            ["objectives.tenant_id", "objectives.id"],
            name=op.f("fk_key_results_objective_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "persona_id"],
            ["personas.tenant_id", "personas.id"],
            name=op.f("fk_key_results_persona_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_key_results")),
    )
    op.create_foreign_key(
        op.f("fk_nodes_owner_id"), "nodes", "teams", ["tenant_id", "owner_id"], ["tenant_id", "id"]
    )
    op.create_foreign_key(
        op.f("fk_nodes_accountable_id"),
        "nodes",
        "members",
        ["tenant_id", "accountable_id"],
        ["tenant_id", "id"],
    )


def downgrade() -> None:
    op.drop_constraint(op.f("fk_nodes_accountable_id"), "nodes", type_="foreignkey")
    op.drop_constraint(op.f("fk_nodes_owner_id"), "nodes", type_="foreignkey")
    op.drop_table("key_results")
    op.drop_index("ix_sync_runs_source", table_name="sync_runs")
    op.drop_table("sync_runs")
    op.drop_table("objectives")
    op.drop_table("node_contributors")
    op.drop_table("opportunities")
    op.drop_table("node_personas")
    op.drop_table("metric_sources")
    op.drop_table("members")
    op.drop_table("teams")
    op.drop_table("steps")
    op.drop_table("solutions")
    op.drop_table("personas")
    op.drop_table("metrics")
    op.drop_index(
        "uq_links_one_target",
        table_name="links",
        postgresql_where=sa.text("relation IN ('ANCHORED_ON') AND NOT is_removed"),
    )
    op.drop_index(
        "uq_links_one_source",
        table_name="links",
        postgresql_where=sa.text("relation IN ('HAS_SUB_GOAL', 'HAS_STEP') AND NOT is_removed"),
    )
    op.drop_index("ix_links_target", table_name="links")
    op.drop_index("ix_links_revision", table_name="links")
    op.drop_table("links")
    op.drop_table("journeys")
    op.drop_table("insights")
    op.drop_table("goals")
    op.drop_table("cycles")
    op.drop_table("connections")
    op.drop_index("ix_nodes_revision", table_name="nodes")
    op.drop_table("nodes")
    op.drop_table("organizations")
    op.drop_table("tenants")
    op.drop_table("observations")
    op.drop_table("observation_revisions")
