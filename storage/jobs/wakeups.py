"""The hint that there is something to do, so that a worker needn't ask all the time.

A hint may get lost, with its connection or in a pooler; whoever waits for one asks now and then
all the same.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.jobs.queue import CHANNEL

LISTEN_AGAIN_SECONDS = 1.0
STILL_THERE_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class WakeUps:
    """Hints that came since somebody last waited."""

    _event: asyncio.Event = field(default_factory=asyncio.Event)

    async def wait(self, seconds: float) -> None:
        """Wait for a hint, or until the time is up."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._event.wait(), seconds)
        self._event.clear()

    def give(self) -> None:
        """Wake whoever waits."""
        self._event.set()

    def heard(self, *notification: Any) -> None:  # noqa: ANN401 - the driver's own arguments
        """Take a notification in; only what is new in the queue is a reason to look."""
        if orjson.loads(notification[-1]).get("operation") == "insert":
            self.give()


@asynccontextmanager
async def listening(engine: AsyncEngine, wake_ups: WakeUps) -> AsyncGenerator[None]:
    """Let hints come in for as long as it is open."""
    task = asyncio.create_task(_listen(engine, wake_ups))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _listen(engine: AsyncEngine, wake_ups: WakeUps) -> None:
    """Listen on one connection after another, however often the database goes away."""
    while True:
        with suppress(DBAPIError, OSError):
            async with engine.connect() as connection:
                driver = (await connection.get_raw_connection()).driver_connection
                await _hear(driver, wake_ups)
        await asyncio.sleep(LISTEN_AGAIN_SECONDS)


async def _hear(driver: Any, wake_ups: WakeUps) -> None:  # noqa: ANN401 -- asyncpg has no types
    """Pass hints on until the connection is lost."""
    await driver.add_listener(CHANNEL, wake_ups.heard)
    wake_ups.give()  # what came before is looked for once
    while not driver.is_closed():
        await asyncio.sleep(STILL_THERE_SECONDS)
        await driver.execute("SELECT 1")
