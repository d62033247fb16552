"""One question to one connector: what is accepted, and how each failure is named."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from journey_atlas_sdk import (
    AuthError,
    ConfigError,
    Connector,
    ConnectorBug,
    ConnectorInfo,
    Context,
    DataError,
    Delivery,
    Grain,
    Limit,
    Observation,
    ObservationState,
    Pending,
    PullRequest,
    QuotaExhausted,
    RateLimited,
    Settings,
    TransientError,
    UnknownMetric,
    Window,
    periods,
)
from journey_atlas_sdk.hosting.budget import Lane, MemoryBudgets
from journey_atlas_sdk.hosting.clock import RealClock
from journey_atlas_sdk.hosting.context import HostContext
from journey_atlas_sdk.hosting.gate import OutOfTurn
from journey_atlas_sdk.hosting.lending import Lending, lend
from journey_atlas_sdk.hosting.pulling import (
    Pulled,
    Received,
    describe,
    discover,
    pull,
    receive,
    state_at,
)
from journey_atlas_sdk.hosting.windows import windows
from tests.hosting.lent import ADDRESS, Lab, a_connector

OSLO = ZoneInfo("Europe/Oslo")
NOVEMBER = Window(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC))
QUESTION = PullRequest(metric="trust", window=NOVEMBER, grain=Grain.DAY, time_zone=OSLO)

Item = Observation | Pending
Answer = Callable[[Context], Iterator[Item] | AsyncIterator[Item]]


async def test_a_plain_generator_runs_beside_the_loop() -> None:
    def slow_but_plain(_: Context) -> Iterator[Observation]:
        time.sleep(0.2)
        yield an_observation(day=1)

    pulled = asyncio.create_task(pull_with(slow_but_plain))
    ticks = 0
    while not pulled.done():
        await asyncio.sleep(0.01)
        ticks += 1

    assert await pulled == [an_observation(day=1)]
    assert ticks > 5


async def test_an_async_generator_is_gathered_in_order() -> None:
    async def two(_: Context) -> AsyncIterator[Observation]:
        yield an_observation(day=1)
        yield an_observation(day=2)

    assert await pull_with(two) == [an_observation(day=1), an_observation(day=2)]


async def test_a_source_that_never_answers_is_a_transient_error_at_its_timeout() -> None:
    async def never(_: Context) -> AsyncIterator[Observation]:
        await asyncio.sleep(60)
        yield an_observation()

    with pytest.raises(TransientError, match=r"did not answer within 0\.1 seconds"):
        await pull_with(never, ends_after=timedelta(seconds=0.1))


async def test_a_timed_out_connector_learns_that_nobody_waits() -> None:
    seen: list[bool] = []

    def stubborn(context: Context) -> Iterator[Observation]:
        while not context.cancelled():
            time.sleep(0.01)
        seen.append(True)
        yield an_observation()

    with pytest.raises(TransientError):
        await pull_with(stubborn, ends_after=timedelta(seconds=0.1))
    await asyncio.sleep(0.1)

    assert seen == [True]


async def test_a_call_that_is_cancelled_ends_at_once_and_its_connector_learns_it() -> None:
    seen: list[bool] = []

    def stubborn(context: Context) -> Iterator[Observation]:
        while not context.cancelled():
            time.sleep(0.01)
        seen.append(True)
        yield an_observation()

    pulled = asyncio.create_task(pull_with(stubborn))
    await asyncio.sleep(0.1)
    started = time.monotonic()
    pulled.cancel()
    with pytest.raises(asyncio.CancelledError):
        await pulled

    assert time.monotonic() - started < 0.5
    await asyncio.sleep(0.1)
    assert seen == [True]


async def test_a_plain_generator_that_nobody_waits_for_is_left_where_it_is() -> None:
    counted = itertools.count()

    def endless(_: Context) -> Iterator[Observation]:
        while next(counted) >= 0:
            time.sleep(0.01)
            yield an_observation()

    with pytest.raises(TransientError):
        await pull_with(endless, ends_after=timedelta(seconds=0.1))
    await asyncio.sleep(0.05)
    before = next(counted)
    await asyncio.sleep(0.05)

    assert next(counted) == before + 1


async def test_a_plain_pull_counts_as_one_request() -> None:
    lab, limit = Lab(), Limit(count=1, seconds=10)

    for _ in range(2):
        async with lab.context(limit) as context:
            await pull(a_connector(limit), QUESTION, context)

    assert lab.clock.monotonic() >= 10


async def test_an_author_who_finds_a_limit_himself_has_the_budget_paused() -> None:
    def exhausted(_: Context) -> Iterator[Observation]:
        raise QuotaExhausted(retry_after=timedelta(hours=3))
        yield

    lab, connector = Lab(), scripted(exhausted, timedelta(seconds=5))
    async with lend(connector, lab.lending) as context:
        with pytest.raises(QuotaExhausted):
            await pull(connector, QUESTION, context)
    lab.clock.moment += timedelta(hours=1)

    async with lend(connector, lab.lending) as context:
        with pytest.raises(QuotaExhausted) as caught:
            await context.http.get(ADDRESS)
    assert caught.value.retry_after == timedelta(hours=2)
    assert lab.source.requests == []


async def test_a_backfill_whose_share_is_spent_holds_up_no_reader() -> None:
    class Asking(Connector[Settings]):
        info = replace(info(), limits=(Limit(count=10, seconds=3600),))

        async def pull(self, request: PullRequest, context: Context) -> AsyncIterator[Observation]:
            del request
            await context.http.get(ADDRESS)
            yield an_observation()

    lab, connector = Lab(), Asking(Settings())

    async def pulled(lane: Lane) -> None:
        async with lend(connector, replace(lab.lending, lane=lane)) as context:
            await pull(connector, QUESTION, context)

    await pulled(Lane.BACKFILL)
    with pytest.raises(OutOfTurn) as caught:
        await pulled(Lane.BACKFILL)  # a tenth of ten was one
    await pulled(Lane.INTERACTIVE)

    assert caught.value.retry_after is not None
    assert caught.value.retry_after >= timedelta(hours=1)
    assert len(lab.source.requests) == 2


async def test_an_address_that_is_not_there_is_an_unknown_metric() -> None:
    async def ask(context: Context) -> AsyncIterator[Observation]:
        await context.http.get(ADDRESS)
        yield an_observation()

    lab, connector = Lab(), scripted(ask, timedelta(seconds=5))
    lab.plays(httpx.Response(404))
    async with lend(connector, lab.lending) as context:
        with pytest.raises(UnknownMetric, match="has no metric 'trust'") as caught:
            await pull(connector, QUESTION, context)

    assert ADDRESS in str(caught.value.detail)


async def test_an_error_of_the_contract_passes_unchanged() -> None:
    def refused(_: Context) -> Iterator[Observation]:
        message = "The key was revoked."
        raise AuthError(message)
        yield

    with pytest.raises(AuthError, match="revoked"):
        await pull_with(refused)


async def test_any_other_exception_is_the_plugins_bug_and_names_it() -> None:
    def broken(_: Context) -> Iterator[Observation]:
        yield an_observation(day=1 // 0)

    with pytest.raises(ConnectorBug, match="'scripted' failed: ZeroDivisionError"):
        await pull_with(broken)


@pytest.mark.parametrize(
    ("odd", "told"),
    [
        pytest.param({"metric": "other"}, "which was asked for", id="another metric"),
        pytest.param({"month": 10}, "outside the asked window", id="outside the window"),
        pytest.param(
            {"dimensions": (("channel", "app"),)}, "other dimensions", id="unasked dimension"
        ),
    ],
)
async def test_an_answer_to_another_question_is_refused(odd: dict[str, object], told: str) -> None:
    def answer(_: Context) -> Iterator[Observation]:
        yield an_observation(**odd)  # type: ignore[arg-type]  # the table above fits the builder

    with pytest.raises(ConnectorBug, match=told):
        await pull_with(answer)


async def test_the_same_period_twice_is_refused() -> None:
    def twice(_: Context) -> Iterator[Observation]:
        yield an_observation(value="1")
        yield an_observation(value="2")

    with pytest.raises(ConnectorBug, match="came twice"):
        await pull_with(twice)


@pytest.mark.parametrize(
    ("now", "state"),
    [
        pytest.param(
            datetime(2026, 11, 1, 12, tzinfo=UTC), ObservationState.PROVISIONAL, id="running"
        ),
        pytest.param(datetime(2026, 11, 2, tzinfo=UTC), ObservationState.FINAL, id="over"),
    ],
)
def test_a_period_is_provisional_until_it_is_over(now: datetime, state: ObservationState) -> None:
    claimed_final = an_observation(day=1)

    assert state_at(now, claimed_final) is state


async def test_a_source_that_needs_more_time_says_so_instead_of_answering() -> None:
    soon = Pending(resume="export-7", retry_after=timedelta(seconds=30), progress=0.4)

    def exporting(_: Context) -> Iterator[Item]:
        yield soon

    assert await pull_with(exporting) == soon


async def test_a_part_of_the_answer_beside_a_pending_is_refused() -> None:
    def half_done(_: Context) -> Iterator[Item]:
        yield an_observation()
        yield Pending(resume="export-7", retry_after=timedelta(seconds=30))

    with pytest.raises(ConnectorBug, match="comes alone"):
        await pull_with(half_done)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        pytest.param({"resume": "x" * 4_097}, "1 to 4096 bytes", id="too long a token"),
        pytest.param({"resume": ""}, "1 to 4096 bytes", id="no token"),
        pytest.param({"resume": "a\0b"}, "is a text", id="NUL"),
        pytest.param({"retry_after": timedelta(seconds=-1)}, "negative", id="in the past"),
        pytest.param({"progress": 40.0}, "from 0 to 1", id="a percentage"),
    ],
)
def test_a_pending_that_could_not_be_kept_is_refused(
    wrong: dict[str, Any],  # Any: its fields, each of its own type
    told: str,
) -> None:
    right: dict[str, Any] = {"resume": "t", "retry_after": timedelta(seconds=1)}

    with pytest.raises(ValueError, match=told):
        Pending(**{**right, **wrong})


@pytest.mark.parametrize(
    ("make", "wrong"),
    [
        pytest.param(DataError, {"message": None}, id="no message"),
        pytest.param(RateLimited, {"retry_after": "soon"}, id="a word for a time"),
        pytest.param(QuotaExhausted, {"retry_after": 60}, id="a number for a time"),
    ],
)
def test_an_error_that_the_host_could_do_nothing_with_is_refused(
    make: Callable[..., object], wrong: dict[str, object]
) -> None:
    with pytest.raises(TypeError, match=f"`{next(iter(wrong))}`"):
        make(**wrong)


async def test_an_error_is_told_as_far_as_it_can_be_kept_and_read() -> None:
    async def talkative(_: Context) -> AsyncIterator[Observation]:
        yield an_observation()
        raise DataError("a\0b\ud800" + "c" * 5_000)

    with pytest.raises(DataError) as raised:
        await pull_with(talkative)

    assert raised.value.message == "a\ufffdb\ufffd" + "c" * 1_996 + "…"


@pytest.mark.parametrize("given", [{"value": 1}, None, (1, 2)], ids=["dict", "None", "tuple"])
async def test_what_is_no_observation_is_a_bug_and_not_a_gap(given: Any) -> None:  # noqa: ANN401 -- authors' code is not always typed
    async def odd(_: Context) -> AsyncIterator[Observation]:
        yield an_observation()
        yield given

    with pytest.raises(ConnectorBug, match=f"`pull` gave a {type(given).__name__}"):
        await pull_with(odd)


async def test_metrics_and_deliveries_of_another_type_are_bugs_too() -> None:
    described = info()

    class Odd(Connector[Settings]):
        info = described

        async def discover(self, context: Context) -> Any:  # noqa: ANN401 -- untyped code
            del context
            return [{"key": "trust"}]

        async def describe(self, metric: str, context: Context) -> Any:  # noqa: ANN401 -- as above
            del context
            return {"key": metric}

        async def receive(self, delivery: Delivery, context: Context) -> Any:  # noqa: ANN401 -- too
            del context
            return [delivery]

        def pull(self, request: PullRequest, context: Context) -> Iterator[Observation]:
            del request, context
            return iter(())

    odd, delivery = Odd(Settings()), Delivery(body=b"", headers={}, received_at=at(2026, 11, 22))
    calls: list[tuple[str, Callable[[HostContext], Awaitable[object]]]] = [
        ("discover", lambda context: discover(odd, context)),
        ("describe", lambda context: describe(odd, "trust", context)),
        ("receive", lambda context: receive(odd, delivery, context)),
    ]
    for name, call in calls:
        async with lend(odd, lending()) as context:
            with pytest.raises(ConnectorBug, match=f"`{name}` gave a"):
                await call(context)


@pytest.mark.parametrize("error", [SystemExit(1), asyncio.CancelledError()], ids=repr)
async def test_a_connector_can_end_neither_the_process_nor_the_task(error: BaseException) -> None:
    async def leaving(_: Context) -> AsyncIterator[Observation]:
        yield an_observation()
        raise error

    def leaving_plainly(_: Context) -> Iterator[Observation]:
        yield an_observation()
        raise error

    for answer in (leaving, leaving_plainly):
        with pytest.raises(ConnectorBug, match=type(error).__name__):
            await pull_with(answer)


async def test_a_generator_that_never_waits_lets_others_work_and_ends_at_its_timeout() -> None:
    async def busy(_: Context) -> AsyncIterator[Observation]:
        while True:
            time.sleep(0.02)  # noqa: ASYNC251 -- that is the fault
            yield an_observation()

    pulled = asyncio.create_task(pull_with(busy, ends_after=timedelta(seconds=0.5)))
    ticks = 0
    while not pulled.done():
        await asyncio.sleep(0)
        ticks += 1

    with pytest.raises(TransientError, match="did not answer"):
        await pulled
    assert ticks > 5


async def test_a_connector_without_push_refuses_deliveries() -> None:
    delivery = Delivery(body=b"{}", headers={}, received_at=at(2026, 11, 22))

    with pytest.raises(ConfigError, match="takes no deliveries"):
        await received_by(delivery)


def test_without_limits_one_window_reaches_to_the_end_of_the_running_period() -> None:
    found = list(windows(at(2026, 1, 15), at(2026, 11, 22), Grain.MONTH, zone=OSLO, info=info()))

    assert found == [Window(at(2025, 12, 31, 23), at(2026, 11, 30, 23))]  # Oslo is at +01:00


def test_a_longest_window_is_cut_at_whole_periods_without_a_gap() -> None:
    limited = info(max_window=timedelta(days=70))

    found = list(windows(at(2026, 1, 15), at(2026, 6, 10), Grain.MONTH, zone=OSLO, info=limited))

    assert [w.end - w.start <= timedelta(days=70) for w in found] == [True] * len(found)
    assert [w.start for w in found[1:]] == [w.end for w in found[:-1]]
    assert len(found) == 3  # Jan+Feb 59, Mar+Apr 61, May+Jun 61 days


def test_a_number_of_points_bounds_the_periods_of_a_window() -> None:
    limited = info(max_points=2)

    found = list(windows(at(2026, 1, 15), at(2026, 6, 10), Grain.MONTH, zone=OSLO, info=limited))

    assert len(found) == 3  # six months, two a window


@pytest.mark.parametrize("grain", [each for each in Grain if each not in ("TOTAL", "INSTANT")])
@pytest.mark.parametrize("zone", ["Europe/Oslo", "America/Havana"])
@pytest.mark.parametrize(
    ("days", "points"),
    [(None, 1), (None, 7), (None, 10**7), (3, None), (100, None), (800, 3), (10**8, 5)],
)
def test_windows_are_as_long_as_they_may_be_and_no_longer(
    grain: Grain, zone: str, days: int | None, points: int | None
) -> None:
    longest = None if days is None else timedelta(days=days)
    limited = info(max_window=longest, max_points=points)
    since = at(2026, 2, 10, 5) if grain is Grain.HOUR else at(2024, 2, 10, 5)
    now, there = at(2026, 4, 20, 7), ZoneInfo(zone)

    found = list(windows(since, now, grain, zone=there, info=limited))

    counted: list[list[Window]] = []
    for period in periods(Window(since, now + timedelta(microseconds=1)), grain, there):
        last = counted[-1] if counted else []
        too_long = bool(last and longest and period.end - last[0].start > longest)
        if not last or len(last) == points or too_long:
            counted.append(last := [])
        last.append(period)
    assert found == [Window(several[0].start, several[-1].end) for several in counted]


def test_a_century_of_hours_is_cut_at_once() -> None:
    started = time.monotonic()

    found = list(
        windows(at(1900, 1, 1), at(2026, 11, 22), Grain.HOUR, zone=OSLO, info=info(max_points=400))
    )

    assert len(found) > 2_700  # 126.9 years × 8,766 hours ÷ 400
    assert time.monotonic() - started < 1


def at(year: int, month: int, day: int, hour: int = 0) -> datetime:
    return datetime(year, month, day, hour, tzinfo=UTC)


def an_observation(
    *,
    day: int = 1,
    month: int = 11,
    metric: str = "trust",
    value: str = "66.4",
    dimensions: tuple[tuple[str, str], ...] = (),
) -> Observation:
    start = at(2026, month, day)
    return Observation(
        metric=metric,
        start=start,
        end=start + timedelta(days=1),
        value=Decimal(value),
        dimensions=dimensions,
    )


def info(
    *,
    timeout: timedelta = timedelta(seconds=5),
    max_window: timedelta | None = None,
    max_points: int | None = None,
) -> ConnectorInfo:
    return ConnectorInfo(
        key="scripted",
        title="Scripted",
        version="1",
        timeout=timeout,
        max_window=max_window,
        max_points=max_points,
    )


async def pull_with(answer: Answer, *, ends_after: timedelta = timedelta(seconds=5)) -> Pulled:
    connector = scripted(answer, ends_after)
    async with lend(connector, lending()) as context:
        return await pull(connector, QUESTION, context)


async def received_by(delivery: Delivery) -> Received:
    connector = scripted(lambda _: iter(()), timedelta(seconds=5))
    async with lend(connector, lending()) as context:
        return await receive(connector, delivery, context)


def scripted(answer: Answer, ends_after: timedelta) -> Connector[Settings]:
    described = info(timeout=ends_after)

    class Scripted(Connector[Settings]):
        info = described

        def pull(
            self, request: PullRequest, context: Context
        ) -> Iterator[Item] | AsyncIterator[Item]:
            del request
            return answer(context)

    return Scripted(Settings())


def lending() -> Lending:
    return Lending(connection="test", budgets=MemoryBudgets(RealClock()))
