"""JSON over HTTP: what is asked, how answers are paged through, and what is read from them."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest

from connectors.json_http import JsonHttp, JsonHttpSettings
from journey_atlas_sdk import (
    ConfigError,
    DataError,
    MetricSpec,
    Observation,
    PullRequest,
    Unit,
    UnitKind,
    UnknownMetric,
)
from journey_atlas_sdk.observation_rows import RowParameters
from journey_atlas_sdk.testing import FakeContext, client_over, pull_all
from tests.plugins.questions import a_question, days

Json = dict[str, Any]  # Any: JSON
QUERY: Json = {
    "path": "/v2/scores",
    "rows": "data.series",
    "fields": {"period_start": "day", "value": "score"},
}
AUTUMN = [
    {"day": "2026-09-01", "score": 65.1, "answers": 1204},
    {"day": "2026-10-01", "score": 66.4, "answers": 1180},
]


class Server:
    """Answers with pages in turn, the last one for ever, and keeps what it was asked."""

    def __init__(self, *pages: object) -> None:
        self.pages = [page if isinstance(page, str) else json.dumps(page) for page in pages]
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        page = self.pages.pop(0) if len(self.pages) > 1 else self.pages[0]
        return httpx.Response(200, text=page)


def a_connector(query: Json | None = None, **settings: object) -> JsonHttp:
    given = {"url": "https://scores.test/api/", "queries": {"trust": query or QUERY}, **settings}
    return JsonHttp(JsonHttpSettings.read(given))


async def pulled(
    server: Callable[[httpx.Request], httpx.Response],
    query: Json | None = None,
    question: PullRequest | None = None,
    **settings: object,
) -> list[Observation]:
    secrets = {"token": "json-token-canary", "api_key": "json-key-canary"}
    async with client_over(server) as http:
        context = FakeContext(http=http, secrets=secrets)
        return await pull_all(a_connector(query, **settings), question or a_question(), context)


def values(found: list[Observation]) -> list[Decimal | None]:
    return [one.value for one in found]


async def test_rows_are_found_where_the_expressions_say() -> None:
    query = {**QUERY, "fields": {**QUERY["fields"], "sample_size": "answers"}}

    found = await pulled(Server({"data": {"series": AUTUMN}}), query)

    assert found[1] == Observation(
        metric="trust",
        start=datetime(2026, 9, 30, 22, tzinfo=UTC),  # 1 October in Oslo
        end=datetime(2026, 10, 31, 23, tzinfo=UTC),
        value=Decimal("66.4"),
        sample_size=1180,
        source_ref="trust, row 2",
    )
    assert values(found) == [Decimal("65.1"), Decimal("66.4")]


async def test_numbers_keep_every_digit() -> None:
    text = (
        '{"data": {"series": [{"day": "2026-09-01", "score": 66.40000000000000000000000000001}]}}'
    )

    assert values(await pulled(Server(text))) == [Decimal("66.40000000000000000000000000001")]


async def test_an_object_by_day_has_a_row_for_each_entry() -> None:
    query = {**QUERY, "fields": {"period_start": "key", "value": "value"}}
    series = {"2026-09-01": "65.1", "2026-10-01": None}

    assert values(await pulled(Server({"data": {"series": series}}), query)) == [
        Decimal("65.1"),
        None,
    ]


@pytest.mark.parametrize(
    ("clock", "written"),
    [
        pytest.param("SECONDS", 1790805600, id="seconds"),
        pytest.param("MILLISECONDS", "1790805600000", id="milliseconds, as a text"),
        pytest.param("ISO", "2026-10-01T00:00:00+02:00", id="a text"),
    ],
)
async def test_times_may_be_counted_from_1970(clock: str, written: object) -> None:
    page = {"data": {"series": [{"day": written, "score": 1}]}}

    (found,) = await pulled(Server(page), {**QUERY, "clock": clock})

    assert found.start == datetime(2026, 9, 30, 22, tzinfo=UTC)


async def test_a_row_belongs_to_the_dimensions_that_it_fills() -> None:
    query = {**QUERY, "dimensions": {"channel": "by.channel"}}
    rows = [
        {"day": "2026-10-01", "score": 66.4, "by": {"channel": None}},
        {"day": "2026-10-01", "score": 63.8, "by": {"channel": "app"}},
    ]
    server = Server({"data": {"series": rows}})

    (whole,) = await pulled(server, query)
    (app,) = await pulled(server, query, a_question(dimensions=("channel",)))

    assert (whole.dimensions, whole.value) == ((), Decimal("66.4"))
    assert (app.dimensions, app.value) == ((("channel", "app"),), Decimal("63.8"))
    with pytest.raises(ConfigError, match=r"columns to break down by: channel\."):
        await pulled(server, query, a_question(dimensions=("age",)))


@pytest.mark.parametrize(
    "expression",
    ["scores[0] | n", "scores[?n > `1`].n | [0]", "a || scores[0].n", "to_number('2')"],
)
async def test_any_expression_may_find_a_field(expression: str) -> None:
    page = {"data": {"series": [{"day": "2026-10-01", "scores": [{"n": 2}]}]}}
    query = {**QUERY, "fields": {"value": expression, "period_start": "day"}}

    assert values(await pulled(Server(page), query)) == [2]


async def test_durations_become_seconds() -> None:
    question = a_question(parameters={"duration_unit": "MINUTE"})

    assert values(await pulled(Server({"data": {"series": AUTUMN[:1]}}), None, question)) == [3906]


# ---- asking


async def test_the_questions_values_are_bound_into_parameters() -> None:
    bound = {
        "from": ":start",
        "to": ":end",
        "first": ":start_date",
        "last": ":last_date",
        "after": ":end_date",
        "since": ":start_seconds",
        "until": ":end_seconds",
        "by": ":grain",
        "zone": ":time_zone",
        "literal": "a&b=c:start",
    }
    server = Server({"data": {"series": []}})
    question = a_question(window=days("2026-10-01", "2026-11-01"))

    await pulled(server, {**QUERY, "parameters": bound}, question)

    url = server.asked[0].url
    assert url.path == "/api/v2/scores"
    assert dict(url.params) == {
        "from": "2026-10-01T00:00:00+02:00",
        "to": "2026-11-01T00:00:00+01:00",
        "first": "2026-10-01",
        "last": "2026-10-31",
        "after": "2026-11-01",
        "since": "1790805600",
        "until": "1793487600",
        "by": "month",
        "zone": "Europe/Oslo",
        "literal": "a&b=c:start",
    }


async def test_a_query_with_a_body_is_posted_as_json() -> None:
    body = {"range": [":start_date", ":last_date"], "limit": 100, "filters": {"a": '"}'}}
    server = Server({"data": {"series": []}})
    question = a_question(window=days("2026-10-01", "2026-11-01"))

    await pulled(server, {**QUERY, "body": body}, question)

    (request,) = server.asked
    assert (request.method, request.headers["content-type"]) == ("POST", "application/json")
    assert json.loads(request.content) == {
        "range": ["2026-10-01", "2026-10-31"],
        "limit": 100,
        "filters": {"a": '"}'},
    }


@pytest.mark.parametrize(
    ("settings", "header", "sent"),
    [
        pytest.param(
            {"token": "t"}, "authorization", "Bearer json-token-canary", id="a bearer token"
        ),
        pytest.param({"api_key": "k"}, "x-api-key", "json-key-canary", id="a key"),
        pytest.param(
            {"api_key": "k", "api_key_header": "X-Token"}, "x-token", "json-key-canary", id="named"
        ),
    ],
)
async def test_the_server_is_told_who_asks(
    settings: dict[str, str], header: str, sent: str
) -> None:
    server = Server({"data": {"series": []}})

    await pulled(server, None, None, **settings)

    assert server.asked[0].headers[header] == sent


# ---- pages


def a_page(*rows: Json, **more: object) -> Json:
    return {"data": {"series": list(rows)}, **more}


FIRST, SECOND = AUTUMN


@pytest.mark.parametrize(
    ("paging", "pages", "asked"),
    [
        pytest.param(
            {"next": "links.next"},
            [
                a_page(FIRST, links={"next": "https://scores.test/api/v2/scores?p=2"}),
                a_page(SECOND, links={}),
            ],
            ["", "p=2"],
            id="an address",
        ),
        pytest.param(
            {"next": "links.next"},
            [a_page(FIRST, links={"next": "?p=2"}), a_page(SECOND, links={"next": ""})],
            ["", "p=2"],
            id="a relative one, and an empty one",
        ),
        pytest.param(
            {"cursor": "has_more && cursor", "parameter": "after"},
            [
                a_page(FIRST, cursor="a=&b", has_more=True),
                a_page(SECOND, cursor="c", has_more=False),
            ],
            ["", "after=a%3D%26b"],
            id="a cursor",
        ),
        pytest.param(
            {"parameter": "page", "counts": "PAGES"},
            [a_page(FIRST), a_page(SECOND), a_page()],
            ["page=1", "page=2", "page=3"],
            id="numbered pages",
        ),
        pytest.param(
            {"parameter": "page", "counts": "PAGES", "first": 0},
            [a_page(FIRST), a_page()],
            ["page=0", "page=1"],
            id="from 0",
        ),
        pytest.param(
            {"parameter": "skip", "counts": "ROWS"},
            [a_page(FIRST, SECOND), a_page()],
            ["skip=0", "skip=2"],
            id="an offset",
        ),
    ],
)
async def test_pages_are_followed_to_the_end(
    paging: Json, pages: list[Json], asked: list[str]
) -> None:
    server = Server(*pages)

    found = await pulled(server, {**QUERY, "paging": paging})

    assert [request.url.query.decode() for request in server.asked] == asked
    assert len(found) == sum(len(page["data"]["series"]) for page in pages)


async def test_a_row_that_moved_to_the_next_page_meanwhile_is_taken_once() -> None:
    pages = [a_page(FIRST, SECOND), a_page(SECOND, {"day": "2026-08-01", "score": 1}), a_page()]
    paging = {"parameter": "skip", "counts": "ROWS"}

    assert len(await pulled(Server(*pages), {**QUERY, "paging": paging})) == 3


async def test_a_header_may_tell_the_next_page() -> None:
    def serve(request: httpx.Request) -> httpx.Response:
        if request.url.query:
            return httpx.Response(200, json=a_page(SECOND))
        return httpx.Response(200, json=a_page(FIRST), headers={"Link": '<?p=2>; rel="next"'})

    assert len(await pulled(serve, {**QUERY, "paging": {"next": "links.next"}})) == 2


async def test_the_place_of_a_posted_query_is_set_in_its_body() -> None:
    server = Server(a_page(FIRST, cursor=7), a_page(SECOND))
    paging = {"cursor": "cursor", "parameter": "after"}

    await pulled(server, {**QUERY, "body": {"q": 1}, "paging": paging})

    assert [json.loads(request.content) for request in server.asked] == [
        {"q": 1},
        {"q": 1, "after": 7},
    ]


@pytest.mark.parametrize(
    ("paging", "page"),
    [
        pytest.param({"next": "next"}, a_page(next="?a=1"), id="an address"),
        pytest.param(
            {"cursor": "next", "parameter": "after"}, a_page(next="a"), id="the same cursor"
        ),
        pytest.param(
            {"parameter": "page", "counts": "PAGES"},
            a_page({"day": "2025-01-01", "score": 1}),
            id="the same page for ever",
        ),
    ],
)
async def test_pages_in_a_circle_are_an_error_and_no_short_series(paging: Json, page: Json) -> None:
    with pytest.raises(DataError, match="go in circles"):
        await pulled(Server(page), {**QUERY, "paging": paging})


@pytest.mark.parametrize("there", ["https://evil.test/api", "//evil.test/", "http://scores.test/"])
async def test_a_next_page_elsewhere_is_not_asked_for(there: str) -> None:
    server = Server(a_page(FIRST, next=there))

    with pytest.raises(DataError, match=r"next page of scores\.test would be at"):
        await pulled(server, {**QUERY, "paging": {"next": "next"}}, token="t")  # noqa: S106 -- the test's

    assert len(server.asked) == 1


async def test_a_failure_on_a_later_page_is_an_error_and_no_short_series() -> None:
    def serve(request: httpx.Request) -> httpx.Response:
        if request.url.query:
            return httpx.Response(404)
        return httpx.Response(200, json=a_page(FIRST, next="?p=2"))

    with pytest.raises(ConfigError, match="status 404"):
        await pulled(serve, {**QUERY, "paging": {"next": "next"}})


# ---- what is refused


@pytest.mark.parametrize(
    ("page", "message"),
    [
        pytest.param("", "no JSON", id="nothing"),
        pytest.param("<html>", "no JSON", id="a page"),
        pytest.param({"data": {}}, "has nothing at 'data.series'", id="no rows"),
        pytest.param({"data": {"series": "none"}}, "has a str at", id="a text"),
        pytest.param(a_page({"day": "2026-10-01", "score": "37%"}), "row 1, column value", id="%"),
        pytest.param(a_page({"day": "2026-10-01", "score": True}), "True is not a n", id="true"),
        pytest.param(a_page({"day": "2026-10-01", "score": [1]}), "A list is no n", id="a list"),
        pytest.param(a_page({"day": "2026-10-01", "score": "N/A"}), "'N/A' is not", id="N/A"),
        pytest.param(a_page({"day": "2026-10-02", "score": 1}), "no MONTH begins", id="the 2nd"),
        pytest.param(a_page({"score": 1}), "period_start: it is empty", id="no day"),
        pytest.param(
            a_page(FIRST, {**FIRST, "score": 1}), "same period stands at trust, row 1", id="twice"
        ),
    ],
)
async def test_what_cannot_be_read_is_named(page: object, message: str) -> None:
    with pytest.raises(DataError, match=message):
        await pulled(Server(page))


@pytest.mark.parametrize(
    ("clock", "written"),
    [
        pytest.param("SECONDS", 1e30, id="beyond the years"),
        pytest.param("SECONDS", "2026-10-01", id="a text"),
    ],
)
async def test_a_time_that_counts_nothing_is_refused(clock: str, written: object) -> None:
    with pytest.raises(DataError):
        await pulled(Server(a_page({"day": written, "score": 1})), {**QUERY, "clock": clock})


async def test_a_list_that_may_be_absent_says_so_itself() -> None:
    assert await pulled(Server({}), {**QUERY, "rows": "data.series || `[]`"}) == []


async def test_arithmetic_on_fractions_is_refused_where_it_would_lose_digits() -> None:
    query = {**QUERY, "fields": {**QUERY["fields"], "value": "sum(parts)"}}
    page = a_page({"day": "2026-10-01", "parts": [0.1, 0.2]})

    with pytest.raises(DataError, match=r"sum\(parts\).* can't be found"):
        await pulled(Server(page), query)


async def test_an_unknown_metric_names_the_known_ones() -> None:
    with pytest.raises(UnknownMetric, match=r"It has: trust\."):
        await pulled(Server({}), None, a_question("nps"))


@pytest.mark.parametrize(
    ("query", "message"),
    [
        pytest.param({"rows": "data["}, "no JMESPath expression", id="no expression"),
        pytest.param({"fields": {"value": "a"}}, "needs period_start and value", id="no start"),
        pytest.param({"fields": {**QUERY["fields"], "metric": "a"}}, "may have", id="no field"),
        pytest.param({"dimensions": {"value": "a"}}, "no dimension is", id="taken"),
        pytest.param({"parameters": {"a": ":month"}}, "Nothing is bound to :month", id="unbound"),
        pytest.param({"body": {"a": [{"b": ":x"}]}}, "Nothing is bound to :x", id="deep down"),
        pytest.param({"path": "@evil.test/"}, "path: ", id="another host"),
        pytest.param({"paging": {}}, "Give `next`", id="no way"),
        pytest.param({"paging": {"cursor": "a"}}, "Give `next`", id="half a way"),
        pytest.param(
            {"paging": {"cursor": "a", "counts": "ROWS", "parameter": "b"}},
            "Give `next`",
            id="two ways",
        ),
    ],
)
def test_a_query_that_cannot_work_is_refused(query: Json, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        a_connector({**QUERY, **query})


def test_two_identities_are_refused() -> None:
    with pytest.raises(ConfigError, match="Give either `api_key`"):
        a_connector(token="a", api_key="b")  # noqa: S106 -- the test's


async def test_check_asks_for_the_running_day_once() -> None:
    server = Server(a_page(FIRST, next="?p=2"))
    query = {**QUERY, "parameters": {"from": ":start_date"}, "paging": {"next": "next"}}

    async with client_over(server) as http:
        await a_connector(query).check(FakeContext(http=http))

    assert [str(request.url) for request in server.asked] == [
        "https://scores.test/api/v2/scores?from=2026-11-22"
    ]


async def test_discover_tells_units_and_dimensions() -> None:
    query = {**QUERY, "unit": {"kind": "SCORE"}, "dimensions": {"channel": "a", "age": "b"}}

    assert await a_connector(query).discover(FakeContext()) == [
        MetricSpec(
            key="trust",
            title="trust",
            unit=Unit(kind=UnitKind.SCORE),
            dimensions=("age", "channel"),
            parameters=RowParameters,
        )
    ]
