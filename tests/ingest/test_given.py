"""Observations that are handed in: all rows or none, each bad one named, and once for each key."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.atlas import Atlas
from domain.errors import InvalidRecord, Refused, TooMuch
from domain.source import MetricSource, SourceState
from ingest.given import MOST_ROWS, Given, ObservationColumns, ObservationsRefused
from journey_atlas_sdk import Capability, Connector, ConnectorInfo, Settings
from plugins.registry import RegisteredConnector, Registry
from storage.atlases import StoredAtlases
from storage.engine import create_engine
from storage.observations import StoredObservations
from storage.once import KeyReused, Recorded
from storage.recording import RecordResult
from storage.sync_runs import StoredSyncRuns
from storage.tables import observations
from tests.builders import NOW, Fields, a_connection, a_metric, a_source, id_of
from tests.storage.records import changes
from tests.storage.series import DAY, NORRHAVN

START = datetime(2026, 11, 1, tzinfo=NOW.tzinfo)


class Receiver(Connector[Settings]):
    info = ConnectorInfo(
        key="receiver",
        title="Receiver",
        version="1",
        capabilities=frozenset({Capability.PUSH}),
    )

    def pull(self, request: object, context: object) -> list[object]:  # type: ignore[override]  # nobody pulls it
        del request, context
        return []


class Reader(Receiver):
    info = ConnectorInfo(key="reader", title="Reader", version="1")


REGISTRY = Registry(
    {
        each.info.key: RegisteredConnector(connector=each, plugin="p", origin="here")
        for each in (Receiver, Reader)
    }
)


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(database_url)
    yield engine
    await engine.dispose()


@pytest.fixture
async def atlas(engine: AsyncEngine) -> Atlas:
    atlases = StoredAtlases(engine)
    receiving = a_connection("pushed", connector="receiver")
    reading = a_connection("pulled", connector="reader")
    sources = [a_source("MT-1", each, grain="DAY") for each in ("pushed", "pulled")]
    await atlases.apply(changes(receiving, reading, a_metric(), *sources), now=NOW)
    loaded = await atlases.load("norrhavn")
    assert loaded is not None
    return loaded


@pytest.fixture
def given(engine: AsyncEngine) -> Given:
    numbers = count()
    return Given(
        registry=REGISTRY,
        recorder=StoredObservations(engine),
        clock=lambda: NOW,
        real_clock=lambda: NOW,
        new_id=lambda: id_of(f"run {next(numbers)}"),
    )


def pushed(atlas: Atlas) -> MetricSource:
    return atlas.get(id_of("MT-1:pushed"), MetricSource)


def columns(*values: int | None, **others: Fields) -> ObservationColumns:
    """Give one value a day from Nov 1 on."""
    starts = [START + number * DAY for number in range(len(values))]
    defaults: dict[str, Fields] = {
        "start": starts,
        "end": [start + DAY for start in starts],
        "value": [None if value is None else Decimal(value) for value in values],
    }
    return ObservationColumns(**{**defaults, **others})


async def test_all_rows_are_recorded_and_the_source_has_answered(
    given: Given, atlas: Atlas, engine: AsyncEngine
) -> None:
    rows = columns(1, 2, None, sample_size=[10, None, 0], dimensions=[{"channel": "web"}] * 3)

    recorded = await given.record(atlas, pushed(atlas), rows)

    after = await StoredAtlases(engine).load("norrhavn")
    assert after is not None
    assert recorded == Recorded(run=id_of("run 0"), result=RecordResult(new=3))
    assert (pushed(after).state, pushed(after).asked_at) == (SourceState.OK, NOW)
    [run] = await StoredSyncRuns(engine).listed(NORRHAVN)
    assert (run.reason, run.recorded, run.window_start) == ("PUSH", RecordResult(new=3), START)


async def test_other_values_for_the_same_periods_revise_them(given: Given, atlas: Atlas) -> None:
    await given.record(atlas, pushed(atlas), columns(1, 2))

    recorded = await given.record(atlas, pushed(atlas), columns(1, 3, 4))

    assert recorded.result == RecordResult(new=1, revised=1, unchanged=1)


async def test_a_period_that_is_not_over_may_still_change(
    given: Given, atlas: Atlas, engine: AsyncEngine
) -> None:
    today = columns(1, start=[NOW - DAY / 2], end=[NOW + DAY / 2])
    await given.record(atlas, pushed(atlas), today)
    await given.record(atlas, pushed(atlas), columns(1, 2, is_provisional=[False, True]))

    async with engine.connect() as connection:
        found = await connection.scalars(
            select(observations.c.state).order_by(observations.c.start)
        )
        states = list(found)
    assert states == ["FINAL", "PROVISIONAL", "PROVISIONAL"]


BAD = [
    pytest.param({"start": [NOW + DAY], "end": [NOW + 2 * DAY]}, "future", id="not begun"),
    pytest.param({"end": [START - DAY]}, "ends before it starts", id="ends before it starts"),
    pytest.param({"value": [Decimal("NaN")]}, "finite", id="no number"),
    pytest.param({"sample_size": [-1]}, "below 0", id="fewer than none"),
    pytest.param({"numerator": [Decimal(1)]}, "come together", id="half a ratio"),
    pytest.param({"dimensions": [{"channel": ""}]}, "lacks", id="a dimension without a value"),
]


@pytest.mark.parametrize(("other", "told"), BAD)
async def test_a_row_that_can_not_be_true_is_refused(
    given: Given, atlas: Atlas, other: dict[str, Fields], told: str
) -> None:
    with pytest.raises(ObservationsRefused, match=told):
        await given.record(atlas, pushed(atlas), columns(1, **other))


async def test_every_bad_row_is_named_and_none_is_recorded(
    given: Given, atlas: Atlas, engine: AsyncEngine
) -> None:
    twice = [START, START, START + DAY]
    rows = columns(1, 2, None, start=twice, end=[each + DAY for each in twice])
    rows = replace(rows, sample_size=[1, 1, -5])

    with pytest.raises(ObservationsRefused) as refused:
        await given.record(atlas, pushed(atlas), rows)

    assert [problem.path for problem in refused.value.problems] == [(1,), (2,)]
    assert await StoredSyncRuns(engine).listed(NORRHAVN) == []


@pytest.mark.parametrize(
    ("rows", "error", "told"),
    [
        pytest.param(columns(), InvalidRecord, "at least one row", id="none"),
        pytest.param(columns(*[1] * (MOST_ROWS + 1)), TooMuch, "10,000 rows", id="too many"),
        pytest.param(
            columns(1, 2, sample_size=[1]), InvalidRecord, "sample_size has 1", id="a short column"
        ),
        pytest.param(columns(1, end=[]), InvalidRecord, "end has 0", id="a needed one left out"),
    ],
)
async def test_columns_that_make_no_rows_are_refused(
    given: Given, atlas: Atlas, rows: ObservationColumns, error: type[Exception], told: str
) -> None:
    with pytest.raises(error, match=told):
        await given.record(atlas, pushed(atlas), rows)


async def test_a_source_that_is_read_takes_nothing(given: Given, atlas: Atlas) -> None:
    source = atlas.get(id_of("MT-1:pulled"), MetricSource)

    with pytest.raises(Refused) as refused:
        await given.record(atlas, source, columns(1))

    assert refused.value.legal == ("receiver",)


async def test_the_same_request_has_one_effect_and_the_first_ones_answer(
    given: Given, atlas: Atlas
) -> None:
    first = await given.record(atlas, pushed(atlas), columns(1, 2), key="k-1")

    again = await given.record(atlas, pushed(atlas), columns(1, 2), key="k-1")

    assert first == Recorded(run=id_of("run 0"), result=RecordResult(new=2))
    assert again == replace(first, was_known=True)


async def test_the_same_numbers_written_otherwise_are_the_same_request(
    given: Given, atlas: Atlas
) -> None:
    exact = columns(1, value=[Decimal("1.50")])
    await given.record(atlas, pushed(atlas), exact, key="k-1")

    again = await given.record(
        atlas, pushed(atlas), replace(exact, value=[Decimal("1.5")]), key="k-1"
    )

    assert again.was_known


async def test_another_request_with_the_same_key_is_refused(given: Given, atlas: Atlas) -> None:
    await given.record(atlas, pushed(atlas), columns(1, 2), key="k-1")

    with pytest.raises(KeyReused, match="k-1"):
        await given.record(atlas, pushed(atlas), columns(1, 3), key="k-1")


async def test_ten_at_once_have_one_effect(given: Given, atlas: Atlas, engine: AsyncEngine) -> None:
    same = [given.record(atlas, pushed(atlas), columns(1, 2), key="k-1") for _ in range(10)]

    answers = await asyncio.gather(*same)

    assert {(each.run, each.result) for each in answers} == {(answers[0].run, RecordResult(new=2))}
    assert sum(not each.was_known for each in answers) == 1
    assert len(await StoredSyncRuns(engine).listed(NORRHAVN)) == 1


async def test_a_request_that_is_refused_leaves_its_key_free(given: Given, atlas: Atlas) -> None:
    with pytest.raises(ObservationsRefused):
        await given.record(atlas, pushed(atlas), columns(1, sample_size=[-1]), key="k-1")

    assert not (await given.record(atlas, pushed(atlas), columns(1), key="k-1")).was_known


@pytest.mark.parametrize(
    ("later", "is_known"),
    [
        pytest.param(timedelta(hours=24), True, id="a day later it is known"),
        pytest.param(timedelta(hours=24, seconds=1), False, id="then it is forgotten"),
    ],
)
async def test_a_key_is_kept_for_a_day(
    given: Given, atlas: Atlas, *, later: timedelta, is_known: bool
) -> None:
    await given.record(atlas, pushed(atlas), columns(1), key="k-1")

    tomorrow = replace(given, real_clock=lambda: NOW + later)
    again = await tomorrow.record(atlas, pushed(atlas), columns(1), key="k-1")

    assert again.was_known is is_known


@pytest.mark.parametrize("key", ["", "k" * 201])
async def test_a_key_that_is_none_is_refused(given: Given, atlas: Atlas, key: str) -> None:
    with pytest.raises(InvalidRecord, match="1 to 200 characters"):
        await given.record(atlas, pushed(atlas), columns(1), key=key)
