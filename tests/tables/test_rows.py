"""What the tables hold: the sample bank's numbers, and the same as the graph tells."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from tests.api.asking import Api, Json, an_api
from tests.api.norrhavn import norrhavn
from tests.tables.asking import rows


@pytest.fixture
def api() -> Api:
    bank = norrhavn()
    return an_api(bank.atlas, bank.observations, registry=bank.registry)


# (value - baseline) / (target - baseline), and what the pace makes of it: FY26 expects 325/365 =
# 0.8904, Q4-26 52/92 = 0.5652; ON_TRACK from 0.9 of it on, AT_RISK from 0.7.
KEY_RESULTS: list[tuple[str, float | None, float | None, str]] = [
    ("O1-KR1", 5.4 / 9, 5.4 / 9, "OFF_TRACK"),
    ("O1-KR2", 2.1 / 6, 2.1 / 6, "OFF_TRACK"),
    ("O1-KR3", 9 / 12, 9 / 12, "AT_RISK"),
    ("O2-KR1", 7 / 10, 7 / 10, "AT_RISK"),
    ("O2-KR2", 5.2 / 7.8, 5.2 / 7.8, "AT_RISK"),
    ("O2-KR3", -32 / 160, 0, "OFF_TRACK"),
    ("O3-KR1", 4.2 / 8, 4.2 / 8, "ON_TRACK"),
    ("O3-KR2", 1.8 / 3, 1.8 / 3, "ON_TRACK"),
    ("O4-KR1", 7.5 / 6.2, 1, "ACHIEVED"),
    ("O4-KR2", 7 / 16, 7 / 16, "AT_RISK"),
    ("O5-KR1", 5 / 7, 5 / 7, "AT_RISK"),  # 5 of 7 weeks, met in the last one
    ("O7-KR1", None, None, "NO_DATA"),
    ("O7-KR2", None, None, "NO_DATA"),
    ("O7-KR3", None, None, "NO_DATA"),
    ("O8-KR1", 4.2 / 6, 4.2 / 6, "MISSED"),  # its cycle is over
    ("O10-KR1", 4.7 / 10, 4.7 / 10, "AT_RISK"),
    ("O11-KR1", 4.5 / 7, 4.5 / 7, "ON_TRACK"),
]
OBJECTIVES: list[tuple[str, float | None, str]] = [
    ("O1", 0.575, "OFF_TRACK"),
    ("O2", 0.5167, "OFF_TRACK"),
    ("O3", 0.55, "ON_TRACK"),
    ("O4", 0.7188, "ON_TRACK"),
    ("O5", 0.7143, "AT_RISK"),
    ("O7", None, "NO_DATA"),
    ("O8", 0.7, "MISSED"),
    ("O10", 0.47, "AT_RISK"),
    ("O11", 0.6429, "AT_RISK"),
]


async def test_key_results_have_the_samples_numbers(api: Api) -> None:
    found = await rows(api, "keyResultRows", "key rawProgress progress status reason")

    by_key = {row["key"]: row for row in found}
    for key, raw, progress, status in KEY_RESULTS:
        row = by_key[key]
        assert (row["rawProgress"], row["progress"]) == (about(raw), about(progress)), key
        assert row["status"] == status, key
        assert (row["reason"] is None) is (progress is not None), key


async def test_objectives_have_the_samples_numbers(api: Api) -> None:
    found = await rows(api, "objectiveRows", "key progress status")

    by_key = {row["key"]: row for row in found}
    assert {key: (round_(by_key[key]["progress"]), by_key[key]["status"]) for key in by_key} == {
        key: (progress, status) for key, progress, status in OBJECTIVES
    }


@pytest.mark.parametrize("day", ["2026-11-22", "2026-10-31", "2025-12-31"])
async def test_a_snapshot_of_a_day_is_that_day_read_as_of(api: Api, day: str) -> None:
    """Its cycle's beginning, a closed cycle and days before all of them included."""
    columns = "progress rawProgress reason expected gap status value observedAt sourceKey isStale"

    read = await rows(api, "keyResultRows", f"{columns} key", f'(asOf: "{day}")')
    taken = await rows(
        api,
        "keyResultSnapshotRows",
        f"{columns} key: keyResultKey date",
        f'(from: "{day}", to: "{day}", grain: DAY)',
    )

    assert taken == [{**row, "date": day} for row in read]


async def test_snapshots_of_many_days_are_asked_for_in_one_statement(api: Api) -> None:
    found = await rows(api, "keyResultSnapshotRows", "date keyResultKey progress")

    # 46 Sundays of 2026 up to 15 November, and today
    assert len({row["date"] for row in found}) == 47
    assert len(found) == 47 * 19
    assert api.views.statements == 1
    assert found[-1]["date"] == "2026-11-22"


async def test_snapshots_of_a_cycle_begin_with_it(api: Api) -> None:
    found = await rows(
        api, "keyResultSnapshotRows", "date cycleKey", '(cycle: "Q4-26", grain: MONTH)'
    )

    assert {row["cycleKey"] for row in found} == {"Q4-26"}
    assert sorted({row["date"] for row in found}) == ["2026-10-31", "2026-11-22"]


async def test_a_table_is_read_on_the_asked_day_as_known_then(api: Api) -> None:
    known_at = datetime(2026, 11, 1, tzinfo=UTC)

    await rows(
        api,
        "objectiveRows",
        "key",
        f'(asOf: "2026-10-31", knownAt: "{known_at.isoformat()}")',
    )

    assert api.views.opened == [(date(2026, 10, 31), known_at)]


async def test_a_cycle_takes_those_inside_it_along(api: Api) -> None:
    quarter = await rows(api, "keyResultRows", "cycleKey", '(cycle: "Q3-26")')
    year = await rows(api, "objectiveRows", "cycleKey", '(cycle: "FY26")')

    assert {row["cycleKey"] for row in quarter} == {"Q3-26"}
    assert {row["cycleKey"] for row in year} == {"FY26", "Q3-26", "Q4-26"}


async def test_opportunities_tell_delivery_and_outcome_as_the_graph_does(api: Api) -> None:
    graph = await api.ask("""
      { atlas { opportunities { nodes { key priority { customerValue businessValue effort }
        delivery { value released { key } counted { key } } divergence
        outcome { value dataCoverage objectives { key } } } } } }
    """)

    found = await rows(
        api,
        "opportunityRows",
        "key customerValue businessValue effort delivery releasedCount solutionCount divergence "
        "outcome outcomeCoverage objectiveCount",
    )

    told = graph["atlas"]["opportunities"]["nodes"]
    unscored: Json = dict.fromkeys(("customerValue", "businessValue", "effort"))
    assert found == [
        {
            "key": each["key"],
            **(each["priority"] or unscored),
            "delivery": each["delivery"]["value"],
            "releasedCount": len(each["delivery"]["released"]),
            "solutionCount": len(each["delivery"]["counted"]),
            "divergence": each["divergence"],
            "outcome": each["outcome"]["value"],
            "outcomeCoverage": each["outcome"]["dataCoverage"],
            "objectiveCount": len(each["outcome"]["objectives"]),
        }
        for each in told
    ]
    # S1 is out, S3 isn't.
    assert {row["key"]: row["delivery"] for row in found}["OP2"] == 0.5


async def test_edges_are_those_of_the_graph(api: Api) -> None:
    columns = "kind role position tag weight share"
    kinds = "kinds: [GOAL, JOURNEY, STEP, OPPORTUNITY, SOLUTION, OBJECTIVE, KEY_RESULT, TEAM]"
    graph = await api.ask(
        f"{{ atlas {{ graph({kinds}) {{ edges {{ {columns} source target }} }} }} }}"
    )

    found = await rows(api, "edgeRows", f"{columns} source: sourceId target: targetId")

    told = graph["atlas"]["graph"]["edges"]
    assert len(told) > 100
    assert [each for each in told if each not in found] == []


async def test_a_shared_micro_journey_lies_beneath_both_its_parents(api: Api) -> None:
    found = await rows(api, "lineageRows", "ancestorKey descendantKey depth")

    above = {
        row["ancestorKey"]: row["depth"] for row in found if row["descendantKey"] == "IDENTITY"
    }
    assert (above["IDENTITY"], above["MJ1"], above["MJ4"]) == (0, 1, 1)
    assert (above["BG1"], above["BG2"]) == (2, 2)


async def test_the_lineage_gives_each_goal_what_hangs_beneath_it(api: Api) -> None:
    """The join of the docs, against what the goal itself says."""
    graph = await api.ask(
        '{ atlas(cycle: "Q4-26") { goal(key: "BG1") { progress { all { objectives { key } } } } } }'
    )
    lineage = await rows(api, "lineageRows", "ancestorKey descendantId")
    objectives = await rows(api, "objectiveRows", "key anchorId", '(cycle: "Q4-26")')

    beneath = {row["descendantId"] for row in lineage if row["ancestorKey"] == "BG1"}
    told = graph["atlas"]["goal"]["progress"]["all"]["objectives"]
    assert sorted(row["key"] for row in objectives if row["anchorId"] in beneath) == sorted(
        each["key"] for each in told
    )


async def test_series_hold_the_values_that_a_metrics_series_has(api: Api) -> None:
    graph = await api.ask("""
      { atlas { metric(key: "MT-DISP") { series(from: "2026-09-28", grain: WEEK) {
        label start end value reason { code } isProvisional source { key } } } } }
    """)

    found = await rows(
        api,
        "metricSeriesRows",
        "label periodStart periodEnd value reason isProvisional sourceKey",
        '(metrics: "MT-DISP", from: "2026-09-28")',
    )

    assert found == [
        {
            "label": each["label"],
            "periodStart": each["start"],
            "periodEnd": each["end"],
            "value": each["value"],
            "reason": each["reason"] and each["reason"]["code"],
            "isProvisional": each["isProvisional"],
            "sourceKey": each["source"] and each["source"]["key"],
        }
        for each in graph["atlas"]["metric"]["series"]
    ]


async def test_series_can_be_narrowed_and_say_so(api: Api) -> None:
    narrowed = '[{name: "channel", value: "online"}]'

    found = await rows(
        api,
        "metricSeriesRows",
        "startDate dimensions value",
        f'(metrics: ["MT-PREAPP"], from: "2026-11-01", grain: MONTH, dimensions: {narrowed})',
    )

    assert [row["dimensions"] for row in found] == ['{"channel":"online"}']
    assert found[0]["startDate"] == "2026-11-01"
    assert found[0]["value"] is not None


async def test_observations_are_told_with_their_period_and_dimensions(api: Api) -> None:
    found = await rows(
        api,
        "observationRows",
        "metricKey sourceKey periodEnd startDate dimensions value",
        '(metrics: ["MT-DISP"], from: "2026-11-10", to: "2026-11-16")',
    )

    # ISO week 46, 9 to 15 November, ends at midnight in Oslo; the week before ended on the 8th.
    assert found == [
        {
            "metricKey": "MT-DISP",
            "sourceKey": "MT-DISP:csv",
            "periodEnd": "2026-11-15T23:00:00+00:00",
            "startDate": "2026-11-09",
            "dimensions": None,
            "value": 95.1,
        }
    ]


def about(number: float | None) -> Any:  # noqa: ANN401 - what pytest compares with
    return None if number is None else pytest.approx(number)


def round_(number: float | None) -> float | None:
    return None if number is None else round(number, 4)
