"""Exact arithmetic: fractions inside, a decimal at the edge.

A division of decimals is rounded, and a rounded third decides a status wrongly at its threshold.
So formulas run on fractions, and only results become decimals.
"""

from collections.abc import Iterable
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction

DIGITS = 34
"""Significant digits (IEEE decimal128) of a decimal that doesn't end, such as a third."""

_AT_THE_EDGE = Context(prec=DIGITS, rounding=ROUND_HALF_EVEN)

ZERO = Fraction(0)
ONE = Fraction(1)


def decimal_of(number: Fraction) -> Decimal:
    """Give the decimal of a fraction: exact where it ends, else to 34 significant digits."""
    return _AT_THE_EDGE.divide(Decimal(number.numerator), Decimal(number.denominator))


def clamped(number: Fraction) -> Fraction:
    """Cut a number to 0..1."""
    return min(max(number, ZERO), ONE)


def mean_of(decimals: Iterable[Decimal]) -> Fraction | None:
    """Give the plain mean, None of nothing; the order of the numbers doesn't matter."""
    numbers = [Fraction(number) for number in decimals]
    return sum(numbers, ZERO) / len(numbers) if numbers else None
