"""The commands of `atlas`: what they say, and the exit codes they end with."""

import json
from pathlib import Path

import pytest

from tests.acceptance.product import SAMPLE, atlas, atlas_json

SMALL = """
format: journey-atlas/1
organization: {key: small, title: Small}
goals:
  - {key: G1, title: A goal, kind: BUSINESS, scope: ORGANIZATION}
"""


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
    ],
)
def test_a_failure_says_what_to_do_and_ends_with_its_code(
    home: Path, arguments: list[str], settings: dict[str, str], code: int, told: str
) -> None:
    done = atlas(home, *arguments, fails=True, settings=settings)

    assert done.returncode == code
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
