"""Connectors are found by key and opened with checked settings."""

from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

import pytest

from connectors.csv_file import CsvFiles, CsvSettings
from journey_atlas_sdk import (
    AuthError,
    ConfigError,
    Connector,
    ConnectorBug,
    ConnectorInfo,
    Context,
    Observation,
    PullRequest,
    Settings,
)
from journey_atlas_sdk.hosting.apart.children import Children
from journey_atlas_sdk.hosting.apart.connector import Apart
from plugins.problems import PluginProblem, ProblemCode
from plugins.registry import AnyConnector, RegisteredConnector, Registry

BROKEN = PluginProblem(
    name="canteen.py", origin="file /plugins/canteen.py", code=ProblemCode.NO_HOOK, reason="None."
)


class Grumpy(Connector[Settings]):
    info = ConnectorInfo(key="grumpy", title="Grumpy", version="1")
    mood: ClassVar[Exception] = RuntimeError("no")

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        raise self.mood

    def pull(self, request: PullRequest, context: Context) -> Iterable[Observation]:
        raise NotImplementedError


def a_registry(
    *connectors: type[AnyConnector], problems: tuple[PluginProblem, ...] = ()
) -> Registry:
    return Registry(
        {
            connector.info.key: RegisteredConnector(
                connector=connector, plugin="tests", origin="built-in"
            )
            for connector in connectors
        },
        problems,
    )


def test_a_connector_is_opened_with_its_settings(tmp_path: Path) -> None:
    opened = a_registry(CsvFiles).open("csv", {"folder": str(tmp_path)})

    assert isinstance(opened, CsvFiles)
    assert opened.settings == CsvSettings(folder=tmp_path)


@pytest.mark.parametrize("keys", [["csv"], ["*"]])
def test_a_connector_that_an_operator_names_runs_apart(keys: list[str]) -> None:
    children = Children()
    registry = a_registry(CsvFiles, Grumpy).with_apart(keys, children)

    opened = registry.open("csv", {"folder": "/data"})

    assert isinstance(opened, Apart)
    assert opened.info is CsvFiles.info
    assert registry.connectors["grumpy"].children is (children if keys == ["*"] else None)
    with pytest.raises(ConfigError, match="folder"):
        registry.open("csv", {})


def test_whoever_names_a_connector_that_is_not_there_is_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    a_registry(CsvFiles).with_apart(["csv", "cvs"], Children())

    [record] = caplog.records
    assert record.message.startswith("cvs can't run apart: No connector has the key 'cvs'.")


def test_settings_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ConfigError, match="colour: Extra inputs"):
        a_registry(CsvFiles).open("csv", {"folder": "/data", "colour": "red"})


def test_an_unknown_connector_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"'canteen'\. There are: csv\.$"):
        a_registry(CsvFiles).get("canteen")


def test_an_unknown_connector_may_sit_in_quarantine() -> None:
    with pytest.raises(ConfigError, match=r"There are: none\. In quarantine: canteen\.py \("):
        a_registry(problems=(BROKEN,)).open("canteen", {})


def test_a_constructor_that_breaks_is_the_plugins_bug() -> None:
    with pytest.raises(ConnectorBug) as caught:
        a_registry(Grumpy).open("grumpy", {})

    assert caught.value.message == "The connector 'grumpy' failed on its settings."
    # Not what the error says: that may hold a secret.
    assert caught.value.detail is not None
    assert caught.value.detail.startswith(f"RuntimeError at {__file__}:")


def test_a_constructor_may_refuse_in_the_contracts_own_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Grumpy, "mood", AuthError("The key has expired."))

    with pytest.raises(AuthError, match="expired"):
        a_registry(Grumpy).open("grumpy", {})
