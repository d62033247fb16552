"""Pages of sync runs: newest first, on from any place, for many owners in one statement."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.node import NodeId, OrganizationId
from storage.atlases import StoredAtlases
from storage.recording import RecordResult
from storage.run_pages import RunsAsked, StoredRunPages
from storage.sync_runs import SyncRun, keep_run
from tests.builders import NOW, Fields, id_of
from tests.storage.counting import statements
from tests.storage.series import NORRHAVN, SOURCES, a_run, with_sources

ALL = tuple(id_of(":".join(names)) for names in SOURCES)
CSV = id_of("MT-1:csv")


def run_of(number: int, source: NodeId) -> SyncRun:
    """Make a run: two of them begin in each minute."""
    began = NOW + timedelta(minutes=number // 2)
    return a_run(id=id_of(f"run {number}"), source=source, started_at=began, finished_at=began)


RUNS = [run_of(number, ALL[number % 3]) for number in range(12)]
NEWEST_FIRST = sorted(RUNS, key=lambda run: (run.started_at, run.id), reverse=True)


@pytest.fixture
async def pages(atlases: StoredAtlases, engine: AsyncEngine) -> StoredRunPages:
    await with_sources(atlases)
    async with engine.begin() as connection:
        for run in RUNS:
            await keep_run(connection, NORRHAVN, run, RecordResult(new=1))
    return StoredRunPages(engine)


async def ids(
    pages: StoredRunPages, size: int, sources: Sequence[NodeId] = ALL, **stretch: Fields
) -> tuple[list[str], bool]:
    asked = RunsAsked(owner=id_of("csv"), sources=tuple(sources), size=size, **stretch)
    [found] = await pages.slices(NORRHAVN, [asked])
    return [run.id for run in found.runs], found.has_more


def expected(runs: Sequence[SyncRun]) -> list[str]:
    return [run.id for run in runs]


async def test_the_newest_come_first_whichever_source_they_are_of(pages: StoredRunPages) -> None:
    assert await ids(pages, 5) == (expected(NEWEST_FIRST[:5]), True)
    assert await ids(pages, 12) == (expected(NEWEST_FIRST), False)


async def test_a_page_goes_on_where_another_ended_though_runs_began_at_once(
    pages: StoredRunPages,
) -> None:
    seen, after = list[str](), None

    for _ in range(3):
        found, _more = await ids(pages, 5, after=after)
        seen += found
        last = next(run for run in RUNS if run.id == found[-1])
        after = (last.started_at, last.id)

    assert seen == expected(NEWEST_FIRST)


async def test_the_oldest_can_be_asked_for_too(pages: StoredRunPages) -> None:
    place = (NEWEST_FIRST[7].started_at, NEWEST_FIRST[7].id)

    assert await ids(pages, 2, from_end=True) == (expected(NEWEST_FIRST[-2:]), True)
    assert await ids(pages, 3, before=place, from_end=True) == (expected(NEWEST_FIRST[4:7]), True)
    assert await ids(pages, 50, before=place) == (expected(NEWEST_FIRST[:7]), False)


async def test_a_source_has_its_own_and_nothing_of_others(pages: StoredRunPages) -> None:
    own = [run for run in NEWEST_FIRST if run.source == CSV]

    assert await ids(pages, 50, [CSV]) == (expected(own), False)
    assert await ids(pages, 50, []) == ([], False)
    assert await ids(pages, 0) == ([], True)


async def test_another_organization_sees_none(pages: StoredRunPages) -> None:
    rival = OrganizationId(id_of("rival"))
    asked = RunsAsked(owner=id_of("csv"), sources=ALL, size=5)

    [found] = await pages.slices(rival, [asked])

    assert found.runs == []
    assert await pages.counts(rival, {id_of("csv"): ALL}) == {}
    assert await pages.find(rival, RUNS[0].id) is None


async def test_a_run_is_found_again_as_it_was_kept(pages: StoredRunPages) -> None:
    found = await pages.find(NORRHAVN, RUNS[3].id)

    assert found is not None
    assert (found.id, found.source, found.recorded.new) == (RUNS[3].id, RUNS[3].source, 1)
    assert await pages.find(NORRHAVN, id_of("no run")) is None


async def test_runs_are_counted_by_owner(pages: StoredRunPages) -> None:
    owned = {id_of("csv"): ALL[::2], id_of("manual"): ALL[1:2], id_of("empty"): ()}

    assert await pages.counts(NORRHAVN, owned) == {id_of("csv"): 8, id_of("manual"): 4}


@pytest.mark.parametrize("owners", [1, 10])
async def test_however_many_ask_it_is_one_statement(
    pages: StoredRunPages, engine: AsyncEngine, owners: int
) -> None:
    asked = [
        RunsAsked(owner=id_of(f"owner {number}"), sources=ALL, size=2) for number in range(owners)
    ]

    with statements(engine) as seen:
        found = await pages.slices(NORRHAVN, asked)
        await pages.counts(NORRHAVN, {each.owner: each.sources for each in asked})

    assert len(seen) == 2
    assert [[run.id for run in each.runs] for each in found] == [
        expected(NEWEST_FIRST[:2])
    ] * owners
