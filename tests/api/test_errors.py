"""Errors: whose fault it is, and nothing that helps an attacker."""

import asyncio
import logging
from datetime import date, datetime
from itertools import count

import pytest

from api.execution.limits import Limits
from domain.errors import NotFound
from domain.view import View
from tests.api.asking import Api, an_api, codes
from tests.builders import a_goal, a_metric, an_atlas, an_objective


@pytest.fixture
def api() -> Api:
    return an_api(an_atlas(a_goal("BG1"), a_metric("MT-1"), an_objective("O1")))


@pytest.mark.parametrize(
    ("document", "message"),
    [
        pytest.param(
            '{ atlas { objective(key: "O1") { status(policy: "pace-rato") { code } } } }',
            "There is no status policy pace-rato.",
            id="a policy",
        ),
        pytest.param(
            '{ atlas { metric(key: "MT-1") { value(window: {kind: TRAILING}) { value } } } }',
            "A window has `days` with TRAILING, and only then.",
            id="a window without its days",
        ),
        pytest.param(
            '{ atlas { metric(key: "MT-1") { value(window: {kind: ALL, days: 3}) { value } } } }',
            "A window has `days` with TRAILING, and only then.",
            id="days without their window",
        ),
        pytest.param(
            '{ atlas { metric(key: "MT-1") '
            "{ value(window: {kind: TRAILING, days: 36601}) { value } } } }",
            "A window has 1 to 36600 days; 36601 were asked for.",
            id="a window too long",
        ),
        pytest.param(
            "{ atlas { goals(first: 201) { totalCount } } }",
            "`first` is from 0 to 200 nodes a page; 201 was asked for.",
            id="a page too long",
        ),
    ],
)
async def test_a_question_that_makes_no_sense_is_the_clients_fault(
    api: Api, document: str, message: str
) -> None:
    errors = await api.errors(document)

    assert codes(errors) == ["BAD_USER_INPUT"]
    assert errors[0]["message"] == message


async def test_an_error_names_what_would_be_legal(api: Api) -> None:
    [error] = await api.errors(
        """{ atlas { objective(key: "O1") {
        status(parameters: [{name: "fast", value: "1"}]) { code } } } }"""
    )

    assert error["extensions"] == {
        "code": "BAD_USER_INPUT",
        "legal": ["on_track", "at_risk", "pass_mark"],
    }


@pytest.mark.parametrize(
    "document",
    [
        pytest.param('{ atlas(cycle: "FY99") { asOf } }', id="of the atlas"),
        pytest.param(
            '{ atlas { goal(key: "BG1") { progress(cycle: "FY99") { own { value } } } } }',
            id="of a progress",
        ),
        pytest.param(
            '{ atlas { metric(key: "MT-1") { value(cycle: "FY99") { value } } } }', id="of a value"
        ),
        pytest.param('{ atlas { objectives(cycle: "FY99") { totalCount } } }', id="of a list"),
    ],
)
async def test_an_unknown_cycle_is_not_found(api: Api, document: str) -> None:
    errors = await api.errors(document)

    assert codes(errors) == ["NOT_FOUND"]
    assert errors[0]["message"] == "No cycle has the key 'FY99'; there are: FY26, Q4-26."


@pytest.mark.parametrize(
    "document",
    [
        pytest.param("{ atlus { asOf } }", id="a field"),
        pytest.param("{ atlas(asOff: 1) { asOf } }", id="an argument"),
        pytest.param("{ atlas { journeys(level: MACR) { totalCount } } }", id="an enum's value"),
        pytest.param(
            "query($level: JourneyLeve) { atlas { journeys(level: $level) { totalCount } } }",
            id="a type",
        ),
        pytest.param("{ atlas { goal(kye: 1) { key } } }", id="a required argument"),
        pytest.param("{ ...f } fragment f on Quer { __typename }", id="a fragment's type"),
        pytest.param(
            """{ atlas { metric(key: "x") { value(window: {kind: ALL, dais: 1}) { value } } } }""",
            id="an input field",
        ),
        pytest.param("{ __typename @skipp(if: true) }", id="a directive"),
    ],
)
async def test_nothing_is_suggested(api: Api, document: str) -> None:
    errors = await api.errors(document)

    assert errors
    assert not any("did you mean" in error["message"].lower() for error in errors)


async def test_nothing_is_suggested_for_a_variable(api: Api) -> None:
    errors = await api.errors(
        "query($level: JourneyLevel) { atlas { journeys(level: $level) { totalCount } } }",
        level="MACR",
    )

    assert codes(errors) == ["BAD_USER_INPUT"]
    assert "MACRO" not in errors[0]["message"]


async def test_what_a_client_sent_is_quoted_in_part_only(api: Api) -> None:
    errors = await api.errors('{ atlas(asOf: "' + "9" * 10_000 + '") { asOf } }')

    assert codes(errors) == ["GRAPHQL_VALIDATION_FAILED"]
    assert len(errors[0]["message"]) < 600


async def test_what_nobody_expected_is_masked_and_logged_under_one_reference(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def broken(**_: object) -> View:
        message = "password=hunter2"
        raise RuntimeError(message)

    api = an_api(an_atlas(), view=broken)

    with caplog.at_level(logging.ERROR):
        response = await api.post("{ atlas { asOf } }")

    assert "hunter2" not in response.text
    assert response.json() == {
        "data": {"atlas": None},
        "errors": [
            {
                "message": "Something went wrong here. Please report the reference ref-1.",
                "locations": [{"line": 1, "column": 3}],
                "path": ["atlas"],
                "extensions": {"code": "INTERNAL", "reference": "ref-1"},
            }
        ],
    }
    assert "ref-1" in caplog.text
    assert "hunter2" in caplog.text


async def test_an_organization_that_is_not_there_is_not_found() -> None:
    async def nobody(**_: object) -> View:
        message = "No organization has the key norrhavn."
        raise NotFound(message)

    errors = await an_api(an_atlas(), view=nobody).errors("{ atlas { asOf } }")

    assert codes(errors) == ["NOT_FOUND"]


async def test_an_operation_that_waits_too_long_is_cancelled() -> None:
    cancelled = asyncio.Event()

    async def slow(*, as_of: date | None = None, known_at: datetime | None = None) -> View:
        del as_of, known_at
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.set()
            raise
        raise AssertionError

    api = an_api(an_atlas(), view=slow, limits=Limits(operation_seconds=0.05))

    response = await api.post("{ atlas { asOf } }")

    assert response.json() == {
        "data": None,
        "errors": [
            {
                "message": "The answer took longer than 0.05 seconds.",
                "extensions": {"code": "DEADLINE"},
            }
        ],
    }
    assert cancelled.is_set()


async def test_an_operation_that_computes_too_long_stops_itself() -> None:
    clock = count(0, 3)
    api = an_api(an_atlas(a_goal("BG1")), monotonic=lambda: float(next(clock)))

    response = await api.post("{ atlas { goals { nodes { id parent { id } url } } } }")

    assert response.json()["data"] is None
    assert codes(response.json()["errors"]) == ["DEADLINE"]
