"""One SELECT a metric: how a statement is written for a service, and how its answer is read."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from journey_atlas_sdk import (
    AccessDenied,
    AuthError,
    ConfigError,
    ConnectorError,
    DataError,
    TransientError,
    UnknownMetric,
)
from journey_atlas_sdk.queries import Bound, Column, QuerySettings, kind_of, read_answer
from tests.plugins.questions import a_question

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
FIRST = "2026-10-01"
COLUMNS = [Column("period_start"), Column("value")]


def settings(query: str, **other: object) -> QuerySettings:
    return QuerySettings.read({"queries": {"trust": query}, **other})


def body(query: str, mark: Callable[[str], str]) -> str:
    """What stands between the parentheses."""
    text = settings(query, max_rows=9).statement(a_question(), mark).text
    return text.removeprefix("SELECT * FROM (\n").removesuffix("\n) AS answer LIMIT 10")


@pytest.mark.parametrize(
    ("mark", "expected"),
    [
        pytest.param("@{}".format, "SELECT 1 WHERE a >= @start AND b < @end", id="at signs"),
        pytest.param("?".format, "SELECT 1 WHERE a >= ? AND b < ?", id="question marks"),
    ],
)
def test_bound_names_get_the_marks_of_a_service(mark: Callable[[str], str], expected: str) -> None:
    assert body("SELECT 1 WHERE a >= :start AND b < :end;", mark) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("SELECT :start::date", "SELECT <start>::date"),
        ("SELECT a::date, '10:30'", "SELECT a::date, '10:30'"),
        (r"SELECT payload\:name", "SELECT payload:name"),
        (r"SELECT '\:word' -- :end", "SELECT ':word' -- <end>"),
    ],
)
def test_a_cast_a_time_and_an_escaped_colon_are_no_names(query: str, expected: str) -> None:
    assert body(query, "<{}>".format) == expected


def test_values_come_as_texts_in_the_order_of_their_marks() -> None:
    query = "SELECT :start, :last_date, :start, :time_zone, :grain"

    statement = settings(query).statement(a_question(), "@{}".format)

    assert statement.bound == (
        Bound("start", "TIMESTAMP", "2025-12-31T23:00:00+00:00"),  # midnight in Oslo
        Bound("last_date", "DATE", "2026-12-31"),
        Bound("start", "TIMESTAMP", "2025-12-31T23:00:00+00:00"),
        Bound("time_zone", "STRING", "Europe/Oslo"),
        Bound("grain", "STRING", "month"),
    )


def test_a_remark_at_the_end_does_not_swallow_the_parenthesis() -> None:
    statement = settings("SELECT 1 -- the whole", max_rows=5).statement(a_question(), str)

    assert statement.text == "SELECT * FROM (\nSELECT 1 -- the whole\n) AS answer LIMIT 6"


def test_a_metric_without_a_query_is_unknown() -> None:
    with pytest.raises(UnknownMetric, match="It has: trust"):
        settings("SELECT 1").statement(a_question("churn"), str)


def test_a_query_that_writes_is_refused() -> None:
    with pytest.raises(ConfigError, match="Write one SELECT"):
        settings("WITH gone AS (DELETE FROM t RETURNING *) SELECT * FROM gone")


@pytest.mark.parametrize("cell", ["NaN", "-Infinity", "inf", float("nan"), Decimal("inf"), None])
def test_what_is_no_finite_number_is_no_measurement(cell: object) -> None:
    (seen,) = read_answer(
        a_question(), [Column("PERIOD_START"), Column("Value")], [[FIRST, cell]], now=NOW
    )

    assert seen.value is None


@pytest.mark.parametrize("cell", ["37%", "N/A", True, b"4", [1]])
def test_what_is_no_number_is_refused_by_row_and_column(cell: object) -> None:
    with pytest.raises(DataError, match=r"trust, row 1, column value: .* is not a number"):
        read_answer(a_question(), COLUMNS, [[FIRST, cell]], now=NOW)


def test_a_column_is_read_as_its_type_says() -> None:
    columns = [Column("period_start", date.fromisoformat), Column("value"), Column("n", int)]

    (seen,) = read_answer(a_question(), columns, [[FIRST, "66.40", None]], now=NOW)

    assert (seen.value, seen.sample_size) == (Decimal("66.4"), None)


def test_a_row_with_other_cells_than_columns_is_refused() -> None:
    with pytest.raises(DataError, match="A row of 1 cells stands under 2 columns"):
        read_answer(a_question(), COLUMNS, [[FIRST]], now=NOW)


def test_more_rows_than_allowed_are_refused() -> None:
    few = settings("SELECT 1", max_rows=2)

    few.require_few("trust", 2)
    with pytest.raises(DataError, match=r"trust has more than 2 rows \(`max_rows`\)"):
        few.require_few("trust", 3)


@pytest.mark.parametrize(
    ("sqlstate", "error"),
    [
        ("42501", AccessDenied),
        ("28P01", AuthError),
        ("22018", DataError),
        ("57014", TransientError),
        ("42601", ConfigError),
    ],
)
def test_an_sqlstate_is_named_by_what_happens_next(
    sqlstate: str, error: type[ConnectorError]
) -> None:
    assert kind_of(sqlstate) is error
