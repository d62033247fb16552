"""The connectors of the tutorial are as short as it says, load as drop-ins, and pass the kit."""

import asyncio
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from journey_atlas_sdk.conformance.finding import specimen_file_of, specimens_in
from journey_atlas_sdk.conformance.running import run
from journey_atlas_sdk.conformance.verdict import Verdict
from journey_atlas_sdk.testing import pull_all
from plugins.discovery import load_plugins
from tests.plugins.canteen import MEALS, SIMPLEST, WHOLE, a_canteen
from tests.plugins.questions import a_question, days


@pytest.fixture
def canteen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with a_canteen(tmp_path, monkeypatch) as connector:
        yield connector


@pytest.mark.parametrize(
    ("connector", "most"), [(SIMPLEST, 15), (WHOLE, 30)], ids=["simplest", "whole"]
)
def test_a_connector_has_at_most_so_many_lines(connector: str, most: int) -> None:
    assert len([line for line in connector.splitlines() if line.strip()]) <= most


@pytest.mark.parametrize("connector", [SIMPLEST, WHOLE], ids=["simplest", "whole"])
def test_it_loads_as_a_drop_in_and_gives_the_files_values(canteen: Path, connector: str) -> None:
    canteen.write_text(connector)
    meals = canteen.with_name("meals.csv")
    meals.write_text(MEALS)
    registry = load_plugins(canteen.parent, distributions=[])
    question = a_question("meals", window=days("2026-09-01", "2026-11-01"))

    found = asyncio.run(pull_all(registry.open("canteen", {"file": str(meals)}), question))

    assert registry.problems == ()
    assert [one.value for one in found] == [Decimal(4120), Decimal(4388)]


def test_the_simplest_one_passes_the_conformance_kit(canteen: Path) -> None:
    (specimen,) = specimens_in(specimen_file_of(canteen))

    results = list(run(specimen))

    assert [str(each) for each in results if each.verdict is Verdict.FAILED] == []
    assert sum(each.verdict is Verdict.PASSED for each in results) > 15
