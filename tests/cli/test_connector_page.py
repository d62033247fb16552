"""`atlas connector page`: printed, or brought into a page that a person wrote."""

from pathlib import Path

import pytest

from api.cli.describing import write_page
from api.errors import CommandError
from api.settings import read_settings

SETTINGS = read_settings({})


async def test_a_page_is_printed_with_title_settings_and_metrics(
    capsys: pytest.CaptureFixture[str],
) -> None:
    await write_page(SETTINGS, "rehearsal", into=None)

    page = capsys.readouterr().out
    assert page.startswith("# Rehearsal: a source that misbehaves on purpose (`rehearsal`)\n")
    assert "\n| `behaviour` | needed | `TIMEOUT` or `SLOW` or `RESTATING` |" in page


async def test_a_page_that_is_there_keeps_its_prose(tmp_path: Path) -> None:
    page = tmp_path / "rehearsal.md"
    page.write_text("# Drills\n\nEvery second Monday.\n")

    await write_page(SETTINGS, "rehearsal", into=page)
    once = page.read_text()
    await write_page(SETTINGS, "rehearsal", into=page)

    assert once.startswith(
        "# Drills\n\nEvery second Monday.\n\n<!-- generated: facts -->\n| fact |"
    )
    assert page.read_text() == once


async def test_a_key_that_nobody_has_is_told_with_those_there_are() -> None:
    with pytest.raises(CommandError, match=r"'csvx'\. There are: .*csv, csv-http"):
        await write_page(SETTINGS, "csvx", into=None)


async def test_a_page_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"nowhere/page\.md can't be written"):
        await write_page(SETTINGS, "csv", into=tmp_path / "nowhere" / "page.md")
