"""Numbers as sources write them, read strictly: a wrong number is worse than none."""

import re
from collections.abc import Collection
from decimal import Context, Decimal
from typing import Final, Literal

from journey_atlas_sdk.errors import DataError

_SPACES = " \u00a0\u202f"
_MOST_DIGITS = 40
_SHOWN = 40

QUOTIENT: Final = Context(prec=34)
"""To how many digits a division is carried out; the atlas keeps all of them."""

EXACT: Final = Context(prec=120)
"""In which no product of two legal numbers is rounded, nor a sum of very many."""


def parse_decimal(
    text: str | float | Decimal | None,
    *,
    decimal: Literal[".", ","] = ".",
    thousands: Literal[".", ",", " ", "'"] | None = None,
    missing: Collection[str] = (),
) -> Decimal | None:
    """Read one number exactly; None for None, for an empty text and for the words in `missing`.

    DataError for all else that isn't a number: "N/A" unless it is in `missing`, "37%", "NaN" and
    "inf", and "1,234" or "1.234,5" unless the marks say what they mean. `thousands` " " stands
    for no-break spaces too. A float counts as the shortest decimal that reads back as it.
    """
    if text is None:
        return None
    if not isinstance(text, str):
        return _bounded(_from_number(text), text)
    written = text.strip()
    if not written or written in missing:
        return None
    if not _pattern(decimal, thousands).fullmatch(written):
        message = f"{_shown(text)} is not a number{_hint(written, decimal)}."
        raise DataError(message)
    return _bounded(Decimal(_plain(written, decimal, thousands)), text)


def quotient(numerator: Decimal, denominator: Decimal) -> Decimal | None:
    """Divide to 34 digits; None where the denominator is 0: nothing was measured, it isn't 0."""
    return QUOTIENT.divide(numerator, denominator) if denominator else None


def written_digits(number: Decimal) -> int:
    """Count the digits of a finite number, written out in full: a short exponent hides many."""
    exponent = number.as_tuple().exponent
    fraction = max(-exponent, 0) if isinstance(exponent, int) else 0
    return max(number.adjusted() + 1, 1) + fraction


def _from_number(number: float | Decimal) -> Decimal:
    if isinstance(number, bool):
        message = f"{number} is not a number."
        raise DataError(message)
    return number if isinstance(number, Decimal) else Decimal(str(number))


def _bounded(number: Decimal, text: object) -> Decimal:
    if not number.is_finite() or written_digits(number) > _MOST_DIGITS:
        message = f"{_shown(text)} is not a finite number of at most {_MOST_DIGITS} digits."
        raise DataError(message)
    return number


def _pattern(decimal: str, thousands: str | None) -> re.Pattern[str]:
    if decimal == thousands:
        message = f"The decimal mark and the thousands separator are both {decimal!r}."
        raise ValueError(message)
    whole = "[0-9]+"
    if thousands is not None:
        separator = f"[{_SPACES}]" if thousands == " " else re.escape(thousands)
        whole = rf"(?:[0-9]{{1,3}}(?:{separator}[0-9]{{3}})+|[0-9]+)"
    fraction = rf"{re.escape(decimal)}[0-9]+"
    return re.compile(rf"[+-]?(?:{whole}(?:{fraction})?|{fraction})(?:[eE][+-]?[0-9]{{1,2}})?")


def _plain(written: str, decimal: str, thousands: str | None) -> str:
    for separator in _SPACES if thousands == " " else thousands or "":
        written = written.replace(separator, "")
    return written.replace(decimal, ".")


def _hint(written: str, decimal: str) -> str:
    if written.endswith("%"):
        return "; write it without the percent sign"
    if "," in written or "." in written:
        return f", with {decimal!r} as the decimal mark"
    return ""


def _shown(text: object) -> str:
    shown = repr(text)
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"
