"""What was spent of what the sources allow: a document a budget, changed by one at a time."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.retry import retrying
from storage.tables import source_budgets

T = TypeVar("T")
Document = dict[str, Any]  # Any: JSON


@dataclass(frozen=True, slots=True)
class StoredBudgets:
    """The documents in PostgreSQL; an `ingest.budgets.Documents`."""

    engine: AsyncEngine

    async def change(self, key: str, step: Callable[[Document], tuple[Document, T]]) -> T:
        """Change a document (at first empty) in one go, and give what `step` answers.

        Whoever changes the same document waits meanwhile. After a lost connection `step` may be
        called again, on a document that it changed already: what is counted twice is too much,
        never too little.
        """
        return await retrying(partial(self._change, key, step))

    async def read(self, key: str) -> Document:
        """Give a document; an empty one where there is none."""
        return await retrying(partial(self._read, key))

    async def _change(self, key: str, step: Callable[[Document], tuple[Document, T]]) -> T:
        mine = source_budgets.c.key == key
        locked = select(source_budgets.c.document).where(mine).with_for_update()
        async with self.engine.begin() as connection:
            found: Document | None = await connection.scalar(locked)
            if found is None:
                new = insert(source_budgets).values(key=key, document={})
                await connection.execute(new.on_conflict_do_nothing())
            document: Document = found or (await connection.execute(locked)).scalar_one()
            changed, answer = step(document)
            if changed != document:
                await connection.execute(
                    update(source_budgets).where(mine).values(document=changed)
                )
        return answer

    async def _read(self, key: str) -> Document:
        wanted = select(source_budgets.c.document).where(source_budgets.c.key == key)
        async with self.engine.connect() as connection:
            return await connection.scalar(wanted) or {}
