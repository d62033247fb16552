"""The connection to PostgreSQL: its address, and settings that bear a pooler in between."""

from sys import intern
from typing import Any
from urllib.parse import unquote
from uuid import uuid4

import orjson
from sqlalchemy import URL, AdaptedConnection, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from storage.errors import DatabaseUrlRefused

Engine = AsyncEngine
"""The pool of connections, for who passes it on and speaks no SQL."""

DRIVER = "postgresql+asyncpg"
CONNECT_TIMEOUT_SECONDS = 10
STATEMENT_TIMEOUT_SECONDS = 120

# PgBouncer in transaction mode hands each transaction another server connection: a statement
# prepared on one isn't known on the next, so nothing is kept, and no name is used twice.
POOLER_SETTINGS = {
    "statement_cache_size": 0,
    "prepared_statement_cache_size": 0,
    "prepared_statement_name_func": lambda: f"atlas_{uuid4().hex}",
}


def create_engine(url: str, *, pool_size: int = 5, max_overflow: int = 10) -> AsyncEngine:
    """Make the engine for a database; nothing connects before the first statement.

    `?pgbouncer=true` in the address chooses settings that work through PgBouncer in transaction
    mode. A connection that died is noticed by its next statement and tried again by `retrying`.
    """
    address, pooled = _without_pooler(normalize_url(url))
    settings: dict[str, Any] = {  # Any: the driver's own keywords
        "timeout": CONNECT_TIMEOUT_SECONDS,
        "command_timeout": STATEMENT_TIMEOUT_SECONDS,
        **(POOLER_SETTINGS if pooled else {}),
    }
    engine = create_async_engine(
        address,
        connect_args=settings,
        pool_size=pool_size,
        max_overflow=max_overflow,
        json_serializer=to_json,
        json_deserializer=orjson.loads,
    )
    event.listen(engine.sync_engine, "connect", ids_as_text)
    return engine


def ids_as_text(connection: AdaptedConnection, _: object) -> None:
    """Have the driver read uuids as text; equal ids are one object, however often they are read."""
    connection.run_async(
        lambda driver: driver.set_type_codec(
            "uuid", schema="pg_catalog", format="text", encoder=str, decoder=intern
        )
    )


def is_pooled(url: str) -> bool:
    """Tell whether an address leads through a pooler, past which no notification comes."""
    return _without_pooler(normalize_url(url))[1]


def to_json(value: object) -> str:
    """Write JSON as the database's columns take it."""
    return orjson.dumps(value).decode()


def normalize_url(url: str) -> URL:
    """Give the address in the driver's form.

    Known are `postgres://` and `postgresql://` with or without a driver, a Unix socket as
    `?host=/folder` or percent-encoded in the host's place, and libpq's `sslmode`.
    DatabaseUrlRefused for anything else.
    """
    try:
        address = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise DatabaseUrlRefused from error
    if address.drivername.split("+")[0] not in ("postgres", "postgresql"):
        raise DatabaseUrlRefused(address.drivername)
    address = address.set(drivername=DRIVER)
    if address.host and address.host.upper().startswith("%2F"):
        folder = unquote(address.host)
        address = address.set(host="").update_query_dict({"host": folder})
    if "sslmode" in address.query:
        mode = address.query["sslmode"]
        address = address.difference_update_query(["sslmode"]).update_query_dict({"ssl": mode})
    return address


def _without_pooler(address: URL) -> tuple[URL, bool]:
    pooled = address.query.get("pgbouncer") == "true"
    return address.difference_update_query(["pgbouncer"]), pooled
