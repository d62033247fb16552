"""Plausible: counts of page views, visits and visitors, and the share of visitors with a goal.

How periods meet the site's time zone, and what is not known, is told in
docs/connectors/plausible.md.
"""

from datetime import date, timedelta
from http import HTTPStatus
from typing import Annotated, ClassVar, Final, Literal

from pydantic import AliasPath, BaseModel, Field

from journey_atlas_sdk import (
    Capability,
    ConfigError,
    ConnectorInfo,
    Context,
    Grain,
    Limit,
    Secret,
    hookimpl,
    start_of_day,
)
from journey_atlas_sdk.auth import Bearer
from journey_atlas_sdk.exact_json import Moment, Tally, read_model
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
from journey_atlas_sdk.settings import RestatesDays
from journey_atlas_sdk.terms import terms
from journey_atlas_sdk.web import WebAddress, refusal

_DIMENSIONS: Final = {
    Grain.DAY: "time:day",
    Grain.WEEK: "time:week",
    Grain.MONTH: "time:month",
}

Goal = Annotated[str, Field(min_length=1)]
Asked = tuple[str, Goal | None]
"""A metric of the service, and the goal that alone counts; None: all do."""


class Count(CountReport):
    """How much there was of something, or how many visitors."""

    metric: Literal["pageviews", "visits", "events", "visitors"]
    goal: Goal | None = Field(default=None, description="Only where this goal was reached.")

    @property
    def by_days(self) -> bool:
        """Whether its days are added up; visitors are counted by Plausible alone."""
        return self.metric != "visitors"

    @property
    def asked(self) -> list[Asked]:
        """Say what is counted."""
        return [(self.metric, self.goal)]


class Conversion(ShareReport):
    """Which share of the visitors reached a goal."""

    days_add_up: ClassVar = False

    conversion: Goal = Field(description="The goal.")

    @property
    def asked(self) -> list[Asked]:
        """Say what the part is, and what the whole."""
        return [("visitors", self.conversion), ("visitors", None)]


Report = Count | Conversion


class PlausibleSettings(SeriesSettings[Report]):
    """The site and who asks, and the report of each metric."""

    token: Secret = Field(description="An API key for the Stats API.")
    site: Annotated[str, Field(min_length=1)] = Field(description="Its domain, as in example.com.")
    url: WebAddress = Field(
        default="https://plausible.io",
        description="That of your own server, where its data is there.",
    )
    restates_days: RestatesDays = 1


class Plausible(SeriesConnector[PlausibleSettings, Report]):
    """Asks for all periods of a pull at once, for a conversion twice."""

    info = ConnectorInfo(
        key="plausible",
        title="Plausible",
        version="1.0.0",
        settings=PlausibleSettings,
        capabilities=frozenset({Capability.HISTORY, Capability.DISCOVER}),
        limits=(Limit(count=600, seconds=3_600),),
        max_window=timedelta(days=366),
        timeout=timedelta(minutes=2),
        documentation="docs/connectors/plausible.md",
    )

    async def counts(self, report: Report, series: Series, context: Context) -> Told:
        """Ask for each count of all days at once."""
        days, step = (series.first, series.last), series.step
        tables = [await self._get(asked, days, context, step=step) for asked in report.asked]
        return Told(tables, Missing.ZERO)

    async def check(self, context: Context) -> None:
        """Count today's visitors; the answer tells when the site's today began."""
        today = context.now().astimezone(self.settings.time_zone).date()
        await self._get(("visitors", None), (today, today), context)

    async def _get(
        self, asked: Asked, days: tuple[date, date], context: Context, *, step: Grain = Grain.DAY
    ) -> Counts:
        """Count something from one day to another, by their buckets' first days."""
        metric, goal = asked
        response = await context.http.post(
            self.settings.at("/api/v2/query"),
            json={
                "site_id": self.settings.site,
                "metrics": [metric],
                "date_range": [str(day) for day in days],
                "dimensions": [_DIMENSIONS[step]],
                "filters": [["is", "event:goal", [goal]]] if goal else [],
            },
            auth=Bearer(context.secret("token")),
            extensions=terms(repeatable=True, expect={HTTPStatus.BAD_REQUEST}),
        )
        if response.status_code == HTTPStatus.BAD_REQUEST:
            raise refusal(response)
        answer = read_model(response.content, _Answer)
        if answer.start != start_of_day(days[0], self.settings.time_zone):
            message = f"The source's day begins at {answer.start}: `time_zone` must be its own."
            raise ConfigError(message)
        return {row.day: row.count for row in answer.results}


@hookimpl
def atlas_connectors() -> list[type[Plausible]]:
    """Bring the Plausible connector."""
    return [Plausible]


class _Row(BaseModel):
    day: date = Field(validation_alias=AliasPath("dimensions", 0))
    count: Tally = Field(validation_alias=AliasPath("metrics", 0))


class _Answer(BaseModel):
    results: list[_Row]
    start: Moment = Field(validation_alias=AliasPath("query", "date_range", 0))
