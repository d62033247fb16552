"""Databricks against the strict fake of it, over HTTP: statements, failures under 200, chunks."""

import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import httpx
import pytest

from connectors.databricks import Databricks, DatabricksSettings
from journey_atlas_sdk import (
    AccessDenied,
    AuthError,
    ConfigError,
    ConnectorError,
    DataError,
    Observation,
    Pending,
    PullRequest,
    TransientError,
)
from journey_atlas_sdk.testing import FakeContext, client_over, pull_all
from tests.plugins.questions import a_question, days
from tests.vendors import databricks as vendor
from tests.vendors.serving import served

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
QUERY = "SELECT at AS period_start, value, n FROM trust WHERE at >= :start AND at < :end"
AUTUMN = a_question(window=days("2026-09-01", "2026-11-01"))
OCTOBER = datetime(2026, 9, 30, 22, tzinfo=UTC)


def lay(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE trust (at, value, n)")
    connection.executemany(
        "INSERT INTO trust VALUES (?, ?, ?)",
        [
            ("2026-08-31T22:00:00+00:00", "64.25", 1190),  # September in Oslo
            ("2026-09-30T22:00:00+00:00", "NaN", 0),
        ],
    )


class Bench:
    """A connector in front of the fake."""

    def __init__(self, service: vendor.Databricks, url: str, http: httpx.AsyncClient) -> None:
        self.service = service
        self.url = url
        self.context = FakeContext(moment=NOW, http=http, secrets={"token": vendor.TOKEN})

    def connector(self, query: str = QUERY, **settings: object) -> Databricks:
        given = {
            "token": vendor.TOKEN,
            "url": self.url,
            "warehouse": vendor.WAREHOUSE,
            "queries": {"trust": query},
            **settings,
        }
        return Databricks(DatabricksSettings.read(given))

    async def pull(
        self, query: str = QUERY, question: PullRequest = AUTUMN, **settings: object
    ) -> list[Observation]:
        return await pull_all(self.connector(query, **settings), question, self.context)


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    service = vendor.Databricks(lay=lay, looks=0)
    async with client_over(httpx.ASGITransport(app=service)) as http:
        yield Bench(service, "https://databricks.test", http)


async def test_it_works_over_a_real_connection() -> None:
    service = vendor.Databricks(lay=lay, looks=0)
    async with served(service) as url, client_over(httpx.AsyncHTTPTransport()) as http:
        found = await Bench(service, url, http).pull()

    assert [(one.value, one.sample_size) for one in found] == [(Decimal("64.25"), 1190), (None, 0)]


@pytest.mark.parametrize(
    "start", ["'2026-10-01'", "'2026-10-01T00:00:00'", "'2026-10-01T00:00:00+02:00'"]
)
async def test_each_kind_of_time_begins_the_organizations_month(bench: Bench, start: str) -> None:
    (seen,) = await bench.pull(f"SELECT {start} AS period_start, 1 AS value")

    assert seen.start == OCTOBER


async def test_a_value_is_bound_once_by_name_with_its_type(bench: Bench) -> None:
    await bench.pull(f"{QUERY} AND at < :end AND :start_date <> :grain")

    (asked,) = bench.service.asked
    assert [(one["name"], one["type"], one["value"]) for one in asked["parameters"]] == [
        ("start", "TIMESTAMP", "2026-08-31T22:00:00+00:00"),
        ("end", "TIMESTAMP", "2026-10-31T23:00:00+00:00"),
        ("start_date", "DATE", "2026-09-01"),
        ("grain", "STRING", "month"),
    ]


async def test_every_chunk_is_read(bench: Bench) -> None:
    bench.service.chunk = 1

    assert len(await bench.pull()) == 2


async def test_an_answer_without_rows_has_no_chunk(bench: Bench) -> None:
    assert await bench.pull(f"{QUERY} AND 1 = 0") == []


async def test_a_warehouse_that_wakes_up_is_waited_for_by_another_process(bench: Bench) -> None:
    bench.service.looks = 2

    (begun,) = [each async for each in bench.connector().pull(AUTUMN, bench.context)]
    assert isinstance(begun, Pending)
    resumed = replace(AUTUMN, resume=begun.resume)
    (later,) = [each async for each in bench.connector().pull(resumed, bench.context)]
    found = await bench.pull(question=resumed)

    assert later == begun
    assert len(found) == 2
    assert len(bench.service.asked) == 1  # it was sent once
    bench.service.statements.clear()
    with pytest.raises(DataError, match="run anew"):
        await bench.pull(question=resumed)


@pytest.mark.parametrize(
    ("code", "sqlstate", "error"),
    [
        pytest.param("BAD_REQUEST", "42501", AccessDenied, id="no right to the table"),
        pytest.param("BAD_REQUEST", "42P01", ConfigError, id="no such table"),
        pytest.param("BAD_REQUEST", "22018", DataError, id="a cast that failed"),
        pytest.param("RESOURCE_EXHAUSTED", "54000", TransientError, id="too busy"),
    ],
)
async def test_a_failure_under_the_status_200_is_named_by_what_happens_next(
    bench: Bench, code: str, sqlstate: str, error: type[ConnectorError]
) -> None:
    told = {"error_code": code, "message": "It failed."}
    bench.service.failure = {"error": told, "sql_state": sqlstate}

    with pytest.raises(error, match=r"^Databricks says: It failed\.$") as caught:
        await bench.pull()

    assert caught.type is error


@pytest.mark.parametrize("state", ["CANCELED", "CLOSED"])
async def test_a_query_that_somebody_ended_is_worth_another_try(bench: Bench, state: str) -> None:
    bench.service.state = state

    with pytest.raises(TransientError, match=state):
        await bench.pull()


async def test_an_answer_that_was_cut_is_refused(bench: Bench) -> None:
    bench.service.is_truncated = True

    with pytest.raises(DataError, match="cut the answer short"):
        await bench.pull()


async def test_check_names_what_is_wrong(bench: Bench) -> None:
    await bench.connector().check(bench.context)

    with pytest.raises(AuthError):
        await bench.connector().check(replace(bench.context, secrets={"token": "another"}))
    with pytest.raises(AccessDenied):
        await bench.connector().check(replace(bench.context, secrets={"token": vendor.NARROW}))
    with pytest.raises(ConfigError, match="warehouse was not found"):
        await bench.connector(warehouse="0000").check(bench.context)
