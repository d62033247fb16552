"""What a person asks of a database: one SELECT a metric, what it binds, what its answer means.

For connectors whose source takes SQL; imported by its own name. What a query may say is told in
docs/connectors/sql.md.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, Field

from journey_atlas_sdk.connector import MetricSpec, PullRequest
from journey_atlas_sdk.errors import (
    AccessDenied,
    AuthError,
    ConfigError,
    ConnectorError,
    DataError,
    TransientError,
)
from journey_atlas_sdk.numbers import parse_decimal
from journey_atlas_sdk.observation_rows import (
    BOUND,
    OWN_COLUMNS,
    REQUIRED,
    NumberedRow,
    RowParameters,
    RowReader,
    bound_values,
    require_columns,
)
from journey_atlas_sdk.observations import Observation
from journey_atlas_sdk.settings import Settings
from journey_atlas_sdk.units import Unit

# What can't hold a keyword: comments, strings, quoted names, PostgreSQL's $tag$ strings.
_QUOTED: Final = re.compile(
    r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|\"[^\"]*\"|`[^`]*`|\$(\w*)\$.*?\$\1\$", re.DOTALL
)
_READS: Final = re.compile(r"[\s(]*(?:select|with)\b", re.IGNORECASE)
_WRITES: Final = re.compile(r"\b(?:insert|update|delete|merge|into)\b", re.IGNORECASE)
# A name, or a colon that begins none.
_NAME: Final = re.compile(r"\\:|(?<![:\w]):(\w+)")
_BY_SQLSTATE: Final[Mapping[str, type[ConnectorError]]] = {
    "42501": AccessDenied,
    "28": AuthError,
    "22": DataError,
    **dict.fromkeys(("08", "40", "53", "57", "58"), TransientError),
}
_NOT_MEASURED: Final = frozenset({"NaN", "Infinity", "-Infinity", "inf", "-inf"})


def names_in(query: str) -> list[str]:
    """Give the names that a query binds, in order, as often as they come."""
    return [found[1] for found in _NAME.finditer(query) if found[1]]


def _one_select(query: str) -> str:
    """Give the query without its last semicolon; ValueError for all but one reading statement.

    To tell mistakes early. What keeps an author of bad will from writing is the database's role.
    """
    query = query.strip().removesuffix(";")
    bare = _QUOTED.sub(" ", query)
    if not _READS.match(bare) or _WRITES.search(bare) or ";" in bare:
        message = "Write one SELECT, or WITH … SELECT, that changes nothing."
        raise ValueError(message)
    unknown = sorted(set(names_in(query)) - BOUND)
    if unknown:
        legal = ", ".join(f":{name}" for name in sorted(BOUND))
        message = f"Nothing is bound to :{', :'.join(unknown)}; there are {legal}."
        raise ValueError(message)
    return query


@dataclass(frozen=True, slots=True)
class Bound:
    """A value that a statement binds, as a text: moments in UTC with their offset, days."""

    name: str
    kind: Literal["TIMESTAMP", "DATE", "STRING"]
    text: str


@dataclass(frozen=True, slots=True)
class Statement:
    """A query as a service takes it; `bound` in the order of its marks, as often as they come."""

    text: str
    bound: tuple[Bound, ...] = ()


class QuerySettings(Settings):
    """The query of each metric; the base of a connector's settings."""

    queries: Mapping[str, Annotated[str, AfterValidator(_one_select)]] = Field(
        min_length=1, description="A SELECT by metric, with the columns `period_start` and `value`."
    )
    units: Mapping[str, Unit] = Field(
        default_factory=dict[str, Unit],
        description="By metric, as in `{churn: {kind: RATIO}}`; left out: that of what it feeds.",
    )
    max_rows: Annotated[int, Field(ge=1, le=5_000_000)] = Field(
        default=200_000, description="A query with more is refused, not cut short."
    )

    def specs(self) -> list[MetricSpec]:
        """List the metrics that have a query; only their answers tell their dimensions."""
        return [
            MetricSpec(
                key=metric,
                title=metric,
                unit=self.units.get(metric),
                parameters=RowParameters,
            )
            for metric in sorted(self.queries)
        ]

    def statement(self, request: PullRequest, mark: Callable[[str], str]) -> Statement:
        """Write the query of the metric asked for, with a service's own marks for bound names.

        It stands where nothing but a query can stand, and gives one row more than are allowed.
        """
        query, values = request.chosen(self.queries), bound_values(request)
        marked = _NAME.sub(lambda found: mark(found[1]) if found[1] else ":", query)
        return Statement(
            f"SELECT * FROM (\n{marked}\n) AS answer LIMIT {self.max_rows + 1}",  # noqa: S608 -- marks, no values
            tuple(_bound(name, values[name]) for name in names_in(query)),
        )

    def require_few(self, metric: str, count: int) -> None:
        """Raise the DataError that says what to do where an answer has too many rows."""
        if count > self.max_rows:
            most = f"{self.max_rows:,} rows (`max_rows`)"
            message = f"{metric} has more than {most}: bound the query by :start and :end."
            raise DataError(message)


def _bound(name: str, value: datetime | date | str) -> Bound:
    if isinstance(value, str):
        return Bound(name, "STRING", value)
    if isinstance(value, datetime):
        return Bound(name, "TIMESTAMP", value.astimezone(UTC).isoformat())
    return Bound(name, "DATE", value.isoformat())


def _as_it_is(cell: object) -> object:
    return cell


@dataclass(frozen=True, slots=True)
class Column:
    """A column of an answer; `read` reads a cell that isn't None, where its text won't do."""

    name: str
    read: Callable[[Any], object] = _as_it_is  # Any: what the service gives


def read_answer(
    request: PullRequest,
    columns: Sequence[Column],
    rows: Iterable[Sequence[object]],
    *,
    now: datetime,
) -> list[Observation]:
    """Give the observations that an answer's rows hold, of the asked dimensions, oldest first.

    Names of columns count in lower case. DataError for other columns than an observation has,
    ConfigError for an unknown dimension.
    """
    names = [column.name.casefold() for column in columns]
    _require_readable(request.metric, names)
    require_columns(request.dimensions, set(names) - OWN_COLUMNS)
    readers = [column.read for column in columns]
    reader = RowReader(request=request, now=now, number=_number)
    return reader.answer(
        NumberedRow(request.metric, number, dict(zip(names, _cells(row, readers), strict=True)))
        for number, row in enumerate(rows, start=1)
    )


def _cells(row: Sequence[object], readers: Sequence[Callable[[Any], object]]) -> list[object]:
    if len(row) != len(readers):
        message = f"A row of {len(row)} cells stands under {len(readers)} columns."
        raise DataError(message)
    return [None if cell is None else read(cell) for cell, read in zip(row, readers, strict=True)]


def _require_readable(metric: str, columns: Sequence[str]) -> None:
    lacking = sorted(set(REQUIRED) - set(columns))
    if lacking or len(set(columns)) < len(columns):
        message = (
            f"The query {metric!r} gives the columns {', '.join(columns)}; "
            f"{' and '.join(REQUIRED)} are needed, and each name once."
        )
        raise DataError(message)


def _number(cell: object) -> Decimal | None:
    """Read a number exactly; None for NaN and infinity, which say that nothing was measured."""
    match cell:
        case float() | Decimal() if not Decimal(cell).is_finite():
            return None
        case None | str() | int() | float() | Decimal():
            return parse_decimal(cell, missing=_NOT_MEASURED)
        case _:
            message = f"A {type(cell).__name__} is not a number."
            raise DataError(message)


def kind_of(sqlstate: str) -> type[ConnectorError]:
    """Give the error that an SQLSTATE stands for; a ConfigError where the SQL is to blame."""
    return _BY_SQLSTATE.get(sqlstate) or _BY_SQLSTATE.get(sqlstate[:2], ConfigError)
