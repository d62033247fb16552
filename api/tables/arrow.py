"""Tables as Arrow streams and Parquet files; imported only where somebody asks for one.

Loading pyarrow takes a fifth of a second, and it is an extra that may not be installed.
"""

import io
from collections.abc import Sequence
from datetime import date, datetime
from importlib import import_module
from types import MappingProxyType
from typing import Any

import strawberry

from api.tables.selection import Selected
from api.tables.table import Row

pa: Any = import_module("pyarrow")  # Any: pyarrow has no types of its own
parquet: Any = import_module("pyarrow.parquet")  # Any: as above

TYPES = MappingProxyType(
    {
        strawberry.ID: pa.string(),
        str: pa.string(),
        int: pa.int32(),
        float: pa.float64(),
        bool: pa.bool_(),
        date: pa.date32(),
        datetime: pa.timestamp("us", tz="UTC"),
    }
)

ROWS_IN_A_GROUP = 20_000
"""How many rows a row group of Parquet has: small ones make a large file that is slow to read."""


class ArrowWriter:
    """Arrow's streaming format: a record batch a batch."""

    def __init__(self, columns: Selected) -> None:
        """Begin with the schema."""
        self._columns = columns
        self._schema = _schema(columns)
        self._pipe = _Pipe()
        self._writer = pa.ipc.new_stream(self._pipe, self._schema)

    def batch(self, rows: Sequence[Row]) -> bytes:
        """Write rows."""
        self._writer.write_batch(_record_batch(rows, self._columns, self._schema))
        return self._pipe.taken()

    def end(self) -> bytes:
        """Write the mark of the end."""
        self._writer.close()
        return self._pipe.taken()


class ParquetWriter:
    """Parquet: rows gather until they are a row group."""

    def __init__(self, columns: Selected) -> None:
        """Begin with the format's mark."""
        self._columns = columns
        self._schema = _schema(columns)
        self._pipe = _Pipe()
        self._writer = parquet.ParquetWriter(self._pipe, self._schema)
        self._gathered: list[Any] = []  # Any: record batches

    def batch(self, rows: Sequence[Row]) -> bytes:
        """Write rows, or keep them for later."""
        self._gathered.append(_record_batch(rows, self._columns, self._schema))
        if sum(each.num_rows for each in self._gathered) >= ROWS_IN_A_GROUP:
            self._write_group()
        return self._pipe.taken()

    def end(self) -> bytes:
        """Write what was kept, and the footer."""
        if self._gathered:
            self._write_group()
        self._writer.close()
        return self._pipe.taken()

    def _write_group(self) -> None:
        self._writer.write_table(pa.Table.from_batches(self._gathered, self._schema))
        self._gathered.clear()


class _Pipe(io.RawIOBase):
    """A file that hands on what is written to it, and remembers no more than how much it was."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._position = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:  # noqa: ANN401 - whatever has bytes
        self._held += data
        self._position += len(data)
        return len(data)

    def tell(self) -> int:
        return self._position

    def taken(self) -> bytes:
        """Give what was written since the last time."""
        taken = bytes(self._held)
        self._held.clear()
        return taken


def _schema(columns: Selected) -> Any:  # noqa: ANN401 - a pyarrow.Schema
    return pa.schema(
        pa.field(name, TYPES[column.type], nullable=column.is_nullable)
        for name, column in columns.items()
    )


def _record_batch(
    rows: Sequence[Row],
    columns: Selected,
    schema: Any,  # noqa: ANN401 - a pyarrow.Schema
) -> Any:  # noqa: ANN401 - a pyarrow.RecordBatch
    arrays = [
        pa.array([column.read(row.record, row.reading) for row in rows], TYPES[column.type])
        for column in columns.values()
    ]
    return pa.record_batch(arrays, schema=schema)
