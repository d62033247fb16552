"""What a number is: units, and the exact steps between durations."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class UnitKind(StrEnum):
    """PERCENT is 0 to 100, RATIO 0 to 1, DURATION seconds, MONEY in a currency, RATE per n."""

    PERCENT = "PERCENT"
    RATIO = "RATIO"
    COUNT = "COUNT"
    SCORE = "SCORE"
    DURATION = "DURATION"
    MONEY = "MONEY"
    RATE = "RATE"
    NUMBER = "NUMBER"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A unit: `currency` (ISO 4217) belongs to MONEY, `per` (10000: per ten thousand) to RATE."""

    kind: UnitKind
    currency: str | None = None
    per: int | None = None

    def __post_init__(self) -> None:
        """Refuse a currency or a `per` where it has no meaning, and its lack where it has one."""
        if (self.currency is not None) != (self.kind is UnitKind.MONEY):
            message = f"A unit has a currency exactly when it is MONEY, got {self}."
            raise ValueError(message)
        if self.currency is not None and not _is_currency(self.currency):
            message = f"A currency is an ISO 4217 code such as NOK, got {self.currency!r}."
            raise ValueError(message)
        if (self.per is not None) != (self.kind is UnitKind.RATE):
            message = f"A unit has a `per` exactly when it is a RATE, got {self}."
            raise ValueError(message)
        if self.per is not None and self.per < 1:
            message = f"A rate is per 1 or more, got {self.per}."
            raise ValueError(message)


def _is_currency(text: str) -> bool:
    return len(text) == 3 and text.isascii() and text.isalpha() and text.isupper()  # noqa: PLR2004 -- ISO 4217


class Aggregation(StrEnum):
    """How values of several periods become one.

    WEIGHTED_MEAN weighs by sample size; RATIO is Σ numerator / Σ denominator. MEDIAN, UNIQUE and
    OPAQUE can't be aggregated again: the source is asked for exactly the period wanted.
    """

    SUM = "SUM"
    MEAN = "MEAN"
    WEIGHTED_MEAN = "WEIGHTED_MEAN"
    RATIO = "RATIO"
    MIN = "MIN"
    MAX = "MAX"
    LAST = "LAST"
    MEDIAN = "MEDIAN"
    UNIQUE = "UNIQUE"
    OPAQUE = "OPAQUE"


class DurationUnit(StrEnum):
    """Units in which sources tell durations; an observation's is always in seconds."""

    SECOND = "SECOND"
    MINUTE = "MINUTE"
    HOUR = "HOUR"
    DAY = "DAY"
    WEEK = "WEEK"

    @property
    def seconds(self) -> int:
        """How many seconds one lasts; a day has 24 hours, whatever the clocks do."""
        return _SECONDS[self]


_SECONDS: Final = {
    DurationUnit.SECOND: 1,
    DurationUnit.MINUTE: 60,
    DurationUnit.HOUR: 3_600,
    DurationUnit.DAY: 86_400,
    DurationUnit.WEEK: 604_800,
}
