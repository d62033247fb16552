"""What the atlas's law refuses in a well-formed file, with the place of each offence."""

import pytest

from tests.atlas_file.files import Bank, places

CYCLE = "cycles: [{key: Q4, title: Q4, start: 2026-10-01, end: 2026-12-31}]\n"
METRIC = "metrics: [{key: M, title: M, unit: SCORE, better: HIGHER}]\n"
GOALS = """\
goals:
  - {key: A, title: A, kind: BUSINESS, scope: ORGANIZATION}
  - {key: B, title: B, kind: BUSINESS, scope: ORGANIZATION, parent: A}
"""


def a_key_result(fields: str) -> str:
    """Lines 3 and 4 are cycle and metric; the key result's fields begin in column 9 of line 9."""
    return (
        f"{CYCLE}{METRIC}"
        "objectives:\n  - key: O\n    title: O\n    cycle: Q4\n    key_results:\n"
        f"      - {{key: K, does_what: rise, {fields}}}\n"
    )


@pytest.mark.parametrize(
    ("body", "line", "column", "message"),
    [
        pytest.param(
            "goals: [{key: G, title: G, kind: BUSINESS, scope: JOURNEY, owner: care}]",
            3, 67, "No TEAM has the key care", id="an unknown key",
        ),
        pytest.param(
            "teams: [{key: T, title: T}]\nmembers: [{key: P, title: P, team: P}]",
            4, 36, "P is a MEMBER; here a TEAM is wanted", id="a key of another kind",
        ),
        pytest.param(
            "teams: [{key: X, title: X}]\npersonas: [{key: X, title: X}]",
            4, 18, "The key X names a TEAM already", id="one key for two things",
        ),
        pytest.param(
            "personas: [{key: P, title: P}]\n"
            "journeys: [{key: J, title: J, level: MACRO, personas: [P, P]}]",
            4, 59, "P is listed twice", id="a persona listed twice",
        ),
        pytest.param("goals: [{key: G}]", 3, 9, "A new GOAL needs title, kind", id="no title"),
        pytest.param(
            "teams: [{key: T, title: ~}]", 3, 25, "needs title; it can't be empty", id="nothing"
        ),
        pytest.param("teams: [{key: T, title: '  '}]", 3, 25, "can't be blank", id="a blank title"),
        pytest.param(
            GOALS + "opportunities: [{key: P, title: P, change: c, improves: [A]}]",
            6, 58, "A is a GOAL: OPPORTUNITY IMPROVES GOAL is not a legal link", id="no legal link",
        ),
        pytest.param(
            GOALS + "  - {key: C, title: C, kind: BUSINESS, scope: ORGANIZATION, parent: C}",
            6, 69, "HAS_SUB_GOAL would close a circle: C → C", id="a goal below itself",
        ),
        pytest.param(
            "journeys:\n"
            "  - {key: J, title: J, level: MACRO, micro_journeys: [K]}\n"
            "  - {key: K, title: K, level: MICRO, micro_journeys: [J]}",
            4, 55, "would close a circle", id="journeys in a circle",
        ),
        pytest.param(
            "teams: [{key: T, title: T, parent: U}, {key: U, title: U, parent: T}]",
            3, 36, "Parent would close a circle: T → U → T", id="teams in a circle",
        ),
        pytest.param(
            "journeys: [{key: J, title: J, level: MACRO}, {key: K, title: K, level: MACRO}]\n"
            "goals: [{key: G, title: G, kind: CUSTOMER, scope: JOURNEY, served_by: [J, K]}]",
            4, 71, "scope JOURNEY is tied to one journey", id="a goal of two journeys",
        ),
        pytest.param(
            "journeys: [{key: J, title: J, level: MACRO, micro_journeys: [K, K]}, "
            "{key: K, title: K, level: MICRO}]",
            3, 65, "K is listed twice", id="a part listed twice",
        ),
        pytest.param(
            "cycles: [{key: C, title: C, start: 2026-12-31, end: 2026-01-01}]",
            3, 53, "can't end on 2026-01-01", id="a cycle that ends before it starts",
        ),
        pytest.param(
            CYCLE + "  # comment\n".strip() + "\nteams: [{key: T, title: T, parent: Q4}]",
            5, 36, "Q4 is a CYCLE; here a TEAM is wanted", id="a parent of another kind",
        ),
        pytest.param(
            "cycles:\n"
            "  - {key: Y, title: Y, start: 2026-01-01, end: 2026-12-31}\n"
            "  - {key: Q, title: Q, start: 2026-12-01, end: 2027-01-31, parent: Y}",
            5, 5, "isn't whole inside its parent Y", id="a quarter that leaves its year",
        ),
        pytest.param(
            "insights: [{key: I, title: I, kind: PAIN, importance: 6}]",
            3, 55, "Importance is from 1 to 5; this is 6", id="importance 6",
        ),
        pytest.param(
            "journeys: [{key: J, title: J, level: MACRO, steps: "
            "[{key: S, title: S, emotion: -3}]}]",
            3, 81, "Emotion is from -2 to 2; this is -3", id="emotion -3",
        ),
        pytest.param(
            "opportunities: [{key: P, title: P, change: c, confidence: 1.1}]",
            3, 59, "Confidence is from 0 to 1; this is 1.1", id="confidence 1.1",
        ),
        pytest.param(
            "opportunities: [{key: P, title: P, change: c, priority: {effort: 6}}]",
            3, 66, "Effort is from 0 to 5; this is 6", id="effort 6",
        ),
        pytest.param(
            "metrics: [{key: M, title: M, better: LOWER, unit: {kind: MONEY, currency: KRO}}]",
            3, 75, "KRO is not an ISO 4217 currency", id="no currency",
        ),
        pytest.param(
            "metrics: [{key: M, title: M, better: LOWER, unit: RATE}]",
            3, 51, "RATE needs a per", id="a rate per what",
        ),
        pytest.param(
            "metrics: [{key: M, title: M, better: LOWER, unit: {kind: SCORE, display: DAY}}]",
            3, 74, "Only DURATION has a display", id="a score in days",
        ),
        pytest.param(
            "metrics: [{key: M, title: M, better: LOWER, unit: SCORE, aggregation: MEDIAN, "
            "window: CYCLE}]",
            3, 87, "can't be aggregated again", id="a median over a window",
        ),
        pytest.param(
            "metrics: [{key: M, title: M, better: LOWER, unit: SCORE, measures: [{node: J}]}]\n"
            "journeys: [{key: J, title: J, level: MACRO}]",
            3, 69, "measures a journey in a dimension", id="a measure without a dimension",
        ),
        pytest.param(
            "metrics: [{key: M, title: M, better: LOWER, unit: SCORE, "
            "measures: [{node: A, dimension: EFFICIENCY}]}]\n" + GOALS,
            3, 90, "Only a journey's measure has a dimension; this is a GOAL", id="a goal's",
        ),
        pytest.param(
            "connections: [{key: csv, title: csv, connector: csv}]\n"
            "metrics: [{key: M, title: M, better: LOWER, unit: SCORE, "
            "sources: [{connection: csv, metric: m, grain: FORTNIGHT}]}]",
            4, 104, "FORTNIGHT is not a grain", id="no grain",
        ),
        pytest.param(
            "connections: [{key: csv, title: csv, connector: csv}]\n"
            "metrics: [{key: M, title: M, better: LOWER, unit: SCORE, sources: ["
            "{connection: csv, metric: m, grain: DAY}, {connection: csv, metric: n, grain: DAY}]}]",
            4, 110, "The key M:csv names a METRIC_SOURCE already", id="two sources, one key",
        ),
        pytest.param(
            CYCLE + "teams: [{key: T, title: T}, {key: U, title: U}]\n"
            "objectives: [{key: O, title: O, cycle: Q4, owners: "
            "[{team: T, share: 0.7}, {team: U, share: 0.4}]}]",
            5, 52, "shares come to 1.1", id="shares beyond the whole",
        ),
        pytest.param(
            CYCLE + "teams: [{key: T, title: T}]\n"
            "objectives: [{key: O, title: O, cycle: Q4, owners: [{team: T, share: -0.5}]}]",
            5, 70, "A share is from 0 to 1", id="a negative share",
        ),
        pytest.param(
            CYCLE + "objectives: [{key: O, title: O, cycle: Q4}, "
            "{key: P, title: P, cycle: Q4, contributes_to: [{objective: O, weight: -1}]}]",
            4, 115, "A weight is 0 or more", id="a negative weight",
        ),
        pytest.param(
            CYCLE + "objectives: [{key: O, title: O, cycle: Q4, aligned_with: [O]}]",
            4, 59, "ALIGNED_WITH would close a circle", id="aligned with itself",
        ),
        pytest.param(
            CYCLE + GOALS + "objectives: [{key: O, title: O, cycle: Q4, predecessor: O}]",
            7, 57, "Predecessor would close a circle", id="its own predecessor",
        ),
        pytest.param(
            CYCLE + "objectives: [{key: O, title: O, cycle: Q4, curve: {points: "
            "[{date: 2026-11-01, progress: 0.5}, {date: 2026-10-15, progress: 0.6}]}}]",
            4, 103, "Points are in order of date", id="points out of order",
        ),
        pytest.param(
            CYCLE + "objectives: [{key: O, title: O, cycle: Q4, curve: POINTS}]",
            4, 51, "points exactly when its kind is POINTS", id="points without points",
        ),
        pytest.param(
            a_key_result("kind: INCREASE, metric: M, by_how_much: {to: 3}"),
            10, 9, "INCREASE needs a baseline", id="no baseline",
        ),
        pytest.param(
            a_key_result("kind: INCREASE, metric: M, baseline: 5, by_how_much: {to: 3}"),
            10, 88, "contradicts itself", id="an increase that falls",
        ),
        pytest.param(
            a_key_result("kind: STAY_ABOVE, metric: M, at_least: 3, at_most: 5"),
            10, 86, "takes no upper bound", id="a bound too many",
        ),
        pytest.param(
            a_key_result("kind: INCREASE, metric: N, baseline: 5, by_how_much: {to: 3}"),
            10, 59, "No METRIC has the key N", id="an unknown metric",
        ),
    ],
)  # fmt: skip
async def test_an_offence_is_told_with_its_place(
    body: str, line: int, column: int, message: str
) -> None:
    problems = await Bank().refuses(body)

    assert [(p.line, p.column) for p in problems] == [(line, column)]
    assert message in problems[0].message


@pytest.mark.parametrize(
    ("fields", "column", "message"),
    [
        pytest.param("time_zone: Europe/Bergen", 38, "not an IANA time zone", id="time zone"),
        pytest.param("currency: KRO", 37, "not an ISO 4217 currency", id="currency"),
        pytest.param("status_policy: hope", 42, "no status policy hope", id="policy"),
        pytest.param("status_parameters: {hope: 1}", 53, "no parameter hope", id="parameter"),
        pytest.param("title: ''", 34, "A title can't be blank", id="title"),
    ],
)
async def test_an_organizations_own_fields_are_judged(
    fields: str, column: int, message: str
) -> None:
    header = "format: journey-atlas/1\n"

    (problem,) = await Bank().refuses(f"organization: {{key: bank, {fields}}}", header=header)

    assert message in problem.message
    assert (problem.line, problem.column) == (2, column)


async def test_offences_that_do_not_depend_on_each_other_come_at_once() -> None:
    problems = await Bank().refuses("""\
        teams:
          - {key: T, title: T, parent: V}
        insights:
          - {key: I, title: I, kind: PAIN, importance: 9, seen_in: [J], supports: [T]}
        cycles:
          - {key: C, title: C, start: 2026-02-01, end: 2026-01-01}
    """)

    assert places(problems) == [
        (4, 32, "teams[0].parent"),
        (6, 48, "insights[0].importance"),
        (6, 61, "insights[0].seen_in[0]"),
        (6, 76, "insights[0].supports[0]"),
        (8, 48, "cycles[0].end"),
    ]


async def test_an_unknown_key_comes_with_the_closest_ones() -> None:
    (problem,) = await Bank().refuses("""\
        teams: [{key: home-lending, title: Home Lending}, {key: risk, title: Risk}]
        members: [{key: tomas, title: Tomas, team: home-landing}]
    """)

    assert "Did you mean home-lending?" in problem.message
    assert problem.legal == ("home-lending", "risk")


async def test_a_key_of_a_stored_node_can_not_become_another_kind() -> None:
    bank = Bank()
    await bank.takes("teams: [{key: X, title: X}]")

    (problem,) = await bank.refuses("personas: [{key: X, title: X}]")

    assert "belongs to a stored TEAM, not a PERSONA" in problem.message


async def test_a_circle_over_stored_links_is_found() -> None:
    bank = Bank()
    await bank.takes(GOALS)

    (problem,) = await bank.refuses("goals: [{key: A, parent: B}]")

    assert (problem.line, problem.column) == (3, 26)
    assert "A → B → A" in problem.message


async def test_a_step_stands_in_one_journey() -> None:
    bank = Bank()
    await bank.takes("journeys: [{key: J, title: J, level: MACRO, steps: [{key: S, title: S}]}]")

    (problem,) = await bank.refuses(
        "journeys: [{key: K, title: K, level: MACRO, steps: [{key: S}]}]"
    )

    assert "it comes from J too" in problem.message


async def test_a_metric_can_not_change_under_a_stored_key_result() -> None:
    bank = Bank()
    await bank.takes(a_key_result("kind: INCREASE, metric: M, baseline: 1, by_how_much: {to: 3}"))
    await bank.takes("objectives: [{key: O, key_results: [{key: K, by_how_much: {by_amount: 2}}]}]")

    (problem,) = await bank.refuses("metrics: [{key: M, unit: PERCENT}]")

    assert (problem.line, problem.column) == (3, 11)
    assert "The stored key result K would not hold: BY_AMOUNT is ambiguous" in problem.message


async def test_nothing_is_written_where_anything_is_wrong() -> None:
    bank = Bank()

    await bank.refuses("teams: [{key: T, title: T}, {key: U, title: U, parent: V}]")

    assert bank.atlases.applied == []


async def test_a_field_that_can_not_be_empty_is_named_as_in_the_file() -> None:
    (problem,) = await Bank().refuses("""\
        connections: [{key: c, title: c, connector: csv}]
        metrics:
          - key: M
            title: M
            unit: SCORE
            better: HIGHER
            sources: [{connection: c, metric: , grain: DAY}]
    """)

    assert problem.place == "metrics[0].sources[0].metric"
    assert "A METRIC_SOURCE needs metric" in problem.message
