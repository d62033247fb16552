"""Connectors that are switched off."""

import sqlalchemy as sa
from alembic import op

revision = "20261125_switches"
down_revision = "20261125_schedules"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "switched_off_connectors",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("switched_off_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_switched_off_connectors")),
    )


def downgrade() -> None:
    op.drop_table("switched_off_connectors")
