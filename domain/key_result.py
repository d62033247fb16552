"""What a key result aims at, and what makes one contradict itself."""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType

from domain.errors import InvalidRecord
from domain.exact import decimal_of
from domain.metric import Metric, UnitKind
from domain.okr import (
    CHANGE_KINDS,
    THRESHOLD_KINDS,
    Bounds,
    ByHowMuch,
    HowMuchKind,
    KeyResult,
    KeyResultKind,
)
from domain.questions import illegal_window

SHARE_UNITS = (UnitKind.PERCENT, UnitKind.RATIO)
"""Units in which "by 20 %" could mean a fifth more or 20 points more."""


def target_of(key_result: KeyResult, metric: Metric) -> Decimal | None:
    """Give the value to reach in the metric's unit; None where the key result doesn't say one."""
    change = key_result.by_how_much
    if change is None:
        return None
    if change.kind is HowMuchKind.TO:
        return change.value
    if key_result.baseline is None:
        return None
    baseline = Fraction(key_result.baseline.value)
    return decimal_of(baseline + _difference(change, baseline, metric))


def check_key_result(key_result: KeyResult, metric: Metric | None) -> None:
    """Refuse a key result that contradicts itself or its metric, by its first problem."""
    for problem in problems_of(key_result, metric):
        raise problem


def problems_of(key_result: KeyResult, metric: Metric | None) -> list[InvalidRecord]:
    """List all that is wrong with a key result; paths are field names inside it."""
    return [
        *_metric_problems(key_result, metric),
        *_KIND_PROBLEMS[key_result.result_kind](key_result, metric),
        *_count_problems(key_result),
        *_stray_problems(key_result),
        *_ladder_problems(key_result),
    ]


def _difference(change: ByHowMuch, baseline: Fraction, metric: Metric) -> Fraction:
    amount = Fraction(change.value)
    if change.kind is HowMuchKind.BY_PERCENT:
        return baseline * amount / 100
    if change.kind is HowMuchKind.BY_POINTS and metric.unit.kind is UnitKind.RATIO:
        return amount / 100
    return amount


Problems = Iterator[InvalidRecord]

_MEASURED = (*CHANGE_KINDS, *THRESHOLD_KINDS, KeyResultKind.ESTABLISH_BASELINE)


def _metric_problems(key_result: KeyResult, metric: Metric | None) -> Problems:
    kind = key_result.result_kind
    if metric is None:
        if kind in _MEASURED:
            yield _problem(f"{kind} needs a metric.", "metric")
        return
    if kind is KeyResultKind.MILESTONES:
        yield _problem("MILESTONES are weighed by hand and take no metric.", "metric")
    illegal = illegal_window(metric, key_result.window or metric.window)
    if illegal is not None:
        yield _problem(illegal.message, "window", legal=("ALL",))


def _change_problems(key_result: KeyResult, metric: Metric | None) -> Problems:
    kind, change = key_result.result_kind, key_result.by_how_much
    if key_result.baseline is None:
        yield _problem(f"{kind} needs a baseline.", "baseline")
    if change is None:
        message = f"{kind} needs to say by how much, in exactly one way."
        yield _problem(message, "by_how_much", legal=tuple(HowMuchKind))
    if metric is None or change is None:
        return
    wrong_way = _wrong_way(change, key_result, metric)
    if wrong_way is not None:
        yield wrong_way
    elif key_result.baseline is not None:
        yield from _direction_problems(key_result, metric, key_result.baseline.value)


def _wrong_way(change: ByHowMuch, key_result: KeyResult, metric: Metric) -> InvalidRecord | None:
    """Refuse a way to say by how much that the unit or the baseline doesn't allow."""
    unit, baseline = metric.unit.kind, key_result.baseline
    if change.kind is HowMuchKind.BY_AMOUNT and unit in SHARE_UNITS:
        message = (
            f"BY_AMOUNT is ambiguous on {unit}: say BY_PERCENT for a relative change or BY_POINTS "
            "for percentage points."
        )
        return _how_much(message, HowMuchKind.BY_PERCENT, HowMuchKind.BY_POINTS)
    if change.kind is HowMuchKind.BY_POINTS and unit not in SHARE_UNITS:
        message = f"BY_POINTS are percentage points; {metric.key} is in {unit}."
        return _how_much(message, HowMuchKind.TO, HowMuchKind.BY_AMOUNT, HowMuchKind.BY_PERCENT)
    if change.kind is HowMuchKind.BY_PERCENT and baseline is not None and baseline.value <= 0:
        other = HowMuchKind.BY_POINTS if unit in SHARE_UNITS else HowMuchKind.BY_AMOUNT
        message = f"BY_PERCENT needs a baseline above 0; it is {baseline.value}."
        return _how_much(message, HowMuchKind.TO, other)
    return None


def _direction_problems(key_result: KeyResult, metric: Metric, baseline: Decimal) -> Problems:
    target = target_of(key_result, metric)
    if target is None:
        return
    rises = key_result.result_kind is KeyResultKind.INCREASE
    if target == baseline:
        yield _problem(f"Baseline and target are both {baseline}.", "by_how_much")
    elif (target > baseline) is not rises:
        fitting = KeyResultKind.DECREASE if rises else KeyResultKind.INCREASE
        message = (
            f"{key_result.result_kind} from {baseline} to {target} contradicts itself; changes are "
            "signed: a decrease by a fifth is -20 %."
        )
        yield _problem(message, "by_how_much", legal=(fitting,))


_NEEDED_BOUNDS = MappingProxyType(
    {
        KeyResultKind.STAY_ABOVE: ("lower",),
        KeyResultKind.STAY_BELOW: ("upper",),
        KeyResultKind.WITHIN_RANGE: ("lower", "upper"),
    }
)


def _threshold_problems(key_result: KeyResult, _: Metric | None) -> Problems:
    bounds = key_result.bounds or Bounds()
    given = {"lower": bounds.lower, "upper": bounds.upper}
    needed = _NEEDED_BOUNDS[key_result.result_kind]
    for side, value in given.items():
        if (value is not None) is not (side in needed):
            verb = "needs" if side in needed else "takes no"
            message = f"{key_result.result_kind} {verb} {side} bound."
            yield _problem(message, "bounds", side, legal=needed)
    if bounds.lower is not None and bounds.upper is not None and bounds.lower > bounds.upper:
        yield _problem(f"The bounds {bounds.lower} and {bounds.upper} leave no range.", "bounds")


def _milestone_problems(key_result: KeyResult, _: Metric | None) -> Problems:
    weights = [milestone.weight for milestone in key_result.milestones]
    for index, weight in enumerate(weights):
        if weight < 0:
            yield _problem(f"A weight is 0 or more; this is {weight}.", "milestones", index)
    if not any(weight > 0 for weight in weights):
        yield _problem("MILESTONES need one with a weight above 0.", "milestones")


def _binary_problems(key_result: KeyResult, metric: Metric | None) -> Problems:
    if metric is not None and key_result.done_at is not None:
        message = "BINARY is ticked by a person (done_at) or told by a metric, not both."
        yield _problem(message, "done_at")


def _baseline_problems(key_result: KeyResult, _: Metric | None) -> Problems:
    if key_result.values_needed is None or key_result.values_needed < 1:
        message = "ESTABLISH_BASELINE needs the number of values that make one, 1 or more."
        yield _problem(message, "values_needed")


_KIND_PROBLEMS: Mapping[KeyResultKind, Callable[[KeyResult, Metric | None], Problems]] = (
    MappingProxyType(
        {
            KeyResultKind.INCREASE: _change_problems,
            KeyResultKind.DECREASE: _change_problems,
            KeyResultKind.STAY_ABOVE: _threshold_problems,
            KeyResultKind.STAY_BELOW: _threshold_problems,
            KeyResultKind.WITHIN_RANGE: _threshold_problems,
            KeyResultKind.MILESTONES: _milestone_problems,
            KeyResultKind.BINARY: _binary_problems,
            KeyResultKind.ESTABLISH_BASELINE: _baseline_problems,
        }
    )
)


def _count_problems(key_result: KeyResult) -> Problems:
    if key_result.weight < 0:
        yield _problem(f"A weight is 0 or more; this is {key_result.weight}.", "weight")
    confidence = key_result.confidence
    if confidence is not None and not 0 <= confidence <= 1:
        yield _problem(f"Confidence is from 0 to 1; this is {confidence}.", "confidence")


def _stray_problems(key_result: KeyResult) -> Problems:
    """Refuse fields of another kind of key result: they would be ignored in silence."""
    kind = key_result.result_kind
    strays = {
        "by_how_much": key_result.by_how_much is not None and kind not in CHANGE_KINDS,
        "ladder": key_result.ladder is not None and kind not in CHANGE_KINDS,
        "bounds": key_result.bounds is not None and kind not in THRESHOLD_KINDS,
        "milestones": bool(key_result.milestones) and kind is not KeyResultKind.MILESTONES,
        "done_at": key_result.done_at is not None and kind is not KeyResultKind.BINARY,
        "values_needed": key_result.values_needed is not None
        and kind is not KeyResultKind.ESTABLISH_BASELINE,
    }
    for field, is_stray in strays.items():
        if is_stray:
            yield _problem(f"{kind} takes no {field}.", field)


def _ladder_problems(key_result: KeyResult) -> Problems:
    ladder, baseline = key_result.ladder, key_result.baseline
    if ladder is None or baseline is None or key_result.result_kind not in CHANGE_KINDS:
        return
    sign = 1 if key_result.result_kind is KeyResultKind.INCREASE else -1
    rungs = [sign * x for x in (baseline.value, ladder.commit, ladder.target, ladder.stretch)]
    if rungs != sorted(set(rungs)):
        order = "rise" if sign == 1 else "fall"
        message = f"Baseline, commit, target and stretch must {order} for {key_result.result_kind}."
        yield _problem(message, "ladder")


def _how_much(message: str, *legal: HowMuchKind) -> InvalidRecord:
    return _problem(message, "by_how_much", legal=legal)


def _problem(message: str, *path: str | int, legal: tuple[str, ...] = ()) -> InvalidRecord:
    return InvalidRecord(message, path=path, legal=legal)
