"""Readings: one reader at a time, what it recorded stays, and what a late one brings is refused.

The fake that other tests use keeps the same contract.
"""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.errors import NotFound
from domain.source import MetricSource, RunState, SourceError, SourceState
from ingest.reading import Readings
from storage.atlases import StoredAtlases
from storage.errors import LeaseLost
from storage.jobs.records import JobId
from storage.readings import Asked, Holding, NotNow, Progress, StoredReadings, Unread, Waiting
from storage.recording import RecordResult
from storage.sync_runs import StoredSyncRuns, SyncRun, WantedRuns
from tests.builders import NOW, Fields, id_of
from tests.readings import FakeReadings
from tests.storage.series import DAY, NORRHAVN, START, a_run, days, with_sources

LEASE = timedelta(seconds=15)
SOURCE = id_of("MT-1:csv")
LATER = NOW + timedelta(minutes=5)
ASKED = Progress(
    fingerprint="ours",
    asked={
        (): Asked(breakdown=(), start=START, end=NOW, newest=START + DAY),
        ("channel",): Asked(breakdown=("channel",), start=START, end=NOW),
    },
)


@pytest.fixture(params=["stored", "fake"])
async def readings(request: pytest.FixtureRequest, engine: AsyncEngine) -> Readings:
    if request.param == "fake":
        return FakeReadings()
    await with_sources(StoredAtlases(engine))
    return StoredReadings(engine)


def begun(**fields: Fields) -> SyncRun:
    """Make a run that has just begun."""
    defaults: dict[str, Fields] = {"finished_at": None, "state": RunState.RUNNING}
    return a_run(**{**defaults, **fields})


async def begin(
    readings: Readings, run: SyncRun, *, fingerprint: str = "ours", rests: timedelta = LEASE * 0
) -> Holding | Unread:
    return await readings.begin(NORRHAVN, run, fingerprint=fingerprint, lasts=LEASE, rests=rests)


async def held(readings: Readings, run: SyncRun, *, fingerprint: str = "ours") -> Holding:
    holding = await begin(readings, run, fingerprint=fingerprint)
    assert isinstance(holding, Holding)
    return holding


async def test_while_one_reads_nobody_else_does(readings: Readings) -> None:
    await held(readings, begun())

    other = await begin(readings, begun(id=id_of("run-2"), started_at=NOW + LEASE / 2))

    assert other == Unread(NotNow.HELD, NOW + LEASE)
    assert await readings.held_until(NORRHAVN, SOURCE, "sync") == NOW + LEASE


async def test_for_another_purpose_the_source_is_free(readings: Readings) -> None:
    await held(readings, begun())

    assert (await held(readings, begun(id=id_of("run-2"), purpose="backfill"))).token == 1


async def test_a_sign_of_life_keeps_others_off(readings: Readings) -> None:
    holding = await held(readings, begun())

    await readings.extend(holding, until=NOW + 2 * LEASE)
    other = await begin(readings, begun(id=id_of("run-2"), started_at=NOW + LEASE))

    assert other == Unread(NotNow.HELD, NOW + 2 * LEASE)


async def test_after_the_end_the_source_is_free_and_the_next_goes_on_from_there(
    readings: Readings,
) -> None:
    first = await held(readings, begun())
    over = begun(finished_at=LATER, state=RunState.OK)
    await readings.record(first, days([1]), run=over, progress=ASKED, now=LATER)

    second = await held(readings, begun(id=id_of("run-2"), started_at=LATER))

    assert (second.token, second.progress) == (first.token + 1, ASKED)


async def test_what_was_asked_with_other_settings_counts_no_more(readings: Readings) -> None:
    first = await held(readings, begun())
    over = begun(finished_at=LATER, state=RunState.OK)
    await readings.record(first, [], run=over, progress=ASKED, now=LATER)

    second = await held(readings, begun(id=id_of("run-2"), started_at=LATER), fingerprint="another")

    assert second.progress == Progress(fingerprint="another")


async def test_a_source_rests_after_it_was_tried(readings: Readings) -> None:
    first = await held(readings, begun())
    over = begun(finished_at=LATER, state=RunState.FAILING)
    await readings.record(first, [], run=over, progress=ASKED, now=LATER)
    soon = begun(id=id_of("run-2"), started_at=LATER + timedelta(seconds=59))

    assert await begin(readings, soon, rests=timedelta(minutes=1)) == Unread(
        NotNow.RESTS, LATER + timedelta(minutes=1)
    )
    assert isinstance(await begin(readings, soon), Holding)


async def test_a_source_that_works_on_a_question_is_left_alone_until_its_time(
    readings: Readings,
) -> None:
    waiting = Waiting(
        breakdown=(),
        start=START,
        end=NOW,
        asked_at=NOW,
        retry_at=LATER,
        resume="export 7",
        progress=0.5,
    )
    first = await held(readings, begun())
    over = begun(finished_at=NOW, state=RunState.WAITING)
    progress = replace(ASKED, waiting=waiting)
    await readings.record(first, [], run=over, progress=progress, now=NOW)

    early = await begin(readings, begun(id=id_of("run-2"), started_at=NOW), rests=2 * LEASE)
    in_time = await begin(
        readings, begun(id=id_of("run-3"), started_at=LATER), rests=timedelta(days=1)
    )

    assert isinstance(in_time, Holding)
    assert early == Unread(NotNow.WORKS, LATER)
    assert in_time.progress.waiting == waiting


async def test_who_was_silent_too_long_can_neither_record_nor_stay(readings: Readings) -> None:
    paused = await held(readings, begun())
    taken = await held(readings, begun(id=id_of("run-2"), started_at=NOW + LEASE))

    with pytest.raises(LeaseLost, match=SOURCE):
        await readings.record(paused, days([1, 2]), run=begun(step=1), progress=ASKED, now=LATER)
    with pytest.raises(LeaseLost):
        await readings.extend(paused, until=LATER)

    assert taken.token == paused.token + 1
    assert taken.progress == Progress(fingerprint="ours")


async def test_of_what_a_late_reader_brings_nothing_is_kept(
    engine: AsyncEngine, atlases: StoredAtlases
) -> None:
    await with_sources(atlases)
    readings = StoredReadings(engine)
    paused = await held(readings, begun())
    taken = await held(readings, begun(id=id_of("run-2"), started_at=NOW + LEASE))
    with pytest.raises(LeaseLost):
        await readings.record(paused, days([9, 9]), run=begun(step=1), progress=ASKED, now=NOW)

    over = begun(id=id_of("run-2"), finished_at=LATER, state=RunState.OK, step=1)
    result = await readings.record(taken, days([1, 2]), run=over, progress=ASKED, now=LATER)

    assert result == RecordResult(new=2)


async def test_a_run_can_be_watched_while_it_comes_along(
    engine: AsyncEngine, atlases: StoredAtlases
) -> None:
    await with_sources(atlases)
    readings, runs = StoredReadings(engine), StoredSyncRuns(engine)
    run = begun(job=JobId(id_of("job")))
    holding = await held(readings, run)
    [beginning] = await runs.listed(NORRHAVN)

    half = replace(run, token=holding.token, step=1, progress=0.5)
    first = await readings.record(holding, days([1, 2]), run=half, progress=ASKED, now=NOW)
    [between] = await runs.listed(NORRHAVN, WantedRuns(jobs=[JobId(id_of("job"))]))
    whole = replace(half, step=2, progress=1.0, state=RunState.OK, finished_at=LATER)
    await readings.record(
        holding, days([1, 9, 3]), run=replace(whole, recorded=first), progress=ASKED, now=LATER
    )
    [end] = await runs.listed(NORRHAVN, WantedRuns(states=[RunState.OK]))

    assert (beginning.state, beginning.progress, beginning.recorded) == (
        RunState.RUNNING,
        None,
        RecordResult(),
    )
    assert (between.progress, between.recorded) == (0.5, RecordResult(new=2))
    assert (end.progress, end.recorded) == (1.0, RecordResult(new=3, revised=1, unchanged=1))
    assert (end.finished_at, end.job) == (LATER, run.job)


async def test_an_answer_that_is_recorded_twice_counts_once(
    engine: AsyncEngine, atlases: StoredAtlases
) -> None:
    await with_sources(atlases)
    readings, runs = StoredReadings(engine), StoredSyncRuns(engine)
    holding = await held(readings, begun())

    for _ in range(2):  # as when the connection is lost after the commit arrived
        await readings.record(holding, days([1, 2]), run=begun(step=1), progress=ASKED, now=NOW)

    [run] = await runs.listed(NORRHAVN)
    assert run.recorded == RecordResult(new=2)


async def test_only_the_runs_for_keeping_a_source_up_to_date_tell_how_it_is(
    engine: AsyncEngine, atlases: StoredAtlases
) -> None:
    await with_sources(atlases)
    readings = StoredReadings(engine)
    run = begun(purpose="backfill")
    error = SourceError(code="TRANSIENT_ERROR", fault="VENDOR", message="Later.", at=LATER)
    over = replace(run, step=1, state=RunState.FAILING, finished_at=LATER, error=error)

    await readings.record(await held(readings, run), days([1]), run=over, progress=ASKED, now=NOW)

    atlas = await atlases.load("norrhavn")
    assert atlas is not None
    source = atlas.get(SOURCE, MetricSource)
    assert (source.state, source.error) == (SourceState.NEVER_SYNCED, None)


async def test_the_run_of_a_reader_that_is_gone_is_ended_by_the_next(
    engine: AsyncEngine, atlases: StoredAtlases
) -> None:
    await with_sources(atlases)
    readings, runs = StoredReadings(engine), StoredSyncRuns(engine)
    await held(readings, begun())
    await held(readings, begun(id=id_of("run-b"), purpose="backfill"))

    await held(readings, begun(id=id_of("run-2"), started_at=NOW + LEASE))

    states = {run.id: run.state for run in await runs.listed(NORRHAVN)}
    assert states == {
        id_of("run-1"): RunState.ABANDONED,
        id_of("run-b"): RunState.RUNNING,
        id_of("run-2"): RunState.RUNNING,
    }


async def test_runs_are_listed_latest_first_and_page_by_page(
    engine: AsyncEngine, atlases: StoredAtlases
) -> None:
    await with_sources(atlases)
    readings, runs = StoredReadings(engine), StoredSyncRuns(engine)
    for number in range(3):
        run = begun(id=id_of(f"run {number}"), started_at=NOW + number * LEASE)
        await held(readings, run)

    first = await runs.listed(NORRHAVN, WantedRuns(sources=[SOURCE]), first=2)
    rest = await runs.listed(NORRHAVN, before=(first[-1].started_at, first[-1].id))

    assert [run.id for run in (*first, *rest)] == [id_of(f"run {n}") for n in (2, 1, 0)]


async def test_a_source_that_is_not_there_can_not_be_read(
    engine: AsyncEngine, atlases: StoredAtlases
) -> None:
    await with_sources(atlases)

    with pytest.raises(NotFound, match="node"):
        await begin(StoredReadings(engine), begun(source=id_of("nothing")))
