"""Snowflake against the strict fake of it, over HTTP: statements, cells and refusals."""

import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest

from connectors.snowflake import Snowflake, SnowflakeSettings
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
from tests.vendors import snowflake as vendor
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
            ("2026-09-30T22:00:00+00:00", None, 0),
        ],
    )


class Bench:
    """A connector in front of the fake."""

    def __init__(self, service: vendor.Snowflake, url: str, http: httpx.AsyncClient) -> None:
        self.service = service
        self.url = url
        self.context = FakeContext(moment=NOW, http=http, secrets={"token": vendor.TOKEN})

    def connector(self, query: str = QUERY, **settings: object) -> Snowflake:
        given = {"token": vendor.TOKEN, "url": self.url, "queries": {"trust": query}, **settings}
        return Snowflake(SnowflakeSettings.read(given))

    async def pull(
        self, query: str = QUERY, question: PullRequest = AUTUMN, **settings: object
    ) -> list[Observation]:
        return await pull_all(self.connector(query, **settings), question, self.context)


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    service = vendor.Snowflake(lay=lay, looks=0)
    async with client_over(httpx.ASGITransport(app=service)) as http:
        yield Bench(service, "https://snowflake.test", http)


async def test_it_works_over_a_real_connection() -> None:
    service = vendor.Snowflake(lay=lay, looks=0)
    async with served(service) as url, client_over(httpx.AsyncHTTPTransport()) as http:
        found = await Bench(service, url, http).pull()

    # NULL is no number, and isn't the text "null" either.
    assert [(one.value, one.sample_size) for one in found] == [(Decimal("64.25"), 1190), (None, 0)]


@pytest.mark.parametrize(
    "start",
    [
        pytest.param("'2026-10-01'", id="a day, counted from 1970"),
        pytest.param("'2026-10-01T00:00:00'", id="a time without a zone"),
        pytest.param("'2026-09-30T22:00:00+00:00'", id="a moment"),
    ],
)
async def test_each_kind_of_time_begins_the_organizations_month(bench: Bench, start: str) -> None:
    (seen,) = await bench.pull(f"SELECT {start} AS period_start, 1 AS value")

    assert seen.start == OCTOBER


@pytest.mark.parametrize("cell", ["2026-10-01", "2026-10-01 00:00:00.000"])
@pytest.mark.parametrize("kind", ["DATE", "TIMESTAMP_NTZ"])
async def test_an_account_may_write_its_times_out(bench: Bench, cell: str, kind: str) -> None:
    bench.service.trouble = (200, an_answer(cell, kind))

    (seen,) = await bench.pull()

    assert seen.start == OCTOBER


def an_answer(cell: str, kind: str) -> dict[str, Any]:  # Any: JSON
    types = [{"name": "PERIOD_START", "type": kind}, {"name": "VALUE", "type": "FIXED"}]
    metadata = {"numRows": 1, "rowType": types, "partitionInfo": [{"rowCount": 1}]}
    return {"statementHandle": "1", "resultSetMetaData": metadata, "data": [[cell, "4"]]}


async def test_values_are_bound_in_the_order_of_their_marks(bench: Bench) -> None:
    await bench.pull(f"{QUERY} AND :time_zone <> '' AND at >= :start")

    (asked,) = bench.service.asked
    assert [asked["bindings"][str(place)]["value"] for place in (1, 2, 3, 4)] == [
        "2026-08-31T22:00:00+00:00",
        "2026-10-31T23:00:00+00:00",
        "Europe/Oslo",
        "2026-08-31T22:00:00+00:00",
    ]
    assert asked["parameters"]["timezone"] == "UTC"


async def test_every_partition_is_read(bench: Bench) -> None:
    bench.service.partition = 1

    assert len(await bench.pull()) == 2


async def test_a_long_statement_is_gone_on_with_by_another_process(bench: Bench) -> None:
    bench.service.looks = 1

    (begun,) = [each async for each in bench.connector().pull(AUTUMN, bench.context)]
    assert isinstance(begun, Pending)
    resumed = replace(AUTUMN, resume=begun.resume)
    found = await bench.pull(question=resumed)

    assert len(found) == 2
    assert len(bench.service.asked) == 1  # it was sent once
    bench.service.statements.clear()
    with pytest.raises(DataError, match="run anew"):
        await bench.pull(question=resumed)


@pytest.mark.parametrize(
    ("status", "sqlstate", "error"),
    [
        pytest.param(422, "42501", AccessDenied, id="no right to the table"),
        pytest.param(422, "02000", ConfigError, id="no such table"),
        pytest.param(422, "22018", DataError, id="a cast that failed"),
        pytest.param(408, "57014", TransientError, id="too long"),
    ],
)
async def test_a_failed_statement_is_named_by_its_sqlstate_and_sent_once(
    bench: Bench, status: int, sqlstate: str, error: type[ConnectorError]
) -> None:
    body = {"code": "1", "message": "It failed.", "sqlState": sqlstate, "statementHandle": "1"}
    bench.service.trouble = (status, body)

    with pytest.raises(error, match=r"^Snowflake says: It failed\.$") as caught:
        await bench.pull()

    assert caught.type is error
    assert len(bench.service.asked) == 1


async def test_check_names_what_is_wrong(bench: Bench) -> None:
    await bench.connector().check(bench.context)

    with pytest.raises(AuthError):
        await bench.connector().check(replace(bench.context, secrets={"token": "another"}))
    with pytest.raises(AccessDenied):
        await bench.connector(role="ATLAS_GUEST").check(bench.context)
    with pytest.raises(ConfigError):
        await bench.connector(url="https://snowflake.test/elsewhere").check(bench.context)
