"""Listening to sync runs: what is under way, then each change, and one look for all listeners."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from domain.node import OrganizationId
from domain.source import RunState
from ingest.watching import RunWatch
from storage.sync_runs import ALL_RUNS, SyncRun, WantedRuns
from tests.builders import NOW, Fields, id_of
from tests.storage.series import a_run

HERE = OrganizationId(id_of("norrhavn"))
SINCE = NOW + timedelta(hours=2)
"""When somebody begins to listen: the runs of a test that are over were over by then."""


@dataclass
class Ledger:
    """Runs in memory, newest first; `look` lets one look happen, and `looks` counts them.

    While it `is_away` nobody gets an answer.
    """

    runs: dict[str, SyncRun] = field(default_factory=dict[str, SyncRun])
    looks: int = 0
    most: int = 200
    is_away: bool = False
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))

    async def listed(
        self,
        organization: OrganizationId,
        wanted: WantedRuns = ALL_RUNS,
        *,
        first: int = 200,
        before: tuple[datetime, str] | None = None,
    ) -> list[SyncRun]:
        assert (organization, before) == (HERE, None)
        if wanted == ALL_RUNS:
            self.looks += 1
        if self.is_away:
            raise ConnectionError
        found = [
            run
            for run in self.runs.values()
            if (not wanted.states or run.state in wanted.states)
            and (not wanted.ids or run.id in wanted.ids)
        ]
        found.sort(key=lambda run: (run.started_at, run.id), reverse=True)
        return found[: min(first, self.most)]

    def write(self, *runs: SyncRun) -> None:
        self.runs |= {run.id: run for run in runs}

    async def sleep(self, seconds: float) -> None:
        assert seconds > 0
        await self.turns.acquire()

    def look(self) -> None:
        self.turns.release()


def running(number: int = 1, **fields: Fields) -> SyncRun:
    began = NOW + timedelta(minutes=number)
    run = a_run(id=id_of(f"run {number}"), started_at=began, finished_at=None)
    return replace(run, **{"state": RunState.RUNNING, **fields})


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


@pytest.fixture
def watch(ledger: Ledger) -> RunWatch:
    return RunWatch(ledger, sleep=ledger.sleep)


async def next_of(listening: AsyncIterator[SyncRun]) -> SyncRun:
    async with asyncio.timeout(5):
        return await anext(listening)


async def told(watch: RunWatch, ledger: Ledger, *steps: Sequence[SyncRun]) -> list[SyncRun]:
    """Write runs step by step, look after each, and give what a listener hears."""
    heard: list[SyncRun] = []
    async with aclosing(watch.listen(HERE, lambda _: True, since=SINCE)) as listening:
        for step in steps:
            waiting = asyncio.create_task(next_of(listening))
            await asyncio.sleep(0.01)
            ledger.write(*step)
            ledger.look()
            heard.append(await waiting)
    return heard


async def test_what_is_under_way_is_told_at_once_oldest_first(
    watch: RunWatch, ledger: Ledger
) -> None:
    ledger.write(running(1), running(2), a_run(id=id_of("over")))

    async with aclosing(watch.listen(HERE, lambda _: True, since=SINCE)) as listening:
        heard = [await next_of(listening), await next_of(listening)]

    assert heard == [running(1), running(2)]


async def test_each_step_of_a_run_is_told_from_its_beginning_to_its_end(
    watch: RunWatch, ledger: Ledger
) -> None:
    begun, half = running(), running(step=1, progress=0.5)
    over = replace(half, state=RunState.OK, progress=1.0, finished_at=NOW, step=2)

    assert await told(watch, ledger, [begun], [half], [over]) == [begun, half, over]


async def test_a_run_that_ends_between_two_looks_is_told(watch: RunWatch, ledger: Ledger) -> None:
    short = a_run(id=id_of("short"))

    assert await told(watch, ledger, [short]) == [short]


async def test_a_run_that_ended_before_the_first_look_is_told_if_it_was_listened_for_by_then(
    watch: RunWatch, ledger: Ledger
) -> None:
    before, short = (
        a_run(id=id_of(f"at {at}"), started_at=at, finished_at=at)
        for at in (SINCE - timedelta(seconds=1), SINCE)
    )
    ledger.write(before, short, running(1))

    async with aclosing(watch.listen(HERE, lambda _: True, since=SINCE)) as listening:
        first = await next_of(listening), await next_of(listening)
        # Who comes later begins with what was seen, without another look.
        async with aclosing(watch.listen(HERE, lambda _: True, since=SINCE)) as another:
            second = await next_of(another), await next_of(another)

    assert first == second == (running(1), short)
    assert ledger.looks == 1


async def test_a_run_that_is_awaited_is_told_though_it_ended_and_many_began_since(
    watch: RunWatch, ledger: Ledger
) -> None:
    ledger.most = 1
    over = running(0, state=RunState.OK, finished_at=NOW + timedelta(minutes=1))
    ledger.write(over, *(a_run(id=id_of(f"run {n}"), started_at=SINCE) for n in (1, 2)))

    listening = watch.listen(
        HERE, lambda run: run.id == over.id, since=over.started_at, run=over.id
    )
    async with aclosing(listening):
        assert await next_of(listening) == over


async def test_a_long_run_is_told_though_many_began_after_it(
    watch: RunWatch, ledger: Ledger
) -> None:
    ledger.most = 2
    long, over = running(0), running(0, state=RunState.OK, finished_at=NOW)
    ledger.write(long)
    others = [running(number, state=RunState.OK, finished_at=NOW) for number in (1, 2)]

    async with aclosing(
        watch.listen(HERE, lambda run: run.id == long.id, since=SINCE)
    ) as listening:
        assert await next_of(listening) == long
        waiting = asyncio.create_task(next_of(listening))
        for runs in (others, [over]):
            await asyncio.sleep(0.01)
            ledger.write(*runs)
            ledger.look()

        assert await waiting == over


async def test_a_slow_listener_hears_how_a_run_stands_and_not_how_it_stood(
    watch: RunWatch, ledger: Ledger
) -> None:
    ledger.write(running(1))
    async with aclosing(watch.listen(HERE, lambda _: True, since=SINCE)) as listening:
        assert await next_of(listening) == running(1)
        for step in (1, 2, 3):
            await asyncio.sleep(0.01)
            ledger.write(running(1, step=step))
            ledger.look()
        await asyncio.sleep(0.01)

        assert await next_of(listening) == running(1, step=3)


async def test_whoever_listens_goes_on_when_the_database_is_back(
    watch: RunWatch, ledger: Ledger, caplog: pytest.LogCaptureFixture
) -> None:
    async with aclosing(watch.listen(HERE, lambda _: True, since=SINCE)) as listening:
        waiting = asyncio.create_task(next_of(listening))
        for is_away in (True, False):
            await asyncio.sleep(0.01)
            ledger.is_away = is_away
            ledger.write(running())
            ledger.look()

        assert await waiting == running()
    assert "can't be looked up" in caplog.text


async def test_only_what_is_wanted_is_told(watch: RunWatch, ledger: Ledger) -> None:
    ledger.write(running(1), running(2))

    async with aclosing(
        watch.listen(HERE, lambda run: run.id == running(2).id, since=SINCE)
    ) as listening:
        assert await next_of(listening) == running(2)


async def test_however_many_listen_it_is_looked_once_and_then_no_more(
    watch: RunWatch, ledger: Ledger
) -> None:
    ledger.write(running(1))
    listening = [watch.listen(HERE, lambda _: True, since=SINCE) for _ in range(5)]
    for each in listening:
        assert await next_of(each) == running(1)
    await asyncio.sleep(0.01)
    looks = ledger.looks
    ledger.look()
    await asyncio.sleep(0.01)

    assert (looks, ledger.looks) == (1, 2)
    for each in listening:
        await each.aclose()
    ledger.look()
    await asyncio.sleep(0.01)
    assert ledger.looks == 2
