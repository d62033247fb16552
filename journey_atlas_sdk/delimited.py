"""CSV and its relatives, read strictly: every cell knows its file, line and column.

For connectors whose source delivers such files; imported by its own name.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NoReturn

from journey_atlas_sdk.errors import DataError

_DELIMITERS: Final = (",", ";", "\t", "|")


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFormat:
    """How a file is written and how big it may be.

    `required` columns must stand in the header, in any order. `delimiter` None: the one with which
    they do. UTF-8 may begin with a byte order mark.
    """

    required: tuple[str, ...]
    delimiter: str | None = None
    encoding: str = "utf-8"
    max_bytes: int = 20_000_000
    max_rows: int = 200_000
    max_columns: int = 100


@dataclass(frozen=True, slots=True)
class Row:
    """A record by column, without the blanks around its cells, and the line on which it begins."""

    file: str
    line: int
    cells: Mapping[str, str]

    @property
    def source_ref(self) -> str:
        """The file and the line, as in trust.csv:2."""
        return f"{self.file}:{self.line}"

    def refuse(self, column: str, problem: str | DataError) -> NoReturn:
        """Raise the DataError that names file, line and column."""
        message = f"{self.file}, line {self.line}, column {column}: {problem}"
        raise DataError(message) from (problem if isinstance(problem, DataError) else None)


@dataclass(frozen=True, slots=True)
class Table:
    """A file whose header was read: its columns in lower case, and its rows, to be walked once."""

    name: str
    header: tuple[str, ...]
    rows: Iterator[Row]


def read_table(name: str, content: bytes, form: TableFormat) -> Table:
    """Read a header, and give the rows as they are walked; blank lines are none.

    DataError, here or on the walk, for too big a file, another encoding, columns that lack or share
    a name, a quote that doesn't end, and a row with more or fewer cells than the header.
    """
    text = _decoded(name, content, form)
    records = _records(name, text, form)
    header = tuple(column.strip().casefold() for column in next(records, (1, list[str]()))[1])
    if len(set(header)) < len(header) or not all(header) or len(header) > form.max_columns:
        message = f"{name}: its 1 to {form.max_columns} columns need names, each its own."
        raise DataError(message)
    return Table(name, header, _rows(name, header, records))


def _decoded(name: str, content: bytes, form: TableFormat) -> str:
    if len(content) > form.max_bytes:
        message = f"{name} has more than {form.max_bytes:,} bytes (`max_bytes`)."
        raise DataError(message)
    try:
        return content.decode("utf-8-sig" if form.encoding == "utf-8" else form.encoding)
    except UnicodeError as error:
        message = f"{name} is not written in {form.encoding}; set `encoding`."
        raise DataError(message) from error


def _records(name: str, text: str, form: TableFormat) -> Iterator[tuple[int, list[str]]]:
    """Walk the records with the line on which each begins, the header first."""
    delimiter = _delimiter(name, text, form)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    count, line = 0, 1
    try:
        for record in reader:
            if any(cell.strip() for cell in record):
                yield line, record
                count += 1
            if count > form.max_rows + 1:  # the header is none
                message = f"{name} has more than {form.max_rows:,} rows (`max_rows`)."
                raise DataError(message)
            line = reader.line_num + 1
    except csv.Error as error:
        message = f"{name}, line {reader.line_num}: {error}."
        raise DataError(message) from error


def _delimiter(name: str, text: str, form: TableFormat) -> str:
    first = next((line for line in text.splitlines() if line.strip()), "")
    for delimiter in [form.delimiter] if form.delimiter else _DELIMITERS:
        columns = next(csv.reader([first], delimiter=delimiter), list[str]())
        if set(form.required) <= {column.strip().casefold() for column in columns}:
            return delimiter
    needs = " and ".join(form.required)
    message = f"{name}: the header needs the columns {needs}, it reads {first[:100]!r}."
    raise DataError(message)


def _rows(
    name: str, header: tuple[str, ...], records: Iterator[tuple[int, list[str]]]
) -> Iterator[Row]:
    for line, record in records:
        if len(record) != len(header):
            seen = f"{len(record)} cells where the header has {len(header)}"
            message = f"{name}, line {line}: {seen}."
            raise DataError(message)
        cells = (cell.strip() for cell in record)
        yield Row(name, line, dict(zip(header, cells, strict=True)))
