"""The sample bank's numbers, row by row as its reference gives them for 2026-11-22."""

from decimal import Decimal

import pytest

from domain.anchor import anchor_progress
from domain.okr import KeyResult, Objective
from domain.policies import StatusCode
from domain.progress import ProgressState, key_result_progress
from domain.reason import ReasonCode
from domain.rollup import objective_progress
from domain.status import key_result_status, objective_status
from domain.view import View
from tests.builders import id_of
from tests.unit.sample import the_sample_view


@pytest.fixture(scope="module")
def view() -> View:
    return the_sample_view()


def _key_result(view: View, key: str) -> KeyResult:
    return view.atlas.get(id_of(key), KeyResult)


def _objective(view: View, key: str) -> Objective:
    return view.atlas.get(id_of(key), Objective)


@pytest.mark.parametrize(
    ("key", "raw", "value"),
    [
        pytest.param("O1-KR1", "0.6000", "0.6000", id="trust (66.4-61)/9"),
        pytest.param("O1-KR2", "0.3500", "0.3500", id="satisfied (80.1-78)/6"),
        pytest.param("O1-KR3", "0.7500", "0.7500", id="complaints (33-42)/(30-42)"),
        pytest.param("O2-KR1", "0.7000", "0.7000", id="days to an offer (31-38)/(28-38)"),
        pytest.param("O2-KR2", "0.6667", "0.6667", id="adoption (57.2-52)/(59.8-52)"),
        pytest.param("O2-KR3", "-0.2000", "0", id="contacts (672-640)/(480-640)"),
        pytest.param("O3-KR1", "0.5250", "0.5250", id="pre-approval online (44.2-40)/(48-40)"),
        pytest.param("O3-KR2", "0.6000", "0.6000", id="self-employed (4.2-6)/(3-6)"),
        pytest.param("O4-KR1", "1.2097", "1", id="upload (69.5-62)/(68.2-62)"),
        pytest.param("O4-KR2", "0.4375", "0.4375", id="rejected (24-31)/(15-31)"),
        pytest.param("O5-KR1", "0.7143", "0.7143", id="disputes 5 of 7 weeks"),
        pytest.param("O8-KR1", "0.7000", "0.7000", id="last quarter (40.2-36)/(42-36)"),
        pytest.param("O10-KR1", "0.4700", "0.4700", id="savers (24.7-20)/(30-20)"),
        pytest.param("O11-KR1", "0.6429", "0.6429", id="leavers (17.5-22)/(15-22)"),
    ],
)
def test_a_key_result_has_its_golden_progress(view: View, key: str, raw: str, value: str) -> None:
    progress = key_result_progress(view, _key_result(view, key))

    assert _to_4_digits(progress.raw) == Decimal(raw)
    assert _to_4_digits(progress.value) == Decimal(value)


@pytest.mark.parametrize(
    ("key", "value", "code"),
    [
        # (2 x 0.6 + 0.35 + 0.75) / 4; 0.575 / 0.8904 = 0.646 of expected
        pytest.param("O1", "0.5750", StatusCode.OFF_TRACK, id="O1"),
        # (2 x 0.7 + 0.6667 + 0) / 4; 0.580 of expected
        pytest.param("O2", "0.5167", StatusCode.OFF_TRACK, id="O2"),
        # (2 x 0.525 + 0.6) / 3; 0.973 of expected
        pytest.param("O3", "0.5500", StatusCode.ON_TRACK, id="O3"),
        # the mean of 1 (69.5 is beyond the target) and 0.4375
        pytest.param("O4", "0.7188", StatusCode.ON_TRACK, id="O4"),
        # its one counted item is a threshold: met now, compliance below 0.9
        pytest.param("O5", "0.7143", StatusCode.AT_RISK, id="O5"),
        # the quarter is over, short of 1
        pytest.param("O8", "0.7000", StatusCode.MISSED, id="O8"),
        # 0.47 / 0.5652 = 0.83 of expected
        pytest.param("O10", "0.4700", StatusCode.AT_RISK, id="O10"),
        # on track by pace, capped by its guardrail: 6.1 of at most 5
        pytest.param("O11", "0.6429", StatusCode.AT_RISK, id="O11"),
    ],
)
def test_an_objective_has_its_golden_progress_and_status(
    view: View, key: str, value: str, code: StatusCode
) -> None:
    objective = _objective(view, key)

    progress = objective_progress(view, objective)
    status = objective_status(view, objective)

    assert _to_4_digits(progress.value) == Decimal(value)
    assert status.code is code


def test_an_objective_without_any_value_has_no_data(view: View) -> None:
    objective = _objective(view, "O7")

    progress = objective_progress(view, objective)

    assert progress.value is None
    assert progress.state is ProgressState.NO_DATA
    assert progress.data_coverage == 0
    assert objective_status(view, objective).code is StatusCode.NO_DATA


@pytest.mark.parametrize(
    ("key", "code"),
    [
        ("O7-KR1", ReasonCode.SOURCE_FAILING),
        ("O7-KR2", ReasonCode.NO_OBSERVATION),
        ("O7-KR3", ReasonCode.NO_OBSERVATION),
    ],
)
def test_a_key_result_without_a_value_says_why(view: View, key: str, code: ReasonCode) -> None:
    progress = key_result_progress(view, _key_result(view, key))

    assert progress.reason is not None
    assert progress.reason.code is code


def test_pace_gap_is_milder_with_the_savers_than_pace_ratio(view: View) -> None:
    savers = _objective(view, "O10")

    by_ratio = objective_status(view, savers, policy="pace-ratio")
    by_gap = objective_status(view, savers, policy="pace-gap")

    assert (by_ratio.code, by_gap.code) == (StatusCode.AT_RISK, StatusCode.ON_TRACK)
    assert _to_4_digits(by_gap.gap) == Decimal("0.0952")  # 52/92 - 0.47


def test_expected_progress_is_that_of_the_cycle(view: View) -> None:
    year = objective_status(view, _objective(view, "O1")).expected
    quarter = objective_status(view, _objective(view, "O3")).expected

    assert _to_4_digits(year) == Decimal("0.8904")  # 325/365
    assert _to_4_digits(quarter) == Decimal("0.5652")  # 52/92


def test_a_breached_guardrail_is_named_first(view: View) -> None:
    status = objective_status(view, _objective(view, "O11"))

    assert status.explanation.startswith("Breached: guardrail O11-KR2")


def test_a_met_guardrail_stays_out_of_the_average(view: View) -> None:
    objective = _objective(view, "O3")

    progress = objective_progress(view, objective)

    # averaged in as met, it would be (2 x 0.525 + 0.6 + 1) / 4 = 0.6625
    assert progress.value == Decimal("0.55")
    assert [each.node for each in progress.explain.excluded] == [id_of("O3-KR3")]
    assert key_result_status(view, _key_result(view, "O3-KR3")).code is StatusCode.ON_TRACK


@pytest.mark.parametrize(
    ("anchor", "cycle", "objectives", "value"),
    [
        pytest.param("OP1", "Q4-26", ["O11"], "0.6429", id="OP1 in Q4-26: O11"),
        pytest.param("OP2", "Q4-26", ["O4"], "0.7188", id="OP2 in Q4-26: O4"),
        pytest.param("MJ1", "FY26", ["O3", "O4", "O11"], "0.6372", id="MJ1 in FY26: O8 left out"),
    ],
)
def test_downstream_has_its_golden_mean(
    view: View, anchor: str, cycle: str, objectives: list[str], value: str
) -> None:
    beneath = anchor_progress(view, id_of(anchor), cycle=id_of(cycle)).downstream

    assert set(beneath.objectives) == {id_of(key) for key in objectives}
    assert _to_4_digits(beneath.value) == Decimal(value)


def _to_4_digits(number: Decimal | None) -> Decimal:
    assert number is not None
    return round(number, 4)
