"""Delighted against the strict fake of it: its own counts, its responses, and its maintenance."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from connectors.delighted import Delighted, DelightedSettings
from journey_atlas_sdk import (
    AuthError,
    DataError,
    Grain,
    Observation,
    ObservationFlag,
    PullRequest,
    RateLimited,
    TransientError,
)
from journey_atlas_sdk.testing import FakeContext, client_over, pull_all
from tests.plugins.questions import OSLO, a_question, days
from tests.vendors import delighted as vendor

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
QUESTIONS = {"nps": {"score": "NPS"}, "csat": {"score": "CSAT", "survey_type": "csat"}}
AUTUMN = a_question("nps", window=days("2026-09-01", "2026-11-01"))


class Bench:
    """A connector in front of the fake."""

    def __init__(self, service: vendor.Delighted, http: httpx.AsyncClient) -> None:
        self.service = service
        self.context = FakeContext(moment=NOW, http=http, secrets={"api_key": vendor.KEY})

    def connector(self) -> Delighted:
        given = {"api_key": vendor.KEY, "url": "https://delighted.test", "questions": QUESTIONS}
        return Delighted(DelightedSettings.read(given))

    async def pull(self, question: PullRequest = AUTUMN) -> list[Observation]:
        return await pull_all(self.connector(), question, self.context)

    def answered(self, at: str, score: object, survey_type: str = "nps") -> None:
        created_at = datetime.fromisoformat(at).replace(tzinfo=OSLO).astimezone(UTC)
        number = f"{len(self.service.responses):06}"
        self.service.responses.append(
            vendor.Answered(id=number, created_at=created_at, score=score, survey_type=survey_type)
        )


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    service = vendor.Delighted(now=lambda: NOW)
    async with client_over(httpx.ASGITransport(app=service)) as http:
        yield Bench(service, http)


async def test_an_nps_is_made_of_counts_not_of_the_rounded_one(bench: Bench) -> None:
    for score in (10, 9, 8, 7, 7, 0, 6):  # 100 × (2 − 2) / 7
        bench.answered("2026-09-30T23:59:59", score)
    for score in (10, 10, 3):  # 100 × (2 − 1) / 3; Delighted says 34
        bench.answered("2026-10-01T00:00:00", score)

    september, october = await bench.pull()

    assert [september.value, september.sample_size] == [0, 7]
    assert [october.numerator, october.denominator] == [100, 3]
    assert len(bench.service.requests) == 2


async def test_a_period_without_responses_is_no_moving_average(bench: Bench) -> None:
    bench.answered("2026-08-31T10:00", 10)

    september, october = await bench.pull()

    assert [september.value, october.value] == [None, None]
    assert september.flags == {ObservationFlag.EMPTY}
    assert all("since=" in url and "until=" in url for url in bench.service.requests)


async def test_other_scores_are_made_of_responses_page_by_page(bench: Bench) -> None:
    for number in range(250):
        bench.answered("2026-10-02T10:00", 4 if number % 5 else 1, "csat")
    bench.answered("2026-10-02T10:00", 10, "nps")

    _, october = await bench.pull(replace(AUTUMN, metric="csat"))

    assert [october.numerator, october.denominator] == [200, 250]
    assert len(bench.service.requests) == 3


async def test_a_response_at_midnight_counts_in_one_day_though_both_bounds_are_inclusive(
    bench: Bench,
) -> None:
    for kind, score in (("nps", 9), ("csat", 5)):
        bench.answered("2026-10-25T00:00:00", score, kind)
    two_days = replace(AUTUMN, grain=Grain.DAY, window=days("2026-10-24", "2026-10-26"))

    for metric in QUESTIONS:
        found = await bench.pull(replace(two_days, metric=metric))

        assert [one.sample_size for one in found] == [0, 1]


@pytest.mark.parametrize("score", [6, 4.5, "5", None])
async def test_a_score_that_cannot_be_counted_is_refused(bench: Bench, score: object) -> None:
    bench.answered("2026-10-02T10:00", score, "csat")

    with pytest.raises(DataError):
        await bench.pull(replace(AUTUMN, metric="csat"))


async def test_maintenance_passes_and_a_limit_is_waited_out(bench: Bench) -> None:
    bench.service.is_in_maintenance = True
    with pytest.raises(TransientError):
        await bench.pull()

    bench.service.is_in_maintenance, bench.service.minute.count = False, 0
    with pytest.raises(RateLimited) as refused:
        await bench.pull()

    assert refused.value.retry_after == timedelta(seconds=60)


async def test_check_asks_once_and_names_a_wrong_key(bench: Bench) -> None:
    await bench.connector().check(bench.context)
    assert len(bench.service.requests) == 1

    with pytest.raises(AuthError):
        await bench.connector().check(replace(bench.context, secrets={"api_key": "another-key"}))
