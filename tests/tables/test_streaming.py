"""Streams of rows: a batch at a time, in their own time, and never half a table for a whole one."""

import asyncio
import threading
import time
import tracemalloc
from dataclasses import dataclass
from datetime import date, datetime

import httpx
import orjson
import pytest
from starlette.applications import Starlette

from api.context import Reading, Services
from api.execution.limits import Limits
from api.http import graphql_routes
from api.streaming.streams import Streams
from api.tables.answering import Chunks, Desk
from api.tables.formats import CSV, JSON_LINES, TABLE_FORMATS, writer_of
from api.tables.observations import OBSERVATIONS
from api.tables.table import Asked, Opened
from domain.metric import Observation
from domain.node import Node, OrganizationId
from domain.ports import Aggregates, ObservationsAsked, Stretch
from domain.view import View
from plugins.registry import Registry
from tests.api.asking import SCHEMA, an_api, codes
from tests.api.serving import serving
from tests.builders import NOW, a_goal, a_metric, a_view, an_atlas, an_observation

VIEW = a_view(an_atlas(a_metric("MT-1")))
OBSERVED = [an_observation(number) for number in range(10)]
QUERY = "{ observationRows { metricKey value } }"


@dataclass
class Endless:
    """A store without end, which counts how often it is asked; at `fails_at` it breaks."""

    fails_at: int | None = None
    seconds: float = 0.0
    asked: int = 0

    async def listed(
        self, organization: OrganizationId, asked: ObservationsAsked, stretch: Stretch
    ) -> list[Observation]:
        del organization, asked
        self.asked += 1
        if self.asked == self.fails_at:
            message = "The disk is gone."
            raise OSError(message)
        await asyncio.sleep(self.seconds)
        return OBSERVED[: stretch.limit]

    async def aggregate(self, *_: object, **__: object) -> Aggregates:
        return {}


def services(store: Endless, *, table_seconds: float = 60) -> Services:
    async def view(*, as_of: date | None = None, known_at: datetime | None = None) -> View:
        del as_of, known_at
        return VIEW

    return Services(
        view=view,
        observations=store,
        registry=Registry(connectors={}),
        now=lambda: NOW,
        new_reference=lambda: "ref-1",
        limits=Limits(rows_at_once=len(OBSERVED), table_seconds=table_seconds),
    )


def an_app(store: Endless, *, table_seconds: float = 60) -> Starlette:
    return Starlette(
        routes=graphql_routes(SCHEMA, services(store, table_seconds=table_seconds), Streams(1))
    )


async def begun(store: Endless, media_type: str) -> Chunks:
    reading = Reading(view=VIEW, services=services(store))
    opens = writer_of(media_type)
    assert opens is not None
    columns = {name: OBSERVATIONS.columns[name] for name in ("metric_key", "value", "recorded_at")}
    opened = Opened(OBSERVATIONS, reading, Asked(given={}))
    return await Desk(1).begun(opened, columns, opens, seconds=10)


@pytest.mark.parametrize("media_type", TABLE_FORMATS)
async def test_no_more_is_read_than_was_taken(media_type: str) -> None:
    store = Endless()
    chunks = await begun(store, media_type)

    taken = [await anext(chunks) for _ in range(5)]
    await chunks.aclose()

    assert len(taken) == 5
    assert store.asked <= 6


@pytest.mark.parametrize("media_type", TABLE_FORMATS)
async def test_a_long_stream_holds_no_more_than_a_short_one(
    media_type: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.tables.arrow.ROWS_IN_A_GROUP", 2 * len(OBSERVED))
    chunks = await begun(Endless(), media_type)

    async def held_after(batches: int) -> int:
        for _ in range(batches):
            await anext(chunks)
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        short, long = await held_after(10), await held_after(200)
    finally:
        tracemalloc.stop()
    await chunks.aclose()

    # 200 batches of 10 rows, kept, would take 400 KB.
    assert long - short < 50_000


def read(url: str, accept: str) -> tuple[int, bytes]:
    """Read an answer to its end."""
    response = httpx.post(url, json={"query": QUERY}, headers={"accept": accept})
    return response.status_code, response.content


@pytest.mark.parametrize("media_type", TABLE_FORMATS)
def test_a_stream_that_fails_does_not_end_like_a_whole_one(media_type: str) -> None:
    with serving(an_app(Endless(fails_at=4))) as url, pytest.raises(httpx.RemoteProtocolError):
        read(url, media_type)


def test_a_stream_that_takes_too_long_is_broken_off() -> None:
    slow = an_app(Endless(seconds=0.02), table_seconds=0.2)

    with serving(slow) as url, pytest.raises(httpx.RemoteProtocolError):
        read(url, CSV)


@pytest.mark.parametrize("media_type", TABLE_FORMATS)
def test_a_table_whose_first_rows_can_not_be_had_is_an_error(media_type: str) -> None:
    with serving(an_app(Endless(fails_at=1))) as url:
        status, body = read(url, media_type)

    [error] = orjson.loads(body)["errors"]
    assert status == 500
    assert error["extensions"] == {"code": "INTERNAL", "reference": "ref-1"}
    assert "disk" not in error["message"]


def test_a_table_whose_first_rows_do_not_come_is_given_up() -> None:
    with serving(an_app(Endless(seconds=5), table_seconds=0.1)) as url:
        status, body = read(url, CSV)

    assert status == 503
    assert codes(orjson.loads(body)["errors"]) == ["DEADLINE"]


def test_nothing_is_read_for_a_client_who_left() -> None:
    store = Endless(seconds=0.001)

    with serving(an_app(store)) as url:
        with httpx.stream(
            "POST", url, json={"query": QUERY}, headers={"accept": JSON_LINES}
        ) as response:
            next(response.iter_raw())
        asked = settled(store)
        time.sleep(0.1)

    assert store.asked == asked


def settled(store: Endless) -> int:
    """Wait until a store isn't asked any more; give how often it was."""
    for _ in range(100):
        asked = store.asked
        time.sleep(0.05)
        if store.asked == asked:
            return asked
    message = "The store is asked for ever."
    raise AssertionError(message)


async def test_rows_are_computed_beside_the_event_loop() -> None:
    seen: set[str] = set()

    def page_of(node: Node) -> str:
        seen.add(threading.current_thread().name.rsplit("_", 1)[0])
        return f"https://atlas.test/{node.key}"

    api = an_api(an_atlas(a_goal("BG1")), node_url=page_of)

    await api.send({"query": "{ goalRows { url } }"}, accept=CSV)

    assert seen == {"atlas-table"}


async def test_a_stream_has_the_limits_of_its_document() -> None:
    api = an_api(an_atlas(a_goal("BG1")), limits=Limits(aliases=1, cost=2))

    aliases = await api.send({"query": "{ a: goalRows { b: key c: title } }"}, accept=CSV)
    cost = await api.send({"query": "{ goalRows { key title } }"}, accept=CSV)

    for refused in (aliases, cost):
        assert refused.status_code == 400
        assert codes(refused.json()["errors"]) == ["COST_LIMIT"]


async def test_a_stream_may_have_more_rows_than_an_answer_in_json() -> None:
    goals = [a_goal(f"G{number}") for number in range(30)]
    api = an_api(an_atlas(*goals), limits=Limits(nodes=10, cost=30, rows_at_once=10))

    in_json = await api.errors("{ goalRows { key } }")
    streamed = await api.send({"query": "{ goalRows { key } }"}, accept=CSV)

    assert codes(in_json) == ["COST_LIMIT"]
    assert len(streamed.text.splitlines()) == 31
