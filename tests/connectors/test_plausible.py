"""Plausible against the strict fake of it: buckets left out, and the site's own day."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from api.demo.vendors.analytics import Event
from connectors.plausible import Plausible
from journey_atlas_sdk import AuthError, ConfigError, DataError, Grain, PlanLimit, RateLimited
from tests.connectors.bench import NOW, Bench, a_bench
from tests.plugins.questions import OSLO, a_question, days
from tests.vendors import plausible as vendor

SETTINGS: dict[str, Any] = {  # Any: JSON
    "token": vendor.KEY,
    "site": vendor.SITE,
    "time_zone": "Europe/Oslo",
    "reports": {
        "views": {"metric": "pageviews"},
        "visitors": {"metric": "visitors"},
        "sign-ups": {"metric": "events", "goal": "Signup"},
        "buyers": {"conversion": "Purchase"},
    },
}
WEEKS = days("2026-10-19", "2026-11-02")  # the 25th has 25 hours


@pytest.fixture
def service() -> vendor.Plausible:
    return vendor.Plausible(now=lambda: NOW, zone=OSLO)


@pytest.fixture
async def bench(service: vendor.Plausible) -> AsyncIterator[Bench]:
    async with a_bench(Plausible, service, SETTINGS) as made:
        yield made


def visited(service: vendor.Plausible, user: str, at: str, *goals: str) -> None:
    """Let somebody come once, at a time of Oslo."""
    moment = datetime.fromisoformat(at).replace(tzinfo=OSLO)
    service.events += [
        Event(name=name, user=user, at=moment, visit=f"{user} {at}")
        for name in (vendor.PAGE_VIEW, *goals)
    ]


async def test_views_are_added_up_and_visitors_are_not(
    bench: Bench, service: vendor.Plausible
) -> None:
    visited(service, "ada", "2026-10-19T00:00")
    visited(service, "ada", "2026-10-25T23:59", "Signup", "Signup")
    visited(service, "ada", "2026-10-26T00:00")

    found = {
        metric: [
            one.value
            for one in await bench.pull(a_question(metric, grain=Grain.WEEK, window=WEEKS))
        ]
        for metric in ("views", "visitors", "sign-ups")
    }

    assert found == {"views": [2, 1], "visitors": [1, 1], "sign-ups": [2, 0]}


async def test_a_conversion_is_made_of_two_counts_and_not_of_a_rounded_rate(
    bench: Bench, service: vendor.Plausible
) -> None:
    visited(service, "ada", "2026-10-19T10:00", "Purchase")
    visited(service, "ada", "2026-10-20T10:00", "Purchase")
    visited(service, "bo", "2026-10-20T10:00")
    visited(service, "cleo", "2026-10-20T10:00")

    first, second = await bench.pull(a_question("buyers", grain=Grain.WEEK, window=WEEKS))

    assert [first.numerator, first.denominator, first.sample_size] == [1, 3, 3]
    assert [second.value, second.sample_size] == [None, 0]
    assert len(service.requests) == 2


async def test_days_that_are_left_out_are_zero(bench: Bench, service: vendor.Plausible) -> None:
    visited(service, "ada", "2026-10-20T10:00")
    question = a_question("views", grain=Grain.DAY, window=days("2026-10-19", "2026-10-22"))

    assert [one.value for one in await bench.pull(question)] == [0, 1, 0]


async def test_a_site_with_another_time_zone_is_named(
    bench: Bench, service: vendor.Plausible
) -> None:
    await bench.check()
    service.zone = ZoneInfo("Europe/Dublin")

    with pytest.raises(ConfigError, match="`time_zone` must be its own"):
        await bench.check()
    with pytest.raises(ConfigError, match="`time_zone` must be its own"):
        await bench.pull(a_question("views", grain=Grain.WEEK, window=WEEKS))


async def test_a_plan_without_the_api_is_named(bench: Bench, service: vendor.Plausible) -> None:
    service.is_on_plan = False

    with pytest.raises(PlanLimit):
        await bench.check()


async def test_another_site_is_refused_as_a_wrong_key_is(bench: Bench) -> None:
    with pytest.raises(AuthError):
        await bench.check(site="another.example.org")


async def test_the_hours_last_request_is_followed_by_a_wait(
    bench: Bench, service: vendor.Plausible
) -> None:
    service.hour.count = 1

    with pytest.raises(RateLimited):
        await bench.pull(a_question("buyers", grain=Grain.WEEK, window=WEEKS))


async def test_a_goals_name_is_bound_and_never_pasted(
    bench: Bench, service: vendor.Plausible
) -> None:
    goal = 'Visit /a"]], "dimensions": ["x'
    visited(service, "ada", "2026-10-20T10:00", goal)
    reports = {"odd": {"metric": "events", "goal": goal}}

    first, _ = await bench.pull(a_question("odd", grain=Grain.WEEK, window=WEEKS), reports=reports)

    assert first.value == 1


def a_row(day: str = "2026-10-19", count: object = 1) -> dict[str, Any]:  # Any: JSON
    return {"dimensions": [day], "metrics": [count]}


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(a_row(day="2026-10-18"), id="a Sunday"),
        pytest.param(a_row(count=None), id="null"),
        pytest.param(a_row(count="37%"), id="a percentage"),
        pytest.param({"dimensions": [], "metrics": [1]}, id="no day"),
    ],
)
async def test_an_answer_that_is_not_the_asked_one_is_refused(
    row: dict[str, Any],  # Any: JSON
) -> None:
    query = {"date_range": ["2026-10-19T00:00:00+02:00", "2026-11-01T23:59:59+01:00"]}
    says = httpx.MockTransport(
        lambda _: httpx.Response(200, json={"results": [row], "meta": {}, "query": query})
    )

    async with a_bench(Plausible, says, SETTINGS) as bench:
        with pytest.raises(DataError):
            await bench.pull(a_question("visitors", grain=Grain.WEEK, window=WEEKS))
