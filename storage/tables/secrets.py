"""The secrets of connections: nothing here can be read without a key that isn't in the database."""

from sqlalchemy import Column, LargeBinary, Text

from storage.tables.columns import Id, Moment, refers, tenant_table

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
