"""When the connections are read next, whoever wants to know."""

from sqlalchemy import Boolean, Column, Index, Integer

from storage.tables.columns import Id, Moment, holds, refers, tenant_table

sync_schedules = tenant_table(
    "sync_schedules",
    Column("connection_id", Id, nullable=False),
    # NULL: as often as its connector says.
    Column("every_seconds", Integer),
    Column("is_paused", Boolean, nullable=False),
    Column("next_at", Moment, nullable=False),
    refers("connection_id", "connections"),
    holds("every_seconds", "every_seconds >= 60"),
    Index("ix_sync_schedules_next", "tenant_id", "next_at"),
    primary_key=["connection_id"],
)
