"""What a view remembers."""

from collections.abc import Callable

import pytest

from domain import view as views
from domain.view import remembered
from tests.builders import a_view, an_atlas


def test_a_number_is_computed_once() -> None:
    view, asked = a_view(an_atlas()), list[int]()

    for _ in range(2):
        remembered(view, "progress", counting(asked))

    assert asked == [1]


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "MOST_REMEMBERED", 10)
    view = a_view(an_atlas())

    for parameter in range(1_000):
        remembered(view, ("status", parameter), lambda: parameter)  # noqa: B023 - called at once

    assert len(view.memo) <= 10
    assert view.memo["status", 999] == 999


def counting(calls: list[int]) -> Callable[[], int]:
    def compute() -> int:
        calls.append(1)
        return 42

    return compute
