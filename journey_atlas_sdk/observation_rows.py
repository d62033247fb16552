"""Rows whose columns are an observation's fields, read strictly: of files, tables and answers.

For connectors whose source delivers such rows; imported by its own name. What each column means is
told in docs/connectors/csv.md.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Final, NoReturn, Protocol

from pydantic import Field

from journey_atlas_sdk.connector import PullRequest
from journey_atlas_sdk.errors import ConfigError, DataError
from journey_atlas_sdk.moments import parse_moment
from journey_atlas_sdk.numbers import EXACT
from journey_atlas_sdk.observations import Dimensions, Grain, Observation, ObservationState
from journey_atlas_sdk.periods import period_of
from journey_atlas_sdk.settings import Settings
from journey_atlas_sdk.units import DurationUnit

REQUIRED: Final = ("period_start", "value")
OWN_COLUMNS: Final = frozenset(
    {
        *("metric", "period_start", "period_end", "value", "n", "sample_size"),
        *("numerator", "denominator", "standard_error", "state"),
    }
)
"""All other columns are dimensions."""


class RowParameters(Settings):
    """What a metric source may add: the unit in which its rows tell durations."""

    duration_unit: DurationUnit | None = Field(
        default=None, description="Values, numerators and standard errors become seconds, exactly."
    )


BOUND: Final = frozenset(
    {"start", "end", "start_date", "end_date", "last_date", "time_zone", "grain"}
)
"""What a query that a person wrote may bind, by name: see `bound_values`."""


def bound_values(request: PullRequest) -> dict[str, datetime | date | str]:
    """Give what a person's query may bind, by name, in the question's time zone.

    The window is half-open: `end_date` is the day after `last_date`.
    """
    start, end = (
        moment.astimezone(request.time_zone)
        for moment in (request.window.start, request.window.end)
    )
    last_date = (end - timedelta(microseconds=1)).date()
    return {
        "start": start,
        "end": end,
        "start_date": start.date(),
        "end_date": last_date + timedelta(days=1),
        "last_date": last_date,
        "time_zone": request.time_zone.key,
        "grain": request.grain.lower(),
    }


class Row(Protocol):
    """A row by column; None and an empty text both say that a cell is empty."""

    @property
    def cells(self) -> Mapping[str, object]:
        """What stands in each column, its name in lower case."""
        ...

    @property
    def source_ref(self) -> str:
        """Where a person finds the row."""
        ...

    def refuse(self, column: str, problem: str | DataError) -> NoReturn:
        """Raise the DataError that names the row and the column."""
        ...


@dataclass(frozen=True, slots=True)
class NumberedRow:
    """A row of the answer to a metric's query, counted from 1."""

    metric: str
    number: int
    cells: Mapping[str, object]

    @property
    def source_ref(self) -> str:
        """Where a person finds the row."""
        return f"{self.metric}, row {self.number}"

    def refuse(self, column: str, problem: str | DataError) -> NoReturn:
        """Raise the DataError that names the row and the column."""
        message = f"{self.source_ref}, column {column}: {problem}"
        raise DataError(message) from (problem if isinstance(problem, DataError) else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class RowReader:
    """Reads the rows that answer one question; `number` reads a cell that holds one."""

    request: PullRequest
    now: datetime
    number: Callable[[object], Decimal | None]

    def answer(self, rows: Iterable[Row]) -> list[Observation]:
        """Give the observations of exactly the asked dimensions and whole in the window.

        Oldest first. DataError naming row and column for what can't be read, or comes twice.
        """
        parameters = RowParameters.read(self.request.parameters)
        found: dict[object, Observation] = {}
        for row in rows:
            observation = self._read(row, parameters)
            if observation is None:
                continue
            identity = (observation.start, observation.end, observation.dimensions)
            if identity in found:
                problem = f"the same period stands at {found[identity].source_ref}."
                row.refuse("period_start", problem)
            found[identity] = observation
        return sorted(found.values(), key=lambda one: (one.start, one.end, one.dimensions))

    def _read(self, row: Row, parameters: RowParameters) -> Observation | None:
        """Give a row's observation; None where it answers another question than the asked one."""
        dimensions = _dimensions(row)
        if {name for name, _ in dimensions} != set(self.request.dimensions):
            return None
        start, end = self._period(row)
        if not self.request.window.holds(start, end):
            return None
        make = partial(
            Observation,
            metric=self.request.metric,
            start=start,
            end=end,
            dimensions=dimensions,
            value=self._seconds(row, "value", parameters),
            sample_size=self._count(row, "sample_size" if "sample_size" in row.cells else "n"),
            numerator=self._seconds(row, "numerator", parameters),
            denominator=self._number(row, "denominator"),
            standard_error=self._seconds(row, "standard_error", parameters),
            state=_state(row, is_over=end <= self.now),
            source_ref=row.source_ref,
        )
        try:
            return make()
        except DataError as error:  # each cell can be read, but they contradict each other
            row.refuse("value", error)

    def _seconds(self, row: Row, column: str, parameters: RowParameters) -> Decimal | None:
        number, unit = self._number(row, column), parameters.duration_unit
        if number is None or unit is None:
            return number
        return EXACT.multiply(number, Decimal(unit.seconds))

    def _number(self, row: Row, column: str) -> Decimal | None:
        try:
            return self.number(row.cells.get(column))
        except DataError as error:
            row.refuse(column, error)

    def _count(self, row: Row, column: str) -> int | None:
        number = self._number(row, column)
        if number is None:
            return None
        if number != number.to_integral_value():
            row.refuse(column, f"{number} is no whole number.")
        return int(number)

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
        cell = row.cells.get(column)
        if cell is None or cell == "":
            return None
        text = cell.isoformat() if isinstance(cell, date) else str(cell)
        try:
            return parse_moment(text, self.request.time_zone)
        except DataError as error:
            row.refuse(column, error)


def require_columns(asked: Iterable[str], there: Iterable[str]) -> None:
    """Raise the ConfigError that names the columns to break down by, where an asked one lacks."""
    lacking = sorted(set(asked) - set(there))
    if lacking:
        names = ", ".join(sorted(there)) or "none"
        message = f"No column is called {', '.join(lacking)}; columns to break down by: {names}."
        raise ConfigError(message)


def _dimensions(row: Row) -> Dimensions:
    return tuple(
        sorted(
            (name, str(cell))
            for name, cell in row.cells.items()
            if name not in OWN_COLUMNS and cell is not None and cell != ""
        )
    )


def _state(row: Row, *, is_over: bool) -> ObservationState:
    """Read the state; where it is left out, a period that isn't over is provisional."""
    text = str(row.cells.get("state") or "").upper()
    if not text:
        return ObservationState.FINAL if is_over else ObservationState.PROVISIONAL
    if text not in ObservationState.__members__:
        row.refuse("state", f"{text!r} is neither FINAL nor PROVISIONAL.")
    return ObservationState(text)
