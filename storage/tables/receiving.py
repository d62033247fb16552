"""What was received: deliveries of sources, and requests that must have one effect."""

from sqlalchemy import Column, Index, Text
from sqlalchemy.dialects.postgresql import JSONB

from storage.tables.columns import Id, Moment, refers, tenant_table

idempotency_keys = tenant_table(
    "idempotency_keys",
    Column("key", Text, nullable=False),
    # Of what the request says: another one with the same key is refused.
    Column("digest", Text, nullable=False),
    Column("answer", JSONB, nullable=False),
    Column("created_at", Moment, nullable=False),
    Index("ix_idempotency_keys_created", "tenant_id", "created_at"),
    primary_key=["key"],
)

# What was delivered, so that the same delivery or event counts once.
deliveries = tenant_table(
    "deliveries",
    Column("connection_id", Id, nullable=False),
    # A hash: of the source's own id of an event, or of the delivery.
    Column("key", Text, nullable=False),
    Column("received_at", Moment, nullable=False),
    refers("connection_id", "connections"),
    Index("ix_deliveries_received", "tenant_id", "received_at"),
    primary_key=["connection_id", "key"],
)
