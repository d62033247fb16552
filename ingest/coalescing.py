"""Equal work done once: whoever asks for what is being done already waits for the same task."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Hashable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

_log = logging.getLogger(__name__)

Work = Callable[[], Coroutine[Any, Any, None]]
"""Begins the work; Any: what a coroutine takes and gives in between is nobody's business."""

Flight = asyncio.Task[None]


@dataclass(frozen=True, slots=True)
class Flights:
    """Work in flight, by key.

    The work belongs to whoever keeps the Flights, not to who asked first: a caller that is
    cancelled, or tired of waiting, takes nothing from the others. Wait with `asyncio.wait`, which
    cancels nothing. A failure is told to the log once, and never to the next who asks.
    """

    _tasks: dict[Hashable, Flight] = field(default_factory=dict[Hashable, Flight])

    def join(self, key: Hashable, work: Work) -> Flight:
        """Give the task of a key that is in flight, else begin its work."""
        found = self._tasks.get(key)
        if found is not None:
            return found
        task = self._tasks[key] = asyncio.create_task(work())
        task.add_done_callback(partial(self._land, key))
        return task

    def find(self, key: Hashable) -> Flight | None:
        """Give the task of a key; None where nothing of it is in flight."""
        return self._tasks.get(key)

    async def close(self) -> None:
        """Cancel what is in flight, and wait until it has ended."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _land(self, key: Hashable, task: Flight) -> None:
        del self._tasks[key]
        failure = None if task.cancelled() else task.exception()
        if failure is not None:
            _log.error("Work behind the answers failed: %s", key, exc_info=failure)
