"""Numbers over the API: the sample's golden values, days in the past, and values asked for anew."""

import itertools
from datetime import date

import pytest

from domain.cycle import CycleState
from domain.links import Relation
from domain.metric import Window, WindowKind
from tests.api.asking import Api, Json, an_api
from tests.api.norrhavn import norrhavn
from tests.builders import (
    a_cycle,
    a_journey,
    a_key_result,
    a_link,
    a_metric,
    a_source,
    an_atlas,
    an_objective,
    an_observation,
)


@pytest.fixture
def api() -> Api:
    bank = norrhavn()
    return an_api(bank.atlas, bank.observations, registry=bank.registry)


def rounded(number: float | None) -> float | None:
    return None if number is None else round(number, 4)


GOLDEN_OBJECTIVES = [
    pytest.param("O1", 0.5750, "OFF_TRACK", 0.8904, id="O1 (2*0.6 + 0.35 + 0.75)/4"),
    pytest.param("O2", 0.5167, "OFF_TRACK", 0.8904, id="O2 (2*0.7 + 0.6667 + 0)/4"),
    pytest.param("O3", 0.5500, "ON_TRACK", 0.5652, id="O3 (2*0.525 + 0.6)/3"),
    pytest.param("O4", 0.7188, "ON_TRACK", 0.5652, id="O4 (1 + 0.4375)/2"),
    pytest.param("O5", 0.7143, "AT_RISK", 0.5652, id="O5 5/7, met now"),
    pytest.param("O7", None, "NO_DATA", 0.8904, id="O7 nothing measured"),
    pytest.param("O8", 0.7000, "MISSED", 1.0000, id="O8 over; frozen scores come later"),
    pytest.param("O10", 0.4700, "AT_RISK", 0.5652, id="O10 0.83 of expected"),
    pytest.param("O11", 0.6429, "AT_RISK", 0.5652, id="O11 capped by its guardrail"),
]


@pytest.mark.parametrize(("key", "value", "code", "expected"), GOLDEN_OBJECTIVES)
async def test_an_objective_has_its_golden_progress_and_status(
    api: Api, key: str, value: float | None, code: str, expected: float
) -> None:
    data = await api.ask(
        """query($key: String!) { atlas { objective(key: $key) {
        progress { value } status { code expected gap policy { id } } } } }""",
        key=key,
    )

    objective = data["atlas"]["objective"]
    status = objective["status"]
    assert rounded(objective["progress"]["value"]) == value
    assert (status["code"], rounded(status["expected"])) == (code, expected)
    assert status["policy"] == {"id": "pace-ratio"}
    if value is None:
        assert status["gap"] is None
    else:
        assert status["gap"] == pytest.approx(status["expected"] - objective["progress"]["value"])


@pytest.mark.parametrize(
    ("key", "raw", "value", "state"),
    [
        ("O1-KR1", 0.6000, 0.6000, "MEASURED"),
        ("O1-KR2", 0.3500, 0.3500, "MEASURED"),
        ("O1-KR3", 0.7500, 0.7500, "MEASURED"),
        ("O2-KR1", 0.7000, 0.7000, "MEASURED"),
        ("O2-KR2", 0.6667, 0.6667, "MEASURED"),
        ("O2-KR3", -0.2000, 0.0, "REGRESSED"),
        ("O3-KR1", 0.5250, 0.5250, "MEASURED"),
        ("O3-KR2", 0.6000, 0.6000, "MEASURED"),
        ("O4-KR1", 1.2097, 1.0, "EXCEEDED"),
        ("O4-KR2", 0.4375, 0.4375, "MEASURED"),
        ("O5-KR1", 0.7143, 0.7143, "MEASURED"),
        ("O8-KR1", 0.7000, 0.7000, "MEASURED"),
        ("O10-KR1", 0.4700, 0.4700, "MEASURED"),
        ("O11-KR1", 0.6429, 0.6429, "MEASURED"),
    ],
)
async def test_a_key_result_has_its_golden_progress(
    api: Api, key: str, raw: float, value: float, state: str
) -> None:
    data = await api.ask(
        """query($key: String!) { atlas { keyResult(key: $key) {
        progress { raw value state } } } }""",
        key=key,
    )

    progress = data["atlas"]["keyResult"]["progress"]
    assert (rounded(progress["raw"]), rounded(progress["value"])) == (raw, value)
    assert progress["state"] == state


async def test_progress_downstream_counts_what_lies_beneath(api: Api) -> None:
    data = await api.ask(
        """{ atlas { op1: opportunity(key: "OP1") { progress(cycle: "Q4-26") { ...P } }
        op2: opportunity(key: "OP2") { progress(cycle: "Q4-26") { ...P } }
        mj1: journey(key: "MJ1") { progress(cycle: "FY26") { ...P } } } }
        fragment P on AnchorProgress { downstream { value objectives { key } } }"""
    )

    found = {
        key: (
            rounded(each["progress"]["downstream"]["value"]),
            sorted(o["key"] for o in each["progress"]["downstream"]["objectives"]),
        )
        for key, each in data["atlas"].items()
    }
    assert found == {
        "op1": (0.6429, ["O11"]),
        "op2": (0.7188, ["O4"]),
        "mj1": (0.6372, ["O11", "O3", "O4"]),
    }


async def test_nothing_measured_is_null_with_a_reason_and_never_0(api: Api) -> None:
    data = await api.ask(
        """{ atlas { objective(key: "O7") {
        progress { value valueExact raw state dataCoverage reason { code } }
        keyResults { key progress { value state reason { code } } } } } }"""
    )

    objective = data["atlas"]["objective"]
    assert objective["progress"] == {
        "value": None,
        "valueExact": None,
        "raw": None,
        "state": "NO_DATA",
        "dataCoverage": 0.0,
        "reason": {"code": "NO_ITEM_WITH_VALUE"},
    }
    assert [each["progress"]["value"] for each in objective["keyResults"]] == [None, None, None]
    assert "SOURCE_FAILING" in [
        each["progress"]["reason"]["code"] for each in objective["keyResults"]
    ]


async def test_a_number_explains_itself_so_that_it_can_be_computed_again(api: Api) -> None:
    data = await api.ask(
        """{ atlas { keyResult(key: "O1-KR1") { target targetExact baseline { value at }
        byHowMuch { kind value valueExact } progress { value valueExact explain { formula
        inputs { name value valueExact metric { key } source { key } observedAt ageSeconds }
        weights { weight } excluded { reason { code } } } } } } }"""
    )

    key_result = data["atlas"]["keyResult"]
    explain = key_result["progress"]["explain"]
    inputs = {each["name"]: each for each in explain["inputs"]}
    assert explain["formula"] == "(value - baseline) / (target - baseline)"
    numbers = {name: each["value"] for name, each in inputs.items()}
    assert numbers == {"baseline": 61.0, "target": 70.0, "value": 66.4}
    assert inputs["value"]["valueExact"] == "66.4"
    assert inputs["value"]["metric"] == {"key": "MT-TRUST"}
    assert inputs["value"]["source"] == {"key": "MT-TRUST:csv"}
    assert inputs["value"]["ageSeconds"] > 0
    assert (explain["weights"], explain["excluded"]) == ([], [])
    assert (key_result["target"], key_result["targetExact"]) == (70.0, "70")
    assert key_result["byHowMuch"] == {"kind": "BY_AMOUNT", "value": 9.0, "valueExact": "9"}
    assert key_result["progress"]["valueExact"] == "0.6"


async def test_an_objective_explains_weights_and_what_it_left_out(api: Api) -> None:
    data = await api.ask(
        """{ atlas { objective(key: "O3") { progress { explain {
        inputs { node { ... on KeyResult { key } } value }
        weights { node { ... on KeyResult { key } } weight }
        excluded { node { ... on KeyResult { key } } reason { code } } } } } } }"""
    )

    assert data["atlas"]["objective"]["progress"]["explain"] == {
        "inputs": [
            {"node": {"key": "O3-KR1"}, "value": 0.525},
            {"node": {"key": "O3-KR2"}, "value": 0.6},
        ],
        "weights": [
            {"node": {"key": "O3-KR1"}, "weight": 2.0},
            {"node": {"key": "O3-KR2"}, "weight": 1.0},
        ],
        "excluded": [{"node": {"key": "O3-KR3"}, "reason": {"code": "GUARDRAIL"}}],
    }


async def test_a_query_chooses_policy_and_parameters(api: Api) -> None:
    data = await api.ask(
        """{ atlas { objective(key: "O10") { own: status { ...S } gap: status(policy: "pace-gap") {
        ...S } strict: status(policy: "pace-gap", parameters: [{name: "on_track_points", value: "9"}
        ]) { ...S } } } }
        fragment S on Status { code policy { id parameters { name value } } }"""
    )

    statuses = data["atlas"]["objective"]
    assert {name: each["code"] for name, each in statuses.items()} == {
        "own": "AT_RISK",
        "gap": "ON_TRACK",
        "strict": "AT_RISK",
    }
    assert statuses["strict"]["policy"] == {
        "id": "pace-gap",
        "parameters": [
            {"name": "at_risk_points", "value": "25"},
            {"name": "on_track_points", "value": "9"},
            {"name": "pass_mark", "value": "0.9"},
        ],
    }


async def test_another_day_moves_values_expectation_and_status() -> None:
    atlas = an_atlas(a_metric("MT-1"), an_objective("O1"), a_key_result("O1-KR1"))
    api = an_api(
        atlas,
        [
            an_observation(50, end=date(2026, 3, 1)),
            an_observation(60, end=date(2026, 11, 1)),
        ],
    )

    data = await api.ask(
        """{ then: atlas(asOf: "2026-03-31") { ...A } now: atlas { ...A } }
        fragment A on Atlas { objective(key: "O1") {
        progress { value } status { code expected } keyResults { value { value ageSeconds } } } }"""
    )

    then, now = data["then"]["objective"], data["now"]["objective"]
    assert (then["progress"]["value"], now["progress"]["value"]) == (0.5, 0.6)
    # 89 of 365 days were over before 31 March, 325 before 22 November.
    assert rounded(then["status"]["expected"]) == rounded(89 / 365)
    assert rounded(now["status"]["expected"]) == rounded(325 / 365)
    assert (then["status"]["code"], now["status"]["code"]) == ("ON_TRACK", "OFF_TRACK")
    # From midnight of 1 March to midnight after 31 March; one hour was lost to summer time.
    assert then["keyResults"][0]["value"]["ageSeconds"] == 31 * 86_400 - 3_600


async def test_what_was_known_at_a_moment_leaves_out_what_was_recorded_later(api: Api) -> None:
    data = await api.ask(
        """{ atlas(knownAt: "2026-01-01T00:00:00+01:00") { knownAt
        metric(key: "MT-TRUST") { value { value reason { code } }
        again: value(window: {kind: TRAILING, days: 90}) { value } } } }"""
    )

    assert data["atlas"] == {
        "knownAt": "2026-01-01T00:00:00+01:00",
        "metric": {
            "value": {"value": None, "reason": {"code": "NO_OBSERVATION"}},
            "again": {"value": None},
        },
    }


VALUE = """value source { key } sources { key } precedence observedAt state count isStale ageSeconds
window { kind days } windowStart windowEnd dimensions { name value } reason { code message }"""


async def test_a_metrics_value_tells_where_it_comes_from() -> None:
    atlas = an_atlas(
        a_metric("MT-1", window=Window(kind=WindowKind.TRAILING, days=30)),
        a_source("MT-1", "first", precedence=1),
        a_source("MT-1", "second", precedence=2),
    )
    api = an_api(atlas, [an_observation("7.5", source="second", end=date(2026, 11, 20))])

    data = await api.ask(f'{{ atlas {{ metric(key: "MT-1") {{ value {{ {VALUE} }} }} }} }}')

    assert data["atlas"]["metric"]["value"] == {
        "value": 7.5,
        "source": {"key": "MT-1:second"},
        "sources": [{"key": "MT-1:first"}, {"key": "MT-1:second"}],
        "precedence": 2,
        "observedAt": "2026-11-19T23:00:00+00:00",
        "state": "FINAL",
        "count": 1,
        "isStale": False,
        "ageSeconds": 2 * 86_400 + 13 * 3_600,  # until noon of the 22nd, in UTC
        "window": {"kind": "TRAILING", "days": 30},
        "windowStart": "2026-10-23T22:00:00+00:00",  # 30 days, the 22nd counted, in summer time
        "windowEnd": "2026-11-22T23:00:00+00:00",
        "dimensions": [],
        "reason": None,
    }


@pytest.mark.parametrize(
    ("arguments", "value"),
    [
        pytest.param("", 30.0, id="as the metric says"),
        pytest.param('asOf: "2026-10-31"', 20.0, id="another day"),
        pytest.param('asOf: "2026-08-01"', None, id="before there was anything"),
        pytest.param("window: {kind: TRAILING, days: 5}", None, id="another window"),
        pytest.param("window: {kind: TRAILING, days: 50}", 30.0, id="a longer window"),
        pytest.param('dimensions: [{name: "channel", value: "online"}]', 44.0, id="narrowed"),
        pytest.param('dimensions: [{name: "channel", value: "branch"}]', None, id="narrowed away"),
        pytest.param('cycle: "Q3-26"', 10.0, id="a cycle that is over"),
        pytest.param('window: {kind: CYCLE}, cycle: "Q4-26"', 30.0, id="since a cycle's start"),
        pytest.param("window: {kind: CYCLE}", None, id="since no cycle's start"),
    ],
)
async def test_a_metrics_value_is_asked_for_anew(arguments: str, value: float | None) -> None:
    quarter = a_cycle(
        "Q3-26", start=date(2026, 7, 1), end=date(2026, 9, 30), state=CycleState.CLOSED
    )
    online = {"channel": "online"}
    api = an_api(
        an_atlas(a_metric("MT-1"), quarter),
        [
            an_observation(10, end=date(2026, 9, 20)),
            an_observation(20, end=date(2026, 10, 20)),
            an_observation(30, end=date(2026, 11, 10)),
            an_observation(44, end=date(2026, 11, 10), dimensions=online),
        ],
    )
    asked = f"({arguments})" if arguments else ""

    data = await api.ask(
        f'{{ atlas {{ metric(key: "MT-1") {{ value{asked} {{ value reason {{ code }} }} }} }} }}'
    )

    found = data["atlas"]["metric"]["value"]
    assert found["value"] == value
    assert (found["reason"] is None) is (value is not None)


@pytest.mark.parametrize("metrics", [1, 12])
async def test_values_that_one_query_asks_for_are_read_in_one_statement(metrics: int) -> None:
    keys = [f"MT-{number}" for number in range(metrics)]
    api = an_api(
        an_atlas(*(a_metric(key) for key in keys)),
        [an_observation(7, metric=key, end=date(2026, 10, 1)) for key in keys],
    )

    data = await api.ask(
        """{ atlas { metrics { nodes { value(asOf: "2026-10-31") { value }
        again: value(window: {kind: TRAILING, days: 90}) { value } } } } }"""
    )

    assert (
        data["atlas"]["metrics"]["nodes"]
        == [{"value": {"value": 7.0}, "again": {"value": 7.0}}] * metrics
    )
    assert api.views.statements == 1


@pytest.mark.parametrize("parents", [1, 8])
async def test_lists_and_numbers_are_read_without_a_statement(parents: int) -> None:
    journeys = [a_journey(f"J{number}") for number in range(parents)]
    parts = [a_journey(f"{journey.key}-part") for journey in journeys]
    links = [
        a_link(journey.key, Relation.HAS_MICRO_JOURNEY, part.key)
        for journey, part in zip(journeys, parts, strict=True)
    ]
    links += [a_link(f"O-{journey.key}", Relation.ANCHORED_ON, journey.key) for journey in journeys]
    records = itertools.chain.from_iterable(
        (an_objective(f"O-{journey.key}"), a_key_result(f"O-{journey.key}-KR1"))
        for journey in journeys
    )
    api = an_api(an_atlas(*journeys, *parts, *records, a_metric("MT-1"), links=links))

    await api.ask(
        """{ atlas { journeys { nodes { key microJourneys { nodes { key } } health { state }
        progress { all { value } } objectives { nodes { progress { value } status { code }
        keyResults { progress { value } value { value } status { code } } } } } }
        metrics { nodes { value { value } freshness { isStale } } } } }"""
    )

    assert (api.views.statements, len(api.views.opened)) == (0, 1)


async def test_freshness_counts_the_asking_in_real_time_and_the_observing_to_the_asked_day(
    api: Api,
) -> None:
    def seconds(answer: Json) -> Json:
        freshness = answer["metric"]["freshness"]
        return freshness["ageSeconds"], freshness["askedSecondsAgo"]

    data = await api.ask(
        """{ then: atlas(asOf: "2026-10-31") { ...F } now: atlas { ...F } }
        fragment F on Atlas { metric(key: "MT-TRUST") {
        freshness { observedAt ageSeconds isStale askedAt askedSecondsAgo } } }"""
    )

    assert data["now"]["metric"]["freshness"]["askedAt"] == "2026-11-22T12:00:00+00:00"
    assert seconds(data["now"])[1] == seconds(data["then"])[1] == 0
    assert seconds(data["now"])[0] > seconds(data["then"])[0] >= 0


async def test_a_journeys_health_is_unknown_where_nothing_measures_it(api: Api) -> None:
    data = await api.ask(
        """{ atlas { measured: journey(key: "MJ1") { health { state }
        successMeasures { metric { key } state explanation current { value } }
        efficiency: successMeasures(dimension: EFFICIENCY) { dimension } }
        unmeasured: journey(key: "MJ5") { health { state measures { state } } } } }"""
    )

    measured = data["atlas"]["measured"]
    worst = max(
        (each["state"] for each in measured["successMeasures"] if each["state"] != "UNKNOWN"),
        key=["GOOD", "IMPROVING", "POOR"].index,
    )
    assert measured["health"]["state"] == worst
    assert {each["dimension"] for each in measured["efficiency"]} == {"EFFICIENCY"}
    assert len(measured["efficiency"]) < len(measured["successMeasures"])
    assert data["atlas"]["unmeasured"] == {"health": {"state": "UNKNOWN", "measures": []}}


async def test_delivery_and_outcome_are_two_numbers(api: Api) -> None:
    data = await api.ask(
        """{ atlas { opportunity(key: "OP2") { statement
        delivery { value released { key } counted { key } explain { formula } }
        outcome { value reason { code } } divergence } } }"""
    )

    opportunity = data["atlas"]["opportunity"]
    assert opportunity["delivery"] == {
        "value": 0.5,
        "released": [{"key": "S1"}],
        "counted": [{"key": "S1"}, {"key": "S3"}],
        "explain": {"formula": "solutions released / solutions not cancelled"},
    }
    assert opportunity["outcome"] == {"value": None, "reason": {"code": "NO_ITEMS"}}
    assert opportunity["divergence"] is None
    assert opportunity["statement"].startswith("In the Proving my income journey, we will let self")


async def test_a_number_is_exact_beside_its_float(api: Api) -> None:
    data = await api.ask(
        '{ atlas { keyResult(key: "O2-KR2") { progress { value valueExact rawExact } } } }'
    )

    assert data["atlas"]["keyResult"]["progress"] == {
        "value": 2 / 3,
        "valueExact": "0.6666666666666666666666666666666667",
        "rawExact": "0.6666666666666666666666666666666667",
    }
