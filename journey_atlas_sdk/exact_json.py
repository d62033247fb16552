"""JSON without loss: fractions stay decimals, and what isn't what it promises is a DataError.

Imported by its own name. Python's and pydantic's own readers put a binary float between the text
and the number.
"""

import json
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Final, NoReturn, TypeVar

from pydantic import AwareDatetime, BaseModel, BeforeValidator, Field, ValidationError

from journey_atlas_sdk.errors import DataError
from journey_atlas_sdk.moments import parse_moment
from journey_atlas_sdk.numbers import parse_decimal
from journey_atlas_sdk.periods import UTC_ZONE

M = TypeVar("M", bound=BaseModel)

_LAST_SECOND: Final = 7_289_654_400
"""The beginning of 2201; milliseconds since 1970 would lie far beyond."""

_SHOWN: Final = 200
_MOST_PROBLEMS: Final = 3


def read_json(body: bytes) -> object:
    """Read a JSON text: objects, lists, texts, ints, Decimals, booleans and None."""
    try:
        return json.loads(body, parse_float=Decimal, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        message = f"The answer is no JSON: {error}."
        raise DataError(message, detail=repr(body[:_SHOWN])) from error


def read_model(body: bytes, model: type[M]) -> M:
    """Read a JSON text as a model; DataError naming the first places that don't fit it."""
    return fitted(read_json(body), model)


def fitted(value: object, model: type[M]) -> M:
    """Check a value of a JSON text against a model."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False, include_context=False)
        told = "; ".join(
            f"{'.'.join(map(str, problem['loc'])) or 'all of it'}: {problem['msg']}"
            for problem in problems[:_MOST_PROBLEMS]
        )
        message = f"The answer isn't what it should be: {told}."
        raise DataError(message, detail=repr(value)[:_SHOWN]) from error


def read_number(cell: object) -> Decimal | None:
    """Read a value as a number, whether it is written as one or as a text; None where it is null.

    DataError for all else: "37%" and "N/A", true, a list.
    """
    if cell is None or isinstance(cell, str | int | float | Decimal):
        return parse_decimal(cell)
    message = f"A {type(cell).__name__} is no number."
    raise DataError(message)


def _number(cell: object) -> Decimal | None:
    try:
        return read_number(cell)
    except DataError as error:
        raise ValueError(error.message) from error


def _moment(cell: object) -> datetime:
    if not isinstance(cell, str) or datetime.fromisoformat(cell).tzinfo is None:
        message = "a time is written with an offset, as in 2026-11-22T14:00:00+01:00"
        raise ValueError(message)
    try:
        return parse_moment(cell, UTC_ZONE)
    except DataError as error:
        raise ValueError(error.message) from error


def _whole(cell: object) -> int:
    number = _number(cell)
    if number is None or number != number.to_integral_value():
        message = f"{cell!r:.40} is no whole number"
        raise ValueError(message)
    return int(number)


def _epoch(cell: object) -> datetime:
    seconds = _whole(cell)
    if not 0 <= seconds <= _LAST_SECOND:
        message = "a time is written as seconds since 1970, as in 1795342200"
        raise ValueError(message)
    return datetime.fromtimestamp(seconds, UTC_ZONE)


Exact = Annotated[Decimal, BeforeValidator(_number)]
"""A number in a model, whether it is written as one or as a text; "37%" and "N/A" don't fit."""

Whole = Annotated[int, BeforeValidator(_whole)]
"""The same of a whole number; 7.5 and null don't fit."""

Count = Annotated[int, Field(ge=0, strict=True)]
"""How many, in a model: a whole number that is written as one, 0 or more."""

Tally = Annotated[Exact, Field(ge=0, multiple_of=1)]
"""The same, also where it is written as a text, or as 12.0."""

Moment = Annotated[AwareDatetime, BeforeValidator(_moment)]
"""A time in a model, in UTC; what has no offset of its own, or counts seconds, doesn't fit."""


Epoch = Annotated[AwareDatetime, BeforeValidator(_epoch)]
"""A time in a model, in UTC, written as whole seconds since 1970; milliseconds don't fit."""


def _refuse(constant: str) -> NoReturn:
    message = f"{constant} is no number"
    raise ValueError(message)
