"""The kinds of value in an atlas file, each with a refusal that says what was seen.

Values come as the reader gives them: text, Decimal, bool, None, lists and mappings. Nothing is
guessed: `"61"` is no number and `61` is no text.
"""

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator, Field, PlainValidator
from pydantic_core import PydanticCustomError

from api.years import YEARS, is_in_range

REFUSED = "refused"
"""The type of our own errors among pydantic's; their message is ready to be shown."""

LONGEST_KEY = 100
LONGEST_TITLE = 500
LONGEST_TEXT = 20_000

_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]*")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def refusal(message: str) -> PydanticCustomError:
    """Make an error whose message is shown as it is."""
    return PydanticCustomError(REFUSED, "{message}", {"message": message})


def seen(value: object) -> str:
    """Say what stands in the file, shortly."""
    match value:
        case None:
            return "nothing"
        case bool():
            return f"the boolean {str(value).lower()}"
        case Decimal():
            return f"the number {value}"
        case str():
            return f'the text "{value if len(value) <= 60 else value[:57] + "…"}"'  # noqa: PLR2004 -- a line's worth
        case list():
            return "a list"
        case _:
            return "a group of fields"


def _text(longest: int) -> Callable[[Any], str]:
    def check(value: Any) -> str:  # noqa: ANN401 -- whatever the file says
        if not isinstance(value, str):
            advice = "; put it in quotes" if isinstance(value, Decimal | bool) else ""
            message = f"Text is wanted here, not {seen(value)}{advice}."
            raise refusal(message)
        if len(value) > longest:
            message = f"This text has {len(value):,} characters; at most {longest:,} fit."
            raise refusal(message)
        return value

    return check


def _key(value: Any) -> str:  # noqa: ANN401 -- whatever the file says
    text = _text(LONGEST_KEY)(value)
    if not _KEY.fullmatch(text):
        message = (
            f'"{text}" is no key: letters, digits, and . _ : / - after the first, '
            f"{LONGEST_KEY} characters at most."
        )
        raise refusal(message)
    return text


def _number(value: Any) -> Decimal:  # noqa: ANN401 -- whatever the file says
    if isinstance(value, Decimal):
        return value
    advice = "; leave the quotes out" if isinstance(value, str) and _is_number(value) else ""
    message = f"A number is wanted here, not {seen(value)}{advice}."
    raise refusal(message)


def _is_number(text: str) -> bool:
    return bool(re.fullmatch(r"[-+]?\d+(\.\d+)?", text))


def _whole(value: Any) -> int:  # noqa: ANN401 -- whatever the file says
    number = _number(value)
    if number != number.to_integral_value():
        message = f"A whole number is wanted here, not {number}."
        raise refusal(message)
    return int(number)


def _flag(value: Any) -> bool:  # noqa: ANN401 -- whatever the file says
    if isinstance(value, bool):
        return value
    message = f"true or false is wanted here, not {seen(value)}."
    raise refusal(message)


def _day(value: Any) -> date:  # noqa: ANN401 -- whatever the file says
    try:
        day = date.fromisoformat(value) if _is_day(value) else None
    except ValueError:
        day = None  # the right form, but no day of the calendar
    if day is not None and is_in_range(day):
        return day
    message = f"A day such as 2026-11-22, {YEARS}, is wanted here, not {seen(value)}."
    raise refusal(message)


def _is_day(value: Any) -> bool:  # noqa: ANN401 -- whatever the file says
    return isinstance(value, str) and _DAY.fullmatch(value) is not None


def _moment(value: Any) -> datetime:  # noqa: ANN401 -- whatever the file says
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or not is_in_range(moment):
        example = "such as 2026-11-22T12:00+01:00"
        message = f"A time with offset {example}, {YEARS}, is wanted, not {seen(value)}."
        raise refusal(message)
    return moment


def short_form(field: str) -> BeforeValidator:
    """Let a single value stand for a group with only that field."""

    def widen(value: Any) -> Any:  # noqa: ANN401 -- whatever the file says
        return {field: value} if isinstance(value, str | Decimal) else value

    return BeforeValidator(widen)


def _custom_value(value: Any) -> str | int | float | bool | None:  # noqa: ANN401 -- whatever the file says
    if isinstance(value, Decimal):
        return _json_number(value)
    if value is None or isinstance(value, bool):
        return value
    return _text(LONGEST_TEXT)(value)


def _json_value(value: Any) -> Any:  # noqa: ANN401 -- any JSON
    """Turn numbers into those of JSON, however deep."""
    match value:
        case Decimal():
            return _json_number(value)
        case [*items]:
            return [_json_value(item) for item in items]
        case {**fields}:
            return {name: _json_value(item) for name, item in fields.items()}
        case _:
            return value


def _json_number(number: Decimal) -> int | float:
    is_whole = number == number.to_integral_value() and "." not in str(number)
    return int(number) if is_whole else float(number)


def curve_form(value: Any) -> Any:  # noqa: ANN401 -- whatever the file says
    """Let points alone say that a curve is made of points."""
    match value:
        case {"points": _, **others}:
            return {"kind": "POINTS", "points": value["points"], **others}
        case _:
            return value


Key = Annotated[str, BeforeValidator(_key)]
Title = Annotated[str, BeforeValidator(_text(LONGEST_TITLE))]
Text = Annotated[str, BeforeValidator(_text(LONGEST_TEXT))]
Number = Annotated[Decimal, BeforeValidator(_number)]
Whole = Annotated[int, BeforeValidator(_whole), Field(ge=-(2**31), lt=2**31)]
Flag = Annotated[bool, BeforeValidator(_flag)]
Day = Annotated[date, BeforeValidator(_day)]
Moment = Annotated[datetime, BeforeValidator(_moment)]

CustomValue = Annotated[str | int | float | bool | None, PlainValidator(_custom_value)]
Free = Annotated[dict[str, Any], BeforeValidator(_json_value)]  # Any: JSON for a connector
"""Settings whose fields only a connector knows."""

T = TypeVar("T")
Listed = tuple[T, ...] | None
"""A list; None: given as nothing, which is the empty list, or left out."""
