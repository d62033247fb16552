"""Long work leaves the event loop to others, and comes to the same."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

import pytest

from domain.atlas import Atlas
from domain.view import View
from storage import beside as module
from storage.atlases import StoredAtlases
from storage.beside import LITTLE, beside
from storage.cache import AtlasCache
from storage.observations import StoredObservations
from tests.builders import NOW, a_journey, an_observation
from tests.storage.records import EVERY_RECORD, LINKS, changes
from tests.storage.series import NORRHAVN, with_sources

P = ParamSpec("P")
T = TypeVar("T")

PATIENCE_SECONDS = 10


class Threads(ThreadPoolExecutor):
    """Counts the work that threads are given."""

    works = 0

    def submit(self, work: Callable[P, T], /, *given: P.args, **named: P.kwargs) -> Future[T]:
        self.works += 1
        return super().submit(work, *given, **named)


@pytest.fixture
async def threads(monkeypatch: pytest.MonkeyPatch) -> Threads:
    """Take all work for much, and count what threads get of it."""
    monkeypatch.setattr(module, "LITTLE", -1)
    counting = Threads()
    asyncio.get_running_loop().set_default_executor(counting)
    return counting


async def test_the_event_loop_goes_on_beside_much_work() -> None:
    happened = threading.Event()
    asyncio.get_running_loop().call_soon(happened.set)

    assert await beside(lambda: happened.wait(PATIENCE_SECONDS), LITTLE + 1)


async def test_a_little_work_is_done_at_once() -> None:
    assert await beside(threading.get_ident, LITTLE) == threading.get_ident()


async def loaded(atlases: StoredAtlases) -> Atlas:
    atlas = await atlases.load("norrhavn")
    assert atlas is not None
    return atlas


async def test_an_atlas_made_beside_the_loop_is_the_same(
    atlases: StoredAtlases, threads: Threads, monkeypatch: pytest.MonkeyPatch
) -> None:
    await atlases.apply(changes(*EVERY_RECORD, links=LINKS), now=NOW)

    there, works = await loaded(atlases), threads.works
    monkeypatch.setattr(module, "LITTLE", LITTLE)
    here = await loaded(atlases)

    assert there == here
    # Nodes, 2 lists of nodes, 15 kinds, links, indexes.
    assert works == threads.works == 20


async def test_a_refresh_made_beside_the_loop_is_the_same(
    atlases: StoredAtlases, threads: Threads
) -> None:
    await atlases.apply(changes(*EVERY_RECORD, links=LINKS), now=NOW)
    held = await loaded(atlases)
    await atlases.apply(changes(a_journey("MJ9"), base=1), now=NOW)
    before = threads.works

    reading = await atlases.read("norrhavn", held)

    assert reading is not None
    assert reading.atlas == await loaded(atlases)
    # Nodes, the one changed kind, links, indexes, questions; then the 20 of the load.
    assert threads.works - before == 5 + 20


async def test_a_view_made_beside_the_loop_is_the_same(
    atlases: StoredAtlases,
    observations: StoredObservations,
    threads: Threads,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await with_sources(atlases)
    await observations.record(NORRHAVN, [an_observation(1)], now=NOW)

    async def seen() -> View:
        return await AtlasCache(atlases).view("norrhavn", now=NOW)

    there, works = await seen(), threads.works
    monkeypatch.setattr(module, "LITTLE", LITTLE)

    assert there == await seen()
    assert [answer.last.value for answer in there.aggregates.values()] == [1]
    # The load's 20, the questions, their parameters, the answers, and all put together.
    assert works == threads.works == 24
