"""The one place that constructs and connects: settings in, a running product out."""

import asyncio
import gc
import os
import secrets
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.middleware import Middleware

from api.access import OnlyCallers, callers_of
from api.clock import Clock, clock_at, real_clock
from api.connectors import load_registry
from api.context import Services, Writing
from api.database import open_database
from api.demo import sample
from api.demo.services import TOKENS, with_services
from api.first_page.page import first_page_routes
from api.http import graphql_routes
from api.ids import new_id
from api.run_store import StoredRuns
from api.safe import Safe, safe_of
from api.schema import build_schema, executable
from api.settings import Settings
from api.streaming.streams import Streams
from api.traces import log_event
from api.webhooks import Webhooks
from api.working import Kept, workshop_of
from api.writing import operating_of, writing_of
from domain.atlas import Atlas
from domain.errors import NotFound
from domain.node import Node
from domain.view import View
from ingest.budgets import SharedBudgets
from ingest.on_demand import OnDemand, OnlyAhead
from ingest.opening import Opener
from ingest.orders import Orders
from ingest.push import Push
from ingest.reading import LEASE
from ingest.sync import Sync
from ingest.watchdog import Watchdog
from ingest.watching import RunWatch
from ingest.workshop import Workshop
from journey_atlas_sdk.hosting.clock import RealClock
from plugins.registry import Registry
from storage.atlases import StoredAtlases
from storage.budgets import StoredBudgets
from storage.cache import AtlasCache
from storage.deliveries import StoredDeliveries
from storage.engine import Engine, create_engine, is_pooled
from storage.jobs.stored import StoredJobs
from storage.observations import StoredObservations
from storage.readings import StoredReadings
from storage.run_pages import StoredRunPages
from storage.schedules import StoredSchedules
from storage.switches import StoredSwitches
from storage.sync_runs import StoredSyncRuns
from storage.tidying import StoredTidying

HISTORY = timedelta(days=3 * 366)
"""How far back a sync reads unless it is told otherwise."""


OBJECTS_UNTIL_COLLECTION = 50_000
"""How many new objects the cyclic garbage collector lets come before it looks through them. With
CPython's 700 it would look through a large atlas again and again while that is loaded, and find
nothing: half of the time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """Everything that a command or a server needs, connected."""

    settings: Settings
    clock: Clock
    atlases: StoredAtlases
    cache: AtlasCache
    observations: StoredObservations
    registry: Registry
    safe: Safe
    sync: Sync
    on_demand: OnDemand
    jobs: StoredJobs
    orders: Orders
    push: Push
    schedules: StoredSchedules
    switches: StoredSwitches
    sync_runs: StoredSyncRuns
    workshop: Workshop
    writing: Writing
    runs: StoredRuns
    run_watch: RunWatch
    served: list[str] = field(default_factory=list[str])

    def now(self) -> datetime:
        """Give the real moment, by which what is done is stamped."""
        return real_clock()

    async def is_empty(self) -> bool:
        """Tell whether no organization was ever imported."""
        return not await self.atlases.keys()

    async def organization(self) -> str:
        """Give the key of the organization to serve; NotFound where it isn't clear which."""
        keys = await self.atlases.keys()
        wanted = self.settings.organization
        if wanted in keys:
            return wanted
        if wanted is None and len(keys) == 1:
            return keys[0]
        raise NotFound(_which(keys, wanted))

    async def atlas(self) -> Atlas:
        """Give the present Atlas of the organization that is served."""
        return await self.cache.current(await self._served())

    async def view(self, *, as_of: date | None = None, known_at: datetime | None = None) -> View:
        """Give the organization's atlas on a day, with its values."""
        key, now = await self._served(), self.clock()
        return await self.cache.view(key, now=now, as_of=as_of, known_at=known_at)

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
            observations=self.observations,
            registry=self.registry,
            now=real_clock,
            monotonic=time.monotonic,
            new_reference=lambda: secrets.token_hex(8),
            node_url=node_url,
            refresher=OnlyAhead(self.on_demand) if ends_with_its_answer else self.on_demand,
            settings=self.sync.opener.settings,
            runs=self.runs,
            watch=self.run_watch,
            writing=self.writing if self.settings.mutations else None,
        )

    async def answer(self, body: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
        """Answer a GraphQL request in this process, on the way that a request over HTTP takes."""
        transport = httpx.ASGITransport(build_app(self, ends_with_its_answer=True))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            response = await client.post("/graphql", json=body)
        return response.json()

    @asynccontextmanager
    async def working(self) -> AsyncGenerator[None]:
        """Do jobs and order what is due for as long as it is open."""
        watchdog = Watchdog(registry=self.registry)
        async with self.jobs.listening(), self.workshop.open():
            with watchdog.watching():
                yield


@asynccontextmanager
async def open_product(settings: Settings, *, of_demo: bool = False) -> AsyncGenerator[Product]:
    """Connect everything for as long as it is open; a demo's atlas is there when it begins."""
    gc.set_threshold(OBJECTS_UNTIL_COLLECTION)
    registry, environment = load_registry(settings), dict(os.environ)
    if of_demo:
        registry, environment = with_services(registry), {**environment, **TOKENS}
    async with open_database(settings, demo=of_demo) as url:
        engine = create_engine(url)
        try:
            safe = safe_of(settings, engine, environment, demo=of_demo)
            product = _connect(settings, engine, registry, safe, hears_hints=not is_pooled(url))
            async with aclosing(product.on_demand):
                if of_demo:
                    await _bring_the_demo(product)
                yield product
        finally:
            await engine.dispose()


def build_app(
    product: Product, streams: Streams | None = None, *, ends_with_its_answer: bool = False
) -> Starlette:
    """Make the ASGI application, of a server or of a process that lives for one answer.

    `streams` are ended by whoever stops the server; None: nobody listens for long.
    """
    services = product.services(ends_with_its_answer=ends_with_its_answer)
    schema, listening = executable(build_schema()), streams or Streams(services.limits.streams)
    webhooks = Webhooks(
        atlas_named=product.cache.current,
        registry=product.registry,
        push=product.push,
        now=real_clock,
    )
    routes = [*graphql_routes(schema, services, listening), webhooks.route()]
    only_callers = Middleware(OnlyCallers, callers=callers_of(product.settings))
    return Starlette(routes=[*first_page_routes(), *routes], middleware=[only_callers])


def _connect(
    settings: Settings,
    engine: Engine,
    registry: Registry,
    safe: Safe,
    *,
    hears_hints: bool,
) -> Product:
    clock = clock_at(settings.clock)
    kept = _kept(engine, max_nodes=settings.max_nodes, hears_hints=hears_hints)
    opener = _opener(settings, engine, registry, safe)
    sync = _sync(settings, opener, StoredReadings(engine))
    orders = _orders(kept, opener)
    operating = operating_of(kept, opener, orders)
    return Product(
        settings=settings,
        clock=clock,
        atlases=kept.atlases,
        cache=kept.cache,
        observations=kept.observations,
        registry=registry,
        safe=safe,
        sync=sync,
        on_demand=OnDemand(sync=sync, history=HISTORY, later=orders.go_on),
        jobs=kept.jobs,
        orders=orders,
        push=_push(engine, opener, orders),
        schedules=kept.schedules,
        switches=kept.switches,
        sync_runs=StoredSyncRuns(engine),
        workshop=workshop_of(settings, kept, sync, orders, history=HISTORY),
        writing=writing_of(settings, kept, safe, opener=opener, operating=operating),
        runs=StoredRuns(pages=StoredRunPages(engine), ledger=kept.jobs, switches=kept.switches),
        run_watch=RunWatch(StoredSyncRuns(engine)),
    )


def _kept(engine: Engine, *, max_nodes: int, hears_hints: bool) -> Kept:
    atlases = StoredAtlases(engine)
    return Kept(
        atlases=atlases,
        cache=AtlasCache(atlases, max_nodes=max_nodes),
        jobs=StoredJobs(engine, hears_hints=hears_hints),
        schedules=StoredSchedules(engine),
        tidying=StoredTidying(engine),
        observations=StoredObservations(engine),
        switches=StoredSwitches(engine),
    )


def _orders(kept: Kept, opener: Opener) -> Orders:
    return Orders(
        jobs=kept.jobs,
        registry=opener.registry,
        clock=opener.clock,
        real_clock=real_clock,
        new_id=new_id,
    )


def _sync(settings: Settings, opener: Opener, readings: StoredReadings) -> Sync:
    silence = timedelta(seconds=settings.worker_silence_seconds)
    return Sync(
        opener=opener,
        readings=readings,
        real_clock=real_clock,
        new_id=new_id,
        lease=min(LEASE, silence),
    )


def _opener(settings: Settings, engine: Engine, registry: Registry, safe: Safe) -> Opener:
    return Opener(
        registry=registry,
        clock=clock_at(settings.clock),
        settings=safe.resolver,
        vaults=safe.vaults,
        budgets=SharedBudgets(StoredBudgets(engine), RealClock()),
        switches=StoredSwitches(engine),
        programs=settings.programs_dir,
        trace=log_event if settings.trace else None,
    )


def _push(engine: Engine, opener: Opener, orders: Orders) -> Push:
    return Push(
        opener=opener,
        orders=orders,
        deliveries=StoredDeliveries(engine),
        real_clock=real_clock,
        new_id=new_id,
    )


async def _bring_the_demo(product: Product) -> None:
    """Bring the sample in and pull what never was; slow sources go on while the demo answers."""
    await sample.import_sample(product.atlases)
    atlas = await product.cache.current(sample.ORGANIZATION)
    product.on_demand.behind(atlas)
    ends = time.monotonic() + sample.LONGEST_WAIT_SECONDS
    while sample.awaited(atlas) and time.monotonic() < ends:
        await asyncio.sleep(sample.LOOK_SECONDS)
        atlas = await product.cache.current(sample.ORGANIZATION)


def _which(keys: list[str], wanted: str | None) -> str:
    there = ", ".join(keys)
    if wanted is not None:
        return f"There is no organization with the key {wanted!r}; there are: {there or 'none'}."
    if keys:
        return (
            f"The database holds several organizations: set ATLAS_ORGANIZATION to one of {there}."
        )
    return "There is no atlas yet: `atlas import FILE` brings one in, --demo uses the sample."
