"""The connector in the documentation is the one that this test loads and runs."""

import re
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from journey_atlas_sdk.testing import pull_all
from plugins.discovery import load_plugins
from plugins.drop_ins import import_file
from tests.atlas_file.files import Bank
from tests.plugins.questions import a_question, days

PAGE = Path(__file__).parents[2] / "docs/plugin-authors/write-a-connector.md"
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", PAGE.read_text(), re.DOTALL)
PYTHON = [text for language, text in BLOCKS if language == "python"]
HEADER, FRAGMENT = (text for language, text in BLOCKS if language == "yaml")
(MEALS,) = (text for language, text in BLOCKS if language == "csv")
EXAMPLE = PYTHON[0]


@pytest.fixture
def canteen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The plugins folder after a newcomer has followed the page."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    before = set(sys.modules)
    (tmp_path / "canteen.py").write_text(EXAMPLE)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


def test_the_example_has_at_most_twenty_lines() -> None:
    assert len(EXAMPLE.strip().splitlines()) <= 20


async def test_the_example_loads_as_a_drop_in_and_gives_the_files_values(canteen: Path) -> None:
    meals = canteen / "meals.csv"
    meals.write_text(MEALS)
    registry = load_plugins(canteen, distributions=[])
    question = a_question("meals", window=days("2026-01-01", "2027-01-01"))

    found = await pull_all(registry.open("canteen", {"file": str(meals)}), question)

    assert registry.problems == ()
    assert [one.value for one in found] == [Decimal(4120), Decimal(4388)]
    assert all(question.window.holds(one.start, one.end) for one in found)


def test_the_pages_own_test_passes(canteen: Path) -> None:
    sys.modules["canteen"] = import_file(canteen / "canteen.py")
    page_test = ModuleType("page_test")
    exec(PYTHON[-1], page_test.__dict__)  # noqa: S102 -- the page's text is ours

    written: dict[str, Any] = page_test.__dict__  # Any: whatever a module holds
    written["test_october_counts_its_meals"](canteen)


async def test_the_pages_atlas_file_is_taken_as_it_stands() -> None:
    await Bank().takes(FRAGMENT, header=HEADER)
