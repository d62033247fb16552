"""The SQL connector against real databases: what it reads, exactly, and what it refuses."""

import asyncio
import os
import sqlite3
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from connectors.sql import Sql, SqlSettings
from journey_atlas_sdk import (
    AccessDenied,
    AuthError,
    ConfigError,
    ConnectorError,
    DataError,
    Grain,
    MetricSpec,
    Observation,
    ObservationState,
    PullRequest,
    TransientError,
    Unit,
    UnitKind,
    UnknownMetric,
)
from journey_atlas_sdk.hosting.addresses import AddressGuard
from journey_atlas_sdk.hosting.budget import MemoryBudgets
from journey_atlas_sdk.hosting.clock import RealClock
from journey_atlas_sdk.hosting.lending import Lending, lend
from journey_atlas_sdk.hosting.pulling import check
from journey_atlas_sdk.testing import FakeContext, pull_all
from storage.embedded import Lease
from tests.connectors.databases import a_refusing_postgres, address, as_psycopg, fill
from tests.plugins.questions import a_question, days

BACKENDS = ("postgresql", "sqlite", "duckdb")

TABLE = "CREATE TABLE trust (month DATE, value DECIMAL(10, 2), n INTEGER, channel VARCHAR(20))"
ROWS = (
    "INSERT INTO trust VALUES ('2026-10-01', 66.40, 1180, NULL), ('2026-08-01', 64.00, 1190, NULL)",
    "INSERT INTO trust VALUES ('2026-11-01', NULL, 0, NULL), ('2026-10-01', 63.85, 610, 'online')",
)
TRUST = (
    "SELECT month AS period_start, value, n, channel FROM trust"
    " WHERE month >= :start_date AND month < :end_date"
)


def a_connector(query: str = TRUST, **settings: object) -> Sql:
    given = {
        "url": "sqlite://",
        "queries": {"trust": query},
        "allow_private": True,
        **settings,
    }
    return Sql(SqlSettings.read(given))


def on(url: str) -> FakeContext:
    """It is 22 November 2026."""
    return FakeContext(secrets={"url": url})


@dataclass(frozen=True, slots=True, kw_only=True)
class Within(FakeContext):
    """A context whose names all resolve to one address."""

    address: str
    allow_private: bool = False

    async def require_public(self, host: str, port: int) -> list[str]:
        async def resolve(host: str, port: int) -> list[str]:
            del host, port
            return [self.address]

        guard = AddressGuard(allow_private=self.allow_private, resolve=resolve)
        return await guard.addresses(host, port)


async def pulled(
    url: str, query: str = TRUST, question: PullRequest | None = None, **settings: object
) -> list[Observation]:
    return await pull_all(a_connector(query, **settings), question or a_question(), on(url))


def values(found: list[Observation]) -> list[Decimal | None]:
    return [one.value for one in found]


@pytest.fixture(params=BACKENDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database that holds the table `trust`, of each kind in turn."""
    if request.param == "postgresql":
        url = as_psycopg(request.getfixturevalue("database_url"))
    else:
        url = address(request.param, tmp_path)
    return fill(url, TABLE, *ROWS)


@pytest.fixture
def sqlite(tmp_path: Path) -> str:
    return fill(address("sqlite", tmp_path), TABLE, *ROWS)


@pytest.fixture
def duckdb(tmp_path: Path) -> str:
    return fill(address("duckdb", tmp_path), TABLE, *ROWS)


@pytest.fixture
def postgresql(database_url: str) -> str:
    return fill(as_psycopg(database_url), TABLE, *ROWS)


@pytest.fixture
def url(request: pytest.FixtureRequest, backend: str) -> str:
    """The address of the database that the test's row names."""
    found: str = request.getfixturevalue(backend)
    return found


async def test_a_query_gives_its_values_oldest_first(database: str) -> None:
    found = await pulled(database)

    assert values(found) == [Decimal("64.00"), Decimal("66.40"), None]
    assert found[1] == Observation(
        metric="trust",
        start=datetime(2026, 9, 30, 22, tzinfo=UTC),  # 1 October in Oslo, summer time
        end=datetime(2026, 10, 31, 23, tzinfo=UTC),  # 1 November, winter time
        value=Decimal("66.4"),
        sample_size=1180,
        source_ref=found[1].source_ref,
    )
    assert found[2].state is ObservationState.PROVISIONAL


async def test_the_database_is_asked_for_the_window_alone(database: str) -> None:
    august = a_question(window=days("2026-08-01", "2026-09-01"))

    assert values(await pulled(database, question=august, max_rows=1)) == [Decimal(64)]


async def test_a_month_without_a_row_is_left_out(database: str) -> None:
    found = await pulled(database)

    assert [one.start.month for one in found] == [7, 9, 10]  # in UTC each begins the evening before


async def test_a_row_belongs_to_the_dimensions_that_it_fills(database: str) -> None:
    (seen,) = await pulled(database, question=a_question(dimensions=("channel",)))

    assert (seen.dimensions, seen.value) == ((("channel", "online"),), Decimal("63.85"))


async def test_an_unknown_dimension_is_answered_with_the_known_ones(database: str) -> None:
    with pytest.raises(ConfigError, match="called region; columns to break down by: channel"):
        await pulled(database, question=a_question(dimensions=("region",)))


async def test_all_columns_find_their_fields(database: str) -> None:
    query = """
        SELECT '2026-10-01' AS "Period_Start", '2026-11-01' AS period_end, 44.2 AS value,
               500 AS sample_size, 221 AS numerator, 500 AS denominator, 1.1 AS standard_error,
               'provisional' AS state
    """

    (seen,) = await pulled(database, query)

    assert (seen.value, seen.sample_size) == (Decimal("44.2"), 500)
    assert (seen.numerator, seen.denominator) == (Decimal(221), Decimal(500))
    assert (seen.standard_error, seen.state) == (Decimal("1.1"), ObservationState.PROVISIONAL)


async def test_one_query_may_serve_every_grain(postgresql: str, duckdb: str) -> None:
    query = (
        "SELECT date_trunc(:grain, month) AS period_start, sum(n) AS value FROM trust GROUP BY 1"
    )

    for url in (postgresql, duckdb):
        quarters = await pulled(url, query, a_question(grain=Grain.QUARTER))
        assert values(quarters) == [Decimal(1190), Decimal(1790)]  # 1180 + 610


async def test_the_window_may_be_bound_as_moments_or_as_days(database: str) -> None:
    query = TRUST.replace(":start_date", ":start").replace(":end_date", ":end")
    from_june = a_question(window=days("2026-06-15", "2026-10-01"))

    assert values(await pulled(database, query, from_june)) == [Decimal(64)]


async def test_a_cast_may_follow_a_bound_name(postgresql: str, duckdb: str) -> None:
    query = TRUST.replace(":start_date", ":start_date::date")

    for url in (postgresql, duckdb):
        assert values(await pulled(url, query)) == [Decimal(64), Decimal("66.4"), None]


async def test_a_window_that_ends_inside_a_day_binds_the_day_after(sqlite: str) -> None:
    query = "SELECT '2026-10-25T10:00' AS period_start, 1 AS value, :end_date AS day"
    window = days("2026-10-25", "2026-10-26")
    until_noon = type(window)(window.start, datetime(2026, 10, 25, 11, tzinfo=UTC))
    question = a_question(window=until_noon, grain=Grain.HOUR, dimensions=("day",))

    (seen,) = await pulled(sqlite, query, question)

    assert seen.dimensions == (("day", "2026-10-26"),)


@pytest.mark.parametrize(
    ("backend", "written", "expected"),
    [
        ("postgresql", "0.1::float8 + 0.2::float8", "0.30000000000000004"),
        ("postgresql", "0.1::float4", "0.1"),
        ("postgresql", "1234567890123456789012345678.0123456789", None),
        ("postgresql", "9223372036854775807", None),
        ("duckdb", "0.1::DOUBLE", "0.1"),
        (
            "duckdb",
            "12345678901234567890.0123456789::DECIMAL(30, 10)",
            "12345678901234567890.0123456789",
        ),
        ("duckdb", "170141183460469231731687303715884105727", None),  # 2 ** 127 - 1
        ("sqlite", "0.1", None),
        ("sqlite", "'12345678901234567890.0123456789'", "12345678901234567890.0123456789"),
        ("sqlite", "9223372036854775807", None),
    ],
)
async def test_no_digit_is_lost(url: str, written: str, expected: str | None) -> None:
    found = await pulled(url, f"SELECT '2026-10-01' AS period_start, {written} AS value")

    assert values(found) == [Decimal(expected or written)]


@pytest.mark.parametrize(
    ("backend", "written"),
    [
        ("postgresql", "'NaN'::float8"),
        ("postgresql", "'NaN'::numeric"),
        ("postgresql", "'-Infinity'::float8"),
        ("duckdb", "'NaN'::DOUBLE"),
        ("duckdb", "'inf'::DOUBLE"),
        ("sqlite", "9e999"),
    ],
)
async def test_what_is_no_finite_number_is_no_measurement(url: str, written: str) -> None:
    found = await pulled(url, f"SELECT '2026-10-01' AS period_start, {written} AS value")

    assert values(found) == [None]


@pytest.mark.parametrize(
    ("backend", "written", "message"),
    [
        ("sqlite", "'37%'", r"column value: '37%' is not a number"),
        ("sqlite", "'1,234'", r"column value: '1,234' is not a number"),
        ("sqlite", "x'41'", "column value: A bytes is not a number"),
        ("postgresql", "true", "column value: True is not a number"),
        ("postgresql", "interval '1 day'", "column value: A timedelta is not a number"),
        ("duckdb", "[1]", "column value: A list is not a number"),
    ],
)
async def test_what_is_no_number_is_refused_by_row_and_column(
    url: str, written: str, message: str
) -> None:
    with pytest.raises(DataError, match=rf"^trust, row 1, {message}"):
        await pulled(url, f"SELECT '2026-10-01' AS period_start, {written} AS value")


@pytest.mark.parametrize(
    ("backend", "start"),
    [
        ("postgresql", "timestamptz '2026-09-30 22:00+00'"),
        ("postgresql", "timestamp '2026-10-01 00:00'"),
        ("postgresql", "date '2026-10-01'"),
        ("duckdb", "timestamptz '2026-09-30 22:00+00'"),
        ("duckdb", "timestamp '2026-10-01 00:00'"),
        ("sqlite", "'2026-10-01 00:00:00'"),
        ("sqlite", "'2026-09-30T22:00Z'"),
    ],
)
async def test_a_time_without_an_offset_is_in_the_questions_zone(url: str, start: str) -> None:
    (seen,) = await pulled(url, f"SELECT {start} AS period_start, 1 AS value")

    assert seen.start == datetime(2026, 9, 30, 22, tzinfo=UTC)


EVENTS = (
    "CREATE TABLE answers (given_at TIMESTAMPTZ, score INTEGER)",
    # In Oslo the first two are of October (UTC+2), in New York none is of October yet or still.
    "INSERT INTO answers VALUES ('2026-09-30 22:30+00', 1), ('2026-10-31 22:30+00', 2)",
    "INSERT INTO answers VALUES ('2026-10-31 23:30+00', 4)",
)


@pytest.mark.parametrize(
    ("zone", "expected"),
    # Oslo: 1 + 2 in October, 4 in November. New York (UTC-4): 1 in September, 2 + 4 in October.
    [("Europe/Oslo", [3, 4]), ("America/New_York", [1, 6])],
)
@pytest.mark.parametrize("backend", ["postgresql", "duckdb"])
async def test_another_time_zone_moves_the_buckets_as_the_events_say(
    url: str, zone: str, expected: list[int]
) -> None:
    fill(url, *EVENTS)
    query = (
        "SELECT date_trunc('month', given_at) AS period_start, sum(score) AS value FROM answers"
        " WHERE given_at >= :start AND given_at < :end GROUP BY 1"
    )

    found = await pulled(url, query, a_question(zone=ZoneInfo(zone)))

    assert values(found) == [Decimal(value) for value in expected]


async def test_an_hour_that_comes_twice_needs_an_offset(sqlite: str) -> None:
    query = "SELECT '2026-10-25 02:00:00' AS period_start, 1 AS value"  # clocks go back at 03:00

    with pytest.raises(DataError, match=r"row 1, column period_start: .* comes twice or never"):
        await pulled(sqlite, query, a_question(grain=Grain.HOUR))


async def test_durations_become_seconds(database: str) -> None:
    query = "SELECT '2026-10-01' AS period_start, 4.2 AS value"

    (seen,) = await pulled(database, query, a_question(parameters={"duration_unit": "DAY"}))

    assert seen.value == Decimal("362880.0")  # 4.2 x 86,400


async def test_marks_of_drivers_and_of_time_are_plain_text(database: str) -> None:
    query = """
        SELECT '2026-10-01' AS period_start, 1 AS value, '100% at 10:30; -- ok' AS label
        -- it's a remark: delete nothing;
    """

    (seen,) = await pulled(database, query, a_question(dimensions=("label",)))

    assert seen.dimensions == (("label", "100% at 10:30; -- ok"),)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        pytest.param(
            "SELECT month, n FROM trust",
            "'trust' gives the columns month, n; period_start and value are needed",
            id="other columns",
        ),
        pytest.param(
            "SELECT month AS period_start, n AS value, n AS value FROM trust",
            "each name once",
            id="twice",
        ),
        pytest.param(
            "SELECT '2026-10-02' AS period_start, 1 AS value",
            "row 1, column period_start: no MONTH begins there in Europe/Oslo",
            id="no month",
        ),
        pytest.param(
            "SELECT '2026-10-01' AS period_start, 1 AS value UNION ALL SELECT '2026-10-01', 2",
            "row 2, column period_start: the same period stands at trust, row 1",
            id="one month twice",
        ),
    ],
)
async def test_an_answer_of_another_shape_is_refused(
    postgresql: str, query: str, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        await pulled(postgresql, query)


async def test_more_rows_than_allowed_are_refused_not_cut(database: str) -> None:
    assert len(await pulled(database, max_rows=4)) == 3  # four rows, one of them of a channel
    with pytest.raises(DataError, match="trust has more than 3 rows"):
        await pulled(database, max_rows=3)


@pytest.mark.parametrize(
    "query",
    [
        pytest.param("SELECT * FROM nowhere", id="no such table"),
        pytest.param("SELECT FROM WHERE", id="no SQL"),
        pytest.param("SELECT oops AS period_start, 1 AS value FROM trust", id="no such column"),
    ],
)
async def test_sql_that_does_not_work_is_the_settings_fault(database: str, query: str) -> None:
    with pytest.raises(ConfigError, match="The database says: "):
        await pulled(database, query)


async def test_a_value_that_the_database_cannot_read_is_the_datas_fault(postgresql: str) -> None:
    with pytest.raises(DataError, match="invalid input syntax for type integer"):
        await pulled(postgresql, "SELECT CAST(channel AS INTEGER) FROM trust")


async def test_an_unknown_metric_is_answered_with_the_known_ones(sqlite: str) -> None:
    with pytest.raises(UnknownMetric, match=r"no metric 'nps'\. It has: trust\."):
        await pulled(sqlite, question=a_question("nps"))


# ---- it only reads


@pytest.mark.parametrize(
    "query",
    [
        "",
        "DELETE FROM trust",
        "delete from trust returning *",
        "SELECT 1; DELETE FROM trust",
        "SELECT 1;;",
        "WITH gone AS (DELETE FROM trust RETURNING *) SELECT * FROM gone",
        "SELECT * INTO copy FROM trust",
        "SELECT * FROM trust FOR UPDATE",
        "/* SELECT */ DROP TABLE trust",
        "-- SELECT\nTRUNCATE trust",
        "EXPLAIN ANALYZE DELETE FROM trust",
        "SELECT 'a' /* ; */; VACUUM",
    ],
)
def test_all_but_one_reading_statement_is_refused_at_once(query: str) -> None:
    with pytest.raises(ConfigError, match=r"queries\.trust: Write one SELECT, or WITH … SELECT"):
        a_connector(query)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT 1;",
        "\n  with a as (select 1) select * from a ",
        "(SELECT 1) UNION (SELECT 2)",
        "SELECT 'delete; insert' -- update\n",
        'SELECT "into", deleted, updates FROM trust',
        "SELECT $q$ it's; merge $q$",
    ],
)
def test_a_reading_statement_is_taken_whatever_its_strings_and_remarks_say(query: str) -> None:
    assert a_connector(query).settings.queries["trust"] == query.strip().removesuffix(";")


def test_a_name_that_nothing_is_bound_to_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"bound to :since, :until; there are :end, :end_date"):
        a_connector("SELECT 1 WHERE :since < :until")


async def test_a_function_that_writes_is_stopped_by_the_transaction(postgresql: str) -> None:
    fill(
        postgresql,
        "CREATE FUNCTION wipe() RETURNS date LANGUAGE sql AS "
        "$$ DELETE FROM trust; SELECT date '2026-10-01' $$",
    )
    question = a_question()

    with pytest.raises(ConfigError, match="cannot execute DELETE in a read-only transaction"):
        await pulled(postgresql, "SELECT wipe() AS period_start, 1 AS value", question)

    assert len(await pulled(postgresql)) == 3


async def test_a_query_cannot_break_out_of_its_parentheses(database: str) -> None:
    for query in (
        "SELECT 1) AS answer, (SELECT 2",
        "SELECT '2026-10-01' AS period_start, 1 AS value) AS a UNION SELECT * FROM (SELECT 1, 2",
    ):
        with pytest.raises((ConfigError, DataError)):
            await pulled(database, query)


async def test_duckdb_reads_no_files_of_the_server(duckdb: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("period_start,value\n2026-10-01,7\n")

    with pytest.raises(ConfigError, match="Permission Error"):
        await pulled(duckdb, f"SELECT * FROM '{secret}'")  # noqa: S608 -- the attack


@pytest.mark.parametrize("backend", ["sqlite", "duckdb"])
async def test_a_file_that_is_missing_is_not_made(tmp_path: Path, backend: str) -> None:
    with pytest.raises(ConfigError, match="The database says: "):
        await pulled(address(backend, tmp_path))

    assert os.listdir(tmp_path) == []  # noqa: PTH208 -- pathlib's own would count as blocking


async def test_a_file_whose_name_has_odd_letters_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "fjord ø? #1%20"
    folder.mkdir()

    assert len(await pulled(fill(address("sqlite", folder), TABLE, *ROWS))) == 3


# ---- it ends


SLEEPERS: dict[str, str] = {
    "postgresql": "SELECT pg_sleep(60)",
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) SELECT sum(i) FROM n",
    "duckdb": "SELECT count(*) FROM range(999999) a, range(999999) b WHERE hash(a, b) = 1",
}


@pytest.mark.parametrize("backend", BACKENDS)
async def test_a_statement_that_lasts_too_long_is_stopped(url: str, backend: str) -> None:
    started = time.monotonic()

    with pytest.raises(TransientError, match=r"did not answer within 1 seconds|statement timeout"):
        await pulled(url, SLEEPERS[backend], timeout_seconds=1)

    assert time.monotonic() - started < 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Deserted(FakeContext):
    """A context in which nobody waits any more."""

    def cancelled(self) -> bool:
        return True


@pytest.mark.parametrize("backend", BACKENDS)
async def test_a_statement_that_nobody_waits_for_is_stopped(url: str, backend: str) -> None:
    context = Deserted(secrets={"url": url})
    started = time.monotonic()

    with pytest.raises(TransientError):
        await pull_all(a_connector(SLEEPERS[backend]), a_question(), context)

    assert time.monotonic() - started < 2


async def test_others_go_on_while_a_database_thinks(postgresql: str) -> None:
    query = "SELECT date '2026-10-01' AS period_start, 1 AS value FROM pg_sleep(1)"
    pull = asyncio.create_task(pulled(postgresql, query))
    longest, before = 0.0, time.monotonic()

    while not pull.done():
        await asyncio.sleep(0.01)
        longest, before = max(longest, time.monotonic() - before), time.monotonic()

    assert values(await pull) == [Decimal(1)]
    assert longest < 0.5


# ---- it says why it can't


async def test_a_closed_port_is_worth_another_try(unused_tcp_port: int) -> None:
    url = f"postgresql://reader:hunter2@127.0.0.1:{unused_tcp_port}/atlas"

    with pytest.raises(TransientError, match="Connection refused") as caught:
        await a_connector().check(on(url))

    assert "hunter2" not in f"{caught.value.message} {caught.value.detail}"


@pytest.mark.parametrize(
    ("sqlstate", "said", "error"),
    [
        pytest.param(
            "28P01", 'password authentication failed for user "reader"', AuthError, id="password"
        ),
        pytest.param("28000", 'no pg_hba.conf entry for host "10.0.0.1"', AuthError, id="host"),
        pytest.param(
            "42501", 'permission denied for database "atlas"', AccessDenied, id="no CONNECT"
        ),
        pytest.param("53300", "sorry, too many clients already", TransientError, id="full"),
        pytest.param("57P03", "the database system is starting up", TransientError, id="starting"),
    ],
)
async def test_a_server_that_refuses_is_named_by_what_happens_next(
    sqlstate: str, said: str, error: type[ConnectorError]
) -> None:
    async with a_refusing_postgres(sqlstate, said) as url:
        with pytest.raises(error) as caught:
            await a_connector().check(on(url))

    assert type(caught.value) is error
    assert said in caught.value.message


async def test_a_server_that_repeats_the_password_is_not_quoted() -> None:
    async with a_refusing_postgres("28P01", "no user has the password hunter2") as url:
        connector, budgets = a_connector(), MemoryBudgets(RealClock())
        lending = Lending(connection="test", budgets=budgets, secrets={"url": url})
        async with lend(connector, lending) as context:
            with pytest.raises(ConnectorError) as caught:
                await check(connector, context)

    assert "no user has the password ***" in caught.value.message
    assert "hunter2" not in f"{caught.value.message} {caught.value.detail}"


async def test_an_unknown_role_or_database_is_the_settings_fault(postgresql: str) -> None:
    stranger = postgresql.replace("//atlas@", "//nobody@")
    elsewhere = postgresql.replace("/test_", "/nowhere_")

    with pytest.raises(AuthError, match='role "nobody" does not exist'):
        await a_connector().check(on(stranger))
    with pytest.raises(ConfigError, match="does not exist"):
        await a_connector().check(on(elsewhere))


async def test_a_role_without_rights_is_denied_access(postgres: Lease, postgresql: str) -> None:
    role = f"reader_{uuid4().hex}"
    superuser = as_psycopg(postgres.superuser_url("postgres"))
    fill(superuser, f"CREATE ROLE {role} LOGIN")
    try:
        with pytest.raises(AccessDenied, match="permission denied for table trust"):
            await pulled(postgresql.replace("//atlas@", f"//{role}@"))
    finally:
        fill(superuser, f"DROP ROLE {role}")


async def test_a_locked_file_is_worth_another_try(sqlite: str) -> None:
    with sqlite3.connect(sqlite.removeprefix("sqlite:///")) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        with pytest.raises(TransientError, match=r"locked|did not answer"):
            await pulled(sqlite, timeout_seconds=1)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        pytest.param("hunter2", "is no database URL", id="no URL"),
        pytest.param("postgresql://u:hunter2@h:port/x", "is no database URL", id="port"),
        pytest.param("postgresql://u:hun@ter2:x@h/x", "is no database URL", id="a stray @"),
        pytest.param("postgres://u:hunter2@h/x", "PostgreSQL's is postgresql://", id="postgres"),
        pytest.param("nosuch://u:hunter2@h/x", "No dialect", id="unknown"),
        pytest.param("postgresql+asyncpg://u:hunter2@h/x", "asyncpg of `url` won't do", id="async"),
        pytest.param(
            "mysql+pymysql://u:hunter2@h/x", "'pymysql' of `url` is not inst", id="driver"
        ),
        pytest.param("sqlite://", "must name the database's file", id="no file"),
        pytest.param("duckdb:///:memory:", "must name the database's file", id="memory"),
    ],
)
async def test_a_url_that_cannot_work_is_refused_without_repeating_it(
    url: str, message: str
) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        await a_connector().check(on(url))

    told = f"{caught.value.message} {caught.value.detail} {caught.value.__cause__}"
    assert "hun" not in told


@pytest.mark.parametrize(
    ("url", "message"),
    [
        pytest.param(
            "postgresql://u@db.example/x", "db.example is in a private network", id="name"
        ),
        pytest.param("postgresql://u@/x", "localhost is in a private network", id="a socket"),
        pytest.param(
            "postgresql://u@db.example/x?host=10.0.0.1", "before the database's", id="two"
        ),
        pytest.param("postgresql://u@/x?hostaddr=10.0.0.1", "before the database's", id="address"),
    ],
)
async def test_a_server_in_a_private_network_is_refused_unless_allowed(
    url: str, message: str
) -> None:
    context = Within(address="10.0.0.1", secrets={"url": url})

    with pytest.raises(ConfigError, match=message):
        await a_connector(allow_private=False).check(context)


async def test_the_driver_connects_to_the_address_that_was_checked() -> None:
    async with a_refusing_postgres("57P03", "starting up") as url:
        elsewhere = url.replace("127.0.0.1", "db.example")
        context = Within(address="127.0.0.1", secrets={"url": elsewhere}, allow_private=True)

        with pytest.raises(TransientError, match="starting up"):
            await a_connector(allow_private=False).check(context)


async def test_check_passes_where_the_database_answers(database: str) -> None:
    await a_connector("SELECT * FROM nowhere").check(on(database))


async def test_discover_lists_the_metrics_with_their_units() -> None:
    connector = a_connector(
        queries={"nps": "SELECT 1", "churn": "SELECT 2"}, units={"churn": {"kind": "RATIO"}}
    )

    found = await connector.discover(FakeContext())

    def told(spec: MetricSpec) -> tuple[str, Unit | None]:
        return spec.key, spec.unit

    assert [told(spec) for spec in found] == [("churn", Unit(kind=UnitKind.RATIO)), ("nps", None)]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        pytest.param({"queries": {}}, "queries: ", id="no query"),
        pytest.param({"max_rows": 0}, "max_rows: ", id="no rows"),
        pytest.param({"timeout_seconds": 301}, "timeout_seconds: ", id="too long"),
        pytest.param({"table": "trust"}, "table: Extra inputs", id="unknown"),
    ],
)
def test_settings_that_cannot_work_are_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        SqlSettings.read({"url": "sqlite://", "queries": {"trust": TRUST}, **settings})


def test_the_url_is_never_shown() -> None:
    settings = a_connector(url="postgresql://u:hunter2@h/x").settings

    assert "hunter2" not in f"{settings} {settings.model_dump_json()}"
    assert Sql.info.settings_schema["properties"]["url"]["writeOnly"] is True
