"""What the format refuses: every mistake at once, each with its place and what is legal."""

from textwrap import dedent

import pytest

from api.atlas_file.format import FORMAT
from tests.atlas_file.files import HEADER, format_problems, places


@pytest.mark.parametrize(
    ("body", "line", "column", "message"),
    [
        pytest.param(
            "goals: [{key: G, titel: x}]", 3, 18, "no field titel here (did you mean title?)",
            id="an unknown field",
        ),
        pytest.param("targets: []", 3, 1, "no field targets", id="an unknown section"),
        pytest.param("goals: [{title: x}]", 3, 9, "field key is missing", id="no key"),
        pytest.param("goals: [{key: 12}]", 3, 15, "put it in quotes", id="a number as key"),
        pytest.param("goals: [{key: a b}]", 3, 15, "is no key", id="a key with a space"),
        pytest.param("goals: [{key: G, title: true}]", 3, 25, "Text is wanted", id="no text"),
        pytest.param(
            "goals: [{key: G, kind: BUISNESS}]", 3, 24, "did you mean BUSINESS?", id="no such kind"
        ),
        pytest.param("goals: [{key: G, served_by: MJ1}]", 3, 29, "A list is wanted", id="no list"),
        pytest.param("goals: {key: G}", 3, 8, "A list is wanted", id="a group for a list"),
        pytest.param("goals: [G]", 3, 9, "A group of fields is wanted", id="text for a group"),
        pytest.param(
            "cycles: [{key: C, start: 2026-02-30}]", 3, 26, "A day such as", id="no day"
        ),
        pytest.param(
            'objectives: [{key: O, confidence: "0.5"}]', 3, 35, "leave the quotes out",
            id="a quoted number",
        ),
        pytest.param(
            "journeys: [{key: J, steps: [{key: S, emotion: 1.5}]}]", 3, 47, "A whole number",
            id="no whole number",
        ),
        pytest.param(
            "goals: [{key: G, archived: yes}]", 3, 28, "true or false is wanted", id="yes"
        ),
        pytest.param(
            "metrics: [{key: M, unit: PERCENTAGE}]", 3, 26, "legal are PERCENT, RATIO",
            id="no such unit",
        ),
        pytest.param(
            "metrics: [{key: M, window: {kind: ALL, trailing_days: 3}}]", 3, 28,
            "A window is CYCLE, ALL or {trailing_days: n}", id="two windows",
        ),
        pytest.param(
            "objectives: [{key: O, key_results: [{key: K, by_how_much: {to: 3, by_amount: 1}}]}]",
            3, 59, "here to and by_amount is given", id="two ways at once",
        ),
        pytest.param(
            "objectives: [{key: O, key_results: [{key: K, by_how_much: {}}]}]", 3, 59,
            "here nothing is given", id="no way at all",
        ),
        pytest.param(
            "objectives: [{key: O, manual_progress: {value: 1, at: 2026-01-01, reason: x}}]", 3, 55,
            "A time with offset", id="a time without offset",
        ),
        pytest.param(
            "goals: [{key: G, custom_fields: {a: [1]}}]", 3, 37, "Text is wanted",
            id="a list inside",
        ),
        pytest.param(f"goals: [{{key: G, title: {'x' * 501}}}]", 3, 25, "at most 500", id="long"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place(body: str, line: int, column: int, message: str) -> None:
    (problem,) = format_problems(HEADER + body)

    assert (problem.line, problem.column) == (line, column)
    assert message in problem.message


def test_all_mistakes_come_at_once_in_the_order_of_the_file() -> None:
    body = """\
    metrics:
      - {key: M, better: UP}
    goals:
      - {key: G, kind: X, kind: BUSINESS}
      - {title: No key}
    """

    problems = format_problems(HEADER + dedent(body))

    assert places(problems) == [
        (4, 22, "metrics[0].better"),
        (6, 23, "goals[0].kind"),
        (7, 5, "goals[1]"),
    ]


def test_legal_values_stand_apart_from_the_message() -> None:
    (problem,) = format_problems(HEADER + "metrics: [{key: M, better: UP}]")

    assert problem.legal == ("HIGHER", "LOWER", "NEITHER")


def test_a_value_that_was_refused_is_not_refused_twice() -> None:
    (problem,) = format_problems(HEADER + "goals: [{key: *G}]")

    assert "Aliases" in problem.message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("format: journey-atlas/2\nnew: [1]", "journey-atlas/2", id="a later one"),
        pytest.param("format: 1", "version 1 ", id="a number"),
    ],
)
def test_another_version_is_refused_before_anything_else(text: str, message: str) -> None:
    (problem,) = format_problems(text)

    assert (problem.line, problem.column) == (1, 9)
    assert message in problem.message
    assert problem.legal == (FORMAT,)


def test_a_file_names_its_version_and_organization() -> None:
    problems = format_problems("goals: []")

    assert [problem.message for problem in problems] == [
        "The field format is missing here.",
        "The field organization is missing here.",
    ]


@pytest.mark.parametrize("text", ["", "- a list", "text"])
def test_a_file_that_is_no_group_of_fields_is_refused(text: str) -> None:
    (problem,) = format_problems(text)

    assert "begins with its version" in problem.message
