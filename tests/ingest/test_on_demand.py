"""Reading on demand: who is asked, how often, how long anyone waits, and what comes of failures."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from domain.errors import NotFound
from domain.source import RunState, SourceError, SourceState
from ingest.circuit import Circuits
from ingest.failing import told
from ingest.freshness import PREFER_CACHE, FreshnessState, ReadMode, ReadPolicy, pace_of
from ingest.on_demand import NoRefresher, OnDemand, OnlyAhead
from ingest.plan import OVERLAP, Missing
from ingest.reading import LEASE, Errand
from journey_atlas_sdk import (
    AccessDenied,
    AuthError,
    Capability,
    ConfigError,
    ConnectorBug,
    ConnectorError,
    DataError,
    Grain,
    Limit,
    MetricSpec,
    Pending,
    PlanLimit,
    PullReason,
    QuotaExhausted,
    RateLimited,
    Settings,
    TransientError,
    UnknownMetric,
    period_of,
)
from tests.builders import NOW, a_connection, a_metric, id_of
from tests.ingest.scripted import (
    HISTORY,
    World,
    a_scripted_source,
    a_world,
    answers_at_once,
    fails,
    in_turn,
)

LIVE = ReadPolicy(mode=ReadMode.LIVE)
ANYTHING = ReadPolicy(mode=ReadMode.LIVE, max_age=timedelta(0))
TIMED_OUT = TransientError("It timed out.")
ERRAND = Errand(reason=PullReason.SCHEDULED, target=Missing(history=HISTORY))


async def test_fifty_callers_make_one_call_and_all_of_them_wait_for_it() -> None:
    gate = asyncio.Event()
    world = a_world(script=lambda: waits(gate))
    callers = [asyncio.create_task(live(world)) for _ in range(50)]
    await asyncio.sleep(0.05)

    gate.set()
    late = await asyncio.gather(*callers)

    assert (len(world.asked), len(world.finished())) == (1, 1)
    assert late == [frozenset()] * 50


async def test_a_failing_leaders_failure_is_shared_once() -> None:
    gate = asyncio.Event()

    async def fails_later() -> None:
        await gate.wait()
        raise TIMED_OUT

    world = a_world(script=fails_later)
    callers = [asyncio.create_task(live(world)) for _ in range(50)]
    await asyncio.sleep(0.05)

    gate.set()
    await asyncio.gather(*callers)

    assert len(world.asked) == 1
    assert world.source().error == error_of(TIMED_OUT)


@pytest.mark.parametrize(
    ("failure", "state"),
    [
        pytest.param(None, SourceState.OK, id="its answer"),
        pytest.param(TIMED_OUT, SourceState.FAILING, id="or its failure"),
    ],
)
async def test_fifty_callers_in_two_processes_make_one_call_and_share_what_comes_of_it(
    failure: Exception | None, state: SourceState
) -> None:
    gate = asyncio.Event()

    async def answers_later() -> None:
        await gate.wait()
        if failure:
            raise failure

    world = a_world(script=answers_later)
    another = OnDemand(sync=world.process(), history=HISTORY)
    processes = [world.on_demand, another] * 25
    callers = [
        asyncio.create_task(each.live(world.atlas, ANYTHING, seconds=5)) for each in processes
    ]
    await asyncio.sleep(0.05)

    gate.set()
    late = await asyncio.gather(*callers)

    assert (len(world.asked), world.source().state) == (1, state)
    assert late == [frozenset()] * 50


async def test_another_process_leaves_a_source_alone_that_was_asked_a_moment_ago() -> None:
    world = a_world(min_interval=timedelta(seconds=60))
    before = world.atlas
    await live(world)

    another = OnDemand(sync=world.process(), history=HISTORY)
    await another.live(before, ANYTHING, seconds=5)

    assert len(world.asked) == 1


async def test_whose_reader_is_gone_is_not_waited_for_longer_than_its_last_sign_of_life() -> None:
    world = a_world(script=lambda: waits(asyncio.Event()))
    gone = asyncio.create_task(world.process().read(world.atlas, world.source(), ERRAND))
    await asyncio.sleep(0.05)
    world.script = answers_at_once

    follower = asyncio.create_task(live(world))
    await asyncio.sleep(0.05)
    world.now += LEASE
    late = await follower
    world.now += timedelta(minutes=1)
    await live(world)
    gone.cancel()

    assert late == frozenset()
    assert (len(world.asked), world.source().state) == (2, SourceState.OK)


async def test_a_source_that_needs_time_is_being_asked_until_a_job_goes_on() -> None:
    pending = Pending(resume="export 7", retry_after=timedelta(minutes=10))
    world = a_world(script=in_turn(pending))

    await live(world)
    during = world.freshness()
    world.now += timedelta(minutes=9)
    await live(world)

    assert (during.state, world.later) == ("PENDING", [NOW + timedelta(minutes=10)])
    assert len(world.asked) == 1


async def test_a_source_that_has_just_failed_is_not_asked_again_within_its_interval() -> None:
    world = a_world(script=fails(TIMED_OUT), min_interval=timedelta(seconds=60))
    await live(world)

    world.now += timedelta(seconds=59)
    await live(world)
    early = len(world.asked)
    world.now += timedelta(seconds=1)
    await live(world)

    assert (early, len(world.asked)) == (1, 2)


async def test_a_reader_of_an_older_atlas_makes_no_second_call() -> None:
    world = a_world()
    before = world.atlas
    await live(world)

    await world.on_demand.live(before, ANYTHING, seconds=1)

    assert before.revision < world.atlas.revision
    assert len(world.asked) == 1


async def test_an_answer_within_the_maximum_age_is_good_enough() -> None:
    world = a_world(default_max_age=timedelta(hours=1))
    await live(world)

    world.now += timedelta(minutes=59)
    await live(world)
    young = len(world.asked)
    world.now += timedelta(minutes=1)
    await live(world)

    assert (young, len(world.asked)) == (1, 2)


async def test_a_reader_may_want_it_younger_than_the_connector_says() -> None:
    world = a_world(default_max_age=timedelta(hours=1))
    await live(world)
    world.now += timedelta(minutes=10)

    await live(world, replace(LIVE, max_age=timedelta(minutes=5)))

    assert len(world.asked) == 2


async def test_a_deadline_ends_the_waiting_and_not_the_asking() -> None:
    gate = asyncio.Event()
    world = a_world(script=lambda: waits(gate))

    late = await live(world, seconds=0.05)
    pending = world.freshness().state
    gate.set()
    in_time = await live(world)

    assert late == {world.source().id}
    assert pending is FreshnessState.PENDING
    assert in_time == frozenset()
    assert (len(world.asked), world.source().state) == (1, SourceState.OK)


async def test_a_caller_that_goes_away_takes_nothing_from_the_others() -> None:
    gate = asyncio.Event()
    world = a_world(script=lambda: waits(gate))
    leader, follower = asyncio.create_task(live(world)), asyncio.create_task(live(world))
    await asyncio.sleep(0.05)

    leader.cancel()
    await asyncio.sleep(0)
    gate.set()

    assert await follower == frozenset()
    assert leader.cancelled()
    assert (len(world.asked), world.source().state) == (1, SourceState.OK)


async def test_behind_an_answer_nobody_waits() -> None:
    gate = asyncio.Event()
    async with running(a_world(script=lambda: waits(gate))) as world:
        world.on_demand.behind(world.atlas, PREFER_CACHE)
        before = world.freshness()
        gate.set()
        await settled()

        assert before.state is FreshnessState.PENDING
        assert world.freshness().state is FreshnessState.FRESH


async def test_what_is_stale_is_refreshed_behind_and_keeps_its_value_meanwhile() -> None:
    gate = asyncio.Event()
    gate.set()
    async with running(a_world(script=lambda: waits(gate))) as world:
        await live(world)
        gate.clear()
        world.now += timedelta(hours=2)
        stale = world.freshness()

        world.on_demand.behind(world.atlas, PREFER_CACHE)
        refreshing = world.freshness()

        assert (stale.state, refreshing.state) == ("STALE", "REFRESHING")
        assert refreshing.asked_at == NOW


async def test_nothing_due_means_nobody_looks_until_something_is() -> None:
    async with running(a_world()) as world:
        await live(world)
        world.on_demand.behind(world.atlas, PREFER_CACHE)
        world.now += timedelta(hours=1)

        world.on_demand.behind(world.atlas, PREFER_CACHE)
        await settled()

        assert len(world.asked) == 2


async def test_a_moved_revision_is_looked_through_once_a_second() -> None:
    async with running(a_world()) as world:
        world.on_demand.behind(world.atlas, PREFER_CACHE)
        await settled()
        world.change(a_scripted_source("MT-1", id=id_of("another"), key="another"))

        world.on_demand.behind(world.atlas, PREFER_CACHE)
        await settled()
        within = len(world.asked)
        world.now += timedelta(seconds=1)
        world.on_demand.behind(world.atlas, PREFER_CACHE)
        await settled()

        assert (within, len(world.asked)) == (1, 2)


async def test_who_wants_what_is_known_asks_nobody() -> None:
    async with running(a_world()) as world:
        world.on_demand.behind(world.atlas, ReadPolicy(mode=ReadMode.CACHED_ONLY))
        await settled()

        assert (world.asked, world.freshness().state) == ([], FreshnessState.NEVER)


async def test_only_the_sources_of_the_named_metrics_are_asked() -> None:
    world = a_world(a_scripted_source("MT-1"), a_scripted_source("MT-2"))

    await live(world, replace(LIVE, metrics=("MT-2",)))

    assert [request.metric for request in world.asked] == ["MT-2"]


async def test_for_a_derived_metric_the_sources_beneath_its_formula_are_asked() -> None:
    world = a_world(*(a_scripted_source(f"MT-{number}") for number in (1, 2, 3)))
    world.change(a_metric("SUM", formula="{MT-1} + {MT-2}"))

    await live(world, replace(LIVE, metrics=("SUM", "MT-1")))

    assert sorted(request.metric for request in world.asked) == ["MT-1", "MT-2"]


async def test_a_metric_that_is_not_there_is_named() -> None:
    world = a_world()

    with pytest.raises(NotFound, match="MT-9"):
        await live(world, replace(LIVE, metrics=("MT-9",)))


async def test_a_source_that_only_sends_is_never_asked() -> None:
    world = a_world(capabilities=frozenset({Capability.PUSH}))

    await live(world, ANYTHING)
    pace = pace_of(world.registry, world.atlas, world.source())

    assert (world.asked, world.freshness(pace).next_refresh_at) == ([], None)


async def test_archived_sources_are_left_alone() -> None:
    world = a_world(a_scripted_source(archived_at=NOW))

    await live(world)

    assert world.asked == []


async def test_a_connector_that_is_not_installed_needs_attention() -> None:
    world = a_world()
    world.change(a_connection("scripted", connector="gone"))

    await live(world)

    error = world.source().error
    assert error is not None
    assert (error.code, error.fault) == ("CONFIG_ERROR", "CUSTOMER")
    assert world.freshness().next_refresh_at is None


async def test_it_says_why_it_asks() -> None:
    world = a_world()

    await live(world)

    assert world.asked[0].reason is PullReason.ON_DEMAND
    assert [run.reason for run in world.finished()] == [PullReason.ON_DEMAND]


async def test_the_first_reading_goes_back_through_history_and_later_ones_overlap() -> None:
    world = a_world()
    await live(world)
    world.now += timedelta(hours=2)

    await live(world)

    assert starts(world) == [month_of(NOW - HISTORY), month_of(NOW - OVERLAP)]
    assert [run.window_start for run in world.finished()] == starts(world)


async def test_a_source_that_restates_longer_is_read_again_further_back() -> None:
    restates = MetricSpec(key="MT-1", title="One", restates_for=timedelta(days=200))
    world = a_world(metrics=(restates,))
    await live(world)
    world.now += timedelta(hours=2)

    await live(world)

    assert starts(world)[1] == month_of(NOW - timedelta(days=200))


class AccountSettings(Settings):
    account: str = "ours"


async def test_new_settings_are_read_from_the_beginning() -> None:
    world = a_world(settings=AccountSettings)
    await live(world)
    world.now += timedelta(hours=2)
    other = {"settings": {"account": "another"}, "updated_at": world.now}
    world.change(a_connection("scripted", connector="scripted", **other))

    await live(world)

    assert starts(world)[1] == month_of(world.now - HISTORY)


def starts(world: World) -> list[datetime]:
    return [request.window.start for request in world.asked]


def month_of(moment: datetime) -> datetime:
    return period_of(moment, Grain.MONTH, ZoneInfo("Europe/Oslo")).start


async def test_no_more_sources_of_a_connection_are_asked_at_once_than_its_limits_allow() -> None:
    busy, most = 0, 0

    async def counts() -> None:
        nonlocal busy, most
        busy += 1
        most = max(most, busy)
        await asyncio.sleep(0.01)
        busy -= 1

    sources = [a_scripted_source(f"MT-{number}") for number in range(12)]
    world = a_world(*sources, script=counts, limits=(Limit(count=100, seconds=1, concurrency=3),))

    await live(world)

    assert (len(world.asked), most) == (12, 3)


CUSTOMERS = [
    ConfigError("Wrong."),
    AuthError("The key was revoked."),
    AccessDenied("Not yours."),
    PlanLimit("Not in your plan."),
    UnknownMetric("MT-1", known=["MT-2"]),
]
VENDORS = [
    TransientError("Later."),
    RateLimited("Slow down."),
    QuotaExhausted("Tomorrow."),
    DataError("It is HTML."),
]


@pytest.mark.parametrize("error", [*CUSTOMERS, *VENDORS, ConnectorBug("Odd.")], ids=type)
async def test_every_error_of_the_contract_becomes_a_reason(error: ConnectorError) -> None:
    world = a_world(script=fails(error))

    await live(world)

    told = world.freshness()
    assert told.last_error == error_of(error)
    assert told.reason is not None
    expected = "NEEDS_ATTENTION" if error in CUSTOMERS else "FAILED"
    assert (told.state, told.reason.code, told.reason.message) == ("NEVER", expected, error.message)


@pytest.mark.parametrize("error", CUSTOMERS, ids=type)
async def test_a_customers_error_ends_the_asking_until_the_settings_change(
    error: ConfigError,
) -> None:
    world = a_world(script=fails(error))
    await live(world)
    world.now += timedelta(days=30)

    await live(world)
    before = len(world.asked)
    world.change(a_connection("scripted", connector="scripted", updated_at=world.now))
    await live(world)

    assert (before, len(world.asked)) == (1, 2)


async def test_a_failure_keeps_the_last_answer_and_marks_it_stale() -> None:
    world = a_world()
    await live(world)
    world.now += timedelta(hours=2)
    world.script = fails(TIMED_OUT)

    await live(world)

    told = world.freshness()
    assert (told.state, told.asked_at, told.attempted_at) == ("STALE", NOW, world.now)


async def test_who_asks_to_slow_down_is_left_alone_with_its_whole_connection() -> None:
    world = a_world(a_scripted_source("MT-1"), a_scripted_source("MT-2"))
    world.script = fails(RateLimited(retry_after=timedelta(minutes=30)))
    first = replace(LIVE, metrics=("MT-1",))
    await live(world, first)

    world.now += timedelta(minutes=29)
    await live(world)
    early = len(world.asked)
    world.now += timedelta(minutes=1)
    await live(world)

    assert (early, len(world.asked)) == (1, 3)


async def test_an_absurd_wait_is_cut_to_a_week() -> None:
    world = a_world(script=fails(QuotaExhausted(retry_after=timedelta.max)))

    await live(world)

    assert world.freshness().next_refresh_at == NOW + timedelta(days=7)


async def test_after_three_bugs_a_connector_is_left_alone_and_its_owner_named(
    caplog: pytest.LogCaptureFixture,
) -> None:
    world = a_world(script=fails(ZeroDivisionError()), min_interval=timedelta(0))
    for _ in range(4):
        world.now += timedelta(seconds=1)
        await live(world)
    tries = len(world.asked)

    world.now += timedelta(minutes=10)
    await live(world)

    assert (tries, len(world.asked)) == (3, 4)
    assert "Connector scripted of p (here) is left alone" in caplog.text


def test_a_connector_that_works_again_is_left_alone_no_more() -> None:
    world, circuits = a_world(), Circuits()
    [connector] = world.registry.connectors.values()
    bug = told(ConnectorBug("It broke."), at=NOW)
    for _ in range(3):
        circuits.note(connector, bug, now=NOW)
    opened = circuits.open_until("scripted")

    circuits.note(connector, None, now=NOW)

    assert (opened, circuits.open_until("scripted")) == (NOW + timedelta(minutes=10), None)


async def test_a_store_that_fails_is_logged_and_the_source_rests(
    caplog: pytest.LogCaptureFixture,
) -> None:
    world = a_world(min_interval=timedelta(minutes=1))

    world.breaks = OSError("The disk is full.")
    await live(world)

    await live(world)

    assert len(world.asked) == 1
    assert "The disk is full." in caplog.text


async def test_closing_ends_what_is_being_asked_and_begins_nothing_more() -> None:
    world = a_world(script=lambda: waits(asyncio.Event()))
    world.on_demand.behind(world.atlas, PREFER_CACHE)
    await asyncio.sleep(0.05)

    await world.on_demand.aclose()
    world.on_demand.behind(world.atlas, PREFER_CACHE)
    await live(world)

    assert (len(world.asked), world.recorded) == (1, {})
    assert [run.state for run in world.finished()] == [RunState.CANCELLED]
    assert not world.on_demand.asking(world.atlas, world.source()).in_flight


async def test_without_a_refresher_nobody_is_asked() -> None:
    world, nobody = a_world(), NoRefresher()

    nobody.behind(world.atlas, PREFER_CACHE)

    assert await nobody.live(world.atlas, LIVE, seconds=1) == frozenset()
    assert not nobody.asking(world.atlas, world.source()).in_flight


async def test_a_process_that_ends_with_its_answer_asks_only_before_it() -> None:
    async with running(a_world()) as world:
        short_lived = OnlyAhead(world.on_demand)

        short_lived.behind(world.atlas, PREFER_CACHE)
        await settled()
        behind = len(world.asked)
        late = await short_lived.live(world.atlas, LIVE, seconds=1)

        assert (behind, len(world.asked), late) == (0, 1, frozenset())
        assert short_lived.asking(world.atlas, world.source()).tried_at == NOW


async def live(world: World, policy: ReadPolicy = LIVE, *, seconds: float = 5) -> frozenset[str]:
    late = await world.on_demand.live(world.atlas, policy, seconds=seconds)
    return frozenset(late)


async def waits(gate: asyncio.Event) -> None:
    await gate.wait()


async def settled() -> None:
    """Give what was begun the time to end."""
    await asyncio.sleep(0.05)


def error_of(error: ConnectorError) -> SourceError:
    return SourceError(code=error.code, fault=error.fault, message=error.message, at=NOW)


@asynccontextmanager
async def running(world: World) -> AsyncGenerator[World]:
    async with aclosing[OnDemand](world.on_demand):
        yield world
