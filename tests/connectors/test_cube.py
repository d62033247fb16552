"""Cube against the strict fake of it, over HTTP: local times, waits under 200, hidden refusals."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import httpx
import pytest

from connectors.cube import Cube, CubeSettings
from journey_atlas_sdk import (
    Aggregation,
    AuthError,
    ConfigError,
    DataError,
    Grain,
    Observation,
    ObservationState,
    Pending,
    PullRequest,
)
from journey_atlas_sdk.testing import FakeContext, client_over, pull_all
from tests.plugins.questions import OSLO, a_question, days
from tests.vendors import cube as vendor
from tests.vendors.serving import served
from tests.vendors.visits import Event

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
MEASURES = {
    "visits": {
        "value": "Visits.count",
        "time": vendor.TIME,
        "dimensions": {"channel": vendor.CHANNEL},
    },
    "people": {"value": "Visits.people", "time": vendor.TIME, "aggregation": "UNIQUE"},
    "mean": {"value": "Visits.mean", "time": vendor.TIME, "sample_size": "Visits.count"},
    "in-app": {
        "value": "Visits.count",
        "time": vendor.TIME,
        "filters": [{"member": vendor.CHANNEL, "values": ["app"]}],
    },
}
OCTOBER = days("2026-10-01", "2026-11-01")
WEEKS = a_question("visits", grain=Grain.WEEK, window=days("2026-10-19", "2026-11-02"))


class Bench:
    """A connector in front of the fake."""

    def __init__(self, service: vendor.Cube, url: str, http: httpx.AsyncClient) -> None:
        self.service = service
        self.url = url
        self.context = FakeContext(moment=NOW, http=http, secrets={"token": vendor.TOKEN})

    def connector(self, **settings: object) -> Cube:
        given = {"token": vendor.TOKEN, "url": self.url, "reports": MEASURES, **settings}
        return Cube(CubeSettings.read(given))

    async def pull(self, question: PullRequest, **settings: object) -> list[Observation]:
        return await pull_all(self.connector(**settings), question, self.context)

    def seen(self, at: str, who: str = "ada", channel: str | None = None) -> None:
        moment = datetime.fromisoformat(at)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=OSLO)
        self.service.events.append(Event(at=moment, who=who, channel=channel))


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    service = vendor.Cube(now=lambda: NOW, looks=0)
    async with client_over(httpx.ASGITransport(app=service)) as http:
        yield Bench(service, "https://cube.test", http)


async def test_it_works_over_a_real_connection() -> None:
    service = vendor.Cube(now=lambda: NOW, looks=0)
    async with served(service) as url, client_over(httpx.AsyncHTTPTransport()) as http:
        bench = Bench(service, url, http)
        bench.seen("2026-10-20T10:00")
        found = await bench.pull(WEEKS)

    assert [one.value for one in found] == [1]  # a week without a visit is left out, not 0


async def test_a_period_is_cut_in_the_organizations_zone_and_its_last_day_counts(
    bench: Bench,
) -> None:
    bench.seen("2026-10-24T23:59:59")
    bench.seen("2026-10-25T00:00:00")
    bench.seen("2026-10-25T23:59:59.900")  # the day has 25 hours
    bench.seen("2026-10-26T00:00:00")

    by_day = await bench.pull(replace(WEEKS, grain=Grain.DAY))
    by_week = await bench.pull(WEEKS)

    assert [one.value for one in by_day] == [1, 2, 1]
    assert [one.value for one in by_week] == [3, 1]
    assert by_week[1].start == datetime(2026, 10, 25, 23, tzinfo=UTC)  # a Monday in Oslo


async def test_people_are_counted_by_cube_and_never_added_up(bench: Bench) -> None:
    bench.seen("2026-10-02T10:00")
    bench.seen("2026-10-20T10:00")
    bench.seen("2026-10-20T10:00", who="bo")

    (month,) = await bench.pull(a_question("people", window=OCTOBER))
    specs = {spec.key: spec for spec in await bench.connector().discover(bench.context)}

    assert month.value == 2
    assert specs["people"].aggregation is Aggregation.UNIQUE
    assert len(bench.service.asked) == 1


async def test_a_mean_is_a_number_and_a_count_a_text(bench: Bench) -> None:
    for value in ("4", "7.5"):
        event = Event(at=datetime(2026, 10, 2, tzinfo=UTC), value=Decimal(value))
        bench.service.events.append(event)

    (month,) = await bench.pull(a_question("mean", window=OCTOBER))

    assert month.value == Decimal("5.75")  # (4 + 7.5) / 2
    assert month.sample_size == 2


async def test_a_metric_may_count_a_part_alone_or_be_broken_down(bench: Bench) -> None:
    bench.seen("2026-10-02T10:00", channel="app")
    bench.seen("2026-10-03T10:00", channel="branch")
    bench.seen("2026-10-04T10:00")  # nobody knows where

    (in_app,) = await bench.pull(a_question("in-app", window=OCTOBER))
    parts = await bench.pull(a_question("visits", window=OCTOBER, dimensions=("channel",)))

    assert in_app.value == 1
    assert [one.dimensions for one in parts] == [
        (("channel", "app"),),
        (("channel", "branch"),),
    ]


async def test_what_cube_still_computes_is_asked_again_by_another_process(bench: Bench) -> None:
    bench.service.looks = 1
    bench.seen("2026-10-20T10:00")

    (waiting,) = [each async for each in bench.connector().pull(WEEKS, bench.context)]
    assert isinstance(waiting, Pending)
    found = await bench.pull(replace(WEEKS, resume=waiting.resume))

    assert len(found) == 1
    assert bench.service.asked[0] == bench.service.asked[1]


async def test_an_answer_of_many_pages_is_read_whole(bench: Bench) -> None:
    at = datetime(2026, 10, 2, tzinfo=UTC)
    bench.service.events = [Event(at=at, channel=f"c-{n:05}") for n in range(5_001)]

    found = await bench.pull(a_question("visits", window=OCTOBER, dimensions=("channel",)))

    assert len(found) == 5_001
    assert [asked["offset"] for asked in bench.service.asked] == [0, 5_000]


async def test_a_period_is_provisional_while_the_data_changes_and_tells_how_old_it_is(
    bench: Bench,
) -> None:
    bench.seen("2026-11-19T10:00")
    bench.seen("2026-11-21T10:00")
    question = a_question("visits", grain=Grain.DAY, window=days("2026-11-19", "2026-11-22"))

    found = await bench.pull(question)

    # The 19th ended 60.5 hours ago, the 21st 13; the data changes for 48.
    assert [one.state for one in found] == [ObservationState.FINAL, ObservationState.PROVISIONAL]
    assert found[0].source_updated_at == NOW.replace(microsecond=201_000)


async def test_check_names_what_is_wrong_without_cubes_stack(bench: Bench) -> None:
    bench.service.looks = 1  # that it still computes will do
    await bench.connector().check(bench.context)
    counted = {"value": "Visits.count", "time": vendor.TIME}
    for wrong in ({"value": "Visits.nope"}, {"filters": [{"member": "Visits.nope"}]}):
        reports = {"visits": {**counted, **wrong}}
        with pytest.raises(ConfigError, match=r"'nope' not found for path 'Visits.nope'") as caught:
            await bench.connector(reports=reports).check(bench.context)
        assert "secret-path" not in f"{caught.value.message} {caught.value.detail}"
    with pytest.raises(AuthError, match="Invalid token"):  # a 403
        await bench.connector().check(replace(bench.context, secrets={"token": "another"}))


@pytest.mark.parametrize("body", [{"error": "The query failed."}, {}])
async def test_an_error_under_the_status_200_is_heard(body: dict[str, str]) -> None:
    async with client_over(lambda _: httpx.Response(200, json=body)) as http:
        bench = Bench(vendor.Cube(now=lambda: NOW), "https://cube.test", http)
        with pytest.raises(DataError, match=r"Cube says: (The query failed|nothing)"):
            await bench.pull(WEEKS)


async def test_hours_are_not_offered(bench: Bench) -> None:
    with pytest.raises(ConfigError, match="not by HOUR"):
        await bench.pull(a_question("visits", grain=Grain.HOUR, window=OCTOBER))


@pytest.mark.parametrize(
    "measure",
    [
        {"value": "Visits", "time": vendor.TIME},
        {"value": "Visits.count", "time": vendor.TIME, "numerator": "Visits.count"},
    ],
)
def test_a_measure_that_cannot_work_is_refused(measure: dict[str, str]) -> None:
    given = {"token": "t", "url": "https://cube.test", "reports": {"visits": measure}}

    with pytest.raises(ConfigError, match=r"reports\.visits"):
        CubeSettings.read(given)
