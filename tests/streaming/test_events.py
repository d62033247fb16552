"""GraphQL over server-sent events, in distinct connections mode."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import httpx
import pytest

from api.execution.limits import Limits
from api.streaming import events
from tests.streaming.server import Served, serving, until

SSE = "text/event-stream"
URQL = (
    "application/graphql-response+json, application/graphql+json, application/json, "
    "text/event-stream, multipart/mixed"
)
URQL_LISTENING = "text/event-stream, multipart/mixed"
COUNT = "subscription { count(to: 2) { number } }"
WAIT = "subscription { wait { number } }"


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    async with serving() as running:
        yield running


async def post(served: Served, query: str, accept: str = SSE) -> httpx.Response:
    async with httpx.AsyncClient() as client:
        return await client.post(served.url, json={"query": query}, headers={"accept": accept})


@pytest.mark.parametrize("accept", [SSE, URQL, URQL_LISTENING])
async def test_a_subscription_tells_each_event_and_that_it_is_over(
    served: Served, accept: str
) -> None:
    response = await post(served, COUNT, accept)

    assert response.status_code == 200
    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert response.headers["cache-control"] == "no-cache"
    assert response.text == (
        ":\n\n"
        'event: next\ndata: {"data":{"count":{"number":1}}}\n\n'
        'event: next\ndata: {"data":{"count":{"number":2}}}\n\n'
        "event: complete\ndata:\n\n"
    )


async def test_it_may_be_asked_for_by_get_as_browsers_do(served: Served) -> None:
    async with httpx.AsyncClient() as client:
        response = await client.get(served.url, params={"query": COUNT}, headers={"accept": SSE})

    assert response.text.count("event: next") == 2


async def test_a_query_that_names_events_after_json_is_answered_as_json(served: Served) -> None:
    response = await post(served, "{ organization { key } }", URQL)

    assert response.headers["content-type"].startswith("application/graphql-response+json")
    assert response.json() == {"data": {"organization": {"key": "norrhavn"}}}


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("{ organization { key } }", '{"data":{"organization":{"key":"norrhavn"}}}'),
        ("mutation { write(input: {}) { revision } }", "FORBIDDEN"),
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("subscription { nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { refuse { number } }", "NOT_FOUND"),
        ("subscription ($to: Int!) { count(to: $to) { number } }", "BAD_USER_INPUT"),
    ],
    ids=["a query", "a mutation", "syntax", "no such field", "refused", "a variable"],
)
async def test_who_wants_events_is_told_everything_in_them(
    served: Served, query: str, told: str
) -> None:
    response = await post(served, query)

    assert response.status_code == 200
    *_, event, over, _ = response.text.split("\n\n")
    assert event.startswith("event: next\ndata: {")
    assert told in event
    assert over == "event: complete\ndata:"


async def test_a_mutation_is_not_asked_for_by_get(served: Served) -> None:
    parameters = {"query": "mutation { write(input: {}) { revision } }"}
    async with httpx.AsyncClient() as client:
        response = await client.get(served.url, params=parameters, headers={"accept": SSE})

    assert response.status_code == 405


@pytest.mark.parametrize("accept", ["application/json", "application/graphql-response+json"])
async def test_a_subscription_that_wants_plain_json_is_refused(served: Served, accept: str) -> None:
    response = await post(served, COUNT, accept)

    assert response.status_code == 406
    assert SSE in response.json()["errors"][0]["message"]


async def test_a_failure_is_told_under_a_reference(served: Served) -> None:
    response = await post(served, "subscription { fail { number } }")

    assert response.text.count("event: next") == 2
    assert '"reference":"ref-1"' in response.text
    assert "secret" not in response.text


async def test_a_client_that_leaves_ends_what_it_listened_to(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "KEEP_ALIVE_SECONDS", 0.02)
    async with httpx.AsyncClient() as client:
        asked = client.build_request(
            "POST", served.url, json={"query": WAIT}, headers={"accept": SSE}
        )
        async with aclosing(await client.send(asked, stream=True)) as response:
            text = await anext(response.aiter_text())
            assert text.startswith(":\n\n")

    await until(lambda: not served.listening.open)


async def test_a_silent_stream_gives_signs_of_life(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "KEEP_ALIVE_SECONDS", 0.02)
    asking = asyncio.create_task(post(served, WAIT))
    await until(lambda: served.listening.open > 0)
    await asyncio.sleep(0.1)
    served.listening.go_on.set()

    response = await asking

    first, *signs, last, over = response.text.removesuffix("\n\n").split("\n\n")[1:]
    assert first.startswith("event: next")
    assert set(signs) == {":"}
    assert last.startswith("event: next")
    assert over.startswith("event: complete")


async def test_a_server_that_stops_ends_its_streams(served: Served) -> None:
    asking = asyncio.create_task(post(served, WAIT))
    await until(lambda: served.listening.open > 0)

    served.streams.end()

    assert (await asking).text.endswith("event: complete\ndata:\n\n")


async def test_beyond_so_many_streams_one_is_refused_in_its_event() -> None:
    async with serving(Limits(streams=0)) as served:
        response = await post(served, COUNT)

    assert '"limit":"streams"' in response.text
