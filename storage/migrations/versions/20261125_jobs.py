"""Jobs: the ledger, and pgqueuer's queue in a schema of its own."""

import sqlalchemy as sa
from alembic import op
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment
from pgqueuer.domain.settings import DBSettings, Durability
from pgqueuer.domain.types import Channel
from sqlalchemy.dialects import postgresql

revision = "20261125_jobs"
down_revision = "20261125_1"
branch_labels = None
depends_on = None

# The queue's tables are pgqueuer's own: it makes them as its installed version wants them. A test
# tells when a newer version wants them otherwise; that is then a revision of its own.
QUEUE = DBSettings(
    prefix="",
    db_schema="atlas_queue",
    channel=Channel("atlas_queue"),
    function="queue_changed",
    statistics_table="queue_statistics",
    queue_status_type="queue_status",
    queue_table="queue",
    queue_table_log="queue_log",
    trigger="queue_changed",
    schedules_table="queue_schedules",
    durability=Durability.balanced,
)


def upgrade() -> None:
    op.create_table(
        "jobs",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("data", postgresql.JSONB(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("run_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.Column("starts", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("progress", sa.Double(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("is_cancelled", sa.Boolean(), nullable=False),
        sa.Column("is_wanted_again", sa.Boolean(), nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "lane IN ('INTERACTIVE', 'SCHEDULED', 'BACKFILL')", name=op.f("ck_jobs_lane")
        ),
        sa.CheckConstraint(
            "state IN ('QUEUED', 'RUNNING', 'DONE', 'HELD', 'CANCELLED')",
            name=op.f("ck_jobs_state"),
        ),
        sa.CheckConstraint("progress BETWEEN 0 AND 1", name=op.f("ck_jobs_progress")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_jobs")),
    )
    op.create_index(
        "uq_jobs_key",
        "jobs",
        ["tenant_id", "key"],
        unique=True,
        postgresql_where=sa.text("state IN ('QUEUED', 'RUNNING', 'HELD')"),
    )
    op.create_index("ix_jobs_subject", "jobs", ["tenant_id", "subject_id", "id"])
    op.create_index("ix_jobs_state", "jobs", ["tenant_id", "state", "id"])
    statements = QueryBuilderEnvironment(QUEUE).build_install_query()
    # SQLAlchemy's driver takes one statement at a time, asyncpg itself many.
    op.get_bind().connection.run_async(lambda driver: driver.execute(statements))


def downgrade() -> None:
    op.execute("DROP SCHEMA atlas_queue CASCADE")
    op.drop_table("jobs")
