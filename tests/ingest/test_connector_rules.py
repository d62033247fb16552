"""Which files of the server a connection may name that is made through the API."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from domain.errors import InvalidRecord
from domain.secret import SecretValue
from ingest.connector_rules import ConnectorRules
from ingest.sealing import Sealer
from journey_atlas_sdk import Connector, ConnectorInfo, Context, PullRequest, Settings
from plugins.discovery import load_plugins
from plugins.registry import RegisteredConnector, Registry
from tests.builders import NOW, a_connection


class Place(Settings):
    at: Path


class ManySettings(Settings):
    places: list[Place]


class Many(Connector[ManySettings]):
    info = ConnectorInfo(key="many", title="Many", version="1", settings=ManySettings)

    def pull(self, request: PullRequest, context: Context) -> list[object]:  # type: ignore[override]  # nobody pulls it
        del request, context
        return []


@pytest.fixture
def rules(tmp_path: Path) -> ConnectorRules:
    many = RegisteredConnector(connector=Many, plugin="p", origin="here")
    registry = Registry({**load_plugins(None).connectors, "many": many})
    return ConnectorRules(registry=registry, sealer=Sealer(list), folder=tmp_path / "open")


def refused(
    rules: ConnectorRules, connector: str, settings: Mapping[str, object], **before: object
) -> list[tuple[str | int, ...]]:
    connection = a_connection("files", connector=connector, settings=settings)
    problems = list(rules.problems(connection, {}, before=before))
    assert all(isinstance(problem, InvalidRecord) for problem in problems)
    return [problem.path for problem in problems]


def test_files_in_the_open_folder_may_be_named_and_no_others(
    rules: ConnectorRules, tmp_path: Path
) -> None:
    folder = tmp_path / "open"
    folder.mkdir()
    (folder / "link.csv").symlink_to("/etc/passwd")
    here, up = f"{folder}/survey.csv", f"{folder}/../secret.key"

    assert refused(rules, "csv", {"file": here}) == []
    assert refused(rules, "csv", {"folder": f"{folder}"}) == []
    for file in ("/etc/passwd", "/proc/self/environ", up, f"{folder}/link.csv"):
        assert refused(rules, "csv", {"file": file}) == [("settings", "file")]
        assert refused(rules, "many", {"places": [{"at": here}, {"at": file}]}) == [
            ("settings", "places")
        ]


def test_where_no_folder_is_open_no_file_may_be_named(rules: ConnectorRules) -> None:
    closed = replace(rules, folder=None)

    assert refused(closed, "csv", {"file": "/data/survey.csv"}) == [("settings", "file")]


def test_a_file_that_a_connection_names_already_stays(rules: ConnectorRules) -> None:
    kept = {"file": "/data/survey.csv"}

    assert refused(rules, "csv", {**kept, "delimiter": ";"}, **kept) == []


@pytest.mark.parametrize("engine", ["sqlite", "duckdb", "sqlite+pysqlite"])
def test_a_databases_file_is_one_too(rules: ConnectorRules, tmp_path: Path, engine: str) -> None:
    settings = {"queries": {"m": "SELECT 1 AS value, 2 AS period_start"}}
    stored = {"url": NOW}
    connection = a_connection("files", connector="sql", settings=settings, secrets=stored)

    def refused_at(url: str) -> list[tuple[str | int, ...]]:
        given = {"url": SecretValue(url)}
        return [each.path for each in rules.problems(connection, given, before=settings)]

    assert refused_at(f"{engine}:////var/lib/secret.db") == [("secrets", "url")]
    assert refused_at(f"{engine}:///{tmp_path}/open/../other.db") == [("secrets", "url")]
    assert refused_at(f"{engine}:///{tmp_path}/open/bank.db") == []
    assert refused_at("postgresql://reader@db.example/bank") == []
