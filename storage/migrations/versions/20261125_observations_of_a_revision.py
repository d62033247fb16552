"""Observations know the revision that brought them, and the one that replaced them."""

import sqlalchemy as sa
from alembic import op

revision = "20261125_1"
down_revision = "20261123_2"
branch_labels = None
depends_on = None

ADDED = (
    ("observations", "revision"),
    ("observation_revisions", "revision"),
    ("observation_revisions", "superseding_revision"),
)


def upgrade() -> None:
    # Whatever is there was there, or gone, before any revision that somebody may still hold.
    for table, column in ADDED:
        op.add_column(
            table, sa.Column(column, sa.BigInteger(), nullable=False, server_default="0")
        )
        op.alter_column(table, column, server_default=None)


def downgrade() -> None:
    for table, column in reversed(ADDED):
        op.drop_column(table, column)
