"""Ten times the data takes the same number of statements."""

from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.actions.changes import Changes
from domain.links import Relation
from storage.atlases import StoredAtlases
from storage.observations import StoredObservations
from tests.builders import NOW, a_cycle, a_goal, a_journey, a_link, an_objective
from tests.storage.counting import statements
from tests.storage.records import PEOPLE, a_neighbour, changes
from tests.storage.series import DAY, NORRHAVN, START, a_query, days, with_sources

Asked = Callable[[int], Awaitable[object]]


def an_import(size: int, key: str) -> Changes:
    numbers = range(size)
    goals = [a_goal(f"G{n}") for n in numbers]
    journeys = [a_journey(f"J{n}", personas=(PEOPLE[0].id,)) for n in numbers]
    objectives = [an_objective(f"O{n}") for n in numbers]
    links = [a_link(f"G{n}", Relation.SERVED_BY, f"J{n}") for n in numbers]
    return changes(
        *(*PEOPLE, a_cycle(), *goals, *journeys, *objectives),
        links=links,
        organization=a_neighbour(key),
    )


async def counts(engine: AsyncEngine, asked: Asked) -> list[int]:
    """Count the statements for one and for ten."""
    found: list[int] = []
    for size in (1, 10):
        with statements(engine) as seen:
            await asked(size)
        found.append(len(seen))
    return found


async def test_applying(engine: AsyncEngine, atlases: StoredAtlases) -> None:
    few, many = await counts(
        engine, lambda size: atlases.apply(an_import(size, f"size {size}"), now=NOW)
    )

    assert few == many


async def test_loading(engine: AsyncEngine, atlases: StoredAtlases) -> None:
    for size in (1, 10):
        await atlases.apply(an_import(size, f"size {size}"), now=NOW)

    few, many = await counts(engine, lambda size: atlases.load(f"size {size}"))

    # Organization, nodes, 2 lists of nodes, 15 kinds, links.
    assert few == many == 20


async def test_recording(
    engine: AsyncEngine, atlases: StoredAtlases, observations: StoredObservations
) -> None:
    await with_sources(atlases)

    few, many = await counts(
        engine,
        lambda size: observations.record(NORRHAVN, days([size] * size), now=NOW),
    )

    # All new: lock, sources, insert, stamp, revision; with a revision two more.
    assert (few, many) == (5, 7)


@pytest.mark.parametrize("whole", [False, True], ids=["last", "whole"])
async def test_aggregating(
    whole: bool,  # noqa: FBT001 - a parameter of the test
    engine: AsyncEngine,
    atlases: StoredAtlases,
    observations: StoredObservations,
) -> None:
    await with_sources(atlases)
    await observations.record(NORRHAVN, days([1, 2, 3]), now=NOW)

    few, many = await counts(
        engine,
        lambda size: observations.aggregate(
            NORRHAVN, [a_query(end=START + n * DAY, whole=whole) for n in range(size)]
        ),
    )

    assert few == many == 1
