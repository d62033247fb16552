"""`atlas connector new`: what it writes is complete, green, typed, and nobody else's."""

import subprocess
import sys
from pathlib import Path

import pytest

from api.cli.beginning import new_connector
from api.errors import CommandError
from api.settings import read_settings
from plugins.discovery import load_plugins

ROOT = Path(__file__).parents[2]
SETTINGS = read_settings({})
KINDS = {"survey-tool": True, "shop-files": False}
"""Whether the source is asked over HTTP, by the name of the connector."""


@pytest.fixture
def somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which an author stands."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*program: str, folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-B", "-m", *program],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def files_in(folder: Path) -> list[Path]:
    return [each for each in folder.rglob("*") if each.is_file()]


@pytest.mark.parametrize("name", KINDS)
async def test_a_new_connector_is_green_at_once_with_the_kit(somewhere: Path, name: str) -> None:
    await new_connector(SETTINGS, name, http=KINDS[name])

    said = run("pytest", "-q", "-p", "no:cacheprovider", folder=somewhere / name)

    assert " passed" in said
    assert "warning" not in said


@pytest.mark.parametrize("name", KINDS)
async def test_a_new_connector_loads_as_it_is_under_its_own_name(
    somewhere: Path, name: str
) -> None:
    await new_connector(SETTINGS, name, http=KINDS[name])

    found = load_plugins(somewhere / name, distributions=[])

    assert found.problems == ()
    assert name in found.connectors
    assert [each for each in files_in(somewhere) if "acme" in each.read_text().lower()] == []


async def test_new_connectors_are_linted_and_typed(somewhere: Path) -> None:
    config = str(ROOT / "pyproject.toml")
    for name, http in KINDS.items():
        await new_connector(SETTINGS, name, http=http)
        # The rest of the house's rules is looked at in examples/, where it was copied from.
        run("ruff", "check", "--select", "F,I", "--config", config, folder=somewhere / name)
        run("ruff", "format", "--check", "--config", config, folder=somewhere / name)
    typed = ("--config-file", config, "--cache-dir", str(ROOT / ".mypy_cache"))
    sources = [str(each) for each in files_in(somewhere) if each.suffix == ".py"]

    run("mypy", *typed, *sources, folder=somewhere)


async def test_the_author_is_told_what_to_do_next(
    somewhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await new_connector(SETTINGS, "survey-tool", http=True)

    said = capsys.readouterr().out
    assert said.startswith(f"survey-tool holds a connector that works: {len(files_in(somewhere))} ")
    assert "\n  cd survey-tool\n  pytest " in said
    assert "survey_tool.py" in said


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Survey", "lower case letters, digits and single -, got 'Survey'"),
        ("survey--tool", "got 'survey--tool'"),
        ("../survey", r"got '\.\./survey'"),
        ("csv-http", "There is a connector 'csv-http' already"),
        ("json", "Python has a module 'json' already: choose a name such as acme-json"),
        ("storage", "Python has a module 'storage' already"),
        ("my-folder", "my-folder is there already: choose another name, or move it away"),
    ],
)
async def test_a_name_that_cannot_be_taken_is_refused_and_nothing_is_touched(
    somewhere: Path, name: str, message: str
) -> None:
    (somewhere / "my-folder").mkdir()

    with pytest.raises(CommandError, match=message):
        await new_connector(SETTINGS, name, http=True)

    assert files_in(somewhere) == []


@pytest.mark.usefixtures("somewhere")
async def test_a_folder_that_cannot_be_written_to_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuses)

    with pytest.raises(CommandError, match=r"survey-tool can't be written: Permission denied\."):
        await new_connector(SETTINGS, "survey-tool", http=True)
