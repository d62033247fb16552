"""Amplitude: conversions of funnels and counts of events, a whole series with each query.

How periods meet the project's time zone, and what is not known, is told in
docs/connectors/amplitude.md.
"""

import json
from collections.abc import Sequence
from datetime import date, timedelta
from http import HTTPStatus
from typing import Annotated, ClassVar, Final, Literal

import httpx
from pydantic import AliasPath, BaseModel, Field

from journey_atlas_sdk import (
    AuthError,
    Capability,
    ConnectorInfo,
    Context,
    DataError,
    Grain,
    Limit,
    MetricSpec,
    Secret,
    hookimpl,
)
from journey_atlas_sdk.exact_json import Tally, read_model
from journey_atlas_sdk.periods import OF_DAYS
from journey_atlas_sdk.series import (
    CountReport,
    Counts,
    Missing,
    Series,
    SeriesConnector,
    SeriesSettings,
    ShareReport,
    Told,
)
from journey_atlas_sdk.terms import terms
from journey_atlas_sdk.web import WebAddress, refusal

_INTERVALS: Final = {Grain.DAY: "1", Grain.WEEK: "7", Grain.MONTH: "30"}
_REFUSALS: Final = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND})

Name = Annotated[str, Field(min_length=1)]
Parameters = list[tuple[str, str | int | float | bool | None]]  # in httpx's words


class Event(CountReport):
    """An event: how often it happened, or how many users did it."""

    path: ClassVar = "events/segmentation"
    tables: ClassVar = 1
    cost: ClassVar = 1
    day_grains: ClassVar = OF_DAYS - {Grain.YEAR}  # a leap year is a day too long

    event: Name = Field(description="Its name; `_active` is any active one.")
    count: Literal["TOTAL", "UNIQUE"] = "TOTAL"

    @property
    def by_days(self) -> bool:
        """Whether its days are added up; users are counted by Amplitude alone."""
        return self.count == "TOTAL"

    @property
    def parameters(self) -> Parameters:
        """Say which event, and how it is counted."""
        how = "totals" if self.by_days else "uniques"
        return [("e", json.dumps({"event_type": self.event})), ("m", how)]

    def counts(self, body: bytes) -> list[Counts]:
        """Give the count of each bucket, by its first day."""
        answer = read_model(body, _Segmentation)
        return [_by_day(answer.days, answer.counts)]


class Funnel(ShareReport):
    """Steps in order: who reached the last one, of those who began."""

    days_add_up: ClassVar = False
    path: ClassVar = "funnels"
    tables: ClassVar = 2

    steps: Annotated[tuple[Name, ...], Field(min_length=2, max_length=5)]
    conversion_days: Annotated[int, Field(ge=1, le=90, description="How long it may take.")] = 30

    @property
    def cost(self) -> int:
        """What a day of it costs."""
        return 2 * len(self.steps)

    @property
    def parameters(self) -> Parameters:
        """Say which steps, and how long a user may take for them."""
        seconds = timedelta(days=self.conversion_days).total_seconds()
        events = [("e", json.dumps({"event_type": step})) for step in self.steps]
        return [*events, ("cs", f"{seconds:.0f}")]

    def spec(self, metric: str, *, restates_for: timedelta) -> MetricSpec:
        """Say what the metric is; it changes until the last who began can no longer convert."""
        converts_for = timedelta(days=self.conversion_days)
        return super().spec(metric, restates_for=restates_for + converts_for)

    def counts(self, body: bytes) -> list[Counts]:
        """Give, by first days, who reached the end and who began."""
        answer = read_model(body, _Funnel)
        return [_by_day(answer.days, [step[at] for step in answer.steps]) for at in (-1, 0)]


Report = Event | Funnel


class AmplitudeSettings(SeriesSettings[Report]):
    """The project's keys, and the report of each metric."""

    api_key: Secret = Field(description="Of the project.")
    secret_key: Secret = Field(description="Of the project.")
    url: WebAddress = Field(
        default="https://amplitude.com",
        description="https://analytics.eu.amplitude.com where its data is there.",
    )


class Amplitude(SeriesConnector[AmplitudeSettings, Report]):
    """Asks for all periods of a pull at once; a query costs by its days and events."""

    info = ConnectorInfo(
        key="amplitude",
        title="Amplitude",
        version="1.0.0",
        settings=AmplitudeSettings,
        capabilities=frozenset({Capability.HISTORY, Capability.DISCOVER}),
        limits=(
            Limit(count=1_000, seconds=300, concurrency=5),
            Limit(count=108_000, seconds=3_600),
        ),
        max_window=timedelta(days=92),
        timeout=timedelta(minutes=2),
        documentation="docs/connectors/amplitude.md",
    )

    async def counts(self, report: Report, series: Series, context: Context) -> Told:
        """Ask for all days at once; what each of them costs says the report."""
        during = [("start", f"{series.first:%Y%m%d}"), ("end", f"{series.last:%Y%m%d}")]
        asked = [*report.parameters, *during, ("i", _INTERVALS[series.step])]
        cost = report.cost * ((series.last - series.first).days + 1)
        body = await self._get(report.path, asked, context, cost=cost)
        if body is None:
            nothing: Counts = {}
            return Told([nothing] * report.tables, Missing.ZERO)
        return Told(report.counts(body))

    async def check(self, context: Context) -> None:
        """List the project's events."""
        await self._get("events/list", [], context)

    async def _get(
        self, path: str, parameters: Parameters, context: Context, *, cost: int = 1
    ) -> bytes | None:
        """Ask; None: there was nothing at all in those days."""
        response = await context.http.get(
            self.settings.at(f"/api/2/{path}"),
            params=parameters,
            auth=httpx.BasicAuth(context.secret("api_key"), context.secret("secret_key")),
            extensions=terms(expect=_REFUSALS, weight=cost),
        )
        if response.status_code == HTTPStatus.FORBIDDEN:
            message = "Amplitude refuses the keys; or its data is in another region: `url`."
            raise AuthError(message)
        if response.status_code == HTTPStatus.BAD_REQUEST:
            raise refusal(response)
        return None if response.status_code == HTTPStatus.NOT_FOUND else response.content


@hookimpl
def atlas_connectors() -> list[type[Amplitude]]:
    """Bring the Amplitude connector."""
    return [Amplitude]


class _Segmentation(BaseModel):
    counts: list[Tally] = Field(validation_alias=AliasPath("data", "series", 0))
    days: list[date] = Field(validation_alias=AliasPath("data", "xValues"))


class _Funnel(BaseModel):
    steps: list[Annotated[list[Tally], Field(min_length=2)]] = Field(
        validation_alias=AliasPath("data", 0, "dayFunnels", "series")
    )
    days: list[date] = Field(validation_alias=AliasPath("data", 0, "dayFunnels", "xValues"))


def _by_day(days: Sequence[date], counts: Sequence[Tally]) -> Counts:
    """Put parallel lists together; DataError where one is longer."""
    if len(days) != len(counts):
        message = f"Amplitude answers with {len(counts)} counts for {len(days)} days."
        raise DataError(message)
    return dict(zip(days, counts, strict=True))
