"""dbt's Semantic Layer against the strict fake of it, over HTTP: queries, days, hidden errors."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import httpx
import pytest

from connectors.dbt_semantic_layer import DbtSemanticLayer, DbtSemanticLayerSettings
from journey_atlas_sdk import (
    AccessDenied,
    AuthError,
    ConfigError,
    DataError,
    Grain,
    Observation,
    ObservationState,
    Pending,
    PullRequest,
)
from journey_atlas_sdk.testing import FakeContext, client_over
from tests.plugins.questions import OSLO, a_question, days
from tests.vendors import dbt_semantic_layer as vendor
from tests.vendors.serving import served
from tests.vendors.visits import Event

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
METRICS = {
    "visits": {"value": "visits", "dimensions": {"channel": vendor.CHANNEL}},
    "visitors": {"value": "visitors", "sample_size": "visits", "aggregation": "UNIQUE"},
    "spent": {"value": "spent"},
    "in-app": {"value": "visits", "where": ["{{ Dimension('visit__channel') }} = 'app'"]},
}
OCTOBER = days("2026-10-01", "2026-11-01")
WEEKS = a_question("visits", grain=Grain.WEEK, window=days("2026-10-19", "2026-11-02"))


class Bench:
    """A connector in front of the fake, asked again until a query is done."""

    def __init__(self, service: vendor.DbtSemanticLayer, url: str, http: httpx.AsyncClient) -> None:
        self.service = service
        self.url = url
        self.context = FakeContext(moment=NOW, http=http, secrets={"token": vendor.TOKEN})

    def connector(self, **settings: object) -> DbtSemanticLayer:
        given = {
            "token": vendor.TOKEN,
            "url": self.url,
            "environment": vendor.ENVIRONMENT,
            "time_zone": "Europe/Oslo",
            "reports": METRICS,
            **settings,
        }
        return DbtSemanticLayer(DbtSemanticLayerSettings.read(given))

    async def ask(self, question: PullRequest, **settings: object) -> list[Observation | Pending]:
        pulled = self.connector(**settings).pull(question, self.context)
        return [each async for each in pulled]

    async def pull(self, question: PullRequest, **settings: object) -> list[Observation]:
        """Ask again as the product does, with a connector of its own each time."""
        for _ in range(10):
            found = await self.ask(question, **settings)
            match found:
                case [Pending(resume=resume)]:
                    question = replace(question, resume=resume)
                case _:
                    return [each for each in found if isinstance(each, Observation)]
        message = "The query never came to an end."
        raise AssertionError(message)

    def seen(self, at: str, who: str = "ada", channel: str | None = None) -> None:
        moment = datetime.fromisoformat(at).replace(tzinfo=OSLO)
        self.service.events.append(Event(at=moment, who=who, channel=channel))


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    service = vendor.DbtSemanticLayer(zone=OSLO)
    async with client_over(httpx.ASGITransport(app=service)) as http:
        yield Bench(service, "https://dbt.test", http)


async def test_it_works_over_a_real_connection() -> None:
    service = vendor.DbtSemanticLayer(zone=OSLO)
    async with served(service) as url, client_over(httpx.AsyncHTTPTransport()) as http:
        bench = Bench(service, url, http)
        bench.seen("2026-10-20T10:00")
        found = await bench.pull(WEEKS)

    assert [one.value for one in found] == [1]  # a week without a visit is left out, not 0


async def test_a_query_is_created_once_and_looked_at_until_it_is_done(bench: Bench) -> None:
    (begun,) = await bench.ask(WEEKS)
    assert isinstance(begun, Pending)
    (later,) = await bench.ask(replace(WEEKS, resume=begun.resume))
    await bench.pull(replace(WEEKS, resume=begun.resume))

    assert later == begun
    (created,) = bench.service.created
    assert [each["sql"] for each in created["where"]] == [
        "{{ TimeDimension('metric_time', 'DAY') }} >= '2026-10-19'",
        "{{ TimeDimension('metric_time', 'DAY') }} <= '2026-11-01'",  # a Sunday
    ]


async def test_a_visit_counts_in_the_day_of_the_models_zone(bench: Bench) -> None:
    bench.seen("2026-10-24T23:59:59")
    bench.seen("2026-10-25T00:00:00")
    bench.seen("2026-10-25T23:59:59")  # the day has 25 hours
    bench.seen("2026-10-26T00:00:00")

    by_day = await bench.pull(replace(WEEKS, grain=Grain.DAY))
    by_week = await bench.pull(WEEKS)

    assert [one.value for one in by_day] == [1, 2, 1]
    assert [one.value for one in by_week] == [3, 1]
    assert by_week[1].start == datetime(2026, 10, 25, 23, tzinfo=UTC)  # a Monday in Oslo


async def test_an_organization_with_other_days_is_refused(bench: Bench) -> None:
    zone = ZoneInfo("Asia/Kolkata")
    question = a_question("visits", window=days("2026-10-01", "2026-11-01", zone), zone=zone)

    with pytest.raises(ConfigError, match="days are those of Europe/Oslo"):
        await bench.ask(question)


async def test_people_are_asked_for_at_the_grain_and_never_added_up(bench: Bench) -> None:
    bench.seen("2026-10-02T10:00")
    bench.seen("2026-10-20T10:00")
    bench.seen("2026-10-20T10:00", who="bo")

    (month,) = await bench.pull(a_question("visitors", window=OCTOBER))

    assert [month.value, month.sample_size] == [2, 3]


async def test_no_digit_of_a_fraction_is_lost(bench: Bench) -> None:
    at = datetime(2026, 10, 2, tzinfo=UTC)
    bench.service.events = [Event(at=at, value=Decimal("0.1")), Event(at=at, value=Decimal("0.7"))]

    (month,) = await bench.pull(a_question("spent", window=OCTOBER))

    assert month.value == Decimal("0.8")


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


async def test_every_page_is_read(bench: Bench) -> None:
    at = datetime(2026, 10, 2, tzinfo=UTC)
    bench.service.events = [Event(at=at, channel=f"c-{n:04}") for n in range(vendor.PAGE + 1)]

    found = await bench.pull(a_question("visits", window=OCTOBER, dimensions=("channel",)))

    assert len(found) == vendor.PAGE + 1


async def test_a_period_is_provisional_while_the_data_changes(bench: Bench) -> None:
    bench.seen("2026-11-19T10:00")
    bench.seen("2026-11-21T10:00")
    question = replace(WEEKS, grain=Grain.DAY, window=days("2026-11-19", "2026-11-22"))

    found = await bench.pull(question)

    # The 19th ended 60.5 hours ago, the 21st 13; the data changes for 48.
    assert [one.state for one in found] == [ObservationState.FINAL, ObservationState.PROVISIONAL]


async def test_a_query_that_failed_or_was_forgotten_is_begun_anew(bench: Bench) -> None:
    (begun,) = await bench.ask(WEEKS)
    assert isinstance(begun, Pending)
    resumed = replace(WEEKS, resume=begun.resume)

    bench.service.failure = "Database error: out of memory"
    with pytest.raises(DataError, match="dbt says: Database error"):
        await bench.pull(resumed)
    bench.service.queries.clear()
    with pytest.raises(DataError, match="Query not found"):
        await bench.ask(resumed)


async def test_check_names_what_is_wrong(bench: Bench) -> None:
    await bench.connector().check(bench.context)

    with pytest.raises(AuthError):
        await bench.connector().check(replace(bench.context, secrets={"token": "another"}))
    with pytest.raises(AccessDenied):
        await bench.connector().check(replace(bench.context, secrets={"token": vendor.NARROW}))
    with pytest.raises(ConfigError, match="dbt has no metric churn"):
        await bench.connector(reports={"churn": {"value": "churn"}}).check(bench.context)
    with pytest.raises(ConfigError, match="Environment not found"):  # with the status 200
        await bench.connector(environment=1).check(bench.context)


async def test_what_dbt_refuses_to_ask_is_told_in_its_words(bench: Bench) -> None:
    reports = {"visits": {"value": "visits", "where": ["{{ nonsense"]}}

    with pytest.raises(ConfigError, match="dbt says: The where clause can't be parsed"):
        await bench.ask(WEEKS, reports=reports)


async def test_credentials_refused_under_the_status_200_are_the_settings_fault() -> None:
    told = {"data": None, "errors": [{"message": "Unauthorized: the token has ended"}]}
    async with client_over(lambda _: httpx.Response(200, json=told)) as http:
        bench = Bench(vendor.DbtSemanticLayer(zone=OSLO), "https://dbt.test", http)
        with pytest.raises(AuthError):
            await bench.connector().check(bench.context)
