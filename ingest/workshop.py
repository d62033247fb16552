"""All that goes on by itself in a process: jobs are done, due syncs ordered, old things cleared."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from domain.node import OrganizationId
from ingest.schedule import Scheduler
from ingest.worker import Worker
from storage.errors import StorageError

LOOK_EVERY_SECONDS: Final = 20.0
TIDY_EVERY_LOOKS: Final = 180
"""Once an hour."""

_log = logging.getLogger(__name__)


class Tidy(Protocol):
    """Clears what nobody needs any more."""

    async def tidy(self, organization: OrganizationId, *, now: datetime) -> None:
        """Clear it of an organization."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """A worker, and what gives it work. Several processes may each have one."""

    worker: Worker
    scheduler: Scheduler
    store: Tidy
    organizations: Callable[[], Awaitable[Iterable[OrganizationId]]]
    clock: Callable[[], datetime]

    @asynccontextmanager
    async def open(self, *, grace_seconds: float = 10.0) -> AsyncGenerator[None]:
        """Work for as long as it is open, then up to so long on what was begun."""
        working = asyncio.create_task(self.worker.run(grace_seconds=grace_seconds))
        looking = asyncio.create_task(self._look_now_and_then())
        try:
            yield
        finally:
            looking.cancel()
            self.worker.stop()
            await asyncio.gather(working, looking, return_exceptions=True)

    async def _look_now_and_then(self) -> None:
        looks = 0
        while True:
            try:
                organizations = list(await self.organizations())
                await self.scheduler.look(organizations)
                if looks % TIDY_EVERY_LOOKS == 0:
                    for organization in organizations:
                        await self.store.tidy(organization, now=self.clock())
                looks += 1
            except StorageError as error:
                _log.warning("What is due can't be looked up: %s", error)
            except Exception:  # noqa: BLE001 -- and next time is another time
                _log.exception("What is due can't be looked up")
            await asyncio.sleep(LOOK_EVERY_SECONDS)
