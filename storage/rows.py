"""From records to rows and back, by convention: a field has the column of its own name.

A reference `owner` has the column `owner_id`. A value object either has one JSONB column of the
field's name, or a column per field of its own (`baseline_value`, `baseline_at`, …), all NULL
where the record has None. Lists of nodes (LISTS) have a table of their own.
"""

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
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
from domain.metric import Metric
from domain.node import AtlasNode, Kind, Node
from domain.okr import KeyResult, Objective
from domain.opportunity import Opportunity
from domain.solution import Solution
from domain.source import Connection, MetricSource
from domain.team import Member, Persona, Team
from storage.tables import TABLE_OF, node_contributors, node_personas, nodes

# Any, all over this file: a cell's value has the type of its field, which only the record knows.
Cells = tuple[Any, ...]

LISTS: Mapping[str, Table] = MappingProxyType(
    {"contributors": node_contributors, "personas": node_personas}
)
"""The fields that are lists of nodes, and where those are kept, in order of position."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a record: its columns, and the way there and back."""

    name: str
    columns: tuple[str, ...]
    write: Callable[[Any], Cells]
    read: Callable[[Cells], Any]


class Shape:
    """How some fields of a record lie in the columns of one table."""

    def __init__(self, table: Table, record: type[Node], names: Iterable[str]) -> None:
        hints = get_type_hints(record)
        self.table = table
        self.fields = [field_of(table, name, hints[name]) for name in names]
        self.columns = [column for field in self.fields for column in field.columns]
        self._plain, self._read = self._plan()

    def select(self) -> list[ColumnElement[Any]]:
        """Give the columns to read, in the order in which `values` expects their cells."""
        return [_as_read(self.table, name) for name in self.columns]

    def cells(self, record: Node) -> Cells:
        """Give a record's cells in the order of `columns`."""
        return tuple(
            cell for field in self.fields for cell in field.write(getattr(record, field.name))
        )

    def values(self, cells: Sequence[Any]) -> dict[str, Any]:
        """Give a row's cells as the record's fields."""
        values = {name: cells[at] for name, at in self._plain}
        for name, place, read in self._read:
            values[name] = read(cells[place])
        return values

    def _plan(self) -> tuple[list[tuple[str, int]], list[tuple[str, slice, Any]]]:
        # Most cells are their field's value already: those cost no call in a load of thousands.
        plain: list[tuple[str, int]] = []
        others: list[tuple[str, slice, Any]] = []
        at = 0
        for field in self.fields:
            if field.read is only:
                plain.append((field.name, at))
            else:
                others.append((field.name, slice(at, at + len(field.columns)), field.read))
            at += len(field.columns)
        return plain, others


def only(cells: Cells) -> Any:  # noqa: ANN401 - see above
    """Give the one cell of a field as it is."""
    return cells[0]


def alone(value: object) -> Cells:
    """Give a value as the one cell of its field."""
    return (value,)


def field_of(table: Table, name: str, hint: Any) -> Field:  # noqa: ANN401 - a type, or a union
    """Find a field's columns in its table, and from its type the way there and back."""
    kind = without_none(hint)
    if f"{name}_id" in table.c:
        return Field(name, (f"{name}_id",), alone, only)
    if name not in table.c:
        return _group(table, name, kind)
    if isinstance(table.c[name].type, JSONB):
        return _document(name, hint)
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        members = {member.value: member for member in kind}
        return Field(name, (name,), alone, lambda cells: members.get(cells[0]))
    return Field(name, (name,), alone, only)


def without_none(hint: Any) -> Any:  # noqa: ANN401 - a type, or a union
    """Give the type that `X | None` allows besides None."""
    allowed = [each for each in get_args(hint) if each is not NoneType]
    return allowed[0] if NoneType in get_args(hint) and len(allowed) == 1 else hint


def _document(name: str, hint: Any) -> Field:  # noqa: ANN401 - a type, or a union
    """Keep a value object, or a list of them, as JSON; decimals are strings there, and exact."""
    adapter: TypeAdapter[Any] = TypeAdapter(hint)
    nothing: dict[str, Any] = {"[]": (), "{}": {}}

    def read(cells: Cells) -> Any:  # noqa: ANN401 - see above
        text: str | None = cells[0]
        if text is None:
            return None
        return nothing[text] if text in nothing else adapter.validate_json(text)

    def write(value: object) -> Cells:
        return (None if value is None else adapter.dump_json(value).decode(),)

    return Field(name, (name,), write, read)


def _group(table: Table, name: str, kind: type) -> Field:
    """Keep a value object in a column per field of its own."""
    hints = get_type_hints(kind)
    parts = [
        field_of(table, f"{name}_{part.name}", hints[part.name])
        for part in dataclasses.fields(kind)
    ]
    names = [part.name for part in dataclasses.fields(kind)]
    nothing: Cells = (None,) * sum(len(part.columns) for part in parts)

    def read(cells: Cells) -> Any:  # noqa: ANN401 - see above
        if cells == nothing:
            return None
        return kind(
            **{
                name: part.read((cell,))
                for name, part, cell in zip(names, parts, cells, strict=True)
            }
        )

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


def shared_shape(record: type[Node]) -> Shape:
    """Give how the fields that this record shares with other kinds lie in `nodes`."""
    return ATLAS_NODE if issubclass(record, AtlasNode) else NODE
