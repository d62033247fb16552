"""From records to rows and back, by convention: a field has the column of its own name.

A reference `owner` has the column `owner_id`. A value object either has one JSONB column of the
field's name, or a column per field of its own (`baseline_value`, `baseline_at`, …), all NULL
where the record has None. Lists of nodes (LISTS) have a table of their own.
"""

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType, NoneType
from typing import Any, get_args, get_type_hints

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Table, Text, cast
from sqlalchemy.dialects.postgresql import JSONB

from domain.cycle import Cycle
from domain.goal import Goal
from domain.insight import Insight
from domain.journey import Journey, Step
from domain.links import Link
from domain.metric import Metric
from domain.node import AtlasNode, Kind, Node
from domain.okr import KeyResult, Objective
from domain.opportunity import Opportunity
from domain.solution import Solution
from domain.source import Connection, MetricSource
from domain.team import Member, Persona, Team
from storage.tables import TABLE_OF, links, node_contributors, node_personas, nodes

# Any, all over this file: a cell's value has the type of its field, which only the record knows.
Cells = tuple[Any, ...]
Setter = Callable[[Any, Any], None]

LISTS: Mapping[str, Table] = MappingProxyType(
    {"contributors": node_contributors, "personas": node_personas}
)
"""The fields that are lists of nodes, and where those are kept, in order of position."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a record: its columns, and the way there and back.

    `read` takes a cell for each column; None: the field's value is its one cell, as it is.
    """

    name: str
    columns: tuple[str, ...]
    write: Callable[[Any], Cells]
    read: Callable[..., Any] | None


class Shape:
    """How some fields of a record lie in the columns of one table."""

    def __init__(self, table: Table, record: type[Any], names: Iterable[str]) -> None:
        hints = get_type_hints(record)
        fields = [field_of(table, name, hints[name]) for name in names]
        self.table = table
        # Those whose cells are their values come first, and cost no call in a load of thousands.
        self.fields = sorted(fields, key=lambda field: field.read is not None)
        self.columns = [column for field in self.fields for column in field.columns]
        self._plain = [setter(record, field.name) for field in self.fields if field.read is None]
        self._read = list(self._places(record))

    def select(self) -> list[ColumnElement[Any]]:
        """Give the columns to read, in the order in which `fill` expects their cells."""
        return [_as_read(self.table, name) for name in self.columns]

    def cells(self, record: object) -> Cells:
        """Give a record's cells in the order of `columns`."""
        return tuple(
            cell for field in self.fields for cell in field.write(getattr(record, field.name))
        )

    def fill(self, record: object, cells: Sequence[Any]) -> None:
        """Set a new record's fields from a row that begins with the cells of `columns`."""
        for put, cell in zip(self._plain, cells, strict=False):  # the others follow
            put(record, cell)
        for put, place, read in self._read:
            put(record, read(*cells[place]))

    def _places(self, record: type[Any]) -> Iterator[tuple[Setter, slice, Callable[..., Any]]]:
        at = 0
        for field in self.fields:
            place = slice(at, at + len(field.columns))
            if field.read is not None:
                yield setter(record, field.name), place, field.read
            at = place.stop


def setter(record: type[Any], name: str) -> Setter:
    """Give what sets a field of a record that isn't in use yet, though it will be frozen.

    A frozen record's constructor looks every field up by name, which takes thrice as long.
    """
    put: Setter = getattr(record, name).__set__
    return put


def alone(value: object) -> Cells:
    """Give a value as the one cell of its field."""
    return (value,)


def field_of(table: Table, name: str, hint: Any) -> Field:  # noqa: ANN401 - a type, or a union
    """Find a field's columns in its table, and from its type the way there and back."""
    kind = without_none(hint)
    if f"{name}_id" in table.c:
        return Field(name, (f"{name}_id",), alone, None)
    if name not in table.c:
        return _group(table, name, kind)
    if isinstance(table.c[name].type, JSONB):
        return _document(name, hint)
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        members = {member.value: member for member in kind}
        return Field(name, (name,), alone, members.get)
    return Field(name, (name,), alone, None)


def without_none(hint: Any) -> Any:  # noqa: ANN401 - a type, or a union
    """Give the type that `X | None` allows besides None."""
    allowed = [each for each in get_args(hint) if each is not NoneType]
    return allowed[0] if NoneType in get_args(hint) and len(allowed) == 1 else hint


def _document(name: str, hint: Any) -> Field:  # noqa: ANN401 - a type, or a union
    """Keep a value object, or a list of them, as JSON; decimals are strings there, and exact."""
    adapter: TypeAdapter[Any] = TypeAdapter(hint)
    nothing: dict[str, Any] = {"[]": (), "{}": {}}

    def read(text: str | None) -> Any:  # noqa: ANN401 - see above
        if text is None:
            return None
        return nothing[text] if text in nothing else adapter.validate_json(text)

    def write(value: object) -> Cells:
        return (None if value is None else adapter.dump_json(value).decode(),)

    return Field(name, (name,), write, read)


def _group(table: Table, name: str, kind: type[Any]) -> Field:
    """Keep a value object in a column per field of its own."""
    hints = get_type_hints(kind)
    parts = [
        field_of(table, f"{name}_{part.name}", hints[part.name])
        for part in dataclasses.fields(kind)
    ]
    names = [part.name for part in dataclasses.fields(kind)]
    plan = [(setter(kind, name), part.read) for name, part in zip(names, parts, strict=True)]
    nothing: Cells = (None,) * len(parts)

    def read(*cells: Any) -> Any:  # noqa: ANN401 - see above
        if cells == nothing:
            return None
        value = object.__new__(kind)
        for (put, read_part), cell in zip(plan, cells, strict=True):
            put(value, cell if read_part is None else read_part(cell))
        return value

    def write(value: object) -> Cells:
        if value is None:
            return nothing
        return tuple(
            cell
            for part, attribute in zip(parts, names, strict=True)
            for cell in part.write(getattr(value, attribute))
        )

    return Field(name, tuple(c for part in parts for c in part.columns), write, read)


def _as_read(table: Table, name: str) -> ColumnElement[Any]:
    column = table.c[name]
    # As text, because JSON is parsed by the field's own adapter.
    return cast(column, Text) if isinstance(column.type, JSONB) else column


def _names(record: type[Node]) -> list[str]:
    return [field.name for field in dataclasses.fields(record) if field.name not in LISTS]


RECORD_OF: Mapping[Kind, type[Node]] = MappingProxyType(
    {
        record.kind: record
        for record in (
            Persona,
            Team,
            Member,
            Cycle,
            Goal,
            Journey,
            Step,
            Insight,
            Opportunity,
            Solution,
            Metric,
            Connection,
            MetricSource,
            Objective,
            KeyResult,
        )
    }
)

LISTS_OF: Mapping[Kind, tuple[str, ...]] = MappingProxyType(
    {
        kind: tuple(field.name for field in dataclasses.fields(record) if field.name in LISTS)
        for kind, record in RECORD_OF.items()
    }
)
"""Which of a kind's fields are lists of nodes."""

NODE = Shape(nodes, Node, _names(Node))
ATLAS_NODE = Shape(nodes, AtlasNode, _names(AtlasNode))
OWN: Mapping[Kind, Shape] = MappingProxyType(
    {
        kind: Shape(
            table,
            RECORD_OF[kind],
            ["id", *(n for n in _names(RECORD_OF[kind]) if n not in _names(AtlasNode))],
        )
        for kind, table in TABLE_OF.items()
    }
)
"""How each kind's own fields, with the id, lie in its table."""

LINK = Shape(links, Link, [field.name for field in dataclasses.fields(Link)])


def shared_shape(record: type[Node]) -> Shape:
    """Give how the fields that this record shares with other kinds lie in `nodes`.

    A row that was read for ATLAS_NODE begins with the cells of NODE.
    """
    return ATLAS_NODE if issubclass(record, AtlasNode) else NODE
