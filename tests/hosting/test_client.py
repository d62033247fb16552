"""What an author gets who only asks: answers that are whole, or the error that they stand for."""

import asyncio
import gzip
import itertools
import time
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from journey_atlas_sdk import (
    AccessDenied,
    AuthError,
    ConfigError,
    ConnectorError,
    DataError,
    PlanLimit,
    QuotaExhausted,
    RateLimited,
    TransientError,
)
from journey_atlas_sdk.hosting.context import HostContext
from journey_atlas_sdk.terms import MAX_BYTES, terms
from tests.connectors.web_server import Reply, a_reply, a_web_server, chunked
from tests.hosting.lent import ADDRESS, Lab

SCORES = b'{"score": 66.4, "answers": [1180, 1204]}'
PACKED = gzip.compress(SCORES)


@pytest.fixture
def lab() -> Lab:
    return Lab()


@pytest.fixture
async def context(lab: Lab) -> AsyncIterator[HostContext]:
    """Lend for real servers on the loopback; waits take no time."""
    lab.over_the_wire()
    async with lab.context(seconds=300) as lent:
        yield lent


# ---- statuses


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (301, ConfigError),  # without a Location
        (304, ConfigError),
        (400, ConfigError),
        (401, AuthError),
        (402, PlanLimit),
        (403, AccessDenied),
        (405, ConfigError),
        (408, TransientError),
        (410, ConfigError),
        (413, DataError),
        (414, DataError),
        (422, DataError),
        (425, TransientError),
        (429, RateLimited),
        (500, TransientError),
        (503, TransientError),
    ],
)
async def test_a_status_is_named_by_what_happens_next(
    lab: Lab, status: int, error: type[ConnectorError]
) -> None:
    lab.plays(httpx.Response(status, text="no"))

    with pytest.raises(
        error, match=rf"source\.example answered with the status {status}"
    ) as caught:
        await lab.get(seconds=2)

    assert type(caught.value) is error
    assert caught.value.detail == f"{ADDRESS}: b'no'"


async def test_a_403_with_the_headers_of_a_limit_is_a_limit(lab: Lab) -> None:
    lab.plays(httpx.Response(403, headers={"x-ratelimit-remaining": "0", "retry-after": "7200"}))

    with pytest.raises(QuotaExhausted):
        await lab.get()


async def test_a_busy_server_that_names_no_real_time_is_only_busy(lab: Lab) -> None:
    lab.plays(httpx.Response(503, headers={"Retry-After": "0"}))

    with pytest.raises(TransientError):
        await lab.get()


async def test_an_author_may_raise_for_a_status_that_he_reads(lab: Lab) -> None:
    lab.plays(httpx.Response(401))

    async with lab.context() as context:
        found = await context.http.get(ADDRESS, extensions=terms(expect={401}))

        with pytest.raises(AuthError):
            found.raise_for_status()


# ---- what was promised


@pytest.mark.parametrize(
    ("accept", "answer", "is_promised"),
    [
        pytest.param("application/json", httpx.Response(200, json={}), True, id="JSON"),
        pytest.param(
            "application/json",
            httpx.Response(200, content=b"{}", headers={"Content-Type": "application/hal+json"}),
            True,
            id="a kind of JSON",
        ),
        pytest.param("application/json", httpx.Response(200, html="<p>"), False, id="a page"),
        pytest.param("application/json", httpx.Response(200), False, id="nothing"),
        pytest.param("application/json", httpx.Response(204), True, id="nothing, as 204 says"),
        pytest.param("text/csv, text/plain", httpx.Response(200, text="a"), True, id="one of two"),
        pytest.param("text/*", httpx.Response(200, html="<p>"), True, id="any text"),
        pytest.param("text/csv", httpx.Response(200, content=b"a,b"), False, id="no type"),
        pytest.param("*/*", httpx.Response(200, html="<p>"), True, id="whatever comes"),
        pytest.param("text/csv, */*;q=0.1", httpx.Response(200, html="<p>"), True, id="or so"),
    ],
)
async def test_a_success_is_of_the_type_that_was_asked_for(
    lab: Lab, accept: str, answer: httpx.Response, *, is_promised: bool
) -> None:
    lab.plays(answer)

    async with lab.context() as context:
        if is_promised:
            await context.http.get(ADDRESS, headers={"Accept": accept})
        else:
            with pytest.raises(DataError, match=r"source\.example answers with"):
                await context.http.get(ADDRESS, headers={"Accept": accept})


async def test_the_type_of_a_streamed_answer_is_looked_at_before_its_body(lab: Lab) -> None:
    lab.plays(httpx.Response(200, html="<p>"))

    async with lab.context() as context:
        with pytest.raises(DataError, match="answers with text/html, not with text/csv"):
            async with context.http.stream("GET", ADDRESS, headers={"Accept": "text/csv"}):
                pass


@pytest.mark.parametrize("body", [b"", b'{"score": 6', b"<html>"])
async def test_what_is_read_as_json_and_is_none_is_a_data_error(lab: Lab, body: bytes) -> None:
    lab.plays(httpx.Response(200, content=body))

    with pytest.raises(DataError, match="no JSON"):
        (await lab.get()).json()


# ---- bodies, over the wire


async def read(
    context: HostContext, url: str, *, is_streamed: bool, max_bytes: int = MAX_BYTES
) -> bytes:
    """Ask for a body, at once or piece by piece."""
    extensions = terms(max_bytes=max_bytes)
    if not is_streamed:
        return (await context.http.get(url, extensions=extensions)).content
    async with context.http.stream("GET", url, extensions=extensions) as answer:
        return b"".join([piece async for piece in answer.aiter_bytes()])


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(a_reply(SCORES), id="plain"),
        pytest.param(a_reply(PACKED, Content_Encoding="gzip"), id="gzip"),
        pytest.param(
            a_reply(gzip.compress(SCORES[:9]) + gzip.compress(SCORES[9:]), Content_Encoding="gzip"),
            id="gzip in two members",
        ),
        pytest.param(chunked(SCORES[:9], SCORES[9:]), id="chunks"),
    ],
)
@pytest.mark.parametrize("is_streamed", [False, True])
async def test_a_body_is_the_same_however_it_comes_and_is_read(
    context: HostContext, reply: Reply, *, is_streamed: bool
) -> None:
    async with a_web_server({"/": reply}) as web:
        assert await read(context, web.url, is_streamed=is_streamed) == SCORES


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        pytest.param(a_reply(SCORES, length=len(SCORES) + 9), TransientError, id="short"),
        pytest.param(chunked(SCORES, is_whole=False), TransientError, id="without last chunk"),
        pytest.param(
            a_reply(PACKED[:-9], Content_Encoding="gzip"), TransientError, id="gzip without end"
        ),
        pytest.param(
            a_reply(PACKED[:-8] + bytes(8), Content_Encoding="gzip"), DataError, id="wrong gzip"
        ),
        pytest.param(a_reply(SCORES, Content_Encoding="gzip"), DataError, id="no gzip"),
        pytest.param(a_reply(SCORES, Content_Encoding="br"), DataError, id="brotli"),
        pytest.param(Reply([b"SSH-2.0-OpenSSH\r\n"]), TransientError, id="no HTTP"),
        pytest.param(Reply([]), TransientError, id="hung up"),
    ],
)
@pytest.mark.parametrize("is_streamed", [False, True])
async def test_a_body_that_is_not_whole_is_an_error(
    context: HostContext, reply: Reply, error: type[ConnectorError], *, is_streamed: bool
) -> None:
    async with a_web_server({"/": reply}) as web:
        with pytest.raises(error):
            await read(context, web.url, is_streamed=is_streamed)


async def test_a_body_that_broke_off_once_is_asked_for_again(lab: Lab) -> None:
    source = lab.plays(httpx.Response(200, stream=Broken()), httpx.Response(200, content=SCORES))

    assert (await lab.get()).content == SCORES

    assert len(source.requests) == 2


class Broken(httpx.AsyncByteStream):
    """A body that breaks off."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield SCORES[:9]
        message = "connection reset"
        raise httpx.ReadError(message)


BOMB = gzip.compress(b"\n" * 9_000_000)  # less than ten thousand bytes


class Endless:
    """The pieces of an answer that never ends."""

    def __iter__(self) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        yield from itertools.repeat(b"5\r\n\n\n\n\n\n\r\n")


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(a_reply(b"\n" * 20_001), id="plain"),
        pytest.param(a_reply(BOMB, Content_Encoding="gzip"), id="a gzip bomb"),
        pytest.param(Reply(Endless()), id="without end"),
    ],
)
@pytest.mark.parametrize("is_streamed", [False, True])
async def test_a_body_that_is_too_long_is_refused(
    context: HostContext, reply: Reply, *, is_streamed: bool
) -> None:
    async with a_web_server({"/": reply}) as web:
        with pytest.raises(DataError, match="has more than 20,000 bytes"):
            await read(context, web.url, is_streamed=is_streamed, max_bytes=20_000)


async def test_a_body_that_just_fits_is_read(lab: Lab) -> None:
    lab.plays(httpx.Response(200, content=SCORES))

    async with lab.context() as context:
        found = await context.http.get(ADDRESS, extensions=terms(max_bytes=len(SCORES)))

    assert found.content == SCORES


async def test_a_failure_of_a_streamed_answer_is_named_too(lab: Lab) -> None:
    lab.plays(httpx.Response(401, text="who?"))

    async with lab.context() as context:
        with pytest.raises(AuthError):
            async with context.http.stream("GET", ADDRESS):
                pass


async def test_a_server_that_is_slow_is_given_up_in_its_time(context: HostContext) -> None:
    drops = chunked(*[SCORES] * 100, pause=0.1)
    started = time.monotonic()

    async with a_web_server({"/": drops}) as web:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await context.http.get(web.url)

    assert time.monotonic() - started < 1


# ---- redirects and credentials


async def test_a_redirect_inside_the_origin_is_followed_with_credentials(
    context: HostContext,
) -> None:
    replies = {
        "/old": a_reply(status="302 Found", Location="/new?at=1"),
        "/new": a_reply(SCORES),
    }
    async with a_web_server(replies) as web:
        found = await context.http.get(f"{web.url}/old", headers={"X-Api-Key": "k3y"})

    assert (found.content, found.url.path) == (SCORES, "/new")
    assert all("x-api-key: k3y" in head.lower() for head in web.heads)


async def test_nothing_is_sent_to_another_origin(context: HostContext) -> None:
    async with a_web_server({"/": a_reply(SCORES)}) as other:
        away = a_reply(status="307 Temporary Redirect", Location=f"{other.url}/?signature=abc")
        async with a_web_server({"/": away}) as web:
            with pytest.raises(ConfigError, match=rf"redirects to {other.url}:") as caught:
                await context.http.post(web.url, json={}, headers={"X-Api-Key": "k3y"})

    assert other.heads == []
    assert "abc" not in caught.value.message


@pytest.mark.parametrize(
    "location",
    [
        pytest.param("http://169.254.169.254/latest/meta-data", id="metadata"),
        pytest.param("//169.254.169.254/", id="without scheme"),
        pytest.param("file:///etc/passwd", id="file"),
        pytest.param("http://source.example/scores", id="without TLS"),
        pytest.param("https://source.example:444/scores", id="another port"),
        pytest.param("https://user@source.example.org/", id="another host"),
        pytest.param("", id="itself"),
        pytest.param("/scores", id="round and round"),
    ],
)
async def test_a_redirect_to_nowhere_is_the_settings_fault(lab: Lab, location: str) -> None:
    lab.plays(httpx.Response(302, headers={"Location": location}))

    with pytest.raises(ConfigError, match="redirects"):
        await lab.get()

    assert {request.url.host for request in lab.source.requests} == {"source.example"}


async def test_an_author_may_look_at_a_redirect_instead_of_following_it(lab: Lab) -> None:
    lab.plays(httpx.Response(302, headers={"Location": "https://files.example/export"}))

    async with lab.context() as context:
        found = await context.http.get(
            ADDRESS, follow_redirects=False, extensions=terms(expect={302})
        )

    assert found.headers["Location"] == "https://files.example/export"


async def test_nothing_of_the_environment_is_used(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")

    assert (await lab.get()).status_code == 200
