"""docs/bi/flat-rows.md tells every table, and each of its commands gives what the page shows."""

import contextlib
import io
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from api.tables.catalogue import DIMENSIONS, FACTS
from api.tables.formats import TABLE_FORMATS
from tests.api.asking import an_api
from tests.api.norrhavn import norrhavn
from tests.api.serving import serving

PAGE = (Path(__file__).parents[2] / "docs/bi/flat-rows.md").read_text(encoding="utf-8")
EXAMPLES = re.compile(r"```(sh|python)\n(.*?)```(?:\n\n```text\n(.*?)```)?", re.DOTALL)
DEMO = "http://127.0.0.1:8000/graphql"


def test_every_table_is_told_where_it_belongs() -> None:
    facts, dimensions = PAGE.split("| dimension |")
    rows = re.compile(r"^\| (`\w+Rows`.*?) \|", re.MULTILINE)

    def told(part: str) -> list[str]:
        return [name for row in rows.findall(part) for name in re.findall(r"`(\w+)`", row)]

    assert told(facts) == [table.name for table in FACTS]
    assert told(dimensions) == [table.name for table in DIMENSIONS]


def test_every_format_is_told() -> None:
    told = re.findall(r"^\| [\w ]+ \| `(\w+/[\w./-]+)` \|", PAGE, re.MULTILINE)

    assert told == list(TABLE_FORMATS)


@pytest.mark.skipif(shutil.which("curl") is None, reason="the page's commands need curl")
def test_each_command_gives_what_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bank = norrhavn()
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}

    with serving(an_api(bank.atlas, bank.observations, registry=bank.registry).app) as address:
        given = [
            run(language, text.replace(DEMO, address), names)
            for language, text, _ in EXAMPLES.findall(PAGE)
        ]

    assert given == [shown for _, _, shown in EXAMPLES.findall(PAGE)]


def run(language: str, text: str, names: dict[str, object]) -> str:
    """Run a block of the page; later blocks of Python know the names of earlier ones."""
    if language == "sh":
        command = ["sh", "-e", "-c", text]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
        return done.stdout.replace("\r\n", "\n").removesuffix("\n") + "\n" if done.stdout else ""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(text, "flat-rows.md", "exec"), names)  # noqa: S102 - the page's own examples
    return printed.getvalue()
