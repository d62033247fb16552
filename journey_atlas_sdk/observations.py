"""What a connector delivers: observations, each of a period."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from typing import Final

from journey_atlas_sdk.errors import DataError
from journey_atlas_sdk.numbers import written_digits
from journey_atlas_sdk.texts import is_text

MOST_DIGITS: Final = 100
"""Of a number, written out in full: a quotient has 34, and may have noughts before them."""

LARGEST_SAMPLE: Final = 2**63 - 1

Dimensions = tuple[tuple[str, str], ...]
"""Pairs of (name, value): `(("channel", "online"),)`; empty: the whole, not broken down."""


class Grain(StrEnum):
    """How long a period is. TOTAL: any length. INSTANT: none, a level at a moment."""

    HOUR = "HOUR"
    DAY = "DAY"
    WEEK = "WEEK"
    MONTH = "MONTH"
    QUARTER = "QUARTER"
    YEAR = "YEAR"
    TOTAL = "TOTAL"
    INSTANT = "INSTANT"


class ObservationState(StrEnum):
    """PROVISIONAL values may still change at the source; FINAL ones are settled."""

    FINAL = "FINAL"
    PROVISIONAL = "PROVISIONAL"


class ObservationFlag(StrEnum):
    """What a reader should know of how a value was made.

    SAMPLED: from a part of the data. THRESHOLDED: small groups were left out. TRUNCATED: a limit
    cut it. APPROXIMATE: estimated. EMPTY: nothing happened. PARTIAL: not all of the period.
    """

    SAMPLED = "SAMPLED"
    THRESHOLDED = "THRESHOLDED"
    TRUNCATED = "TRUNCATED"
    APPROXIMATE = "APPROXIMATE"
    EMPTY = "EMPTY"
    PARTIAL = "PARTIAL"


@dataclass(frozen=True, slots=True)
class Window:
    """A half-open span of time, `start` < `end`. Aware times of any zone; kept in UTC."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        """Bring both ends to UTC; ValueError where the end is not after the start."""
        object.__setattr__(self, "start", _utc(self.start, "start"))
        object.__setattr__(self, "end", _utc(self.end, "end"))
        if self.start >= self.end:
            message = f"A window's end must come after its start, got {self.start} to {self.end}."
            raise ValueError(message)

    def holds(self, start: datetime, end: datetime) -> bool:
        """Say whether a period lies whole inside; an instant at the window's end does not."""
        return self.start <= start < self.end and end <= self.end


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One value of a metric over [start, end), in the unit that the metric's spec names.

    Identity: (metric, start, end, dimensions). The same identity with another value is a revision,
    so a source may be asked again at any time. A `value` of None says that nothing was measured in
    the period; it is never 0. `source_ref` leads a person to the number at its source.
    """

    metric: str
    start: datetime
    end: datetime
    value: Decimal | None
    dimensions: Dimensions = ()
    sample_size: int | None = None
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    standard_error: Decimal | None = None
    state: ObservationState = ObservationState.FINAL
    flags: frozenset[ObservationFlag] = frozenset()
    source_updated_at: datetime | None = None
    source_ref: str | None = None

    def __post_init__(self) -> None:
        """Put times in UTC and dimensions in order.

        TypeError for what only code gets wrong (naive times, floats), DataError for what a source
        can get wrong.
        """
        _check_types(self)
        for name in ("start", "end", "source_updated_at"):
            moment = getattr(self, name)
            if moment is not None:
                object.__setattr__(self, name, _utc(moment, name))
        object.__setattr__(self, "dimensions", tuple(sorted(self.dimensions)))
        for name in ("value", "numerator", "denominator", "standard_error"):
            _check_number(name, getattr(self, name))
        _check_contents(self)


def _utc(moment: datetime, name: str) -> datetime:
    if not isinstance(moment, datetime) or moment.tzinfo is None:  # pyright: ignore[reportUnnecessaryIsInstance]  # authors' code is not always typed
        message = f"`{name}` must be a datetime with a time zone, got {moment!r}."
        raise TypeError(message)
    return moment.astimezone(UTC)


def _check_types(seen: Observation) -> None:
    """Hold an author's code to the types: it is not always checked."""
    size: object = seen.sample_size
    pairs: Sequence[object] = seen.dimensions
    for name, is_right, wanted in (
        ("sample_size", size is None or type(size) is int, "an int or None"),
        ("state", type(seen.state) is ObservationState, "an ObservationState"),
        ("flags", all(type(f) is ObservationFlag for f in seen.flags), "ObservationFlags"),
        ("dimensions", all(map(_is_pair, pairs)), "pairs of texts"),
    ):
        if not is_right:
            message = f"`{name}` must be {wanted}, got {getattr(seen, name)!r}."
            raise TypeError(message)


def _is_pair(given: object) -> bool:
    match given:
        case (str(), str()):
            return True
        case _:
            return False


def _check_number(name: str, number: object) -> None:
    if number is None:
        return
    if not isinstance(number, Decimal):
        message = f"`{name}` must be a Decimal or None, got {number!r}; use parse_decimal."
        raise TypeError(message)
    if not number.is_finite():
        message = f"`{name}` must be a finite number, got {number}."
        raise DataError(message)
    if (digits := written_digits(number)) > MOST_DIGITS:
        message = f"`{name}` has {digits} digits, written out; {MOST_DIGITS} are kept at most."
        raise DataError(message)


def _check_contents(seen: Observation) -> None:
    message = _wrong_identity(seen) or _wrong_numbers(seen)
    if message:
        raise DataError(message)


def _wrong_identity(seen: Observation) -> str | None:
    if not seen.metric:
        return "An observation must name its metric."
    if seen.end < seen.start:
        return f"A period ends before it starts: {seen.start} to {seen.end}."
    if any(not name or not value for name, value in seen.dimensions):
        return "A dimension lacks its name or value."
    if not all(is_text(word) for pair in seen.dimensions for word in pair):
        return "A dimension holds what is no text."
    if any(one[0] == other[0] for one, other in pairwise(seen.dimensions)):
        return "A dimension is given twice."
    return None


def _wrong_numbers(seen: Observation) -> str | None:
    if seen.sample_size is not None and seen.sample_size < 0:
        return f"A sample size is below 0: {seen.sample_size}."
    if seen.sample_size is not None and seen.sample_size > LARGEST_SAMPLE:
        return f"A sample size is beyond all counting: {seen.sample_size}."
    if seen.standard_error is not None and seen.standard_error < 0:
        return f"A standard error is below 0: {seen.standard_error}."
    if (seen.numerator is None) != (seen.denominator is None):
        return "A numerator and its denominator come together or not at all."
    if seen.value is None and seen.denominator:
        return "The value is missing although its numerator and denominator are given."
    return None
