"""What secrets of connections were exchanged for, sealed."""

import sqlalchemy as sa
from alembic import op

revision = "20261125_renewed"
down_revision = "20261125_secrets"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "renewed_secrets",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sealed_by", sa.Text(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("held_by", sa.Text(), nullable=True),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "num_nonnulls(sealed_by, sealed, changed_at) IN (0, 3)",
            name=op.f("ck_renewed_secrets_sealed"),
        ),
        sa.CheckConstraint(
            "num_nonnulls(held_by, held_until) IN (0, 2)", name=op.f("ck_renewed_secrets_held")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "connection_id"],
            ["connections.tenant_id", "connections.id"],
            name=op.f("fk_renewed_secrets_connection_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "tenant_id", "connection_id", "name", name=op.f("pk_renewed_secrets")
        ),
    )


def downgrade() -> None:
    op.drop_table("renewed_secrets")
