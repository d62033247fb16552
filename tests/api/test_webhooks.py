"""Deliveries over HTTP: taken fast and once, or refused by what the sender can do about it."""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.applications import Starlette

from api.webhooks import MOST_BYTES, Webhooks
from domain.atlas import Atlas
from domain.source import MetricSource, SourceState
from ingest.opening import Opener
from ingest.orders import Orders
from ingest.push import Push
from ingest.settings import SettingsResolver
from journey_atlas_sdk import (
    Capability,
    Connector,
    ConnectorInfo,
    Context,
    Delivery,
    Dirty,
    PullRequest,
    Settings,
    TransientError,
    Window,
)
from plugins.discovery import load_plugins
from plugins.registry import RegisteredConnector, Registry
from storage.atlases import StoredAtlases
from storage.cache import AtlasCache
from storage.deliveries import StoredDeliveries
from storage.engine import create_engine
from storage.errors import DatabaseUnreachable
from storage.jobs.records import Job
from storage.jobs.stored import StoredJobs
from storage.sync_runs import StoredSyncRuns
from storage.tables import observations
from tests.builders import NOW, a_connection, a_metric, a_source, id_of
from tests.storage.records import changes
from tests.storage.series import DAY, NORRHAVN
from tests.vendors.webhook import SECRET, signed

TILL = "/webhooks/norrhavn/till"
NEWS = "/webhooks/norrhavn/news"

Row = dict[str, Any]  # Any: JSON


class Announcer(Connector[Settings]):
    """Says that something changed, as its delivery says; or fails as it says."""

    info = ConnectorInfo(
        key="announcer",
        title="Announcer",
        version="1",
        capabilities=frozenset({Capability.HISTORY, Capability.PUSH}),
    )

    def pull(self, request: PullRequest, context: Context) -> list[object]:  # type: ignore[override]  # nobody pulls it
        del request, context
        return []

    async def receive(self, delivery: Delivery, context: Context) -> list[Dirty]:
        """Read a delivery: a list of events."""
        del context
        told = json.loads(delivery.body)
        if told == "later":
            message = "Not now: the secret is s3cret."
            raise TransientError(message)
        if told == "broken":
            raise ZeroDivisionError
        return [
            Dirty(
                window=Window(NOW - each["days"] * DAY, NOW - (each["days"] - 1) * DAY),
                metric=each.get("metric"),
                event_id=each.get("id"),
            )
            for each in told
        ]


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(database_url)
    yield engine
    await engine.dispose()


@dataclass
class World:
    """A server that takes deliveries, and what came of them."""

    engine: AsyncEngine
    webhooks: Webhooks

    async def post(
        self, path: str, body: bytes, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        transport = httpx.ASGITransport(Starlette(routes=[self.webhooks.route()]))
        async with httpx.AsyncClient(transport=transport, base_url="http://atlas") as client:
            return await client.post(path, content=body, headers=dict(headers or {}))

    async def sign(self, *rows: Row, at: datetime = NOW) -> httpx.Response:
        body, headers = signed({"rows": list(rows)}, at=at)
        return await self.post(TILL, body, headers)

    async def announce(self, *events: Row) -> httpx.Response:
        return await self.post(NEWS, json.dumps(events).encode())

    async def values(self) -> list[float]:
        async with self.engine.connect() as connection:
            found = await connection.scalars(
                select(observations.c.value).order_by(observations.c.start)
            )
            return [float(value) for value in found]

    async def jobs(self) -> list[Job]:
        return await StoredJobs(self.engine).listed(NORRHAVN)

    async def source(self) -> MetricSource:
        atlas = await StoredAtlases(self.engine).load("norrhavn")
        assert atlas is not None
        return atlas.get(id_of("waiting:till"), MetricSource)


@pytest.fixture
async def world(engine: AsyncEngine) -> World:
    atlases, numbers = StoredAtlases(engine), count()
    settings = {"secret": {"env": "TILL_SECRET"}}
    till = a_connection("till", connector="webhook", settings=settings)
    news = a_connection("news", connector="announcer")
    away = a_connection("away", connector="webhook", settings=settings, archived_at=NOW)
    file = a_connection("file", connector="csv")
    shops = a_connection("shops/oslo", connector="announcer")
    metrics = [a_metric(key) for key in ("waiting", "other")]
    sources = [
        a_source("waiting", "till", grain="DAY", breakdowns=((), ("channel",))),
        a_source("waiting", "news", grain="DAY"),
        a_source("other", "news", grain="DAY"),
    ]
    await atlases.apply(changes(till, news, away, file, shops, *metrics, *sources), now=NOW)
    announcer = RegisteredConnector(connector=Announcer, plugin="p", origin="here")
    registry = Registry({**load_plugins(None).connectors, "announcer": announcer})

    def new_id() -> str:
        return id_of(f"new {next(numbers)}")

    orders = Orders(
        jobs=StoredJobs(engine),
        registry=registry,
        clock=lambda: NOW,
        real_clock=lambda: NOW,
        new_id=new_id,
    )
    resolver = SettingsResolver(environment={"TILL_SECRET": SECRET})
    push = Push(
        opener=Opener(registry=registry, clock=lambda: NOW, settings=resolver),
        orders=orders,
        deliveries=StoredDeliveries(engine),
        real_clock=lambda: NOW,
        new_id=new_id,
    )
    cache = AtlasCache(atlases)
    return World(
        engine,
        Webhooks(atlas_named=cache.current, registry=registry, push=push, now=lambda: NOW),
    )


def a_row(value: float | str = 214.5, day: int = 0, **fields: Any) -> Row:  # noqa: ANN401 -- JSON
    start = NOW.replace(hour=0) - (day + 1) * DAY
    period = {"period_start": start.isoformat(), "period_end": (start + DAY).isoformat()}
    return {"metric": "waiting", "value": value, **period, **fields}


async def test_a_signed_delivery_is_recorded_at_once(world: World) -> None:
    response = await world.sign(a_row(214.5), a_row(199, day=1))

    [run] = await StoredSyncRuns(world.engine).listed(NORRHAVN)
    source = await world.source()
    assert (response.status_code, response.json()) == (
        202,
        {"new": 2, "revised": 0, "unchanged": 0, "pulls": 0, "known": 0},
    )
    assert await world.values() == [199, 214.5]
    assert (run.reason, run.recorded.new, run.source) == ("PUSH", 2, source.id)
    assert (source.state, source.asked_at) == (SourceState.OK, NOW)


async def test_what_is_bound_to_no_metric_is_left(world: World) -> None:
    unknown = a_row(metric="unheard-of")
    elsewhere = a_row(dimensions={"shop": "3"})
    broken_down = a_row(5, dimensions={"channel": "app"})

    response = await world.sign(unknown, elsewhere, broken_down)

    assert (response.status_code, response.json()["new"]) == (202, 1)
    assert await world.values() == [5]


async def test_a_delivery_with_a_wrong_signature_is_refused_and_nothing_of_it_kept(
    world: World,
) -> None:
    body, headers = signed({"rows": [a_row()]}, at=NOW)

    response = await world.post(TILL, body.replace(b"214.5", b"999.9"), headers)

    assert response.status_code == 401
    assert response.json() == {"error": "The delivery isn't signed as this connection wants it."}
    assert await world.values() == []


async def test_an_old_delivery_is_refused(world: World) -> None:
    response = await world.sign(a_row(), at=NOW - timedelta(hours=1))

    assert response.status_code == 401


@pytest.mark.parametrize(
    ("name", "added"),
    [("x-unheard-of", "1"), ("webhook-signature", " v1,nobodys")],
    ids=["a header", "a signature"],
)
async def test_the_same_delivery_counts_once_whatever_is_added_to_it(
    world: World, name: str, added: str
) -> None:
    body, headers = signed({"rows": [a_row(1)]}, at=NOW)
    await world.post(TILL, body, headers)
    await world.sign(a_row(2))

    replayed = await world.post(TILL, body, {**headers, name: headers.get(name, "") + added})

    assert (replayed.status_code, replayed.json()["known"]) == (202, 1)
    assert await world.values() == [2]


async def test_the_same_values_sent_anew_are_no_replay(world: World) -> None:
    for seconds, value in enumerate((1, 2, 1)):
        await world.sign(a_row(value), at=NOW + timedelta(seconds=seconds))

    assert await world.values() == [1]


async def test_a_delivery_that_can_not_be_read_is_refused_whole_and_says_why(world: World) -> None:
    response = await world.sign(a_row(1), a_row("37%", day=1))

    assert response.status_code == 400
    assert "value" in response.json()["error"]
    assert await world.values() == []


async def test_a_delivery_that_is_too_large_is_refused_before_it_is_read(world: World) -> None:
    response = await world.post(TILL, b" " * (MOST_BYTES + 1))

    assert response.status_code == 413


NOBODY = [
    pytest.param("/webhooks/norrhavn/nothing", id="no such connection"),
    pytest.param("/webhooks/nobody/till", id="no such organization"),
    pytest.param("/webhooks/%00/till", id="no name at all"),
    pytest.param("/webhooks/norrhavn/file", id="a connection that takes none"),
    pytest.param("/webhooks/norrhavn/away", id="one that was put away"),
]


@pytest.mark.parametrize("path", NOBODY)
async def test_where_nobody_takes_deliveries_there_is_nothing(world: World, path: str) -> None:
    assert (await world.post(path, b"{}")).status_code == 404


async def test_only_post_delivers(world: World) -> None:
    transport = httpx.ASGITransport(Starlette(routes=[world.webhooks.route()]))
    async with httpx.AsyncClient(transport=transport, base_url="http://atlas") as client:
        assert (await client.get(TILL)).status_code == 405


async def test_what_changed_is_ordered_to_be_pulled(world: World) -> None:
    response = await world.announce({"days": 1, "metric": "waiting"}, {"days": 3})

    jobs = await world.jobs()
    assert (response.status_code, response.json()["pulls"]) == (202, 3)
    assert {job.kind for job in jobs} == {"pull"}
    subjects = sorted(job.subject or "" for job in jobs)
    assert subjects == sorted(map(id_of, ("waiting:news", "waiting:news", "other:news")))


async def test_many_events_of_one_day_are_one_pull(world: World) -> None:
    for _ in range(5):
        await world.announce({"days": 2, "metric": "other"})

    assert len(await world.jobs()) == 1


async def test_an_event_with_an_id_counts_once_however_it_is_sent(world: World) -> None:
    await world.announce({"days": 2, "metric": "other", "id": "evt-1"})

    again = await world.announce(
        {"days": 9, "metric": "other", "id": "evt-1"}, {"days": 5, "metric": "other", "id": "evt-2"}
    )

    assert (again.json()["known"], again.json()["pulls"]) == (1, 1)
    assert len(await world.jobs()) == 2


@pytest.mark.parametrize("name", ["a\0b", "e" * 9_000], ids=["NUL", "long"])
async def test_a_source_may_call_its_events_as_it_likes(world: World, name: str) -> None:
    event = {"days": 2, "metric": "other", "id": name}

    first, again = await world.announce(event), await world.announce(event)

    assert (first.json()["pulls"], again.json()["known"]) == (1, 1)


async def test_a_connection_may_have_a_key_with_a_slash(world: World) -> None:
    response = await world.post("/webhooks/norrhavn/shops%2Foslo", b"[]")

    assert response.status_code == 202


async def test_what_is_still_to_come_is_not_pulled(world: World) -> None:
    response = await world.announce({"days": -3})

    assert (response.status_code, response.json()["pulls"]) == (202, 0)


@pytest.mark.parametrize("trouble", ["later", "broken"])
async def test_a_delivery_that_can_not_be_taken_now_is_wanted_again_and_tells_nothing(
    world: World, trouble: str
) -> None:
    response = await world.post(NEWS, json.dumps(trouble).encode())

    assert (response.status_code, response.headers["retry-after"]) == (503, "60")
    assert response.json() == {"error": "It can't be taken now: send it again later."}


async def test_without_its_database_a_delivery_is_wanted_again(world: World) -> None:
    async def atlas_named(_: str) -> Atlas:
        raise DatabaseUnreachable(seen="nobody")

    away = World(world.engine, replace(world.webhooks, atlas_named=atlas_named))

    assert (await away.announce({"days": 1})).status_code == 503
