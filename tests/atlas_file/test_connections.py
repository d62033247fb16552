"""Settings of connections are held against their connectors, where those are there."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from api.atlas_file.connections import settings_check
from api.atlas_file.importing import import_atlas_file
from api.atlas_file.problems import FileProblem, InvalidAtlasFile
from journey_atlas_sdk import (
    Connector,
    ConnectorInfo,
    Context,
    Observation,
    PullRequest,
    Secret,
    Settings,
)
from plugins.registry import RegisteredConnector, Registry
from tests.atlas_file.files import FIRST, HEADER, ids
from tests.fakes import FakeAtlases


class SurveySettings(Settings):
    url: str
    token: Secret | None = None


class Surveys(Connector[SurveySettings]):
    info = ConnectorInfo(key="surveys", title="Surveys", version="1", settings=SurveySettings)

    def pull(self, request: PullRequest, context: Context) -> Iterable[Observation]:
        raise NotImplementedError


REGISTRY = Registry(
    {"surveys": RegisteredConnector(connector=Surveys, plugin="surveys", origin="built-in")}
)


async def refused(body: str, folder: Path, atlases: FakeAtlases) -> list[FileProblem]:
    path = folder / "atlas.yaml"
    path.write_text(HEADER + body)
    try:
        await import_atlas_file(
            path, atlases, now=FIRST, new_id=ids(), check_connection=settings_check(REGISTRY)
        )
    except InvalidAtlasFile as invalid:
        return list(invalid.problems)
    return []


@pytest.mark.parametrize(
    ("settings", "column", "message"),
    [
        pytest.param("settings: {ulr: x}", 64, "ulr: Extra inputs", id="an unknown one"),
        pytest.param("settings: {}", 64, "url: Field required", id="one that is missing"),
        pytest.param("description: d", 15, "url: Field required", id="none"),
        pytest.param(
            "settings: {url: x, token: hush}", 64, "'token' is a secret: write {env:", id="a secret"
        ),
    ],
)
async def test_settings_that_do_not_fit_are_told_with_their_place(
    settings: str, column: int, message: str, tmp_path: Path
) -> None:
    body = f"connections: [{{key: c, title: c, connector: surveys, {settings}}}]"

    (problem,) = await refused(body, tmp_path, FakeAtlases())

    assert (problem.line, problem.column) == (3, column)
    assert message in problem.message
    assert "hush" not in problem.message


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param("connector: surveys, settings: {url: x}", id="all that is needed"),
        pytest.param(
            "connector: surveys, settings: {url: x, token: {env: NOT_SET_ANYWHERE}}", id="a secret"
        ),
        pytest.param("connector: not-installed-yet, settings: {any: 1}", id="another connector"),
    ],
)
async def test_settings_that_fit_or_that_nobody_can_judge_are_taken(
    fields: str, tmp_path: Path
) -> None:
    atlases = FakeAtlases()

    problems = await refused(f"connections: [{{key: c, title: c, {fields}}}]", tmp_path, atlases)

    assert problems == []
    assert len(atlases.applied) == 1


async def test_given_settings_are_judged_by_the_stored_connector(tmp_path: Path) -> None:
    atlases = FakeAtlases()
    stored = "connections: [{key: c, title: c, connector: surveys, settings: {url: x}}]"
    await refused(stored, tmp_path, atlases)

    problems = await refused("connections: [{key: c, settings: {url: 1}}]", tmp_path, atlases)

    assert [problem.place for problem in problems] == ["connections[0].settings"]


async def test_settings_come_with_all_other_mistakes(tmp_path: Path) -> None:
    body = """\
connections:
  - {key: c, title: 1, connector: surveys}
  - {key: d, title: d, connector: surveys}
teams: [{key: T, title: T, parent: NOBODY}]
"""

    problems = await refused(body, tmp_path, FakeAtlases())

    assert [problem.place for problem in problems] == [
        "connections[0].title",  # its settings wait
        "connections[1]",
        "teams[0].parent",
    ]
