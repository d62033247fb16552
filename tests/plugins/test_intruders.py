"""A stranger's package in the place of one of ours is named before it breaks anything."""

import sys
from pathlib import Path

import pytest

from plugins.intruders import OWN_PACKAGES, find_intruders, package_homes

HOME = Path("/srv/journey-atlas")


def homes(**elsewhere: Path | None) -> dict[str, Path | None]:
    return {name: HOME / name for name in OWN_PACKAGES} | elsewhere


def test_packages_that_share_one_folder_are_ours() -> None:
    assert find_intruders(homes()) == []


def test_our_own_packages_are_where_they_belong() -> None:
    assert find_intruders(package_homes()) == []


@pytest.mark.parametrize(
    "found",
    [Path("/home/ada/storage"), HOME / "storage.py"],
    ids=["a folder elsewhere", "a file beside it"],
)
def test_a_package_from_elsewhere_is_named_with_both_places(found: Path) -> None:
    (intruder,) = find_intruders(homes(storage=found))

    assert (intruder.package, intruder.found, intruder.expected) == (
        "storage",
        found,
        HOME / "storage",
    )
    assert f"comes from {found}, not from {HOME / 'storage'}" in intruder.message
    assert "PYTHONPATH" in intruder.message


def test_a_package_that_is_nowhere_is_named() -> None:
    (intruder,) = find_intruders(homes(ingest=None))

    assert (
        intruder.message == f"The package 'ingest' is missing in {HOME / 'ingest'}: install again."
    )


def test_without_the_sdk_nothing_can_be_told() -> None:
    with pytest.raises(KeyError, match="journey_atlas_sdk"):
        find_intruders(homes(journey_atlas_sdk=None))


def test_a_package_is_found_without_being_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "norrhavn_unimported"
    package.mkdir()
    (package / "__init__.py").write_text("1 / 0")
    (tmp_path / "norrhavn_file.py").write_text("1 / 0")
    (tmp_path / "norrhavn_bare").mkdir()
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    names = ("norrhavn_unimported", "norrhavn_file", "norrhavn_bare", "norrhavn_nowhere")

    found = package_homes(names)

    assert found == {
        "norrhavn_unimported": package,
        "norrhavn_file": tmp_path / "norrhavn_file.py",
        "norrhavn_bare": tmp_path / "norrhavn_bare",
        "norrhavn_nowhere": None,
    }
    assert not set(names) & set(sys.modules)
