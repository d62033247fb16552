"""A reading: question after question, each answer kept as it comes, nothing of one that fails."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from domain.errors import InvalidRecord
from domain.source import RunState
from ingest.plan import Missing, Span
from ingest.reading import LEASE, Errand, SyncResult
from ingest.sync import Read, Sync, connections_of
from journey_atlas_sdk import (
    DataError,
    MetricSpec,
    Pending,
    PullReason,
    QuotaExhausted,
    RateLimited,
    TransientError,
)
from journey_atlas_sdk.hosting.gate import OutOfTurn
from storage.readings import NotNow, Unread
from storage.recording import RecordResult
from tests.builders import NOW, Fields, a_connection
from tests.ingest.scripted import (
    World,
    a_scripted_source,
    a_world,
    answers_at_once,
    in_turn,
)

DAY = timedelta(days=1)
MONTH = Errand(reason=PullReason.SCHEDULED, target=Missing(history=timedelta(days=28)))
EXPORT = Pending(resume="export 7", retry_after=timedelta(minutes=10), progress=0.25)
LATER = TransientError("It timed out.")
EVERY_DAY = [Decimal(1)] * 31
SETTLED = MetricSpec(key="MT-1", title="One")
"""What is over is settled: it is never restated."""


async def read(world: World, errand: Errand = MONTH, *, sync: Sync | None = None) -> Read:
    return await (sync or world.sync).read(world.atlas, world.source(), errand)


async def result_of(
    world: World, errand: Errand = MONTH, *, sync: Sync | None = None
) -> SyncResult:
    result = await read(world, errand, sync=sync)
    assert isinstance(result, SyncResult)
    return result


def a_world_of_weeks(**fields: Fields) -> World:
    source, week = a_scripted_source(grain="DAY"), timedelta(days=7)
    return a_world(source, metrics=(SETTLED,), max_window=week, **fields)


async def test_each_answer_is_kept_as_it_comes() -> None:
    seen = list[tuple[int, float]]()
    world = a_world_of_weeks()

    async def looks() -> None:
        [run] = world.runs.values()
        seen.append((run.recorded.new, run.progress or 0))

    world.script = looks
    result = await result_of(world)

    # 28 days back begin within a day, so five windows of at most a week.
    assert [recorded for recorded, _ in seen] == [0, 1, 2, 3, 4]
    assert [share for _, share in seen] == pytest.approx([0, 0.2, 0.4, 0.6, 0.8])
    assert (result.run.recorded, result.run.progress) == (RecordResult(new=5), 1)
    assert (result.run.state, result.go_on_at) == (RunState.OK, None)


async def test_what_was_kept_before_a_failure_stays_and_is_not_asked_again() -> None:
    world, undisturbed = a_world_of_weeks(), a_world_of_weeks()
    world.script = in_turn(EVERY_DAY, EVERY_DAY, LATER)
    await result_of(undisturbed)
    windows = [request.window for request in undisturbed.asked]

    failed = await result_of(world)
    world.now += timedelta(minutes=5)
    await result_of(world)

    assert (failed.run.state, failed.run.recorded) == (RunState.FAILING, RecordResult(new=2 + 7))
    # The first again in part, for its last day isn't over; then the one that failed, and the rest.
    asked = [request.window for request in world.asked]
    assert asked[:3] + asked[4:] == windows[:3] + windows[2:]


async def test_a_number_keeps_all_of_its_digits() -> None:
    third = Decimal("0.3333333333333333333333333333333333")  # to 34 digits, as `quotient` divides
    world = a_world(script=in_turn([third]))

    await result_of(world)

    assert third in {observation.value for observation in world.recorded.values()}


async def test_of_a_pull_with_one_bad_observation_nothing_is_kept() -> None:
    spec = MetricSpec(key="MT-1", title="One", maximum=Decimal(10))
    world = a_world(a_scripted_source(grain="DAY"), metrics=(spec,))
    world.script = in_turn([Decimal(1), Decimal(11), Decimal(2)])

    result = await result_of(world)

    assert (world.recorded, result.run.recorded, result.run.skipped) == ({}, RecordResult(), 3)
    assert result.run.error is not None
    assert result.run.error.code == "DATA_ERROR"


async def test_a_source_that_needs_time_is_asked_the_same_again_by_a_fresh_process() -> None:
    world = a_world_of_weeks(script=in_turn(EVERY_DAY, EXPORT))
    first = await result_of(world)
    question = world.asked[-1]
    world.now += timedelta(minutes=10)

    second = await result_of(world, sync=world.process())

    assert (first.run.state, first.run.progress) == (RunState.WAITING, 0.25)
    assert first.go_on_at == NOW + timedelta(minutes=10)
    assert world.asked[2] == replace(question, resume="export 7")
    assert (second.run.state, second.go_on_at) == (RunState.OK, None)
    assert len(world.asked) == 2 + 1 + 4  # all five weeks, and the running one once more


@pytest.mark.parametrize(
    ("breaks", "code"),
    [
        pytest.param(InvalidRecord("No column holds 2**80."), "DATA_ERROR", id="can't be kept"),
        pytest.param(TypeError("of 'str'"), "CONNECTOR_BUG", id="nobody foresaw it"),
    ],
)
async def test_a_run_whose_answer_can_not_be_kept_ends_and_tells_why(
    breaks: Exception, code: str
) -> None:
    world = a_world()
    world.breaks = breaks

    result = await result_of(world)

    assert result.run.error is not None
    assert (result.run.state, result.run.error.code) == (RunState.FAILING, code)


async def test_a_source_that_is_soon_ready_is_not_asked_without_a_pause() -> None:
    world = a_world(script=in_turn(replace(EXPORT, retry_after=timedelta(0))))

    result = await result_of(world)

    assert result.go_on_at == NOW + timedelta(seconds=1)


async def test_a_source_that_needs_time_is_left_alone_until_it_said() -> None:
    world = a_world_of_weeks(script=in_turn(EXPORT))
    await read(world)
    world.now += timedelta(minutes=9)

    assert await read(world) == Unread(NotNow.WORKS, NOW + timedelta(minutes=10))
    assert len(world.asked) == 1


async def test_a_source_may_need_time_more_than_once() -> None:
    again = replace(EXPORT, resume="export 7, part 2")
    world = a_world(script=in_turn(EXPORT, again))
    for _ in range(3):
        await read(world)
        world.now += timedelta(minutes=10)

    asked = world.asked[:3]
    assert [request.resume for request in asked] == [None, "export 7", "export 7, part 2"]
    assert len({request.window for request in asked}) == 1


@pytest.mark.parametrize(
    ("failure", "resume"),
    [
        pytest.param(LATER, "export 7", id="it timed out: the same again"),
        pytest.param(RateLimited(), "export 7", id="slow down: the same again"),
        pytest.param(QuotaExhausted(), "export 7", id="tomorrow: the same again"),
        pytest.param(DataError("It is HTML."), None, id="it is wrong: from the beginning"),
        pytest.param(ZeroDivisionError(), None, id="a bug: from the beginning"),
    ],
)
async def test_an_open_question_outlives_what_passes_and_nothing_else(
    failure: Exception, resume: str | None
) -> None:
    world = a_world(script=in_turn(EXPORT, failure))
    for _ in range(3):
        await read(world)
        world.now += timedelta(minutes=10)

    assert world.asked[2].resume == resume


async def test_what_is_asked_as_of_the_first_time_counts_as_asked_only_until_then() -> None:
    world = a_world(a_scripted_source(grain="DAY"), script=in_turn(EXPORT))
    await read(world)
    world.now += timedelta(days=2)

    await read(world)

    resumed, rest = world.asked[1].window, world.asked[2].window
    assert resumed == world.asked[0].window
    assert rest.start <= NOW < rest.end


async def test_with_little_time_the_rest_is_left_for_another_step() -> None:
    world = a_world_of_weeks()

    async def takes_twenty_seconds() -> None:
        world.now += timedelta(seconds=20)

    world.script = takes_twenty_seconds
    stretch = Span(start=NOW - 28 * DAY, end=NOW, name="backfill")
    errand = Errand(reason=PullReason.BACKFILL, target=stretch, purpose="backfill", most_seconds=30)

    steps = [await result_of(world, errand) for _ in range(3)]

    assert [step.run.recorded.new for step in steps] == [2, 2, 1]
    assert [step.go_on_at is None for step in steps] == [False, False, True]
    assert [step.run.state for step in steps] == [RunState.OK] * 3
    assert len({request.window for request in world.asked}) == 5
    shares = [step.run.progress or 0 for step in steps]
    assert shares == sorted(shares)
    assert shares[-1] == 1


async def test_a_stretch_is_newest_first() -> None:
    world = a_world_of_weeks()
    stretch = Span(start=NOW - 28 * DAY, end=NOW - 7 * DAY, name="backfill")

    await read(world, Errand(reason=PullReason.BACKFILL, target=stretch, purpose="backfill"))

    starts = [request.window.start for request in world.asked]
    assert starts == sorted(starts, reverse=True)
    assert {request.reason for request in world.asked} == {PullReason.BACKFILL}


async def test_a_reading_that_is_cancelled_says_so_and_keeps_what_it_has() -> None:
    world, begun = a_world_of_weeks(), asyncio.Event()

    async def stops_at_the_second() -> None:
        if len(world.asked) == 2:
            begun.set()
            await asyncio.Event().wait()

    world.script = stops_at_the_second
    task = asyncio.create_task(read(world))
    await begun.wait()

    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    [run] = world.finished()
    assert (run.state, run.recorded) == (RunState.CANCELLED, RecordResult(new=1))
    world.script = answers_at_once
    assert isinstance(await read(world), SyncResult)  # nobody holds it any more


async def test_while_one_process_reads_another_does_not() -> None:
    gate = asyncio.Event()
    world = a_world(script=lambda: waits(gate))
    task = asyncio.create_task(read(world))
    await asyncio.sleep(0)

    other = await read(world, sync=world.process())
    gate.set()
    await task

    assert other == Unread(NotNow.HELD, NOW + LEASE)
    assert len(world.asked) == 1


async def waits(gate: asyncio.Event) -> None:
    await gate.wait()


async def test_what_a_paused_process_brings_too_late_is_refused() -> None:
    gate = asyncio.Event()
    world = a_world(script=lambda: waits(gate))
    paused = asyncio.create_task(read(world))
    await asyncio.sleep(0)
    world.script = in_turn([Decimal(7)])
    world.now += LEASE

    taken = await result_of(world, sync=world.process())
    gate.set()
    late = await paused

    assert isinstance(late, Unread)
    assert taken.run.recorded == RecordResult(new=1)
    assert [each.value for each in world.recorded.values()] == [7]


async def test_a_failing_source_holds_up_no_other() -> None:
    world = a_world(a_scripted_source("MT-1"), a_scripted_source("MT-2"), script=in_turn(LATER))
    heard = list[str]()

    results = await world.sync.connections(
        world.atlas,
        connections_of(world.atlas),
        MONTH,
        told=lambda source, _: heard.append(source.remote_metric),
    )

    assert heard == [source.remote_metric for source, _ in results] == ["MT-1", "MT-2"]
    states = [result.run.state for _, result in results if isinstance(result, SyncResult)]
    assert states == [RunState.FAILING, RunState.OK]


async def test_a_connector_that_is_not_installed_is_a_failed_run() -> None:
    world = a_world()
    world.change(a_connection("scripted", connector="gone"))

    result = await result_of(world)

    assert (result.run.connector_version, result.run.state) == (
        "not installed",
        RunState.NEEDS_ATTENTION,
    )


async def test_afresh_all_is_asked_and_what_was_asked_further_back_is_not_forgotten() -> None:
    world = a_world(a_scripted_source(grain="DAY"), metrics=(SETTLED,))
    world.script = in_turn(*[EVERY_DAY] * 3)
    week = Missing(history=timedelta(days=7), afresh=True)
    await read(world)
    world.now += timedelta(hours=1)
    await read(world, Errand(reason=PullReason.SCHEDULED, target=week))
    world.now += timedelta(hours=1)

    await read(world)

    days = [round((request.window.end - request.window.start) / DAY) for request in world.asked]
    assert days == [28 + 1, 7 + 1, 1]


async def test_where_our_own_budget_has_no_room_it_goes_on_later_and_nothing_failed() -> None:
    world = a_world_of_weeks()
    world.script = in_turn(None, OutOfTurn("No room.", timedelta(minutes=20)))

    result = await result_of(world)

    assert (result.run.state, result.run.error) == (RunState.WAITING, None)
    assert result.go_on_at == NOW + timedelta(minutes=20)
    assert result.run.recorded == RecordResult(new=1)


class SwitchedOff:
    """Everything is switched off."""

    async def why_off(self, key: str) -> str:
        return f"{key} blocks everything."


async def test_nothing_is_asked_through_a_connector_that_is_switched_off() -> None:
    world = a_world()
    opener = replace(world.sync.opener, switches=SwitchedOff())

    result = await result_of(world, sync=replace(world.sync, opener=opener))

    assert (world.asked, result.run.state) == ([], RunState.FAILING)
    assert result.run.error is not None
    assert result.run.error.code == "SWITCHED_OFF"
    assert result.run.error.message.endswith("is switched off: scripted blocks everything.")
