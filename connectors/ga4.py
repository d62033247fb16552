"""Google Analytics 4: counts of events, sessions and users, and the share that converts.

How periods meet the property's time zone, and what is not known, is told in
docs/connectors/ga4.md.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Final, Literal

import httpx
from pydantic import AliasPath, BaseModel, Field

from journey_atlas_sdk import (
    Capability,
    ConnectorInfo,
    Context,
    DataError,
    Grain,
    Limit,
    ObservationFlag,
    QuotaExhausted,
    RateLimited,
    hookimpl,
)
from journey_atlas_sdk.exact_json import Tally, read_model
from journey_atlas_sdk.google_errors import REFUSALS, require_answer
from journey_atlas_sdk.oauth import GoogleKey, google
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
from journey_atlas_sdk.texts import says
from journey_atlas_sdk.web import NumericId, WebAddress

_SCOPE: Final = "https://www.googleapis.com/auth/analytics.readonly"
_BUCKETS: Final = {
    Grain.DAY: ("date", "", "%Y%m%d"),
    Grain.WEEK: ("isoYearIsoWeek", "1", "%G%V%u"),
    Grain.MONTH: ("yearMonth", "01", "%Y%m%d"),
}
"""A bucket's dimension, what makes its value that of a first day, and how this is written."""
_FLAGS: Final = {
    "samplingMetadatas": ObservationFlag.SAMPLED,
    "subjectToThresholding": ObservationFlag.THRESHOLDED,
    "dataLossFromOtherRow": ObservationFlag.TRUNCATED,
}
_REFUSALS: Final = REFUSALS | {HTTPStatus.TOO_MANY_REQUESTS}

Name = Annotated[str, Field(min_length=1)]
Asked = tuple[str, Name | None]  # a metric, and the event that alone counts; None: all do


class Count(CountReport):
    """How often something happened, or how many users did it."""

    metric: Literal["eventCount", "screenPageViews", "sessions", "activeUsers"]
    event: Name | None = Field(default=None, description="Only where this event happened.")

    @property
    def by_days(self) -> bool:
        """Whether its days are added up; users are counted by Google alone."""
        return self.metric != "activeUsers"

    @property
    def asked(self) -> list[Asked]:
        """Say what is counted."""
        return [(self.metric, self.event)]


class Conversion(ShareReport):
    """Which share of the sessions had an event."""

    conversion: Name = Field(description="The event.")

    @property
    def asked(self) -> list[Asked]:
        """Say what the part is, and what the whole."""
        return [("sessions", self.conversion), ("sessions", None)]


Report = Count | Conversion


class Ga4Settings(SeriesSettings[Report]):
    """The property and who asks, and the report of each metric."""

    key: GoogleKey
    property: NumericId = Field(description="Its number.")
    url: WebAddress = Field(
        default="https://analyticsdata.googleapis.com", description="The service's own."
    )


class Ga4(SeriesConnector[Ga4Settings, Report]):
    """Asks for all periods of a pull at once."""

    info = ConnectorInfo(
        key="ga4",
        title="Google Analytics 4",
        version="1.0.0",
        settings=Ga4Settings,
        capabilities=frozenset({Capability.HISTORY, Capability.DISCOVER}),
        limits=(Limit(count=120, seconds=3_600, concurrency=10),),
        max_window=timedelta(days=366),
        timeout=timedelta(minutes=2),
        documentation="docs/connectors/ga4.md",
    )

    async def counts(self, report: Report, series: Series, context: Context) -> Told:
        """Ask for each count of all days in one request; what Google keeps back isn't known."""
        days, step = (str(series.first), str(series.last)), series.step
        found = await self._get([_asked(each, days, step) for each in report.asked], context)
        known = {name for each in found for name, value in each.metadata.items() if value}
        flags = frozenset(flag for name, flag in _FLAGS.items() if name in known)
        missing = Missing.UNKNOWN if ObservationFlag.THRESHOLDED in flags else Missing.ZERO
        return Told([each.counts(step) for each in found], missing, flags)

    async def check(self, context: Context) -> None:
        """Count yesterday's sessions; the answer tells the property's time zone."""
        await self._get([_asked(("sessions", None), ("yesterday", "yesterday"))], context)

    def budget_key(self) -> str:
        """Name the property: its requests are counted together."""
        return f"ga4:{self.settings.property}"

    async def _get(self, reports: Sequence[object], context: Context) -> list["_Report"]:
        """Run reports in one request, and give them in their order."""
        response = await context.http.post(
            self.settings.at(f"/v1beta/properties/{self.settings.property}:batchRunReports"),
            json={"requests": reports},
            auth=google(context, context.secret("key"), _SCOPE),
            extensions=terms(repeatable=True, expect=_REFUSALS),
        )
        _require_answer(response)
        found = read_model(response.content, _Batch).reports
        if len(found) != len(reports):
            message = f"Google Analytics answers {len(found)} of {len(reports)} reports."
            raise DataError(message)
        for each in found:
            self.settings.require_zone(str(each.metadata.get("timeZone")))
        return found


@hookimpl
def atlas_connectors() -> list[type[Ga4]]:
    """Bring the Google Analytics 4 connector."""
    return [Ga4]


class _Row(BaseModel):
    bucket: str = Field(validation_alias=AliasPath("dimensionValues", 0, "value"))
    count: Tally = Field(validation_alias=AliasPath("metricValues", 0, "value"))


class _Report(BaseModel):
    rows: list[_Row] = []  # an empty report has none
    metadata: dict[str, object]

    def counts(self, step: Grain) -> Counts:
        """Give the counts by their buckets' first days."""
        _, rest, form = _BUCKETS[step]
        try:
            moments = [datetime.strptime(row.bucket + rest, form) for row in self.rows]  # noqa: DTZ007 -- of the property
        except ValueError as error:
            message = f"Google Analytics tells of what is no {step}: {error}."
            raise DataError(message) from None
        return {at.date(): row.count for at, row in zip(moments, self.rows, strict=True)}


class _Batch(BaseModel):
    reports: list[_Report]


def _asked(asked: Asked, days: tuple[str, str], step: Grain = Grain.DAY) -> dict[str, object]:
    """Write a report of a metric over some days, both counted in, by step."""
    metric, event = asked
    named = {"values": [event], "caseSensitive": True}
    of_event = {"dimensionFilter": {"filter": {"fieldName": "eventName", "inListFilter": named}}}
    return {
        "dateRanges": [{"startDate": days[0], "endDate": days[1]}],
        "dimensions": [{"name": _BUCKETS[step][0]}],
        "metrics": [{"name": metric}],
        **(of_event if event else {}),
    }


def _require_answer(response: httpx.Response) -> None:
    """Raise what a refusal stands for: which quota is used up is told in words alone."""
    require_answer(response, "Google Analytics")
    if response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
        message = says("Google Analytics", response.text)
        if "per hour" in response.text or "per day" in response.text:
            raise QuotaExhausted(message, retry_after=timedelta(minutes=30))
        raise RateLimited(message, retry_after=timedelta(seconds=30))
