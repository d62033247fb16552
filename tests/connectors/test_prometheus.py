"""The Prometheus connector against the real server, and against what servers may also answer."""

from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest

from connectors.prometheus import Prometheus, PrometheusSettings
from journey_atlas_sdk import (
    AccessDenied,
    AuthError,
    ConfigError,
    ConnectorError,
    DataError,
    Grain,
    Observation,
    ObservationFlag,
    ObservationState,
    PullRequest,
    RateLimited,
    TransientError,
    Unit,
    UnitKind,
    UnknownMetric,
    start_of_day,
)
from journey_atlas_sdk.testing import FakeContext, client_over, pull_all
from tests.connectors.prometheus_server import PASSWORD, Sample, a_prometheus, is_installed
from tests.plugins.questions import OSLO, a_question, days

NEW_YORK = ZoneInfo("America/New_York")


def daily(first: str, count: int) -> list[Sample]:
    """A day's number on its first instant in Oslo, from a day on."""
    day = datetime.fromisoformat(first).date()
    each = [day + timedelta(days=n) for n in range(count)]
    return [(start_of_day(one, OSLO), "", str(one.day)) for one in each]


def hourly(first: datetime, count: int) -> list[Sample]:
    """0, 1, 2 … on the first instant of each hour."""
    return [(first + timedelta(hours=n), "", str(n)) for n in range(count)]


def on(month: int, day: int, value: str, labels: str = "") -> Sample:
    """A sample at ten in the morning."""
    return datetime(2026, month, day, 10, tzinfo=UTC), labels, value


SAMPLES: dict[str, list[Sample]] = {
    "orders": [*daily("2026-03-28", 3), *daily("2026-10-20", 14)],
    "hours": hourly(datetime(2026, 10, 24, 22, tzinfo=UTC), 26),
    "visits": [
        on(9, 5, "20", '{channel="online"}'),
        on(10, 5, "30", '{channel="online"}'),
        on(10, 5, "12", '{channel="branch"}'),
        on(11, 3, "7", '{channel="online"}'),
    ],
    "done": [on(9, 6, "0"), on(10, 6, "30")],
    "begun": [on(8, 6, "5"), on(9, 6, "0"), on(10, 6, "40")],
    "exact": [on(10, 7, "0.1"), on(9, 7, "1e+21"), on(8, 7, "-123456789.125")],
    "broken": [on(10, 8, "NaN"), on(9, 8, "+Inf"), on(8, 8, "-Inf")],
}


@pytest.fixture(scope="session")
def prometheus(
    tmp_path_factory: pytest.TempPathFactory, unused_tcp_port_factory: Callable[[], int]
) -> Iterator[str]:
    """The address of a real server with the samples above; skips where there is none."""
    if not is_installed():
        pytest.skip("THE REAL PROMETHEUS IS NOT TESTED: install Debian's package `prometheus`")
    folder: Path = tmp_path_factory.mktemp("prometheus")
    with a_prometheus(folder, unused_tcp_port_factory(), SAMPLES) as url:
        yield url


def a_connector(
    query: object = "sum by ($dimensions) (sum_over_time(visits[$period]))",
    **settings: object,
) -> Prometheus:
    given = {"url": "http://127.0.0.1:9090", "queries": {"trust": query}, **settings}
    return Prometheus(PrometheusSettings.read(given))


class Asking:
    """Pulls from the real server, and counts what it was sent."""

    def __init__(self, url: str, http: httpx.AsyncClient) -> None:
        self.url = url
        self.http = http
        self.sent: list[httpx.Request] = []
        http.event_hooks["request"].append(self._count)

    async def _count(self, request: httpx.Request) -> None:
        self.sent.append(request)

    def context(self, password: str = PASSWORD) -> FakeContext:
        return FakeContext(secrets={"password": password}, http=self.http)

    def connector(self, query: object, **settings: object) -> Prometheus:
        identity = {"username": "reader", "password": PASSWORD}
        return a_connector(query, **{"url": self.url, **identity, **settings})

    async def pull(self, query: object, question: PullRequest | None = None) -> list[Observation]:
        return await pull_all(self.connector(query), question or a_question(), self.context())


@pytest.fixture
async def asking(prometheus: str) -> AsyncIterator[Asking]:
    async with client_over(httpx.AsyncHTTPTransport()) as http:
        yield Asking(prometheus, http)


def values(found: list[Observation]) -> list[Decimal | None]:
    return [one.value for one in found]


def numbers(*written: str | int) -> list[Decimal | None]:
    return [Decimal(number) for number in written]


async def test_each_month_is_one_value_oldest_first(asking: Asking) -> None:
    found = await asking.pull("sum by ($dimensions) (sum_over_time(visits[$period]))")

    assert values(found) == numbers(20, 42, 7)
    assert found[1] == Observation(
        metric="trust",
        start=datetime(2026, 9, 30, 22, tzinfo=UTC),  # 1 October in Oslo, summer time
        end=datetime(2026, 10, 31, 23, tzinfo=UTC),  # 1 November, winter time
        value=Decimal(42),
    )


async def test_the_running_month_is_provisional_and_later_ones_are_not_asked_for(
    asking: Asking,
) -> None:
    found = await asking.pull("vector(1)")  # it is 22 November

    assert [one.state for one in found] == [ObservationState.FINAL] * 10 + [
        ObservationState.PROVISIONAL
    ]


@pytest.mark.parametrize(
    ("first", "after", "expected"),
    [
        # Every sample stands on a day's first instant, which is also the end of the day before.
        pytest.param("2026-10-20", "2026-11-02", [*range(20, 32), 1], id="autumn"),
        pytest.param("2026-03-28", "2026-03-31", [28, 29, 30], id="spring"),
    ],
)
async def test_a_day_holds_its_first_instant_and_not_the_next_days(
    asking: Asking, first: str, after: str, expected: list[int]
) -> None:
    question = a_question(grain=Grain.DAY, window=days(first, after))

    found = await asking.pull("last_over_time(orders[$period])", question)

    assert values(found) == numbers(*expected)
    assert len(asking.sent) == 3  # before, on and after the day on which the clocks change


async def test_weeks_are_as_long_as_the_clocks_make_them(asking: Asking) -> None:
    question = a_question(grain=Grain.WEEK, window=days("2026-10-19", "2026-11-02"))

    found = await asking.pull("sum_over_time(orders[$period])", question)

    # 20 + 21 + … + 25 (169 hours), then 26 + … + 31 + 1
    assert values(found) == numbers(135, 172)


async def test_the_hour_that_comes_twice_is_two_hours(asking: Asking) -> None:
    question = a_question(grain=Grain.HOUR, window=days("2026-10-25", "2026-10-26"))

    found = await asking.pull("last_over_time(hours[$period])", question)

    assert values(found) == numbers(*range(25))
    assert len(asking.sent) == 1


async def test_another_time_zone_moves_the_days(asking: Asking) -> None:
    window = days("2026-10-19", "2026-10-21", NEW_YORK)
    question = a_question(grain=Grain.DAY, window=window, zone=NEW_YORK)

    found = await asking.pull("last_over_time(orders[$period])", question)

    assert values(found) == numbers(20, 21)  # midnight in Oslo is six in the evening before


async def test_two_halves_of_a_window_give_what_the_whole_gives(asking: Asking) -> None:
    async def between(first: str, after: str) -> list[Observation]:
        question = a_question(grain=Grain.DAY, window=days(first, after))
        return await asking.pull("last_over_time(orders[$period])", question)

    halves = await between("2026-10-20", "2026-10-25") + await between("2026-10-25", "2026-11-02")

    assert halves == await between("2026-10-20", "2026-11-02")


async def test_labels_become_dimensions(asking: Asking) -> None:
    question = a_question(dimensions=("channel",), window=days("2026-10-01", "2026-11-01"))

    found = await asking.pull("sum by ($dimensions) (sum_over_time(visits[$period]))", question)

    assert [(one.dimensions, one.value) for one in found] == [
        ((("channel", "branch"),), Decimal(12)),
        ((("channel", "online"),), Decimal(30)),
    ]


async def test_a_quotient_keeps_both_sides(asking: Asking) -> None:
    found = await asking.pull(
        {
            "numerator": "sum by ($dimensions) (sum_over_time(done[$period]))",
            "denominator": "sum by ($dimensions) (sum_over_time(begun[$period]))",
        }
    )

    assert [(one.value, one.numerator, one.denominator) for one in found] == [
        (None, None, None),  # August: nothing tells how many were done
        (None, Decimal(0), Decimal(0)),
        (Decimal("0.75"), Decimal(30), Decimal(40)),
    ]


async def test_no_digit_is_lost(asking: Asking) -> None:
    found = await asking.pull("last_over_time(exact[$period])")

    assert values(found) == numbers("-123456789.125", "1e21", "0.1")


async def test_what_is_no_finite_number_is_no_measurement(asking: Asking) -> None:
    assert values(await asking.pull("last_over_time(broken[$period])")) == [None, None, None]


async def test_a_series_that_does_not_exist_has_no_values(asking: Asking) -> None:
    assert await asking.pull("nowhere") == []


async def test_a_plain_selector_looks_back_five_minutes_only(asking: Asking) -> None:
    question = a_question(grain=Grain.DAY, window=days("2026-10-20", "2026-10-24"))

    assert await asking.pull("orders", question) == []
    assert values(await asking.pull("orders offset 23h58m", question)) == numbers(20, 21, 22, 23)


async def test_a_dollar_in_a_matcher_stays_one(asking: Asking) -> None:
    query = 'sum by ($dimensions) (sum_over_time(visits{channel=~"^branch$"}[$period]))'

    assert values(await asking.pull(query)) == numbers(12)


async def test_several_series_for_one_value_are_refused(asking: Asking) -> None:
    with pytest.raises(DataError, match="gives several series: write `sum by"):
        await asking.pull("last_over_time(visits[$period])")


async def test_a_series_without_the_asked_label_is_refused(asking: Asking) -> None:
    with pytest.raises(DataError, match="A series has no label channel"):
        await asking.pull(
            "sum by ($dimensions) (sum_over_time(orders[$period]))",
            a_question(dimensions=("channel",)),
        )


@pytest.mark.parametrize(
    ("query", "message"),
    [
        pytest.param("sum(", "Prometheus says: .*parse error", id="400"),
        pytest.param("visits[5m]", "Prometheus says: .*range", id="a range is no value"),
        pytest.param(
            "label_replace(last_over_time(visits[1d]), 'channel', 'x', '', '')",
            "Prometheus says: .*same labelset",
            id="422",
        ),
    ],
)
async def test_an_expression_that_does_not_work_is_the_settings_fault(
    asking: Asking, query: str, message: str
) -> None:
    october = a_question(grain=Grain.DAY, window=days("2026-10-05", "2026-10-06"))

    with pytest.raises(ConfigError, match=message):
        await asking.pull(query, october)


async def test_check_passes_with_the_right_password_alone(asking: Asking) -> None:
    connector = asking.connector("nowhere")

    await connector.check(asking.context())

    assert len(asking.sent) == 1
    with pytest.raises(AuthError, match="answered with the status 401"):
        await connector.check(asking.context("wrong"))


async def test_a_wrong_path_is_the_settings_fault(asking: Asking) -> None:
    with pytest.raises(ConfigError, match="answered with the status 404"):
        await asking.connector("1", url=f"{asking.url}/nowhere").check(asking.context())


# ---- what other servers may answer


def told(answer: httpx.Response) -> FakeContext:
    return FakeContext(http=client_over(lambda _: answer), secrets={"token": "t0ken"})


def a_success(series: list[object], **more: object) -> httpx.Response:
    data = {"resultType": "matrix", "result": series}
    return httpx.Response(200, json={"status": "success", "data": data, **more})


OCTOBER = a_question(window=days("2026-10-01", "2026-11-01"))
TOKEN = {"token": "set"}
LAST_INSTANT = 1793487599.999  # 2026-10-31T22:59:59.999Z


async def test_a_warning_makes_values_partial_and_provisional(
    caplog: pytest.LogCaptureFixture,
) -> None:
    answer = a_success(
        [{"metric": {}, "values": [[LAST_INSTANT, "3"]]}], warnings=["store 2 is away"]
    )

    (seen,) = await pull_all(a_connector(), OCTOBER, told(answer))

    assert (seen.state, seen.flags) == (
        ObservationState.PROVISIONAL,
        frozenset({ObservationFlag.PARTIAL}),
    )
    assert "trust: store 2 is away" in caplog.text


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(httpx.Response(200, text="<html>Log in</html>"), id="a page"),
        pytest.param(httpx.Response(200, text=""), id="nothing"),
        pytest.param(httpx.Response(200, text='{"status":"success","data":{"res'), id="cut"),
        pytest.param(httpx.Response(200, json={"status": "error", "error": "no"}), id="200, error"),
        pytest.param(
            httpx.Response(
                200,
                json={"status": "success", "data": {"resultType": "scalar", "result": [1, "2"]}},
            ),
            id="no matrix",
        ),
        pytest.param(a_success([{"metric": {}, "histograms": []}]), id="a histogram"),
        pytest.param(
            a_success([{"metric": {}, "values": [[LAST_INSTANT, 3]]}]), id="a bare number"
        ),
        pytest.param(
            a_success([{"metric": {}, "values": [[LAST_INSTANT + 0.001, "3"]]}]),
            id="another moment",
        ),
        pytest.param(a_success([{"metric": {}, "values": [[LAST_INSTANT, "37%"]]}]), id="37%"),
        pytest.param(httpx.Response(204), id="204"),
    ],
)
async def test_an_answer_of_another_shape_is_refused(answer: httpx.Response) -> None:
    with pytest.raises(DataError):
        await pull_all(a_connector(), OCTOBER, told(answer))


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        pytest.param(httpx.Response(403), AccessDenied, id="403"),
        pytest.param(httpx.Response(429, headers={"Retry-After": "7"}), RateLimited, id="429"),
        pytest.param(httpx.Response(503, json={"error": "timeout"}), TransientError, id="503"),
        pytest.param(httpx.Response(400, text="<html>"), ConfigError, id="a proxy's 400"),
        pytest.param(
            httpx.Response(302, headers={"Location": "https://login.example"}),
            ConfigError,
            id="a login page",
        ),
    ],
)
async def test_a_refusal_is_named_by_what_happens_next(
    answer: httpx.Response, error: type[ConnectorError]
) -> None:
    with pytest.raises(error) as caught:
        await pull_all(a_connector(), OCTOBER, told(answer))

    assert type(caught.value) is error


async def test_a_token_is_sent_as_bearer() -> None:
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return a_success([])

    context = FakeContext(http=client_over(answer), secrets={"token": "t0ken\n"})

    await a_connector(url="http://127.0.0.1/prom/", **TOKEN).check(context)

    assert sent[0].headers["Authorization"] == "Bearer t0ken"
    assert sent[0].url.path == "/prom/api/v1/query_range"


async def test_nobody_listening_is_worth_another_try(unused_tcp_port: int) -> None:
    connector = a_connector(url=f"http://127.0.0.1:{unused_tcp_port}")

    async with client_over(httpx.AsyncHTTPTransport()) as http:
        with pytest.raises(TransientError, match=r"127\.0\.0\.1 can't be reached"):
            await connector.check(FakeContext(http=http))


# ---- questions and settings


@pytest.mark.parametrize(
    ("question", "message"),
    [
        pytest.param(a_question(grain=Grain.TOTAL), "no TOTAL: choose a grain", id="total"),
        pytest.param(a_question(grain=Grain.INSTANT), "no INSTANT: choose", id="instant"),
        pytest.param(a_question(parameters={"step": "1d"}), "step: Extra", id="parameters"),
        pytest.param(
            a_question(dimensions=('channel) or vector(1), x!="',)), "can't be called", id="label"
        ),
    ],
)
async def test_a_question_that_cannot_be_put_is_refused(
    question: PullRequest, message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        await pull_all(a_connector(), question)


async def test_an_expression_without_a_place_for_labels_cannot_be_broken_down() -> None:
    with pytest.raises(ConfigError, match=r"Only an expression with `by \(\$dimensions\)`"):
        await pull_all(a_connector("sum(visits)"), a_question(dimensions=("channel",)))


async def test_an_unknown_metric_is_answered_with_the_known_ones() -> None:
    with pytest.raises(UnknownMetric, match=r"no metric 'nps'\. It has: trust\."):
        await pull_all(a_connector(), a_question("nps"))


async def test_discover_lists_the_metrics_and_a_quotient_is_a_ratio() -> None:
    side = {"numerator": "a", "denominator": "b"}
    connector = a_connector(
        queries={"speed": side, "done": side, "load": "c"},
        units={"speed": {"kind": "RATE", "per": 1}},
    )

    found = await connector.discover(FakeContext())

    assert [(spec.key, spec.unit) for spec in found] == [
        ("done", Unit(kind=UnitKind.RATIO)),
        ("load", None),
        ("speed", Unit(kind=UnitKind.RATE, per=1)),
    ]
    assert Grain.TOTAL not in found[0].grains


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        pytest.param({"queries": {}}, "queries: ", id="no query"),
        pytest.param({"queries": {"a": " "}}, r"queries\.a", id="an empty query"),
        pytest.param({"queries": {"a": {"numerator": "b"}}}, "denominator: ", id="half a quotient"),
        pytest.param({"url": "file:///etc/passwd"}, "begins with http", id="file"),
        pytest.param({"url": "prometheus:9090"}, "begins with http", id="no scheme"),
        pytest.param({"url": "http://[::1"}, "begins with http", id="no address"),
        pytest.param({"url": "http://u:hunter2@h"}, "Leave user, password", id="user in the URL"),
        pytest.param({"username": "reader"}, "come together", id="no password"),
        pytest.param(
            {"token": "a", "username": "b", "password": "c"}, "Give either `token`", id="both"
        ),
    ],
)
def test_settings_that_cannot_work_are_refused(settings: dict[str, object], message: str) -> None:
    given = {"url": "http://127.0.0.1", "queries": {"trust": "1"}, **settings}

    with pytest.raises(ConfigError, match=message) as caught:
        PrometheusSettings.read(given)

    assert "hunter2" not in str(caught.value)


async def test_a_token_that_cannot_be_sent_is_refused_without_repeating_it() -> None:
    context = FakeContext(secrets={"token": "hunter\n2"})

    with pytest.raises(ConfigError, match="holds a character") as caught:
        await a_connector(**TOKEN).check(context)

    assert "hunter" not in str(caught.value)
