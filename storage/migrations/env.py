"""Run by alembic: connects the migrations with a database and with the tables.

`storage.migrate` hands over a connection. On the command line (`alembic upgrade head`, for whoever
writes a migration) DATABASE_URL names the database.
"""

import asyncio
import os
from typing import Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection
from sqlalchemy.dialects.postgresql import JSONB

from storage.engine import create_engine
from storage.tables import metadata
from storage.tables.columns import Id


def run(connection: Connection) -> None:
    """Run the migrations that alembic was asked for."""
    context.configure(connection=connection, target_metadata=metadata, render_item=in_plain_words)
    with context.begin_transaction():
        context.run_migrations()


def in_plain_words(kind: str, item: object, _: AutogenContext) -> str | Literal[False]:
    """Write new migrations without our own types: a migration must outlive the code around it."""
    if kind == "type" and isinstance(item, Id):
        return "sa.Uuid()"
    if kind == "type" and isinstance(item, JSONB):
        return "postgresql.JSONB()"
    return False


async def run_on_the_command_line() -> None:
    """Connect to the database that DATABASE_URL names."""
    engine = create_engine(os.environ["DATABASE_URL"])
    try:
        async with engine.begin() as connection:
            await connection.run_sync(run)
    finally:
        await engine.dispose()


given: Connection | None = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    asyncio.run(run_on_the_command_line())
