"""Intercom against the strict fake of it: which ratings count, however a search compares times."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from connectors.intercom import Intercom, IntercomSettings
from journey_atlas_sdk import (
    AccessDenied,
    AuthError,
    ConfigError,
    ConnectorError,
    DataError,
    Grain,
    Observation,
    PlanLimit,
    PullRequest,
    RateLimited,
)
from journey_atlas_sdk.testing import FakeContext, client_over, pull_all
from tests.plugins.questions import OSLO, a_question, days
from tests.vendors import intercom as vendor

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
QUESTIONS = {"csat": {"score": "CSAT"}, "billing": {"score": "CSAT_MEAN", "team": 5017691}}
AUTUMN = a_question("csat", window=days("2026-09-01", "2026-11-01"))


class Bench:
    """A connector in front of the fake."""

    def __init__(self, service: vendor.Intercom, http: httpx.AsyncClient) -> None:
        self.service = service
        self.context = FakeContext(moment=NOW, http=http, secrets={"token": vendor.TOKEN})

    def connector(self, **settings: object) -> Intercom:
        given = {"token": vendor.TOKEN, "url": "https://intercom.test", "questions": QUESTIONS}
        return Intercom(IntercomSettings.read({**given, **settings}))

    async def pull(self, question: PullRequest = AUTUMN) -> list[Observation]:
        return await pull_all(self.connector(), question, self.context)

    def rated(self, at: str, rating: object, **more: Any) -> None:  # noqa: ANN401 -- of a Rated
        requested_at = datetime.fromisoformat(at).replace(tzinfo=OSLO).astimezone(UTC)
        number = f"{len(self.service.conversations):06}"
        self.service.conversations.append(
            vendor.Rated(id=number, requested_at=requested_at, rating=rating, **more)
        )


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    service = vendor.Intercom(now=lambda: NOW)
    async with client_over(httpx.ASGITransport(app=service)) as http:
        yield Bench(service, http)


@pytest.mark.parametrize(
    "comparing",
    [
        pytest.param({}, id="seconds, without the bound"),
        pytest.param({"has_inclusive_bounds": True}, id="seconds, with it"),
        pytest.param({"compares_days": True}, id="days of UTC"),
    ],
)
async def test_each_rating_counts_in_one_day_however_a_search_compares_times(
    bench: Bench, comparing: dict[str, bool]
) -> None:
    for name, value in comparing.items():
        setattr(bench.service, name, value)
    for at in ("24T23:59:59", "25T00:00:00", "25T23:59:59", "26T00:00:00", "26T23:59:59"):
        bench.rated(f"2026-10-{at}", 5)

    found = await bench.pull(
        replace(AUTUMN, grain=Grain.DAY, window=days("2026-10-24", "2026-10-27"))
    )

    assert [one.sample_size for one in found] == [1, 2, 2]


async def test_a_rating_that_was_asked_for_and_not_given_does_not_count(bench: Bench) -> None:
    bench.rated("2026-09-02T10:00", 4)
    bench.rated("2026-09-02T10:00", None)
    bench.rated("2026-09-02T10:00", 1, has_rating=False)

    september, _ = await bench.pull()

    assert [september.value, september.sample_size] == [1, 1]


async def test_a_rating_that_is_changed_keeps_its_period(bench: Bench) -> None:
    bench.rated("2026-09-30T23:59:30", 1)  # and changed a minute later, in October
    before, _ = await bench.pull()
    bench.service.conversations[0] = replace(bench.service.conversations[0], rating=5)

    after, october = await bench.pull()

    assert [before.value, after.value] == [0, 1]
    assert october.sample_size == 0


async def test_the_conversations_of_a_team_are_searched_for(bench: Bench) -> None:
    for number in range(200):
        bench.rated("2026-09-02T10:00", 4 if number % 2 else 2, team=5017691)
        bench.rated("2026-09-02T10:00", 1, team=1)

    september, _ = await bench.pull(replace(AUTUMN, metric="billing"))

    assert [september.numerator, september.denominator] == [600, 200]
    assert len(bench.service.requests) == 2


@pytest.mark.parametrize("rating", [6, 4.5, "5", True])
async def test_a_rating_that_cannot_be_counted_is_refused(bench: Bench, rating: object) -> None:
    bench.rated("2026-09-02T10:00", rating)

    with pytest.raises(DataError):
        await bench.pull()


async def test_a_limit_is_waited_out_until_it_resets(bench: Bench) -> None:
    bench.service.meter.count = 0

    with pytest.raises(RateLimited):
        await bench.pull()


def test_a_rating_from_one_to_five_makes_no_nps() -> None:
    given = {"token": "t", "questions": {"nps": {"score": "NPS"}}}

    with pytest.raises(ConfigError, match="There is no NPS here"):
        IntercomSettings.read(given)


@pytest.mark.parametrize(
    ("trouble", "token", "error"),
    [
        pytest.param({}, "another-token", AuthError, id="a wrong token"),
        pytest.param({}, vendor.NARROW, AccessDenied, id="no right to read conversations"),
        pytest.param({"has_plan": False}, vendor.TOKEN, PlanLimit, id="no plan"),
    ],
)
async def test_check_names_what_is_wrong(
    bench: Bench, trouble: dict[str, object], token: str, error: type[ConnectorError]
) -> None:
    await bench.connector().check(bench.context)
    for name, value in trouble.items():
        setattr(bench.service, name, value)

    with pytest.raises(error):
        await bench.connector().check(replace(bench.context, secrets={"token": token}))
