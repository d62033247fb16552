"""Reads connections by themselves: looks whose time has come, and orders a sync of each source."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from domain.node import OrganizationId
from ingest.freshness import can_be_asked
from ingest.orders import Orders
from journey_atlas_sdk import ConnectorInfo
from plugins.registry import Registry
from storage.jobs.records import Lane, NewJob
from storage.schedules import Due, Schedule

MOST_OFTEN: Final = timedelta(minutes=1)
UNKNOWN: Final = timedelta(hours=1)
"""How often it is looked again for a connector that isn't installed."""

FIRST_WITHIN: Final = timedelta(minutes=1)
"""Within what time a new connection is read first: several are spread over it."""

JITTER: Final = 0.1
"""By how much of its interval a sync comes sooner or later, so that connections don't keep step."""


class Schedules(Protocol):
    """Keeps when each connection is read: a `storage.schedules.StoredSchedules`."""

    async def ensure(self, organization: OrganizationId, first_at: Callable[[], datetime]) -> int:
        """Give every visible connection a schedule; say how many lacked one."""
        ...

    async def due(self, organization: OrganizationId, *, now: datetime) -> Sequence[Due]:
        """Give the visible connections that are to be read by now."""
        ...

    async def begin(
        self,
        organization: OrganizationId,
        schedule: Schedule,
        jobs: Sequence[NewJob],
        *,
        next_at: datetime,
        now: datetime,
    ) -> bool:
        """Queue a connection's jobs and move its schedule on; False where somebody else did."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheduler:
    """Orders what is due. Several may: each sync is ordered once. `chance` is from 0 to 1."""

    schedules: Schedules
    orders: Orders
    registry: Registry
    clock: Callable[[], datetime]
    chance: Callable[[], float]

    async def look(self, organizations: Iterable[OrganizationId]) -> int:
        """Order what is due in some organizations; give how many connections that were."""
        return sum([await self._look(organization) for organization in organizations])

    async def _look(self, organization: OrganizationId) -> int:
        now = self.clock()
        await self.schedules.ensure(organization, lambda: now + FIRST_WITHIN * self.chance())
        return sum(
            [
                await self._begin(organization, due, now)
                for due in await self.schedules.due(organization, now=now)
            ]
        )

    async def _begin(self, organization: OrganizationId, due: Due, now: datetime) -> bool:
        found = self.registry.connectors.get(due.connector)
        sources = due.sources if found and can_be_asked(found.info) else ()
        jobs = [
            self.orders.sync_job(organization, source, lane=Lane.SCHEDULED) for source in sources
        ]
        every = due.schedule.every or (_as_its_connector_says(found.info) if found else UNKNOWN)
        spread = 1 + JITTER * (2 * self.chance() - 1)
        return await self.schedules.begin(
            organization, due.schedule, jobs, next_at=now + every * spread, now=now
        )


def _as_its_connector_says(info: ConnectorInfo) -> timedelta:
    return max(info.default_max_age, info.min_interval, MOST_OFTEN)
