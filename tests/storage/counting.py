"""Counts the statements that reach the database."""

from collections.abc import Generator
from contextlib import contextmanager

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine


@contextmanager
def statements(engine: AsyncEngine) -> Generator[list[str]]:
    """Collect every statement that is sent while the block runs."""
    seen: list[str] = []

    def keep(*given: object) -> None:
        seen.append(str(given[2]))

    event.listen(engine.sync_engine, "before_cursor_execute", keep)
    try:
        yield seen
    finally:
        event.remove(engine.sync_engine, "before_cursor_execute", keep)
