"""Derived metrics in an atlas file: a formula is read, checked and kept."""

import pytest

from domain.metric import Metric
from tests.atlas_file.files import Bank

INPUTS = """\
metrics:
  - {key: A, title: A, unit: COUNT, better: HIGHER}
  - {key: B, title: B, unit: COUNT, better: HIGHER}
  - {key: NOK, title: N, unit: {kind: MONEY, currency: NOK}, better: HIGHER}
"""


async def test_a_formula_is_kept() -> None:
    bank = Bank()

    await bank.takes(
        INPUTS + '  - {key: S, title: S, unit: RATIO, better: LOWER, formula: "{A} / {B}"}'
    )

    stored = bank.atlas.find("S", Metric)
    assert stored is not None
    assert stored.formula == "{A} / {B}"


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        pytest.param('unit: RATIO, formula: "{A} / {C}"', "No metric has the key C", id="unknown"),
        pytest.param('unit: RATIO, formula: "{A} / ("', "", id="unreadable"),
        pytest.param('unit: PERCENT, formula: "{A} + {NOK}"', "", id="units that don't add up"),
        pytest.param('unit: COUNT, formula: "{S} + 1"', "go in a circle: S → S", id="a circle"),
    ],
)
async def test_a_formula_that_cannot_be_worked_out_is_refused_at_its_place(
    fields: str, told: str
) -> None:
    body = INPUTS + f"  - {{key: S, title: S, better: LOWER, {fields}}}"

    problems = await Bank().refuses(body)

    assert [problem.line for problem in problems] == [7]
    assert problems[0].path[-1] == "formula"
    assert told in problems[0].message
