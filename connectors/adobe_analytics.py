"""Adobe Analytics: totals of any metric that counts, and shares of one metric by another.

How periods meet the report suite's time zone, and what is not known, is told in
docs/connectors/adobe-analytics.md.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from http import HTTPStatus
from typing import Annotated, ClassVar, Literal
from urllib.parse import quote

import httpx
from pydantic import AliasPath, BaseModel, Field

from journey_atlas_sdk import (
    Aggregation,
    Capability,
    ConnectorInfo,
    Context,
    DataError,
    Limit,
    Secret,
    hookimpl,
)
from journey_atlas_sdk.exact_json import Tally, read_model
from journey_atlas_sdk.oauth import Client, ClientCredentials
from journey_atlas_sdk.periods import OF_DAYS
from journey_atlas_sdk.series import (
    CountReport,
    Series,
    SeriesConnector,
    SeriesSettings,
    ShareReport,
    Told,
)
from journey_atlas_sdk.terms import terms
from journey_atlas_sdk.web import WebAddress, refusal

Metric = Annotated[str, Field(pattern=r"^(metrics/|cm)\S+$")]
"""As in metrics/visits, metrics/event12, and cm… for a calculated one."""


class Count(CountReport):
    """The total of a metric that counts; unless it is of people, it adds up."""

    days_add_up: ClassVar = False
    own_grains: ClassVar = OF_DAYS

    metric: Metric
    count: Literal["TOTAL", "UNIQUE"] = Field(
        default="TOTAL", description="UNIQUE for all that counts people; visitors always are."
    )

    @property
    def aggregation(self) -> Aggregation:
        """SUM or UNIQUE."""
        is_unique = self.count == "UNIQUE" or self.metric == "metrics/visitors"
        return Aggregation.UNIQUE if is_unique else Aggregation.SUM

    @property
    def asked(self) -> list[Metric]:
        """Say what is counted."""
        return [self.metric]


class Share(ShareReport):
    """One metric by another that it is a part of, as orders by visits."""

    days_add_up: ClassVar = False
    own_grains: ClassVar = OF_DAYS

    part: Metric
    whole: Metric

    @property
    def asked(self) -> list[Metric]:
        """Say what the part is, and what the whole."""
        return [self.part, self.whole]


Report = Count | Share


class AdobeAnalyticsSettings(SeriesSettings[Report]):
    """The report suite and who asks, and the report of each metric."""

    client_id: str = Field(description="Of an OAuth Server-to-Server credential.")
    client_secret: Secret = Field(description="Of the same.")
    company: Annotated[str, Field(min_length=1)] = Field(description="The global company id.")
    suite: Annotated[str, Field(min_length=1)] = Field(description="The report suite's id.")
    url: WebAddress = Field(default="https://analytics.adobe.io", description="The service's own.")
    token_url: WebAddress = Field(
        default="https://ims-na1.adobelogin.com/ims/token/v3", description="The service's own."
    )
    scopes: str = Field(
        default="openid,AdobeID,read_organizations,additional_info.projectedProductContext,"
        "additional_info.job_function",
        description="As the credential's page lists them.",
    )


class AdobeAnalytics(SeriesConnector[AdobeAnalyticsSettings, Report]):
    """Asks for the totals of each period: a report by days names them in words."""

    info = ConnectorInfo(
        key="adobe-analytics",
        title="Adobe Analytics",
        version="1.0.0",
        settings=AdobeAnalyticsSettings,
        capabilities=frozenset({Capability.HISTORY, Capability.DISCOVER}),
        limits=(Limit(count=12, seconds=6),),
        max_points=31,
        min_interval=timedelta(minutes=30),
        timeout=timedelta(minutes=3),
        documentation="docs/connectors/adobe-analytics.md",
    )

    async def counts(self, report: Report, series: Series, context: Context) -> Told:
        """Ask for the totals of each period."""
        auth = self._auth(context)
        totals = {
            days[0]: await self._totals(report.asked, days, context, auth=auth)
            for days in series.spans
        }
        places = range(len(report.asked))
        return Told([{day: each[place] for day, each in totals.items()} for place in places])

    async def check(self, context: Context) -> None:
        """Compare the report suite's time zone with ours."""
        response = await context.http.get(
            self._at(f"reportsuites/collections/suites/{quote(self.settings.suite, safe='')}"),
            params={"expansion": "timezoneZoneinfo"},
            headers={"x-api-key": self.settings.client_id},
            auth=self._auth(context),
        )
        self.settings.require_zone(read_model(response.content, _Suite).zone)

    def budget_key(self) -> str:
        """Name the credential: its requests are counted together."""
        return f"adobe-analytics:{self.settings.client_id}"

    async def _totals(
        self,
        metrics: Sequence[Metric],
        days: tuple[date, date],
        context: Context,
        *,
        auth: httpx.Auth,
    ) -> list[Tally]:
        """Total some metrics from one day to another, both counted in."""
        first, last = days
        during = f"{first}T00:00:00.000/{last + timedelta(days=1)}T00:00:00.000"
        columns = [{"columnId": str(at), "id": metric} for at, metric in enumerate(metrics)]
        response = await context.http.post(
            self._at("reports"),
            json={
                "rsid": self.settings.suite,
                "globalFilters": [{"type": "dateRange", "dateRange": during}],
                "metricContainer": {"metrics": columns},
            },
            headers={"x-api-key": self.settings.client_id},
            auth=auth,
            extensions=terms(repeatable=True, expect={HTTPStatus.BAD_REQUEST}),
        )
        if response.status_code == HTTPStatus.BAD_REQUEST:
            raise refusal(response)
        totals = read_model(response.content, _Answer).totals
        if len(totals) != len(metrics):
            message = f"Adobe Analytics totals {len(totals)} of {len(metrics)} metrics."
            raise DataError(message)
        return totals

    def _at(self, path: str) -> str:
        return self.settings.at(f"/api/{quote(self.settings.company, safe='')}/{path}")

    def _auth(self, context: Context) -> httpx.Auth:
        client = Client(self.settings.client_id, context.secret("client_secret"))
        token_url, scopes = self.settings.token_url, self.settings.scopes
        return ClientCredentials(context, token_url=token_url, client=client, scope=scopes)


@hookimpl
def atlas_connectors() -> list[type[AdobeAnalytics]]:
    """Bring the Adobe Analytics connector."""
    return [AdobeAnalytics]


class _Suite(BaseModel):
    zone: str = Field(validation_alias="timezoneZoneinfo")


class _Answer(BaseModel):
    totals: list[Tally] = Field(validation_alias=AliasPath("summaryData", "totals"))
