"""Numbers with their units, as people read them: 5 %, 3 days, NOK 12, 42 per 10,000."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType

from domain.exact import decimal_of
from domain.metric import SECONDS_PER, DurationUnit, Unit, UnitKind

DECIMALS_SHOWN = 4
"""Display rounds; the numbers themselves never do."""

MINUS = "\N{MINUS SIGN}"


def amount_text(value: Decimal, unit: Unit) -> str:
    """Write a value in its unit; a DURATION (seconds) in the unit it is displayed in."""
    return _WRITERS[unit.kind](value, unit)


def number_text(value: Decimal) -> str:
    """Write a number plainly: thousands apart, no trailing zeros, at most four decimals."""
    rounded = round(value, DECIMALS_SHOWN)
    whole, _, decimals = f"{abs(rounded):,.{DECIMALS_SHOWN}f}".partition(".")
    decimals = decimals.rstrip("0")
    text = f"{whole}.{decimals}" if decimals else whole
    return f"{MINUS}{text}" if rounded < 0 else text


def signed(text: str) -> str:
    """Put a plus before what has no minus."""
    return text if text.startswith(MINUS) else f"+{text}"


def _plain(value: Decimal, _: Unit) -> str:
    return number_text(value)


def _percent(value: Decimal, _: Unit) -> str:
    return f"{number_text(value)} %"


def _money(value: Decimal, unit: Unit) -> str:
    sign = MINUS if value < 0 else ""
    currency = f"{unit.currency} " if unit.currency else ""
    return f"{sign}{currency}{number_text(abs(value))}"


def _rate(value: Decimal, unit: Unit) -> str:
    return f"{number_text(value)} per {number_text(Decimal(unit.per or 1))}"


def _duration(value: Decimal, unit: Unit) -> str:
    shown_in = unit.display or DurationUnit.SECOND
    number = number_text(decimal_of(Fraction(value) / SECONDS_PER[shown_in]))
    plural = "" if number.removeprefix(MINUS) == "1" else "s"
    return f"{number} {shown_in.lower()}{plural}"


_WRITERS: Mapping[UnitKind, Callable[[Decimal, Unit], str]] = MappingProxyType(
    {
        UnitKind.PERCENT: _percent,
        UnitKind.RATIO: _plain,
        UnitKind.COUNT: _plain,
        UnitKind.SCORE: _plain,
        UnitKind.DURATION: _duration,
        UnitKind.MONEY: _money,
        UnitKind.RATE: _rate,
        UnitKind.NUMBER: _plain,
    }
)
