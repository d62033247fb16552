"""What is expected by a day: the four curves over the last quarter of 2026 (92 days)."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from domain.expected import expected_progress
from domain.okr import CurveKind, CurvePoint, ExpectedCurve
from tests.builders import a_cycle, a_quarter

HALF_TIME = date(2026, 11, 16)
"""46 of 92 days have elapsed."""

POINTS = ExpectedCurve(
    kind=CurveKind.POINTS,
    points=(
        CurvePoint(date=HALF_TIME, progress=Decimal("0.2")),
        CurvePoint(date=date(2026, 12, 9), progress=Decimal("0.8")),
    ),
)


def _curve(kind: CurveKind) -> ExpectedCurve:
    return ExpectedCurve(kind=kind)


@pytest.mark.parametrize(
    ("curve", "day", "expected"),
    [
        pytest.param(_curve(CurveKind.LINEAR), date(2026, 9, 1), "0", id="before the cycle"),
        pytest.param(_curve(CurveKind.LINEAR), date(2026, 10, 1), "0", id="on the first day"),
        pytest.param(_curve(CurveKind.LINEAR), date(2026, 11, 22), "52/92", id="linear"),
        pytest.param(_curve(CurveKind.LINEAR), date(2026, 12, 31), "91/92", id="on the last day"),
        pytest.param(_curve(CurveKind.LINEAR), date(2027, 1, 1), "1", id="after the end"),
        pytest.param(_curve(CurveKind.STEP), date(2026, 12, 31), "0", id="step: nothing yet"),
        pytest.param(_curve(CurveKind.STEP), date(2027, 1, 1), "1", id="step: all at the end"),
        pytest.param(_curve(CurveKind.S_CURVE), HALF_TIME, "1/2", id="s-curve at half-time"),
        # t = 23/92 = 1/4: 3/16 - 2/64
        pytest.param(_curve(CurveKind.S_CURVE), date(2026, 10, 24), "5/32", id="s-curve starts"),
        pytest.param(POINTS, HALF_TIME, "1/5", id="on a point"),
        # 23 of the 46 days from the first day to the first point
        pytest.param(POINTS, date(2026, 10, 24), "1/10", id="before the first point"),
        # 23 days lie between the points: 0.2 + 0.6 x 10/23
        pytest.param(POINTS, date(2026, 11, 26), "53/115", id="between points"),
        # 23 days lie after the last point: 0.8 + 0.2 x 1/23
        pytest.param(POINTS, date(2026, 12, 10), "93/115", id="after the last point"),
    ],
)
def test_a_curve_expects(curve: ExpectedCurve, day: date, expected: str) -> None:
    assert expected_progress(curve, a_quarter(), day) == Fraction(expected)


def test_a_year_counts_its_first_and_last_day() -> None:
    linear = _curve(CurveKind.LINEAR)

    assert expected_progress(linear, a_cycle(), date(2026, 11, 22)) == Fraction(325, 365)
