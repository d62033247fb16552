"""An Atlas is loaded once a revision, its values are read once a day, and memory is bounded."""

import asyncio
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.atlas import Atlas
from domain.errors import NotFound
from domain.metric import Metric
from domain.node import NodeId
from domain.value import metric_value
from storage.atlases import Questions, Reading, StoredAtlases, no_questions
from storage.cache import VIEWS_PER_ATLAS, AtlasCache
from storage.observations import StoredObservations
from tests.builders import NOW, TODAY, a_goal, a_journey, an_observation, id_of
from tests.storage.counting import statements
from tests.storage.records import a_neighbour, changes
from tests.storage.series import NORRHAVN, SOURCES, with_sources

SECOND = timedelta(seconds=1)


class CountingAtlases(StoredAtlases):
    """Counts what is read, and notes which questions are asked."""

    loads = 0
    refreshes = 0

    def __init__(self, engine: AsyncEngine) -> None:
        super().__init__(engine)
        self.asked: list[list[NodeId]] = []

    async def read(
        self,
        organization_key: str,
        held: Atlas | None,
        questions: Questions = no_questions,
        *,
        known_at: datetime | None = None,
    ) -> Reading | None:
        reading = await super().read(organization_key, held, questions, known_at=known_at)
        if reading and reading.atlas is not held:
            self.loads += held is None
            self.refreshes += held is not None
        if reading and reading.asked:
            self.asked.append(sorted({query.source for query in reading.asked}))
        return reading


@pytest.fixture
def atlases(engine: AsyncEngine) -> CountingAtlases:
    return CountingAtlases(engine)


@pytest.fixture
def cache(atlases: CountingAtlases) -> AtlasCache:
    return AtlasCache(atlases)


async def test_an_atlas_is_loaded_once_a_revision(
    cache: AtlasCache, atlases: CountingAtlases
) -> None:
    await atlases.apply(changes(a_goal()), now=NOW)

    first, again = await cache.current("norrhavn"), await cache.current("norrhavn")
    await atlases.apply(changes(a_journey(), base=1), now=NOW)
    moved = await cache.current("norrhavn")

    assert first is again
    assert (first.revision, len(first.nodes)) == (1, 1)
    assert (moved.revision, len(moved.nodes)) == (2, 2)
    assert (atlases.loads, atlases.refreshes) == (1, 1)


async def test_an_unchanged_atlas_costs_one_small_statement(
    cache: AtlasCache, atlases: CountingAtlases, engine: AsyncEngine
) -> None:
    await atlases.apply(changes(a_goal()), now=NOW)
    await cache.view("norrhavn", now=NOW)

    with statements(engine) as seen:
        await cache.view("norrhavn", now=NOW)

    assert len(seen) == 1
    assert "organizations.revision" in seen[0]


async def test_fifty_who_ask_at_once_share_one_load_and_one_view(
    cache: AtlasCache, atlases: CountingAtlases
) -> None:
    await atlases.apply(changes(a_goal()), now=NOW)

    views = await asyncio.gather(*(cache.view("norrhavn", now=NOW) for _ in range(50)))

    assert atlases.loads == 1
    assert len({id(view) for view in views}) == 1


async def test_whoever_gives_up_waiting_spoils_it_for_nobody(
    cache: AtlasCache, atlases: CountingAtlases
) -> None:
    await atlases.apply(changes(a_goal()), now=NOW)
    first, second = (asyncio.create_task(cache.current("norrhavn")) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()

    assert (await second).revision == 1


async def test_an_unknown_organization_is_named(cache: AtlasCache) -> None:
    with pytest.raises(NotFound, match="nobody"):
        await cache.current("nobody")


async def test_a_database_that_was_set_back_is_noticed(
    cache: AtlasCache, atlases: CountingAtlases, engine: AsyncEngine
) -> None:
    await atlases.apply(changes(a_goal(title="old")), now=NOW)
    await atlases.apply(changes(a_goal(title="new"), base=1), now=NOW)
    await cache.current("norrhavn")

    async with engine.begin() as connection:
        await connection.exec_driver_sql("UPDATE nodes SET title = 'old'")
        await connection.exec_driver_sql("UPDATE organizations SET revision = 1")

    assert (await cache.current("norrhavn")).nodes[id_of("BG1")].title == "old"


async def test_the_least_recently_used_organization_leaves_when_there_are_too_many_nodes(
    atlases: CountingAtlases,
) -> None:
    # Two nodes each, room for five: A and B fit, and C drives out B, for A was asked for last.
    cache = AtlasCache(atlases, max_nodes=5)
    for key in ("A", "B", "C"):
        two = changes(a_goal(), a_journey(), organization=a_neighbour(key))
        await atlases.apply(two, now=NOW)
    for key in ("A", "B", "A", "C"):
        await cache.current(key)
    assert atlases.loads == 3

    await cache.current("A")
    assert atlases.loads == 3

    await cache.current("B")
    assert atlases.loads == 4


async def test_one_organization_larger_than_the_bound_is_still_held(
    atlases: CountingAtlases,
) -> None:
    cache = AtlasCache(atlases, max_nodes=1)
    await atlases.apply(changes(a_goal(), a_journey()), now=NOW)

    assert await cache.current("norrhavn") is await cache.current("norrhavn")
    assert atlases.loads == 1


async def the_value(cache: AtlasCache, *, as_of: date | None = None) -> object:
    view = await cache.view("norrhavn", now=NOW, as_of=as_of)
    return metric_value(view, view.atlas.get(id_of("MT-1"), Metric)).value


async def test_a_view_carries_the_values_of_its_day(
    cache: AtlasCache, atlases: CountingAtlases, observations: StoredObservations
) -> None:
    await with_sources(atlases)
    older, newer = an_observation(1, end=date(2026, 10, 1)), an_observation(2)
    await observations.record(NORRHAVN, [older, newer], now=NOW)

    assert await the_value(cache) == 2
    assert await the_value(cache, as_of=date(2026, 10, 15)) == 1
    assert await the_value(cache, as_of=date(2026, 9, 1)) is None


async def test_a_recorded_value_is_in_the_next_view(
    cache: AtlasCache, atlases: CountingAtlases, observations: StoredObservations
) -> None:
    await with_sources(atlases)
    await observations.record(NORRHAVN, [an_observation(1)], now=NOW)
    assert await the_value(cache) == 1

    await observations.record(NORRHAVN, [an_observation(2)], now=NOW)

    assert await the_value(cache) == 2


async def test_only_sources_that_brought_something_are_asked_again(
    cache: AtlasCache, atlases: CountingAtlases, observations: StoredObservations
) -> None:
    await with_sources(atlases)
    await cache.view("norrhavn", now=NOW)
    await observations.record(NORRHAVN, [an_observation(1)], now=NOW)
    await observations.record(NORRHAVN, [an_observation(2, metric="MT-2")], now=NOW)
    await cache.current("norrhavn")

    await observations.record(NORRHAVN, [an_observation(3)], now=NOW)
    view = await cache.view("norrhavn", now=NOW)

    first, second = atlases.asked
    assert first == sorted(id_of(f"{metric}:{connection}") for metric, connection in SOURCES)
    assert second == sorted([id_of("MT-1:csv"), id_of("MT-2:csv")])
    assert {answer.last.value for answer in view.aggregates.values()} == {2, 3}


async def test_a_write_that_touches_no_source_asks_for_no_value(
    cache: AtlasCache, atlases: CountingAtlases, observations: StoredObservations
) -> None:
    await with_sources(atlases)
    await observations.record(NORRHAVN, [an_observation(1)], now=NOW)
    before = await cache.view("norrhavn", now=NOW)

    await atlases.apply(changes(a_goal(), base=2), now=NOW)
    after = await cache.view("norrhavn", now=NOW)

    assert len(atlases.asked) == 1
    assert after.aggregates == before.aggregates


async def test_answers_from_before_a_database_was_set_back_are_forgotten(
    cache: AtlasCache,
    atlases: CountingAtlases,
    observations: StoredObservations,
    engine: AsyncEngine,
) -> None:
    await with_sources(atlases)
    await observations.record(NORRHAVN, [an_observation(1)], now=NOW)
    assert await the_value(cache) == 1

    async with engine.begin() as connection:
        await connection.exec_driver_sql("DELETE FROM observations")
        await connection.exec_driver_sql("UPDATE nodes SET revision = 1")
        await connection.exec_driver_sql("UPDATE organizations SET revision = 1")
    await cache.current("norrhavn")
    await atlases.apply(changes(a_goal(), base=1), now=NOW)

    assert await the_value(cache) is None


async def test_a_view_knows_only_what_was_known(
    cache: AtlasCache, atlases: CountingAtlases, observations: StoredObservations
) -> None:
    await with_sources(atlases)
    await observations.record(NORRHAVN, [an_observation(1)], now=NOW)

    before = await cache.view("norrhavn", now=NOW, known_at=NOW - SECOND)
    after = await cache.view("norrhavn", now=NOW, known_at=NOW)

    assert (len(before.aggregates), len(after.aggregates) > 0) == (0, True)
    assert before.known_at == NOW - SECOND


# The remembered view was made for second 0; ages count from a view's instant.
INSTANTS = [
    pytest.param(0, True, id="the same instant"),
    pytest.param(59, True, id="less than a minute later"),
    pytest.param(60, False, id="a minute later"),
    pytest.param(-1, False, id="a clock that was set back"),
]


@pytest.mark.parametrize(("seconds", "same"), INSTANTS)
async def test_a_view_is_shared_for_less_than_a_minute_its_answers_for_the_whole_revision(
    seconds: int,
    same: bool,  # noqa: FBT001 - a parameter of the test
    cache: AtlasCache,
    atlases: CountingAtlases,
) -> None:
    await atlases.apply(changes(a_goal()), now=NOW)
    first = await cache.view("norrhavn", now=NOW)

    second = await cache.view("norrhavn", now=NOW + seconds * SECOND)

    assert (second is first) == same
    assert second.aggregates is first.aggregates
    assert (second.instant == first.instant) == same


async def test_the_views_of_many_days_are_bounded(
    cache: AtlasCache, atlases: CountingAtlases
) -> None:
    await atlases.apply(changes(a_goal()), now=NOW)
    days = [TODAY - timedelta(days=number) for number in range(VIEWS_PER_ATLAS + 1)]

    views = [await cache.view("norrhavn", now=NOW, as_of=day) for day in days]

    assert await cache.view("norrhavn", now=NOW, as_of=days[-1]) is views[-1]
    assert await cache.view("norrhavn", now=NOW, as_of=days[0]) is not views[0]
