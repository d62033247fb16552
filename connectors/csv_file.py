"""CSV files: one metric a file, named after it, or many in one with a column `metric`.

What a file may hold and how its cells are read is told in docs/connectors/csv.md.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Context as DecimalContext
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Annotated, Final, Literal, Self, TypeVar

from pydantic import Field, model_validator

from journey_atlas_sdk import (
    AccessDenied,
    Capability,
    ConfigError,
    Connector,
    ConnectorInfo,
    Context,
    DataError,
    Dimensions,
    DurationUnit,
    Grain,
    MetricSpec,
    Observation,
    ObservationState,
    PullRequest,
    Settings,
    TransientError,
    Unit,
    UnknownMetric,
    hookimpl,
    parse_decimal,
    parse_moment,
    period_of,
)
from journey_atlas_sdk.delimited import Row, Table, TableFormat, read_table

T = TypeVar("T")

MOST_FILES: Final = 1_000
_EXACT: Final = DecimalContext(prec=60)
_REQUIRED: Final = ("period_start", "value")
_OWN_COLUMNS: Final = frozenset(
    {
        *("metric", "period_start", "period_end", "value", "n"),
        *("numerator", "denominator", "standard_error", "state"),
    }
)


class CsvSettings(Settings):
    """Where the files are and how their cells are written; give `folder` or `file`."""

    folder: Path | None = Field(default=None, description="Absolute; all its *.csv files are read.")
    file: Path | None = Field(default=None, description="Absolute; this file alone is read.")
    delimiter: Literal[",", ";", "\t", "|"] | None = Field(
        default=None, description="Between cells; left out: what the header's line is written with."
    )
    decimal: Literal[".", ","] = "."
    thousands: Literal[".", ",", " ", "'"] | None = None
    missing: tuple[str, ...] = Field(
        default=(), description='What stands for no value, as in ["N/A"].'
    )
    encoding: Literal["utf-8", "utf-16", "windows-1252", "iso-8859-1", "iso-8859-15"] = "utf-8"
    units: Mapping[str, Unit] = Field(
        default_factory=dict[str, Unit],
        description="Units by metric; a metric that is left out has the unit of what it feeds.",
    )
    max_bytes: Annotated[int, Field(ge=1, le=500_000_000)] = 20_000_000
    max_rows: Annotated[int, Field(ge=1, le=5_000_000)] = 200_000

    @model_validator(mode="after")
    def _one_absolute_place(self) -> Self:
        places = [place for place in (self.folder, self.file) if place is not None]
        if len(places) != 1:
            message = "Give either `folder` or `file`."
            raise ValueError(message)
        if not places[0].is_absolute():
            message = f"Write an absolute path instead of {str(places[0])!r}."
            raise ValueError(message)
        if self.decimal == self.thousands:
            message = f"`decimal` and `thousands` are both {self.decimal!r}."
            raise ValueError(message)
        return self


class CsvParameters(Settings):
    """What a metric source may add: the unit in which its file writes durations."""

    duration_unit: DurationUnit | None = Field(
        default=None, description="Values, numerators and standard errors become seconds, exactly."
    )


class CsvFiles(Connector[CsvSettings]):
    """Reads local CSV files anew at each pull; files are small and may be replaced at any time."""

    info = ConnectorInfo(
        key="csv",
        title="CSV files",
        version="1.0.0",
        settings=CsvSettings,
        capabilities=frozenset({Capability.HISTORY, Capability.DISCOVER, Capability.DIMENSIONS}),
        documentation="docs/connectors/csv.md",
    )

    def pull(self, request: PullRequest, context: Context) -> Iterable[Observation]:
        """Give the rows of the metric that have exactly the asked dimensions, oldest first."""
        parameters = CsvParameters.read(request.parameters)
        reader = _RowReader(self.settings, parameters, request, context.now())
        found: dict[object, Observation] = {}
        for row in self._rows(request):
            observation = reader.read(row)
            if observation is None:
                continue
            identity = (observation.start, observation.end, observation.dimensions)
            if identity in found:
                problem = f"the same period stands at {found[identity].source_ref}."
                row.refuse("period_start", problem)
            found[identity] = observation
        yield from sorted(found.values(), key=lambda one: (one.start, one.end, one.dimensions))

    async def check(self, context: Context) -> None:
        """Read the header of every file."""
        await context.blocking(lambda: list(self._tables()))

    async def discover(self, context: Context) -> list[MetricSpec]:
        """List the metrics that the files name, with the columns that break them down."""
        return await context.blocking(self._specs)

    async def describe(self, metric: str, context: Context) -> MetricSpec | None:
        """Describe one metric from its own files, so that a broken neighbour doesn't matter."""
        found = await context.blocking(lambda: self._specs(metric))
        return next((spec for spec in found if spec.key == metric), None)

    def _rows(self, request: PullRequest) -> list[Row]:
        """Give all rows of a metric; UnknownMetric where no file names it."""
        rows: list[Row] = []
        is_known = False
        breakdowns: set[str] = set()
        for table in self._tables(request.metric):
            found = table.rows_of(request.metric)
            rows += found
            is_known = is_known or bool(found) or table.is_all(request.metric)
            breakdowns.update(table.dimensions)
        if not is_known:
            raise UnknownMetric(request.metric, known=[spec.key for spec in self._specs()])
        _require_columns(request.dimensions, breakdowns)
        return rows

    def _tables(self, metric: str | None = None) -> Iterator["_Table"]:
        """Open the file that is named after a metric, or all files where there is none.

        So that one broken file among many leaves the others' metrics alone.
        """
        files = _files(self.settings)
        for path in [path for path in files if path.stem == metric] or files:
            yield _open_table(path, self.settings)

    def _specs(self, wanted: str | None = None) -> list[MetricSpec]:
        dimensions: dict[str, set[str]] = {}
        for table in self._tables(wanted):
            for metric in table.metrics():
                dimensions.setdefault(metric, set()).update(table.dimensions)
        return [
            MetricSpec(
                key=metric,
                title=metric,
                unit=self.settings.units.get(metric),
                dimensions=tuple(sorted(names)),
                parameters=CsvParameters,
            )
            for metric, names in sorted(dimensions.items())
        ]


@hookimpl
def atlas_connectors() -> list[type[CsvFiles]]:
    """Bring the CSV connector."""
    return [CsvFiles]


@dataclass(frozen=True, slots=True)
class _Table:
    """A file of values; without a column `metric` all of it is the metric `stem`."""

    stem: str
    content: Table

    @property
    def has_metrics(self) -> bool:
        return "metric" in self.content.header

    @property
    def dimensions(self) -> list[str]:
        return [name for name in self.content.header if name not in _OWN_COLUMNS]

    def is_all(self, metric: str) -> bool:
        return not self.has_metrics and self.stem == metric

    def metrics(self) -> set[str]:
        return {self._metric(row) for row in self.content.rows} if self.has_metrics else {self.stem}

    def rows_of(self, metric: str) -> list[Row]:
        return [row for row in self.content.rows if self._metric(row) == metric]

    def _metric(self, row: Row) -> str:
        metric = row.cells.get("metric", self.stem)
        if not metric:
            row.refuse("metric", "it is empty.")
        return metric


@dataclass(frozen=True, slots=True)
class _RowReader:
    """Reads the rows that answer one question."""

    settings: CsvSettings
    parameters: CsvParameters
    request: PullRequest
    now: datetime

    def read(self, row: Row) -> Observation | None:
        """Give a row's observation; None where it answers another question than the asked one."""
        dimensions = _dimensions(row)
        if {name for name, _ in dimensions} != set(self.request.dimensions):
            return None
        start, end = self._period(row)
        if not self.request.window.holds(start, end):
            return None
        return self._observation(row, start, end, dimensions)

    def _observation(
        self, row: Row, start: datetime, end: datetime, dimensions: Dimensions
    ) -> Observation:
        make = partial(
            Observation,
            metric=self.request.metric,
            start=start,
            end=end,
            dimensions=dimensions,
            value=self._scaled(row, "value"),
            sample_size=_count(row, self._number(row, "n")),
            numerator=self._scaled(row, "numerator"),
            denominator=self._number(row, "denominator"),
            standard_error=self._scaled(row, "standard_error"),
            state=_state(row, is_over=end <= self.now),
            source_ref=f"{row.file}:{row.line}",
        )
        try:
            return make()
        except DataError as error:  # each cell can be read, but they contradict each other
            row.refuse("value", error)

    def _scaled(self, row: Row, column: str) -> Decimal | None:
        number = self._number(row, column)
        unit = self.parameters.duration_unit
        if number is None or unit is None:
            return number
        return _EXACT.multiply(number, Decimal(unit.seconds))

    def _number(self, row: Row, column: str) -> Decimal | None:
        settings = self.settings
        try:
            return parse_decimal(
                row.cells.get(column),
                decimal=settings.decimal,
                thousands=settings.thousands,
                missing=settings.missing,
            )
        except DataError as error:
            row.refuse(column, error)

    def _period(self, row: Row) -> tuple[datetime, datetime]:
        start = self._moment(row, "period_start")
        if start is None:
            row.refuse("period_start", "it is empty.")
        end = self._moment(row, "period_end")
        if self.request.grain is Grain.INSTANT:
            if end not in (None, start):
                row.refuse("period_end", "an instant has none.")
            return start, start
        if self.request.grain is Grain.TOTAL:
            if end is None or end <= start:
                row.refuse("period_end", "a total needs one, after its start.")
            return start, end
        return self._calendar_period(row, start, end)

    def _calendar_period(
        self, row: Row, start: datetime, end: datetime | None
    ) -> tuple[datetime, datetime]:
        grain, zone = self.request.grain, self.request.time_zone
        period = period_of(start, grain, zone)
        if period.start != start:
            row.refuse("period_start", f"no {grain} begins there in {zone.key}.")
        if end not in (None, period.end):
            after = period.end.astimezone(zone).isoformat()
            row.refuse("period_end", f"this {grain} ends where the next begins: {after}.")
        return start, period.end

    def _moment(self, row: Row, column: str) -> datetime | None:
        text = row.cells.get(column)
        try:
            return parse_moment(text, self.request.time_zone) if text else None
        except DataError as error:
            row.refuse(column, error)


def _dimensions(row: Row) -> Dimensions:
    return tuple(
        sorted(
            (name, cell) for name, cell in row.cells.items() if cell and name not in _OWN_COLUMNS
        )
    )


def _count(row: Row, number: Decimal | None) -> int | None:
    if number is None:
        return None
    if number != number.to_integral_value():
        row.refuse("n", f"{number} is no whole number.")
    return int(number)


def _state(row: Row, *, is_over: bool) -> ObservationState:
    """Read the state; where it is left out, a period that isn't over is provisional."""
    text = row.cells.get("state", "").upper()
    if not text:
        return ObservationState.FINAL if is_over else ObservationState.PROVISIONAL
    if text not in ObservationState.__members__:
        row.refuse("state", f"{text!r} is neither FINAL nor PROVISIONAL.")
    return ObservationState(text)


def _require_columns(asked: Iterable[str], there: set[str]) -> None:
    lacking = sorted(set(asked) - there)
    if lacking:
        names = ", ".join(sorted(there)) or "none"
        message = f"No column is called {', '.join(lacking)}; columns to break down by: {names}."
        raise ConfigError(message)


def _files(settings: CsvSettings) -> list[Path]:
    if settings.file is not None:
        return [settings.file]
    folder = settings.folder or Path()
    entries = _reading(folder, lambda: sorted(folder.iterdir()))
    files = [path for path in entries if path.suffix.casefold() == ".csv"]
    if not 0 < len(files) <= MOST_FILES:
        message = f"{folder} holds {len(files)} files *.csv; 1 to {MOST_FILES} are expected."
        raise ConfigError(message)
    return files


def _open_table(path: Path, settings: CsvSettings) -> _Table:
    content = _reading(path, lambda: _bytes(path, settings.max_bytes))
    form = TableFormat(
        required=_REQUIRED,
        delimiter=settings.delimiter,
        encoding=settings.encoding,
        max_bytes=settings.max_bytes,
        max_rows=settings.max_rows,
    )
    return _Table(path.stem, read_table(path.name, content, form))


def _bytes(path: Path, most: int) -> bytes:
    if path.exists() and not path.is_file():  # a pipe would be waited for without end
        message = f"{path} is not a file."
        raise ConfigError(message)
    with path.open("rb") as file:
        return file.read(most + 1)


def _reading(path: Path, read: Callable[[], T]) -> T:
    """Read something of the disk, naming what stands in the way by what happens next."""
    try:
        return read()
    except (FileNotFoundError, NotADirectoryError) as error:
        message = f"{path} does not exist."
        raise ConfigError(message) from error
    except PermissionError as error:
        message = f"The server may not read {path}."
        raise AccessDenied(message) from error
    except OSError as error:
        message = f"{path} can't be read: {error.strerror}."
        raise TransientError(message) from error
