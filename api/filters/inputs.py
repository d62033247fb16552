"""The public inputs, generated from the tables: what may be asked, described as the rows are.

Inputs name each other in circles, so all classes are made before any of them is filled.
"""

from collections.abc import Iterable, Mapping
from enum import Enum
from types import MappingProxyType
from typing import Any, cast

import strawberry
from strawberry.types.enum import EnumValue

from api.fields import GraphQLType, many, maybe
from api.filters.kinds import TABLES
from api.filters.operators import Operand
from api.filters.table import One, Row, Value
from api.types.enums import PublicEnum
from domain.node import Kind

Given = Any
"""What a client gave: an instance of a generated class, whose fields only its table knows."""


class Direction(Enum):
    """Which way an order goes."""

    ASC = "ASC"
    DESC = "DESC"


_DIRECTION = PublicEnum(
    wrapped_cls=Direction,
    name="OrderDirection",
    values=[
        EnumValue("ASC", "ASC", description="The least first; what is missing last."),
        EnumValue("DESC", "DESC", description="The greatest first; what is missing last."),
    ],
    description="Which way an order goes. What has no value comes last either way.",
)


def type_name(kind: Kind) -> str:
    """Name the public type of a kind: KEY_RESULT is KeyResult."""
    return kind.title().replace("_", "")


def _empty(name: str) -> GraphQLType:
    return type(name, (), {"__module__": __name__})


_Field = tuple[str, GraphQLType, str]


def _fill(cls: GraphQLType, description: str, fields: Iterable[_Field]) -> None:
    """Make an input of a class: every field can be left out."""
    annotations: dict[str, object] = {}
    for name, graphql_type, says in fields:
        attribute = attribute_of(name)
        annotations[attribute] = Any
        given = strawberry.field(
            name=_camel(name),
            description=says,
            graphql_type=maybe(graphql_type),
            default=strawberry.UNSET,
        )
        setattr(cls, attribute, given)
    cls.__annotations__ = annotations
    strawberry.input(cls, description=description)


def attribute_of(name: str) -> str:
    """Give the attribute of an input that holds a field; `in` and `not` are Python's own words."""
    return f"{name}_"


def given_in(asked: Given, name: str) -> Given | None:
    """Give what a client said in a field of an input; None where nothing, or null."""
    said = getattr(asked, attribute_of(name))
    return None if said is strawberry.UNSET else said


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)


FILTERS: Mapping[Kind, GraphQLType] = MappingProxyType(
    {kind: _empty(f"{type_name(kind)}Filter") for kind in TABLES}
)
"""The input that filters each kind."""

ORDERS: Mapping[Kind, GraphQLType] = MappingProxyType(
    {kind: _empty(f"{type_name(kind)}Order") for kind in TABLES}
)
"""The input that orders each kind: one field and its direction."""

_LINKED: Mapping[Kind, GraphQLType] = MappingProxyType(
    {kind: _empty(f"{type_name(kind)}ListFilter") for kind in TABLES}
)

_operands: dict[str, GraphQLType] = {}


def _operand_input(operand: Operand) -> GraphQLType:
    if operand.name not in _operands:
        cls = _operands[operand.name] = _empty(operand.name)
        description = f"{operand.description} All that is said must hold."
        fields = [(each.name, each.graphql_type, each.description) for each in operand.operators]
        _fill(cls, description, fields)
    return _operands[operand.name]


def _row_field(row: Row) -> _Field:
    if isinstance(row, Value):
        return row.name, _operand_input(row.operand), row.description
    if isinstance(row, One):
        return row.name, FILTERS[row.kind], row.description
    return row.name, _LINKED[row.kind], row.description


def _fill_filter(kind: Kind, table: tuple[Row, ...]) -> None:
    own = FILTERS[kind]
    description = (
        f"Which {type_name(kind)} nodes are meant. All that is said must hold; what is left out or "
        "null says nothing, and so does an empty filter."
    )
    logic: list[_Field] = [
        ("and", many(own), "All of these hold."),
        ("or", many(own), "At least one of these holds; of none, none does."),
        ("not", own, "This doesn't hold; so it takes in what has no value."),
    ]
    _fill(own, description, [*(_row_field(row) for row in table), *logic])


def _fill_linked(kind: Kind) -> None:
    own = FILTERS[kind]
    fields: list[_Field] = [
        ("some", own, "At least one is so; `{}`: there is one at all."),
        ("every", own, "Every one is so; that holds where there is none."),
        ("none", own, "None is so; `{}`: there is none at all."),
    ]
    description = f"What the linked {type_name(kind)} nodes are; archived ones don't count."
    _fill(_LINKED[kind], description, fields)


def sortable_rows(kind: Kind) -> Mapping[str, Value]:
    """Give the rows of a kind that have an order, by their names in capitals."""
    rows = [row for row in TABLES[kind] if isinstance(row, Value)]
    return {row.name.upper(): row for row in rows if row.operand.sortable is not None}


def _order_field(kind: Kind) -> PublicEnum:
    rows = sortable_rows(kind)
    name = f"{type_name(kind)}OrderField"
    members = cast("type[Enum]", Enum(name, {each: each for each in rows}))  # the functional form
    return PublicEnum(
        wrapped_cls=members,
        name=name,
        values=[EnumValue(each, each, description=row.description) for each, row in rows.items()],
        description=f"By what {type_name(kind)} nodes can be put in order.",
    )


def _fill_order(kind: Kind) -> None:
    cls = ORDERS[kind]
    cls.__annotations__ = {"field": Any, "direction": Any}
    cls.field = strawberry.field(description="By what.", graphql_type=_order_field(kind))
    cls.direction = strawberry.field(
        description="Which way.", graphql_type=_DIRECTION, default=Direction.ASC
    )
    strawberry.input(cls, description=f"One part of an order of {type_name(kind)} nodes.")


def _fill_all() -> None:
    for kind, table in TABLES.items():
        _fill_filter(kind, table)
        _fill_linked(kind)
        _fill_order(kind)


_fill_all()
