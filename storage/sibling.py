"""A database beside a given one on the same server: the demo's, where DATABASE_URL is set."""

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from storage.engine import create_engine, normalize_url
from storage.errors import SiblingRefused
from storage.retry import retrying

ALREADY_THERE = ("42P04", "23505")  # duplicate_database; the same, seen by the catalogue's index


async def ensure_sibling(url: str, name: str) -> str:
    """Make the database `name` on the server of `url` if it is missing; give its address.

    The given database itself is only connected to. `name` is ours: lower case letters and _.
    SiblingRefused where the role may not make databases.
    """
    engine = create_engine(url)
    server = engine.execution_options(isolation_level="AUTOCOMMIT")

    async def unit() -> None:
        async with server.connect() as connection:
            known = text("SELECT EXISTS (SELECT FROM pg_database WHERE datname = :name)")
            if not await connection.scalar(known, {"name": name}):
                await connection.execute(text(f'CREATE DATABASE "{name}"'))

    try:
        await retrying(unit)
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) not in ALREADY_THERE:
            raise SiblingRefused(name) from error
    finally:
        await engine.dispose()
    return normalize_url(url).set(database=name).render_as_string(hide_password=False)
