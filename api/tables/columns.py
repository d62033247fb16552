"""How a table declares its columns: each once, for GraphQL and for every format of tables.

A table's columns are the attributes of a class that is never constructed. Each says what its cells
are, what they mean, and how one is read from a row's record.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Generic, TypeVar, overload

import orjson
import strawberry

from api.context import Reading
from api.fields import GraphQLType, maybe
from api.types.node import global_id
from domain.metric import Dimensions
from domain.node import Node, NodeId
from domain.reason import Reason

Cell = str | float | bool | date | datetime | None
"""What stands in a table: a scalar, which every tool can hold; None is missing."""

Read = Callable[[Any, Reading], Cell]
"""Reads a cell of a record; Any: each table has records of its own kind."""

C = TypeVar("C", str, int, float, bool, date, datetime)
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Column:
    """One column; `type` is `ID` or Python's own of a scalar, cells can be missing if nullable."""

    type: GraphQLType
    description: str
    read: Read
    is_nullable: bool = False


class Columns(Generic[R]):
    """Declares columns over one kind of record."""

    def of(self, type_: type[C], description: str, read: Callable[[R, Reading], C]) -> Column:
        """Declare a column whose cells are never missing."""
        return Column(type_, description, read)

    def maybe(
        self, type_: type[C], description: str, read: Callable[[R, Reading], C | None]
    ) -> Column:
        """Declare a column whose cells can be missing; the description says what null means."""
        return Column(type_, description, read, is_nullable=True)

    def node(
        self, what: str, read: Callable[[R, Reading], Node | None], *, null: str | None = None
    ) -> tuple[Column, Column, Column]:
        """Declare the id, key and title of a node that each row names.

        `null` says what it means that there is none; None: there always is one.
        """
        ending = "." if null is None else f"; null {null}."

        def part(name: str, type_: GraphQLType, get: Callable[[Node, Reading], str]) -> Column:
            def cell(record: R, reading: Reading) -> str | None:
                node = read(record, reading)
                return None if node is None else get(node, reading)

            description = f"The {name} of {what}{ending}"
            return Column(type_, description, cell, is_nullable=null is not None)

        return (
            part("id", strawberry.ID, global_id),
            part("key", str, lambda node, _: node.key),
            part("title", str, lambda node, _: node.title),
        )


def columns_of(declaring: type) -> dict[str, Column]:
    """Give the columns of a class by their names in Python, those of its bases in order first."""
    found: dict[str, Column] = {}
    for base in declaring.__bases__:
        found |= columns_of(base)
    own = vars(declaring).items()
    return found | {name: value for name, value in own if isinstance(value, Column)}


def public_row(name: str, description: str, columns: Mapping[str, Column]) -> type:
    """Make the public type of a table's rows: a field a column, read as a row's attribute."""
    fields = {
        each: strawberry.field(description=column.description) for each, column in columns.items()
    }
    types = {
        each: maybe(column.type) if column.is_nullable else column.type
        for each, column in columns.items()
    }
    row = type(name, (), {"__annotations__": types, **fields})
    return strawberry.type(row, description=description)


@overload
def number(value: Decimal) -> float: ...
@overload
def number(value: Decimal | None) -> float | None: ...
def number(value: Decimal | None) -> float | None:
    """Give a number as tables hold it; None stays None."""
    return None if value is None else float(value)


def reason_code(reason: Reason | None) -> str | None:
    """Give why a number isn't there, for programs; None where it is."""
    return None if reason is None else reason.code.value


def keys_of(ids: Iterable[NodeId], reading: Reading) -> str:
    """List the keys of nodes in one text, with commas between."""
    return ",".join(reading.view.atlas.nodes[each].key for each in ids)


def dimensions_text(dimensions: Dimensions) -> str | None:
    """Write dimensions as the text of a JSON object, names in order; None: the whole.

    JSON, because whatever else joins names and values may stand in one of them.
    """
    return orjson.dumps(dict(dimensions)).decode() if dimensions else None
