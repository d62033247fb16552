"""graphql-transport-ws, to the letter, spoken by a client that nobody here wrote."""

from collections.abc import AsyncIterator

import pytest
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from api.execution.limits import Limits
from tests.streaming.server import Json, Served, Talk, asking, serving, talking, until

COUNT = "subscription ($to: Int!) { count(to: $to) { number goals } }"
WAIT = "subscription { wait { number } }"


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    async with serving() as running:
        yield running


@pytest.fixture
async def talk(served: Served) -> AsyncIterator[Talk]:
    async with talking(served) as begun:
        yield begun


def numbers(*names: int) -> list[Json]:
    return [{"data": {"wait": {"number": number}}} for number in names]


async def test_a_subscription_tells_each_event_and_that_it_is_over(talk: Talk) -> None:
    await talk.say(asking("1", COUNT, variables={"to": 2}))

    heard = [await talk.hear() for _ in range(3)]

    assert [each["type"] for each in heard] == ["next", "next", "complete"]
    assert {each["id"] for each in heard} == {"1"}
    assert [each["payload"]["data"]["count"]["number"] for each in heard[:2]] == [1, 2]
    assert heard[0]["payload"]["data"]["count"]["goals"] > 0


async def test_a_query_is_answered_once(talk: Talk) -> None:
    await talk.say(asking("q", "{ organization { key } }"))

    assert await talk.hear() == {
        "type": "next",
        "id": "q",
        "payload": {"data": {"organization": {"key": "norrhavn"}}},
    }
    assert await talk.hear() == {"type": "complete", "id": "q"}


async def test_several_are_under_way_at_once_and_one_can_be_ended(
    served: Served, talk: Talk
) -> None:
    await talk.say(asking("a", WAIT), asking("b", WAIT))
    assert sorted([(await talk.hear())["id"], (await talk.hear())["id"]]) == ["a", "b"]

    await talk.say({"id": "a", "type": "complete"}, {"type": "ping"})
    assert await talk.hear() == {"type": "pong"}
    still_open = served.listening.open
    served.listening.go_on.set()

    heard = [await talk.hear(), await talk.hear()]
    assert still_open == 1
    assert heard == [
        {"type": "next", "id": "b", "payload": numbers(2)[0]},
        {"type": "complete", "id": "b"},
    ]


async def test_an_id_that_is_free_again_can_be_used_again(talk: Talk) -> None:
    for _ in range(2):
        await talk.say(asking("1", COUNT, variables={"to": 1}))
        assert [(await talk.hear())["type"] for _ in range(2)] == ["next", "complete"]


async def test_ending_what_is_over_already_is_nothing(talk: Talk) -> None:
    await talk.say({"id": "unknown", "type": "complete"}, {"type": "ping", "payload": {"a": 1}})

    assert await talk.hear() == {"type": "pong"}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        pytest.param("{", "GRAPHQL_PARSE_FAILED", id="syntax"),
        pytest.param("subscription { nothing }", "GRAPHQL_VALIDATION_FAILED", id="no such field"),
        pytest.param(
            "subscription { count(to: 1) { number } wait { number } }",
            "GRAPHQL_VALIDATION_FAILED",
            id="two fields at the root",
        ),
        pytest.param(COUNT, "BAD_USER_INPUT", id="a variable is missing"),
        pytest.param("mutation { write(input: {}) { revision } }", "FORBIDDEN", id="a mutation"),
        pytest.param("query { a" + "{ a" * 30 + "}" * 30 + "}", "COST_LIMIT", id="too deep"),
    ],
)
async def test_what_is_refused_is_told_and_ends_no_other(
    served: Served, talk: Talk, query: str, code: str
) -> None:
    await talk.say(asking("open", WAIT))
    assert (await talk.hear())["type"] == "next"

    await talk.say(asking("wrong", query))
    told = await talk.hear()

    assert (told["type"], told["id"]) == ("error", "wrong")
    assert [error["extensions"]["code"] for error in told["payload"]] == [code]
    assert served.listening.open == 1


async def test_a_subscription_that_can_not_begin_says_why(talk: Talk) -> None:
    await talk.say(asking("1", "subscription { refuse { number } }"))

    told, over = await talk.hear(), await talk.hear()

    [error] = told["payload"]["errors"]
    assert error["extensions"] == {"code": "NOT_FOUND"}
    assert (told["type"], over) == ("next", {"type": "complete", "id": "1"})


async def test_a_subscription_that_fails_is_told_under_a_reference(talk: Talk) -> None:
    await talk.say(asking("1", "subscription { fail { number } }"))

    heard = [await talk.hear(), await talk.hear()]

    assert [each["type"] for each in heard] == ["next", "error"]
    [error] = heard[1]["payload"]
    assert error["extensions"] == {"code": "INTERNAL", "reference": "ref-1"}
    assert "secret" not in error["message"]


@pytest.mark.parametrize(
    "frame",
    [
        "[]",
        "1",
        "null",
        '"x"',
        "",
        "{}",
        "{",
        "[" * 100_000,
        '{"type": 1}',
        '{"type": "unheard of"}',
        '{"type": "connection_init", "payload": 1}',
        '{"type": "ping", "payload": []}',
        '{"type": "subscribe", "id": "1", "payload": null}',
        '{"type": "subscribe", "id": "1"}',
        '{"type": "subscribe", "id": "1", "payload": []}',
        '{"type": "subscribe", "id": "1", "payload": {}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": 1}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": "{a}", "variables": []}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": "{a}", "operationName": 1}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": "{a}", "extensions": "x"}}',
        '{"type": "subscribe", "id": 1, "payload": {"query": "{a}"}}',
        '{"type": "subscribe", "id": "", "payload": {"query": "{a}"}}',
        '{"type": "complete"}',
        '{"type": "next", "id": "1", "payload": {}}',
        b'{"type": "ping"}',
    ],
    ids=lambda frame: str(frame)[:40],
)
async def test_whoever_breaks_the_protocol_is_hung_up_on(talk: Talk, frame: str | bytes) -> None:
    await talk.say(frame)

    assert await talk.ended() == 4400


async def test_nothing_is_answered_before_the_beginning(served: Served) -> None:
    async with talking(served, begun=False) as talk:
        await talk.say(asking("1", WAIT))

        assert await talk.ended() == 4401


async def test_the_beginning_comes_once(talk: Talk) -> None:
    await talk.say({"type": "connection_init", "payload": None})

    assert await talk.ended() == 4429


async def test_an_id_is_used_once_at_a_time(talk: Talk) -> None:
    await talk.say(asking("1", WAIT), asking("1", WAIT))

    heard = await talk.rest()

    assert len(heard) <= 1
    assert await talk.ended() == 4409


async def test_whoever_does_not_begin_is_not_waited_for() -> None:
    async with serving(Limits(init_seconds=0.05)) as served, talking(served, begun=False) as talk:
        await talk.say({"type": "ping"})
        assert await talk.hear() == {"type": "pong"}

        assert await talk.ended() == 4408


@pytest.mark.parametrize("offered", [["graphql-ws"], None], ids=["the older one", "none"])
async def test_only_one_protocol_is_spoken(served: Served, offered: list[str] | None) -> None:
    names = [Subprotocol(each) for each in offered or []]
    async with connect(f"ws://127.0.0.1:{served.port}/graphql", subprotocols=names or None) as each:
        await each.wait_closed()

        assert each.close_code == 4406


async def test_a_frame_over_the_limit_ends_the_conversation() -> None:
    async with serving(Limits(frame_bytes=1_000)) as served, talking(served) as talk:
        await talk.say({"type": "ping", "payload": {"a": "x" * 1_000}})

        assert await talk.ended() == 1009


async def test_beyond_so_many_at_once_an_operation_is_refused_and_the_others_go_on() -> None:
    async with serving(Limits(subscriptions=2)) as served, talking(served) as talk:
        await talk.say(*(asking(name, WAIT) for name in "abc"))
        heard = [await talk.hear() for _ in range(3)]

        [error] = [each for each in heard if each["type"] == "error"]
        assert error["id"] == "c"
        assert error["payload"][0]["extensions"]["limit"] == "subscriptions"
        assert served.listening.open == 2


async def test_beyond_so_many_streams_a_client_is_asked_to_come_again() -> None:
    async with serving(Limits(streams=1)) as served:
        async with talking(served), talking(served, begun=False) as second:
            assert await second.ended() == 1013
        await until(lambda: served.streams.open == 0)

        async with talking(served) as third:
            await third.say({"type": "ping"})
            assert await third.hear() == {"type": "pong"}


async def test_a_client_that_leaves_ends_all_that_it_listened_to(served: Served) -> None:
    async with talking(served) as talk:
        await talk.say(asking("a", WAIT), asking("b", WAIT))
        await talk.hear()
        await talk.hear()
        assert served.listening.open == 2

    await until(lambda: not served.listening.open)


async def test_an_event_that_costs_too_much_is_refused() -> None:
    async with serving(Limits(cost=2)) as served, talking(served) as talk:
        await talk.say(asking("1", COUNT, variables={"to": 1}))

        [error] = (await talk.hear())["payload"]["errors"]
        assert error["extensions"]["code"] == "COST_LIMIT"


async def test_a_costly_event_is_answered_beside_the_loop() -> None:
    async with serving(Limits(costly=1)) as served, talking(served) as talk:
        await talk.say(asking("1", COUNT, variables={"to": 1}))

        assert (await talk.hear())["payload"]["data"]["count"]["number"] == 1
