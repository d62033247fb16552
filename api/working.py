"""Puts together what a process does by itself: jobs, and the orders of what is due."""

import secrets
from datetime import timedelta
from functools import partial
from uuid import uuid4

from api.clock import real_clock
from api.kept import Kept
from api.settings import Settings
from domain.atlas import Atlas
from domain.node import OrganizationId
from ingest.orders import Orders
from ingest.schedule import Scheduler
from ingest.source_jobs import SourceJobs
from ingest.sync import Sync
from ingest.worker import Worker
from ingest.workshop import Workshop


def workshop_of(
    settings: Settings, kept: Kept, sync: Sync, orders: Orders, *, history: timedelta
) -> Workshop:
    """Make what works by itself; `history` is how far back a source is read that is new."""
    registry, chance = sync.opener.registry, secrets.SystemRandom().random
    source_jobs = SourceJobs(
        sync=sync,
        atlas_of=partial(_atlas_of, kept),
        history=history,
        clock=real_clock,
        chance=chance,
    )
    worker = Worker(
        id=uuid4(),
        jobs=kept.jobs,
        handlers=source_jobs.handlers(),
        clock=real_clock,
        chance=chance,
        at_once=settings.worker_jobs,
        silence=timedelta(seconds=settings.worker_silence_seconds),
    )
    scheduler = Scheduler(
        schedules=kept.schedules,
        orders=orders,
        registry=registry,
        clock=real_clock,
        chance=chance,
    )
    return Workshop(
        worker=worker,
        scheduler=scheduler,
        store=kept.tidying,
        organizations=kept.atlases.organizations,
        clock=real_clock,
    )


async def _atlas_of(kept: Kept, organization: OrganizationId) -> Atlas | None:
    key = (await kept.atlases.organizations()).get(organization)
    return await kept.cache.current(key) if key else None
