"""Rows that are things that happened: counted, added up, averaged or scored, period by period.

    COUNT    how many there were
    SUM      of `column`
    MEAN     sum of `column` / number of rows that have it
    UNIQUE   how many different texts stand in `column`
    RATIO    rows that fit `part` / all rows
    NPS      of `column`, the answers 0 to 10

For connectors whose source delivers such rows; imported by its own name. A period without a row
counts 0 and sums up to 0; a mean, a ratio and a score of nothing are None.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Final, Self, assert_never

from pydantic import Field, model_validator

from journey_atlas_sdk.connector import MetricSpec, PullRequest
from journey_atlas_sdk.errors import DataError
from journey_atlas_sdk.moments import parse_moment
from journey_atlas_sdk.numbers import EXACT
from journey_atlas_sdk.observation_rows import Row, RowParameters
from journey_atlas_sdk.observations import Dimensions, Observation, Window
from journey_atlas_sdk.periods import EVERY_PERIOD, Buckets
from journey_atlas_sdk.scores import Score, ScoreKind, Scoring, mean_of
from journey_atlas_sdk.settings import Settings
from journey_atlas_sdk.units import Aggregation, Unit, UnitKind

Column = Annotated[str, Field(min_length=1)]
Scalar = str | int | bool | None
Conditions = Mapping[Column, Scalar | tuple[Scalar, ...]]
"""What must stand in some columns: one value, or one of several; null: nothing."""

Readings = Counter[Decimal | str]
"""How often each thing was read in a period: a number, or the text of something unique."""


class Measure(StrEnum):
    """What of the rows is a period's value; the module tells how it is made."""

    COUNT = "COUNT"
    SUM = "SUM"
    MEAN = "MEAN"
    UNIQUE = "UNIQUE"
    RATIO = "RATIO"
    NPS = "NPS"


_OF_A_COLUMN: Final = frozenset({Measure.SUM, Measure.MEAN, Measure.UNIQUE, Measure.NPS})
_UNITS: Final = {
    Measure.COUNT: UnitKind.COUNT,
    Measure.UNIQUE: UnitKind.COUNT,
    Measure.RATIO: UnitKind.RATIO,
    Measure.NPS: UnitKind.SCORE,
}
_AGGREGATIONS: Final = {
    Measure.COUNT: Aggregation.SUM,
    Measure.SUM: Aggregation.SUM,
    Measure.UNIQUE: Aggregation.UNIQUE,
}
_NPS: Final = Scoring(score=ScoreKind.NPS)
_ANSWERS: Final = range(11)


class Events(Settings):
    """Which column says when it happened, and how rows become one number a period."""

    time: Column = Field(description="The column that says when it happened.")
    measure: Measure
    column: Column | None = Field(
        default=None, description="Whose values are added, averaged, told apart or scored."
    )
    part: Conditions | None = Field(
        default=None, description="For RATIO: what a row of the part has in its columns."
    )
    dimensions: Mapping[str, Column] = Field(
        default_factory=dict[str, str], description="By name, the column that breaks it down."
    )
    unit: Unit | None = Field(
        default=None, description="Of a SUM or MEAN; left out: that of what it feeds."
    )

    @model_validator(mode="after")
    def _whole(self) -> Self:
        for is_wrong, message in (
            (
                (self.column is not None) != (self.measure in _OF_A_COLUMN),
                f"`column` belongs to {', '.join(sorted(_OF_A_COLUMN))}, and they need it.",
            ),
            (
                (self.part is not None) != (self.measure is Measure.RATIO),
                "`part` belongs to RATIO, which needs it.",
            ),
            (
                self.unit is not None and self.measure in _UNITS,
                f"The unit of {self.measure} is {_UNITS.get(self.measure)}.",
            ),
        ):
            if is_wrong:
                raise ValueError(message)
        return self

    @property
    def columns(self) -> set[str]:
        """All the columns that are looked at."""
        named = {self.time, *self.dimensions.values(), *(self.part or ())}
        return named | ({self.column} if self.column else set())

    def spec(self, metric: str, *, restates_for: timedelta) -> MetricSpec:
        """Say what the metric is."""
        kind = _UNITS.get(self.measure)
        least, most = _bounds(self.measure)
        return MetricSpec(
            key=metric,
            title=metric,
            unit=Unit(kind=kind) if kind else self.unit,
            aggregation=_AGGREGATIONS.get(self.measure, Aggregation.RATIO),
            grains=EVERY_PERIOD,
            minimum=least,
            maximum=most,
            dimensions=tuple(sorted(self.dimensions)),
            parameters=None if kind else RowParameters,  # a duration's unit
            restates_for=restates_for,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class EventReader:
    """Reads the rows that answer one question; `number` reads a cell that holds one."""

    events: Events
    spec: MetricSpec
    request: PullRequest
    now: datetime
    number: Callable[[object], Decimal | None]

    def answer(self, rows: Iterable[Row]) -> list[Observation]:
        """Give the value of each whole period of the window that has begun, oldest first.

        Broken down: of each part that there was; a row that lacks a dimension belongs to none.
        DataError naming row and column for what can't be read.
        """
        parameters = RowParameters.read(self.request.parameters)
        periods = self.request.periods(self.now)
        buckets = Buckets(periods)
        found: dict[tuple[Window, Dimensions], Readings] = {}
        if not self.request.dimensions:
            found = {(period, ()): Counter() for period in periods}
        for row in rows:
            period, dimensions = buckets.of(self._moment(row)), self._dimensions(row)
            if period is not None and dimensions is not None:
                readings = found.setdefault((period, dimensions), Counter())
                readings.update(self._reading(row, parameters))
        ordered = sorted(found.items(), key=lambda each: (each[0][0].start, each[0][1]))
        return [self._observation(*identity, readings) for identity, readings in ordered]

    def _moment(self, row: Row) -> datetime:
        text = text_of(row, self.events.time) or ""
        try:
            return parse_moment(text, self.request.time_zone)
        except DataError as error:
            row.refuse(self.events.time, error)

    def _dimensions(self, row: Row) -> Dimensions | None:
        names = sorted(self.request.dimensions)
        cells = [(name, text_of(row, self.events.dimensions[name])) for name in names]
        filled = tuple((name, cell) for name, cell in cells if cell)
        return filled if len(filled) == len(cells) else None

    def _reading(self, row: Row, parameters: RowParameters) -> list[Decimal | str]:
        """Give what a row counts for; nothing where its cell is empty."""
        events, column = self.events, self.events.column or ""
        match events.measure:
            case Measure.COUNT:
                return [Decimal(1)]
            case Measure.RATIO:
                return [Decimal(fits(row, events.part or {}))]
            case Measure.UNIQUE:
                text = text_of(row, column)
                return [text] if text else []
            case Measure.SUM | Measure.MEAN | Measure.NPS:
                number = self._number(row, column, parameters)
                return [] if number is None else [number]
            case _:
                assert_never(events.measure)

    def _number(self, row: Row, column: str, parameters: RowParameters) -> Decimal | None:
        try:
            number = self.number(row.cells.get(column))
        except DataError as error:
            row.refuse(column, error)
        if self.events.measure is Measure.NPS and number not in (None, *_ANSWERS):
            row.refuse(column, f"{number} is no answer from 0 to 10.")
        unit = parameters.duration_unit
        if number is None or unit is None:
            return number
        return EXACT.multiply(number, Decimal(unit.seconds))

    def _observation(
        self, period: Window, dimensions: Dimensions, readings: "Readings"
    ) -> Observation:
        metric, state = self.request.metric, self.spec.state(period, self.now)
        value = _value(self.events.measure, readings)
        if isinstance(value, Score):
            return value.observation(metric, period, state=state, dimensions=dimensions)
        return self.request.observation(period, value, dimensions=dimensions, state=state)


def fits(row: Row, conditions: Conditions) -> bool:
    """Say whether each of the columns holds what it must, or one of several."""
    return all(text_of(row, column) in _texts(wanted) for column, wanted in conditions.items())


def text_of(row: Row, column: str) -> str | None:
    """Give a cell as a text, true as `true`; None where it is empty. DataError for a list."""
    cell = row.cells.get(column)
    if isinstance(cell, list | dict):
        row.refuse(column, "it holds several values; name a column inside of it.")
    return _text(cell)


def _text(cell: object) -> str | None:
    if cell is None or cell == "":
        return None
    return str(cell).lower() if isinstance(cell, bool) else str(cell)


def _texts(wanted: Scalar | tuple[Scalar, ...]) -> set[str | None]:
    return {_text(each) for each in (wanted if isinstance(wanted, tuple) else (wanted,))}


def _value(measure: Measure, readings: Readings) -> Score | Decimal:
    """Give what a period's readings amount to: a score where a mean says how sure it is."""
    numbers = [(one, times) for one, times in readings.items() if isinstance(one, Decimal)]
    match measure:
        case Measure.UNIQUE:
            return Decimal(len(readings))
        case Measure.COUNT | Measure.SUM:
            return mean_of(numbers).numerator
        case Measure.MEAN | Measure.RATIO:
            return mean_of(numbers)
        case Measure.NPS:
            return _NPS.measure({int(answer): times for answer, times in numbers})
        case _:
            assert_never(measure)


def _bounds(measure: Measure) -> tuple[Decimal | None, Decimal | None]:
    match measure:
        case Measure.COUNT | Measure.UNIQUE:
            return Decimal(0), None
        case Measure.RATIO:
            return Decimal(0), Decimal(1)
        case Measure.NPS:
            return _NPS.legal
        case Measure.SUM | Measure.MEAN:
            return None, None
        case _:
            assert_never(measure)
