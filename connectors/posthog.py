"""PostHog: counts of events and people, and shares of people who go on, in any time zone.

How a report becomes HogQL, and what is not known, is told in docs/connectors/posthog.md.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from http import HTTPStatus
from typing import Annotated, ClassVar, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field

from journey_atlas_sdk import (
    Capability,
    ConnectorInfo,
    Context,
    DataError,
    Grain,
    Limit,
    Secret,
    hookimpl,
    start_of_day,
)
from journey_atlas_sdk.auth import Bearer
from journey_atlas_sdk.exact_json import Tally, read_model
from journey_atlas_sdk.periods import OF_DAYS
from journey_atlas_sdk.series import (
    CountReport,
    Counts,
    Missing,
    ReportSettings,
    Series,
    SeriesConnector,
    ShareReport,
    Told,
)
from journey_atlas_sdk.settings import RestatesDays
from journey_atlas_sdk.terms import terms
from journey_atlas_sdk.web import NumericId, WebAddress, refusal

_LOCAL: Final = "toTimeZone(timestamp, {zone})"
_DAYS: Final = {
    Grain.DAY: f"toString(toDate({_LOCAL}))",
    Grain.WEEK: f"toString(toStartOfWeek({_LOCAL}, 1))",  # on Monday, whatever the project says
    Grain.MONTH: f"toString(toStartOfMonth({_LOCAL}))",
    Grain.QUARTER: f"toString(toStartOfQuarter({_LOCAL}))",
    Grain.YEAR: f"toString(toStartOfYear({_LOCAL}))",
}
"""The first day of a bucket, in HogQL."""
_DURING: Final = "AND timestamp >= toDateTime({start}) AND timestamp < toDateTime({end})"
_END: Final = "GROUP BY day ORDER BY day LIMIT 50000"  # unsaid, it would be 100

Name = Annotated[str, Field(min_length=1)]


class Event(CountReport):
    """An event: how often it happened, or how many people did it."""

    own_grains: ClassVar = OF_DAYS

    event: Name
    count: Literal["TOTAL", "UNIQUE"] = "TOTAL"

    @property
    def by_days(self) -> bool:
        """Whether its days are added up; people are counted by PostHog alone."""
        return self.count == "TOTAL"

    def query(self, day: str) -> str:
        """Write the question of how many there are by day."""
        count = "count()" if self.by_days else "count(DISTINCT person_id)"
        return f"SELECT {day} AS day, {count} FROM events WHERE event = {{event}} {_DURING} {_END}"  # noqa: S608 -- of our own words

    def counts(self, body: bytes) -> list[Counts]:
        """Give the count of each bucket, by its first day."""
        return [dict(read_model(body, _Counts).results)]


class Conversion(ShareReport):
    """Which share of the people who did something did another thing too, in the same period."""

    days_add_up: ClassVar = False
    own_grains: ClassVar = OF_DAYS

    conversion: Name = Field(description="The event that they did too.")
    of: Name = Field(description="The event of all of them.")

    def query(self, day: str) -> str:
        """Write the question of how many of how many there are by day."""
        people = (
            f"SELECT {day} AS day, countIf(event = {{conversion}}) > 0 AS converted FROM events "  # noqa: S608 -- of our own words
            f"WHERE event IN ({{conversion}}, {{of}}) {_DURING} "
            "GROUP BY day, person_id HAVING countIf(event = {of}) > 0"
        )
        return f"SELECT day, countIf(converted), count() FROM ({people}) {_END}"  # noqa: S608 -- the same

    def counts(self, body: bytes) -> list[Counts]:
        """Give, by first days, who converted and who there was."""
        rows = read_model(body, _Shares).results
        return [{day: part for day, part, _ in rows}, {day: whole for day, _, whole in rows}]


Report = Event | Conversion


class PostHogSettings(ReportSettings[Report]):
    """The project and who asks, and the report of each metric."""

    token: Secret = Field(description="A personal API key with the scope `query:read`.")
    project: NumericId = Field(description="Its number.")
    url: WebAddress = Field(
        default="https://us.posthog.com",
        description="https://eu.posthog.com, or your own server, where its data is there.",
    )
    restates_days: RestatesDays = 1


class PostHog(SeriesConnector[PostHogSettings, Report]):
    """Asks for all periods of a pull in one query."""

    info = ConnectorInfo(
        key="posthog",
        title="PostHog",
        version="1.0.0",
        settings=PostHogSettings,
        capabilities=frozenset({Capability.HISTORY, Capability.DISCOVER}),
        limits=(Limit(count=120, seconds=3_600, concurrency=3),),
        max_window=timedelta(days=366),
        timeout=timedelta(minutes=2),
        documentation="docs/connectors/posthog.md",
    )

    async def counts(self, report: Report, series: Series, context: Context) -> Told:
        """Ask for all buckets at once, which PostHog cuts in whatever zone."""
        during = {
            "start": _start(series.first, series.zone),
            "end": _start(series.last + timedelta(days=1), series.zone),
        }
        values = {**report.model_dump(), "zone": series.zone.key, **during}
        body = await self._get(report.query(_DAYS[series.step]), values, context)
        return Told(report.counts(body), Missing.ZERO)

    async def check(self, context: Context) -> None:
        """Have a time read: one that PostHog can't read is no error there, but an empty answer."""
        query = "SELECT '2026-01-01', toUnixTimestamp(toDateTime({written}))"
        body = await self._get(query, {"written": "2026-01-01T00:00:00Z"}, context)
        if read_model(body, _Counts).results != [(date(2026, 1, 1), Decimal(1_767_225_600))]:
            message = "PostHog reads a time otherwise than it was meant."
            raise DataError(message)

    def budget_key(self) -> str:
        """Name the project: its queries are counted together."""
        return f"posthog:{self.settings.project}"

    async def _get(self, query: str, values: Mapping[str, str], context: Context) -> bytes:
        """Put a HogQL query, whose {names} are bound to values."""
        response = await context.http.post(
            self.settings.at(f"/api/projects/{self.settings.project}/query/"),
            json={
                "query": {"kind": "HogQLQuery", "query": query, "values": values},
                "refresh": "blocking",
                "name": "journey-atlas",
            },
            auth=Bearer(context.secret("token")),
            extensions=terms(repeatable=True, expect={HTTPStatus.BAD_REQUEST}),
        )
        if response.status_code == HTTPStatus.BAD_REQUEST:
            raise refusal(response)
        return response.content


@hookimpl
def atlas_connectors() -> list[type[PostHog]]:
    """Bring the PostHog connector."""
    return [PostHog]


class _Answer(BaseModel):
    has_more: Literal[False] = Field(default=False, validation_alias="hasMore")


class _Counts(_Answer):
    results: list[tuple[date, Tally]]


class _Shares(_Answer):
    results: list[tuple[date, Tally, Tally]]


def _start(day: date, zone: ZoneInfo) -> str:
    return start_of_day(day, zone).strftime("%Y-%m-%dT%H:%M:%SZ")
