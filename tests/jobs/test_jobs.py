"""Jobs: queued once, handed out to one, never lost, and ended only by who has them."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.errors import NotFound
from domain.node import OrganizationId
from storage.errors import LeaseLost
from storage.jobs.records import (
    Again,
    Cancel,
    Done,
    Hold,
    JobId,
    JobState,
    Lane,
    Lease,
    Wanted,
)
from storage.jobs.stored import MOST_STARTS, StoredJobs, enqueue_on
from storage.tidying import JOBS_KEPT, StoredTidying
from tests.builders import NOW, id_of
from tests.jobs.orders import a_job, found
from tests.storage.series import NORRHAVN

WORKER = uuid4()
LANES = tuple(Lane)
LONG = timedelta(hours=1)
AT_ONCE = timedelta(0)


async def leased(
    jobs: StoredJobs, most: int = 10, *, worker: UUID = WORKER, silence: timedelta = LONG
) -> list[Lease]:
    return await jobs.lease(
        dict.fromkeys(LANES, most), most, worker=worker, silence=silence, now=NOW
    )


async def test_a_job_is_handed_out_once_and_is_gone_when_it_is_done(jobs: StoredJobs) -> None:
    given = a_job(data={"n": 1}, subject=id_of("MT-1"))
    await jobs.enqueue([given], now=NOW)

    [lease] = await leased(jobs)
    others = await leased(jobs)
    await jobs.finish(lease, Done(), now=NOW)

    assert (lease.job.data, lease.job.subject, others) == ({"n": 1}, id_of("MT-1"), [])
    assert (await found(jobs, given)).state is JobState.DONE
    assert await leased(jobs, silence=AT_ONCE) == []


async def test_who_waits_for_a_person_comes_before_the_clock_and_that_before_a_backfill(
    jobs: StoredJobs,
) -> None:
    lanes = [Lane.BACKFILL, Lane.SCHEDULED, Lane.INTERACTIVE, Lane.SCHEDULED]
    await jobs.enqueue([a_job(lane=lane) for lane in lanes], now=NOW)

    order = [(await leased(jobs, 1))[0].job.lane for _ in lanes]

    assert order == [Lane.INTERACTIVE, Lane.SCHEDULED, Lane.SCHEDULED, Lane.BACKFILL]


async def test_no_more_of_a_lane_are_handed_out_than_it_has_places(jobs: StoredJobs) -> None:
    await jobs.enqueue([a_job(lane=lane) for lane in LANES for _ in range(3)], now=NOW)

    places = {Lane.INTERACTIVE: 1, Lane.SCHEDULED: 2, Lane.BACKFILL: 3}
    leases = await jobs.lease(places, 5, worker=WORKER, silence=LONG, now=NOW)

    lanes = [lease.job.lane for lease in leases]
    assert [lanes.count(lane) for lane in LANES] == [1, 2, 2]


async def test_only_the_wanted_lanes_are_handed_out(jobs: StoredJobs) -> None:
    await jobs.enqueue([a_job(lane=Lane.BACKFILL)], now=NOW)

    none = await jobs.lease({Lane.SCHEDULED: 5}, 5, worker=WORKER, silence=LONG, now=NOW)

    assert none == []
    assert len(await leased(jobs)) == 1


async def test_several_workers_at_once_share_the_jobs_without_overlap(jobs: StoredJobs) -> None:
    given = [a_job() for _ in range(40)]
    await jobs.enqueue(given, now=NOW)

    batches = await asyncio.gather(*(leased(jobs, 5, worker=uuid4()) for _ in range(8)))

    taken = [lease.job.id for batch in batches for lease in batch]
    assert sorted(taken) == sorted(job.id for job in given)


async def test_what_is_open_already_is_not_queued_again(jobs: StoredJobs) -> None:
    first, second, other = a_job("sync:a"), a_job("sync:a"), a_job("sync:b")

    there = await jobs.enqueue([first, second, other], now=NOW)
    again = await jobs.enqueue([a_job("sync:a")], now=NOW)

    assert len({*there, *again}) == 2
    assert len(await leased(jobs)) == 2


async def test_jobs_can_be_queued_one_after_another_for_ever(jobs: StoredJobs) -> None:
    for number in range(8):  # from the sixth on PostgreSQL plans a statement without its values
        await jobs.enqueue([a_job(f"sync:{number}")], now=NOW)

    assert len(await leased(jobs)) == 8


async def test_what_is_over_may_come_again_under_its_key(jobs: StoredJobs) -> None:
    await jobs.enqueue([a_job("sync:a")], now=NOW)
    [lease] = await leased(jobs)
    await jobs.finish(lease, Done(), now=NOW)

    newer = a_job("sync:a")

    assert await jobs.enqueue([newer], now=NOW) == [newer.id]


async def test_what_is_held_is_not_made_again_before_somebody_looked_at_it(
    jobs: StoredJobs,
) -> None:
    held = a_job("sync:a")
    await jobs.enqueue([held], now=NOW)
    [lease] = await leased(jobs)
    await jobs.finish(lease, Hold(reason="It ended each worker."), now=NOW)

    there = await jobs.enqueue([a_job("sync:a")], now=NOW)
    await jobs.cancel(NORRHAVN, held.id, now=NOW)
    newer = a_job("sync:a")
    after = await jobs.enqueue([newer], now=NOW)

    assert (there, after) == ([held.id], [newer.id])


async def test_organizations_keys_do_not_meet(jobs: StoredJobs) -> None:
    other = a_job("sync:a", organization=OrganizationId(id_of("other")))

    await jobs.enqueue([a_job("sync:a"), other], now=NOW)

    assert len(await leased(jobs)) == 2


async def test_what_is_asked_for_again_while_it_runs_runs_once_more(jobs: StoredJobs) -> None:
    given = a_job("pull:a", data={"from": 1})
    await jobs.enqueue([given], now=NOW)
    [lease] = await leased(jobs)

    there = await jobs.enqueue([a_job("pull:a", again=True)] * 2, now=NOW)
    await jobs.finish(lease, Done(), now=NOW)
    [second] = await leased(jobs)
    await jobs.finish(second, Done(), now=NOW)

    assert there == [given.id, given.id]
    assert (second.job.id, second.job.data) == (given.id, {"from": 1})
    assert await leased(jobs) == []


async def test_a_job_waits_until_its_time(jobs: StoredJobs) -> None:
    await jobs.enqueue([a_job(run_at=NOW + LONG)], now=NOW)

    assert await leased(jobs) == []


async def test_a_step_hands_its_state_to_the_next(jobs: StoredJobs) -> None:
    given = a_job(data={"done": 0})
    await jobs.enqueue([given], now=NOW)
    [lease] = await leased(jobs)

    await jobs.finish(lease, Again(run_at=NOW, data={"done": 1}, progress=0.5), now=NOW)
    between = await found(jobs, given)
    [second] = await leased(jobs)

    assert (between.state, between.progress) == (JobState.QUEUED, 0.5)
    assert (second.job.data, second.job.starts, second.job.failures) == ({"done": 1}, 1, 0)
    assert second.token == lease.token + 1


async def test_failures_in_a_row_are_counted_and_a_good_step_forgets_them(jobs: StoredJobs) -> None:
    given = a_job()
    await jobs.enqueue([given], now=NOW)

    counted = list[int]()
    for reason in ("It broke.", "It broke.", None):
        [lease] = await leased(jobs)
        await jobs.finish(lease, Again(run_at=NOW, data={}, reason=reason), now=NOW)
        counted.append((await found(jobs, given)).failures)

    assert counted == [1, 2, 0]


async def test_a_silent_workers_job_goes_to_another_and_its_own_end_is_refused(
    jobs: StoredJobs,
) -> None:
    given = a_job()
    await jobs.enqueue([given], now=NOW)
    [paused] = await leased(jobs)

    [taken] = await leased(jobs, worker=uuid4(), silence=AT_ONCE)
    with pytest.raises(LeaseLost, match=given.id):
        await jobs.finish(paused, Done(), now=NOW)

    assert (taken.token, taken.job.starts) == (paused.token + 1, 2)
    assert (await jobs.beat([paused, taken])).lost == {paused.key}
    await jobs.finish(taken, Done(), now=NOW)


async def test_a_late_end_does_not_take_the_job_from_its_new_worker(jobs: StoredJobs) -> None:
    await jobs.enqueue([a_job()], now=NOW)
    [paused] = await leased(jobs)
    await leased(jobs, worker=uuid4(), silence=AT_ONCE)

    with pytest.raises(LeaseLost):
        await jobs.finish(paused, Done(), now=NOW)

    assert len(await leased(jobs, worker=uuid4(), silence=AT_ONCE)) == 1


async def test_a_job_is_ended_once(jobs: StoredJobs) -> None:
    await jobs.enqueue([a_job()], now=NOW)
    [lease] = await leased(jobs)
    await jobs.finish(lease, Done(), now=NOW)

    with pytest.raises(LeaseLost):
        await jobs.finish(lease, Again(run_at=NOW, data={}), now=NOW)


async def test_a_job_that_ends_each_worker_is_held_with_the_reason(jobs: StoredJobs) -> None:
    given = a_job()
    await jobs.enqueue([given], now=NOW)

    starts = [len(await leased(jobs, silence=AT_ONCE)) for _ in range(MOST_STARTS + 1)]

    held = await found(jobs, given)
    assert starts == [1] * MOST_STARTS + [0]
    assert (held.state, held.reason) == (
        JobState.HELD,
        "It was begun 5 times, and each time its worker ended with it.",
    )
    assert await leased(jobs, silence=AT_ONCE) == []


async def test_a_held_job_goes_on_when_somebody_says_so(jobs: StoredJobs) -> None:
    given = a_job(data={"done": 3})
    await jobs.enqueue([given], now=NOW)
    [lease] = await leased(jobs)
    await jobs.finish(lease, Hold(reason="The key is wrong."), now=NOW)
    before = await found(jobs, given)

    after = await jobs.resume(NORRHAVN, given.id, now=NOW)
    [second] = await leased(jobs)

    assert (before.state, before.reason) == (JobState.HELD, "The key is wrong.")
    assert (after.state, after.reason) == (JobState.QUEUED, None)
    assert second.job.data == {"done": 3}


async def test_a_waiting_job_is_cancelled_at_once(jobs: StoredJobs) -> None:
    given = a_job()
    await jobs.enqueue([given], now=NOW)

    cancelled = await jobs.cancel(NORRHAVN, given.id, now=NOW)

    assert cancelled.state is JobState.CANCELLED
    assert await leased(jobs) == []


async def test_a_running_job_hears_that_it_is_to_end(jobs: StoredJobs) -> None:
    given = a_job()
    await jobs.enqueue([given], now=NOW)
    [lease] = await leased(jobs)

    asked = await jobs.cancel(NORRHAVN, given.id, now=NOW)
    pulse = await jobs.beat([lease])
    await jobs.finish(lease, Cancel(reason="Somebody did."), now=NOW)

    assert (asked.state, asked.is_cancelled) == (JobState.RUNNING, True)
    assert pulse.cancelled == {lease.key}
    assert (await found(jobs, given)).state is JobState.CANCELLED


@pytest.mark.parametrize("by_another", [True, False], ids=["a dead worker's", "between two steps"])
async def test_a_cancelled_job_is_never_begun_again(jobs: StoredJobs, *, by_another: bool) -> None:
    given = a_job()
    await jobs.enqueue([given], now=NOW)
    [lease] = await leased(jobs)
    await jobs.cancel(NORRHAVN, given.id, now=NOW)
    if not by_another:
        await jobs.finish(lease, Again(run_at=NOW, data={}), now=NOW)

    assert await leased(jobs, silence=AT_ONCE) == []
    assert (await found(jobs, given)).state is JobState.CANCELLED


async def test_what_is_over_is_neither_cancelled_nor_resumed(jobs: StoredJobs) -> None:
    given = a_job()
    await jobs.enqueue([given], now=NOW)
    [lease] = await leased(jobs)
    await jobs.finish(lease, Done(), now=NOW)

    assert (await jobs.cancel(NORRHAVN, given.id, now=NOW)).state is JobState.DONE
    assert (await jobs.resume(NORRHAVN, given.id, now=NOW)).state is JobState.DONE


async def test_a_job_that_is_not_there_is_named(jobs: StoredJobs) -> None:
    missing = JobId(id_of("nothing"))

    with pytest.raises(NotFound, match=missing):
        await jobs.cancel(NORRHAVN, missing, now=NOW)


async def test_a_job_is_there_if_and_only_if_the_callers_transaction_is(
    jobs: StoredJobs, engine: AsyncEngine
) -> None:
    async with engine.connect() as connection:
        await enqueue_on(connection, [a_job("undone")], now=NOW)
        await connection.rollback()
    async with engine.begin() as connection:
        await enqueue_on(connection, [a_job("kept", data={"kept": True})], now=NOW)

    [lease] = await leased(jobs)

    assert lease.job.data == {"kept": True}


async def test_jobs_are_listed_newest_first_and_page_by_page(jobs: StoredJobs) -> None:
    given = [a_job(subject=id_of("MT-1"), kind="sync") for _ in range(3)]
    await jobs.enqueue([*given, a_job(kind="other")], now=NOW)
    ids = [job.id for job in given]

    wanted = Wanted(subjects=[id_of("MT-1")], states=[JobState.QUEUED], kind="sync")
    first = await jobs.listed(NORRHAVN, wanted, first=2)
    rest = await jobs.listed(NORRHAVN, wanted, before=first[-1].id)

    assert [job.id for job in (*first, *rest)] == ids[::-1]


async def test_what_ended_long_ago_is_forgotten_and_nothing_else(jobs: StoredJobs) -> None:
    old, fresh, held = a_job(), a_job(), a_job()
    await jobs.enqueue([old, fresh, held], now=NOW)
    for lease in await leased(jobs):
        outcome = Hold(reason="Broken.") if lease.job.id == held.id else Done()
        ended = NOW + LONG if lease.job.id == fresh.id else NOW
        await jobs.finish(lease, outcome, now=ended)

    await StoredTidying(jobs.engine).tidy(NORRHAVN, now=NOW + JOBS_KEPT + LONG)

    assert {job.id for job in await jobs.listed(NORRHAVN)} == {fresh.id, held.id}


async def test_a_waiting_worker_is_woken_by_a_new_job(jobs: StoredJobs) -> None:
    async with jobs.listening():
        await jobs.wait(LANES, 5)  # the listener tells that it listens
        waiting = asyncio.create_task(jobs.wait(LANES, 60))
        await asyncio.sleep(0)
        await jobs.enqueue([a_job()], now=NOW)

        await asyncio.wait_for(waiting, 5)


@pytest.mark.parametrize("seconds", [0.0, 0.4], ids=["due", "due soon"])
async def test_a_worker_without_hints_waits_no_longer_than_until_the_next_job(
    jobs: StoredJobs, seconds: float
) -> None:
    await jobs.enqueue([a_job(run_at=NOW + timedelta(seconds=seconds))], now=NOW)

    await asyncio.wait_for(jobs.wait(LANES, 60), 5)

    assert len(await leased(jobs)) == 1
