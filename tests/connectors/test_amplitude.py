"""Amplitude against the strict fake of it: costs, parallel lists, and what 403 and 404 mean."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import httpx
import pytest

from api.demo.vendors.analytics import Event
from connectors.amplitude import Amplitude, AmplitudeSettings
from journey_atlas_sdk import (
    AuthError,
    ConfigError,
    DataError,
    Grain,
    ObservationState,
    RateLimited,
)
from tests.connectors.bench import NOW, Bench, a_bench
from tests.plugins.questions import OSLO, a_question, days
from tests.vendors import amplitude as vendor

SETTINGS: dict[str, Any] = {  # Any: JSON
    "api_key": vendor.API_KEY,
    "secret_key": vendor.SECRET_KEY,
    "time_zone": "Europe/Oslo",
    "reports": {
        "signup": {"steps": ["Open", "Form", "Done"], "conversion_days": 7},
        "logins": {"event": "Open"},
        "people": {"event": "Open", "count": "UNIQUE"},
    },
}
WEEKS = days("2026-10-19", "2026-11-02")  # the 25th has 25 hours


@pytest.fixture
def service() -> vendor.Amplitude:
    return vendor.Amplitude(now=lambda: NOW, zone=OSLO)


@pytest.fixture
async def bench(service: vendor.Amplitude) -> AsyncIterator[Bench]:
    async with a_bench(Amplitude, service, SETTINGS) as made:
        yield made


def did(service: vendor.Amplitude, user: str, **at: str) -> None:
    """Note what a user did, at times of Oslo."""
    service.events += [
        Event(name=name, user=user, at=datetime.fromisoformat(each).replace(tzinfo=OSLO))
        for name, each in at.items()
    ]


async def test_a_funnel_converts_those_who_began_in_a_period(
    bench: Bench, service: vendor.Amplitude
) -> None:
    did(service, "ada", Open="2026-10-20T10:00", Form="2026-10-20T10:05", Done="2026-10-26T09:00")
    did(service, "bo", Open="2026-10-25T23:59", Done="2026-10-26T00:10", Form="2026-10-26T00:20")
    did(service, "cleo", Open="2026-10-26T00:00")

    found = await bench.pull(a_question("signup", grain=Grain.WEEK, window=WEEKS))

    # Ada got done in seven days, after her week's end; Bo not in this order.
    assert [[one.numerator, one.denominator, one.sample_size] for one in found] == [
        [1, 2, 2],
        [0, 1, 1],
    ]


async def test_a_funnels_period_is_provisional_while_somebody_may_still_convert(
    bench: Bench, service: vendor.Amplitude
) -> None:
    did(service, "ada", Open="2026-11-09T10:00")

    found = await bench.pull(
        a_question("signup", grain=Grain.DAY, window=days("2026-11-09", "2026-11-12"))
    )

    # 7 days to convert and 5 in which events come late: over by the 10th, noon of the 22nd UTC.
    assert [one.state for one in found] == [
        ObservationState.FINAL,
        ObservationState.PROVISIONAL,
        ObservationState.PROVISIONAL,
    ]


async def test_events_are_added_up_and_users_are_not(
    bench: Bench, service: vendor.Amplitude
) -> None:
    for at in ("2026-10-19T00:00", "2026-10-25T23:59", "2026-10-26T00:00"):
        did(service, "ada", Open=at)

    logins = await bench.pull(a_question("logins", grain=Grain.WEEK, window=WEEKS))
    people = await bench.pull(a_question("people", grain=Grain.WEEK, window=WEEKS))

    assert [one.value for one in logins] == [2, 1]
    assert [one.value for one in people] == [1, 1]


@pytest.mark.parametrize(
    ("metric", "cost"),
    [
        pytest.param("logins", 14, id="1 event × 14 days"),
        pytest.param("signup", 84, id="3 events × 2 × 14 days"),
    ],
)
async def test_a_query_is_counted_by_what_it_costs(
    bench: Bench, service: vendor.Amplitude, metric: str, cost: int
) -> None:
    did(service, "ada", Open="2026-10-20T10:00")

    await bench.pull(a_question(metric, grain=Grain.WEEK, window=WEEKS))

    assert [meter.used for meter in service.meters] == [cost, cost]


async def test_the_dearest_query_is_within_the_limit_of_five_minutes() -> None:
    reports = {"signup": {"steps": ["a", "b", "c", "d", "e"]}}
    settings = AmplitudeSettings.read({**SETTINGS, "reports": reports})
    longest = Amplitude.info.max_window

    assert longest is not None
    cost = settings.reports["signup"].cost
    assert cost * longest.days <= Amplitude.info.limits[0].count


async def test_days_in_which_there_was_nothing_at_all_are_zero(bench: Bench) -> None:
    logins = await bench.pull(a_question("logins", grain=Grain.WEEK, window=WEEKS))
    signup = await bench.pull(a_question("signup", grain=Grain.WEEK, window=WEEKS))

    assert [one.value for one in logins] == [0, 0]
    assert [[one.value, one.sample_size] for one in signup] == [[None, 0]] * 2


async def test_refused_keys_may_be_those_of_another_region(bench: Bench) -> None:
    stranger = httpx.MockTransport(lambda _: httpx.Response(403, text="Forbidden"))
    await bench.check()

    async with a_bench(Amplitude, stranger, SETTINGS) as other:
        with pytest.raises(AuthError, match="another region: `url`"):
            await other.check()


async def test_who_asks_five_times_at_once_waits(bench: Bench, service: vendor.Amplitude) -> None:
    service.running = vendor.MOST_AT_ONCE

    with pytest.raises(RateLimited):
        await bench.check()


async def test_an_events_name_is_bound_and_never_pasted(
    bench: Bench, service: vendor.Amplitude
) -> None:
    name = 'say "hi"&m=uniques&i=30'
    service.events.append(Event(name=name, user="ada", at=datetime(2026, 10, 20, tzinfo=OSLO)))
    question = a_question("odd", grain=Grain.DAY, window=days("2026-10-20", "2026-10-21"))

    (day,) = await bench.pull(question, reports={"odd": {"event": name}})

    assert day.value == 1


async def test_a_funnel_that_could_not_be_paid_is_refused(bench: Bench) -> None:
    with pytest.raises(ConfigError, match="steps"):
        bench.connector(reports={"signup": {"steps": ["a", "b", "c", "d", "e", "f"]}})


@pytest.mark.parametrize(
    "data",
    [
        pytest.param({"series": [[1]], "xValues": ["2026-10-19", "2026-10-26"]}, id="too short"),
        pytest.param({"series": [[1, 2]], "xValues": ["2026-10-18", "2026-10-25"]}, id="Sundays"),
        pytest.param({"series": [["1%", 2]], "xValues": ["2026-10-19", "2026-10-26"]}, id="a text"),
        pytest.param({"series": [], "xValues": []}, id="no series"),
    ],
)
async def test_an_answer_that_is_not_the_asked_one_is_refused(
    data: dict[str, Any],  # Any: JSON
) -> None:
    says = httpx.MockTransport(lambda _: httpx.Response(200, json={"data": data}))

    async with a_bench(Amplitude, says, SETTINGS) as bench:
        with pytest.raises(DataError):
            await bench.pull(a_question("people", grain=Grain.WEEK, window=WEEKS))
