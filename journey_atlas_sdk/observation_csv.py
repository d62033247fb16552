"""CSV files of observations: how they are written, which metrics they hold, what they answer.

For connectors that bring such files from somewhere; imported by its own name.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from journey_atlas_sdk.connector import MetricSpec, PullRequest
from journey_atlas_sdk.delimited import Row, Table, TableFormat, read_table
from journey_atlas_sdk.errors import UnknownMetric
from journey_atlas_sdk.numbers import parse_decimal
from journey_atlas_sdk.observation_rows import (
    OWN_COLUMNS,
    REQUIRED,
    RowParameters,
    RowReader,
    require_columns,
)
from journey_atlas_sdk.observations import Observation
from journey_atlas_sdk.settings import Settings
from journey_atlas_sdk.units import Unit


class CsvFormat(Settings):
    """How cells are written and how big a file may be; the base of a connector's settings."""

    delimiter: Literal[",", ";", "\t", "|"] | None = Field(
        default=None, description="Between cells; left out: what the header's line is written with."
    )
    decimal: Literal[".", ","] = Field(default=".", description="The decimal mark.")
    thousands: Literal[".", ",", " ", "'"] | None = Field(
        default=None, description="What groups the digits of a number."
    )
    missing: tuple[str, ...] = Field(
        default=(), description='Words that stand for no value, as in `["N/A", "-"]`.'
    )
    encoding: Literal["utf-8", "utf-16", "windows-1252", "iso-8859-1", "iso-8859-15"] = Field(
        default="utf-8", description="Of the text."
    )
    units: Mapping[str, Unit] = Field(
        default_factory=dict[str, Unit],
        description="By metric, as in `{trust: {kind: RATIO}}`; left out: that of what it feeds.",
    )
    max_bytes: Annotated[int, Field(ge=1, le=500_000_000)] = Field(
        default=20_000_000, description="Of one file, unpacked; a longer one is refused."
    )
    max_rows: Annotated[int, Field(ge=1, le=5_000_000)] = Field(
        default=200_000, description="Of one file; one with more is refused."
    )

    @model_validator(mode="after")
    def _two_marks(self) -> Self:
        if self.decimal == self.thousands:
            message = f"`decimal` and `thousands` are both {self.decimal!r}."
            raise ValueError(message)
        return self

    def number(self, cell: object) -> Decimal | None:
        """Read a cell with these marks; DataError where it is no number."""
        return parse_decimal(
            None if cell is None else str(cell),
            decimal=self.decimal,
            thousands=self.thousands,
            missing=self.missing,
        )


@dataclass(frozen=True, slots=True)
class ObservationFile:
    """A file whose header was read; without a column `metric` all of it is the metric `stem`."""

    stem: str
    content: Table

    @property
    def dimensions(self) -> list[str]:
        """The columns to break down by."""
        return [name for name in self.content.header if name not in OWN_COLUMNS]

    def rows(self) -> Iterator[tuple[str, Row]]:
        """Walk the rows, once, each with its metric."""
        for row in self.content.rows:
            metric = row.cells.get("metric", self.stem)
            if not metric:
                row.refuse("metric", "it is empty.")
            yield metric, row

    def metrics(self) -> set[str]:
        """Name the metrics; walks the rows where only they tell."""
        return {self.stem} if self.is_of_one_metric else {metric for metric, _ in self.rows()}

    @property
    def is_of_one_metric(self) -> bool:
        """Whether the file has no column `metric`."""
        return "metric" not in self.content.header


def open_file(name: str, stem: str, content: bytes, form: CsvFormat) -> ObservationFile:
    """Read a file's header; DataError, which calls the file `name`, where it is no such table."""
    table = TableFormat(
        required=REQUIRED,
        delimiter=form.delimiter,
        encoding=form.encoding,
        max_bytes=form.max_bytes,
        max_rows=form.max_rows,
    )
    return ObservationFile(stem, read_table(name, content, table))


def answer(
    files: Iterable[ObservationFile], request: PullRequest, form: CsvFormat, *, now: datetime
) -> list[Observation]:
    """Give a question's observations out of some files, oldest first.

    UnknownMetric where no file names the metric, ConfigError where none has an asked dimension.
    """
    known: set[str] = set()
    breakdowns: set[str] = set()

    def wanted() -> Iterator[Row]:
        for file in files:
            breakdowns.update(file.dimensions)
            if file.is_of_one_metric:
                known.add(file.stem)
            for metric, row in file.rows():
                known.add(metric)
                if metric == request.metric:
                    yield row

    found = RowReader(request=request, now=now, number=form.number).answer(wanted())
    if request.metric not in known:
        raise UnknownMetric(request.metric, known=sorted(known))
    require_columns(request.dimensions, breakdowns)
    return found


def specs(files: Iterable[ObservationFile], units: Mapping[str, Unit]) -> list[MetricSpec]:
    """List the metrics that some files name, with the columns that break them down."""
    dimensions: dict[str, set[str]] = {}
    for file in files:
        for metric in file.metrics():
            dimensions.setdefault(metric, set()).update(file.dimensions)
    return [
        MetricSpec(
            key=metric,
            title=metric,
            unit=units.get(metric),
            dimensions=tuple(sorted(names)),
            parameters=RowParameters,
        )
        for metric, names in sorted(dimensions.items())
    ]
