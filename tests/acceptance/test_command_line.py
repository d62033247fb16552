"""The commands of `atlas`: what they say, and the exit codes they end with."""

import json
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Protocol

import pytest

from api.cli.main import main
from tests.acceptance.product import NONE, ROOT, SAMPLE, atlas, atlas_json, environment

PAGE = ROOT / "docs" / "operators" / "command-line.md"
PICTURE = ROOT / "docs" / "pictures" / "atlas-tree.svg"

SMALL = """
format: journey-atlas/1
organization: {key: small, title: Small}
goals:
  - {key: G1, title: A goal, kind: BUSINESS, scope: ORGANIZATION}
"""


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: object
    stderr: str


class Here(Protocol):
    """Runs `atlas …` in this process, which has loaded already what a new one would load."""

    def __call__(
        self, home: Path, /, *arguments: str, settings: Mapping[str, str] = NONE
    ) -> Ended: ...


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Here:
    def run(home: Path, /, *arguments: str, settings: Mapping[str, str] = NONE) -> Ended:
        with monkeypatch.context() as patched:
            patched.setattr(os, "environ", environment(home, settings))
            patched.setattr(sys, "argv", ["atlas", *arguments])
            with pytest.raises(SystemExit) as ended:
                main()
        return Ended(ended.value.code, capfd.readouterr().err)

    return run


@pytest.fixture
def home(tmp_path: Path) -> Path:
    tmp_path.chmod(0o755)
    return tmp_path


def test_an_import_reports_what_it_did_and_changes_nothing_the_second_time(home: Path) -> None:
    first = atlas_json(home, "import", str(SAMPLE), "--json")
    second = atlas_json(home, "import", str(SAMPLE), "--json")

    assert first["organization"] == "CREATED"
    assert first["created"]["OBJECTIVE"] == 9
    assert second["created"] == second["updated"] == {}
    assert second["unchanged"] == first["created"]
    assert second["revision"] == first["revision"]


def test_a_dry_run_reports_and_writes_nothing(home: Path) -> None:
    (home / "small.yaml").write_text(SMALL)

    rehearsed = atlas_json(home, "import", str(home / "small.yaml"), "--dry-run", "--json")
    imported = atlas_json(home, "import", str(home / "small.yaml"), "--json")

    assert rehearsed["created"] == imported["created"] == {"GOAL": 1}


def test_a_file_with_mistakes_is_refused_with_all_of_them_and_their_places(home: Path) -> None:
    wrong = SMALL.replace("BUSINESS", "BUSYNESS") + "  - {key: G1, title: Twice}\n"
    (home / "wrong.yaml").write_text(wrong)

    refused = atlas(home, "import", str(home / "wrong.yaml"), fails=True)
    as_json = atlas_json(home, "import", str(home / "wrong.yaml"), "--json", fails=True)

    assert refused.returncode == 1
    assert "wrong.yaml:5:" in refused.stderr
    assert "BUSINESS, CUSTOMER" in refused.stderr
    assert "Nothing was written" in refused.stderr
    assert as_json["error"]["problems"][0]["line"] == 5
    assert len(as_json["error"]["problems"]) > 1


@pytest.mark.parametrize(
    ("arguments", "settings", "code", "told"),
    [
        pytest.param(
            ["serve"], {"ATLAS_PORT": "99999"}, 2, "ATLAS_PORT", id="a port that can't be"
        ),
        pytest.param(["serve"], {"ATLAS_PROT": "1"}, 2, "no such setting", id="a misspelt setting"),
        pytest.param(["sync"], {}, 1, "atlas import FILE", id="nothing imported yet"),
        pytest.param(["import", "missing.yaml"], {}, 1, "can't be read", id="no such file"),
        pytest.param(
            ["db", "upgrade"], {"DATABASE_URL": "mysql://x/y"}, 3, "mysql", id="no PostgreSQL"
        ),
        pytest.param(
            ["db", "upgrade"],
            {"DATABASE_URL": "postgresql://nobody@127.0.0.1:9/x"},
            3,
            "database",
            id="no server at the address",
        ),
        pytest.param(
            ["query", str(SAMPLE), "--url", "http://127.0.0.1:9/graphql"],
            {},
            4,
            "can't be reached",
            id="no GraphQL server at the address",
        ),
        pytest.param(["nonsense"], {}, 2, "No such command", id="no such command"),
        pytest.param(["sync", "--since", "May"], {}, 2, "--since wants a day", id="no day"),
        pytest.param(["tree", "--as-of", "2026-13-01"], {}, 2, "--as-of wants", id="no such day"),
        pytest.param(["tree", "--depth", "0"], {}, 2, "depth", id="a depth without levels"),
        pytest.param(["query", str(SAMPLE), "--variables", "{"], {}, 2, "no JSON", id="no JSON"),
        pytest.param(["query", "missing.graphql"], {}, 1, "can't be read", id="no such document"),
        pytest.param(["explain", "O1"], {}, 1, "atlas import FILE", id="nothing to explain yet"),
    ],
)
def test_a_failure_says_what_to_do_and_ends_with_its_code(
    here: Here, home: Path, arguments: list[str], settings: dict[str, str], code: int, told: str
) -> None:
    done = here(home, *arguments, settings=settings)

    assert done.code == code
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_a_failure_is_json_where_json_was_asked_for(home: Path) -> None:
    done = atlas(home, "sync", "--json", fails=True)

    assert json.loads(done.stdout)["error"]["code"] == "NOT_FOUND"


def test_the_database_is_upgraded_once(home: Path) -> None:
    first = atlas_json(home, "db", "upgrade", "--json")
    second = atlas_json(home, "db", "upgrade", "--json")

    assert first["changed"]
    assert not second["changed"]
    assert second["after"] == first["after"]


def test_without_an_atlas_a_query_is_answered_by_the_sample_and_says_so(home: Path) -> None:
    (home / "title.graphql").write_text('{ atlas { goal(key: "BG1") { key } } }')

    done = atlas(home, "query", str(home / "title.graphql"))

    assert json.loads(done.stdout) == {"data": {"atlas": {"goal": {"key": "BG1"}}}}
    assert "sample atlas answers" in done.stderr


@pytest.fixture(scope="module")
def demo_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a home whose demo was started once; each test only reads it."""
    made = tmp_path_factory.mktemp("demo")
    made.chmod(0o755)
    atlas(made, "tree", "--demo", "--depth", "1")
    return made


def stripped(text: str) -> list[str]:
    return [line.rstrip() for line in text.splitlines()]


def test_the_tree_shows_every_objective_of_the_active_cycles_with_its_status(
    demo_home: Path,
) -> None:
    rows = atlas_json(demo_home, "tree", "--demo", "--json")["nodes"]

    statuses = {row["key"]: row["status"]["code"] for row in rows if row["kind"] == "OBJECTIVE"}
    assert statuses == {
        "O1": "OFF_TRACK",
        "O2": "OFF_TRACK",
        "O3": "ON_TRACK",
        "O4": "ON_TRACK",
        "O5": "AT_RISK",
        "O7": "NO_DATA",
        "O10": "AT_RISK",
        "O11": "AT_RISK",
    }


def test_the_tree_of_a_goal_in_a_closed_cycle_and_on_an_earlier_day(demo_home: Path) -> None:
    start = ("tree", "--demo", "--goal", "OP1", "--json")

    closed = atlas_json(demo_home, *start, "--cycle", "Q3-26")
    earlier = atlas_json(demo_home, *start, "--as-of", "2026-10-01")

    assert [row["key"] for row in closed["nodes"]] == ["OP1", "O8", "S6"]
    # Pre-approval completion, 36 → 42, was 40.2 at the end of the quarter: 0.7
    assert closed["nodes"][1]["progress"]["value"] == 0.7
    assert earlier["asOf"] == "2026-10-01"
    # The quarter's first day expects nothing yet.
    assert earlier["nodes"][1]["status"]["expected"] == 0


def test_a_pipe_gets_one_plain_line_a_node_and_no_bar(demo_home: Path) -> None:
    done = atlas(demo_home, "tree", "--demo")
    synced = atlas(demo_home, "sync", "csv", "--demo")

    assert "\x1b" not in done.stdout + done.stderr + synced.stdout + synced.stderr
    assert "journey MJ1 Securing a mortgage" in done.stdout
    assert synced.stderr == ""


def test_the_picture_in_the_docs_shows_what_the_command_prints(demo_home: Path) -> None:
    printed = atlas(demo_home, "tree", "--demo").stdout

    assert words_of_picture() == "".join(printed.split())


def words_of_picture() -> str:
    """Read the lines in the picture's frame, without any space."""
    drawn = re.findall(r"<text [^>]*clip-path[^>]*>(.*?)</text>", PICTURE.read_text())
    return "".join(unescape("".join(drawn)).split())


def test_the_explanation_in_the_docs_is_what_the_command_prints(demo_home: Path) -> None:
    example = re.search(r"```text\n\$ atlas (.*?)\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert example is not None

    done = atlas(demo_home, *example[1].split())

    assert stripped(done.stdout) == stripped(example[2])


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        pytest.param(["explain", "o3"], "Did you mean", id="a key in small letters"),
        pytest.param(["explain", "FY26"], "has no number", id="a cycle"),
        pytest.param(
            ["explain", "O3", "--policy", "gut"], "pace-ratio, pace-gap", id="no such policy"
        ),
        pytest.param(["explain", "BG1", "--cycle", "FY30"], "there are: FY26", id="no such cycle"),
        pytest.param(["tree", "--key", "MT-TRUST"], "starts at a goal", id="a tree of a metric"),
    ],
)
def test_what_cannot_be_shown_is_refused_with_what_can(
    here: Here, demo_home: Path, arguments: list[str], told: str
) -> None:
    done = here(demo_home, *arguments, "--demo")

    assert done.code == 1
    assert told in done.stderr
