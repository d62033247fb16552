"""Who gets the first page and who JSON, what it may do, and that its bundle is what it says."""

import hashlib
import json
import re
from collections.abc import Mapping

import pytest

from api.first_page.page import STATIC
from tests.api.asking import Api, an_api
from tests.builders import a_goal, an_atlas

ROOM = STATIC.parent
SOURCE = ROOM / "source"
BUILT_FROM = {".jsx", ".js", ".mjs", ".css", ".html", ".svg", ".json", ".txt"}

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"
HTML = "text/html; charset=utf-8"
JSON = "application/json; charset=utf-8"


@pytest.fixture
def api() -> Api:
    return an_api(an_atlas(a_goal("BG1")))


@pytest.mark.parametrize(
    ("path", "accept", "status", "content_type"),
    [
        pytest.param("/", BROWSER, 200, HTML, id="the root, a browser"),
        pytest.param("/", "*/*", 200, HTML, id="the root, anybody"),
        pytest.param("/graphql", BROWSER, 200, HTML, id="a browser"),
        pytest.param("/graphql", "text/html", 200, HTML, id="html alone"),
        pytest.param("/graphql?operationName=A", BROWSER, 200, HTML, id="a name and no query"),
        pytest.param("/graphql?query={__typename}", BROWSER, 200, JSON, id="a browser's query"),
        pytest.param("/graphql?query=", BROWSER, 400, JSON, id="a browser's empty query"),
        pytest.param("/graphql?query={__typename}", "*/*", 200, JSON, id="a query"),
        pytest.param("/graphql", "*/*", 400, JSON, id="anything, no query"),
        pytest.param("/graphql", "application/json", 400, JSON, id="json, no query"),
        pytest.param("/graphql", "text/html;q=0.5, application/json", 400, JSON, id="json first"),
    ],
)
async def test_who_reads_html_and_asks_nothing_gets_the_page(
    api: Api, path: str, accept: str, status: int, content_type: str
) -> None:
    response = await api.client.get(path, headers={"accept": accept})

    assert (response.status_code, response.headers["content-type"]) == (status, content_type)
    assert ("first-page/page.js" in response.text) is (content_type == HTML)


async def test_a_browsers_post_is_answered_with_json(api: Api) -> None:
    body = {"query": "{ __typename }"}

    response = await api.client.post("/graphql", json=body, headers={"accept": BROWSER})

    assert response.json() == {"data": {"__typename": "Query"}}


@pytest.mark.parametrize(
    "path", ["/", "/first-page/page.js", "/first-page/page.css", "/first-page/examples.json"]
)
async def test_the_page_may_ask_nobody_but_its_own_server(api: Api, path: str) -> None:
    response = await api.client.get(path)

    policy = dict(part.split(" ", 1) for part in _policy(response.headers))
    sources = {source for allowed in policy.values() for source in allowed.split()}
    assert response.status_code == 200
    assert response.headers["x-content-type-options"] == "nosniff"
    assert policy["default-src"] == policy["frame-ancestors"] == "'none'"
    assert policy["script-src"] == policy["connect-src"] == policy["worker-src"] == "'self'"
    assert sources == {"'none'", "'self'", "'unsafe-inline'", "data:"}


async def test_a_file_that_a_browser_has_is_not_sent_again(api: Api) -> None:
    first = await api.client.get("/first-page/page.js")

    again = await api.client.get(
        "/first-page/page.js", headers={"if-none-match": first.headers["etag"]}
    )

    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("path", ["../page.py", "%2e%2e/page.py", "source/page.jsx", "VERSION"])
async def test_nothing_beside_the_built_page_is_served(api: Api, path: str) -> None:
    response = await api.client.get(f"/first-page/{path}")

    assert response.status_code == 404


async def test_the_examples_are_those_that_are_shipped_the_golden_thread_first(api: Api) -> None:
    examples = (await api.client.get("/first-page/examples.json")).json()

    folder = ROOM.parents[1] / "examples" / "queries"
    assert examples[0]["title"] == "Golden thread"
    assert examples[0]["description"].startswith("From a business goal down")
    assert {each["name"]: each["query"] for each in examples} == {
        file.stem: file.read_text() for file in folder.glob("*.graphql")
    }


def test_the_bundle_was_built_from_the_present_sources() -> None:
    built = json.loads((ROOM / "VERSION").read_text())["sources"]

    files = sorted(file for file in SOURCE.iterdir() if file.suffix in BUILT_FROM)
    sources = b"".join(file.name.encode() + b"\0" + file.read_bytes() for file in files)
    assert hashlib.sha256(sources).hexdigest() == built, "rebuild it: see source/README.md"


def test_every_package_in_the_bundle_is_locked_and_its_licence_shipped() -> None:
    packages = json.loads((ROOM / "VERSION").read_text())["packages"]
    licences = (ROOM / "LICENSES.txt").read_text()

    locked = json.loads((SOURCE / "package-lock.json").read_text())["packages"]
    assert {"graphiql", "graphql", "react", "react-dom"} <= packages.keys()
    for name, version in packages.items():
        assert locked[f"node_modules/{name}"]["version"] == version
        assert re.search(rf"^{re.escape(f'{name} {version}')} \(.+\)$", licences, re.MULTILINE)


def test_the_lock_names_no_place_to_download_from() -> None:
    lock = json.loads((SOURCE / "package-lock.json").read_text())

    assert [name for name, package in lock["packages"].items() if "resolved" in package] == []


def _policy(headers: Mapping[str, str]) -> list[str]:
    return headers["content-security-policy"].split("; ")
