"""The InfluxDB connector against the real server, and the fake that answers as it does."""

from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest

from connectors.influxdb import InfluxDb, InfluxDbSettings
from journey_atlas_sdk import (
    AccessDenied,
    AuthError,
    ConfigError,
    ConnectorError,
    DataError,
    Grain,
    Observation,
    ObservationState,
    PullRequest,
    TransientError,
)
from journey_atlas_sdk.testing import FakeContext, client_over, pull_all
from tests.connectors.influxdb_server import an_influxdb, is_installed
from tests.plugins.questions import OSLO, a_question, days
from tests.vendors import influxdb as vendor

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def select(columns: str, measurement: str = "nps") -> str:
    """Write a query of a test."""
    return f"SELECT {columns} FROM {measurement} WHERE time >= $start AND time < $end"  # noqa: S608 -- a test's


MEAN = select("mean(score) AS value, count(score) AS n")
OCTOBER = days("2026-10-01", "2026-11-01")


def at(written: str, score: float | str = 1, **tags: str) -> vendor.Point:
    """A point at a time of Oslo, unless it is written with an offset."""
    moment = datetime.fromisoformat(written)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=OSLO)
    fields: dict[str, float | str] = {"score": score, "done": 1}
    return vendor.Point(measurement="nps", at=moment, fields=fields, tags=tags)


POINTS = [
    at("2026-09-30T23:59:59.999999", 9),
    at("2026-10-01T00:00", 3, channel="app"),
    at("2026-10-24T23:59", 0.1, channel="app"),
    at("2026-10-25T00:00", 4, channel="web"),
    at("2026-10-25T02:30+02:00", 5, channel="web"),
    at("2026-10-25T02:30+01:00", 6, channel="web"),
    at("2026-10-25T23:59:59", 7, channel="web"),
    at("2026-10-26T00:00", 8, channel="web"),
    vendor.Point(
        measurement="words", at=datetime(2026, 10, 5, tzinfo=UTC), fields={"score": "good"}
    ),
]


class Bench:
    """A connector in front of a server."""

    def __init__(self, url: str, http: httpx.AsyncClient) -> None:
        self.url = url
        self.http = http

    def context(self, password: str = vendor.PASSWORD) -> FakeContext:
        return FakeContext(moment=NOW, http=self.http, secrets={"password": password})

    def connector(self, query: str = MEAN, **settings: object) -> InfluxDb:
        given = {
            "url": self.url,
            "username": vendor.READER,
            "password": vendor.PASSWORD,
            "database": vendor.DATABASE,
            "queries": {"trust": {"query": query, "dimensions": ["channel"]}},
            **settings,
        }
        return InfluxDb(InfluxDbSettings.read(given))

    async def pull(
        self, query: str = MEAN, question: PullRequest | None = None, **settings: object
    ) -> list[Observation]:
        asked = question or a_question(window=OCTOBER)
        return await pull_all(self.connector(query, **settings), asked, self.context())


@pytest.fixture(scope="session")
def real_server(
    tmp_path_factory: pytest.TempPathFactory, unused_tcp_port_factory: Callable[[], int]
) -> Iterator[str]:
    """The address of a real server with the points above; skips where there is none."""
    if not is_installed():
        pytest.skip("THE REAL INFLUXDB IS NOT TESTED: install Debian's package `influxdb`")
    folder = tmp_path_factory.mktemp("influxdb")
    with an_influxdb(folder, unused_tcp_port_factory(), POINTS) as url:
        yield url


@pytest.fixture(params=["real", "fake"])
async def bench(request: pytest.FixtureRequest) -> AsyncIterator[Bench]:
    if request.param == "real":
        url: str = request.getfixturevalue("real_server")
        async with client_over(httpx.AsyncHTTPTransport()) as http:
            yield Bench(url, http)
        return
    app = vendor.InfluxDb(points=POINTS)
    async with client_over(httpx.ASGITransport(app=app)) as http:
        yield Bench("http://influxdb.test", http)


# ---- what the real server and its fake agree on


async def test_a_month_is_that_of_the_organization(bench: Bench) -> None:
    (found,) = await bench.pull()

    # 3, 0.1, 4, 5, 6, 7 and 8 are 33.1.
    assert found.sample_size == 7
    assert found.value is not None
    assert abs(found.value - Decimal("4.728571428571")) < Decimal("1e-12")
    assert (found.start, found.end) == (OCTOBER.start, OCTOBER.end)


async def test_days_are_cut_at_local_midnight_also_where_the_clocks_change(bench: Bench) -> None:
    question = a_question(grain=Grain.DAY, window=days("2026-10-24", "2026-10-27"))

    found = await bench.pull(question=question)

    assert [(one.value, one.sample_size) for one in found] == [
        (Decimal("0.1"), 1),
        (Decimal("5.5"), 4),  # 4, 5, 6 and 7 on the day of 25 hours
        (Decimal(8), 1),
    ]


async def test_a_period_without_points_is_left_out_also_of_a_count(bench: Bench) -> None:
    question = a_question(grain=Grain.DAY, window=days("2026-10-01", "2026-10-05"))

    found = await bench.pull(select("count(score) AS value"), question)

    assert [(one.start, one.value) for one in found] == [(OCTOBER.start, Decimal(1))]


async def test_it_is_broken_down_by_tags(bench: Bench) -> None:
    question = a_question(
        grain=Grain.WEEK, window=days("2026-10-19", "2026-10-26"), dimensions=("channel",)
    )

    found = await bench.pull(question=question)

    assert [(one.dimensions, one.value) for one in found] == [
        ((("channel", "app"),), Decimal("0.1")),
        ((("channel", "web"),), Decimal("5.5")),
    ]


async def test_points_without_the_asked_tag_are_refused(bench: Bench) -> None:
    question = a_question(window=days("2026-09-01", "2026-10-01"), dimensions=("channel",))

    with pytest.raises(DataError, match="A series is of"):
        await bench.pull(question=question)


async def test_a_quotient_keeps_both_of_its_sides(bench: Bench) -> None:
    sides = "sum(score) AS numerator, sum(done) AS denominator"
    question = a_question(grain=Grain.DAY, window=days("2026-10-25", "2026-10-26"))

    (found,) = await bench.pull(select(sides), question)

    assert (found.value, found.numerator, found.denominator) == (
        Decimal("5.5"),
        Decimal(22),
        Decimal(4),
    )


async def test_a_remark_may_end_a_query_of_the_real_server(real_server: str) -> None:
    question = a_question(
        grain=Grain.DAY, window=days("2026-10-24", "2026-10-26"), dimensions=("channel",)
    )
    async with client_over(httpx.AsyncHTTPTransport()) as http:
        found = await Bench(real_server, http).pull(f"{MEAN} -- of whoever's; all", question)

    assert [one.value for one in found] == [Decimal("0.1"), Decimal("5.5")]


async def test_a_condition_may_stand_beside_the_bounds(bench: Bench) -> None:
    (found,) = await bench.pull(f"{MEAN} AND channel = 'app'")

    assert (found.value, found.sample_size) == (Decimal("1.55"), 2)  # (3 + 0.1) / 2


@pytest.mark.parametrize(
    ("query", "said"),
    [
        pytest.param(select("median_of(score) AS value"), "undefined", id="200"),
        pytest.param(select("sum(score) AS value", "words"), "iterator", id="texts"),
        pytest.param(select("mean("), "error parsing query", id="400"),
    ],
)
async def test_a_query_that_does_not_work_is_told_in_the_servers_words(
    bench: Bench, query: str, said: str
) -> None:
    with pytest.raises(ConfigError, match=f"says: .*{said}"):
        await bench.pull(query)


async def test_an_unaliased_column_is_refused(bench: Bench) -> None:
    with pytest.raises(DataError, match="average: Extra inputs"):
        await bench.pull(select("mean(score) AS average"))


@pytest.mark.parametrize(
    ("settings", "password", "error"),
    [
        pytest.param({}, "another-password", AuthError, id="password"),
        pytest.param({"username": vendor.NARROW}, vendor.PASSWORD, AccessDenied, id="rights"),
        pytest.param({"database": "nope"}, vendor.PASSWORD, AccessDenied, id="database"),
    ],
)
async def test_check_tells_what_is_wrong(
    bench: Bench, settings: dict[str, str], password: str, error: type[ConnectorError]
) -> None:
    await bench.connector().check(bench.context())

    with pytest.raises(error):
        await bench.connector(**settings).check(bench.context(password))


async def test_a_value_is_provisional_while_points_may_come_late(bench: Bench) -> None:
    question = a_question(grain=Grain.DAY, window=days("2026-10-24", "2026-10-27"))

    found = await bench.pull(question=question, restates_days=28)

    # The 26th ended 26.5 days before, the 24th 28.6.
    assert [one.state for one in found] == [
        ObservationState.FINAL,
        ObservationState.PROVISIONAL,
        ObservationState.PROVISIONAL,
    ]


# ---- what other servers may answer


def answering(body: object, status: int = 200) -> Bench:
    return Bench("http://influx.test", client_over(lambda _: httpx.Response(status, json=body)))


def a_result(**result: object) -> dict[str, Any]:  # Any: JSON
    return {"results": [{"statement_id": 0, **result}]}


A_SERIES: dict[str, Any] = {"columns": ["time", "value"], "values": [["t", 1]]}  # Any: JSON


def a_series(*rows: list[object], columns: str = "time value", **more: object) -> dict[str, object]:
    return {"series": [{"name": "nps", "columns": columns.split(), "values": list(rows), **more}]}


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"results": []}, id="no result"),
        pytest.param(a_result(partial=True), id="a part"),
        pytest.param(a_result(statement_id=1), id="another statement"),
        pytest.param(a_result(**a_series(["t", 1], ["t", 2])), id="two rows"),
        pytest.param(a_result(**a_series(["t", "37%"])), id="a text"),
        pytest.param(
            a_result(**a_series(["t", 1, 2.5], columns="time value n")), id="half a point"
        ),
        pytest.param(a_result(**a_series(["t", 1], tags={"channel": "app"})), id="grouped"),
        pytest.param(a_result(series=[A_SERIES, A_SERIES]), id="two measurements"),
    ],
)
async def test_an_answer_of_another_shape_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(DataError):
        await answering(body).pull()


async def test_a_query_that_ran_out_of_time_is_tried_again() -> None:
    bench = answering(a_result(error="query-timeout limit exceeded"))

    with pytest.raises(TransientError, match="query-timeout"):
        await bench.pull()


async def test_an_unknown_database_is_an_error_under_200() -> None:
    bench = answering(a_result(error="database not found: nope"))

    with pytest.raises(ConfigError, match="database not found"):
        await bench.pull()


async def test_a_token_is_sent_as_influxdb_calls_it() -> None:
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, json=a_result())

    context = FakeContext(moment=NOW, http=client_over(answer), secrets={"token": "t0ken\n"})
    bench = Bench("http://influx.test", context.http)
    connector = bench.connector(token="t0ken", username=None, password=None)  # noqa: S106 -- a test's

    assert await pull_all(connector, a_question(window=OCTOBER), context) == []
    assert sent[0].headers["Authorization"] == "Token t0ken"


# ---- settings


@pytest.mark.parametrize(
    ("query", "message"),
    [
        pytest.param("DROP DATABASE cx", "one SELECT", id="no SELECT"),
        pytest.param(f"{MEAN}; DROP DATABASE cx", "one SELECT", id="two statements"),
        pytest.param(
            f"{MEAN} -- it's\n; DROP DATABASE cx -- '", "one SELECT", id="behind a remark"
        ),
        pytest.param(select("mean(a) INTO b", "c"), "one SELECT", id="INTO"),
        pytest.param("SELECT mean(a) AS value FROM b", r"\$start", id="unbounded"),
        pytest.param("SELECT mean(a) FROM b WHERE c = '$start $end'", r"\$start", id="in a text"),
    ],
)
def test_a_query_that_is_no_bounded_select_is_refused(query: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Bench("http://influx.test", client_over(lambda _: httpx.Response(200))).connector(query)


def test_a_text_may_hold_what_a_query_may_not() -> None:
    bench = Bench("http://influx.test", client_over(lambda _: httpx.Response(200)))

    assert bench.connector(f"{MEAN} AND reason = 'into; \\'select'")
