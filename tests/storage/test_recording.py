"""Observations are recorded once, revised with their past kept, and never partly."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Table, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.errors import InvalidRecord, NotFound
from domain.metric import Observation, ObservationState
from domain.node import OrganizationId
from domain.source import MetricSource, RunState, SourceError, SourceState
from storage import recording
from storage.atlases import StoredAtlases
from storage.observations import StoredObservations
from storage.recording import RecordResult
from storage.tables import observation_revisions, sync_runs
from storage.tables import observations as stored
from tests.builders import NOW, Fields, an_observation, id_of
from tests.storage.records import a_neighbour
from tests.storage.series import DAY, NORRHAVN, START, a_query, a_run, days, with_sources

LATER = NOW + timedelta(hours=1)


async def rows(engine: AsyncEngine, table: Table) -> int:
    async with engine.connect() as connection:
        return int(await connection.scalar(select(func.count()).select_from(table)) or 0)


async def test_new_observations_are_counted_and_move_the_revision_once(
    atlases: StoredAtlases, observations: StoredObservations
) -> None:
    await with_sources(atlases)

    result = await observations.record(NORRHAVN, days([1, 2, 3]), now=NOW)

    assert result == RecordResult(new=3)
    assert await atlases.revision("norrhavn") == 2


async def test_recording_the_same_again_changes_nothing(
    atlases: StoredAtlases, observations: StoredObservations, engine: AsyncEngine
) -> None:
    await with_sources(atlases)
    await observations.record(NORRHAVN, days([1, None, 3]), now=NOW)

    again = days([1, None, 3], recorded_at=LATER, sync_run=id_of("run-2"))
    result = await observations.record(NORRHAVN, again, now=LATER)

    assert result == RecordResult(unchanged=3)
    assert await atlases.revision("norrhavn") == 2
    assert await rows(engine, observation_revisions) == 0


@pytest.mark.parametrize(
    "content",
    [
        {"value": Decimal(2)},
        {"value": None},
        {"sample_size": 8},
        {"sample_size": None},
        {"numerator": Decimal(3)},
        {"denominator": Decimal(5)},
        {"standard_error": Decimal("0.2")},
        {"state": ObservationState.PROVISIONAL},
        {"flags": ("SAMPLED",)},
    ],
    ids=lambda content: next(iter(content)),
)
async def test_other_content_revises_and_the_older_record_stays(
    content: dict[str, Fields],
    atlases: StoredAtlases,
    observations: StoredObservations,
    engine: AsyncEngine,
) -> None:
    await with_sources(atlases)
    first = an_observation(1, sample_size=7)
    await observations.record(NORRHAVN, [first], now=NOW)

    second = replace(first, recorded_at=LATER, **content)
    result = await observations.record(NORRHAVN, [second], now=LATER)

    assert result == RecordResult(revised=1)
    assert await atlases.revision("norrhavn") == 3
    older = observation_revisions.c
    async with engine.connect() as connection:
        kept = (
            await connection.execute(
                select(older.value, older.sample_size, older.recorded_at, older.superseded_at)
            )
        ).all()
    assert [tuple(row) for row in kept] == [(Decimal(1), 7, NOW, LATER)]


async def test_the_same_number_with_other_digits_is_no_revision(
    atlases: StoredAtlases, observations: StoredObservations
) -> None:
    await with_sources(atlases)
    await observations.record(NORRHAVN, [an_observation("1.5")], now=NOW)

    assert await observations.record(NORRHAVN, [an_observation("1.50")], now=NOW) == RecordResult(
        unchanged=1
    )


async def test_one_batch_can_add_revise_and_repeat(
    atlases: StoredAtlases, observations: StoredObservations
) -> None:
    await with_sources(atlases)
    await observations.record(NORRHAVN, days([1, 2]), now=NOW)

    result = await observations.record(NORRHAVN, days([1, 9, 3, 4]), now=LATER)

    assert result == RecordResult(new=2, revised=1, unchanged=1)
    assert await atlases.revision("norrhavn") == 3


async def test_of_several_with_one_identity_in_a_batch_the_last_counts(
    atlases: StoredAtlases, observations: StoredObservations
) -> None:
    await with_sources(atlases)
    twice = [an_observation(1), an_observation(2)]

    result = await observations.record(NORRHAVN, twice, now=NOW)

    assert result == RecordResult(new=1)
    answers = await observations.aggregate(NORRHAVN, [a_query()])
    assert answers[a_query()].last.value == 2


async def test_what_differs_in_one_part_of_the_identity_is_another_observation(
    atlases: StoredAtlases, observations: StoredObservations
) -> None:
    await with_sources(atlases)
    first = an_observation(1)
    others: Sequence[Observation] = [
        replace(first, source=id_of("MT-1:manual")),
        replace(first, start=first.start - DAY),
        replace(first, end=first.end + DAY),
        replace(first, dimensions=(("channel", "online"),)),
        replace(first, dimensions=(("channel", "branch"),)),
        replace(first, source=id_of("MT-2:csv"), metric=id_of("MT-2")),
    ]

    result = await observations.record(NORRHAVN, [first, *others], now=NOW)

    assert result == RecordResult(new=7)


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(an_observation(1, metric="MT-9"), id="no such source"),
        pytest.param(replace(an_observation(1), metric=id_of("MT-2")), id="another metric's"),
    ],
)
async def test_an_unknown_source_is_refused_with_all_that_came_beside_it(
    wrong: Observation,
    atlases: StoredAtlases,
    observations: StoredObservations,
    engine: AsyncEngine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await with_sources(atlases)
    monkeypatch.setattr(recording, "ROWS_AT_ONCE", 2)

    with pytest.raises(NotFound, match="no source"):
        await observations.record(NORRHAVN, [*days([1, 2]), wrong], now=NOW)

    assert await rows(engine, stored) == 0
    assert await atlases.revision("norrhavn") == 1


async def test_a_period_that_ends_before_it_starts_is_refused(
    atlases: StoredAtlases, observations: StoredObservations
) -> None:
    await with_sources(atlases)
    backwards = an_observation(1, start=START + DAY, end=START)

    with pytest.raises(InvalidRecord, match="ck_observations_period"):
        await observations.record(NORRHAVN, [backwards], now=NOW)


async def test_nobody_records_for_an_organization_that_isnt_there(
    observations: StoredObservations,
) -> None:
    with pytest.raises(NotFound, match="no organization"):
        await observations.record(NORRHAVN, days([1]), now=NOW)


async def test_more_than_one_batch_is_one_transaction_and_one_revision(
    atlases: StoredAtlases, observations: StoredObservations, monkeypatch: pytest.MonkeyPatch
) -> None:
    await with_sources(atlases)
    monkeypatch.setattr(recording, "ROWS_AT_ONCE", 3)

    result = await observations.record(NORRHAVN, days([1, 2, 3, 4, 5, 6, 7]), now=NOW)

    assert result == RecordResult(new=7)
    assert await atlases.revision("norrhavn") == 2


async def test_tenants_with_the_same_sources_keep_their_own_values(
    atlases: StoredAtlases, observations: StoredObservations
) -> None:
    ours = await with_sources(atlases)
    theirs = await with_sources(atlases, a_neighbour())

    await observations.record(ours, [an_observation(1)], now=NOW)
    await observations.record(theirs, [an_observation(2)], now=NOW)
    await observations.record(theirs, [an_observation(3)], now=LATER)

    assert await the_value(observations, ours) == 1
    assert await the_value(observations, theirs) == 3


async def the_value(observations: StoredObservations, organization: OrganizationId) -> Decimal:
    answers = await observations.aggregate(organization, [a_query()])
    return answers[a_query()].last.value


QUOTA = SourceError(code="QUOTA", fault="vendor", message="Later.", at=LATER)


async def source_after(atlases: StoredAtlases) -> MetricSource:
    atlas = await atlases.load("norrhavn")
    assert atlas is not None
    return atlas.get(id_of("MT-1:csv"), MetricSource)


async def test_a_run_is_kept_with_its_counts_and_the_source_knows_when_it_answered(
    atlases: StoredAtlases, observations: StoredObservations, engine: AsyncEngine
) -> None:
    await with_sources(atlases)
    await observations.record(NORRHAVN, days([1, 2]), now=NOW)

    await observations.record(NORRHAVN, days([1, 5, 6]), now=LATER, run=a_run())

    source = await source_after(atlases)
    assert (source.state, source.asked_at, source.error) == (SourceState.OK, LATER, None)
    columns = sync_runs.c
    async with engine.connect() as connection:
        kept = await connection.execute(
            select(columns.new_count, columns.revised_count, columns.unchanged_count, columns.error)
        )
    assert [tuple(row) for row in kept.all()] == [(1, 1, 1, None)]
    assert await atlases.revision("norrhavn") == 3


async def test_a_failed_run_says_why_and_leaves_when_the_source_answered_last(
    atlases: StoredAtlases, observations: StoredObservations, engine: AsyncEngine
) -> None:
    await with_sources(atlases)
    await observations.record(NORRHAVN, days([1]), now=NOW, run=a_run(finished_at=NOW))

    failed = a_run(id=id_of("run-2"), state=RunState.FAILING, error=QUOTA)
    await observations.record(NORRHAVN, [], now=LATER, run=failed)

    source = await source_after(atlases)
    assert (source.state, source.asked_at, source.error) == (SourceState.FAILING, NOW, QUOTA)
    assert source.version == 1
    async with engine.connect() as connection:
        errors: Sequence[Any] = (
            (await connection.execute(select(sync_runs.c.error).order_by(sync_runs.c.id)))
            .scalars()
            .all()
        )
    assert [error and error["code"] for error in errors].count("QUOTA") == 1
    assert await the_value(observations, NORRHAVN) == 1


async def test_a_source_that_recovers_forgets_its_error(
    atlases: StoredAtlases, observations: StoredObservations
) -> None:
    await with_sources(atlases)
    failed = a_run(state=RunState.FAILING, error=QUOTA)
    await observations.record(NORRHAVN, [], now=NOW, run=failed)

    await observations.record(NORRHAVN, [], now=LATER, run=a_run(id=id_of("run-2")))

    source = await source_after(atlases)
    assert (source.state, source.error) == (SourceState.OK, None)


async def test_a_run_recorded_twice_is_kept_once(
    atlases: StoredAtlases, observations: StoredObservations, engine: AsyncEngine
) -> None:
    await with_sources(atlases)

    for _ in range(2):
        await observations.record(NORRHAVN, days([1]), now=NOW, run=a_run())

    assert await rows(engine, sync_runs) == 1


async def test_a_run_of_an_unknown_source_is_refused(
    atlases: StoredAtlases, observations: StoredObservations
) -> None:
    await with_sources(atlases)

    with pytest.raises(NotFound, match="no source"):
        await observations.record(NORRHAVN, [], now=NOW, run=a_run(source=id_of("nothing")))


def at(hour: int) -> datetime:
    return NOW + timedelta(hours=hour)


# One observation that says 1 at hour 0, 2 at hour 2, nothing at hour 4, 3 at hour 6.
BELIEVED = [
    pytest.param(-1, None, id="before anything was recorded"),
    pytest.param(0, 1, id="at the moment of recording"),
    pytest.param(1, 1, id="until it was revised"),
    pytest.param(2, 2, id="at the moment of revising"),
    pytest.param(3, 2, id="after it"),
    pytest.param(4, None, id="while the source said that there is nothing"),
    pytest.param(6, 3, id="since the last revision"),
    pytest.param(99, 3, id="long after"),
]


@pytest.mark.parametrize(("hour", "value"), BELIEVED)
async def test_what_was_believed_at_a_time_can_be_asked_after_any_revision(
    hour: int, value: int | None, atlases: StoredAtlases, observations: StoredObservations
) -> None:
    await with_sources(atlases)
    for recorded, measured in ((0, 1), (2, 2), (4, None), (6, 3)):
        one = an_observation(measured, recorded_at=at(recorded))
        await observations.record(NORRHAVN, [one], now=at(recorded))

    answers = await observations.aggregate(NORRHAVN, [a_query()], known_at=at(hour))

    assert [answer.last.value for answer in answers.values()] == ([] if value is None else [value])


# Two days: 10 for the first (recorded at hour 0, revised to 11 at hour 5), 20 for the second
# (back-filled at hour 3). The window asks as of a day, the other axis as known at an hour.
AXES = [
    pytest.param(1, 1, 10, id="day 1 as known at hour 1"),
    pytest.param(1, 9, 11, id="day 1 as known at hour 9"),
    pytest.param(2, 1, 10, id="day 2 as known at hour 1: not measured yet"),
    pytest.param(2, 4, 20, id="day 2 as known at hour 4"),
]


@pytest.mark.parametrize(("day", "hour", "value"), AXES)
async def test_both_axes_of_time_are_asked_at_once(
    day: int, hour: int, value: int, atlases: StoredAtlases, observations: StoredObservations
) -> None:
    await with_sources(atlases)
    first, second = days([10, 20])
    for recorded, one in ((0, first), (3, second), (5, replace(first, value=Decimal(11)))):
        dated = replace(one, recorded_at=at(recorded))
        await observations.record(NORRHAVN, [dated], now=at(recorded))
    query = a_query(end=START + day * DAY)

    answers = await observations.aggregate(NORRHAVN, [query], known_at=at(hour))

    assert answers[query].last.value == value
