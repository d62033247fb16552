"""The rehearsal connector misbehaves as told, and no other way."""

import asyncio
import time
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from connectors.rehearsal import Rehearsal, RehearsalSettings
from journey_atlas_sdk import (
    ConfigError,
    Grain,
    Observation,
    ObservationState,
    TransientError,
    UnknownMetric,
)
from journey_atlas_sdk.testing import FakeContext, pull_all
from tests.plugins.questions import a_question, days

VALUES = {"trust": {"2026-08-01": "64.0", "2026-09-01": "65.1", "2026-11-01": None}}
RESTATED = {"trust": {"2026-09-01": {"on": "2026-10-12", "value": "64.3"}}}


def a_rehearsal(behaviour: object = "RESTATING", **settings: object) -> Rehearsal:
    given = {"behaviour": behaviour, "delay_seconds": 0, "values": VALUES, **settings}
    return Rehearsal(RehearsalSettings.read(given))


def on(month: int, day: int) -> FakeContext:
    return FakeContext(moment=datetime(2026, month, day, 12, tzinfo=UTC))


def values(found: list[Observation]) -> list[Decimal | None]:
    return [one.value for one in found]


async def test_a_restating_source_changes_september_in_october() -> None:
    source = a_rehearsal(restatements=RESTATED)

    before = await pull_all(source, a_question(), on(10, 11))
    after = await pull_all(source, a_question(), on(10, 12))

    assert values(before) == [Decimal("64.0"), Decimal("65.1"), None]
    assert values(after) == [Decimal("64.0"), Decimal("64.3"), None]
    assert (before[1].start, before[1].end) == (after[1].start, after[1].end)
    assert before[1].source_updated_at is None
    assert after[1].source_updated_at == datetime(2026, 10, 11, 22, tzinfo=UTC)  # midnight in Oslo


async def test_a_slow_source_answers_late_and_restates_nothing() -> None:
    source = a_rehearsal("SLOW", delay_seconds="0.05", restatements=RESTATED)
    started = time.monotonic()

    found = await pull_all(source, a_question(), on(11, 22))

    assert time.monotonic() - started >= 0.05
    assert values(found) == [Decimal("64.0"), Decimal("65.1"), None]


async def test_a_source_that_times_out_never_answers() -> None:
    source = a_rehearsal("TIMEOUT")

    with pytest.raises(TransientError, match="did not answer within 0 seconds"):
        await pull_all(source, a_question())


async def test_the_wait_ends_when_the_host_ends_it() -> None:
    source = a_rehearsal("TIMEOUT", delay_seconds=600)

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await pull_all(source, a_question())


async def test_check_misbehaves_as_a_pull_does() -> None:
    await a_rehearsal("RESTATING").check(FakeContext())
    with pytest.raises(TransientError):
        await a_rehearsal("TIMEOUT").check(FakeContext())


async def test_a_running_period_is_provisional() -> None:
    found = await pull_all(a_rehearsal(), a_question(), on(9, 15))

    assert [one.state for one in found] == [
        ObservationState.FINAL,
        ObservationState.PROVISIONAL,
        ObservationState.PROVISIONAL,
    ]


async def test_only_the_windows_periods_are_told() -> None:
    found = await pull_all(a_rehearsal(), a_question(window=days("2026-09-01", "2026-10-01")))

    assert values(found) == [Decimal("65.1")]


async def test_an_instant_has_no_length() -> None:
    found = await pull_all(a_rehearsal(), a_question(grain=Grain.INSTANT))

    assert [one.end == one.start for one in found] == [True, True, True]


async def test_it_lists_the_metrics_it_has_values_for() -> None:
    assert [spec.key for spec in await a_rehearsal().discover(FakeContext())] == ["trust"]


async def test_an_unknown_metric_is_refused() -> None:
    with pytest.raises(UnknownMetric, match="It has: trust"):
        await pull_all(a_rehearsal(), a_question("nps"))


@pytest.mark.parametrize(
    ("grain", "dimensions", "message"),
    [
        pytest.param(Grain.MONTH, ("channel",), "no dimensions", id="dimensions"),
        pytest.param(Grain.TOTAL, (), "no totals", id="total"),
        pytest.param(Grain.QUARTER, (), "No QUARTER begins on 2026-08-01", id="another grain"),
    ],
)
async def test_a_question_beyond_its_values_is_refused(
    grain: Grain, dimensions: tuple[str, ...], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        await pull_all(a_rehearsal(), a_question(grain=grain, dimensions=dimensions))


@pytest.mark.parametrize(
    "settings", [{"behaviour": "RUDE"}, {"delay_seconds": -1}, {"values": {"trust": {"May": 1}}}]
)
def test_settings_that_cannot_work_are_refused(settings: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        a_rehearsal(**settings)
