"""What was spent of what the sources allow."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261125_budgets"
down_revision = "20261125_switches"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "source_budgets",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("document", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_source_budgets")),
    )


def downgrade() -> None:
    op.drop_table("source_budgets")
