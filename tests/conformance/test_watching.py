"""What code does besides computing is noticed, whichever way it does it."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from journey_atlas_sdk.conformance.watching import watched

HERE = Path(__file__)


def nothing() -> None:
    return None


@pytest.mark.parametrize(
    ("deed", "told"),
    [
        pytest.param(lambda: Path("note.txt").write_text("x"), "writes note.txt", id="a file"),
        pytest.param(lambda: Path("new").mkdir(), "changes the disk", id="a folder"),
        pytest.param(lambda: threading.Thread(target=nothing).start(), "a thread", id="a thread"),
        pytest.param(
            lambda: subprocess.run([sys.executable, "-c", ""], check=True),
            "a program",
            id="program",
        ),
        pytest.param(lambda: os.environ.get("HOME"), "variable HOME", id="the environment"),
        pytest.param(lambda: os.getenv("HOME"), "variable HOME", id="the environment by getenv"),
        pytest.param(lambda: "HOME" in os.environ, "variable HOME", id="whether it is set"),
    ],
)
def test_a_deed_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, deed: Callable[[], object], told: str
) -> None:
    monkeypatch.chdir(tmp_path)

    with watched(HERE) as seen:
        deed()

    assert told in seen[0]


def test_reading_a_file_is_no_deed() -> None:
    with watched(HERE) as seen:
        HERE.read_text(encoding="utf-8")

    assert seen == []


def test_what_others_read_of_the_environment_is_not_ours() -> None:
    with watched(HERE.with_name("another.py")) as seen:
        os.environ.get("HOME")

    assert seen == []


def test_another_threads_deeds_are_told_only_where_all_are_watched(tmp_path: Path) -> None:
    def write() -> None:
        worker = threading.Thread(target=(tmp_path / "note.txt").write_text, args=("x",))
        worker.start()
        worker.join()

    with watched() as own:
        write()
    with watched(every_thread=True) as everybodys:
        write()

    assert own == ["starts a thread"]
    assert [each.split()[0] for each in everybodys] == ["starts", "writes"]


def test_nothing_is_noticed_afterwards(tmp_path: Path) -> None:
    with watched() as seen:
        pass
    (tmp_path / "note.txt").write_text("x")

    assert (seen, type(os.environ).__name__) == ([], "_Environ")
