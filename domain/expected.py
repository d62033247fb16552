"""What progress is expected by a day: the curves of a cycle."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from types import MappingProxyType

from domain.cycle import Cycle
from domain.exact import ONE, ZERO
from domain.okr import CurveKind, ExpectedCurve


def expected_progress(curve: ExpectedCurve, cycle: Cycle, day: date) -> Fraction:
    """Give the progress (0 to 1) expected on a day: 0 until the first day, 1 after the last."""
    if day <= cycle.start:
        return ZERO
    if day > cycle.end:
        return ONE
    return _SHAPES[curve.kind](curve, cycle, day)


def elapsed_share(cycle: Cycle, day: date) -> Fraction:
    """Give whole days elapsed before a day / days of the cycle, its first and last counted."""
    return Fraction((day - cycle.start).days, (_after(cycle) - cycle.start).days)


def _after(cycle: Cycle) -> date:
    return cycle.end + timedelta(days=1)


def _linear(_: ExpectedCurve, cycle: Cycle, day: date) -> Fraction:
    return elapsed_share(cycle, day)


def _step(_: ExpectedCurve, __: Cycle, ___: date) -> Fraction:
    return ZERO


def _s_curve(_: ExpectedCurve, cycle: Cycle, day: date) -> Fraction:
    """3t² - 2t³ (smoothstep): slow at both ends, half at half-time."""
    t = elapsed_share(cycle, day)
    return 3 * t**2 - 2 * t**3


def _points(curve: ExpectedCurve, cycle: Cycle, day: date) -> Fraction:
    """Straight lines from 0 on the first day through the points to 1 after the last day."""
    dated = {cycle.start: ZERO, _after(cycle): ONE}
    dated.update((point.date, Fraction(point.progress)) for point in curve.points)
    for (left, low), (right, high) in pairwise(sorted(dated.items())):
        if left <= day < right:
            return low + (high - low) * Fraction((day - left).days, (right - left).days)
    return ONE


_SHAPES: Mapping[CurveKind, Callable[[ExpectedCurve, Cycle, date], Fraction]] = MappingProxyType(
    {
        CurveKind.LINEAR: _linear,
        CurveKind.STEP: _step,
        CurveKind.S_CURVE: _s_curve,
        CurveKind.POINTS: _points,
    }
)
