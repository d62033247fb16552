"""Bring a database's schema up to date, from wherever the package is installed."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from storage.engine import create_engine
from storage.retry import retrying

T = TypeVar("T")

SCRIPTS = Path(__file__).parent / "migrations"
# Names the lock under which one process migrates; any number that nobody else uses will do.
LOCK = 7_249_313_022_616


async def upgrade(url: str, revision: str = "head") -> None:
    """Run the migrations that are missing, all in one transaction; safe to call at any start.

    Takes a direct address, not a pooler's. Several processes may call it at once: one migrates,
    the others wait for it.
    """
    await _run(url, lambda connection: command.upgrade(configuration(connection), revision))


async def downgrade(url: str, revision: str) -> None:
    """Undo the migrations after a revision; `base` undoes all."""
    await _run(url, lambda connection: command.downgrade(configuration(connection), revision))


async def current(url: str) -> tuple[str, ...]:
    """Give the revisions that a database is at; empty where it was never migrated."""
    return await _run(url, lambda c: MigrationContext.configure(c).get_current_heads())


def heads() -> tuple[str, ...]:
    """Give the newest revisions that this version of the package knows."""
    return tuple(ScriptDirectory.from_config(configuration()).get_heads())


def configuration(connection: Connection | None = None) -> Config:
    """Give alembic's configuration; with a connection, the migrations run on it."""
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


async def _run(url: str, work: Callable[[Connection], T]) -> T:
    engine = create_engine(url)

    async def unit() -> T:
        async with engine.begin() as connection:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
            return await connection.run_sync(work)

    try:
        return await retrying(unit)
    finally:
        await engine.dispose()
