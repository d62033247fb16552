"""When the connections are read next."""

import sqlalchemy as sa
from alembic import op

revision = "20261125_schedules"
down_revision = "20261125_receiving"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sync_schedules",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("every_seconds", sa.Integer(), nullable=True),
        sa.Column("is_paused", sa.Boolean(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("every_seconds >= 60", name=op.f("ck_sync_schedules_every_seconds")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "connection_id"],
            ["connections.tenant_id", "connections.id"],
            name=op.f("fk_sync_schedules_connection_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "connection_id", name=op.f("pk_sync_schedules")),
    )
    op.create_index("ix_sync_schedules_next", "sync_schedules", ["tenant_id", "next_at"])


def downgrade() -> None:
    op.drop_table("sync_schedules")
