"""Signs of life: whoever holds what others wait for says again and again that he is there."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final

BEATS_PER_LEASE: Final = 3
"""How many signs of life a lease has room for: two may get lost."""


@asynccontextmanager
async def beating(beat: Callable[[], Awaitable[None]], lease: timedelta) -> AsyncGenerator[None]:
    """Call `beat` three times in each lease for as long as it is open, or until it raises."""
    task = asyncio.create_task(_go_on(beat, lease / BEATS_PER_LEASE))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _go_on(beat: Callable[[], Awaitable[None]], every: timedelta) -> None:
    while True:
        await asyncio.sleep(every.total_seconds())
        await beat()
