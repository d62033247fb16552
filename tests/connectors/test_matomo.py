"""Matomo against the strict fake of it: refusals under any status, PHP's empty lists, percents."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from api.demo.vendors.analytics import Event
from connectors.matomo import Matomo
from journey_atlas_sdk import AccessDenied, AuthError, ConfigError, ConnectorError, DataError, Grain
from tests.connectors.bench import NOW, Bench, a_bench
from tests.plugins.questions import OSLO, a_question, days
from tests.vendors import matomo as vendor

SETTINGS: dict[str, Any] = {  # Any: JSON
    "url": "https://matomo.test",
    "token": vendor.TOKEN,
    "site": vendor.SITE,
    "time_zone": "Europe/Oslo",
    "reports": {
        "visits": {"metric": "nb_visits"},
        "visitors": {"metric": "nb_uniq_visitors"},
        "buyers": {"conversion": 3},
    },
}
WEEKS = days("2026-10-19", "2026-11-02")  # the 25th has 25 hours


@pytest.fixture
def service() -> vendor.Matomo:
    return vendor.Matomo(now=lambda: NOW, zone=OSLO)


@pytest.fixture
async def bench(service: vendor.Matomo) -> AsyncIterator[Bench]:
    async with a_bench(Matomo, service, SETTINGS) as made:
        yield made


def visited(service: vendor.Matomo, user: str, at: str, *goals: str) -> None:
    """Let somebody come once, at a time of Oslo."""
    moment = datetime.fromisoformat(at).replace(tzinfo=OSLO)
    service.events += [
        Event(name=name, user=user, at=moment, visit=f"{user} {at}") for name in ("View", *goals)
    ]


async def test_visits_are_added_up_and_visitors_are_not(
    bench: Bench, service: vendor.Matomo
) -> None:
    visited(service, "ada", "2026-10-19T00:00")
    visited(service, "ada", "2026-10-25T23:59")
    visited(service, "ada", "2026-10-26T00:00")

    visits = await bench.pull(a_question("visits", grain=Grain.WEEK, window=WEEKS))
    visitors = await bench.pull(a_question("visitors", grain=Grain.WEEK, window=WEEKS))

    assert [one.value for one in visits] == [2, 1]
    assert [one.value for one in visitors] == [1, 1]


async def test_visitors_of_a_month_are_those_that_matomo_counts(
    bench: Bench, service: vendor.Matomo
) -> None:
    visited(service, "ada", "2026-09-30T23:59")
    visited(service, "ada", "2026-10-01T00:00")
    visited(service, "ada", "2026-10-31T23:59")
    question = a_question("visitors", window=days("2026-09-01", "2026-11-01"))

    assert [one.value for one in await bench.pull(question)] == [1, 1]

    service.counts_visitors = False  # and tells only how many there were on each day, summed
    with pytest.raises(DataError, match="no nb_uniq_visitors"):
        await bench.pull(question)


async def test_a_conversion_is_made_of_two_counts_and_not_of_a_percentage(
    bench: Bench, service: vendor.Matomo
) -> None:
    visited(service, "ada", "2026-10-19T10:00", "Purchase", "Purchase")  # twice on one visit
    visited(service, "ada", "2026-10-20T10:00")
    visited(service, "bo", "2026-10-21T10:00")

    first, second = await bench.pull(a_question("buyers", grain=Grain.WEEK, window=WEEKS))

    assert [first.numerator, first.denominator, first.sample_size] == [1, 3, 3]
    assert [second.value, second.sample_size] == [None, 0]


async def test_a_year_of_days_is_more_than_a_hundred_rows(
    bench: Bench, service: vendor.Matomo
) -> None:
    visited(service, "ada", "2026-01-01T10:00")
    visited(service, "ada", "2026-10-20T10:00")

    found = await bench.pull(a_question("visits", grain=Grain.DAY))

    assert len(found) == 326  # 1 January to 22 November
    assert sum(one.value or 0 for one in found) == 2


@pytest.mark.parametrize("is_old", [False, True], ids=["401", "under 200"])
@pytest.mark.parametrize(
    ("changed", "error"),
    [
        pytest.param({"site": 8}, AccessDenied, id="another site"),
        pytest.param({"reports": {"buyers": {"conversion": 99}}}, ConfigError, id="another goal"),
    ],
)
async def test_a_refusal_is_heard_under_any_status(
    bench: Bench,
    service: vendor.Matomo,
    changed: dict[str, Any],  # Any: JSON
    error: type[ConnectorError],
    *,
    is_old: bool,
) -> None:
    service.is_old = is_old

    with pytest.raises(error) as caught:
        await bench.pull(a_question("buyers", grain=Grain.WEEK, window=WEEKS), **changed)

    assert type(caught.value) is error


async def test_a_wrong_token_is_heard_under_200(service: vendor.Matomo) -> None:
    service.is_old = True

    async with a_bench(Matomo, service, {**SETTINGS, "token": "another-token"}) as stranger:
        with pytest.raises(AuthError, match="authenticate"):
            await stranger.check()


async def test_the_token_stands_in_no_address(bench: Bench, service: vendor.Matomo) -> None:
    await bench.check()

    assert service.requests == ["https://matomo.test/index.php"]


async def test_matomo_may_live_below_a_path() -> None:
    asked: list[str] = []

    def says(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(200, json={"timezone": "Europe/Oslo"})

    async with a_bench(Matomo, httpx.MockTransport(says), SETTINGS) as bench:
        await bench.check(url="https://matomo.test/stats/")

    assert asked == ["https://matomo.test/stats/index.php"]


async def test_a_website_with_another_time_zone_is_named_by_check(
    bench: Bench, service: vendor.Matomo
) -> None:
    service.zone = ZoneInfo("Europe/Dublin")

    with pytest.raises(ConfigError, match="Europe/Dublin: write it as `time_zone`"):
        await bench.check()


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param({"2026-10-19,2026-10-25": []}, id="a week is missing"),
        pytest.param({"2026-10-18,2026-10-24": [], "2026-10-25,2026-10-31": []}, id="Sundays"),
        pytest.param({"nb_uniq_visitors": 3}, id="one period alone"),
        pytest.param([], id="a list"),
        pytest.param(
            {"2026-10-19,2026-10-25": {"nb_uniq_visitors": "37%"}, "2026-10-26,2026-11-01": []},
            id="a percentage",
        ),
    ],
)
async def test_an_answer_that_is_not_the_asked_one_is_refused(answer: object) -> None:
    says = httpx.MockTransport(lambda _: httpx.Response(200, json=answer))

    async with a_bench(Matomo, says, SETTINGS) as bench:
        with pytest.raises(DataError):
            await bench.pull(a_question("visitors", grain=Grain.WEEK, window=WEEKS))
