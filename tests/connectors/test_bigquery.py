"""BigQuery against the strict fake of it, over HTTP: jobs, moments, costs and refusals."""

import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import httpx
import pytest

from connectors.bigquery import BigQuery, BigQuerySettings
from journey_atlas_sdk import (
    AccessDenied,
    AuthError,
    ConfigError,
    ConnectorError,
    DataError,
    Observation,
    Pending,
    PullRequest,
    QuotaExhausted,
    RateLimited,
)
from journey_atlas_sdk.testing import FakeContext, client_over, pull_all
from tests.plugins.questions import a_question, days
from tests.vendors import bigquery as vendor
from tests.vendors import google
from tests.vendors.serving import served

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
KEY = google.key_file()
QUERY = "SELECT at AS period_start, value, n, channel FROM trust WHERE at >= :start AND at < :end"
AUTUMN = a_question(window=days("2026-09-01", "2026-11-01"))


def lay(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE trust (at, value, n, channel)")
    connection.executemany(
        "INSERT INTO trust VALUES (?, ?, ?, ?)",
        [
            ("2026-08-31T22:00:00+00:00", "64.25", 1190, None),  # September in Oslo
            ("2026-09-30T22:00:00+00:00", "66.40", 1180, None),
            ("2026-09-30T22:00:00+00:00", "63.85", 610, "online"),
        ],
    )


class Bench:
    """A connector in front of the fake."""

    def __init__(self, service: vendor.BigQuery, url: str, http: httpx.AsyncClient) -> None:
        self.service = service
        self.url = url
        self.context = FakeContext(moment=NOW, http=http, secrets={"key": KEY})

    def connector(self, query: str = QUERY, **settings: object) -> BigQuery:
        given = {
            "key": KEY,
            "project": vendor.PROJECT,
            "location": "EU",
            "url": self.url,
            "queries": {"trust": query},
            **settings,
        }
        return BigQuery(BigQuerySettings.read(given))

    async def pull(
        self, query: str = QUERY, question: PullRequest = AUTUMN, **settings: object
    ) -> list[Observation]:
        return await pull_all(self.connector(query, **settings), question, self.context)


def a_service(**state: object) -> vendor.BigQuery:
    service = vendor.BigQuery(now=lambda: NOW, lay=lay, looks=0)
    for name, value in state.items():
        setattr(service, name, value)
    return service


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    service = a_service()
    async with client_over(httpx.ASGITransport(app=service)) as http:
        yield Bench(service, "https://bigquery.test", http)


async def test_it_works_over_a_real_connection() -> None:
    service = a_service()
    async with served(service) as url, client_over(httpx.AsyncHTTPTransport()) as http:
        bench = Bench(service, url, http)
        bench.context = replace(bench.context, secrets={"key": key_at(url)})
        found = await bench.pull()

    assert [one.value for one in found] == [Decimal("64.25"), Decimal("66.40")]


def key_at(url: str) -> str:
    return google.key_file(token_uri=f"{url}/token")


async def test_moments_and_days_begin_the_organizations_months(bench: Bench) -> None:
    moments = await bench.pull()
    written = await bench.pull("SELECT '2026-10-01' AS period_start, 66.4 AS value")

    assert [one.start for one in moments] == [
        datetime(2026, 8, 31, 22, tzinfo=UTC),
        datetime(2026, 9, 30, 22, tzinfo=UTC),
    ]
    assert written[0].start == moments[1].start


async def test_a_dimension_is_a_column(bench: Bench) -> None:
    (online,) = await bench.pull(question=replace(AUTUMN, dimensions=("channel",)))

    assert (online.value, online.dimensions) == (Decimal("63.85"), (("channel", "online"),))


async def test_values_are_bound_once_by_name_and_todays_sql_is_asked_for(bench: Bench) -> None:
    query = f"{QUERY} AND at < :end AND :time_zone <> ''"

    await bench.pull(query)

    (asked,) = bench.service.asked
    assert [
        (one["name"], one["parameterType"]["type"], one["parameterValue"]["value"])
        for one in asked["queryParameters"]
    ] == [
        ("start", "TIMESTAMP", "2026-08-31T22:00:00+00:00"),
        ("end", "TIMESTAMP", "2026-10-31T23:00:00+00:00"),
        ("time_zone", "STRING", "Europe/Oslo"),
    ]
    assert asked["useLegacySql"] is False


async def test_a_long_job_is_gone_on_with_by_another_process(bench: Bench) -> None:
    bench.service.looks = 1

    (begun,) = [each async for each in bench.connector().pull(AUTUMN, bench.context)]
    assert isinstance(begun, Pending)
    found = await bench.pull(question=replace(AUTUMN, resume=begun.resume))

    assert len(found) == 2
    assert len(bench.service.asked) == 1  # it was run once


async def test_a_job_that_is_forgotten_is_run_anew(bench: Bench) -> None:
    bench.service.looks = 1
    (begun,) = [each async for each in bench.connector().pull(AUTUMN, bench.context)]
    assert isinstance(begun, Pending)
    bench.service.jobs.clear()

    with pytest.raises(DataError, match="run anew"):
        await bench.pull(question=replace(AUTUMN, resume=begun.resume))


async def test_a_query_that_would_cost_too_much_is_not_run(bench: Bench) -> None:
    with pytest.raises(ConfigError, match="exceeded limit for bytes billed"):
        await bench.pull(max_bytes_billed=1_000_000)

    assert bench.service.jobs == {}


@pytest.mark.parametrize(
    ("trouble", "error"),
    [
        ((403, "rateLimitExceeded", "Exceeded rate limits"), RateLimited),
        ((403, "quotaExceeded", "Quota exceeded"), QuotaExhausted),
        ((403, "accessDenied", "Access Denied: Table bank-data:app.trust"), AccessDenied),
        ((403, "billingNotEnabled", "Billing has not been enabled"), AccessDenied),
        ((404, "notFound", "Not found: Dataset bank-data:app"), ConfigError),
    ],
)
async def test_a_refusal_is_named_by_its_reason(
    bench: Bench, trouble: tuple[int, str, str], error: type[ConnectorError]
) -> None:
    bench.service.trouble = trouble

    with pytest.raises(error):
        await bench.pull()


async def test_sql_that_does_not_work_is_told_in_bigquerys_words(bench: Bench) -> None:
    with pytest.raises(ConfigError, match="BigQuery says: Syntax error: no such table: nowhere"):
        await bench.pull("SELECT * FROM nowhere")


async def test_check_costs_nothing_and_names_what_is_wrong(bench: Bench) -> None:
    await bench.connector().check(bench.context)
    strange = replace(bench.context, secrets={"key": google.key_file(signed_as=google.NARROW)})
    guest = replace(bench.context, secrets={"key": google.key_file(google.NARROW)})

    with pytest.raises(AuthError, match="invalid_grant"):
        await bench.connector().check(strange)
    with pytest.raises(AccessDenied, match="no permission"):
        await bench.connector().check(guest)
    assert [asked["dryRun"] for asked in bench.service.asked] == [True]
    assert bench.service.jobs == {}


async def test_more_rows_than_allowed_are_refused_before_they_are_fetched(bench: Bench) -> None:
    bench.service.page = 1

    with pytest.raises(DataError, match=r"more than 1 rows \(`max_rows`\)"):
        await bench.pull(max_rows=1)
