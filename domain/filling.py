"""What stands in the gaps of a series."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise

from domain.exact import decimal_of


class Fill(StrEnum):
    """What a bucket without any observation shows.

    NONE: the bucket is left out. NULL: no value. ZERO: 0. PREVIOUS: the value before. LINEAR: the
    straight line, in time, between the values around it. What nothing was observed before (or, with
    LINEAR, after) stays without a value.
    """

    NONE = "NONE"
    NULL = "NULL"
    ZERO = "ZERO"
    PREVIOUS = "PREVIOUS"
    LINEAR = "LINEAR"


def fillings(
    fill: Fill, times: Sequence[datetime], values: Sequence[Decimal | None]
) -> list[Decimal | None]:
    """Give for each place what fills it, the value itself where there is one.

    `times` rise; `values` are None in the gaps.
    """
    match fill:
        case Fill.NONE | Fill.NULL:
            return list(values)
        case Fill.ZERO:
            return [Decimal(0) if value is None else value for value in values]
        case Fill.PREVIOUS:
            return _repeated(values)
        case Fill.LINEAR:
            return _lines(times, values)


def _repeated(values: Sequence[Decimal | None]) -> list[Decimal | None]:
    filled: list[Decimal | None] = []
    last: Decimal | None = None
    for value in values:
        last = last if value is None else value
        filled.append(last)
    return filled


_TICK = timedelta(microseconds=1)


def _lines(times: Sequence[datetime], values: Sequence[Decimal | None]) -> list[Decimal | None]:
    known = [(at, value) for at, value in enumerate(values) if value is not None]
    filled = list(values)
    for (left, low), (right, high) in pairwise(known):
        whole = times[right] - times[left]
        for at in range(left + 1, right):
            share = Fraction((times[at] - times[left]) // _TICK, whole // _TICK)
            filled[at] = decimal_of(Fraction(low) + share * (Fraction(high) - Fraction(low)))
    return filled
