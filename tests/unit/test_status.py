"""Where key results and objectives stand, by each policy, before, in and after their cycle."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from domain.errors import Refused
from domain.okr import (
    CurveKind,
    ExpectedCurve,
    KeyResult,
    KeyResultKind,
    ManualProgress,
    Objective,
    RollupMode,
)
from domain.policies import POLICIES, Parameters, Policy, StatusCode, Verdict
from domain.status import Status, key_result_status, objective_status
from domain.view import View
from tests.builders import (
    NOW,
    TODAY,
    Fields,
    Number,
    a_cycle,
    a_key_result,
    a_metric,
    a_threshold,
    a_view,
    an_atlas,
    an_objective,
    an_observation,
    id_of,
)

AFTER_THE_END = date(2027, 1, 2)
THIRD_OF_JULY = date(2026, 7, 3)
"""183 of 365 days of the year have elapsed: 0.5014 is expected."""


def _view(*key_results: KeyResult, today: date = TODAY, **fields: Fields) -> View:
    """Give each key result `O1-KRn` a metric `MT-n`, with values by that number."""
    values: dict[str, Number] = fields.pop("values", {})
    observations = fields.pop("observations", ())
    metrics = [a_metric(f"MT-{n}") for n in range(1, 5)]
    objective = fields.pop("objective", an_objective("O1"))
    atlas = an_atlas(*metrics, objective, *key_results, **fields)
    return a_view(atlas, values=values, observations=observations, today=today)


def _status(key_result: KeyResult, *, today: date = TODAY, **asked: Fields) -> Status:
    values = asked.pop("values", {})
    observations = asked.pop("observations", ())
    view = _view(key_result, today=today, values=values, observations=observations)
    return key_result_status(view, key_result, **asked)


def _objective(view: View, **asked: Fields) -> Status:
    return objective_status(view, view.atlas.get(id_of("O1"), Objective), **asked)


@pytest.mark.parametrize(
    ("policy", "value", "code"),
    [
        # 0.9 and 0.7 of 183/365 are 0.45123 and 0.35096
        pytest.param("pace-ratio", "45.13", StatusCode.ON_TRACK, id="ratio: on track"),
        pytest.param("pace-ratio", "45.12", StatusCode.AT_RISK, id="ratio: at risk"),
        pytest.param("pace-ratio", "35.09", StatusCode.OFF_TRACK, id="ratio: off track"),
        # 10 and 25 points below it are 0.40137 and 0.25137
        pytest.param("pace-gap", "40.14", StatusCode.ON_TRACK, id="gap: on track"),
        pytest.param("pace-gap", "40.13", StatusCode.AT_RISK, id="gap: at risk"),
        pytest.param("pace-gap", "25.13", StatusCode.OFF_TRACK, id="gap: off track"),
        pytest.param("score-bands", "70", StatusCode.ON_TRACK, id="bands: on track"),
        pytest.param("score-bands", "40", StatusCode.AT_RISK, id="bands: at risk"),
        pytest.param("score-bands", "39.99", StatusCode.OFF_TRACK, id="bands: off track"),
    ],
)
def test_a_policy_judges_progress(policy: str, value: str, code: StatusCode) -> None:
    status = _status(a_key_result(), today=THIRD_OF_JULY, values={"MT-1": value}, policy=policy)

    assert status.code is code
    assert status.policy.id == policy


def test_a_policy_judges_exactly_at_its_threshold() -> None:
    # six of nine days are over; 0.9 x 2/3 is 0.6 exactly, which no rounded third gives
    sprint = a_cycle("sprint", start=date(2026, 11, 16), end=date(2026, 11, 24))
    atlas = an_atlas(sprint, a_metric(), an_objective("O1", "sprint"), a_key_result())

    status = _objective(a_view(atlas, values={"MT-1": 60}))

    assert status.code is StatusCode.ON_TRACK


def test_a_query_may_ask_for_other_parameters() -> None:
    strict = {"on_track": Decimal("0.8"), "at_risk": Decimal("0.75")}

    status = _status(a_key_result(), values={"MT-1": 78}, policy="score-bands", parameters=strict)

    assert status.code is StatusCode.AT_RISK
    assert status.policy.parameters == {**strict, "pass_mark": Decimal("0.9")}


def test_the_organization_sets_its_default_policy_and_parameters() -> None:
    bands: dict[str, Fields] = {
        "status_policy": "score-bands",
        "status_parameters": {"on_track": Decimal("0.5")},
    }
    view = _view(a_key_result(), values={"MT-1": 60}, **bands)

    own, other = _objective(view), _objective(view, policy="pace-ratio")

    assert (own.code, own.policy.id) == (StatusCode.ON_TRACK, "score-bands")
    # the parameters of its own policy don't leak into another
    assert other.policy.parameters == POLICIES["pace-ratio"].parameters


def test_an_unknown_policy_is_refused_and_the_legal_ones_named() -> None:
    with pytest.raises(Refused) as refused:
        _status(a_key_result(), policy="gut-feeling")

    assert refused.value.legal == ("pace-ratio", "pace-gap", "score-bands")


@pytest.mark.parametrize(
    ("parameters", "path"),
    [
        pytest.param({"on_tack": Decimal(1)}, ("parameters", "on_tack"), id="unknown"),
        pytest.param({"on_track": Decimal(-1)}, ("parameters", "on_track"), id="negative"),
        pytest.param({"on_track": Decimal("NaN")}, ("parameters", "on_track"), id="no number"),
    ],
)
def test_an_illegal_parameter_is_refused(parameters: Parameters, path: tuple[str, ...]) -> None:
    with pytest.raises(Refused) as refused:
        _status(a_key_result(), parameters=parameters)

    assert refused.value.path == path


def test_a_further_policy_can_be_registered() -> None:
    def judge(progress: Fraction, expected: Fraction, parameters: Parameters) -> Verdict:
        del progress, expected, parameters
        return Verdict(StatusCode.AT_RISK, "The weather is bad.")

    weather = Policy(id="weather", parameters={"pass_mark": Decimal(1)}, judge=judge)

    status = _status(
        a_key_result(), values={"MT-1": 99}, policy="weather", policies={"weather": weather}
    )

    assert status.code is StatusCode.AT_RISK
    assert status.explanation == "The weather is bad."


@pytest.mark.parametrize(
    ("value", "today", "code"),
    [
        pytest.param(99, date(2025, 12, 31), StatusCode.NOT_STARTED, id="before the cycle"),
        pytest.param(None, TODAY, StatusCode.NO_DATA, id="no value"),
        pytest.param(None, AFTER_THE_END, StatusCode.NO_DATA, id="no value, ever"),
        pytest.param(100, TODAY, StatusCode.ACHIEVED, id="at the target"),
        pytest.param(140, TODAY, StatusCode.ACHIEVED, id="beyond it"),
        pytest.param(99, date(2026, 12, 31), StatusCode.ON_TRACK, id="on the last day"),
    ],
)
def test_some_things_come_before_every_policy(
    value: Number | None, today: date, code: StatusCode
) -> None:
    values = {} if value is None else {"MT-1": value}

    assert _status(a_key_result(), today=today, values=values).code is code


@pytest.mark.parametrize(
    ("policy", "code"),
    [
        pytest.param("pace-ratio", StatusCode.MISSED, id="pace"),
        pytest.param("score-bands", StatusCode.ON_TRACK, id="its bands replace missed"),
    ],
)
def test_after_the_end_short_of_the_target(policy: str, code: StatusCode) -> None:
    seen = [an_observation(99, end=date(2026, 12, 1))]

    status = _status(a_key_result(), today=AFTER_THE_END, observations=seen, policy=policy)

    assert status.code is code


def test_expected_and_gap_come_with_the_status() -> None:
    status = _status(
        a_key_result(curve=ExpectedCurve(kind=CurveKind.S_CURVE)),
        today=THIRD_OF_JULY,
        values={"MT-1": 40},
    )

    # t = 183/365: 3t^2 - 2t^3 = 0.502055, and 0.4 of it is reached
    assert round(status.expected, 6) == Decimal("0.502055")
    assert status.gap is not None
    assert round(status.gap, 6) == Decimal("0.102055")
    assert "0.4000 against 0.5021 expected" in status.explanation


def _weeks(*values: Number) -> Fields:
    """Give one observation a week that ends on Sundays from 2026-10-04 on."""
    ends = [date.fromordinal(date(2026, 10, 4).toordinal() + 7 * n) for n in range(len(values))]
    return [an_observation(value, end=end) for value, end in zip(values, ends, strict=True)]


@pytest.mark.parametrize(
    ("weeks", "today", "code"),
    [
        pytest.param((5, 5, 5), TODAY, StatusCode.ON_TRACK, id="always met"),
        pytest.param((9, 5, 5), TODAY, StatusCode.AT_RISK, id="met now, too often broken"),
        pytest.param((5, 5, 9), TODAY, StatusCode.OFF_TRACK, id="broken now"),
        pytest.param((5, 5, 9), AFTER_THE_END, StatusCode.MISSED, id="over, too often broken"),
        pytest.param(
            (*[5] * 9, 9), AFTER_THE_END, StatusCode.ACHIEVED, id="over, 9 of 10 met: passes"
        ),
    ],
)
def test_a_threshold_is_judged_by_now_and_by_compliance(
    weeks: tuple[int, ...], today: date, code: StatusCode
) -> None:
    status = _status(a_threshold(at_most=6), today=today, observations=_weeks(*weeks))

    assert status.code is code


def test_the_pass_mark_is_a_parameter() -> None:
    lenient = {"pass_mark": Decimal("0.5")}

    status = _status(a_threshold(at_most=6), observations=_weeks(9, 5, 5), parameters=lenient)

    assert status.code is StatusCode.ON_TRACK


@pytest.mark.parametrize(
    ("today", "code"),
    [
        pytest.param(TODAY, StatusCode.ON_TRACK, id="in the cycle: by pace"),
        pytest.param(AFTER_THE_END, StatusCode.ACHIEVED, id="after the end"),
    ],
)
def test_an_established_baseline_is_achieved_when_the_cycle_is_over(
    today: date, code: StatusCode
) -> None:
    key_result = a_key_result(result_kind=KeyResultKind.ESTABLISH_BASELINE, values_needed=2)

    assert _status(key_result, today=today, observations=_weeks(1, 2)).code is code


@pytest.mark.parametrize(
    ("error", "is_within_noise"),
    [
        pytest.param(None, None, id="no standard error known"),
        # 0.9 of 325/365 is 0.8014; 81 +- 1.96 x 0.4 reaches down to 80.2
        pytest.param("0.4", False, id="the interval stays above"),
        pytest.param("0.5", True, id="the interval reaches below"),
    ],
)
def test_noise_that_could_change_the_status_is_told(
    error: str | None, *, is_within_noise: bool | None
) -> None:
    survey = an_observation(81, standard_error=None if error is None else Decimal(error))

    status = _status(a_key_result(), observations=[survey])

    assert status.code is StatusCode.ON_TRACK
    assert status.is_within_noise is is_within_noise


@pytest.mark.parametrize(
    ("error", "is_within_noise"),
    [pytest.param("0.4", False, id="clear"), pytest.param("0.6", True, id="across the bound")],
)
def test_noise_around_a_bound_is_told(error: str, *, is_within_noise: bool) -> None:
    survey = an_observation(5, standard_error=Decimal(error))

    status = _status(a_threshold(at_most=6), observations=[survey])

    assert status.is_within_noise is is_within_noise


def test_a_stale_source_is_told_beside_the_status() -> None:
    old = an_observation(95, end=date(2026, 5, 1))

    status = _status(a_key_result(), observations=[old])

    assert status.is_stale
    assert "stale" in status.explanation


def test_an_objective_is_stale_with_any_counted_item() -> None:
    old = an_observation(95, end=date(2026, 5, 1), metric="MT-2")
    view = _view(
        a_key_result("O1-KR1", metric="MT-1"),
        a_key_result("O1-KR2", metric="MT-2"),
        values={"MT-1": 95},
        observations=[old],
    )

    assert _objective(view).is_stale


@pytest.mark.parametrize(
    ("guardrail", "value"),
    [
        pytest.param(
            a_threshold("O1-KR2", at_most=5, metric="MT-2", is_guardrail=True), 6, id="threshold"
        ),
        pytest.param(
            a_key_result("O1-KR2", metric="MT-2", is_guardrail=True), -1, id="worse than before"
        ),
        pytest.param(a_key_result("O1-KR2", metric="MT-2", is_guardrail=True), 10, id="off track"),
    ],
)
@pytest.mark.parametrize(
    ("progress", "code"),
    [
        pytest.param(100, StatusCode.AT_RISK, id="achieved is capped"),
        pytest.param(95, StatusCode.AT_RISK, id="on track is capped"),
        pytest.param(10, StatusCode.OFF_TRACK, id="off track stays"),
    ],
)
def test_a_breached_guardrail_caps_the_objective(
    guardrail: KeyResult, value: Number, progress: Number, code: StatusCode
) -> None:
    view = _view(a_key_result("O1-KR1"), guardrail, values={"MT-1": progress, "MT-2": value})

    status = _objective(view)

    assert status.code is code
    assert status.explanation.startswith("Breached: guardrail O1-KR2")


def test_a_guardrail_without_data_is_named_and_caps_nothing() -> None:
    guardrail = a_threshold("O1-KR2", at_most=5, metric="MT-2", is_guardrail=True)

    status = _objective(_view(a_key_result(), guardrail, values={"MT-1": 95}))

    assert status.code is StatusCode.ON_TRACK
    assert "guardrail O1-KR2" in status.explanation


def test_an_objective_of_thresholds_takes_the_worst_of_them() -> None:
    met = a_threshold("O1-KR1", at_most=5, metric="MT-1")
    broken = a_threshold("O1-KR2", at_most=5, metric="MT-2")
    unknown = a_threshold("O1-KR3", at_most=5, metric="MT-3")

    status = _objective(_view(met, broken, unknown, values={"MT-1": 5, "MT-2": 6}))

    assert status.code is StatusCode.OFF_TRACK
    assert status.explanation.startswith("O1-KR2 decides")


def test_an_objective_with_a_threshold_is_not_achieved_before_the_end() -> None:
    key_results = (a_key_result("O1-KR1"), a_threshold("O1-KR2", at_most=5, metric="MT-2"))
    values = {"MT-1": 100, "MT-2": 5}

    on_the_last_day = _objective(_view(*key_results, values=values, today=date(2026, 12, 31)))

    # its progress is 1, but the threshold can still be broken
    assert on_the_last_day.code is StatusCode.ON_TRACK


def test_an_objective_is_achieved_when_all_that_it_counts_is() -> None:
    threshold = a_threshold("O1-KR2", at_most=6, metric="MT-2")
    weeks = [
        an_observation(value, end=date(2026, 6, day), metric="MT-2")
        for day, value in enumerate((*[5] * 9, 9), start=1)
    ]
    done = an_observation(100, end=date(2026, 12, 1))

    view = _view(
        a_key_result("O1-KR1"), threshold, today=AFTER_THE_END, observations=[*weeks, done]
    )

    # progress is (1 + 0.9) / 2, yet 0.9 passes
    assert _objective(view).code is StatusCode.ACHIEVED


def test_a_manual_objective_is_judged_by_the_manual_value() -> None:
    stated = ManualProgress(value=Decimal("0.95"), by=None, at=NOW, reason="They said so.")
    objective = an_objective("O1", rollup=RollupMode.MANUAL, manual_progress=stated)

    status = _objective(_view(a_key_result(), objective=objective, values={"MT-1": 5}))

    assert status.code is StatusCode.ON_TRACK


def test_overdue_is_unknown_as_long_as_no_check_ins_are_kept() -> None:
    assert _status(a_key_result(), values={"MT-1": 5}).is_overdue is None
