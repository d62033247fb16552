"""Where specimens are found, and what is said where there is none."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from journey_atlas_sdk.conformance.finding import (
    NoSpecimen,
    specimen_file_of,
    specimen_files,
    specimens_in,
)

SPECIMEN = """
from journey_atlas_sdk import Grain
from journey_atlas_sdk.conformance import Golden, Known, Specimen
from tests.conformance.honest.exports import Exports

{name} = Specimen(
    connector=Exports,
    golden=Golden(metric="revenue", grain=Grain.DAY, known=(Known("2026-09-07", "1"),)),
    lay=lambda world: {{}},
)
"""


@pytest.fixture(autouse=True)
def own_modules(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Forget what a test imports."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        del sys.modules[name]


def test_they_stand_in_a_folder_and_anywhere_in_its_tests(tmp_path: Path) -> None:
    for place in ("a_specimen.py", "tests/deep/b_specimen.py", "other/c_specimen.py", "d.py"):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).touch()

    found = [str(path.relative_to(tmp_path)) for path in specimen_files(tmp_path)]

    assert found == ["a_specimen.py", "tests/deep/b_specimen.py"]


@pytest.mark.parametrize("place", ["canteen_specimen.py", "tests/canteen_specimen.py"])
def test_a_connectors_file_has_its_specimen_beside_it_or_in_its_tests(
    tmp_path: Path, place: str
) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / place).touch()

    assert specimen_file_of(tmp_path / "canteen.py") == tmp_path / place


def test_a_specimen_in_tests_finds_the_connector_in_the_folder_above(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "the_days.py").write_text('DAY = "2026-09-07"\n')
    file = tmp_path / "tests" / "days_specimen.py"
    file.write_text("from the_days import DAY\n" + SPECIMEN.format(name="one"))

    assert [specimen.key for specimen in specimens_in(file)] == ["exports"]


def test_a_connector_without_one_is_told_which_file_is_missing(tmp_path: Path) -> None:
    with pytest.raises(NoSpecimen, match=r"canteen\.py is no file"):
        specimen_file_of(tmp_path / "canteen.py")
    (tmp_path / "canteen.py").touch()
    with pytest.raises(NoSpecimen, match=r"write one into .*/canteen_specimen\.py"):
        specimen_file_of(tmp_path / "canteen.py")


def test_a_file_may_hold_several(tmp_path: Path) -> None:
    file = tmp_path / "two_specimen.py"
    file.write_text(SPECIMEN.format(name="one") + SPECIMEN.format(name="other"))

    assert [specimen.key for specimen in specimens_in(file)] == ["exports", "exports"]


def test_files_of_one_name_in_two_folders_are_not_mixed_up(tmp_path: Path) -> None:
    for folder, count in (("a", 1), ("b", 2)):
        (tmp_path / folder).mkdir()
        text = "".join(SPECIMEN.format(name=f"number_{n}") for n in range(count))
        (tmp_path / folder / "same_specimen.py").write_text(text)

    counts = [len(specimens_in(tmp_path / folder / "same_specimen.py")) for folder in "ab"]

    assert counts == [1, 2]


def test_a_file_without_any_is_refused(tmp_path: Path) -> None:
    (tmp_path / "no_specimen.py").write_text("specimen = None\n")

    with pytest.raises(NoSpecimen, match="holds no Specimen"):
        specimens_in(tmp_path / "no_specimen.py")
