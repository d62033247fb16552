"""The table of settings is the one in the code."""

import re
from pathlib import Path

import pytest

from api.errors import SettingsError
from api.settings import DEMO_CLOCK, Settings, foreign_variables, read_settings

PAGE = Path(__file__).parents[2] / "docs" / "operators" / "settings.md"


def test_the_table_has_every_setting_with_its_description_and_default() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.*?) ?\| (.*) \|$", PAGE.read_text(), re.MULTILINE)

    documented = {name: (default, told) for name, default, told in rows}

    assert documented == {
        field.alias: (written_default(name), field.description)
        for name, field in Settings.model_fields.items()
    }


def test_a_flag_beats_the_environment_and_that_the_default() -> None:
    environment = {"ATLAS_PORT": "9000", "ATLAS_HOST": "::1"}

    settings = read_settings(environment, port=9001, host=None)

    assert (settings.port, settings.host, settings.log_level) == (9001, "::1", "info")


def test_a_demo_stands_still_unless_it_is_told_otherwise() -> None:
    assert read_settings({}, demo=True).clock == DEMO_CLOCK
    assert read_settings({}, demo=True, clock="now").clock is None
    assert read_settings({"ATLAS_CLOCK": "now"}, demo=True).clock is None
    assert read_settings({}).clock is None


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        pytest.param({"ATLAS_PORT": "http"}, "ATLAS_PORT", id="a word as a port"),
        pytest.param({"ATLAS_CLOCK": "2026-11-22T12:00"}, "offset", id="a clock without a zone"),
        pytest.param({"ATLAS_LOG_LEVEL": "loud"}, "ATLAS_LOG_LEVEL", id="an unknown level"),
        pytest.param({"ATLAS_HOMES": "x"}, "ATLAS_HOME", id="a misspelt name, told the right one"),
    ],
)
def test_a_wrong_setting_is_named(environment: dict[str, str], told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        read_settings(environment)


def test_a_key_that_is_given_shows_itself_to_nobody() -> None:
    settings = read_settings({"ATLAS_SECRET_KEY": "canary", "ATLAS_SECRET_VARIABLES": "A, B_*"})

    assert "canary" not in repr(settings)
    assert settings.secret_variables == ("A", "B_*")


def test_no_connection_can_read_our_own_settings() -> None:
    environment = {"DATABASE_URL": "x", "ATLAS_SECRET_KEY": "y", "CRM_TOKEN": "z"}

    assert foreign_variables(environment) == {"CRM_TOKEN": "z"}


def written_default(name: str) -> str:
    if name == "home":
        return "`.atlas/` of a clone, else the user's data folder"
    if name == "clock":
        return "now"
    default = Settings.model_fields[name].default
    return {None: "", (): "", False: "no", True: "yes"}.get(default, str(default))
