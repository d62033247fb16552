"""`atlas connector test`: the conformance kit on a drop-in."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli.main import app
from tests.plugins.canteen import HONEST, LYING, a_canteen


@pytest.fixture
def canteen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with a_canteen(tmp_path, monkeypatch) as connector:
        yield connector


def atlas(*arguments: object) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["connector", "test", *map(str, arguments)])
    return done.exit_code, done.output


def test_a_good_connector_ends_with_a_table_and_zero(canteen: Path) -> None:
    code, told = atlas(canteen, "--rows", 100)

    assert code == 0
    assert "✓  13  a missing period is None, not 0" in told
    assert "canteen: " in told
    assert "0 failed" in told


def test_a_lie_is_told_below_the_table(canteen: Path) -> None:
    canteen.write_text(canteen.read_text().replace(HONEST, LYING))

    code, told = atlas(canteen, "--check", 14)

    assert code == 1
    assert "  expected  '' at the source becomes no number, or a DataError" in told


def test_programs_get_json(canteen: Path) -> None:
    code, told = atlas(canteen, "--check", 9, "--json")

    (connector,) = json.loads(told)["connectors"]
    assert (code, connector["key"], connector["passed"]) == (0, "canteen", True)
    assert [check["check"] for check in connector["checks"]] == [9]


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        pytest.param(["--check", 45], 2, "a number from 1 to 44, got 45", id="no such check"),
        pytest.param([], 1, "has no specimen: write one into", id="no specimen"),
    ],
)
def test_what_can_not_be_run_is_told(
    canteen: Path, arguments: list[object], code: int, told: str
) -> None:
    (canteen.parent / "canteen_specimen.py").unlink()

    seen = atlas(canteen, *arguments)

    assert seen[0] == code
    assert told in seen[1].replace("\n", " ")


def test_a_file_that_breaks_is_told_with_its_error(canteen: Path) -> None:
    canteen.write_text("1 / 0\n")

    code, told = atlas(canteen)

    assert code == 1
    assert "ZeroDivisionError: division by zero" in told
