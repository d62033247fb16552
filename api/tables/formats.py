"""The formats in which a table is streamed, each with what writes it a batch of rows at a time."""

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from importlib import import_module
from importlib.util import find_spec
from types import MappingProxyType
from typing import Any, Protocol

import orjson

from api.tables.columns import Cell
from api.tables.selection import Selected
from api.tables.table import Row

CSV = "text/csv"
JSON_LINES = "application/jsonl"
ARROW = "application/vnd.apache.arrow.stream"
PARQUET = "application/vnd.apache.parquet"

TABLE_FORMATS = (CSV, JSON_LINES, ARROW, PARQUET)
"""What a table can be written in, beside an answer in JSON."""


class Writer(Protocol):
    """Writes a table: what it gives, one after the other with the end behind it, is the whole."""

    def batch(self, rows: Sequence[Row]) -> bytes:
        """Write rows; before the first ones stands whatever begins the format."""
        ...

    def end(self) -> bytes:
        """Write what stands behind the last row; without it an Arrow or Parquet file is broken."""
        ...


Opens = Callable[[Selected], Writer]


def writer_of(media_type: str) -> Opens | None:
    """Give what begins to write a format; None for Arrow and Parquet without pyarrow."""
    if media_type in _PLAIN:
        return _PLAIN[media_type]
    if find_spec("pyarrow") is None:
        return None
    arrow: Any = import_module("api.tables.arrow")  # Any: a module that is imported late
    late: Mapping[str, Opens] = {ARROW: arrow.ArrowWriter, PARQUET: arrow.ParquetWriter}
    return late[media_type]


class CsvWriter:
    """CSV as RFC 4180 has it: a header, commas, lines that end with CR LF, missing cells empty.

    Spreadsheets run a text that looks like a formula, and texts are what customers wrote: such a
    one gets an apostrophe in front, beside those that it has.
    """

    def __init__(self, columns: Selected) -> None:
        """Begin with the header."""
        self._columns = columns
        self._texts = [_CSV_TEXTS.get(column.type, _as_it_is) for column in columns.values()]
        self._written = io.StringIO(newline="")
        self._writer = csv.writer(self._written)
        self._writer.writerow(columns)

    def batch(self, rows: Sequence[Row]) -> bytes:
        """Write a line a row."""
        for line in _cells(rows, self._columns):
            pairs = zip(self._texts, line, strict=True)
            self._writer.writerow([None if cell is None else text(cell) for text, cell in pairs])
        return self._taken()

    def end(self) -> bytes:
        """Write the header where there was no row."""
        return self._taken()

    def _taken(self) -> bytes:
        text = self._written.getvalue()
        self._written.seek(0)
        self._written.truncate()
        return text.encode()


class JsonLinesWriter:
    """JSON Lines: an object a row, as it would stand in the answer in JSON."""

    def __init__(self, columns: Selected) -> None:
        """Keep the columns."""
        self._columns = columns

    def batch(self, rows: Sequence[Row]) -> bytes:
        """Write a line a row."""
        objects = (
            dict(zip(self._columns, line, strict=True)) for line in _cells(rows, self._columns)
        )
        return b"".join(orjson.dumps(each, option=orjson.OPT_APPEND_NEWLINE) for each in objects)

    def end(self) -> bytes:
        """Write nothing."""
        return b""


_PLAIN: Mapping[str, Opens] = MappingProxyType({CSV: CsvWriter, JSON_LINES: JsonLinesWriter})


def _cells(rows: Sequence[Row], columns: Selected) -> Iterator[list[Cell]]:
    reads = [column.read for column in columns.values()]
    return ([read(row.record, row.reading) for read in reads] for row in rows)


_FORMULA = re.compile(r"'*[=+\-@\t\r\n]")


def _guarded(text: str) -> str:
    return f"'{text}" if _FORMULA.match(text) else text


def _as_it_is(cell: Cell) -> Cell:
    return cell


# Any: a column's type decides what its cells are
_CSV_TEXTS: Mapping[Any, Callable[[Any], Cell]] = MappingProxyType(
    {
        str: _guarded,
        bool: lambda flag: "true" if flag else "false",
        date: date.isoformat,
        datetime: datetime.isoformat,
    }
)
