"""A cassette shows nobody and nothing secret, and plays again what was recorded, and all of it."""

import gzip
import json
from datetime import UTC, datetime

import httpx
import pytest

from journey_atlas_sdk import DataError
from journey_atlas_sdk.hosting.cassettes import (
    Cassette,
    NotRecorded,
    RecordingTransport,
    ReplayingTransport,
    Scrubber,
)

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SECRET = "s3cret-7c1f"  # noqa: S105 -- of a fake
PEOPLE = {
    "people": [
        {"email": "ada@bank.example", "address": "203.0.113.7", "score": 9},
        {"email": "bob@bank.example", "address": "2a00:1450:4001::200e", "score": 3},
        {"email": "ada@bank.example", "address": "203.0.113.7", "score": 10},
    ],
    "access_token": "freshly-made-token",
    "next_page_token": "page-2",
    "seen_at": "2026-11-22T12:30:00Z",
}


async def recorded(answer: httpx.Response, *requests: httpx.Request) -> Cassette:
    source = httpx.MockTransport(lambda _: answer)
    transport = RecordingTransport(source, Scrubber([SECRET]), now=lambda: NOON)
    async with httpx.AsyncClient(transport=transport) as http:
        for request in requests:
            await http.send(request)
    return transport.cassette


def asking(url: str = "https://tool.example/people", **given: str) -> httpx.Request:
    return httpx.Request("GET", url, headers={"Authorization": f"Bearer {SECRET}"}, params=given)


async def test_secrets_people_and_addresses_become_others_and_the_rest_stays() -> None:
    cassette = await recorded(httpx.Response(200, json=PEOPLE), asking(key=SECRET))

    answer = json.loads(cassette.exchanges[0].answer)

    assert answer == {
        "people": [
            {"email": "person-1@example.invalid", "address": "192.0.2.1", "score": 9},
            {"email": "person-2@example.invalid", "address": "2001:db8::1", "score": 3},
            {"email": "person-1@example.invalid", "address": "192.0.2.1", "score": 10},
        ],
        "access_token": "***",
        "next_page_token": "page-2",
        "seen_at": "2026-11-22T12:30:00Z",
    }
    written = cassette.to_json()
    assert [text for text in (SECRET, "bank.example", "freshly-made") if text in written] == []


async def test_a_token_that_an_answer_brought_is_nowhere_else_either() -> None:
    cassette = await recorded(
        httpx.Response(200, json=PEOPLE),
        asking(),
        httpx.Request("POST", "https://tool.example/me", content=b'{"t": "freshly-made-token"}'),
    )

    assert cassette.exchanges[1].body == '{"t": "***"}'


async def test_a_file_is_read_back_as_it_was_written() -> None:
    cassette = await recorded(httpx.Response(200, json=PEOPLE), asking())

    assert Cassette.from_json(cassette.to_json()) == cassette


async def test_what_was_recorded_plays_again_for_another_secret() -> None:
    cassette = await recorded(httpx.Response(200, json=PEOPLE), asking(key=SECRET, page="2"))
    replay = ReplayingTransport(cassette, Scrubber(["another-one"]))

    async with httpx.AsyncClient(transport=replay) as http:
        answer = await http.get(
            "https://tool.example/people", params={"key": "another-one", "page": "2"}
        )

    replay.require_played()
    assert answer.json()["people"][0]["score"] == 9


async def test_gzip_is_kept_as_text() -> None:
    packed = httpx.Response(
        200, headers={"Content-Encoding": "gzip"}, stream=httpx.ByteStream(gzip.compress(b"a,b\n"))
    )

    cassette = await recorded(packed, asking())

    assert cassette.exchanges[0].answer == "a,b\n"
    assert "content-encoding" not in dict(cassette.exchanges[0].headers)


async def test_a_request_that_was_not_recorded_fails() -> None:
    cassette = await recorded(httpx.Response(200, json=PEOPLE), asking())

    async with httpx.AsyncClient(transport=ReplayingTransport(cassette, Scrubber())) as http:
        with pytest.raises(NotRecorded, match=r"no answer to GET https://tool\.example/others"):
            await http.get("https://tool.example/others")


async def test_an_answer_plays_once() -> None:
    cassette = await recorded(httpx.Response(200, json=PEOPLE), asking())

    async with httpx.AsyncClient(transport=ReplayingTransport(cassette, Scrubber())) as http:
        await http.get("https://tool.example/people")
        with pytest.raises(NotRecorded):
            await http.get("https://tool.example/people")


async def test_a_recorded_request_that_is_not_made_fails() -> None:
    cassette = await recorded(httpx.Response(200, json=PEOPLE), asking(), asking(page="2"))
    replay = ReplayingTransport(cassette, Scrubber())

    async with httpx.AsyncClient(transport=replay) as http:
        await http.get("https://tool.example/people")

    with pytest.raises(NotRecorded, match=r"1 requests were not made, GET .*page=2 first"):
        replay.require_played()


async def test_what_is_no_text_is_not_recorded() -> None:
    with pytest.raises(DataError, match="can't be recorded without its secrets"):
        await recorded(httpx.Response(200, content=b"\xff\xfe\x00"), asking())


@pytest.mark.parametrize("text", ["", "{}", '{"format": "mp3"}', "[]"])
def test_what_is_no_cassette_is_refused(text: str) -> None:
    with pytest.raises(DataError, match="cassette"):
        Cassette.from_json(text)
