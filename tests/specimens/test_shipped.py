"""Every connector of the product has a specimen and passes the kit; the docs tell the result."""

from contextlib import closing
from functools import cache, partial
from pathlib import Path

import pytest

from journey_atlas_sdk.conformance.check import Result
from journey_atlas_sdk.conformance.finding import specimen_files, specimens_in
from journey_atlas_sdk.conformance.report import with_table
from journey_atlas_sdk.conformance.running import run
from journey_atlas_sdk.conformance.verdict import Verdict
from journey_atlas_sdk.hosting.apart.children import Children
from journey_atlas_sdk.hosting.apart.connector import Apart
from plugins.discovery import load_plugins

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "connectors" / "README.md"
ROWS = 500
"""The command of docs/connectors/README.md lets two hundred times as many pass through."""

SPECIMENS = {
    specimen.key: specimen for file in specimen_files(ROOT) for specimen in specimens_in(file)
}


@cache
def results_of(key: str) -> tuple[Result, ...]:
    return tuple(run(SPECIMENS[key], rows=ROWS))


def test_each_connector_of_the_product_has_a_specimen() -> None:
    shipped = load_plugins(None, distributions=[]).connectors

    assert set(shipped) == set(SPECIMENS)


@pytest.mark.parametrize("key", sorted(SPECIMENS))
def test_a_shipped_connector_keeps_to_the_contract(key: str) -> None:
    failed = [str(each) for each in results_of(key) if each.verdict is Verdict.FAILED]

    assert failed == []


@pytest.mark.slow
@pytest.mark.parametrize("key", ["csv", "prometheus"])  # one in threads, one over HTTP
def test_it_does_in_a_process_of_its_own_too(key: str) -> None:
    with closing(Children()) as children:
        make = partial(Apart, children=children)
        results = list(run(SPECIMENS[key], rows=ROWS, make=make))

    assert [str(each) for each in results if each.verdict is Verdict.FAILED] == []
    assert [each.verdict for each in results] == [each.verdict for each in results_of(key)]


def test_the_docs_tell_the_result() -> None:
    page = PAGE.read_text(encoding="utf-8")

    results = {key: results_of(key) for key in sorted(SPECIMENS)}

    assert with_table(page, results) == page, "write it anew: see the page itself"


def test_each_connector_of_the_product_is_listed() -> None:
    page = PAGE.read_text(encoding="utf-8")

    assert [key for key in SPECIMENS if f"[`{key}`]" not in page] == []
