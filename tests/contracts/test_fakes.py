"""The fakes that the SDK lends to authors' tests keep the contract's promises."""

# ruff: noqa: ARG002 -- the contract gives the arguments their names

import asyncio
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime
from decimal import Decimal
from threading import current_thread
from zoneinfo import ZoneInfo

import httpx
import pytest

from journey_atlas_sdk import (
    AuthError,
    ConfigError,
    Connector,
    ConnectorInfo,
    Context,
    Grain,
    Observation,
    PullRequest,
    Settings,
    Window,
)
from journey_atlas_sdk.testing import FakeContext, VirtualClock, client_over, pull_all

INFO = ConnectorInfo(key="tally", title="Tally", version="1")
OCTOBER = PullRequest(
    metric="tally",
    window=Window(datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)),
    grain=Grain.MONTH,
    time_zone=ZoneInfo("UTC"),
)


def an_observation(value: str, *, ref: str | None = None) -> Observation:
    return Observation(
        metric="tally",
        start=OCTOBER.window.start,
        end=OCTOBER.window.end,
        value=Decimal(value),
        source_ref=ref,
    )


class Plain(Connector[Settings]):
    info = INFO

    def pull(self, request: PullRequest, context: Context) -> Iterable[Observation]:
        yield an_observation("1", ref=current_thread().name)


class Listing(Connector[Settings]):
    info = INFO

    def pull(self, request: PullRequest, context: Context) -> Iterable[Observation]:
        return [an_observation("2")]


class Remote(Connector[Settings]):
    info = INFO

    async def pull(self, request: PullRequest, context: Context) -> AsyncIterator[Observation]:
        key = await context.blocking(lambda: context.secret("api_key"))
        answer = await context.http.get("https://tally.test", headers={"Authorization": key})
        yield an_observation(answer.text)


def answers(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, text="3" if request.headers["Authorization"] == "abc" else "0")


async def test_a_plain_pull_runs_in_a_thread_of_its_own() -> None:
    (seen,) = await pull_all(Plain(Settings()), OCTOBER)

    assert seen.source_ref != current_thread().name


async def test_a_pull_may_simply_return_a_list() -> None:
    assert await pull_all(Listing(Settings()), OCTOBER) == [an_observation("2")]


async def test_an_async_pull_uses_the_lent_client_and_secret() -> None:
    async with client_over(answers) as client:
        context = FakeContext(secrets={"api_key": "abc"}, http=client)

        found = await pull_all(Remote(Settings()), OCTOBER, context)

    assert found == [an_observation("3")]


async def test_a_played_source_is_asked_as_the_host_asks() -> None:
    replies = [httpx.Response(429, headers={"Retry-After": "3600"}), httpx.Response(401)]

    async with client_over(lambda _: replies.pop(0)) as client:
        with pytest.raises(AuthError):  # after an hour that takes no time
            await client.get("https://tally.test")

    assert replies == []


async def test_a_request_that_the_test_did_not_foresee_fails() -> None:
    with pytest.raises(AssertionError, match=r"no answer to GET https://tally\.test"):
        await pull_all(Remote(Settings()), OCTOBER, FakeContext(secrets={"api_key": "abc"}))


async def test_a_secret_that_was_not_given_is_a_config_error() -> None:
    with pytest.raises(ConfigError, match="'api_key' is not set"):
        await pull_all(Remote(Settings()), OCTOBER)


async def test_a_connector_without_more_offers_what_its_info_lists_and_passes_its_check() -> None:
    connector = Plain(Settings())

    assert await connector.discover(FakeContext()) == ()
    await connector.check(FakeContext())


def test_the_fakes_clock_stands_still_and_somebody_waits() -> None:
    context = FakeContext()

    assert context.now() == context.now() == datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert not context.cancelled()


async def test_the_fake_exchanges_a_secret_and_resolves_no_name() -> None:
    context = FakeContext(secrets={"refresh_token": "first"})

    async def renewed(newest: str) -> str:
        return f"after {newest}"

    assert await context.renew_secret("refresh_token", renewed) == "after first"
    assert await context.require_public("db.example", 5432) == ["db.example"]


async def test_sleepers_of_a_virtual_clock_wake_in_order_and_share_the_time() -> None:
    clock, woken = VirtualClock(), list[tuple[int, float]]()

    async def sleep(seconds: int) -> None:
        await clock.sleep(seconds)
        woken.append((seconds, clock.monotonic()))

    await asyncio.gather(sleep(3600), sleep(5), sleep(60))

    assert woken == [(5, 5), (60, 60), (3600, 3600)]


async def test_a_virtual_clock_moves_even_where_nobody_needs_to_wait() -> None:
    clock = VirtualClock()

    await clock.sleep(0)

    assert clock.monotonic() > 0


async def test_a_sleeper_that_is_cancelled_holds_no_other_up() -> None:
    clock = VirtualClock()
    early = asyncio.create_task(clock.sleep(5))
    await asyncio.sleep(0)
    early.cancel()

    await clock.sleep(60)

    assert clock.monotonic() == 60
