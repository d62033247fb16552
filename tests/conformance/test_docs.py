"""docs/plugin-authors/conformance.md tells each check, and each field of a specimen."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from journey_atlas_sdk import conformance
from journey_atlas_sdk.conformance import Specimen
from journey_atlas_sdk.conformance.catalogue import CHECKS
from journey_atlas_sdk.conformance.check import PAGE as PLACE
from journey_atlas_sdk.conformance.check import Check

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / PLACE).read_text(encoding="utf-8")


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
