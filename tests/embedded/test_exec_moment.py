"""A server at the moment of its exec has no command line yet, and is not taken for dead."""

from collections.abc import Callable

import pytest

from storage.embedded import processes
from storage.embedded.server import runs


def test_a_process_without_a_command_line_for_a_moment_runs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(processes, "command_line", telling("", "/usr/bin/postgres"))

    assert runs(1)


def test_a_process_that_never_has_one_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "command_line", telling("", "", ""))

    assert not runs(1)


def telling(*lines: str) -> Callable[[int], str]:
    """Make a look at a process that sees one of these lines after the other."""
    left = iter(lines)

    def look(_: int) -> str:
        return next(left)

    return look
