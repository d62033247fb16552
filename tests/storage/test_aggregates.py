"""What PostgreSQL adds up is what a few lines of Python add up."""

import random
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import product

import pytest

from domain.metric import Observation, ObservationState
from storage.atlases import StoredAtlases
from storage.observations import StoredObservations
from storage.recording import identity
from tests.builders import NOW, an_observation
from tests.fakes import FakeObservations
from tests.storage.series import (
    DAY,
    NORRHAVN,
    START,
    a_query,
    a_random_observation,
    a_random_query,
    days,
    with_sources,
)

ROUNDS = 4
FIRST_REVISION = 2
"""The one of the first recording: the one before brought the sources."""


def round_at(number: int) -> datetime:
    return NOW + timedelta(hours=number)


def believed(history: Iterable[Observation], known_at: datetime) -> list[Observation]:
    """Keep of each identity what was recorded last, up to a time."""
    known = (each for each in history if each.recorded_at <= known_at)
    return list({identity(each): each for each in known}.values())


@pytest.mark.parametrize("seed", range(3))
async def test_every_answer_is_what_python_computes_of_every_past(
    seed: int, atlases: StoredAtlases, observations: StoredObservations
) -> None:
    chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
    await with_sources(atlases)
    history: list[Observation] = []
    for number in range(ROUNDS):
        batch = [a_random_observation(chance, round_at(number)) for _ in range(150)]
        await observations.record(NORRHAVN, batch, now=round_at(number))
        history += accepted(batch)
    queries = [a_random_query(chance) for _ in range(120)]

    for number in range(ROUNDS):
        known_at, revision = round_at(number), FIRST_REVISION + number
        expected = FakeObservations(believed(history, known_at)).answers(queries)
        assert await observations.aggregate(NORRHAVN, queries, known_at=known_at) == expected
        assert await observations.aggregate(NORRHAVN, queries, revision=revision) == expected
    everything = FakeObservations(believed(history, round_at(ROUNDS))).answers(queries)
    assert await observations.aggregate(NORRHAVN, queries) == everything


async def test_of_a_time_and_a_revision_the_earlier_one_counts(
    atlases: StoredAtlases, observations: StoredObservations
) -> None:
    await with_sources(atlases)
    for number in range(3):
        value = an_observation(number, recorded_at=round_at(number))
        await observations.record(NORRHAVN, [value], now=NOW)

    # -1: before the first recording.
    for known, seen in product(range(-1, 3), repeat=2):
        answers = await observations.aggregate(
            NORRHAVN, [a_query()], known_at=round_at(known), revision=FIRST_REVISION + seen
        )
        values = [answer.last.value for answer in answers.values()]
        earlier = min(known, seen)
        assert values == ([] if earlier < 0 else [earlier])


def accepted(batch: Iterable[Observation]) -> list[Observation]:
    """Keep the last of several with one identity, as recording does."""
    return list({identity(each): each for each in batch}.values())


async def test_a_series_without_observations_has_no_answer(
    atlases: StoredAtlases, observations: StoredObservations
) -> None:
    await with_sources(atlases)

    assert await observations.aggregate(NORRHAVN, [a_query(), a_query(whole=True)]) == {}


async def test_no_questions_need_no_statement(observations: StoredObservations) -> None:
    assert await observations.aggregate(NORRHAVN, []) == {}


# Days 1 to 4 measure 1, 2, 4, 8; each ends at the midnight after it.
WINDOWS = [
    pytest.param(None, 4, 15, id="since ever: 1 + 2 + 4 + 8"),
    pytest.param(None, 2, 3, id="up to day 2: 1 + 2"),
    pytest.param(2, 4, 12, id="after day 2: 4 + 8"),
    pytest.param(1, 3, 6, id="days 2 and 3: 2 + 4"),
    pytest.param(3, 3, None, id="an empty window"),
]


@pytest.mark.parametrize(("start", "end", "total"), WINDOWS)
async def test_a_period_counts_in_the_window_in_which_it_ends(
    start: int | None,
    end: int,
    total: int | None,
    atlases: StoredAtlases,
    observations: StoredObservations,
) -> None:
    await with_sources(atlases)
    await observations.record(NORRHAVN, days([1, 2, 4, 8]), now=NOW)
    since = None if start is None else START + start * DAY
    query = a_query(start=since, end=START + end * DAY, whole=True)

    answers = await observations.aggregate(NORRHAVN, [query])

    assert [answer.total for answer in answers.values()] == ([] if total is None else [total])


async def test_of_two_periods_with_one_end_the_later_start_is_the_latest(
    atlases: StoredAtlases, observations: StoredObservations
) -> None:
    await with_sources(atlases)
    week, day = (
        an_observation(7, start=START, end=START + 7 * DAY),
        an_observation(1, start=START + 6 * DAY, end=START + 7 * DAY),
    )
    await observations.record(NORRHAVN, [day, week], now=NOW)

    answers = await observations.aggregate(NORRHAVN, [a_query()])

    assert answers[a_query()].last.value == 1


async def test_the_last_final_period_is_told_beside_a_provisional_one(
    atlases: StoredAtlases, observations: StoredObservations
) -> None:
    await with_sources(atlases)
    running = an_observation(
        9, start=START + DAY, end=START + 2 * DAY, state=ObservationState.PROVISIONAL
    )
    await observations.record(NORRHAVN, [*days([5]), running], now=NOW)
    query = a_query(whole=True, lower=Decimal(5))

    answer = (await observations.aggregate(NORRHAVN, [query]))[query]

    assert answer.last.value == 9
    assert answer.last_final is not None
    assert answer.last_final.value == 5
    assert (answer.count, answer.final_count, answer.met_count) == (2, 1, 1)
