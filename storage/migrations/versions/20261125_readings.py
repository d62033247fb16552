"""Sync runs that can be watched, and how far each source was read."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261125_readings"
down_revision = "20261125_jobs"
branch_labels = None
depends_on = None

STATES = ("RUNNING", "WAITING", "OK", "FAILING", "NEEDS_ATTENTION", "CANCELLED", "ABANDONED")

# What is true of the runs that are there: each ended, and was for keeping its source up to date.
KNOWN: dict[str, tuple[sa.types.TypeEngine[Any], str]] = {  # Any: columns of several types
    "purpose": (sa.Text(), "'sync'"),
    "token": (sa.BigInteger(), "0"),
    "state": (
        sa.Text(),
        "CASE WHEN error IS NULL THEN 'OK' "
        "WHEN error->>'fault' = 'CUSTOMER' THEN 'NEEDS_ATTENTION' ELSE 'FAILING' END",
    ),
    "step": (sa.Integer(), "1"),
    "skipped_count": (sa.Integer(), "0"),
}


def upgrade() -> None:
    op.add_column("sync_runs", sa.Column("job_id", sa.Uuid(), nullable=True))
    op.add_column("sync_runs", sa.Column("progress", sa.Double(), nullable=True))
    for name, (kind, value) in KNOWN.items():
        op.add_column("sync_runs", sa.Column(name, kind, nullable=True))
        op.execute(f"UPDATE sync_runs SET {name} = {value}")
        op.alter_column("sync_runs", name, nullable=False)
    op.alter_column("sync_runs", "finished_at", nullable=True)
    op.create_check_constraint(
        op.f("ck_sync_runs_state"),
        "sync_runs",
        f"state IN ({', '.join(map(repr, STATES))})",
    )
    op.create_check_constraint(
        op.f("ck_sync_runs_progress"), "sync_runs", "progress BETWEEN 0 AND 1"
    )
    op.create_index("ix_sync_runs_job", "sync_runs", ["tenant_id", "job_id"])
    op.create_index("ix_sync_runs_started", "sync_runs", ["tenant_id", "started_at", "id"])
    op.create_table(
        "source_readings",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("asked", postgresql.JSONB(), nullable=False),
        sa.Column("waiting", postgresql.JSONB(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "source_id"],
            ["metric_sources.tenant_id", "metric_sources.id"],
            name=op.f("fk_source_readings_source_id"),
        ),
        sa.PrimaryKeyConstraint(
            "tenant_id", "source_id", "purpose", name=op.f("pk_source_readings")
        ),
    )


def downgrade() -> None:
    op.drop_table("source_readings")
    op.execute("DELETE FROM sync_runs WHERE finished_at IS NULL")
    op.drop_index("ix_sync_runs_started", "sync_runs")
    op.drop_index("ix_sync_runs_job", "sync_runs")
    op.drop_constraint(op.f("ck_sync_runs_progress"), "sync_runs")
    op.drop_constraint(op.f("ck_sync_runs_state"), "sync_runs")
    op.alter_column("sync_runs", "finished_at", nullable=False)
    for name in ("job_id", "progress", *KNOWN):
        op.drop_column("sync_runs", name)
