"""Adobe Analytics against the strict fake of it: half-open ranges, one token, totals alone."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from api.demo.vendors.analytics import Event
from connectors.adobe_analytics import AdobeAnalytics
from journey_atlas_sdk import (
    Aggregation,
    AuthError,
    ConfigError,
    DataError,
    Grain,
    RateLimited,
)
from tests.connectors.bench import NOW, Bench, a_bench
from tests.plugins.questions import OSLO, a_question, days
from tests.vendors import adobe_analytics as vendor

SETTINGS: dict[str, Any] = {  # Any: JSON
    "url": "https://adobe.test",
    "token_url": f"https://ims.test{vendor.TOKEN_PATH}",
    "client_id": vendor.CLIENT_ID,
    "client_secret": vendor.CLIENT_SECRET,
    "company": vendor.COMPANY,
    "suite": vendor.SUITE,
    "time_zone": "Europe/Oslo",
    "reports": {
        "visits": {"metric": "metrics/visits"},
        "visitors": {"metric": "metrics/visitors"},
        "buyers": {"part": "metrics/orders", "whole": "metrics/visits"},
    },
}
WEEKS = days("2026-10-19", "2026-11-02")  # the 25th has 25 hours


@pytest.fixture
def service() -> vendor.AdobeAnalytics:
    return vendor.AdobeAnalytics(now=lambda: NOW, zone=OSLO)


@pytest.fixture
async def bench(service: vendor.AdobeAnalytics) -> AsyncIterator[Bench]:
    async with a_bench(AdobeAnalytics, service, SETTINGS) as made:
        yield made


def visited(service: vendor.AdobeAnalytics, user: str, at: str, *more: str) -> None:
    """Let somebody come once, at a time of Oslo."""
    moment = datetime.fromisoformat(at).replace(tzinfo=OSLO)
    service.events += [
        Event(name=name, user=user, at=moment, visit=f"{user} {at}") for name in ("View", *more)
    ]


async def test_a_period_ends_where_the_next_begins(
    bench: Bench, service: vendor.AdobeAnalytics
) -> None:
    visited(service, "ada", "2026-10-19T00:00")
    visited(service, "ada", "2026-10-25T23:59")
    visited(service, "ada", "2026-10-26T00:00")
    visited(service, "ada", "2026-11-02T00:00")

    visits = await bench.pull(a_question("visits", grain=Grain.WEEK, window=WEEKS))
    visitors = await bench.pull(a_question("visitors", grain=Grain.WEEK, window=WEEKS))

    assert [one.value for one in visits] == [2, 1]
    assert [one.value for one in visitors] == [1, 1]


async def test_visitors_of_a_quarter_are_those_that_adobe_counts(
    bench: Bench, service: vendor.AdobeAnalytics
) -> None:
    visited(service, "ada", "2026-07-01T00:00")
    visited(service, "ada", "2026-09-30T23:59")
    visited(service, "bo", "2026-09-30T23:59")
    question = a_question("visitors", grain=Grain.QUARTER, window=days("2026-07-01", "2026-10-01"))

    (quarter,) = await bench.pull(question)

    assert quarter.value == 2


async def test_a_share_is_made_of_two_totals_of_one_request(
    bench: Bench, service: vendor.AdobeAnalytics
) -> None:
    visited(service, "ada", "2026-10-19T10:00", "Order")
    visited(service, "bo", "2026-10-20T10:00")
    visited(service, "bo", "2026-10-21T10:00")

    first, second = await bench.pull(a_question("buyers", grain=Grain.WEEK, window=WEEKS))

    assert [first.numerator, first.denominator, first.sample_size] == [1, 3, 3]
    assert [second.value, second.sample_size] == [None, 0]
    assert len(service.requests) == 2  # one a week


async def test_all_periods_of_a_pull_share_one_token(
    bench: Bench, service: vendor.AdobeAnalytics
) -> None:
    await bench.pull(a_question("visits", grain=Grain.WEEK, window=WEEKS))

    assert len(service.tokens) == 1


async def test_visitors_are_never_declared_to_add_up(bench: Bench) -> None:
    reports = {
        "people": {"metric": "metrics/visitors", "count": "TOTAL"},
        "customers": {"metric": "cm300_customers", "count": "UNIQUE"},
        "orders": {"metric": "metrics/orders"},
    }

    found = await bench.connector(reports=reports).discover(bench.context)

    assert {spec.key: spec.aggregation for spec in found} == {
        "people": Aggregation.UNIQUE,
        "customers": Aggregation.UNIQUE,
        "orders": Aggregation.SUM,
    }


async def test_a_suite_with_another_time_zone_is_named_by_check(
    bench: Bench, service: vendor.AdobeAnalytics
) -> None:
    await bench.check()
    service.zone = ZoneInfo("US/Pacific")

    with pytest.raises(ConfigError, match="US/Pacific: write it as `time_zone`"):
        await bench.check()


async def test_scopes_that_the_credential_has_not_are_refused_in_words(bench: Bench) -> None:
    with pytest.raises(AuthError, match="gives no token: invalid_scope"):
        await bench.check(scopes="openid")


async def test_who_asks_too_often_waits(bench: Bench, service: vendor.AdobeAnalytics) -> None:
    service.meter.count = 0

    with pytest.raises(RateLimited):
        await bench.check()


async def test_an_unknown_metric_is_told_in_adobes_words(bench: Bench) -> None:
    reports = {"odd": {"metric": "metrics/odd"}}

    with pytest.raises(ConfigError, match="Unknown metrics"):
        await bench.pull(a_question("odd", grain=Grain.WEEK, window=WEEKS), reports=reports)


@pytest.mark.parametrize(
    "totals",
    [
        pytest.param([], id="too few"),
        pytest.param([1, 2], id="too many"),
        pytest.param(["37%"], id="a percentage"),
        pytest.param([12.5], id="money"),
        pytest.param([-1], id="below nothing"),
    ],
)
async def test_an_answer_that_is_no_count_is_refused(totals: list[object]) -> None:
    def says(request: httpx.Request) -> httpx.Response:
        is_token = request.url.path == vendor.TOKEN_PATH
        told = {"access_token": "t"} if is_token else {"summaryData": {"totals": totals}}
        return httpx.Response(200, json=told)

    async with a_bench(AdobeAnalytics, httpx.MockTransport(says), SETTINGS) as bench:
        with pytest.raises(DataError):
            await bench.pull(a_question("visits", grain=Grain.WEEK, window=WEEKS))
