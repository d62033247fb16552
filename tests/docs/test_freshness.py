"""docs/freshness.md tells all states, reasons and failures that there are; its query runs."""

import re
from pathlib import Path

import pytest

import journey_atlas_sdk
from ingest.freshness import FreshnessCode, FreshnessState, ReadMode
from ingest.on_demand import SOURCES_AT_ONCE, SOURCES_OF_A_CONNECTION_AT_ONCE
from journey_atlas_sdk import ConnectorError
from tests.api.asking import an_api
from tests.builders import a_metric, an_atlas, an_observation

PAGE = (Path(__file__).parents[2] / "docs" / "freshness.md").read_text(encoding="utf-8")
TOLD = set(re.findall(r"`([A-Z_]+)`", PAGE))
ERRORS = [
    error
    for error in vars(journey_atlas_sdk).values()
    if isinstance(error, type) and issubclass(error, ConnectorError) and error is not ConnectorError
]


@pytest.mark.parametrize("enum", [ReadMode, FreshnessState, FreshnessCode])
def test_every_mode_state_and_reason_is_told(
    enum: type[ReadMode] | type[FreshnessState] | type[FreshnessCode],
) -> None:
    assert {each.value for each in enum} <= TOLD


def test_every_failure_of_the_contract_is_told_with_whose_fault_it_is() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| `")]

    missing = [
        error.code
        for error in ERRORS
        if not any(f"`{error.code}`" in row and f"`{error.fault}`" in row for row in rows)
    ]

    assert (missing, len(ERRORS) > 5) == ([], True)


def test_the_numbers_are_those_of_the_code() -> None:
    told = f"At most {SOURCES_OF_A_CONNECTION_AT_ONCE} sources of a connection"

    assert told in PAGE
    assert f"at most {SOURCES_AT_ONCE} in all" in PAGE


async def test_its_query_is_answered() -> None:
    [document] = re.findall(r"```graphql\n(.*?)```", PAGE, re.DOTALL)
    api = an_api(an_atlas(a_metric("MT-CES")), [an_observation(5, metric="MT-CES")])

    data = await api.ask(document)

    assert data["atlas"]["metric"]["value"]["value"] == 5
