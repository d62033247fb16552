"""Databases of an embedded server: make, copy and drop them."""

import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from sqlalchemy import NullPool, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from storage.embedded.cluster import ROLE
from storage.embedded.lease import Lease
from storage.errors import EmbeddedError

CONNECT_SECONDS = 30
NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")
ALREADY_THERE = ("42P04", "23505")  # duplicate_database; the same, seen by the catalogue's index


async def database_exists(lease: Lease, name: str) -> bool:
    """Tell whether the server has a database of that name."""
    question = text("SELECT EXISTS (SELECT FROM pg_database WHERE datname = :name)")
    async with _connection(lease) as connection:
        return bool(await connection.scalar(question, {"name": name}))


async def ensure_database(lease: Lease, name: str) -> None:
    """Make the database if it isn't there; two callers at once do no harm."""
    statement = f"CREATE DATABASE {_quoted(name)} OWNER {ROLE}"
    if await database_exists(lease, name):
        return
    try:
        await _execute(lease, statement)
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) not in ALREADY_THERE:
            raise


async def clone_database(lease: Lease, *, template: str, name: str) -> None:
    """Copy a database file by file; nobody may be connected to the template meanwhile."""
    origin = f"TEMPLATE {_quoted(template)} STRATEGY file_copy"
    await _execute(lease, f"CREATE DATABASE {_quoted(name)} OWNER {ROLE} {origin}")


async def rename_database(lease: Lease, old: str, new: str) -> None:
    """Give a database its final name; nobody may be connected to it."""
    await _execute(lease, f"ALTER DATABASE {_quoted(old)} RENAME TO {_quoted(new)}")


async def drop_database(lease: Lease, name: str) -> None:
    """Remove the database if it is there, and end every connection to it."""
    await _execute(lease, f"DROP DATABASE IF EXISTS {_quoted(name)} WITH (FORCE)")


async def _execute(lease: Lease, statement: str) -> None:
    async with _connection(lease) as connection:
        await connection.execute(text(statement))


@asynccontextmanager
async def _connection(lease: Lease) -> AsyncGenerator[AsyncConnection]:
    # Databases are made and dropped outside transactions, by a superuser.
    engine = create_async_engine(
        lease.superuser_url("postgres"),
        poolclass=NullPool,
        isolation_level="AUTOCOMMIT",
        connect_args={"timeout": CONNECT_SECONDS},
    )
    async with engine.connect() as connection:
        yield connection


def _quoted(name: str) -> str:
    """Give the name as an identifier: names are ours, so that odd ones are mistakes."""
    if not NAME.fullmatch(name):
        message = f"{name!r} is no name for a database: use a-z, 0-9 and _, at most 63 characters."
        raise EmbeddedError(message)
    return f'"{name}"'
