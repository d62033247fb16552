"""Google Sheets: rows that a person keeps in a spreadsheet, found by the headers above them.

What stands in cells, and what that means for dates and percentages, is told in
docs/connectors/google-sheets.md.
"""

import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Final, Literal, Self
from urllib.parse import quote

from pydantic import BaseModel, Field, model_validator

from journey_atlas_sdk import (
    Capability,
    ConfigError,
    Connector,
    ConnectorInfo,
    Context,
    Limit,
    MetricSpec,
    Observation,
    PullRequest,
    Settings,
    Unit,
    hookimpl,
)
from journey_atlas_sdk.exact_json import read_model, read_number
from journey_atlas_sdk.google_errors import REFUSALS, require_answer
from journey_atlas_sdk.oauth import GoogleKey, google
from journey_atlas_sdk.observation_rows import (
    OWN_COLUMNS,
    REQUIRED,
    NumberedRow,
    RowParameters,
    RowReader,
)
from journey_atlas_sdk.terms import terms
from journey_atlas_sdk.web import ServiceSettings, WebAddress

_SCOPE: Final = "https://www.googleapis.com/auth/spreadsheets.readonly"
_FIRST_DAY: Final = datetime(1899, 12, 30)  # noqa: DTZ001 -- a sheet knows no zone
_LAST_SERIAL: Final = 110_000  # in the year 2201
_DAY_SECONDS: Final = 86_400
_FIRST_ROW: Final = re.compile(r"![A-Z]+([0-9]+)")
_TIMES: Final = ("period_start", "period_end")

Own = Literal[
    "period_start", "period_end", "value", "sample_size", "numerator", "denominator",
    "standard_error", "state",
]  # fmt: skip
Header = Annotated[str, Field(min_length=1)]


class SheetTable(Settings):
    """Where a metric's rows stand, under which headers."""

    range: Annotated[str, Field(min_length=1, max_length=200)] = Field(
        description="As in `Trust!A1:F`; its first row has the headers."
    )
    fields: Mapping[Own, Header] = Field(
        description="The header of each, as in `{period_start: Month, value: NPS}`."
    )
    dimensions: Mapping[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")], Header] = Field(
        default_factory=dict[str, str], description="The header of each; other columns are remarks."
    )
    unit: Unit | None = Field(default=None, description="Left out: that of what it feeds.")

    @model_validator(mode="after")
    def _has_what_is_needed(self) -> Self:
        lacking = [name for name in REQUIRED if name not in self.fields]
        strange = sorted(OWN_COLUMNS & set(self.dimensions))
        if lacking or strange:
            message = f"`fields` needs {' and '.join(REQUIRED)}; they are no dimensions."
            raise ValueError(message)
        return self

    @property
    def headers(self) -> dict[str, str]:
        """The header of each column and dimension."""
        return dict[str, str]([*self.fields.items(), *self.dimensions.items()])


class GoogleSheetsSettings(ServiceSettings):
    """The spreadsheet, who reads it, and the rows of each metric."""

    key: GoogleKey
    spreadsheet: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$")] = Field(
        description="Its id: the long part of its address."
    )
    url: WebAddress = Field(
        default="https://sheets.googleapis.com", description="The service's own."
    )
    tables: Mapping[str, SheetTable] = Field(min_length=1, description="By metric.")


class GoogleSheets(Connector[GoogleSheetsSettings]):
    """Reads a metric's range as a whole; it holds values as they are, not as they are shown."""

    info = ConnectorInfo(
        key="google-sheets",
        title="Google Sheets",
        version="1.0.0",
        settings=GoogleSheetsSettings,
        capabilities=frozenset({Capability.HISTORY, Capability.DISCOVER, Capability.DIMENSIONS}),
        limits=(Limit(count=60, seconds=60),),
        timeout=timedelta(minutes=1),
        documentation="docs/connectors/google-sheets.md",
    )

    async def pull(self, request: PullRequest, context: Context) -> AsyncIterator[Observation]:
        """Give the rows that have exactly the asked dimensions."""
        table = request.chosen(self.settings.tables)
        self._spec(request.metric, table).require_answers(request)
        rows = (await self._get(table, context)).rows(request.metric, table)
        reader = RowReader(request=request, now=context.now(), number=read_number)
        for observation in await context.blocking(lambda: reader.answer(rows), weight=0):
            yield observation

    async def check(self, context: Context) -> None:
        """Read a metric's range, and find its headers."""
        _, table = min(self.settings.tables.items())
        (await self._get(table, context)).places(table)

    async def discover(self, context: Context) -> list[MetricSpec]:
        """List the metrics that have a range."""
        del context
        return [self._spec(key, each) for key, each in sorted(self.settings.tables.items())]

    def _spec(self, metric: str, table: SheetTable) -> MetricSpec:
        return MetricSpec(
            key=metric,
            title=metric,
            unit=table.unit,
            dimensions=tuple(sorted(table.dimensions)),
            parameters=RowParameters,
        )

    async def _get(self, table: SheetTable, context: Context) -> "_Values":
        place = f"{self.settings.spreadsheet}/values/{quote(table.range, safe='')}"
        response = await context.http.get(
            self.settings.at(f"/v4/spreadsheets/{place}"),
            params={
                "majorDimension": "ROWS",
                "valueRenderOption": "UNFORMATTED_VALUE",
                "dateTimeRenderOption": "SERIAL_NUMBER",
            },
            auth=google(context, context.secret("key"), _SCOPE),
            extensions=terms(expect=REFUSALS),
        )
        require_answer(response, "Google Sheets")
        return read_model(response.content, _Values)


@hookimpl
def atlas_connectors() -> list[type[GoogleSheets]]:
    """Bring the Google Sheets connector."""
    return [GoogleSheets]


class _Values(BaseModel):
    """A range; rows end with their last cell that isn't empty, and there is none without any."""

    range: str
    values: list[list[Any]] = []  # Any: a text, a number or a boolean

    def places(self, table: SheetTable) -> dict[str, int]:
        """Find the column of each header; ConfigError where one is missing or comes twice."""
        there = [str(cell).strip() for cell in self.values[0]] if self.values else []
        odd = sorted(header for header in table.headers.values() if there.count(header) != 1)
        if odd:
            names = ", ".join(filter(None, there)) or "none"
            message = f"{table.range} has not once: {', '.join(odd)}; its headers are {names}."
            raise ConfigError(message)
        return {name: there.index(header) for name, header in table.headers.items()}

    def rows(self, metric: str, table: SheetTable) -> Iterator[NumberedRow]:
        """Give the rows below the headers that have a cell, numbered as the sheet numbers them."""
        places = self.places(table)
        found = _FIRST_ROW.search(self.range)
        first = int(found[1]) if found else 1
        for number, line in enumerate(self.values[1:], start=first + 1):
            cells = {name: _cell(line, place) for name, place in places.items()}
            row = NumberedRow(metric, number, cells)
            if any(cell is not None for cell in cells.values()):
                yield NumberedRow(metric, number, {**cells, **_moments(row)})


def _cell(line: Sequence[object], place: int) -> object:
    cell = line[place] if place < len(line) else None
    return None if cell == "" else cell


def _moments(row: NumberedRow) -> dict[str, object]:
    """Read the row's times: a date is a number of days, a text says what it is."""
    return {
        name: _moment(row, name, row.cells[name])
        for name in _TIMES
        if isinstance(row.cells.get(name), int | float | Decimal)
    }


def _moment(row: NumberedRow, column: str, cell: Any) -> datetime:  # noqa: ANN401 -- Any: a number
    if isinstance(cell, bool) or not 1 <= cell <= _LAST_SERIAL:
        row.refuse(column, f"{cell} is no date.")
    return _FIRST_DAY + timedelta(seconds=round(cell * _DAY_SECONDS))
