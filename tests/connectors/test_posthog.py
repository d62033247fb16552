"""PostHog against the strict fake of it: HogQL in any time zone, people counted once."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from api.demo.vendors.analytics import Event
from connectors.posthog import PostHog
from journey_atlas_sdk import ConfigError, DataError, Grain, RateLimited
from tests.connectors.bench import NOW, Bench, a_bench
from tests.plugins.questions import OSLO, a_question, days
from tests.vendors import posthog as vendor

SETTINGS: dict[str, Any] = {  # Any: JSON
    "token": vendor.KEY,
    "project": vendor.PROJECT,
    "reports": {
        "logins": {"event": "Logged in"},
        "people": {"event": "Logged in", "count": "UNIQUE"},
        "payers": {"conversion": "Paid", "of": "Logged in"},
    },
}
WEEKS = days("2026-10-19", "2026-11-02")  # the 25th has 25 hours


@pytest.fixture
def service() -> vendor.PostHog:
    return vendor.PostHog(now=lambda: NOW, zone=ZoneInfo("US/Pacific"))


@pytest.fixture
async def bench(service: vendor.PostHog) -> AsyncIterator[Bench]:
    async with a_bench(PostHog, service, SETTINGS) as made:
        yield made


def did(service: vendor.PostHog, user: str, name: str, *at: str) -> None:
    """Note what a person did, at times of Oslo."""
    moments = [datetime.fromisoformat(each).replace(tzinfo=OSLO) for each in at]
    service.events += [Event(name=name, user=user, at=moment) for moment in moments]


async def test_events_are_added_up_and_people_counted_once(
    bench: Bench, service: vendor.PostHog
) -> None:
    did(service, "ada", "Logged in", "2026-10-19T00:00", "2026-10-25T23:59", "2026-10-26T00:00")
    did(service, "bo", "Logged in", "2026-10-25T02:30")

    logins = await bench.pull(a_question("logins", grain=Grain.WEEK, window=WEEKS))
    people = await bench.pull(a_question("people", grain=Grain.WEEK, window=WEEKS))

    assert [one.value for one in logins] == [3, 1]
    assert [one.value for one in people] == [2, 1]


async def test_weeks_begin_on_monday_whatever_the_project_says(
    bench: Bench, service: vendor.PostHog
) -> None:
    did(service, "ada", "Logged in", "2026-10-25T12:00")  # a Sunday

    first, second = await bench.pull(a_question("people", grain=Grain.WEEK, window=WEEKS))

    assert [first.value, second.value] == [1, 0]


async def test_days_are_those_of_who_asks(bench: Bench, service: vendor.PostHog) -> None:
    did(service, "ada", "Logged in", "2026-10-20T00:30")  # still the 19th in UTC
    window = days("2026-10-19", "2026-10-21", utc := ZoneInfo("UTC"))

    found = await bench.pull(a_question("logins", grain=Grain.DAY, window=window, zone=utc))

    assert [one.value for one in found] == [1, 0]


async def test_who_converts_did_both_in_one_period(bench: Bench, service: vendor.PostHog) -> None:
    did(service, "ada", "Logged in", "2026-10-19T10:00", "2026-10-20T10:00")
    did(service, "ada", "Paid", "2026-10-20T11:00", "2026-10-21T11:00")
    did(service, "bo", "Logged in", "2026-10-25T10:00")
    did(service, "bo", "Paid", "2026-10-26T10:00")  # the next week
    did(service, "cleo", "Paid", "2026-10-20T10:00")  # who never logged in

    found = await bench.pull(a_question("payers", grain=Grain.WEEK, window=WEEKS))

    assert [[one.numerator, one.denominator, one.value] for one in found] == [
        [1, 2, 0.5],
        [0, 0, None],
    ]


async def test_a_year_of_days_is_more_than_the_hundred_rows_of_an_unbounded_query(
    bench: Bench, service: vendor.PostHog
) -> None:
    service.events += [
        Event(name="Logged in", user="ada", at=datetime(2026, month, day, 12, tzinfo=OSLO))
        for month in range(1, 11)
        for day in range(1, 29)
    ]

    found = await bench.pull(a_question("logins", grain=Grain.DAY))

    assert sum(one.value or 0 for one in found) == 280
    assert len(service.requests) == 1


async def test_an_events_name_is_bound_and_never_pasted(
    bench: Bench, service: vendor.PostHog
) -> None:
    name = "it's {zone} ' OR 1=1 --"
    did(service, "ada", name, "2026-10-20T10:00")
    did(service, "bo", "Logged in", "2026-10-20T10:00")
    reports = {"odd": {"event": name}}

    (week, _) = await bench.pull(a_question("odd", grain=Grain.WEEK, window=WEEKS), reports=reports)

    assert week.value == 1


async def test_a_time_that_is_not_read_as_it_was_meant_is_told_by_check(bench: Bench) -> None:
    await bench.check()

    empty = httpx.MockTransport(lambda _: httpx.Response(200, json={"results": []}))
    async with a_bench(PostHog, empty, SETTINGS) as other:
        with pytest.raises(DataError, match="reads a time otherwise"):
            await other.check()


async def test_who_asks_too_often_waits_as_long_as_it_says(
    bench: Bench, service: vendor.PostHog
) -> None:
    service.running = vendor.MOST_AT_ONCE

    with pytest.raises(RateLimited):
        await bench.check()


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param({"results": [["2026-10-19", 1]], "hasMore": True}, id="cut short"),
        pytest.param({"results": [["2026-10-18", 1]]}, id="a Sunday"),
        pytest.param({"results": [["2026-10-19", "37%"]]}, id="a percentage"),
        pytest.param({"query_status": {"id": "1", "complete": False}}, id="not ready"),
    ],
)
async def test_an_answer_that_is_not_the_asked_one_is_refused(
    answer: dict[str, Any],  # Any: JSON
) -> None:
    says = httpx.MockTransport(lambda _: httpx.Response(200, json=answer))

    async with a_bench(PostHog, says, SETTINGS) as bench:
        with pytest.raises(DataError):
            await bench.pull(a_question("people", grain=Grain.WEEK, window=WEEKS))


async def test_a_refused_query_is_told_in_posthogs_words() -> None:
    detail = {"type": "validation_error", "code": "hogql_error", "detail": "Unknown function"}
    says = httpx.MockTransport(lambda _: httpx.Response(400, json=detail))

    async with a_bench(PostHog, says, SETTINGS) as bench:
        with pytest.raises(ConfigError, match="Unknown function"):
            await bench.check()
