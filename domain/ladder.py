"""The score of a key result's ladder: 0 at the baseline, 0.3, 0.7 and 1 at its three rungs."""

from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from domain.exact import ONE, ZERO, decimal_of
from domain.okr import KeyResult

RUNGS = (ZERO, Fraction(3, 10), Fraction(7, 10), ONE)


def ladder_score(key_result: KeyResult, value: Decimal | None) -> Decimal | None:
    """Score a value (0 to 1) by straight lines between the rungs, whichever way they lead.

    None without a ladder, a baseline or a value, and where the rungs are out of order.
    """
    ladder, baseline = key_result.ladder, key_result.baseline
    if ladder is None or baseline is None or value is None:
        return None
    rungs = (baseline.value, ladder.commit, ladder.target, ladder.stretch)
    sign = 1 if ladder.stretch > baseline.value else -1
    heights = [sign * Fraction(rung) for rung in rungs]
    if any(low >= high for low, high in pairwise(heights)):
        return None
    return decimal_of(_interpolated(heights, sign * Fraction(value)))


def _interpolated(heights: list[Fraction], height: Fraction) -> Fraction:
    if height <= heights[0]:
        return ZERO
    steps = zip(pairwise(heights), pairwise(RUNGS), strict=True)
    for (low, high), (worse, better) in steps:
        if height <= high:
            return worse + (better - worse) * (height - low) / (high - low)
    return ONE
