"""Sealed secrets of connections."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261125_secrets"
down_revision = "20261125_budgets"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "connections",
        sa.Column("secrets", postgresql.JSONB(), nullable=False, server_default=sa.text("'{}'")),
    )
    op.alter_column("connections", "secrets", server_default=None)
    op.create_table(
        "connection_secrets",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sealed_by", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "connection_id"],
            ["connections.tenant_id", "connections.id"],
            name=op.f("fk_connection_secrets_connection_id"),
        ),
        sa.PrimaryKeyConstraint(
            "tenant_id", "connection_id", "name", name=op.f("pk_connection_secrets")
        ),
    )


def downgrade() -> None:
    op.drop_table("connection_secrets")
    op.drop_column("connections", "secrets")
