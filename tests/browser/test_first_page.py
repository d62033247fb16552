"""The first page in headless Chromium, on a real server: it answers, and asks nobody else."""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.acceptance.product import ROOT, Server, serving
from tests.browser.chromium import Browser, chromium, find_chromium

CHROMIUM = find_chromium()
PICTURE = "FIRST_PAGE_PICTURE"
"""The environment variable with a path that the docs’ picture is taken to, where it is set."""
SETTLED_SECONDS = 3
"""After which all is coloured and the scroll bars have gone."""

RUN = ".graphiql-execute-button"
# The editor writes spaces as no-break spaces.
ANSWER = "(document.querySelector('.result-window')?.innerText ?? '').replaceAll('\\u00a0', ' ')"
EXAMPLES = "[...document.querySelectorAll('[data-example]')].map((each) => each.dataset.example)"

pytestmark = pytest.mark.skipif(
    CHROMIUM is None,
    reason="Chromium isn't installed (Debian: chromium): THE FIRST PAGE STAYS UNTESTED",
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("first-page")
    home.chmod(0o755)
    with serving(home, "--demo") as server:
        yield server


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    assert CHROMIUM is not None
    with chromium(CHROMIUM, tmp_path / "profile") as browser:
        yield browser


def is_open(browser: Browser) -> None:
    """Wait until the editor shows an operation that can be run."""
    browser.wait_for("!!document.querySelector('.graphiql-query-editor .view-line')")
    browser.wait_for(f"!!document.querySelector('{RUN}') && !document.querySelector('[disabled]')")


@pytest.mark.parametrize("path", ["/", "/graphql"])
def test_an_example_is_there_to_run_and_no_request_leaves_the_machine(
    server: Server, browser: Browser, path: str
) -> None:
    origin = server.url.removesuffix("/graphql")
    browser.open(origin + path)
    is_open(browser)

    browser.click(RUN)
    browser.wait_for(f"{ANSWER}.includes('Be the most trusted partner')")

    if file := os.environ.get(PICTURE):
        time.sleep(SETTLED_SECONDS)
        Path(file).write_bytes(browser.picture())
    assert f"{origin}/graphql" in browser.requests
    assert {urlsplit(url).netloc for url in browser.requests} == {urlsplit(origin).netloc}
    assert browser.complaints == []


def test_every_example_of_the_package_is_offered_the_golden_thread_first(
    server: Server, browser: Browser
) -> None:
    browser.open(server.url)
    is_open(browser)

    offered = browser.evaluate(EXAMPLES)

    shipped = {file.stem for file in (ROOT / "examples/queries").glob("*.graphql")}
    assert offered[0] == "golden-thread"
    assert set(offered) == shipped


def test_a_new_visitor_finds_the_first_examples_variables_filled_in(
    server: Server, browser: Browser
) -> None:
    browser.open(server.url)
    is_open(browser)

    shown = "document.querySelector('[aria-label=Variables] .view-lines').innerText"

    assert browser.wait_for(f"{shown}.includes('BG1')")


def test_an_example_opens_in_a_tab_of_its_own_once(server: Server, browser: Browser) -> None:
    browser.open(server.url)
    is_open(browser)

    browser.click("[data-example=objectives]")
    browser.wait_for("document.querySelector('[aria-current=true]')?.dataset.example=='objectives'")
    browser.click(RUN)
    browser.wait_for(f"{ANSWER}.includes('totalCount')")
    browser.click("[data-example=golden-thread]")
    browser.click("[data-example=objectives]")

    tabs = browser.evaluate("document.querySelectorAll('.graphiql-tab').length")
    assert tabs == 2


def test_the_page_knows_the_schema(server: Server, browser: Browser) -> None:
    browser.open(server.url)
    is_open(browser)

    browser.click("[aria-label='Show Documentation Explorer']")
    shown = "(document.querySelector('.graphiql-doc-explorer')?.innerText ?? '')"

    assert "Journey" in browser.wait_for(f"{shown}.includes('Root Types') && {shown}")


def test_the_page_may_not_ask_another_server(server: Server, browser: Browser) -> None:
    browser.open(server.url)
    is_open(browser)

    reached = browser.evaluate("fetch('http://127.0.0.2:1/').then(() => true, () => false)")

    assert reached is False
    assert any("Content Security Policy" in each for each in browser.complaints)
