"""Observations one by one: stretch after stretch the whole, each once, along the primary key."""

import random
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.metric import Observation
from domain.ports import ObservationKey, ObservationsAsked, Stretch
from storage.atlases import StoredAtlases
from storage.listing import listing
from storage.observations import StoredObservations
from tests.builders import NOW, id_of
from tests.fakes import FakeObservations
from tests.storage.records import a_neighbour
from tests.storage.series import (
    DAY,
    NORRHAVN,
    START,
    a_random_observation,
    days,
    with_sources,
)

LATER = NOW + timedelta(hours=1)
EVERYTHING = Stretch(limit=1_000)


def key_of(observation: Observation) -> ObservationKey:
    return ObservationKey(
        metric=observation.metric,
        source=observation.source,
        dimensions=observation.dimensions,
        end=observation.end,
        start=observation.start,
    )


async def test_stretches_are_the_whole_each_observation_once(
    atlases: StoredAtlases, observations: StoredObservations
) -> None:
    chance = random.Random(11)  # noqa: S311 - repeatable, not secret
    await with_sources(atlases)
    given = [a_random_observation(chance, NOW) for _ in range(200)]
    await observations.record(NORRHAVN, given, now=NOW)

    found: list[Observation] = []
    while stretch := await observations.listed(
        NORRHAVN,
        ObservationsAsked(),
        Stretch(after=key_of(found[-1]) if found else None, limit=7),
    ):
        found += stretch

    assert found == await FakeObservations(given).listed(NORRHAVN, ObservationsAsked(), EVERYTHING)
    assert found == await observations.listed(NORRHAVN, ObservationsAsked(), EVERYTHING)


async def test_an_offset_counts_from_where_the_stretch_begins(
    atlases: StoredAtlases, observations: StoredObservations
) -> None:
    await with_sources(atlases)
    await observations.record(NORRHAVN, days([1, 2, 3, 4, 5]), now=NOW)
    second = key_of(days([1, 2])[1])

    found = await observations.listed(
        NORRHAVN, ObservationsAsked(), Stretch(after=second, offset=1, limit=1)
    )

    assert [each.value for each in found] == [4]


@pytest.mark.parametrize(
    ("asked", "values"),
    [
        pytest.param(ObservationsAsked(), {1, 2, 3, 4, None}, id="all"),
        pytest.param(ObservationsAsked(metrics=(id_of("MT-2"),)), {4}, id="of a metric"),
        pytest.param(ObservationsAsked(metrics=()), set[int](), id="of no metric"),
        pytest.param(
            ObservationsAsked(left_out=(id_of("MT-1:csv"), id_of("MT-2:csv"))),
            {3},
            id="without two sources",
        ),
        # The second day ends on the third at midnight.
        pytest.param(ObservationsAsked(ended_after=START + DAY), {2, None}, id="ended after"),
        pytest.param(ObservationsAsked(ended_by=START + DAY), {1, 3, 4}, id="ended by"),
        pytest.param(ObservationsAsked(recorded_since=LATER), {3, 4}, id="recorded since"),
    ],
)
async def test_only_what_is_asked_for_is_listed(
    atlases: StoredAtlases,
    observations: StoredObservations,
    asked: ObservationsAsked,
    values: set[int | None],
) -> None:
    await with_sources(atlases)
    others = [
        *days([3], source="manual", recorded_at=LATER),
        *days([4], metric="MT-2", recorded_at=LATER),
    ]
    await observations.record(NORRHAVN, [*days([1, 2, None]), *others], now=NOW)

    found = await observations.listed(NORRHAVN, asked, EVERYTHING)

    assert {each.value for each in found} == values


async def test_another_organizations_observations_are_not_among_them(
    atlases: StoredAtlases, observations: StoredObservations
) -> None:
    neighbour = a_neighbour()
    await with_sources(atlases)
    await observations.record(NORRHAVN, days([1]), now=NOW)

    assert await observations.listed(neighbour.id, ObservationsAsked(), EVERYTHING) == []


async def test_a_stretch_is_read_along_the_primary_key_without_sorting(
    atlases: StoredAtlases, observations: StoredObservations, engine: AsyncEngine
) -> None:
    await with_sources(atlases)
    await observations.record(NORRHAVN, days(range(500)), now=NOW)
    after = key_of(days([1])[0])
    statement = listing(NORRHAVN, ObservationsAsked(), Stretch(after=after, limit=10))
    compiled = statement.compile(dialect=engine.dialect)
    parameters = tuple(compiled.params[name] for name in compiled.positiontup or ())

    async with engine.connect() as connection:
        await connection.execute(text("ANALYZE observations"))
        found = await connection.exec_driver_sql(f"EXPLAIN {compiled}", parameters)
        plan = list(found.scalars())

    assert any("Index Scan using pk_observations" in line for line in plan)
    assert not any("Sort" in line for line in plan)
    assert "ROW(metric_id" in next(line for line in plan if "Index Cond" in line)
