"""A worker does what is due, several at once, tries again what fails, and stops in order."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import uuid4

import pytest

from domain.errors import Conflict
from ingest.jobs import MOST_FAILURES, Handler, after_failure
from ingest.worker import Worker
from storage.errors import DatabaseUnreachable
from storage.jobs.records import (
    Again,
    Done,
    Hold,
    Job,
    JobState,
    Lane,
    Lease,
    NewJob,
    Outcome,
    Pulse,
)
from storage.jobs.stored import StoredJobs
from tests.builders import NOW, Fields
from tests.jobs.orders import a_job, found

SECONDS = 10.0
"""How long a test waits for what it expects, before it fails."""


def a_worker(jobs: StoredJobs, handler: Handler, **fields: Fields) -> Worker:
    defaults: dict[str, Fields] = {
        "id": uuid4(),
        "jobs": jobs,
        "handlers": {"count": handler},
        "clock": lambda: NOW,
        "chance": lambda: 1.0,
    }
    return Worker(**{**defaults, **fields})


@asynccontextmanager
async def working(worker: Worker, *, grace_seconds: float = SECONDS) -> AsyncGenerator[None]:
    task = asyncio.create_task(worker.run(grace_seconds=grace_seconds))
    try:
        yield
    finally:
        worker.stop()
        await asyncio.wait_for(task, SECONDS)


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(SECONDS):
        while not await condition():  # noqa: ASYNC110 - the database has no event to wait for
            await asyncio.sleep(0.01)


async def is_in(jobs: StoredJobs, job: NewJob, state: JobState) -> bool:
    return (await found(jobs, job)).state is state


async def done(_: Job) -> Outcome:
    return Done()


async def test_everything_queued_is_done(jobs: StoredJobs) -> None:
    given = [a_job(lane=lane) for lane in Lane for _ in range(5)]
    await jobs.enqueue(given, now=NOW)

    async with working(a_worker(jobs, done)):
        await until(lambda: all_are(jobs, given, JobState.DONE))


async def all_are(jobs: StoredJobs, given: list[NewJob], state: JobState) -> bool:
    return all([await is_in(jobs, job, state) for job in given])


async def test_no_more_run_at_once_than_a_worker_has_places(jobs: StoredJobs) -> None:
    running, most = 0, 0

    async def counts(_: Job) -> Outcome:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.01)
        running -= 1
        return Done()

    given = [a_job(lane=Lane.INTERACTIVE) for _ in range(12)]
    await jobs.enqueue(given, now=NOW)
    async with working(a_worker(jobs, counts, at_once=3)):
        await until(lambda: all_are(jobs, given, JobState.DONE))

    assert most == 3


async def test_backfills_leave_room_for_what_somebody_waits_for(jobs: StoredJobs) -> None:
    gate = asyncio.Event()

    async def waits(job: Job) -> Outcome:
        if job.lane is Lane.BACKFILL:
            await gate.wait()
        return Done()

    backfills = [a_job(lane=Lane.BACKFILL) for _ in range(6)]
    await jobs.enqueue(backfills, now=NOW)
    async with working(a_worker(jobs, waits, at_once=4)):
        await until(lambda: is_in(jobs, backfills[1], JobState.RUNNING))
        urgent = a_job(lane=Lane.INTERACTIVE)
        await jobs.enqueue([urgent], now=NOW)
        jobs.wake()
        await until(lambda: is_in(jobs, urgent, JobState.DONE))
        states = [(await found(jobs, job)).state for job in backfills]
        gate.set()

    assert states == [JobState.RUNNING] * 2 + [JobState.QUEUED] * 4


async def test_a_job_goes_on_with_what_its_last_step_left(jobs: StoredJobs) -> None:
    async def counts(job: Job) -> Outcome:
        reached = job.data["n"] + 1
        return Done() if reached == 3 else Again(run_at=NOW, data={"n": reached})

    given = a_job(data={"n": 0})
    await jobs.enqueue([given], now=NOW)
    async with working(a_worker(jobs, counts)):
        await until(lambda: is_in(jobs, given, JobState.DONE))

    assert (await found(jobs, given)).data == {"n": 2}


@pytest.mark.parametrize(
    ("error", "told"),
    [
        pytest.param(Conflict("It changed."), "It changed.", id="an error of the house"),
        pytest.param(
            KeyError("a secret"), "KeyError; the log tells more.", id="any other, without its text"
        ),
    ],
)
async def test_a_job_that_fails_waits_and_its_reason_is_kept(
    jobs: StoredJobs, error: Exception, told: str
) -> None:
    async def fails(_: Job) -> Outcome:
        raise error

    given = a_job()
    await jobs.enqueue([given], now=NOW)
    async with working(a_worker(jobs, fails)):
        await until(lambda: has_failed(jobs, given))

    failed = await found(jobs, given)
    assert (failed.state, failed.reason, failed.failures) == (JobState.QUEUED, told, 1)
    assert failed.run_at == NOW + timedelta(seconds=10)


async def has_failed(jobs: StoredJobs, job: NewJob) -> bool:
    return (await found(jobs, job)).failures > 0


async def test_a_kind_that_nobody_knows_yet_waits_for_a_newer_version(jobs: StoredJobs) -> None:
    given = a_job(kind="tomorrow's")
    await jobs.enqueue([given], now=NOW)
    async with working(a_worker(jobs, done)):
        await until(lambda: has_failed(jobs, given))

    failed = await found(jobs, given)
    assert failed.state is JobState.QUEUED
    assert failed.reason
    assert "tomorrow's" in failed.reason


async def test_a_running_job_is_ended_when_somebody_cancels_it(jobs: StoredJobs) -> None:
    given = a_job()
    await jobs.enqueue([given], now=NOW)
    async with working(a_worker(jobs, never_ends, silence=timedelta(seconds=0.5))):
        await until(lambda: is_in(jobs, given, JobState.RUNNING))
        await jobs.cancel(given.organization, given.id, now=NOW)
        await until(lambda: is_in(jobs, given, JobState.CANCELLED))


@dataclass(frozen=True, slots=True)
class Stumbling(StoredJobs):
    """Jobs whose first sign of life fails in a way that nobody foresaw."""

    beats: list[int] = field(default_factory=list[int])

    async def beat(self, leases: Sequence[Lease]) -> Pulse:
        self.beats.append(len(leases))
        if len(self.beats) == 1:
            raise ValueError
        return await StoredJobs.beat(self, leases)


async def test_a_worker_goes_on_giving_signs_of_life_whatever_happened_to_one(
    jobs: StoredJobs,
) -> None:
    given, stumbling = a_job(), Stumbling(jobs.engine)
    await jobs.enqueue([given], now=NOW)
    async with working(a_worker(stumbling, never_ends, silence=timedelta(seconds=0.5))):
        await until(lambda: is_in(jobs, given, JobState.RUNNING))
        await jobs.cancel(given.organization, given.id, now=NOW)
        await until(lambda: is_in(jobs, given, JobState.CANCELLED))


async def take(jobs: StoredJobs, silence: timedelta) -> list[Lease]:
    places = dict.fromkeys(Lane, 1)
    return await jobs.lease(places, 1, worker=uuid4(), silence=silence, now=NOW)


async def never_ends(_: Job) -> Outcome:
    await asyncio.Event().wait()
    return Done()


async def test_a_live_workers_job_is_left_to_it_however_long_it_takes(jobs: StoredJobs) -> None:
    silence = timedelta(seconds=0.6)
    given = a_job()
    await jobs.enqueue([given], now=NOW)
    async with working(a_worker(jobs, never_ends, silence=silence), grace_seconds=0):
        await until(lambda: is_in(jobs, given, JobState.RUNNING))
        await asyncio.sleep(1.0)

        assert (await found(jobs, given)).starts == 1
        assert await take(jobs, silence) == []


async def test_a_lost_job_is_ended_and_left_to_its_new_worker(jobs: StoredJobs) -> None:
    ended = asyncio.Event()

    async def notices(_: Job) -> Outcome:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        return Done()

    given = a_job()
    await jobs.enqueue([given], now=NOW)
    async with working(a_worker(jobs, notices, silence=timedelta(seconds=0.5), at_once=1)):
        await until(lambda: is_in(jobs, given, JobState.RUNNING))
        [taken] = await take(jobs, timedelta(0))
        await asyncio.wait_for(ended.wait(), SECONDS)
        await jobs.finish(taken, Done(), now=NOW)

    assert (await found(jobs, given)).state is JobState.DONE


@dataclass(frozen=True, slots=True)
class Mute(StoredJobs):
    """Jobs whose workers' signs of life don't arrive."""

    async def beat(self, leases: Sequence[Lease]) -> Pulse:
        raise DatabaseUnreachable(seen=f"{len(leases)} signs")


async def test_a_worker_that_takes_its_own_job_again_ends_it_once_and_lives_on(
    jobs: StoredJobs,
) -> None:
    starts, twice = list[int](), asyncio.Event()

    async def waits_for_the_second(job: Job) -> Outcome:
        starts.append(job.starts)
        if len(starts) == 2:
            twice.set()
        await twice.wait()
        return Done()

    given, later = a_job(), a_job()
    await jobs.enqueue([given], now=NOW)
    mute = Mute(jobs.engine)
    worker = a_worker(mute, waits_for_the_second, silence=timedelta(seconds=0.3), at_once=3)
    async with working(worker):
        await until(lambda: nudged(mute, given))
        await jobs.enqueue([later], now=NOW)
        mute.wake()
        await until(lambda: is_in(jobs, later, JobState.DONE))

    assert starts[:2] == [1, 2]
    assert (await found(jobs, given)).state is JobState.DONE


async def nudged(jobs: StoredJobs, job: NewJob) -> bool:
    """Have the worker look again, and tell whether the job is done."""
    jobs.wake()
    return await is_in(jobs, job, JobState.DONE)


async def test_a_stopped_worker_finishes_what_it_can(jobs: StoredJobs) -> None:
    begun = asyncio.Event()

    async def takes_a_while(_: Job) -> Outcome:
        begun.set()
        await asyncio.sleep(0.1)
        return Done()

    given, later = a_job(), a_job()
    await jobs.enqueue([given], now=NOW)
    async with working(a_worker(jobs, takes_a_while)):
        await asyncio.wait_for(begun.wait(), SECONDS)
    await jobs.enqueue([later], now=NOW)

    assert (await found(jobs, given)).state is JobState.DONE
    assert (await found(jobs, later)).state is JobState.QUEUED


async def test_a_stopped_worker_hands_back_what_it_can_not_finish(jobs: StoredJobs) -> None:
    given = a_job(data={"n": 1})
    await jobs.enqueue([given], now=NOW)
    async with working(a_worker(jobs, never_ends), grace_seconds=0):
        await until(lambda: is_in(jobs, given, JobState.RUNNING))

    back = await found(jobs, given)
    assert (back.state, back.data, back.failures) == (JobState.QUEUED, {"n": 1}, 0)


@pytest.mark.parametrize(
    ("failures", "chance", "seconds"),
    [
        pytest.param(0, 1.0, 10, id="first: up to 10 s"),
        pytest.param(1, 1.0, 20, id="second: up to 10 · 2"),
        pytest.param(4, 0.5, 80, id="fifth: half of 10 · 2⁴"),
        pytest.param(6, 1.0, 640, id="seventh: up to 10 · 2⁶"),
        pytest.param(0, 0.0, 1, id="never at once"),
    ],
)
def test_the_pause_after_a_failure_doubles_and_is_drawn_by_chance(
    failures: int, chance: float, seconds: int
) -> None:
    outcome = after_failure(a_failed_job(failures), "It broke.", now=NOW, chance=chance)

    assert isinstance(outcome, Again)
    assert outcome.run_at - NOW == timedelta(seconds=seconds)


def test_after_the_last_failure_a_job_is_held() -> None:
    outcome = after_failure(a_failed_job(MOST_FAILURES - 1), "It broke.", now=NOW, chance=1.0)

    assert outcome == Hold(reason="It failed 8 times, last: It broke.")


def a_failed_job(failures: int) -> Job:
    new = a_job()
    return Job(
        id=new.id,
        organization=new.organization,
        kind=new.kind,
        lane=new.lane,
        data={},
        subject=None,
        state=JobState.RUNNING,
        run_at=NOW,
        created_at=NOW,
        started_at=NOW,
        finished_at=None,
        starts=1,
        failures=failures,
        progress=None,
        reason=None,
        is_cancelled=False,
    )
