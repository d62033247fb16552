"""The secrets of connections: nothing here can be read without a key that isn't in the database."""

from sqlalchemy import Column, LargeBinary, Text

from storage.tables.columns import Id, Moment, holds, refers, tenant_table

connection_secrets = tenant_table(
    "connection_secrets",
    Column("connection_id", Id, nullable=False),
    Column("name", Text, nullable=False),
    # The name of the key that opens it.
    Column("sealed_by", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("changed_at", Moment, nullable=False),
    refers("connection_id", "connections"),
    primary_key=["connection_id", "name"],
)

renewed_secrets = tenant_table(
    "renewed_secrets",
    Column("connection_id", Id, nullable=False),
    Column("name", Text, nullable=False),
    # What the setting of that name was exchanged for last; NULL: nothing came of it yet.
    Column("sealed_by", Text),
    Column("sealed", LargeBinary),
    Column("changed_at", Moment),
    # Who exchanges it, and until when nobody else does; NULL: nobody.
    Column("held_by", Text),
    Column("held_until", Moment),
    refers("connection_id", "connections", goes_with_it=True),
    holds("sealed", "num_nonnulls(sealed_by, sealed, changed_at) IN (0, 3)"),
    holds("held", "num_nonnulls(held_by, held_until) IN (0, 2)"),
    primary_key=["connection_id", "name"],
)
