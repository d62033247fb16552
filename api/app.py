"""The one place that constructs and connects: settings in, a running product out."""

import asyncio
import gc
import os
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing, asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.middleware import Middleware

from api.access import OnlyCallers, callers_of
from api.clock import clock_at, real_clock
from api.connectors import load_registry
from api.database import open_database
from api.demo import sample
from api.demo.services import SECRETS, with_services
from api.first_page.page import first_page_routes
from api.http import graphql_routes
from api.ids import new_id
from api.kept import Kept, kept_by
from api.product import Product
from api.safe import Safe, safe_of
from api.schema import build_schema, executable
from api.settings import Settings
from api.streaming.streams import Streams
from api.traces import log_event
from api.webhooks import Webhooks
from api.working import workshop_of
from api.writing import writing_of
from ingest.budgets import SharedBudgets
from ingest.on_demand import OnDemand
from ingest.opening import Opener
from ingest.orders import Orders
from ingest.push import Push
from ingest.reading import LEASE
from ingest.sync import Sync
from ingest.watching import RunWatch
from journey_atlas_sdk.hosting.apart.children import Children
from journey_atlas_sdk.hosting.clock import RealClock
from plugins.registry import Registry
from storage.budgets import StoredBudgets
from storage.deliveries import StoredDeliveries
from storage.engine import Engine, create_engine, is_pooled
from storage.readings import StoredReadings
from storage.switches import StoredSwitches
from storage.sync_runs import StoredSyncRuns

HISTORY = timedelta(days=3 * 366)
"""How far back a sync reads unless it is told otherwise."""


OBJECTS_UNTIL_COLLECTION = 50_000
"""How many new objects the cyclic garbage collector lets come before it looks through them. With
CPython's 700 it would look through a large atlas again and again while that is loaded, and find
nothing: half of the time."""


@asynccontextmanager
async def open_product(settings: Settings, *, of_demo: bool = False) -> AsyncGenerator[Product]:
    """Connect everything for as long as it is open; a demo's atlas is there when it begins."""
    gc.set_threshold(OBJECTS_UNTIL_COLLECTION)
    registry, environment = load_registry(settings), dict(os.environ)
    if of_demo:
        registry, environment = with_services(registry), {**environment, **SECRETS}
    children = Children(memory_bytes=settings.apart_memory_mb * 1024**2)
    registry = registry.with_apart(settings.connectors_apart, children)
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
            children.close()
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
        atlas_named=product.kept.cache.current,
        registry=product.registry,
        push=product.push,
        now=real_clock,
    )
    routes = [*graphql_routes(schema, services, listening), webhooks.route()]
    only_callers = Middleware(OnlyCallers, callers=callers_of(product.settings))
    return Starlette(routes=[*first_page_routes(), *routes], middleware=[only_callers])


async def answered(product: Product, body: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
    """Answer a GraphQL request in this process, on the way that a request over HTTP takes."""
    transport = httpx.ASGITransport(build_app(product, ends_with_its_answer=True))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        response = await client.post("/graphql", json=body)
    return response.json()


def _connect(
    settings: Settings,
    engine: Engine,
    registry: Registry,
    safe: Safe,
    *,
    hears_hints: bool,
) -> Product:
    kept = kept_by(engine, max_nodes=settings.max_nodes, hears_hints=hears_hints)
    opener = _opener(settings, engine, registry, safe, kept.switches)
    sync = _sync(settings, opener, StoredReadings(engine))
    orders = _orders(kept, opener)
    return Product(
        settings=settings,
        clock=opener.clock,
        kept=kept,
        registry=registry,
        safe=safe,
        sync=sync,
        on_demand=OnDemand(sync=sync, history=HISTORY, later=orders.go_on),
        orders=orders,
        push=_push(engine, opener, orders),
        workshop=workshop_of(settings, kept, sync, orders, history=HISTORY),
        writing=writing_of(settings, kept, safe, opener=opener, orders=orders),
        run_watch=RunWatch(StoredSyncRuns(engine)),
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


def _opener(
    settings: Settings, engine: Engine, registry: Registry, safe: Safe, switches: StoredSwitches
) -> Opener:
    return Opener(
        registry=registry,
        clock=clock_at(settings.clock),
        settings=safe.resolver,
        vaults=safe.vaults,
        budgets=SharedBudgets(StoredBudgets(engine), RealClock()),
        switches=switches,
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
    await sample.import_sample(product.kept.atlases)
    atlas = await product.kept.cache.current(sample.ORGANIZATION)
    product.on_demand.behind(atlas)
    ends = time.monotonic() + sample.LONGEST_WAIT_SECONDS
    while sample.awaited(atlas) and time.monotonic() < ends:
        await asyncio.sleep(sample.LOOK_SECONDS)
        atlas = await product.kept.cache.current(sample.ORGANIZATION)
