"""What is read since a held revision leads to the Atlas that a full load gives."""

import asyncio
import random
import threading
from collections.abc import Sequence
from dataclasses import replace

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.atlas import Atlas
from domain.links import Relation
from domain.node import Kind
from domain.ports import WindowQuery
from domain.source import MetricSource, RunState, SourceError
from storage.atlases import StoredAtlases
from storage.engine import create_engine
from storage.observations import StoredObservations
from storage.sync_runs import SyncRun
from tests.builders import NOW, a_goal, a_journey, a_link, an_observation, id_of
from tests.changing import foundation, random_changes
from tests.storage.counting import statements
from tests.storage.records import EVERY_RECORD, LINKS, changes
from tests.storage.series import NORRHAVN, a_query, a_run, with_sources

STEPS = 12


async def refreshed(atlases: StoredAtlases, held: Atlas) -> Atlas:
    reading = await atlases.read("norrhavn", held)
    assert reading is not None
    return reading.atlas


async def loaded(atlases: StoredAtlases) -> Atlas:
    atlas = await atlases.load("norrhavn")
    assert atlas is not None
    return atlas


def a_run_of(source: MetricSource, number: int, *, fails: bool = False) -> SyncRun:
    error = SourceError(code="QUOTA", fault="vendor", message="Later.", at=NOW)
    return a_run(
        id=id_of(f"run {number}"),
        source=source.id,
        state=RunState.FAILING if fails else RunState.OK,
        error=error if fails else None,
    )


async def something_happens(
    atlases: StoredAtlases,
    observations: StoredObservations,
    present: Atlas,
    chance: random.Random,
) -> None:
    """Change the atlas or, where it has a source, record what one brought."""
    sources = list(present.by_kind.get(Kind.METRIC_SOURCE, ()))
    if not sources or chance.random() < 0.7:
        await atlases.apply(random_changes(present, chance), now=NOW)
        return
    source = present.get(chance.choice(sources).id, MetricSource)
    run = a_run_of(source, present.revision, fails=chance.random() < 0.3)
    value = replace(an_observation(present.revision), source=source.id, metric=source.metric)
    brought = [] if run.error else [value]
    await observations.record(
        NORRHAVN, brought, now=NOW, run=run if chance.random() < 0.8 else None
    )


@pytest.mark.parametrize("seed", range(15))
async def test_after_any_writes_it_equals_a_full_load(
    seed: int, atlases: StoredAtlases, observations: StoredObservations
) -> None:
    chance = random.Random(seed)  # noqa: S311 - a repeatable case, no secret
    await atlases.apply(foundation(), now=NOW)
    held = lagging = await loaded(atlases)

    for _ in range(STEPS):
        await something_happens(atlases, observations, await loaded(atlases), chance)
        held = await refreshed(atlases, held)

        assert held == await loaded(atlases)

    assert await refreshed(atlases, lagging) == held


async def test_every_kind_of_record_and_link_comes_with_all_it_has(atlases: StoredAtlases) -> None:
    await atlases.apply(changes(), now=NOW)
    held = await loaded(atlases)

    await atlases.apply(changes(*EVERY_RECORD, base=1, links=LINKS), now=NOW)

    assert await refreshed(atlases, held) == await loaded(atlases)


async def test_what_did_not_change_is_the_same_object(atlases: StoredAtlases) -> None:
    await atlases.apply(changes(*EVERY_RECORD, links=LINKS), now=NOW)
    held = await loaded(atlases)

    await atlases.apply(changes(a_goal("BG2"), base=1), now=NOW)

    moved = await refreshed(atlases, held)
    assert all(moved.nodes[node] is record for node, record in held.nodes.items())
    assert moved.by_kind[Kind.JOURNEY] is held.by_kind[Kind.JOURNEY]
    assert moved.outgoing is held.outgoing


async def test_the_same_revision_is_the_same_atlas(atlases: StoredAtlases) -> None:
    await atlases.apply(changes(a_goal()), now=NOW)
    held = await loaded(atlases)

    assert await refreshed(atlases, held) is held


async def test_a_link_made_and_undone_since_is_no_link(atlases: StoredAtlases) -> None:
    link = a_link("BG1", Relation.SERVED_BY, "MJ1")
    await atlases.apply(changes(a_goal(), a_journey()), now=NOW)
    held = await loaded(atlases)

    await atlases.apply(changes(base=1, links=[link]), now=NOW)
    await atlases.apply(changes(base=2, unlinked=[link]), now=NOW)

    moved = await refreshed(atlases, held)
    assert moved.links_from(id_of("BG1"), Relation.SERVED_BY) == ()
    assert moved == await loaded(atlases)


async def test_one_or_ten_changes_take_the_same_statements(
    atlases: StoredAtlases, engine: AsyncEngine
) -> None:
    await atlases.apply(foundation(), now=NOW)
    counts: list[int] = []
    for size in (1, 10):
        held = await loaded(atlases)
        journeys = [a_journey(f"J{n:02}", title=f"size {size}") for n in range(size)]
        await atlases.apply(changes(*journeys, base=held.revision), now=NOW)
        with statements(engine) as seen:
            await refreshed(atlases, held)
        counts.append(len(seen))

    # Organization, nodes, journeys, links.
    assert counts == [4, 4]


async def test_a_recording_moves_only_the_sources_that_brought_something(
    atlases: StoredAtlases, observations: StoredObservations
) -> None:
    await with_sources(atlases)
    held = await loaded(atlases)

    await observations.record(NORRHAVN, [an_observation(1)], now=NOW)

    moved = await refreshed(atlases, held)
    assert [node for node in held.nodes if moved.nodes[node] is not held.nodes[node]] == [
        id_of("MT-1:csv")
    ]


async def test_what_is_recorded_while_an_atlas_is_read_is_not_in_its_values(
    database_url: str, atlases: StoredAtlases, observations: StoredObservations
) -> None:
    await with_sources(atlases)
    await observations.record(NORRHAVN, [an_observation(1)], now=NOW)
    query = a_query()

    def questions(_: Atlas) -> Sequence[WindowQuery]:
        in_another_process = threading.Thread(
            target=asyncio.run, args=(record_a_two(database_url),)
        )
        in_another_process.start()
        in_another_process.join()
        return [query]

    reading = await atlases.read("norrhavn", None, questions)

    assert reading is not None
    assert reading.atlas.revision == 2
    assert reading.aggregates[query].last.value == 1
    assert await atlases.revision("norrhavn") == 3


async def record_a_two(url: str) -> None:
    engine = create_engine(url)
    await StoredObservations(engine).record(NORRHAVN, [an_observation(2)], now=NOW)
    await engine.dispose()
