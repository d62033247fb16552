"""The canteen of the tutorial for plugin authors: its connectors, its specimen and its file."""

import re
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

PAGE: Final = (Path(__file__).parents[2] / "docs/plugin-authors/tutorial.md").read_text()

_FILES = re.findall(r"```(?:csv|python) (\S+)\n(.*?)```", PAGE, re.DOTALL)

SIMPLEST, WHOLE = (text for name, text in _FILES if name == "plugins/canteen.py")
(SPECIMEN,) = (text for name, text in _FILES if name == "plugins/canteen_specimen.py")
(MEALS,) = (text for name, text in _FILES if name == "meals.csv")

HONEST: Final = 'sdk.parse_decimal(meals.get(f"{first}"))'
"""How the simplest connector reads a value; `LYING` takes a missing one for 0."""

LYING: Final = """sdk.parse_decimal(meals.get(f"{first}") or "0")"""


@contextmanager
def a_canteen(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Path]:
    """Lay the simplest connector and its specimen into a folder, and forget what is imported."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)
    connector = folder / "canteen.py"
    connector.write_text(SIMPLEST)
    (folder / "canteen_specimen.py").write_text(SPECIMEN)
    yield connector
    for name in set(sys.modules) - before:
        del sys.modules[name]
