"""What a Singer tap tells: messages, and of its records the newest of each key.

For connectors whose source is a tap; imported by its own name. The language is that of
singer-io/getting-started, docs/SPEC.md.
"""

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Literal

from pydantic import BaseModel

from journey_atlas_sdk.errors import ConfigError, ConnectorError, DataError
from journey_atlas_sdk.exact_json import read_model
from journey_atlas_sdk.observation_rows import NumberedRow

Json = Any  # Any: JSON
Cell = str | int | Decimal | None | list["Cell"] | dict[str, "Cell"]
"""What may stand in a record."""

_MOST_OTHERS: Final = 20


class _Message(BaseModel):
    type: str
    stream: str | None = None
    record: dict[str, Json] | None = None
    key_properties: list[str] | None = None

    @property
    def kind(self) -> str:
        return self.type.upper()  # the language doesn't tell capitals apart


@dataclass(frozen=True, slots=True)
class Told:
    """A message of a stream: its SCHEMA, or a record as it was written, with its key if any."""

    kind: Literal["SCHEMA", "RECORD"]
    line: bytes
    key: str | None = None


def told_of(names: Collection[str], lines: Iterable[bytes]) -> Iterator[Told]:
    """Walk what a tap tells of a stream, which it calls by one of these names.

    STATE is passed over, and so are other streams. Where the walk ends without a word of the
    stream, ConfigError if there was one of others, else DataError; DataError for what is no
    message, and ConfigError for batches: records in files, which a tap writes if it is told to.
    """
    keys: list[str] = []
    others: set[str] = set()
    is_heard = False
    for line in filter(bytes.strip, lines):
        message = _read(line)
        if message.stream not in names:
            if message.stream is not None and len(others) < _MOST_OTHERS:
                others.add(message.stream)
            continue
        is_heard = True
        match message.kind:
            case "SCHEMA":
                keys = message.key_properties or []
                yield Told("SCHEMA", line)
            case "RECORD":
                yield Told("RECORD", line, _key(message.record or {}, keys))
            case "BATCH":
                refusal = "The tap writes batches: take `batch_config` out of its configuration."
                raise ConfigError(refusal)
            case _:  # ACTIVATE_VERSION, which ends what earlier runs left, and what is yet to come
                pass
    if not is_heard:
        raise _silence(" or ".join(sorted(names)), sorted(others))


class LatestRecords:
    """The newest record of each key, in order of appearance: on disk, for there may be very many.

    Its file has no name, and goes with it. Used by one thread.
    """

    def __init__(self, most: int) -> None:
        """Take so many records at most, those that come again counted too."""
        self._most, self._count = most, 0
        self._file = sqlite3.connect("")
        self._file.execute("CREATE TABLE record (key TEXT UNIQUE, line BLOB NOT NULL)")

    def keep(self, told: Iterable[Told]) -> None:
        """Keep records, each in the place of an earlier one of its key; DataError for too many."""
        for each in told:
            if each.kind == "RECORD":
                self._put(each)
            if self._count > self._most:
                message = f"The tap tells more than {self._most:,} records (`max_records`)."
                raise DataError(message)

    def rows(self, stream: str, columns: Collection[str]) -> Iterator[NumberedRow]:
        """Walk them with these columns; `a.b` is b of the object a."""
        lines = self._file.execute("SELECT line FROM record ORDER BY rowid")
        for number, (line,) in enumerate(lines, start=1):
            record = _read(line).record or {}
            cells = {column: _cell(record, column) for column in columns}
            yield NumberedRow(stream, number, cells)

    def _put(self, told: Told) -> None:
        self._file.execute(
            "INSERT INTO record VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET line = excluded.line",
            (told.key, told.line),
        )
        self._count += 1

    def close(self) -> None:
        """Let them go."""
        self._file.close()


def _read(line: bytes) -> _Message:
    try:
        return read_model(line, _Message)
    except DataError as error:
        message = "The tap wrote a line that is no message of Singer's."
        raise DataError(message, detail=f"{error.message} {error.detail}") from error


def _key(record: Mapping[str, Json], keys: Collection[str]) -> str | None:
    if not keys:
        return None
    lacking = [name for name in keys if name not in record]
    if lacking:
        message = f"The tap tells a record without its key {', '.join(lacking)}."
        raise DataError(message)
    return json.dumps([record[name] for name in keys], default=str)


def _silence(stream: str, others: Sequence[str]) -> ConnectorError:
    """Name what it is that a tap told nothing of a stream, though it ended well."""
    if others:
        message = f"The tap told nothing of {stream}, but of {', '.join(others)}."
        return ConfigError(message)
    message = f"The tap ended without a word of {stream}."
    return DataError(message)


def _cell(record: Mapping[str, Cell], column: str) -> Cell:
    if column in record or "." not in column:
        return record.get(column)
    first, _, rest = column.partition(".")
    inner = record.get(first)
    return _cell(inner, rest) if isinstance(inner, dict) else None
