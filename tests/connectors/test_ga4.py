"""Google Analytics 4 against the strict fake of it: texts, lacking rows, quotas told in words."""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from api.demo.vendors.analytics import Event
from connectors.ga4 import Ga4
from journey_atlas_sdk import (
    ConfigError,
    ConnectorError,
    DataError,
    Grain,
    ObservationFlag,
    QuotaExhausted,
    RateLimited,
)
from tests.connectors.bench import NOW, Bench, a_bench
from tests.plugins.questions import OSLO, a_question, days
from tests.vendors import ga4 as vendor
from tests.vendors import google

SETTINGS: dict[str, Any] = {  # Any: JSON
    "key": google.key_file(),
    "property": vendor.PROPERTY,
    "time_zone": "Europe/Oslo",
    "reports": {
        "sessions": {"metric": "sessions"},
        "users": {"metric": "activeUsers"},
        "sign-ups": {"metric": "eventCount", "event": "sign_up"},
        "buyers": {"conversion": "purchase"},
    },
}
WEEK = days("2026-10-19", "2026-10-26")  # the 25th has 25 hours


def visited(user: str, at: str, *events: str) -> list[Event]:
    """Let a user come once, at a time of Oslo."""
    moment = datetime.fromisoformat(at).replace(tzinfo=OSLO)
    return [
        Event(name=name, user=user, at=moment, visit=f"{user} {at}")
        for name in (vendor.PAGE_VIEW, *events)
    ]


@pytest.fixture
def service() -> vendor.Ga4:
    return vendor.Ga4(now=lambda: NOW, zone=OSLO)


@pytest.fixture
async def bench(service: vendor.Ga4) -> AsyncIterator[Bench]:
    async with a_bench(Ga4, service, SETTINGS) as made:
        yield made


async def test_sessions_are_added_up_and_users_are_not(bench: Bench, service: vendor.Ga4) -> None:
    service.events += [
        *visited("ada", "2026-10-19T00:00"),
        *visited("ada", "2026-10-25T23:59"),
        *visited("bo", "2026-10-25T02:30", "sign_up", "sign_up"),
        *visited("bo", "2026-10-26T00:00"),
    ]

    found = {
        metric: (await bench.pull(a_question(metric, grain=Grain.WEEK, window=WEEK)))[0].value
        for metric in ("sessions", "users", "sign-ups")
    }

    assert found == {"sessions": 3, "users": 2, "sign-ups": 2}


async def test_users_of_week_53_are_those_of_both_years() -> None:
    later = datetime(2027, 1, 10, tzinfo=UTC)
    service = vendor.Ga4(now=lambda: later, zone=OSLO)
    service.events += [
        *visited("ada", "2026-12-28T10:00"),
        *visited("ada", "2027-01-03T10:00"),
        *visited("bo", "2027-01-03T10:00"),
        *visited("cleo", "2027-01-04T10:00"),
    ]
    question = a_question("users", grain=Grain.WEEK, window=days("2026-12-28", "2027-01-11"))

    async with a_bench(Ga4, service, SETTINGS, now=later) as bench:
        found = await bench.pull(question)

    assert [one.value for one in found] == [2, 1]


async def test_a_conversion_is_two_reports_in_one_request(
    bench: Bench, service: vendor.Ga4
) -> None:
    service.events += [
        *visited("ada", "2026-10-19T10:00", "purchase", "purchase"),
        *visited("ada", "2026-10-20T10:00"),
        *visited("bo", "2026-10-21T10:00"),
        *visited("bo", "2026-10-22T10:00"),
    ]

    (week,) = await bench.pull(a_question("buyers", grain=Grain.WEEK, window=WEEK))

    assert [week.numerator, week.denominator, week.sample_size] == [1, 4, 4]
    assert len(service.requests) == 1


async def test_a_lacking_row_is_zero_unless_rows_are_kept_back(
    bench: Bench, service: vendor.Ga4
) -> None:
    service.events += [
        *visited("ada", "2026-10-19T10:00"),
        *visited("bo", "2026-10-19T10:00"),
        *visited("ada", "2026-10-20T10:00"),
    ]
    question = a_question("sessions", grain=Grain.DAY, window=days("2026-10-19", "2026-10-22"))

    assert [one.value for one in await bench.pull(question)] == [2, 1, 0]

    service.threshold = 2
    kept_back = await bench.pull(question)
    assert [one.value for one in kept_back] == [2, None, None]
    assert {one.flags for one in kept_back} == {frozenset({ObservationFlag.THRESHOLDED})}


async def test_a_sampled_or_cut_answer_says_so(bench: Bench, service: vendor.Ga4) -> None:
    question = a_question("sessions", grain=Grain.WEEK, window=WEEK)
    service.is_sampled = True
    (sampled,) = await bench.pull(question)
    assert sampled.flags == {ObservationFlag.SAMPLED}

    service.is_sampled, service.is_cut = False, True
    (cut,) = await bench.pull(question)
    assert cut.flags == {ObservationFlag.TRUNCATED}


async def test_a_property_with_another_time_zone_is_named_before_anything_is_read(
    bench: Bench, service: vendor.Ga4
) -> None:
    service.zone = ZoneInfo("Europe/Dublin")

    with pytest.raises(ConfigError, match="those of Europe/Dublin: write it as `time_zone`"):
        await bench.check()
    with pytest.raises(ConfigError, match="Europe/Dublin"):
        await bench.pull(a_question("sessions", grain=Grain.WEEK, window=WEEK))


@pytest.mark.parametrize(
    ("used", "error", "wait"),
    [
        pytest.param("hour", QuotaExhausted, timedelta(minutes=30), id="the hour's tokens"),
        pytest.param("day", QuotaExhausted, timedelta(minutes=30), id="the day's tokens"),
        pytest.param("", RateLimited, timedelta(seconds=30), id="ten at once"),
    ],
)
async def test_a_quota_is_told_from_another_by_its_words(
    bench: Bench, service: vendor.Ga4, used: str, error: type[ConnectorError], wait: timedelta
) -> None:
    if used:
        meter = service.hour if used == "hour" else service.day
        meter.count = 15  # of which a conversion takes 20
    else:
        service.running = vendor.MOST_AT_ONCE

    with pytest.raises(error, match="Exhausted") as caught:
        await bench.pull(a_question("buyers", grain=Grain.WEEK, window=WEEK))

    assert isinstance(caught.value, QuotaExhausted | RateLimited)
    assert caught.value.retry_after == wait


def a_report(bucket: str = "20261019", count: object = "1") -> dict[str, Any]:  # Any: JSON
    row = {"dimensionValues": [{"value": bucket}], "metricValues": [{"value": count}]}
    return {"metadata": {"timeZone": "Europe/Oslo"}, "rows": [row], "rowCount": 1}


@pytest.mark.parametrize(
    "reports",
    [
        pytest.param([a_report(bucket="(other)")], id="no day"),
        pytest.param([a_report(bucket="20261018")], id="a day too many"),
        pytest.param([a_report(count="37%")], id="a percentage"),
        pytest.param([a_report(count="1.5")], id="half a session"),
        pytest.param([{"rowCount": 0}], id="no metadata"),
    ],
)
async def test_an_answer_that_is_not_the_asked_one_is_refused(
    reports: list[Mapping[str, Any]],  # Any: JSON
) -> None:
    def says(request: httpx.Request) -> httpx.Response:
        token = {"access_token": "t", "expires_in": 3599}
        return httpx.Response(
            200, json=token if request.url.path == "/token" else {"reports": reports}
        )

    async with a_bench(Ga4, httpx.MockTransport(says), SETTINGS) as bench:
        with pytest.raises(DataError):
            await bench.pull(a_question("sessions", grain=Grain.WEEK, window=WEEK))
