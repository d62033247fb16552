"""One formula for each kind of key result, and the cases that other systems get wrong."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from domain.metric import ObservationState, Window, WindowKind
from domain.node import Node
from domain.okr import Bounds, KeyResult, KeyResultKind, Ladder, Milestone
from domain.progress import Progress, ProgressState, key_result_progress
from domain.reason import ReasonCode
from domain.view import View
from tests.builders import (
    TODAY,
    Fields,
    Number,
    a_key_result,
    a_metric,
    a_source,
    a_threshold,
    a_view,
    an_atlas,
    an_objective,
    an_observation,
    id_of,
)


def _progress(key_result: KeyResult, *, value: Number | None = None, **seen: Fields) -> Progress:
    metric = a_metric("MT-1")
    values = {} if value is None else {"MT-1": value}
    view = a_view(an_atlas(metric, an_objective("O1"), key_result), values=values, **seen)
    return key_result_progress(view, key_result)


def _weeks(*values: Number, first_end: date = date(2026, 10, 11), **fields: Fields) -> Fields:
    ends = [date.fromordinal(first_end.toordinal() + 7 * week) for week in range(len(values))]
    return [an_observation(v, end=end, **fields) for v, end in zip(values, ends, strict=True)]


@pytest.mark.parametrize(
    ("baseline", "target", "value", "raw", "state"),
    [
        pytest.param(200, 0, 100, "0.5", ProgressState.MEASURED, id="falling: -100/-200"),
        pytest.param(-12, 10, 3, "0.6818", ProgressState.MEASURED, id="across zero: 15/22"),
        pytest.param(-20, -50, -35, "0.5", ProgressState.MEASURED, id="below zero: -15/-30"),
        pytest.param(640, 480, 672, "-0.2", ProgressState.REGRESSED, id="worse: 32/-160"),
        pytest.param(62, "68.2", "69.5", "1.2097", ProgressState.EXCEEDED, id="over: 7.5/6.2"),
        pytest.param(0, 10, 0, "0", ProgressState.MEASURED, id="at the baseline"),
        pytest.param(0, 10, 10, "1", ProgressState.MEASURED, id="at the target"),
    ],
)
def test_a_change_is_measured_from_its_baseline_to_its_target(
    baseline: Number, target: Number, value: Number, raw: str, state: ProgressState
) -> None:
    progress = _progress(a_key_result(baseline=baseline, target=target), value=value)

    assert progress.raw is not None
    assert round(progress.raw, 4) == Decimal(raw)
    assert progress.value == min(max(progress.raw, Decimal(0)), Decimal(1))
    assert progress.state is state
    assert progress.data_coverage == 1


def test_a_third_keeps_34_digits() -> None:
    progress = _progress(a_key_result(baseline=0, target=3), value=1)

    assert str(progress.raw) == "0." + "3" * 34


def test_baseline_equal_to_target_is_indeterminate() -> None:
    progress = _progress(a_key_result(baseline=5, target=5), value=5)

    assert progress.value is None
    assert progress.state is ProgressState.INDETERMINATE
    assert progress.reason is not None
    assert progress.reason.code is ReasonCode.BASELINE_IS_TARGET


@pytest.mark.parametrize(
    ("key_result", "code"),
    [
        pytest.param(a_key_result(baseline=None), ReasonCode.NO_BASELINE, id="no baseline"),
        pytest.param(a_key_result(target=None), ReasonCode.NO_TARGET, id="no target"),
        pytest.param(a_key_result(metric=None), ReasonCode.NO_METRIC, id="no metric"),
        pytest.param(
            a_threshold(at_least=1, bounds=Bounds()), ReasonCode.NO_BOUNDS, id="no bounds"
        ),
        pytest.param(
            a_key_result(result_kind=KeyResultKind.MILESTONES, metric=None),
            ReasonCode.ALL_WEIGHTS_ZERO,
            id="no milestone",
        ),
        pytest.param(
            a_key_result(result_kind=KeyResultKind.ESTABLISH_BASELINE),
            ReasonCode.NOTHING_NEEDED,
            id="no number of values",
        ),
    ],
)
def test_what_contradicts_itself_is_indeterminate(key_result: KeyResult, code: ReasonCode) -> None:
    progress = _progress(key_result, value=5)

    assert (progress.raw, progress.value) == (None, None)
    assert progress.state is ProgressState.INDETERMINATE
    assert progress.reason is not None
    assert progress.reason.code is code


def test_no_value_is_no_data_and_never_0() -> None:
    progress = _progress(a_key_result())

    assert progress.value is None
    assert progress.state is ProgressState.NO_DATA
    assert progress.data_coverage == 0


def test_compliance_counts_met_periods_with_inclusive_bounds() -> None:
    weeks = _weeks(95, 94, 96, "95.0")

    progress = _progress(a_threshold(at_least=95), observations=weeks)

    assert progress.raw == Decimal("0.75")
    assert (progress.met_periods, progress.observed_periods) == (3, 4)
    assert progress.met_now is True


def test_a_threshold_met_last_week_and_missed_in_most_says_both() -> None:
    progress = _progress(a_threshold(at_most=10), observations=_weeks(11, 12, 13, 9))

    assert progress.met_now is True
    assert progress.value == Decimal("0.25")


@pytest.mark.parametrize(
    ("value", "is_met"),
    [
        pytest.param(9, False, id="below"),
        pytest.param(10, True, id="on the lower bound"),
        pytest.param(20, True, id="on the upper bound"),
        pytest.param(21, False, id="above"),
    ],
)
def test_a_range_holds_its_own_bounds(value: int, *, is_met: bool) -> None:
    progress = _progress(a_threshold(at_least=10, at_most=20), value=value)

    assert progress.met_now is is_met


def test_a_period_belongs_to_the_cycle_in_which_it_ends() -> None:
    before, across = date(2026, 1, 1), date(2026, 1, 5)
    weeks = [an_observation(1, end=before), an_observation(9, end=across)]

    progress = _progress(a_threshold(at_least=5), observations=weeks)

    assert (progress.met_periods, progress.observed_periods) == (1, 1)


def test_provisional_periods_do_not_count_yet() -> None:
    weeks = _weeks(9, 9)
    weeks[-1] = replace(weeks[-1], state=ObservationState.PROVISIONAL, value=Decimal(1))

    progress = _progress(a_threshold(at_least=5), observations=weeks)

    assert progress.observed_periods == 1
    assert progress.met_now is True


def test_only_provisional_periods_are_no_data() -> None:
    provisional = [an_observation(9, state=ObservationState.PROVISIONAL)]

    progress = _progress(a_threshold(at_least=5), observations=provisional)

    assert progress.state is ProgressState.NO_DATA
    assert progress.reason is not None
    assert "provisional" in progress.reason.message


def test_milestones_count_by_weight_once_they_are_done() -> None:
    milestones = (
        Milestone(title="first", weight=Decimal(3), done_at=date(2026, 3, 1)),
        Milestone(title="second", weight=Decimal(1)),
        Milestone(title="done later", weight=Decimal(1), done_at=date(2026, 12, 1)),
    )
    key_result = a_key_result(
        result_kind=KeyResultKind.MILESTONES, metric=None, milestones=milestones
    )

    assert _progress(key_result).raw == Decimal("0.6")  # 3 / 5


@pytest.mark.parametrize(
    ("done_at", "raw"),
    [
        pytest.param(None, 0, id="open"),
        pytest.param(TODAY, 1, id="done today"),
        pytest.param(date(2026, 11, 23), 0, id="done tomorrow"),
    ],
)
def test_a_ticked_binary_is_0_or_1(done_at: date | None, raw: int) -> None:
    key_result = a_key_result(result_kind=KeyResultKind.BINARY, metric=None, done_at=done_at)

    assert _progress(key_result).raw == raw


@pytest.mark.parametrize(
    ("value", "raw"),
    [
        pytest.param(None, None, id="unknown"),
        pytest.param(0, 0, id="no"),
        pytest.param("0.5", 0, id="half is not done"),
        pytest.param(1, 1, id="yes"),
        pytest.param(7, 1, id="more than yes"),
    ],
)
def test_a_measured_binary_is_0_or_1(value: Number | None, raw: int | None) -> None:
    key_result = a_key_result(result_kind=KeyResultKind.BINARY)

    assert _progress(key_result, value=value).raw == raw


@pytest.mark.parametrize(
    ("count", "raw"),
    [
        pytest.param(1, "0.25", id="1 of 4"),
        pytest.param(4, "1", id="4 of 4"),
        pytest.param(6, "1", id="6 of 4, at most 1"),
    ],
)
def test_a_baseline_is_established_value_by_value(count: int, raw: str) -> None:
    key_result = a_key_result(result_kind=KeyResultKind.ESTABLISH_BASELINE, values_needed=4)

    progress = _progress(key_result, observations=_weeks(*[1] * count, first_end=date(2026, 5, 1)))

    assert progress.raw == Decimal(raw)
    assert progress.state is ProgressState.MEASURED


def test_values_from_before_the_cycle_establish_no_baseline() -> None:
    key_result = a_key_result(result_kind=KeyResultKind.ESTABLISH_BASELINE, values_needed=4)
    old = [an_observation(1, end=date(2025, 12, 1))]

    progress = _progress(key_result, observations=old)

    assert progress.state is ProgressState.NO_DATA


RISING = Ladder(commit=Decimal(110), target=Decimal(120), stretch=Decimal(140))
FALLING = Ladder(commit=Decimal(80), target=Decimal(50), stretch=Decimal(0))


@pytest.mark.parametrize(
    ("ladder", "baseline", "target", "value", "score"),
    [
        pytest.param(FALLING, 100, 50, 0, "1", id="falling, at stretch"),
        pytest.param(FALLING, 100, 50, 50, "0.7", id="falling, at target"),
        pytest.param(FALLING, 100, 50, 90, "0.15", id="falling, half way to commit"),
        pytest.param(FALLING, 100, 50, 25, "0.85", id="falling, half way to stretch"),
        pytest.param(FALLING, 100, 50, 130, "0", id="falling, worse than the baseline"),
        pytest.param(RISING, 100, 120, 110, "0.3", id="rising, at commit"),
        pytest.param(RISING, 100, 120, 115, "0.5", id="rising, half way to target"),
        pytest.param(RISING, 100, 120, 200, "1", id="rising, beyond stretch"),
        pytest.param(FALLING, 10, 50, 20, None, id="rungs out of order"),
        pytest.param(None, 100, 120, 110, None, id="no ladder"),
    ],
)
def test_a_ladder_scores_apart_from_progress(
    ladder: Ladder | None, baseline: int, target: int, value: int, score: str | None
) -> None:
    key_result = a_key_result(baseline=baseline, target=target, ladder=ladder)

    progress = _progress(key_result, value=value)

    assert progress.score == (None if score is None else Decimal(score))
    assert progress.raw == _progress(replace(key_result, ladder=None), value=value).raw


def test_progress_of_a_closed_cycle_looks_at_its_last_day() -> None:
    late = an_observation(90, end=date(2027, 2, 1))
    in_time = an_observation(50, end=date(2026, 12, 31))

    progress = _progress(a_key_result(), observations=[late, in_time], today=date(2027, 3, 1))

    assert progress.raw == Decimal("0.5")


def test_a_key_result_narrows_its_metric_by_dimensions() -> None:
    online = an_observation(44, dimensions={"channel": "online"})
    branch = an_observation(70, dimensions={"channel": "branch"})
    key_result = a_key_result(dimensions=(("channel", "online"),))

    progress = _progress(key_result, observations=[online, branch, an_observation(60)])

    assert progress.raw == Decimal("0.44")


def test_a_key_result_narrows_its_metric_by_a_window_of_its_own() -> None:
    window = Window(kind=WindowKind.TRAILING, days=7)
    old = an_observation(50, end=date(2026, 11, 1))

    progress = _progress(a_key_result(window=window), observations=[old])

    assert progress.state is ProgressState.NO_DATA


def test_explain_lets_a_client_recompute_the_progress() -> None:
    progress = _progress(a_key_result(baseline=40, target=60), value=45)

    inputs = {each.name: each for each in progress.explain.inputs}

    assert progress.explain.formula == "(value - baseline) / (target - baseline)"
    assert {name: each.value for name, each in inputs.items()} == {
        "baseline": 40,
        "target": 60,
        "value": 45,
    }
    measured = inputs["value"]
    assert measured.metric == id_of("MT-1")
    assert measured.source == id_of("MT-1:csv")
    # midnight of the 22nd in Oslo, an hour ahead of UTC, until noon in UTC
    assert measured.observed_at == datetime(2026, 11, 21, 23, tzinfo=UTC)
    assert measured.age_seconds == 13 * 3_600


def test_the_source_that_comes_first_answers_if_it_has_anything() -> None:
    records: tuple[Node, ...] = (
        a_metric("MT-1"),
        a_source("MT-1", "manual", precedence=1),
        a_source("MT-1", "survey", precedence=0),
        an_objective("O1"),
        a_key_result(),
    )
    manual = an_observation(30, source="manual", end=TODAY)
    survey = an_observation(20, source="survey", end=date(2026, 9, 1))

    both = a_view(an_atlas(*records), observations=[manual, survey])
    only_manual = a_view(an_atlas(*records), observations=[manual])

    assert _value_of_first(both) == (Decimal("0.2"), id_of("MT-1:survey"))
    assert _value_of_first(only_manual) == (Decimal("0.3"), id_of("MT-1:manual"))


def _value_of_first(view: View) -> tuple[Decimal | None, str | None]:
    progress = key_result_progress(view, view.atlas.get(id_of("O1-KR1"), KeyResult))
    return progress.raw, progress.explain.inputs[-1].source


@pytest.mark.parametrize(
    ("end", "is_stale"),
    [
        # twice a month's 31 days before noon of 2026-11-22 is 2026-09-21, noon
        pytest.param(date(2026, 9, 22), False, id="just young enough"),
        pytest.param(date(2026, 9, 21), True, id="too old"),
    ],
)
def test_a_value_older_than_twice_the_cadence_is_stale(end: date, *, is_stale: bool) -> None:
    progress = _progress(a_key_result(), observations=[an_observation(1, end=end)])

    assert progress.is_stale is is_stale


def test_a_closed_cycle_does_not_grow_stale_with_time() -> None:
    last = an_observation(50, end=date(2026, 12, 20))

    progress = _progress(a_key_result(), observations=[last], today=date(2028, 1, 1))

    assert progress.is_stale is False
