"""How requests go over the wire: when they wait, when they go again, and what is never exceeded."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from journey_atlas_sdk import (
    AccessDenied,
    ConfigError,
    ConnectorError,
    Limit,
    QuotaExhausted,
    RateLimited,
    TransientError,
)
from journey_atlas_sdk.conformance import virtual_time
from journey_atlas_sdk.conformance.virtual_time import LoopClock
from journey_atlas_sdk.hosting.budget import PLACE_LASTS, MemoryBudgets
from journey_atlas_sdk.hosting.retrying import MOST_TRIES, may_repeat
from journey_atlas_sdk.terms import terms
from journey_atlas_sdk.testing import VirtualClock
from tests.hosting.lent import ADDRESS, Lab

FINE = httpx.Response(200)
SLOWER = 429
FORBIDDEN = 403
BUSY = 503

Headers = dict[str, str]
HEADERS_OF_4_SECONDS: dict[str, Callable[[VirtualClock], Headers]] = {
    "seconds": lambda _: {"Retry-After": "4"},
    "HTTP date": lambda _: {"Retry-After": "Sun, 22 Nov 2026 12:00:04 GMT"},
    "epoch": lambda clock: {
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": f"{clock.now().timestamp() + 4:.0f}",
    },
    "seconds left": lambda _: {"ratelimit-remaining": "0", "ratelimit-reset": "4"},
    "ISO 8601": lambda _: {"X-RateLimit-Reset": "2026-11-22T12:00:04Z"},
    "structured": lambda _: {"RateLimit": '"project";r=0;t=4'},
}


@pytest.fixture
def lab() -> Lab:
    return Lab()


# ---- waiting


@pytest.mark.parametrize("status", [SLOWER, FORBIDDEN])
@pytest.mark.parametrize("form", HEADERS_OF_4_SECONDS)
async def test_a_wait_is_kept_in_full_in_each_of_the_six_forms(
    lab: Lab, form: str, status: int
) -> None:
    headers = HEADERS_OF_4_SECONDS[form](lab.clock)
    source = lab.plays(httpx.Response(status, headers=headers), FINE)

    assert (await lab.get()).status_code == 200

    assert source.pauses == [pytest.approx(4, abs=0.01)]
    assert source.pauses[0] >= 4


@pytest.mark.parametrize("form", HEADERS_OF_4_SECONDS)
async def test_a_wait_beyond_the_deadline_is_told_and_holds_for_all_who_share_the_budget(
    lab: Lab, form: str
) -> None:
    source = lab.plays(httpx.Response(SLOWER, headers=HEADERS_OF_4_SECONDS[form](lab.clock)), FINE)

    with pytest.raises(RateLimited) as caught:
        await lab.get(seconds=3)
    lab.clock.moment += timedelta(seconds=2)
    with pytest.raises(RateLimited) as of_another:
        await lab.get(seconds=1)

    assert caught.value.retry_after == timedelta(seconds=4)
    assert of_another.value.retry_after == timedelta(seconds=2)
    assert len(source.requests) == 1
    await lab.get(seconds=3)
    assert source.pauses[0] >= 4


async def test_a_wait_of_hours_is_a_quota_that_is_used_up(lab: Lab) -> None:
    lab.plays(httpx.Response(SLOWER, headers={"RateLimit": '"project";r=0;t=3600'}))

    with pytest.raises(QuotaExhausted) as caught:
        await lab.get()

    assert caught.value.retry_after == timedelta(hours=1)


async def test_a_source_that_says_nothing_is_left_alone_longer_each_time(lab: Lab) -> None:
    source = lab.plays(httpx.Response(SLOWER), httpx.Response(SLOWER), FINE)

    await lab.get(seconds=60)

    assert source.pauses == [10, 20]


async def test_a_busy_server_that_names_a_time_is_left_alone_until_then(lab: Lab) -> None:
    source = lab.plays(httpx.Response(BUSY, headers={"Retry-After": "20"}), FINE)

    await lab.get()
    lab.plays(httpx.Response(BUSY, headers={"Retry-After": "40"}))
    with pytest.raises(RateLimited):
        await lab.get()

    assert source.pauses == [20]


async def test_headers_about_limits_that_are_not_spent_hold_nothing_up(lab: Lab) -> None:
    limits = {"X-RateLimit-Remaining": "7", "X-RateLimit-Reset": "600"}
    lab.plays(httpx.Response(200, headers={"Retry-After": "60", **limits}))
    await lab.get()
    await lab.get()
    lab.plays(httpx.Response(FORBIDDEN, headers=limits))

    with pytest.raises(AccessDenied):
        await lab.get()

    assert lab.clock == VirtualClock()


# ---- trying again


@pytest.mark.parametrize("status", [408, 425, 500, 502, 503, 504])
async def test_what_fails_once_is_asked_again_after_a_backoff(lab: Lab, status: int) -> None:
    source = lab.plays(httpx.Response(status), httpx.Response(status), FINE)

    assert (await lab.get()).status_code == 200

    assert source.pauses == [1, 2]


@pytest.mark.parametrize(
    "failure",
    [
        pytest.param(httpx.Response(500), id="status"),
        pytest.param(httpx.ReadTimeout("slow"), id="time-out"),
        pytest.param(httpx.RemoteProtocolError("hung up"), id="hung up"),
        pytest.param(httpx.ConnectError("refused"), id="not there"),
    ],
)
async def test_what_goes_on_failing_is_transient(
    lab: Lab, failure: httpx.Response | Exception
) -> None:
    source = lab.plays(failure)

    with pytest.raises(TransientError):
        await lab.get(seconds=300)

    assert source.pauses == [1, 2, 4, 8]
    assert len(source.requests) == MOST_TRIES


async def test_no_try_begins_that_the_deadline_would_end(lab: Lab) -> None:
    source = lab.plays(httpx.Response(500))

    with pytest.raises(TransientError):
        await lab.get(seconds=3)

    assert source.pauses == [1]  # the next would come after 1 + 2 seconds


@pytest.mark.parametrize(
    ("failure", "is_repeated"),
    [
        pytest.param(httpx.Response(500), False, id="500: it may have happened"),
        pytest.param(httpx.ReadTimeout("slow"), False, id="time-out: it may have happened"),
        pytest.param(httpx.ConnectError("refused"), True, id="never reached"),
        pytest.param(httpx.Response(SLOWER), True, id="refused by a limit"),
        pytest.param(httpx.Response(400), False, id="400"),
    ],
)
async def test_a_post_goes_again_only_where_the_source_did_nothing(
    lab: Lab, failure: httpx.Response | Exception, *, is_repeated: bool
) -> None:
    source = lab.plays(failure)

    async with lab.context() as context:
        with pytest.raises(ConnectorError):
            await context.http.post(ADDRESS, json={"query": 1})

    assert (len(source.requests) > 1) is is_repeated


async def test_a_post_that_only_asks_goes_again_where_its_author_says_so(lab: Lab) -> None:
    source = lab.plays(httpx.Response(500), FINE)

    async with lab.context() as context:
        await context.http.post(ADDRESS, json={"query": 1}, extensions=terms(repeatable=True))

    assert [request.content for request in source.requests] == [b'{"query":1}'] * 2


def test_a_body_that_can_be_sent_once_is_sent_once() -> None:
    async def body() -> AsyncIterator[bytes]:
        yield b"once"

    request = httpx.Request("PUT", ADDRESS, content=body())

    assert not may_repeat(request, httpx.Response(500), VirtualClock().now())


@pytest.mark.parametrize("status", [SLOWER, 500])
async def test_a_status_that_the_author_reads_himself_is_given_to_him_at_once(
    lab: Lab, status: int
) -> None:
    source = lab.plays(httpx.Response(status, headers={"Retry-After": "4"}, text="why"))

    async with lab.context() as context:
        found = await context.http.get(ADDRESS, extensions=terms(expect={status}))
        await context.http.get(ADDRESS, extensions=terms(expect={status}))

    assert (found.status_code, found.text) == (status, "why")
    assert source.pauses == [4]  # which doesn't make the wait his


async def test_a_limit_under_a_status_that_is_expected_for_other_reasons_is_waited_out(
    lab: Lab,
) -> None:
    limit = httpx.Response(403, headers={"Retry-After": "4"})
    lab.plays(limit, httpx.Response(403, text="no scope"))

    async with lab.context() as context:
        found = await context.http.get(ADDRESS, extensions=terms(expect={403}))

    assert found.text == "no scope"


# ---- limits


async def test_declared_limits_are_kept_without_the_author_doing_anything(lab: Lab) -> None:
    limit = Limit(count=2, seconds=10)

    async with lab.context(limit, seconds=300) as context:
        for _ in range(5):
            await context.http.get(ADDRESS)

    assert lab.source.pauses == [0, pytest.approx(10, abs=0.2), 0, pytest.approx(10, abs=0.2)]
    assert min(lab.source.pauses[1], lab.source.pauses[3]) >= 10


async def test_retries_and_redirects_count_like_any_request(lab: Lab) -> None:
    limit = Limit(count=1, seconds=10)
    moved = httpx.Response(302, headers={"Location": "/elsewhere"})
    source = lab.plays(httpx.Response(500), moved, FINE)

    await lab.get(limit)

    assert min(source.pauses) >= 10


async def test_a_requests_weight_counts(lab: Lab) -> None:
    limit = Limit(count=6, seconds=10)

    async with lab.context(limit) as context:
        for _ in range(3):
            await context.http.get(ADDRESS, extensions=terms(weight=3))

    assert lab.source.pauses[0] == 0
    assert lab.source.pauses[1] >= 10


async def test_no_more_than_the_declared_number_are_under_way_at_once(lab: Lab) -> None:
    under_way, most = 0, 0

    async def slow(_: httpx.Request) -> httpx.Response:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await lab.clock.sleep(1)
        under_way -= 1
        return FINE

    lab.sends_through(httpx.MockTransport(slow))
    limit = Limit(count=1_000, seconds=1, concurrency=2)
    async with lab.context(limit) as context:
        await asyncio.gather(*(context.http.get(ADDRESS) for _ in range(9)))

    assert most == 2


async def test_a_body_that_is_being_read_holds_its_place(lab: Lab) -> None:
    limit = Limit(count=1_000, seconds=1, concurrency=1)

    async with lab.context(limit, seconds=2) as context:
        async with context.http.stream("GET", ADDRESS):
            with pytest.raises(RateLimited):
                await context.http.get(ADDRESS)
        async with lab.context(limit) as next_call:
            await next_call.http.get(ADDRESS)


async def test_a_body_left_unread_gives_its_place_back_with_the_call(lab: Lab) -> None:
    limit = Limit(count=1_000, seconds=1, concurrency=1)

    async with lab.context(limit) as context:
        request = context.http.build_request("GET", ADDRESS)
        await context.http.send(request, stream=True)

    await lab.get(limit, seconds=2)


def test_a_request_that_takes_long_keeps_its_place_until_it_is_over() -> None:
    limit = Limit(count=1_000, seconds=1, concurrency=1)

    async def two_at_once() -> list[float]:
        lab, clock, began = Lab(), LoopClock(), list[float]()
        lab.lending = replace(lab.lending, clock=clock, budgets=MemoryBudgets(clock))

        async def slow(_: httpx.Request) -> httpx.Response:
            began.append(clock.monotonic())
            await asyncio.sleep(3 * PLACE_LASTS.total_seconds())
            return FINE

        lab.sends_through(httpx.MockTransport(slow))
        await asyncio.gather(*(lab.get(limit, seconds=1_000) for _ in range(2)))
        return began

    first, second = virtual_time.run(two_at_once())

    assert second - first >= 3 * PLACE_LASTS.total_seconds()


async def test_a_call_of_a_driver_counts_too(lab: Lab) -> None:
    limit = Limit(count=1, seconds=10)

    async with lab.context(limit) as context:
        await context.blocking(lambda: None)
        await context.blocking(lambda: None, weight=0)
        assert lab.clock == VirtualClock()
        await context.blocking(lambda: None)

    assert lab.clock.monotonic() >= 10


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://source.example/scores"])
async def test_only_the_web_is_asked(lab: Lab, url: str) -> None:
    async with lab.context() as context:
        with pytest.raises(ConfigError, match="Only http:// and https://"):
            await context.http.get(url)

    assert lab.source.requests == []
