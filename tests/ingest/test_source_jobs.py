"""Jobs of sources: a step is one reading, and what comes of it says how the job goes on."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from domain.atlas import Atlas
from domain.errors import Refused
from domain.node import OrganizationId
from domain.source import RunState
from ingest.orders import Kind, Orders
from ingest.source_jobs import SourceJobs
from journey_atlas_sdk import (
    AuthError,
    Capability,
    DataError,
    Pending,
    PullReason,
    QuotaExhausted,
    TransientError,
    Window,
)
from storage.jobs.records import (
    Again,
    Cancel,
    Done,
    Hold,
    Job,
    JobId,
    JobState,
    Lane,
    NewJob,
    Outcome,
)
from storage.sync_runs import SYNC
from tests.builders import NOW, Fields, a_connection, id_of
from tests.ingest.scripted import HISTORY, World, a_scripted_source, a_world, fails, in_turn

DAY = timedelta(days=1)
PENDING = Pending(resume="export 7", retry_after=timedelta(minutes=10), progress=0.25)


@dataclass
class Queued:
    """A queue that only remembers."""

    jobs: list[NewJob] = field(default_factory=list[NewJob])

    async def enqueue(self, jobs: Sequence[NewJob], *, now: datetime) -> list[JobId]:
        del now
        self.jobs += jobs
        return [job.id for job in jobs]


def orders(world: World, queue: Queued | None = None) -> Orders:
    return Orders(
        jobs=queue or Queued(),
        registry=world.registry,
        clock=lambda: world.now,
        real_clock=lambda: world.now,
        new_id=world.new_id,
    )


async def step(world: World, job: Job) -> Outcome:
    async def atlas_of(organization: OrganizationId) -> Atlas | None:
        return world.atlas if organization == world.atlas.organization.id else None

    jobs = SourceJobs(
        sync=world.sync,
        atlas_of=atlas_of,
        history=HISTORY,
        clock=lambda: world.now,
        chance=lambda: 1.0,
    )
    return await jobs.handlers()[job.kind](job)


def begun(new: NewJob, **fields: Fields) -> Job:
    """Make the job that a worker is given."""
    defaults: dict[str, Fields] = {
        "id": new.id,
        "organization": new.organization,
        "kind": new.kind,
        "lane": new.lane,
        "data": new.data,
        "subject": new.subject,
        "state": JobState.RUNNING,
        "run_at": NOW,
        "created_at": NOW,
        "started_at": NOW,
        "finished_at": None,
        "starts": 1,
        "failures": 0,
        "progress": None,
        "reason": None,
        "is_cancelled": False,
    }
    return Job(**{**defaults, **fields})


def a_sync(world: World, lane: Lane = Lane.SCHEDULED) -> Job:
    made = orders(world).sync_job(world.atlas.organization.id, world.source().id, lane=lane)
    return begun(made)


async def a_backfill(world: World, since: datetime = NOW - 28 * DAY) -> Job:
    queue = Queued()
    await orders(world, queue).backfill(world.atlas, [world.source()], since)
    return begun(queue.jobs[0])


def a_pull(world: World, changed: Window) -> Job:
    made = orders(world).pull_job(world.atlas, world.source(), changed)
    assert made is not None
    return begun(made)


YESTERDAY = Window(NOW - DAY, NOW)


async def test_a_sync_reads_what_is_missing_and_its_run_names_the_job() -> None:
    world = a_world()
    job = a_sync(world)

    outcome = await step(world, job)

    [run] = world.finished()
    assert outcome == Done()
    assert (run.job, run.reason, run.state) == (job.id, PullReason.SCHEDULED, RunState.OK)


async def test_a_sync_that_fails_is_done_for_the_schedule_comes_again() -> None:
    world = a_world(script=fails(TransientError("Later.")))

    assert await step(world, a_sync(world)) == Done()
    assert [run.state for run in world.finished()] == [RunState.FAILING]


async def test_a_sync_goes_on_with_a_source_that_needs_time() -> None:
    world = a_world(script=in_turn(PENDING))
    job = a_sync(world)

    first = await step(world, job)
    early = await step(world, job)
    world.now += timedelta(minutes=10)
    last = await step(world, job)

    in_time = NOW + timedelta(minutes=10)
    assert first == Again(run_at=in_time, data={}, progress=0.25)
    assert early == Again(run_at=in_time, data={})
    assert last == Done()
    assert [request.resume for request in world.asked[:2]] == [None, "export 7"]


async def test_what_was_asked_a_moment_ago_the_clock_leaves_and_a_person_waits_for() -> None:
    world = a_world(min_interval=timedelta(minutes=1))
    await step(world, a_sync(world))
    world.now += timedelta(seconds=20)

    scheduled = await step(world, a_sync(world))
    wanted = await step(world, a_sync(world, Lane.INTERACTIVE))

    assert scheduled == Done()
    assert wanted == Again(run_at=NOW + timedelta(minutes=1), data={})
    assert len(world.asked) == 1


async def test_a_source_that_needs_attention_is_asked_for_a_person_alone() -> None:
    world = a_world(script=in_turn(AuthError("The key was revoked.")))
    await step(world, a_sync(world))
    world.now += timedelta(hours=1)

    await step(world, a_sync(world))
    by_the_clock = len(world.asked)
    await step(world, a_sync(world, Lane.INTERACTIVE))

    assert (by_the_clock, len(world.asked)) == (1, 2)
    assert world.finished()[-1].reason == PullReason.ON_DEMAND


@pytest.mark.parametrize("kind", [Kind.SYNC, Kind.BACKFILL])
async def test_while_its_connection_is_to_be_left_alone_a_job_waits(kind: Kind) -> None:
    world = a_world(a_scripted_source("MT-1"), a_scripted_source("MT-2"))
    world.script = in_turn(QuotaExhausted(retry_after=timedelta(hours=3)))
    await step(world, a_sync(world))

    job = a_sync(world) if kind is Kind.SYNC else await a_backfill(world)
    outcome = await step(world, job)

    assert outcome == Again(run_at=NOW + timedelta(hours=3), data=job.data)
    assert len(world.asked) == 1


async def test_a_backfill_is_read_newest_first_in_steps_and_keeps_its_source_as_it_was() -> None:
    world = a_world(a_scripted_source(grain="DAY"), max_window=timedelta(days=7))

    async def takes_twenty_seconds() -> None:
        world.now += timedelta(seconds=20)

    world.script = takes_twenty_seconds
    job, outcomes = await a_backfill(world), list[Outcome]()
    while not outcomes or isinstance(outcomes[-1], Again):
        outcomes.append(await step(world, job))

    starts = [request.window.start for request in world.asked]
    shares = [each.progress or 0 for each in outcomes if isinstance(each, Again)]
    assert (len(outcomes), len(set(starts))) == (3, 5)
    assert starts == sorted(starts, reverse=True)
    assert 0 < shares[0] < shares[1] < 1
    assert {request.reason for request in world.asked} == {PullReason.BACKFILL}
    assert world.source().asked_at is None


async def test_a_new_backfill_begins_anew() -> None:
    world = a_world(a_scripted_source(grain="DAY"))
    await step(world, await a_backfill(world))
    first = len(world.asked)

    await step(world, await a_backfill(world))

    assert (first, len(world.asked)) == (1, 2)


AFTER = [
    pytest.param(TransientError("Later."), Again, "Later.", id="it may pass: again, after a pause"),
    pytest.param(ZeroDivisionError(), Again, "failed", id="a bug: again, and held in the end"),
    pytest.param(AuthError("Revoked."), Hold, "Revoked.", id="a person has to mend it: held"),
    pytest.param(DataError("HTML."), Hold, "HTML.", id="it can't be trusted: held"),
]


@pytest.mark.parametrize(("error", "kind", "told"), AFTER)
async def test_a_backfill_that_fails_waits_or_is_held(
    error: Exception, kind: type[Again | Hold], told: str
) -> None:
    world = a_world(script=fails(error))

    outcome = await step(world, await a_backfill(world))

    assert isinstance(outcome, Again | Hold)
    assert isinstance(outcome, kind)
    assert told in (outcome.reason or "")


async def test_a_backfill_goes_on_when_the_quota_is_filled_up_and_that_is_no_failure() -> None:
    world = a_world(script=fails(QuotaExhausted(retry_after=timedelta(hours=3))))
    job = await a_backfill(world)

    assert await step(world, job) == Again(run_at=NOW + timedelta(hours=3), data=job.data)


async def test_a_backfill_waits_while_another_process_does_its_step() -> None:
    world = a_world(script=lambda: waits(gate))
    gate, job = asyncio.Event(), await a_backfill(world)
    task = asyncio.create_task(step(world, job))
    await asyncio.sleep(0)

    outcome = await step(world, job)
    gate.set()
    await task

    assert isinstance(outcome, Again)
    assert (outcome.reason, len(world.asked)) == (None, 1)


async def waits(gate: asyncio.Event) -> None:
    await gate.wait()


async def test_a_backfill_begins_in_the_past() -> None:
    world = a_world()

    with pytest.raises(Refused, match="to come"):
        await a_backfill(world, NOW)


async def test_a_source_that_only_takes_deliveries_has_no_past_to_fill_in() -> None:
    world = a_world(capabilities=frozenset({Capability.PUSH}))

    with pytest.raises(Refused, match="past"):
        await a_backfill(world)


async def test_what_changed_is_pulled_again_in_whole_periods_up_to_now() -> None:
    world = a_world(a_scripted_source(grain="DAY"))

    outcome = await step(world, a_pull(world, YESTERDAY))

    [request] = world.asked
    # Noon to noon are two days in Oslo, of which the second isn't over.
    assert outcome == Done()
    assert request.window == Window(
        datetime(2026, 11, 20, 23, tzinfo=UTC), datetime(2026, 11, 22, 23, tzinfo=UTC)
    )
    assert request.reason is PullReason.PUSH


def test_changes_within_the_same_periods_are_one_job() -> None:
    world = a_world(a_scripted_source(grain="DAY"))
    morning = Window(NOW - timedelta(hours=3), NOW - timedelta(hours=2))
    noon = Window(NOW - timedelta(hours=1), NOW)
    made = [orders(world).pull_job(world.atlas, world.source(), each) for each in (morning, noon)]

    keys = {each.key for each in made if each}

    assert len(keys) == 1
    assert all(each and each.again for each in made)


def test_of_what_is_still_to_come_nothing_is_pulled() -> None:
    world = a_world()

    assert orders(world).pull_job(world.atlas, world.source(), Window(NOW, NOW + DAY)) is None


async def test_the_same_change_is_not_pulled_twice_within_the_interval() -> None:
    world = a_world(a_scripted_source(grain="DAY"), min_interval=timedelta(minutes=1))
    await step(world, a_pull(world, YESTERDAY))
    world.now += timedelta(seconds=20)

    again = await step(world, a_pull(world, YESTERDAY))
    other = await step(world, a_pull(world, Window(NOW - 9 * DAY, NOW - 8 * DAY)))

    assert isinstance(again, Again)
    assert again.run_at == NOW + timedelta(minutes=1)
    assert other == Done()


@pytest.mark.parametrize("gone", ["source", "connection", "organization"])
async def test_a_job_whose_source_is_gone_ends(gone: str) -> None:
    world = a_world()
    job = a_sync(world)
    match gone:
        case "source":
            world.change(a_scripted_source(archived_at=NOW))
        case "connection":
            world.change(a_connection("scripted", connector="scripted", archived_at=NOW))
        case _:
            job = replace(job, organization=OrganizationId(id_of("other")))

    assert isinstance(await step(world, job), Cancel)
    assert world.asked == []


async def test_a_reader_of_a_source_that_needs_time_orders_that_it_goes_on() -> None:
    world, queue = a_world(), Queued()
    at = NOW + timedelta(minutes=10)

    await orders(world, queue).go_on(world.atlas, world.source(), at)

    [job] = queue.jobs
    assert (job.kind, job.run_at, job.subject) == (Kind.SYNC, at, world.source().id)


async def test_a_sync_that_is_ordered_goes_before_those_of_the_clock() -> None:
    world, queue = a_world(), Queued()

    await orders(world, queue).sync(world.atlas, [world.source()])

    [job] = queue.jobs
    assert (job.kind, job.lane, job.run_at) == (Kind.SYNC, Lane.INTERACTIVE, None)
    assert SYNC == Kind.SYNC
