"""The public scalars: all are written as strings, but `JSON`."""

import contextlib
import re
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import NewType, TypeVar

import strawberry
from strawberry.types.scalar import ScalarDefinition

from api.years import FIRST_YEAR, LAST_YEAR

T = TypeVar("T")

JSON = NewType("JSON", object)
"""Any JSON value; only where its shape isn't ours to say."""

DIGITS_AT_MOST = 40
"""More are a mistake or an attack: "1e999999999" is short, and its fraction fills the memory."""

_A_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def _read_day(value: object) -> date:
    if isinstance(value, str) and _A_DAY.fullmatch(value):
        with contextlib.suppress(ValueError):
            day = date.fromisoformat(value)
            if FIRST_YEAR <= day.year <= LAST_YEAR:
                return day
    message = f"a Date is written YYYY-MM-DD, from {FIRST_YEAR} to {LAST_YEAR}"
    raise ValueError(message)


def _read_moment(value: object) -> datetime:
    if isinstance(value, str) and "T" in value:
        with contextlib.suppress(ValueError):
            moment = datetime.fromisoformat(value)
            if moment.tzinfo is not None and FIRST_YEAR <= moment.year <= LAST_YEAR:
                return moment
    message = "a DateTime is written with its offset, such as 2026-11-22T12:00:00Z"
    raise ValueError(message)


def _read_decimal(value: object) -> Decimal:
    # A bool is an int to Python; a float has lost its exact value, but short ones print back.
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        with contextlib.suppress(InvalidOperation, ValueError):
            number = Decimal(str(value))
            if number.is_finite() and _is_of_this_world(number):
                return number
    message = (
        f"a Decimal is a number of at most {DIGITS_AT_MOST} digits before and after the point, "
        'best written as a string ("0.9")'
    )
    raise ValueError(message)


def _is_of_this_world(number: Decimal) -> bool:
    digits, exponent = number.as_tuple()[1:]
    return len(digits) <= 2 * DIGITS_AT_MOST and -DIGITS_AT_MOST <= int(exponent) <= DIGITS_AT_MOST


def _write_decimal(value: Decimal) -> str:
    return format(value, "f")


def _as_it_is(value: T) -> T:
    return value


SCALARS: MappingProxyType[object, ScalarDefinition] = MappingProxyType(
    {
        date: strawberry.scalar(
            name="Date",
            description="A day, written 2026-11-22, in the organization's time zone.",
            serialize=date.isoformat,
            parse_value=_read_day,
        ),
        datetime: strawberry.scalar(
            name="DateTime",
            description="A moment with its offset, written 2026-11-22T12:00:00+00:00.",
            serialize=datetime.isoformat,
            parse_value=_read_moment,
        ),
        Decimal: strawberry.scalar(
            name="Decimal",
            description=(
                "An exact decimal number, written as a string without an exponent. A quotient that "
                "doesn't end is exact to 34 significant digits."
            ),
            serialize=_write_decimal,
            parse_value=_read_decimal,
        ),
        JSON: strawberry.scalar(
            name="JSON",
            description="A JSON value whose shape isn't the API's to say.",
            serialize=_as_it_is,
            parse_value=_as_it_is,
        ),
    }
)
