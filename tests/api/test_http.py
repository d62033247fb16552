"""GraphQL over HTTP: media types, status codes, and whatever else a body may be."""

import asyncio
import gzip
import hashlib
from collections.abc import AsyncIterator

import httpx
import orjson
import pytest

from api.execution.limits import Limits
from tests.api.asking import GRAPHQL_RESPONSE, Api, Json, an_api, codes
from tests.builders import a_goal, an_atlas

JSON = "application/json"
TYPENAME = '{"query": "{ __typename }"}'


@pytest.fixture
def api() -> Api:
    return an_api(an_atlas(a_goal("BG1")))


async def post(api: Api, body: bytes | str, **headers: str) -> httpx.Response:
    given = {"content-type": JSON, **{name.replace("_", "-"): headers[name] for name in headers}}
    return await api.client.post("/graphql", content=body, headers=given)


@pytest.mark.parametrize(
    ("accept", "answered"),
    [
        pytest.param(None, JSON, id="no header"),
        pytest.param("", JSON, id="empty"),
        pytest.param("*/*", JSON, id="anything"),
        pytest.param("application/*", JSON, id="any application type"),
        pytest.param(JSON, JSON, id="json"),
        pytest.param(GRAPHQL_RESPONSE, GRAPHQL_RESPONSE, id="graphql-response"),
        pytest.param(f"{GRAPHQL_RESPONSE}, {JSON};q=0.9", GRAPHQL_RESPONSE, id="by quality"),
        pytest.param(f"{GRAPHQL_RESPONSE};q=0.5, {JSON}", JSON, id="by quality, other way"),
        pytest.param(f"{JSON}, {GRAPHQL_RESPONSE}", JSON, id="equal quality: named first"),
        pytest.param(f"{GRAPHQL_RESPONSE}, {JSON}", GRAPHQL_RESPONSE, id="named first, other way"),
        pytest.param(f"{GRAPHQL_RESPONSE}, */*", GRAPHQL_RESPONSE, id="exact beats anything"),
        pytest.param(f"{JSON};q=0, */*", GRAPHQL_RESPONSE, id="q=0 takes a type out"),
        pytest.param(f"{GRAPHQL_RESPONSE}; charset=utf-8", GRAPHQL_RESPONSE, id="with a charset"),
        pytest.param("APPLICATION/JSON", JSON, id="upper case"),
        pytest.param(
            "application/graphql-response+json, application/graphql+json, application/json, "
            "text/event-stream, multipart/mixed",
            GRAPHQL_RESPONSE,
            id="urql",
        ),
        pytest.param(
            "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", JSON, id="a browser"
        ),
    ],
)
async def test_the_answer_has_the_media_type_that_is_liked_best(
    api: Api, accept: str | None, answered: str
) -> None:
    headers = {} if accept is None else {"accept": accept}
    del api.client.headers["accept"]

    response = await post(api, TYPENAME, **headers)

    assert response.status_code == 200
    assert response.headers["content-type"] == f"{answered}; charset=utf-8"
    assert response.json() == {"data": {"__typename": "Query"}}


@pytest.mark.parametrize("accept", ["text/html", "multipart/mixed", "image/*", "application/jsonx"])
async def test_a_client_that_accepts_nothing_offered_is_told_so(api: Api, accept: str) -> None:
    response = await post(api, TYPENAME, accept=accept)

    assert response.status_code == 406
    assert response.headers["content-type"].startswith(JSON)
    assert codes(response.json()["errors"]) == ["BAD_USER_INPUT"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        pytest.param({"query": "{"}, "GRAPHQL_PARSE_FAILED", id="syntax"),
        pytest.param({"query": "{ nothing }"}, "GRAPHQL_VALIDATION_FAILED", id="unknown field"),
        pytest.param(
            {"query": "query A { __typename } query B { __typename }"},
            "BAD_USER_INPUT",
            id="which operation",
        ),
        pytest.param(
            {"query": "{ __typename }", "operationName": "A"}, "BAD_USER_INPUT", id="no such name"
        ),
        pytest.param(
            {"query": "query($id: ID!) { node(id: $id) { id } }"},
            "BAD_USER_INPUT",
            id="variable missing",
        ),
        pytest.param(
            {
                "query": "query($day: Date) { atlas(asOf: $day) { asOf } }",
                "variables": {"day": "22.11.2026"},
            },
            "BAD_USER_INPUT",
            id="variable of the wrong shape",
        ),
    ],
)
async def test_a_request_that_never_ran_has_no_data(api: Api, body: Json, code: str) -> None:
    new = await post(api, orjson.dumps(body), accept=GRAPHQL_RESPONSE)
    old = await post(api, orjson.dumps(body), accept=JSON)

    assert (new.status_code, old.status_code) == (400, 200)
    assert new.json() == old.json()
    assert list(new.json()) == ["errors"]
    assert codes(new.json()["errors"]) == [code]


async def test_an_error_of_a_field_leaves_the_rest_of_the_answer(api: Api) -> None:
    response = await api.send(
        {"query": '{ atlas(cycle: "FY99") { asOf } organization { key } }'},
        accept=GRAPHQL_RESPONSE,
    )

    assert response.status_code == 200
    assert response.json() == {
        "data": {"atlas": None, "organization": {"key": "norrhavn"}},
        "errors": [
            {
                "message": "No cycle has the key 'FY99'; there are: FY26, Q4-26.",
                "locations": [{"line": 1, "column": 3}],
                "path": ["atlas"],
                "extensions": {"code": "NOT_FOUND"},
            }
        ],
    }


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"null", id="null"),
        pytest.param(b"1", id="a number"),
        pytest.param(b'"x"', id="a string"),
        pytest.param(b"[]", id="an empty batch"),
        pytest.param(b'[{"query": "{ __typename }"}]', id="a batch"),
        pytest.param(b"{}", id="no query"),
        pytest.param(b'{"query": null}', id="query null"),
        pytest.param(b'{"query": 1}', id="query a number"),
        pytest.param(b'{"query": ""}', id="query empty"),
        pytest.param(b'{"query": {}}', id="query an object"),
        pytest.param(b'{"query": ["{ __typename }"]}', id="query a list"),
        pytest.param(b'{"query": "{ __typename }", "variables": []}', id="variables a list"),
        pytest.param(b'{"query": "{ __typename }", "variables": ""}', id="variables a string"),
        pytest.param(b'{"query": "{ __typename }", "variables": 0}', id="variables a number"),
        pytest.param(b'{"query": "{ __typename }", "operationName": 1}', id="name a number"),
        pytest.param(b'{"query": "{ __typename }", "operationName": []}', id="name a list"),
        pytest.param(b'{"query": "{ __typename }", "extensions": "x"}', id="extensions a string"),
        pytest.param(b'{"query": "{ __typename }"', id="cut off"),
        pytest.param(b"[" * 100_000, id="100,000 deep"),
        pytest.param(b'{"a":' * 100_000, id="100,000 objects deep"),
        pytest.param(b'{"query": "\\ud800"}', id="a lone surrogate"),
        pytest.param(b'{"query": "\xff"}', id="not UTF-8"),
        pytest.param(b"\xef\xbb\xbf" + TYPENAME.encode(), id="a byte order mark"),
        pytest.param(b'{"query": "{ __typename }", "variables": {"a": NaN}}', id="NaN"),
    ],
)
@pytest.mark.parametrize("accept", [JSON, GRAPHQL_RESPONSE])
async def test_a_body_that_is_no_request_is_refused(api: Api, body: bytes, accept: str) -> None:
    response = await post(api, body, accept=accept)

    assert response.status_code == 400
    assert list(response.json()) == ["errors"]
    assert codes(response.json()["errors"]) == ["BAD_USER_INPUT"]


@pytest.mark.parametrize(
    "content_type",
    [
        pytest.param(None, id="none"),
        pytest.param("", id="empty"),
        pytest.param("text/plain", id="a simple type"),
        pytest.param("application/x-www-form-urlencoded", id="a form"),
        pytest.param("multipart/form-data; boundary=x", id="a form with files"),
        pytest.param("application/graphql", id="bare GraphQL"),
        pytest.param("application/json+x", id="not exactly JSON"),
        pytest.param("application/jsonx", id="beginning like JSON"),
        pytest.param("application/json; charset=utf-16", id="another charset"),
    ],
)
async def test_only_json_is_read(api: Api, content_type: str | None) -> None:
    headers = {} if content_type is None else {"content-type": content_type}

    response = await api.client.post("/graphql", content=TYPENAME, headers=headers)

    assert response.status_code == 415
    assert codes(response.json()["errors"]) == ["BAD_USER_INPUT"]


@pytest.mark.parametrize(
    "content_type",
    ["application/json; charset=utf-8", "Application/JSON", 'application/json;charset="UTF-8"'],
)
async def test_json_may_say_that_it_is_utf_8(api: Api, content_type: str) -> None:
    response = await post(api, TYPENAME, content_type=content_type)

    assert response.status_code == 200


async def test_a_compressed_body_is_not_read(api: Api) -> None:
    response = await post(api, gzip.compress(TYPENAME.encode()), content_encoding="gzip")

    assert response.status_code == 415


async def test_a_body_over_the_limit_is_refused_whatever_it_says_of_its_length() -> None:
    api = an_api(an_atlas(), limits=Limits(body_bytes=100))

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b" " * 60

    said = await post(api, b" " * 101)
    unsaid = await api.client.post(
        "/graphql", content=endless(), headers={"content-type": "application/json"}
    )

    assert (said.status_code, unsaid.status_code) == (413, 413)


async def test_a_body_that_never_ends_to_arrive_is_not_waited_for() -> None:
    api = an_api(an_atlas(), limits=Limits(body_seconds=0.05))

    async def slow() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(60)
        yield b"}"

    response = await api.client.post(
        "/graphql", content=slow(), headers={"content-type": "application/json"}
    )

    assert response.status_code == 408


async def test_a_get_reads(api: Api) -> None:
    response = await api.client.get(
        "/graphql",
        params={
            "query": "query A($id: ID!) { node(id: $id) { id } } query B { __typename }",
            "operationName": "A",
            "variables": '{"id": "x", "unknown": 1}',
        },
    )

    assert response.status_code == 200
    assert response.json() == {"data": {"node": None}}


@pytest.mark.parametrize(
    "parameters",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"query": ""}, id="empty"),
        pytest.param({"query": "{ __typename }", "variables": "x"}, id="variables aren't JSON"),
        pytest.param({"query": "{ __typename }", "variables": "[]"}, id="variables a list"),
        pytest.param({"query": "{ __typename }", "extensions": "1"}, id="extensions a number"),
    ],
)
async def test_a_get_that_is_no_request_is_refused(api: Api, parameters: dict[str, str]) -> None:
    response = await api.client.get("/graphql", params=parameters)

    assert response.status_code == 400


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
async def test_only_get_and_post_are_answered(api: Api, method: str) -> None:
    response = await api.client.request(method, "/graphql")

    assert response.status_code == 405
    assert set(response.headers["allow"].split(", ")) == {"GET", "HEAD", "POST"}


async def test_a_hash_without_its_document_is_not_supported(api: Api) -> None:
    extensions = {"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}

    response = await api.send({"extensions": extensions})

    assert response.status_code == 200
    assert response.json() == {
        "errors": [
            {
                "message": "PersistedQueryNotSupported",
                "extensions": {"code": "PERSISTED_QUERY_NOT_SUPPORTED"},
            }
        ]
    }


@pytest.mark.parametrize(
    ("digest", "status"),
    [
        pytest.param(hashlib.sha256(b"{ __typename }").hexdigest(), 200, id="right"),
        pytest.param("0" * 64, 400, id="wrong"),
        pytest.param(None, 400, id="null"),
        pytest.param([], 400, id="a list"),
    ],
)
async def test_a_hash_beside_its_document_must_be_right(
    api: Api, digest: Json, status: int
) -> None:
    extensions = {"persistedQuery": {"version": 1, "sha256Hash": digest}}

    response = await api.send({"query": "{ __typename }", "extensions": extensions})

    assert response.status_code == status


async def test_answers_say_neither_who_serves_nor_let_their_type_be_guessed(api: Api) -> None:
    response = await api.post("{ __typename }")

    assert response.headers["x-content-type-options"] == "nosniff"
    assert "server" not in response.headers


async def test_unknown_variables_are_ignored(api: Api) -> None:
    assert await api.ask("{ __typename }", more=1) == {"__typename": "Query"}
