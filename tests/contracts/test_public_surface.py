"""The SDK's names are frozen: this list only grows, and each name is told in the docs."""

import inspect
import re
from collections.abc import Callable
from pathlib import Path

import pytest

import journey_atlas_sdk as sdk
from journey_atlas_sdk import errors, hooks
from plugins.discovery import load_plugins
from plugins.problems import ProblemCode

DOCS = Path(__file__).parents[2] / "docs"
REFERENCE = (DOCS / "plugin-authors/reference.md").read_text()
HOOKS = (DOCS / "plugin-authors/hooks.md").read_text()
BUILT_IN = load_plugins(None, distributions=[]).connectors

FROZEN = [
    "AccessDenied",
    "Aggregation",
    "AuthError",
    "Capability",
    "ConfigError",
    "Connector",
    "ConnectorBug",
    "ConnectorError",
    "ConnectorInfo",
    "Context",
    "DataError",
    "Delivery",
    "Dimensions",
    "Dirty",
    "DurationUnit",
    "Fault",
    "Grain",
    "Limit",
    "MetricSpec",
    "Observation",
    "ObservationFlag",
    "ObservationState",
    "Pending",
    "PlanLimit",
    "PullReason",
    "PullRequest",
    "QuotaExhausted",
    "RateLimited",
    "Secret",
    "Settings",
    "TransientError",
    "Unit",
    "UnitKind",
    "UnknownMetric",
    "Window",
    "days_of",
    "hookimpl",
    "parse_decimal",
    "parse_moment",
    "period_of",
    "periods",
    "quotient",
    "start_of_day",
]

ERRORS = [
    member
    for _, member in inspect.getmembers(errors, inspect.isclass)
    if issubclass(member, errors.ConnectorError)
]


def test_the_public_names_are_the_frozen_ones() -> None:
    assert sdk.__all__ == FROZEN


def test_every_public_name_can_be_imported_from_the_package() -> None:
    assert [name for name in FROZEN if not hasattr(sdk, name)] == []


@pytest.mark.parametrize("name", FROZEN)
def test_every_public_name_is_in_the_reference(name: str) -> None:
    assert f"`{name}`" in REFERENCE


@pytest.mark.parametrize("name", FROZEN)
def test_every_public_class_and_function_says_what_it_is(name: str) -> None:
    member = getattr(sdk, name)
    if inspect.isclass(member) or inspect.isfunction(member):
        assert inspect.getdoc(member)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.__name__)
def test_every_error_is_documented_with_its_code(error: type[sdk.ConnectorError]) -> None:
    assert f"| `{error.__name__}` | `{error.code}` |" in REFERENCE


def test_no_two_errors_share_a_code() -> None:
    codes = [error.code for error in ERRORS]

    assert len(set(codes)) == len(codes)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.__name__)
def test_every_error_stands_in_the_tree_of_its_module(error: type[sdk.ConnectorError]) -> None:
    assert re.search(rf"\b{error.__name__}\b", errors.__doc__ or "")


def written(name: str, hook: Callable[..., object]) -> str:
    """Write a hook as it is called."""
    return f"{name}({', '.join(inspect.signature(hook).parameters)})"


def test_every_hook_is_documented_and_tells_what_it_gives() -> None:
    found = {
        name: member
        for name, member in inspect.getmembers(hooks, inspect.isfunction)
        if hasattr(member, f"{hooks.PROJECT}_spec")
    }

    assert list(found) == [
        "atlas_connectors",
        "atlas_http_transport",
        "atlas_observation_accepted",
        "atlas_pull_failed",
    ]
    assert [name for name, hook in found.items() if f"`{written(name, hook)}`" not in HOOKS] == []
    assert all(member.__doc__ for member in found.values())


@pytest.mark.parametrize("code", ProblemCode)
def test_every_reason_for_quarantine_is_documented(code: ProblemCode) -> None:
    assert f"`{code}`" in HOOKS


@pytest.mark.parametrize(
    "info", [found.info for found in BUILT_IN.values()], ids=lambda info: info.key
)
def test_every_setting_of_a_built_in_connector_is_documented(info: sdk.ConnectorInfo) -> None:
    page = (DOCS.parent / (info.documentation or "")).read_text()

    assert [name for name in info.settings.model_fields if f"`{name}`" not in page] == []
