"""HubSpot: scores of its feedback surveys; deals and tickets: how many, and how long they took.

What is assumed of the service, and what is not known, is told in docs/connectors/hubspot.md.
"""

from collections import Counter
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from http import HTTPStatus
from operator import attrgetter
from typing import Annotated, ClassVar, Final, Literal

import httpx
from pydantic import AliasPath, BaseModel, Field

from journey_atlas_sdk import (
    Capability,
    Connector,
    ConnectorInfo,
    Context,
    DataError,
    Limit,
    MetricSpec,
    Observation,
    PullRequest,
    QuotaExhausted,
    Secret,
    Window,
    hookimpl,
    parse_decimal,
    parse_moment,
)
from journey_atlas_sdk.auth import Bearer
from journey_atlas_sdk.events import Event, EventMeasure, EventMetric, Tally
from journey_atlas_sdk.exact_json import Count, read_model
from journey_atlas_sdk.moments import milliseconds_of, moment_at
from journey_atlas_sdk.paging import Page, pages, reachable
from journey_atlas_sdk.periods import EVERY_PERIOD, UTC_ZONE
from journey_atlas_sdk.scores import Scoring
from journey_atlas_sdk.settings import RestatesDays, RestatingSettings
from journey_atlas_sdk.terms import terms
from journey_atlas_sdk.web import NumericId, ServiceSettings, WebAddress, refusal

_MOST_FOUND: Final = 10_000  # by one search; what lies beyond can't be read
_A_PAGE: Final = 200
_REFUSALS: Final = frozenset(
    {HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.TOO_MANY_REQUESTS}
)

Json = dict[str, object]

Property = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
"""A property's internal name."""


class Survey(Scoring):
    """A feedback survey: NPS, CSAT or CES out of its submissions."""

    records: ClassVar = "feedback_submissions"
    at: ClassVar = "hs_submission_timestamp"

    survey: NumericId

    @property
    def where(self) -> Mapping[str, str]:
        """The properties that a submission must have."""
        return {"hs_survey_id": self.survey}

    @property
    def properties(self) -> list[str]:
        """What is asked for, and no more."""
        return ["hs_value"]


class Records(EventMetric):
    """Deals or tickets, and what is told of them."""

    records: Literal["deals", "tickets"]
    at: Property = Field(description="Of a moment: when one counts, as in closedate, closed_date.")
    since: Property = Field(default="createdate", description="For MEDIAN: when it began.")
    where: Annotated[Mapping[Property, str], Field(max_length=4)] = Field(
        default_factory=dict[str, str],
        description="Properties that one must have, as in `{hs_is_closed_won: 'true'}`.",
    )

    @property
    def properties(self) -> list[str]:
        """What is asked for, and no more."""
        return [self.at, self.since] if self.measure is EventMeasure.MEDIAN else [self.at]


class HubSpotSettings(RestatingSettings, ServiceSettings):
    """Who asks, and the survey or the records of each metric."""

    token: Secret = Field(description="The access token of a private app.")
    url: WebAddress = Field(
        default="https://api.hubapi.com", description="The same for accounts of all regions."
    )
    reports: Mapping[str, Survey | Records] = Field(min_length=1, description="By metric.")
    restates_days: RestatesDays = Field(
        default=7, description="For how long records are still changed, merged or deleted."
    )


class HubSpot(Connector[HubSpotSettings]):
    """Searches records by when they counted: for totals where they will do, else for each."""

    info = ConnectorInfo(
        key="hubspot",
        title="HubSpot",
        version="1.0.0",
        settings=HubSpotSettings,
        capabilities=frozenset({Capability.HISTORY, Capability.DISCOVER}),
        limits=(Limit(count=4, seconds=1),),
        max_points=100,
        timeout=timedelta(minutes=2),
        documentation="docs/connectors/hubspot.md",
    )

    async def pull(self, request: PullRequest, context: Context) -> AsyncIterator[Observation]:
        """Give the measure of each of the window's whole periods that have begun, oldest first."""
        report, now = request.chosen(self.settings.reports), context.now()
        spec = self._spec(request.metric, report)
        spec.require_answers(request)
        for period in request.periods(now):
            state = spec.state(period, now)
            if isinstance(report, Survey):
                rows = self._rows(report, period, context)
                given = Counter([answer async for row in rows for answer in row.answers()])
                yield report.measure(given).observation(request.metric, period, state=state)
            else:
                tally = await self._tally(report, period, context)
                yield report.observation(request, period, tally, state=state)

    async def check(self, context: Context) -> None:
        """Count what the first report counted in the last day."""
        day = Window(context.now() - timedelta(days=1), context.now())
        _, report = min(self.settings.reports.items())
        await self._total(report, day, context)

    async def discover(self, context: Context) -> list[MetricSpec]:
        """List the metrics that have a report."""
        del context
        return [self._spec(key, each) for key, each in sorted(self.settings.reports.items())]

    def _spec(self, metric: str, report: Survey | Records) -> MetricSpec:
        return report.spec(metric, grains=EVERY_PERIOD, restates_for=self.settings.restates_for)

    async def _tally(self, report: Records, period: Window, context: Context) -> Tally:
        """Give what counted in a period: for a count its total, else each record."""
        if report.measure is EventMeasure.COUNT:
            return Tally(await self._total(report, period, context))
        tally = Tally()
        async for row in self._rows(report, period, context):
            tally.add(row.event(report))
        return tally

    async def _rows(
        self, report: Survey | Records, span: Window, context: Context
    ) -> AsyncIterator["_Row"]:
        """Walk the records that counted in a span; in parts where there are too many."""
        total = partial(self._total, report, context=context)
        async for part in reachable(span, total, most=_MOST_FOUND):
            asked = {**_asked(report, part), "limit": _A_PAGE}

            async def page(place: str | None, asked: Json = asked) -> Page[_Row, str | None]:
                after = {} if place is None else {"after": place}
                found = await self._search(report.records, {**asked, **after}, context)
                return found.results, found.after

            async for row in pages(page, None, identity=attrgetter("id")):
                yield row

    async def _total(self, report: Survey | Records, span: Window, context: Context) -> int:
        asked = {**_asked(report, span), "limit": 1}
        return (await self._search(report.records, asked, context)).total

    async def _search(self, records: str, asked: Json, context: Context) -> "_Found":
        while True:
            response = await context.http.post(
                self.settings.at(f"/crm/v3/objects/{records}/search"),
                json=asked,
                auth=Bearer(context.secret("token")),
                extensions=terms(expect=_REFUSALS, repeatable=True),
            )
            _require_answer(response)
            if response.is_success:
                return read_model(response.content, _Found)
            # A second's limit: the next request waits for its turn, as after any 429.


@hookimpl
def atlas_connectors() -> list[type[HubSpot]]:
    """Bring the HubSpot connector."""
    return [HubSpot]


class _Row(BaseModel):
    id: str
    properties: dict[str, str | None]

    def moment(self, name: str) -> datetime | None:
        """Read a time, which HubSpot writes in ISO 8601 or in milliseconds; None: there is none."""
        written = self.properties.get(name) or ""
        if written.isdecimal():
            return moment_at(Decimal(written).scaleb(-3))
        return parse_moment(written, UTC_ZONE) if written else None

    def event(self, report: Records) -> Event:
        """Tell when it counted; DataError where it lacks the very property it was found by."""
        at = self.moment(report.at)
        if at is None:
            message = f"HubSpot answered with the record {self.id} without its {report.at}."
            raise DataError(message)
        return Event(at, self.moment(report.since))

    def answers(self) -> list[int]:
        """Give a submission's number, or none where nothing was answered."""
        answer = parse_decimal(self.properties.get("hs_value"))
        if answer is not None and answer != answer.to_integral_value():
            message = f"The submission {self.id} answers {answer}, which is no whole number."
            raise DataError(message)
        return [] if answer is None else [int(answer)]


class _Found(BaseModel):
    total: Count
    results: list[_Row]
    after: str | None = Field(default=None, validation_alias=AliasPath("paging", "next", "after"))


def _asked(report: Survey | Records, span: Window) -> Json:
    """Write the search for what counted in a half-open span."""
    bounds = [("GTE", span.start), ("LT", span.end)]
    return {
        "filterGroups": [
            {
                "filters": [
                    *(_filter(report.at, kind, f"{milliseconds_of(at)}") for kind, at in bounds),
                    *(_filter(name, "EQ", value) for name, value in sorted(report.where.items())),
                ]
            }
        ],
        "properties": report.properties,
        "sorts": [{"propertyName": report.at, "direction": "ASCENDING"}],
    }


def _filter(name: str, operator: str, value: str) -> Json:
    return {"propertyName": name, "operator": operator, "value": value}


def _require_answer(response: httpx.Response) -> None:
    """Raise what a refusal stands for; where a second's limit is meant, HubSpot is asked again."""
    if response.status_code == HTTPStatus.TOO_MANY_REQUESTS and "DAILY" in response.text:
        message = "The portal's requests of today are used up."
        raise QuotaExhausted(message, retry_after=timedelta(hours=1))
    if response.status_code in (HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND):
        raise refusal(response)
