"""What the format and what the rules refuse come in one report, without false alarms."""

import pytest

from tests.atlas_file.files import Bank, places

CYCLE = "cycles: [{key: Q4, title: Q4, start: 2026-10-01, end: 2026-12-31}]\n"
METRIC = "metrics: [{key: M, title: M, unit: PERCENT, better: HIGHER}]\n"


async def test_mistakes_of_form_and_of_rule_come_at_once() -> None:
    problems = await Bank().refuses("""\
        teams:
          - {key: T, title: T, parent: NOBODY}
          - {key: T, title: Again}
        cycles: [{key: Q4, title: Q4, start: 2026-12-31, end: 2026-10-01}]
        goals:
          - {key: A, title: A, kind: BUISNESS, scope: ORGANIZATION}
          - {key: B, title: B, kind: BUSINESS, scope: ORGANIZATION, parent: C}
          - {key: C, title: C, kind: BUSINESS, scope: ORGANIZATION, parent: B}
        insights:
          - {key: I, title: I, kind: PAIN, supports: [T]}
        metrics: [{key: M, title: M, unit: SCORE, better: HIGHER, window: {trailing_days: 2.5}}]
        objectives:
          - key: O
            title: O
            cycle: Q4
            key_results:
              - {key: K, does_what: rise, kind: INCREASE}
    """)

    assert [place for _, _, place in places(problems)] == [
        "teams[0].parent",  # nobody has the key
        "teams[1].key",  # a second one
        "cycles[0].end",
        "goals[0].kind",  # of form
        "goals[1].parent",  # a circle
        "insights[0].supports[0]",  # no legal link
        "metrics[0].window.trailing_days",  # of form
        "objectives[0].key_results[0]",  # no baseline …
        "objectives[0].key_results[0]",  # … no by_how_much …
        "objectives[0].key_results[0]",  # … and no metric
    ]


@pytest.mark.parametrize(
    ("body", "place"),
    [
        pytest.param(
            "goals: [{key: A, title: A, kind: X, scope: ORGANIZATION},"
            "{key: B, title: B, kind: BUSINESS, scope: ORGANIZATION, parent: A}]",
            "goals[0].kind", id="a reference to a broken entry",
        ),
        pytest.param(
            "goals: [{key: A, kind: BUSINESS, scope: ORGANIZATION, titel: A}]",
            "goals[0].titel", id="a field that may be the missing one",
        ),
        pytest.param(
            "journeys: [{title: J, level: MACRO}]\n"
            "insights: [{key: I, title: I, kind: PAIN, seen_in: [J]}]",
            "journeys[0]", id="a reference to what may be the entry without a key",
        ),
        pytest.param(
            "journeys: {J: {title: J}}\ninsights: [{key: I, title: I, kind: PAIN, seen_in: [J]}]",
            "journeys", id="references into a section that is no list",
        ),
        pytest.param(
            "journeis: [{key: J}]\ninsights: [{key: I, title: I, kind: PAIN, seen_in: [J]}]",
            "journeis", id="references into a misspelled section",
        ),
        pytest.param(
            "journeys: [{key: J, title: J, level: MACRO, step: [{key: S, title: S}]}]\n"
            "insights: [{key: I, title: I, kind: PAIN, seen_in: [S]}]",
            "journeys[0].step", id="references to steps in a misspelled field",
        ),
        pytest.param(
            "journeys: [{key: J, title: J, level: MACRO, steps: [{title: S}]}]\n"
            "insights: [{key: I, title: I, kind: PAIN, seen_in: [S]}]",
            "journeys[0].steps[0]", id="a step without a key",
        ),
        pytest.param(
            CYCLE + "objectives: [{title: O, cycle: Q4, key_results: "
            "[{key: K, does_what: done, kind: BINARY, done_at: 2026-10-02}]}]",
            "objectives[0]", id="a key result of an objective without a key",
        ),
        pytest.param(
            METRIC + CYCLE + "objectives: [{key: O, title: O, cycle: Q4, key_results: [{key: K, "
            "does_what: rise, kind: INCREASE, metric: M, baseline: x, by_how_much: {to: 3}}]}]",
            "objectives[0].key_results[0].baseline", id="a key result whose baseline is unread",
        ),
        pytest.param(
            METRIC + CYCLE + "objectives: [{key: O, title: O, cycle: Q4, key_results: "
            "[{key: K, does_what: 1, kind: BINARY, done_at: 2026-10-02}]}]",
            "objectives[0].key_results[0].does_what", id="a title that would be what is done",
        ),
        pytest.param(
            "metrics: [{key: M, title: M, unit: PERCENTAGE, better: HIGHER}]\n" + CYCLE
            + "objectives: [{key: O, title: O, cycle: Q4, key_results: [{key: K, does_what: rise, "
            "kind: INCREASE, metric: M, baseline: 1, by_how_much: {by_points: 3}}]}]",
            "metrics[0].unit", id="a key result on a metric whose unit is unread",
        ),
        pytest.param(
            "cycles: [{key: Y, title: Y, start: 2026-01-01, end: 2026-13-31}, "
            "{key: Q, title: Q, start: 2027-01-01, end: 2027-03-31, parent: Y}]",
            "cycles[0].end", id="a quarter of a year whose end is unread",
        ),
        pytest.param(
            "connections: [{key: c, title: c, connector: csv}]\n"
            "metrics: [{key: M, title: M, unit: SCORE, better: HIGHER, sources: ["
            "{connection: c, metric: m, grain: DAY},"
            "{key: a b, connection: c, metric: n, grain: DAY}]}]",
            "metrics[0].sources[1].key", id="a source whose key is unread",
        ),
        pytest.param(
            "connections: [{key: c, title: c, connector: csv}]\n"
            "metrics: [{key: M, title: M, unit: SCORE, better: HIGHER, sources: ["
            "{kye: M:n, connection: c, metric: n, grain: DAY},"
            "{connection: c, metric: m, grain: DAY}]}]",
            "metrics[0].sources[0].kye", id="a source whose key is misspelled",
        ),
        pytest.param(
            "journeys: [{key: J, title: J, level: MACRO}]\n"
            "metrics: [{key: M, title: M, unit: SCORE, better: HIGHER, "
            "measures: [{node: J, dimension: WELL}]}]",
            "metrics[0].measures[0].dimension", id="a measure whose dimension is unread",
        ),
        pytest.param(
            "metrics: [{key: M, title: M, unit: COUNT, better: MORE}, "
            '{key: N, title: N, unit: COUNT, better: HIGHER, formula: "{M} + 1"}]',
            "metrics[0].better", id="a formula on a broken metric",
        ),
        pytest.param(
            "metrics: [{title: M, unit: COUNT, better: HIGHER}, "
            '{key: N, title: N, unit: COUNT, better: HIGHER, formula: "{M} + 1"}]',
            "metrics[0]", id="a formula on what may be the metric without a key",
        ),
        pytest.param("personas: [{key: P, title: *name}]", "personas[0].title", id="an alias"),
        pytest.param(
            "personas: [{key: P, title: P}]\npersonas: [{key: Q, title: Q}]\n"
            "journeys: [{key: J, title: J, level: MACRO, personas: [P]}]",
            "personas", id="a section that is given twice",
        ),
    ],
)  # fmt: skip
async def test_what_follows_from_a_mistake_of_form_is_not_told(body: str, place: str) -> None:
    problems = await Bank().refuses(body)

    assert [problem.place for problem in problems] == [place]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(
            "goals: [{key: A, kind: X, scope: JOURNEY, owner: NOBODY}]",
            ["goals[0]", "goals[0].kind", "goals[0].owner"],  # no title, no kind, no team
            id="what else an entry lacks and names",
        ),
        pytest.param(
            "goals: [{key: my goal, title: A, owner: NOBODY, served_by: [NOTHING]}]",
            ["goals[0].key", "goals[0].owner", "goals[0].served_by[0]"],
            id="what an entry names whose key is unread",
        ),
        pytest.param(
            "insights: [{key: I, title: I, kind: PAIN, seen_in: [1, NOTHING, 2, NOWHERE]}]",
            [f"insights[0].seen_in[{index}]" for index in range(4)],
            id="what stands in a list behind what is no key",
        ),
        pytest.param(
            "personas: [P, Q, {key: R}, S, {key: T}]",
            [f"personas[{index}]" for index in range(5)],
            id="entries between what are no entries",
        ),
        pytest.param(
            CYCLE + "objectives: [{key: O, title: O, cycle: Q4, "
            "owners: [{team: NOBODY, share: half}]}]",
            ["objectives[0].owners[0].team", "objectives[0].owners[0].share"],
            id="whom an owner names whose share is unread",
        ),
        pytest.param(
            "metrics: [{key: M, title: M, unit: SCORE, better: LOWER, "
            "measures: [{dimension: EFFICIENCY}, {node: NOBODY}]}]",
            ["metrics[0].measures[0]", "metrics[0].measures[1].node"],
            id="a measure beside one that is unread",
        ),
        pytest.param(
            "journeys: [{key: J, title: J, level: HUGE}]\n"
            "metrics: [{key: M, title: M, unit: SCORE, better: LOWER, measures: [{node: J}]}]",
            ["journeys[0].level", "metrics[0].measures[0]"],  # a journey needs a dimension
            id="how a broken journey is measured",
        ),
        pytest.param(
            "metrics: [{key: M, title: M, unit: COUNT, better: MORE}, "
            '{key: N, title: N, unit: COUNT, better: HIGHER, formula: "{M} + {NOTHING}"}]',
            ["metrics[0].better", "metrics[1].formula"],
            id="what a formula names beside a broken metric",
        ),
    ],
)
async def test_what_can_be_read_of_a_broken_entry_is_judged(body: str, expected: list[str]) -> None:
    problems = await Bank().refuses(body)

    assert [problem.place for problem in problems] == expected


async def test_a_needed_field_that_names_nobody_is_told_once() -> None:
    problems = await Bank().refuses(f"{CYCLE}objectives: [{{key: O, title: O, cycle: C9}}]")

    assert [problem.message for problem in problems] == ["No CYCLE has the key C9."]


async def test_a_needed_field_that_is_empty_is_told() -> None:
    problems = await Bank().refuses(f"{CYCLE}objectives: [{{key: O, title: O, cycle: ~}}]")

    assert [problem.message for problem in problems] == [
        "An OBJECTIVE needs cycle; it can't be empty."
    ]


async def test_a_stored_link_does_not_stand_in_for_a_list_that_is_unread() -> None:
    bank = Bank()
    await bank.takes("""\
        journeys:
          - {key: J, title: J, level: MACRO, steps: [{key: S, title: S}]}
          - {key: K, title: K, level: MACRO}
    """)

    problems = await bank.refuses("journeys: [{key: J, steps: {}}, {key: K, steps: [{key: S}]}]")

    assert [problem.place for problem in problems] == ["journeys[0].steps"]


async def test_a_stored_record_needs_nothing_of_what_is_unread() -> None:
    bank = Bank()
    await bank.takes("goals: [{key: A, title: A, kind: BUSINESS, scope: ORGANIZATION}]")

    problems = await bank.refuses("goals: [{key: A, scope: NONE}]\nteams: [{key: T}]")

    assert [problem.place for problem in problems] == ["goals[0].scope", "teams[0]"]


@pytest.mark.parametrize(
    ("fields", "places_told"),
    [
        pytest.param("time_zone: Mars, currency: 1", ["time_zone", "currency"], id="each alone"),
        pytest.param(
            "status_policy: 1, status_parameters: {on: 1}", ["status_policy"], id="a policy's"
        ),
    ],
)
async def test_an_organizations_fields_are_judged_beside_an_unread_one(
    fields: str, places_told: list[str]
) -> None:
    header = f"format: journey-atlas/1\norganization: {{key: bank, {fields}}}\n"

    problems = await Bank().refuses("", header=header)

    assert [problem.path[-1] for problem in problems] == places_told


async def test_without_the_organizations_key_only_the_form_is_told() -> None:
    header = "format: journey-atlas/1\norganization: {key: my bank}\n"

    problems = await Bank().refuses("teams: [{key: T, parent: NOBODY}]", header=header)

    assert [problem.place for problem in problems] == ["organization.key"]


async def test_a_stand_in_for_an_unread_key_is_never_shown() -> None:
    problems = await Bank().refuses("""\
        goals: [{key: a b, title: A}]
        teams: [{key: T, title: T}, {title: U}]
        members: [{key: P, title: P, team: Q}]
        journeys:
          - {key: j j, title: J, steps: [{key: S, title: S}]}
          - {key: K, title: K, level: MACRO, personas: [Q], steps: [{key: S, title: S}]}
        personas: [{key: R, title: R}]
    """)

    assert any("comes from ? too" in problem.message for problem in problems)
    assert not any("unread" in " ".join((p.message, *p.legal)) for p in problems)


async def test_nothing_is_written_of_a_file_with_mistakes_of_form() -> None:
    bank = Bank()

    await bank.refuses("teams: [{key: T, title: T}, {key: U, title: 1}]")

    assert bank.atlases.applied == []


@pytest.mark.parametrize(
    ("fields", "legal"),
    [
        pytest.param(
            "kind: INCREASE, baseline: 1, by_how_much: {by_amount: 9}",
            ("by_percent", "by_points"),
            id="an amount of a percentage",
        ),
        pytest.param(
            "kind: INCREASE, baseline: 1",
            ("to", "by_amount", "by_percent", "by_points"),
            id="nothing",
        ),
        pytest.param("kind: STAY_ABOVE, at_most: 3, at_least: 1", ("at_least",), id="a bound"),
    ],
)
async def test_what_is_legal_is_said_in_the_words_of_the_file(
    fields: str, legal: tuple[str, ...]
) -> None:
    (problem,) = await Bank().refuses(
        f"{CYCLE}{METRIC}objectives: [{{key: O, title: O, cycle: Q4, "
        f"key_results: [{{key: K, does_what: rise, metric: M, {fields}}}]}}]"
    )

    assert problem.legal == legal
