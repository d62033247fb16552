"""The running product: what commands and servers ask of it, once everything is connected."""

import secrets
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime

from api.clock import Clock, real_clock
from api.context import Services, Writing
from api.kept import Kept
from api.safe import Safe
from api.settings import Settings
from domain.atlas import Atlas
from domain.errors import NotFound
from domain.node import Node
from domain.view import View
from ingest.on_demand import OnDemand, OnlyAhead
from ingest.orders import Orders
from ingest.push import Push
from ingest.sync import Sync
from ingest.watchdog import Watchdog
from ingest.watching import RunWatch
from ingest.workshop import Workshop
from plugins.registry import Registry


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """Everything that a command or a server needs, connected."""

    settings: Settings
    clock: Clock
    kept: Kept
    registry: Registry
    safe: Safe
    sync: Sync
    on_demand: OnDemand
    orders: Orders
    push: Push
    workshop: Workshop
    writing: Writing
    run_watch: RunWatch
    served: list[str] = field(default_factory=list[str])

    def now(self) -> datetime:
        """Give the real moment, by which what is done is stamped."""
        return real_clock()

    async def is_empty(self) -> bool:
        """Tell whether no organization was ever imported."""
        return not await self.kept.atlases.keys()

    async def organization(self) -> str:
        """Give the key of the organization to serve; NotFound where it isn't clear which."""
        keys = await self.kept.atlases.keys()
        wanted = self.settings.organization
        if wanted in keys:
            return wanted
        if wanted is None and len(keys) == 1:
            return keys[0]
        raise NotFound(_which(keys, wanted))

    async def atlas(self) -> Atlas:
        """Give the present Atlas of the organization that is served."""
        return await self.kept.cache.current(await self._served())

    async def view(self, *, as_of: date | None = None, known_at: datetime | None = None) -> View:
        """Give the organization's atlas on a day, with its values."""
        key, now = await self._served(), self.clock()
        return await self.kept.cache.view(key, now=now, as_of=as_of, known_at=known_at)

    async def _served(self) -> str:
        """Ask for the organization's key once: a request then costs one statement, its revision."""
        if not self.served:
            self.served.append(await self.organization())
        return self.served[0]

    def services(self, *, ends_with_its_answer: bool = False) -> Services:
        """Give what resolvers read from."""
        template = self.settings.node_url

        def node_url(node: Node) -> str | None:
            return template and template.format(kind=node.kind.lower(), key=node.key, id=node.id)

        return Services(
            view=self.view,
            observations=self.kept.observations,
            registry=self.registry,
            now=real_clock,
            monotonic=time.monotonic,
            new_reference=lambda: secrets.token_hex(8),
            node_url=node_url,
            refresher=OnlyAhead(self.on_demand) if ends_with_its_answer else self.on_demand,
            settings=self.sync.opener.settings,
            runs=self.kept.runs,
            watch=self.run_watch,
            writing=self.writing if self.settings.mutations else None,
        )

    @asynccontextmanager
    async def working(self) -> AsyncGenerator[None]:
        """Do jobs and order what is due for as long as it is open."""
        watchdog = Watchdog(registry=self.registry)
        async with self.kept.jobs.listening(), self.workshop.open():
            with watchdog.watching():
                yield


def _which(keys: list[str], wanted: str | None) -> str:
    there = ", ".join(keys)
    if wanted is not None:
        return f"There is no organization with the key {wanted!r}; there are: {there or 'none'}."
    if keys:
        return (
            f"The database holds several organizations: set ATLAS_ORGANIZATION to one of {there}."
        )
    return "There is no atlas yet: `atlas import FILE` brings one in, --demo uses the sample."
