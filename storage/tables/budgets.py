"""What was spent of what the sources allow."""

from sqlalchemy import Column, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from storage.tables.columns import metadata

# Global: one account at a vendor may serve several organizations, and its limits hold for them all.
source_budgets = Table(
    "source_budgets",
    metadata,
    Column("key", Text, primary_key=True),
    Column("document", JSONB, nullable=False),
)
