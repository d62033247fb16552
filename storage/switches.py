"""Connectors that an operator switched off: nothing is asked through them, in any process."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.retry import retrying
from storage.tables import switched_off_connectors


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchedOff:
    """A connector by its key, why it is off and since when."""

    key: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class StoredSwitches:
    """The switches in PostgreSQL; an `ingest.opening.Switches`."""

    engine: AsyncEngine

    async def why_off(self, key: str) -> str | None:
        """Tell why a connector is switched off; None: it isn't."""
        return next((each.reason for each in await self.all() if each.key == key), None)

    async def all(self) -> list[SwitchedOff]:
        """Give the connectors that are switched off, in order of key."""
        return await retrying(self._all)

    async def switch_off(self, key: str, reason: str, *, now: datetime) -> None:
        """Switch a connector off; of one that is off already the reason changes."""
        await retrying(partial(self._switch_off, key, reason, now))

    async def switch_on(self, key: str) -> bool:
        """Switch a connector on; False where it was on."""
        return await retrying(partial(self._switch_on, key))

    async def _all(self) -> list[SwitchedOff]:
        columns = switched_off_connectors.c
        async with self.engine.connect() as connection:
            rows = await connection.execute(select(switched_off_connectors).order_by(columns.key))
            return [
                SwitchedOff(key=row.key, reason=row.reason, at=row.switched_off_at) for row in rows
            ]

    async def _switch_off(self, key: str, reason: str, now: datetime) -> None:
        row = insert(switched_off_connectors).values(key=key, reason=reason, switched_off_at=now)
        same = row.on_conflict_do_update(
            index_elements=["key"], set_={"reason": row.excluded.reason}
        )
        async with self.engine.begin() as connection:
            await connection.execute(same)

    async def _switch_on(self, key: str) -> bool:
        mine = switched_off_connectors.c.key == key
        async with self.engine.begin() as connection:
            gone = await connection.execute(delete(switched_off_connectors).where(mine))
        return bool(gone.rowcount)
