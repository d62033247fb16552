"""What is switched off in an installation."""

from sqlalchemy import Column, Table, Text

from storage.tables.columns import Moment, metadata

# Global: a plugin that blocks the process does so for every organization.
switched_off_connectors = Table(
    "switched_off_connectors",
    metadata,
    Column("key", Text, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("switched_off_at", Moment, nullable=False),
)
