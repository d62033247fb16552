"""Salesforce: counts, sums, means and shares of records, as aggregates of SOQL.

How a question becomes SOQL, and what is not known, is told in docs/connectors/salesforce.md.
"""

import re
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from http import HTTPStatus
from typing import Annotated, Final, Self
from zoneinfo import ZoneInfo

import httpx
from pydantic import BaseModel, Field, model_validator

from journey_atlas_sdk import (
    Aggregation,
    Capability,
    Connector,
    ConnectorInfo,
    Context,
    DataError,
    Grain,
    Limit,
    MetricSpec,
    Observation,
    ObservationState,
    PullRequest,
    QuotaExhausted,
    Secret,
    Settings,
    Unit,
    UnitKind,
    Window,
    days_of,
    hookimpl,
    period_of,
    quotient,
)
from journey_atlas_sdk.exact_json import Count, Exact, read_model
from journey_atlas_sdk.oauth import Client, ClientCredentials
from journey_atlas_sdk.periods import OF_DAYS, OF_HOURS, UTC_ZONE
from journey_atlas_sdk.settings import RestatesDays, RestatingSettings
from journey_atlas_sdk.terms import terms
from journey_atlas_sdk.web import ServiceSettings, refusal

_USAGE: Final = re.compile(r"(?<!-)\bapi-usage=(\d+)/(\d+)")  # of the org, not of an app
_LATER: Final = timedelta(hours=1)  # of 24 rolling hours some requests are free again
_REFUSALS: Final = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND})

Name = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]
"""The API name of an object or a field."""


class Measure(StrEnum):
    """COUNT of records; SUM and MEAN of a number; SHARE of those of which a checkbox is true."""

    COUNT = "COUNT"
    SUM = "SUM"
    MEAN = "MEAN"
    SHARE = "SHARE"


_AGGREGATES: Final = {
    Measure.COUNT: ("COUNT(Id) n", Aggregation.SUM),
    Measure.SUM: ("COUNT({0}) n, SUM({0}) total", Aggregation.SUM),
    Measure.MEAN: ("COUNT({0}) n, SUM({0}) total", Aggregation.RATIO),
    Measure.SHARE: ("{0} flag, COUNT(Id) n", Aggregation.RATIO),
}
_UNITS: Final = {Measure.COUNT: UnitKind.COUNT, Measure.SHARE: UnitKind.RATIO}


class SalesforceQuery(Settings):
    """Some records, when one counts, and what is told of them."""

    object: Name = Field(description="As in Opportunity, Case, Survey__c.")
    at: Name | None = Field(default=None, description="A field with date and time: when it counts.")
    on: Name | None = Field(default=None, description="Instead: a field with a date alone.")
    where: str = Field(default="", description="More of the condition, as in `IsClosed = true`.")
    measure: Measure = Measure.COUNT
    field: Name | None = Field(default=None, description="For SUM, MEAN and SHARE: of what.")
    unit: Unit | None = Field(default=None, description="Of SUM and MEAN, as in `{kind: SCORE}`.")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.at is None) == (self.on is None):
            message = "Give either `at` (date and time) or `on` (a date)."
            raise ValueError(message)
        if (self.field is None) != (self.measure is Measure.COUNT):
            message = "SUM, MEAN and SHARE need a `field`; COUNT has none."
            raise ValueError(message)
        return self

    def spec(self, metric: str, *, restates_for: timedelta) -> MetricSpec:
        """Say what the metric is."""
        kind = _UNITS.get(self.measure)
        return MetricSpec(
            key=metric,
            title=metric,
            unit=Unit(kind=kind) if kind else self.unit,
            aggregation=_AGGREGATES[self.measure][1],
            grains=OF_HOURS if self.at else OF_DAYS,
            restates_for=restates_for,
        )

    def soql(self, period: Window, zone: ZoneInfo) -> str:
        """Write the query for a period; of the question it holds two moments or days, no text."""
        if self.at:
            start, end = (f"{edge:%Y-%m-%dT%H:%M:%SZ}" for edge in (period.start, period.end))
            bounds = f"{self.at} >= {start} AND {self.at} < {end}"
        else:
            first, last = days_of(period, zone)
            bounds = f"{self.on} >= {first} AND {self.on} <= {last}"
        columns = _AGGREGATES[self.measure][0].format(self.field)
        where = f"{bounds} AND ({self.where})" if self.where else bounds
        grouped = f" GROUP BY {self.field}" if self.measure is Measure.SHARE else ""
        return f"SELECT {columns} FROM {self.object} WHERE {where}{grouped}"  # noqa: S608 -- settings

    def observation(
        self, request: PullRequest, period: Window, rows: list["_Row"], *, state: ObservationState
    ) -> Observation:
        """Tell what the rows of a period amount to; the mean and the share of nothing are None."""
        count = Decimal(sum(row.n for row in rows))
        if self.measure is Measure.COUNT:
            return request.observation(period, count, state=state)
        parts = [Decimal(row.n) if row.flag else row.total or Decimal(0) for row in rows]
        part, size = sum(parts, Decimal(0)), int(count)
        if self.measure is Measure.SUM:
            return request.observation(period, part, sample_size=size, state=state)
        value = quotient(part, count)
        return request.observation(
            period, value, numerator=part, denominator=count, sample_size=size, state=state
        )


class SalesforceSettings(RestatingSettings, ServiceSettings):
    """The org and who asks, and the query of each metric. `url` is the org's My Domain."""

    client_id: str = Field(
        description="The consumer key of an app with the client credentials flow."
    )
    client_secret: Secret = Field(description="Its consumer secret.")
    api_version: Annotated[str, Field(pattern=r"^v[0-9]+\.0$")] = Field(
        default="v59.0", description="Of the REST API, which Salesforce serves for some years."
    )
    queries: Mapping[str, SalesforceQuery] = Field(min_length=1, description="By metric.")
    restates_days: RestatesDays = Field(
        default=7, description="For how long records are still changed or deleted."
    )
    leave_percent: Annotated[int, Field(ge=0, le=90)] = Field(
        default=5, description="How much of the org's daily requests is left to others."
    )


class Salesforce(Connector[SalesforceSettings]):
    """Asks for an aggregate a period: Salesforce adds up, and nobody's record is read."""

    info = ConnectorInfo(
        key="salesforce",
        title="Salesforce",
        version="1.0.0",
        settings=SalesforceSettings,
        capabilities=frozenset({Capability.HISTORY, Capability.DISCOVER}),
        limits=(Limit(count=1_000, seconds=86_400, concurrency=5),),
        max_points=31,
        default_max_age=timedelta(hours=6),
        min_interval=timedelta(minutes=15),
        timeout=timedelta(minutes=2),
        documentation="docs/connectors/salesforce.md",
    )

    async def pull(self, request: PullRequest, context: Context) -> AsyncIterator[Observation]:
        """Give the values of the window's whole periods that have begun, oldest first."""
        query, now = request.chosen(self.settings.queries), context.now()
        spec = self._spec(request.metric, query)
        spec.require_answers(request)
        auth = self._auth(context)
        for period in request.periods(now):
            rows = await self._get(query.soql(period, request.time_zone), context, auth=auth)
            yield query.observation(request, period, rows, state=spec.state(period, now))

    async def check(self, context: Context) -> None:
        """Ask the first query about today."""
        _, query = min(self.settings.queries.items())
        day = period_of(context.now(), Grain.DAY, UTC_ZONE)
        await self._get(query.soql(day, UTC_ZONE), context, auth=self._auth(context))

    async def discover(self, context: Context) -> list[MetricSpec]:
        """List the metrics that have a query."""
        del context
        return [self._spec(key, each) for key, each in sorted(self.settings.queries.items())]

    def budget_key(self) -> str:
        """Name the org: its requests are counted together."""
        return f"salesforce:{httpx.URL(self.settings.url).host}"

    def _spec(self, metric: str, query: SalesforceQuery) -> MetricSpec:
        return query.spec(metric, restates_for=self.settings.restates_for)

    def _auth(self, context: Context) -> httpx.Auth:
        client = Client(self.settings.client_id, context.secret("client_secret"))
        token_url = self.settings.at("/services/oauth2/token")
        return ClientCredentials(context, token_url=token_url, client=client)

    async def _get(self, soql: str, context: Context, *, auth: httpx.Auth) -> list["_Row"]:
        response = await context.http.get(
            self.settings.at(f"/services/data/{self.settings.api_version}/query"),
            params={"q": soql},
            auth=auth,
            extensions=terms(expect=_REFUSALS),
        )
        _require_answer(response)
        self._require_left(response)
        answer = read_model(response.content, _Answer)
        if not answer.done:
            message = "Salesforce gives but a part of the groups, and no way to the others."
            raise DataError(message)
        return answer.records

    def _require_left(self, response: httpx.Response) -> None:
        """Raise QuotaExhausted where what is left of the org's requests is left to others."""
        usage = _USAGE.search(response.headers.get("Sforce-Limit-Info", ""))
        if usage and int(usage[1]) * 100 > int(usage[2]) * (100 - self.settings.leave_percent):
            message = f"The org has used {usage[1]} of its {usage[2]} requests of 24 hours."
            raise QuotaExhausted(message, retry_after=_LATER)


@hookimpl
def atlas_connectors() -> list[type[Salesforce]]:
    """Bring the Salesforce connector."""
    return [Salesforce]


class _Row(BaseModel):
    n: Count
    total: Exact | None = None
    flag: Annotated[bool, Field(strict=True)] = False


class _Answer(BaseModel):
    done: bool
    records: list[_Row]


def _require_answer(response: httpx.Response) -> None:
    """Raise what a refusal stands for: Salesforce names it in the body."""
    if response.is_success:
        return
    if "REQUEST_LIMIT_EXCEEDED" in response.text:
        message = "The org's requests of 24 hours are used up."
        raise QuotaExhausted(message, retry_after=_LATER)
    if response.status_code != HTTPStatus.FORBIDDEN:
        raise refusal(response)
    response.raise_for_status()
