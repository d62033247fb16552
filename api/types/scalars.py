"""The public scalars: all are written as strings, but `JSON`."""

import contextlib
import re
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import NewType, TypeVar

import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

T = TypeVar("T")

JSON = NewType("JSON", object)
"""Any JSON value; only where its shape isn't ours to say."""

FIRST_YEAR, LAST_YEAR = 1900, 2999
"""Days further away are mistakes, and near the calendar's ends arithmetic fails."""

_A_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def _read_day(value: object) -> date:
    if isinstance(value, str) and _A_DAY.fullmatch(value):
        with contextlib.suppress(ValueError):
            day = date.fromisoformat(value)
            if FIRST_YEAR <= day.year <= LAST_YEAR:
                return day
    message = (
        f"A Date is written YYYY-MM-DD, from {FIRST_YEAR} to {LAST_YEAR}; this is {_shown(value)}."
    )
    raise GraphQLError(message)


def _read_moment(value: object) -> datetime:
    if isinstance(value, str) and "T" in value:
        with contextlib.suppress(ValueError):
            moment = datetime.fromisoformat(value)
            if moment.tzinfo is not None and FIRST_YEAR <= moment.year <= LAST_YEAR:
                return moment
    message = (
        f"A DateTime is written 2026-11-22T12:00:00Z, with its offset; this is {_shown(value)}."
    )
    raise GraphQLError(message)


def _read_decimal(value: object) -> Decimal:
    # A bool is an int to Python; a float has lost its exact value, but short ones print back.
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        try:
            number = Decimal(str(value))
        except InvalidOperation:
            number = Decimal("NaN")
        if number.is_finite():
            return number
    message = f'A Decimal is a number, best written as a string ("0.9"); this is {_shown(value)}.'
    raise GraphQLError(message)


def _write_decimal(value: Decimal) -> str:
    return format(value, "f")


def _as_it_is(value: T) -> T:
    return value


def _shown(value: object) -> str:
    return repr(value)[:80]


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
