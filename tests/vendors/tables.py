"""The database behind the fake of a warehouse: SQLite, laid anew for each statement.

SQLite takes the marks of all of them (@name, :name, ?), runs one statement and lets it only read.
It knows no types of a column: they are read off the values.
"""

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import Enum, auto

Lay = Callable[[sqlite3.Connection], object]
"""Makes the tables that a statement reads."""


class Kind(Enum):
    """What stands in a column. MOMENT has an offset, LOCAL has none."""

    WHOLE = auto()
    FLOAT = auto()
    DECIMAL = auto()
    DAY = auto()
    MOMENT = auto()
    LOCAL = auto()
    TEXT = auto()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a statement gives: each column with its kind, and the cells as SQLite gives them."""

    columns: Sequence[tuple[str, Kind]]
    rows: Sequence[Sequence[object]]


def run(lay: Lay, statement: str, bound: Mapping[str, str] | Sequence[str]) -> Answer:
    """Run one statement that reads; sqlite3.Error, whose words may be told, where it can't be."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        lay(connection)
        connection.execute("PRAGMA query_only = ON")
        cursor = connection.execute(statement, bound)
        rows = cursor.fetchall()
        names = [each[0] for each in cursor.description]
    kinds = [_kind(row[place] for row in rows) for place in range(len(names))]
    return Answer(list(zip(names, kinds, strict=True)), rows)


def _kind(cells: Iterable[object]) -> Kind:
    kinds = {_kind_of(cell) for cell in cells if cell is not None}
    return kinds.pop() if len(kinds) == 1 else Kind.TEXT


def _kind_of(cell: object) -> Kind:
    if isinstance(cell, int | float):
        return Kind.WHOLE if isinstance(cell, int) else Kind.FLOAT
    text = str(cell)
    try:
        return Kind.DECIMAL if Decimal(text).is_finite() else Kind.TEXT
    except InvalidOperation:
        return _kind_of_time(text)


def _kind_of_time(text: str) -> Kind:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return Kind.TEXT
    if len(text) == len(date.min.isoformat()):
        return Kind.DAY
    return Kind.MOMENT if moment.tzinfo else Kind.LOCAL
