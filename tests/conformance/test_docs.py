"""docs/plugin-authors/conformance.md tells each check; the specimen on it is green as it stands."""

import re
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from journey_atlas_sdk import conformance
from journey_atlas_sdk.conformance import Specimen
from journey_atlas_sdk.conformance.catalogue import CHECKS
from journey_atlas_sdk.conformance.check import PAGE as PLACE
from journey_atlas_sdk.conformance.check import Check
from journey_atlas_sdk.conformance.finding import specimen_file_of, specimens_in
from journey_atlas_sdk.conformance.running import run
from journey_atlas_sdk.conformance.verdict import Verdict

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / PLACE).read_text(encoding="utf-8")
CANTEEN = (ROOT / "docs/plugin-authors/write-a-connector.md").read_text(encoding="utf-8")
PYTHON = re.compile(r"```python\n(.*?)```", re.DOTALL)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: str(check.number))
def test_each_check_has_a_paragraph_under_its_own_anchor(check: Check) -> None:
    found = re.search(rf"^### Check {check.number}\n\*\*(.+?)\.\*\* (.+)$", PAGE, re.MULTILINE)

    assert found, f"no paragraph of check {check.number}"
    assert found[1].lower() == check.title.lower()
    assert len(found[2]) > 80


def test_the_checks_stand_under_the_headings_of_the_contract_in_order() -> None:
    topics = list(dict.fromkeys(check.topic for check in CHECKS))
    parts = re.split(r"^## (.+)$", PAGE, flags=re.MULTILINE)
    told = dict(zip(parts[1::2], parts[2::2], strict=True))

    for topic in topics:
        numbers = [int(number) for number in re.findall(r"### Check (\d+)", told[topic])]
        assert numbers == [check.number for check in CHECKS if check.topic is topic]


def test_each_field_of_a_specimen_is_told() -> None:
    rows = "\n".join(line.split("|")[1] for line in PAGE.splitlines() if line.startswith("| `"))

    assert [each.name for each in fields(Specimen) if f"`{each.name}`" not in rows] == []


@pytest.mark.parametrize("name", conformance.__all__)
def test_each_name_that_an_author_imports_is_told(name: str) -> None:
    assert f"`{name}" in PAGE


@pytest.fixture
def canteen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of a newcomer who has followed both pages."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)
    (tmp_path / "canteen.py").write_text(PYTHON.findall(CANTEEN)[0])
    (tmp_path / "canteen_specimen.py").write_text(PYTHON.findall(PAGE)[0])
    yield tmp_path / "canteen.py"
    for name in set(sys.modules) - before:
        del sys.modules[name]


def test_the_pages_connector_passes_with_the_pages_specimen(canteen: Path) -> None:
    (specimen,) = specimens_in(specimen_file_of(canteen))

    results = list(run(specimen, rows=1_000))

    assert [str(each) for each in results if each.verdict is Verdict.FAILED] == []
    assert sum(each.verdict is Verdict.PASSED for each in results) > 15
