"""The tutorial for plugin authors can be followed word by word."""

import os
import sys
from pathlib import Path

import pytest

from tests.acceptance.following import Reader
from tests.acceptance.product import ROOT, environment

PAGE = ROOT / "docs" / "plugin-authors" / "tutorial.md"


@pytest.mark.slow
def test_from_an_empty_folder_to_a_package(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"

    Reader(tmp_path, environment(tmp_path, {"PATH": programs})).follow(PAGE.read_text())
