"""The same rows in every format, read back by other people's readers, and what is refused."""

import csv
import io
import sys
from collections.abc import Callable, Mapping
from datetime import date, datetime
from importlib import import_module
from types import MappingProxyType
from typing import Any

import httpx
import orjson
import pytest
import strawberry
from strawberry.utils.str_converters import to_camel_case

from api.tables.catalogue import TABLES
from api.tables.columns import Column
from api.tables.formats import ARROW, CSV, JSON_LINES, PARQUET, TABLE_FORMATS
from tests.api.asking import GRAPHQL_RESPONSE, Api, Json, an_api, codes
from tests.api.norrhavn import norrhavn
from tests.builders import a_goal, an_atlas
from tests.tables.asking import Row, document, rows

JSON = "application/json"

pyarrow: Any = import_module("pyarrow")  # Any: pyarrow has no types of its own
parquet: Any = import_module("pyarrow.parquet")  # Any: as above

SHORT = MappingProxyType(
    {
        "keyResultSnapshotRows": '(from: "2026-11-20", grain: DAY)',
        "metricSeriesRows": '(from: "2026-11-01")',
        "observationRows": '(from: "2026-11-01")',
    }
)

Columns = Mapping[str, Column]


@pytest.fixture
def api() -> Api:
    bank = norrhavn()
    return an_api(bank.atlas, bank.observations, registry=bank.registry)


async def streamed(api: Api, query: str, media_type: str) -> httpx.Response:
    response = await api.send({"query": query}, accept=media_type)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].split(";")[0] == media_type
    assert response.headers["x-content-type-options"] == "nosniff"
    return response


def from_csv(content: bytes, columns: Columns) -> list[Row]:
    lines = csv.DictReader(io.StringIO(content.decode(), newline=""), strict=True)
    return [{name: csv_cell(text, columns[name]) for name, text in line.items()} for line in lines]


def csv_cell(text: str, column: Column) -> Json:
    """Read a cell as whoever knows the schema would: an empty one is missing, or an empty text."""
    if not text:
        return None if column.is_nullable else ""
    read: Mapping[Any, Callable[[str], Json]] = {
        int: int,
        float: float,
        bool: {"true": True, "false": False}.__getitem__,
        str: lambda given: given[1:] if given[:2] in ("'=", "'+", "'-", "'@", "''") else given,
    }
    return read.get(column.type, str)(text)


def from_json_lines(content: bytes, _: Columns) -> list[Row]:
    return [orjson.loads(line) for line in content.splitlines()]


def from_arrow(content: bytes, _: Columns) -> list[Row]:
    return as_in_json(pyarrow.ipc.open_stream(content).read_all())


def from_parquet(content: bytes, _: Columns) -> list[Row]:
    return as_in_json(parquet.read_table(io.BytesIO(content)))


def as_in_json(table: Any) -> list[Row]:  # noqa: ANN401 - a pyarrow.Table
    return [
        {
            name: cell.isoformat() if isinstance(cell, date | datetime) else cell
            for name, cell in row.items()
        }
        for row in table.to_pylist()
    ]


READERS = {
    CSV: from_csv,
    JSON_LINES: from_json_lines,
    ARROW: from_arrow,
    PARQUET: from_parquet,
}


@pytest.mark.parametrize("media_type", TABLE_FORMATS)
@pytest.mark.parametrize("table", TABLES)
async def test_a_table_is_the_same_in_every_format(api: Api, table: str, media_type: str) -> None:
    arguments = SHORT.get(table, "")
    columns = {to_camel_case(name): each for name, each in TABLES[table].columns.items()}

    response = await streamed(api, document(table, arguments=arguments), media_type)

    found = READERS[media_type](response.content, columns)
    assert found == await rows(api, table, arguments=arguments)
    assert list(found[0]) == list(columns)


CHOSEN = """
  query Chosen($all: Boolean = false) {
    goals: goalRows(limit: 2) { name: title ...rest extra: version @include(if: $all) key }
  }
  fragment rest on GoalRow { kind __typename ... on GoalRow { scope key } }
"""


@pytest.mark.parametrize("media_type", TABLE_FORMATS)
async def test_columns_have_the_names_and_the_order_in_which_they_are_asked_for(
    api: Api, media_type: str
) -> None:
    columns: Columns = {
        name: Column(str, "", lambda _, __: "")
        for name in ("name", "kind", "__typename", "scope", "key")
    }

    response = await streamed(api, CHOSEN, media_type)

    found = READERS[media_type](response.content, columns)
    assert found == (await api.ask(CHOSEN))["goals"]
    assert list(found[0]) == list(columns)


@pytest.mark.parametrize("media_type", TABLE_FORMATS)
async def test_an_empty_table_still_has_its_columns(api: Api, media_type: str) -> None:
    response = await streamed(api, "{ goalRows(limit: 0) { key version } }", media_type)

    assert READERS[media_type](response.content, {}) == []
    if media_type == CSV:
        assert response.text == "key,version\r\n"
    if media_type == PARQUET:
        assert parquet.read_schema(io.BytesIO(response.content)).names == ["key", "version"]


@pytest.mark.parametrize(
    ("title", "written"),
    [
        pytest.param("=1+1", "'=1+1", id="a formula"),
        pytest.param("+9 points", "'+9 points", id="plus"),
        pytest.param("-20 %", "'-20 %", id="minus"),
        pytest.param("@home", "'@home", id="at"),
        pytest.param("'=1", "''=1", id="an apostrophe and a formula"),
        pytest.param("'tis", "'tis", id="an apostrophe"),
        pytest.param("a=1", "a=1", id="no formula"),
        pytest.param('said "no", twice', '"said ""no"", twice"', id="quotes and commas"),
        pytest.param("two\nlines", '"two\nlines"', id="a line break"),
        pytest.param("Ønsker 🙂", "Ønsker 🙂", id="any letter"),
    ],
)
async def test_a_text_is_no_formula_for_a_spreadsheet(title: str, written: str) -> None:
    api = an_api(an_atlas(a_goal(title=title)))

    found = await streamed(api, "{ goalRows { title version } }", CSV)
    exact = await streamed(api, "{ goalRows { title } }", JSON_LINES)

    assert found.content.decode() == f"title,version\r\n{written},1\r\n"
    assert orjson.loads(exact.content) == {"title": title}


async def test_a_number_below_zero_stays_a_number(api: Api) -> None:
    found = await streamed(api, "{ keyResultRows { key rawProgress } }", CSV)

    assert "O2-KR3,-0.2\r\n" in found.text


async def test_arrow_knows_each_columns_type(api: Api) -> None:
    columns = "id version progress isStale cycleStart updatedAt"
    found = await streamed(api, f"{{ keyResultRows {{ {columns} }} }}", ARROW)

    schema = pyarrow.ipc.open_stream(found.content).schema
    assert [str(field.type) for field in schema] == [
        "string",
        "int32",
        "double",
        "bool",
        "date32[day]",
        "timestamp[us, tz=UTC]",
    ]
    assert [field.nullable for field in schema] == [False, False, True, False, False, False]


def test_every_type_of_column_can_be_written() -> None:
    types = {column.type for table in TABLES.values() for column in table.columns.values()}

    assert types == {strawberry.ID, str, int, float, bool, date, datetime}
    assert types == set(import_module("api.tables.arrow").TYPES)


@pytest.mark.parametrize(
    "query",
    [
        pytest.param("{ organization { key } }", id="no table"),
        pytest.param("{ goalRows { key } teamRows { key } }", id="two tables"),
        pytest.param("{ a: goalRows { key } b: goalRows { key } }", id="one table twice"),
        pytest.param("{ __typename goalRows { key } }", id="a table and more"),
        pytest.param(
            "{ ...a } fragment a on Query { goalRows { key } viewer { isAnonymous } }",
            id="in a fragment",
        ),
        pytest.param("{ goalRows @skip(if: true) { key } }", id="nothing at all"),
    ],
)
async def test_what_is_no_table_is_refused_as_one(api: Api, query: str) -> None:
    refused = await api.send({"query": query}, accept=CSV)
    second_best = await api.send({"query": query}, accept=f"{CSV}, {JSON};q=0.5")

    assert refused.status_code == 406
    assert refused.headers["content-type"].startswith(JSON)
    assert codes(refused.json()["errors"]) == ["BAD_USER_INPUT"]
    assert "`Rows`" in refused.json()["errors"][0]["message"]
    assert (second_best.status_code, "errors" in second_best.json()) == (200, False)


@pytest.mark.parametrize(
    "query",
    [
        pytest.param("{ goalRows { key } goalRows { title } }", id="one field, written twice"),
        pytest.param("{ ...a } fragment a on Query { goalRows { key } }", id="in a fragment"),
        pytest.param(
            "{ goalRows { key } viewer @skip(if: true) { isAnonymous } }", id="the rest skipped"
        ),
    ],
)
async def test_what_comes_down_to_a_table_is_one(api: Api, query: str) -> None:
    response = await streamed(api, query, CSV)

    assert response.text.startswith("key")


@pytest.mark.parametrize(
    ("accept", "answered"),
    [
        pytest.param("*/*", JSON, id="anything"),
        pytest.param("application/*", JSON, id="any application type"),
        pytest.param("text/*", CSV, id="any text"),
        pytest.param(f"{JSON}, {CSV}", JSON, id="json named first"),
        pytest.param(f"{CSV};q=0.5, {GRAPHQL_RESPONSE}", GRAPHQL_RESPONSE, id="by quality"),
        pytest.param(f"{PARQUET}, {JSON};q=0.9", PARQUET, id="by quality, other way"),
        pytest.param("TEXT/CSV; charset=utf-8; header=present", CSV, id="with parameters"),
        pytest.param(
            "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", JSON, id="a browser"
        ),
    ],
)
async def test_a_table_comes_in_the_format_that_is_liked_best(
    api: Api, accept: str, answered: str
) -> None:
    response = await api.send({"query": "{ goalRows { key } }"}, accept=accept)

    assert response.headers["content-type"].split(";")[0] == answered


async def test_a_table_comes_by_get_too(api: Api) -> None:
    response = await api.client.get(
        "/graphql", params={"query": "{ goalRows(limit: 1) { key } }"}, headers={"accept": CSV}
    )

    assert response.text == "key\r\nBG1\r\n"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        pytest.param("{ goalRows { ke } }", "GRAPHQL_VALIDATION_FAILED", id="an unknown column"),
        pytest.param("{ goalRows(limit: -1) { key } }", "BAD_USER_INPUT", id="less than nothing"),
        pytest.param('{ goalRows(after: "x") { key } }', "BAD_USER_INPUT", id="a made-up cursor"),
        pytest.param('{ keyResultRows(cycle: "X") { key } }', "NOT_FOUND", id="an unknown cycle"),
        pytest.param(
            '{ keyResultSnapshotRows(from: "2020-01-01", grain: DAY) { key: id } }',
            "BAD_USER_INPUT",
            id="too many days",
        ),
        pytest.param(
            "query($n: Int!) { goalRows(limit: $n) { key } }", "BAD_USER_INPUT", id="no variable"
        ),
    ],
)
async def test_what_fails_before_the_first_row_is_no_table(api: Api, query: str, code: str) -> None:
    response = await api.send({"query": query}, accept=CSV)

    assert response.status_code == 400
    assert response.headers["content-type"].startswith(JSON)
    assert codes(response.json()["errors"]) == [code]


@pytest.mark.parametrize("media_type", [ARROW, PARQUET])
async def test_without_pyarrow_its_formats_are_refused(
    api: Api, monkeypatch: pytest.MonkeyPatch, media_type: str
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)

    refused = await api.send({"query": "{ goalRows { key } }"}, accept=media_type)

    assert refused.status_code == 406
    assert "journey-atlas[arrow]" in refused.json()["errors"][0]["message"]
    await streamed(api, "{ goalRows { key } }", CSV)
