"""Derived metrics."""

import sqlalchemy as sa
from alembic import op

revision = "20261123_2"
down_revision = "20261123_1"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("metrics", sa.Column("formula", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("metrics", "formula")
