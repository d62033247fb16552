"""Google Sheets against the strict fake of it, over HTTP: headers, serial dates, ragged rows."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import httpx
import pytest

from connectors.google_sheets import GoogleSheets, GoogleSheetsSettings
from journey_atlas_sdk import (
    AccessDenied,
    AuthError,
    ConfigError,
    DataError,
    Grain,
    Observation,
    PullRequest,
    RateLimited,
)
from journey_atlas_sdk.testing import FakeContext, client_over, pull_all
from tests.plugins.questions import a_question, days
from tests.vendors import google
from tests.vendors import google_sheets as vendor
from tests.vendors.serving import served

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HEADERS = ("Month", "NPS", "Answers", "Channel", "Remark")
SEPTEMBER = (date(2026, 9, 1), 41, 120, None, "a quiet month")
OCTOBER = (date(2026, 10, 1), 42.5, 118)
FIELDS = {"period_start": "Month", "value": "NPS", "sample_size": "Answers"}


class Bench:
    """A connector in front of the fake of a spreadsheet."""

    def __init__(self, url: str, http: httpx.AsyncClient, service: vendor.GoogleSheets) -> None:
        self.url = url
        self.service = service
        key = google.key_file(token_uri=f"{url}/token")
        self.context = FakeContext(moment=NOW, http=http, secrets={"key": key})

    def connector(self, **table: object) -> GoogleSheets:
        rows = {"range": "Trust!A1:E", "fields": FIELDS, "dimensions": {"channel": "Channel"}}
        given = {
            "key": "is asked of the context",
            "url": self.url,
            "spreadsheet": vendor.SPREADSHEET,
            "tables": {"trust": {**rows, **table}},
        }
        return GoogleSheets(GoogleSheetsSettings.read(given))

    def holds(self, *rows: Sequence[vendor.Cell]) -> None:
        self.service.sheets = {"Trust": lambda: rows}

    async def pull(self, question: PullRequest | None = None, **table: object) -> list[Observation]:
        return await pull_all(self.connector(**table), question or a_question(), self.context)


def a_service() -> vendor.GoogleSheets:
    grid = (HEADERS, SEPTEMBER, OCTOBER)
    return vendor.GoogleSheets(now=lambda: NOW, sheets={"Trust": lambda: grid})


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    service = a_service()
    async with client_over(httpx.ASGITransport(app=service)) as http:
        yield Bench("https://sheets.test", http, service)


async def test_it_works_over_a_real_connection() -> None:
    service = a_service()
    async with served(service) as url, client_over(httpx.AsyncHTTPTransport()) as http:
        found = await Bench(url, http, service).pull()

    assert [(one.value, one.sample_size) for one in found] == [(41, 120), (Decimal("42.5"), 118)]


async def test_a_date_begins_the_organizations_day(bench: Bench) -> None:
    september, _ = await bench.pull()

    assert september.start == datetime(2026, 8, 31, 22, tzinfo=UTC)  # midnight in Oslo
    assert september.source_ref == "trust, row 2"


async def test_a_date_with_a_time_is_read_to_the_second(bench: Bench) -> None:
    bench.holds(HEADERS, (datetime(2026, 10, 1, 7, 0), 4))  # noqa: DTZ001 -- a sheet knows no zone
    question = a_question(grain=Grain.HOUR, window=days("2026-10-01", "2026-10-02"))

    (seen,) = await bench.pull(question)

    assert seen.start == datetime(2026, 10, 1, 5, tzinfo=UTC)  # 7/24 of a day is no round number


async def test_a_date_may_be_a_text(bench: Bench) -> None:
    bench.holds(HEADERS, ("2026-10-01", 4))

    (seen,) = await bench.pull()

    assert seen.start == datetime(2026, 9, 30, 22, tzinfo=UTC)


async def test_a_percentage_is_the_share_that_it_stands_for(bench: Bench) -> None:
    bench.holds(HEADERS, (date(2026, 10, 1), vendor.Percent(0.42)))

    (seen,) = await bench.pull()

    assert seen.value == Decimal("0.42")


async def test_empty_cells_and_rows_are_nothing(bench: Bench) -> None:
    bench.holds(
        HEADERS, SEPTEMBER, (), (None, None, None, None, "to be done"), (date(2026, 10, 1),)
    )

    found = await bench.pull()

    assert [(one.value, one.sample_size) for one in found] == [(41, 120), (None, None)]


async def test_a_row_belongs_to_the_dimension_that_it_fills(bench: Bench) -> None:
    bench.holds(HEADERS, SEPTEMBER, (date(2026, 9, 1), 38, 40, "app"))

    (app,) = await bench.pull(a_question(dimensions=("channel",)))

    assert app.value == 38
    assert app.dimensions == (("channel", "app"),)


async def test_headers_may_stand_further_down_and_in_any_order(bench: Bench) -> None:
    bench.holds(("Our numbers",), (), ("NPS", "Month"), (41, date(2026, 9, 1)))
    fields = {"period_start": "Month", "value": "NPS"}

    (seen,) = await bench.pull(range="Trust!A3:E", fields=fields, dimensions={})

    assert seen.value == 41
    assert seen.source_ref == "trust, row 4"


@pytest.mark.parametrize("cell", ["#DIV/0!", "#N/A", "42 %", "1.234,5", True])
async def test_what_is_no_number_is_refused_by_its_row(bench: Bench, cell: vendor.Cell) -> None:
    bench.holds(HEADERS, SEPTEMBER, (date(2026, 10, 1), cell))

    with pytest.raises(DataError, match="trust, row 3, column value"):
        await bench.pull()


@pytest.mark.parametrize("cell", [True, 2026, 20_261_001, "October", "01.10.2026"])
async def test_what_is_no_date_is_refused_by_its_row(bench: Bench, cell: vendor.Cell) -> None:
    bench.holds(HEADERS, (cell, 4))

    with pytest.raises(DataError, match="trust, row 2, column period_start"):
        await bench.pull()


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param([], id="all empty"),
        pytest.param([("Month", "Score", "Answers", "Channel")], id="renamed"),
        pytest.param([("Month", "NPS", "NPS", "Answers", "Channel")], id="twice"),
    ],
)
async def test_a_header_that_is_not_there_once_is_named(
    bench: Bench, rows: list[Sequence[vendor.Cell]]
) -> None:
    bench.holds(*rows)

    with pytest.raises(ConfigError, match=r"Trust!A1:E has not once: .*NPS.* its headers are"):
        await bench.pull()


async def test_check_names_what_is_wrong(bench: Bench) -> None:
    await bench.connector().check(bench.context)
    token = f"{bench.url}/token"
    guest = google.key_file(google.NARROW, token_uri=token)
    strange = google.key_file(signed_as=google.NARROW, token_uri=token)

    with pytest.raises(AccessDenied):
        await bench.connector().check(replace(bench.context, secrets={"key": guest}))
    with pytest.raises(AuthError):
        await bench.connector().check(replace(bench.context, secrets={"key": strange}))
    with pytest.raises(ConfigError, match="Unable to parse range: Elsewhere"):
        await bench.connector(range="Elsewhere!A1:E").check(bench.context)
    bench.service.busy = True
    with pytest.raises(RateLimited):
        await bench.connector().check(bench.context)


@pytest.mark.parametrize(
    "table",
    [
        {"fields": {"value": "NPS"}},
        {"fields": {**FIELDS, "nps": "NPS"}},
        {"dimensions": {"value": "NPS"}},
    ],
)
def test_a_table_that_cannot_work_is_refused(table: dict[str, object]) -> None:
    rows = {"range": "A1:E", "fields": FIELDS, **table}

    with pytest.raises(ConfigError, match=r"tables\.trust"):
        GoogleSheetsSettings.read({"key": "k", "spreadsheet": "s", "tables": {"trust": rows}})
