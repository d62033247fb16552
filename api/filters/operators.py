"""What may be said of one value: the operators of each type, and what each of them tests.

An operator never holds for a missing value, `isNull` apart. Whatever a client leaves out, or sends
as null, says nothing.
"""

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Any, cast

from api.fields import GraphQLType, many
from api.types.enums import PublicEnum

Value = Any
"""A value of the operand's type, or None; only the operand knows its type."""

Test = Callable[[Value], bool]
Sortable = int | str | Decimal
"""What sorts, and what a cursor can carry."""


@dataclass(frozen=True, slots=True)
class Operator:
    """One operator: the type of what is given, and how that becomes a test of values."""

    name: str
    graphql_type: GraphQLType
    description: str
    test_of: Callable[[Value], Test]


@dataclass(frozen=True, slots=True)
class Operand:
    """A type of values: its input's name, its operators, and how its values sort.

    `sortable` turns a value into one that sorts, of the type `sorts_as`; None: they have no order.
    """

    name: str
    description: str
    operators: tuple[Operator, ...]
    sortable: Callable[[Value], Sortable] | None = None
    sorts_as: type[Sortable] = str


def natural(text: str) -> str:
    """Give a text that sorts as people expect: without regard to case, O2 before O10.

    Each run of digits is led by its length, so that plain comparison of texts compares numbers.
    """
    return _DIGITS.sub(_led_by_length, text.casefold())


_DIGITS = re.compile(r"[0-9]+")


def _led_by_length(run: re.Match[str]) -> str:
    number = run.group().lstrip("0") or "0"
    return f"{len(number):04}{number}"


def _equals(given: Value) -> Test:
    return lambda value: value == given


def _one_of(given: Value) -> Test:
    wanted = frozenset(given)
    return lambda value: value in wanted


def _greater(given: Value) -> Test:
    return lambda value: value is not None and value > given


def _greater_or_equal(given: Value) -> Test:
    return lambda value: value is not None and value >= given


def _less(given: Value) -> Test:
    return lambda value: value is not None and value < given


def _less_or_equal(given: Value) -> Test:
    return lambda value: value is not None and value <= given


def _holds_text(given: Value) -> Test:
    wanted = given.casefold()
    return lambda value: value is not None and wanted in value.casefold()


def _is_missing(given: Value) -> Test:
    return lambda value: (value is None) is given


def _has(given: Value) -> Test:
    return lambda values: given in values


def _has_any(given: Value) -> Test:
    wanted = frozenset(given)
    return lambda values: not wanted.isdisjoint(values)


def _is_empty(given: Value) -> Test:
    return lambda values: (not values) is given


def _equality(graphql_type: GraphQLType) -> tuple[Operator, ...]:
    return (
        Operator("eq", graphql_type, "It is this.", _equals),
        Operator("in", many(graphql_type), "It is one of these.", _one_of),
    )


def _comparison(graphql_type: GraphQLType) -> tuple[Operator, ...]:
    return (
        *_equality(graphql_type),
        Operator("gt", graphql_type, "It is greater, or later.", _greater),
        Operator("gte", graphql_type, "It is this, greater or later.", _greater_or_equal),
        Operator("lt", graphql_type, "It is less, or earlier.", _less),
        Operator("lte", graphql_type, "It is this, less or earlier.", _less_or_equal),
        _IS_NULL,
    )


def _set(graphql_type: GraphQLType) -> tuple[Operator, ...]:
    return (
        Operator("contains", graphql_type, "This is among them.", _has),
        Operator("in", many(graphql_type), "Any of these is among them.", _has_any),
        Operator("is_empty", bool, "There are none (true), or some (false).", _is_empty),
    )


def _instant(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).isoformat(timespec="microseconds")


_IS_NULL = Operator("is_null", bool, "It is missing (true), or there (false).", _is_missing)

_CONTAINS = Operator("contains", str, "It holds this text, in capitals or not.", _holds_text)

TEXT = Operand("StringFilter", "What a text is.", (*_equality(str), _CONTAINS, _IS_NULL), natural)
INTEGER = Operand("IntFilter", "What a whole number is.", _comparison(int), int, int)
DECIMAL = Operand("DecimalFilter", "What a number is.", _comparison(Decimal), Decimal, Decimal)
DAY = Operand("DateFilter", "What a day is.", _comparison(dt.date), dt.date.isoformat)
MOMENT = Operand("DateTimeFilter", "What a moment is.", _comparison(dt.datetime), _instant)
BOOLEAN = Operand(
    "BooleanFilter",
    "Whether something is so.",
    (Operator("eq", bool, "It is this.", _equals), _IS_NULL),
    int,
    int,
)
TEXTS = Operand("StringListFilter", "Which texts a list holds.", _set(str))


_ENUMS: dict[str, Operand] = {}


def one_of(enum: PublicEnum) -> Operand:
    """Give the operand of an enum's values; they sort in the order in which they are declared."""
    members = cast("type[Enum]", enum.wrapped_cls)  # strawberry keeps less of its type
    places = {member: at for at, member in enumerate(members)}
    operators = (*_equality(enum), _IS_NULL)
    description = f"What a {enum.name} is."
    return _once(Operand(f"{enum.name}Filter", description, operators, places.__getitem__, int))


def some_of(enum: PublicEnum) -> Operand:
    """Give the operand of a list of an enum's values."""
    description = f"Which {enum.name} values a list holds."
    return _once(Operand(f"{enum.name}ListFilter", description, _set(enum)))


def _once(operand: Operand) -> Operand:
    """Give the operand that is already known by this name: a type has one input."""
    return _ENUMS.setdefault(operand.name, operand)
