"""How far a key result has come: one formula for each of its kinds, with what went in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from types import MappingProxyType

from domain.cycle import Cycle
from domain.exact import ONE, ZERO, clamped, decimal_of
from domain.explain import Explain, Input, age_seconds
from domain.key_result import target_of
from domain.ladder import ladder_score
from domain.metric import Metric
from domain.okr import Bounds, KeyResult, KeyResultKind, ManualProgress, Milestone, Objective
from domain.questions import NO_BOUNDS, value_day
from domain.reason import MISSING_DATA, Reason, ReasonCode
from domain.staleness import is_older_than_cadence
from domain.value import MetricValue, Periods, metric_value, observed_periods, within
from domain.view import View, end_of, remembered


class ProgressState(StrEnum):
    """What kind of answer a progress is; the last two have no value."""

    MEASURED = "MEASURED"
    REGRESSED = "REGRESSED"
    EXCEEDED = "EXCEEDED"
    NO_DATA = "NO_DATA"
    INDETERMINATE = "INDETERMINATE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """What the 95 % interval around the last value would make of a progress.

    `lowest` and `highest` are the raw progress at its ends; `crosses_bound` tells of a threshold
    whether the interval holds values both inside and outside of the bounds.
    """

    lowest: Fraction
    highest: Fraction
    crosses_bound: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """A progress: `raw` as computed, `value` cut to 0..1; both None with the `reason`.

    `exact` is raw before it became a decimal, for further arithmetic. `data_coverage` is the share
    (0 to 1) of the counted weight that has a value. `is_stale`: the newest observation behind it is
    older than twice the metric's cadence; False where there is none.

    Key results: `score` (0 to 1) by the ladder, None without one. Thresholds: `met_now` tells the
    last FINAL period (None: none yet), `met_periods` of `observed_periods` met their bounds.
    `noise` is None where no standard error is known. Objectives: `manual` is the progress a person
    set, `computed` the rolled-up one that it stands beside.
    """

    raw: Decimal | None
    value: Decimal | None
    exact: Fraction | None
    state: ProgressState
    reason: Reason | None = None
    data_coverage: Decimal
    explain: Explain
    is_stale: bool = False
    score: Decimal | None = None
    met_now: bool | None = None
    met_periods: int | None = None
    observed_periods: int | None = None
    noise: Noise | None = None
    manual: ManualProgress | None = None
    computed: Decimal | None = None


def key_result_progress(view: View, key_result: KeyResult) -> Progress:
    """Give a key result's progress on the view's day, by the formula of its kind."""
    key = ("key_result_progress", key_result.id)
    return remembered(view, key, lambda: _FORMULAS[key_result.result_kind](view, key_result))


def key_result_value(view: View, key_result: KeyResult) -> MetricValue | None:
    """Give the value of a key result's metric, narrowed as it says; None without a metric.

    Its day is the view's, or the cycle's last once that is over.
    """
    metric = metric_of(view, key_result)
    if metric is None:
        return None
    return metric_value(
        view,
        metric,
        dimensions=key_result.dimensions,
        window=key_result.window,
        cycle=cycle_of(view, key_result),
    )


def measured(raw: Fraction, explain: Explain, *, coverage: Fraction = ONE) -> Progress:
    """Give the progress of a raw number."""
    state = ProgressState.MEASURED
    if raw < 0:
        state = ProgressState.REGRESSED
    elif raw > 1:
        state = ProgressState.EXCEEDED
    return Progress(
        raw=decimal_of(raw),
        value=decimal_of(clamped(raw)),
        exact=raw,
        state=state,
        data_coverage=decimal_of(coverage),
        explain=explain,
    )


def missing(reason: Reason, explain: Explain) -> Progress:
    """Give the progress that isn't there: NO_DATA, or INDETERMINATE where data wouldn't help."""
    lacks_data = reason.code in MISSING_DATA
    return Progress(
        raw=None,
        value=None,
        exact=None,
        state=ProgressState.NO_DATA if lacks_data else ProgressState.INDETERMINATE,
        reason=reason,
        data_coverage=Decimal(0),
        explain=explain,
    )


def cycle_of(view: View, key_result: KeyResult) -> Cycle:
    """Give the cycle of a key result's objective."""
    return view.atlas.get(view.atlas.get(key_result.objective, Objective).cycle, Cycle)


def metric_of(view: View, key_result: KeyResult) -> Metric | None:
    """Give a key result's metric; None where it has none."""
    return None if key_result.metric is None else view.atlas.get(key_result.metric, Metric)


def _change(view: View, key_result: KeyResult) -> Progress:
    metric, found = metric_of(view, key_result), key_result_value(view, key_result)
    if metric is None or found is None:
        return missing(_no_metric(key_result), Explain(formula=_CHANGE))
    baseline, target = key_result.baseline, target_of(key_result, metric)
    start = Input(name="baseline", value=baseline.value if baseline else None, metric=metric.id)
    end = Input(name="target", value=target, metric=metric.id)
    explain = Explain(formula=_CHANGE, inputs=(start, end, _value_input(view, found)))
    line = _line(start.value, end.value)
    if isinstance(line, Reason):
        return missing(line, explain)
    if found.value is None:
        return missing(found.reason or _no_metric(key_result), explain)
    return replace(
        measured(line.progress(Fraction(found.value)), explain),
        score=ladder_score(key_result, found.value),
        is_stale=_is_stale(view, key_result, metric, found.observed_at),
        noise=_change_noise(line, found),
    )


_CHANGE = "(value - baseline) / (target - baseline)"


@dataclass(frozen=True, slots=True)
class _Line:
    """The straight way from baseline (0) to target (1), upwards or downwards."""

    baseline: Fraction
    target: Fraction

    def progress(self, value: Fraction) -> Fraction:
        return (value - self.baseline) / (self.target - self.baseline)


def _line(baseline: Decimal | None, target: Decimal | None) -> _Line | Reason:
    if baseline is None:
        return Reason(ReasonCode.NO_BASELINE, "The key result has no baseline.")
    if target is None:
        return Reason(ReasonCode.NO_TARGET, "The key result doesn't say by how much.")
    if baseline == target:
        message = f"Baseline and target are both {baseline}: there is no way to measure along."
        return Reason(ReasonCode.BASELINE_IS_TARGET, message)
    return _Line(Fraction(baseline), Fraction(target))


_HALF_INTERVAL = Fraction(196, 100)
"""Standard errors on either side of a 95 % interval (normal distribution)."""


def _change_noise(line: _Line, found: MetricValue) -> Noise | None:
    if found.value is None or found.standard_error is None:
        return None
    value, half = Fraction(found.value), _HALF_INTERVAL * Fraction(found.standard_error)
    ends = sorted((line.progress(value - half), line.progress(value + half)))
    return Noise(lowest=ends[0], highest=ends[1])


def _threshold(view: View, key_result: KeyResult) -> Progress:
    metric = metric_of(view, key_result)
    if metric is None:
        return missing(_no_metric(key_result), Explain(formula=_COMPLIANCE))
    bounds = key_result.bounds or NO_BOUNDS
    periods = _periods(view, key_result, metric, bounds)
    explain = Explain(formula=_COMPLIANCE, inputs=_threshold_inputs(view, bounds, periods))
    if bounds == NO_BOUNDS:
        message = "The key result has no bounds to stay within."
        return missing(Reason(ReasonCode.NO_BOUNDS, message), explain)
    if periods.reason is not None:
        return missing(periods.reason, explain)
    compliance = Fraction(periods.met, periods.observed)
    return replace(
        measured(compliance, explain),
        is_stale=_is_stale(view, key_result, metric, periods.observed_at),
        met_now=periods.met_now,
        met_periods=periods.met,
        observed_periods=periods.observed,
        noise=_threshold_noise(bounds, periods, compliance),
    )


_COMPLIANCE = "met periods / observed periods"


def _threshold_inputs(view: View, bounds: Bounds, periods: Periods) -> tuple[Input, ...]:
    return (
        _count_input(view, "met periods", periods.met, periods),
        _count_input(view, "observed periods", periods.observed, periods),
        Input(name="lower bound", value=bounds.lower, metric=periods.metric),
        Input(name="upper bound", value=bounds.upper, metric=periods.metric),
        replace(_count_input(view, "last period", 0, periods), value=periods.last, is_plain=False),
    )


def _threshold_noise(bounds: Bounds, periods: Periods, compliance: Fraction) -> Noise | None:
    if periods.last is None or periods.standard_error is None:
        return None
    half = decimal_of(_HALF_INTERVAL * Fraction(periods.standard_error))
    low, high = periods.last - half, periods.last + half
    inside = [within(bounds, value) for value in (low, periods.last, high)]
    crosses = len(set(inside)) > 1
    return Noise(lowest=compliance, highest=compliance, crosses_bound=crosses)


def _milestones(view: View, key_result: KeyResult) -> Progress:
    day = value_day(view.today, cycle_of(view, key_result))
    weights = [Fraction(milestone.weight) for milestone in key_result.milestones]
    done = sum((Fraction(m.weight) for m in key_result.milestones if _is_done(m, day)), ZERO)
    total = sum(weights, ZERO)
    inputs = (
        Input(name="done weight", value=decimal_of(done)),
        Input(name="total weight", value=decimal_of(total)),
    )
    explain = Explain(formula="done weight / total weight", inputs=inputs)
    if total == 0:
        message = "The key result has no milestone with a weight."
        return missing(Reason(ReasonCode.ALL_WEIGHTS_ZERO, message), explain)
    return measured(done / total, explain)


def _is_done(milestone: Milestone, day: date) -> bool:
    return milestone.done_at is not None and milestone.done_at <= day


def _binary(view: View, key_result: KeyResult) -> Progress:
    metric, found = metric_of(view, key_result), key_result_value(view, key_result)
    if metric is None or found is None:
        day = value_day(view.today, cycle_of(view, key_result))
        is_done = key_result.done_at is not None and key_result.done_at <= day
        ticked = Input(name="done", value=Decimal(int(is_done)))
        explain = Explain(formula="1 where done, else 0", inputs=(ticked,))
        return measured(Fraction(int(is_done)), explain)
    explain = Explain(
        formula="1 where value is 1 or more, else 0", inputs=(_value_input(view, found),)
    )
    if found.value is None:
        return missing(found.reason or _no_metric(key_result), explain)
    is_stale = _is_stale(view, key_result, metric, found.observed_at)
    return replace(measured(Fraction(int(found.value >= 1)), explain), is_stale=is_stale)


def _establish_baseline(view: View, key_result: KeyResult) -> Progress:
    formula = "observed values / values needed, at most 1"
    metric = metric_of(view, key_result)
    if metric is None:
        return missing(_no_metric(key_result), Explain(formula=formula))
    periods = _periods(view, key_result, metric, NO_BOUNDS)
    needed = key_result.values_needed
    inputs = (
        _count_input(view, "observed values", periods.reported, periods),
        Input(name="values needed", value=None if needed is None else Decimal(needed)),
    )
    explain = Explain(formula=formula, inputs=inputs)
    if needed is None or needed < 1:
        message = "The key result doesn't say how many values make a baseline."
        return missing(Reason(ReasonCode.NOTHING_NEEDED, message), explain)
    if periods.reported == 0 and periods.reason is not None:
        return missing(periods.reason, explain)
    is_stale = _is_stale(view, key_result, metric, periods.observed_at)
    raw = min(ONE, Fraction(periods.reported, needed))
    return replace(measured(raw, explain), is_stale=is_stale)


def _periods(view: View, key_result: KeyResult, metric: Metric, bounds: Bounds) -> Periods:
    cycle = cycle_of(view, key_result)
    return observed_periods(view, metric, cycle, dimensions=key_result.dimensions, bounds=bounds)


def _is_stale(view: View, key_result: KeyResult, metric: Metric, end: datetime | None) -> bool:
    """Ask on the value's own day, so that a closed cycle's numbers don't grow stale with time."""
    day = value_day(view.today, cycle_of(view, key_result))
    return is_older_than_cadence(end, metric.cadence, min(view.instant, end_of(day, view.atlas)))


def _value_input(view: View, found: MetricValue) -> Input:
    return Input(
        name="value",
        value=found.value,
        metric=found.metric,
        observed_at=found.observed_at,
        source=found.source,
        age_seconds=age_seconds(found.observed_at, view.instant),
    )


def _count_input(view: View, name: str, count: int, periods: Periods) -> Input:
    return Input(
        name=name,
        value=Decimal(count),
        metric=periods.metric,
        observed_at=periods.observed_at,
        source=periods.source,
        age_seconds=age_seconds(periods.observed_at, view.instant),
        is_plain=True,
    )


def _no_metric(key_result: KeyResult) -> Reason:
    return Reason(ReasonCode.NO_METRIC, f"{key_result.key} has no metric.")


_FORMULAS: Mapping[KeyResultKind, Callable[[View, KeyResult], Progress]] = MappingProxyType(
    {
        KeyResultKind.INCREASE: _change,
        KeyResultKind.DECREASE: _change,
        KeyResultKind.STAY_ABOVE: _threshold,
        KeyResultKind.STAY_BELOW: _threshold,
        KeyResultKind.WITHIN_RANGE: _threshold,
        KeyResultKind.MILESTONES: _milestones,
        KeyResultKind.BINARY: _binary,
        KeyResultKind.ESTABLISH_BASELINE: _establish_baseline,
    }
)
