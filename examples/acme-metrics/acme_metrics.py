"""Acme Metrics as a source of Journey Atlas: orders by day, over its HTTP API."""

from collections.abc import AsyncIterator, Mapping
from datetime import date, timedelta
from typing import Final

from journey_atlas_sdk import (
    Aggregation,
    Connector,
    ConnectorInfo,
    Context,
    DataError,
    Grain,
    Limit,
    MetricSpec,
    Observation,
    PullRequest,
    QuotaExhausted,
    Secret,
    Settings,
    Unit,
    UnitKind,
    days_of,
    hookimpl,
)
from journey_atlas_sdk.auth import Bearer
from journey_atlas_sdk.exact_json import Exact, read_model
from journey_atlas_sdk.settings import AllowPrivate
from journey_atlas_sdk.web import WebAddress
from pydantic import BaseModel, Field

ORDERS: Final = MetricSpec(
    key="orders",
    title="Orders",
    unit=Unit(kind=UnitKind.COUNT),
    aggregation=Aggregation.SUM,
    grains=frozenset({Grain.DAY}),
)


class AcmeMetricsSettings(Settings):
    """What a person fills in."""

    url: WebAddress = Field(
        default="https://api.acme-metrics.example", description="Where the API is."
    )
    token: Secret = Field(description="A token that may read orders.")
    allow_private: AllowPrivate = False


Days = Mapping[date, Exact | None]


class Answer(BaseModel):
    """What the API answers: days, or an error with the status 200."""

    days: Days | None = None
    error: str | None = None


class AcmeMetrics(Connector[AcmeMetricsSettings]):
    """Asks for a stretch of days; the host waits, tries again and keeps the limits."""

    info = ConnectorInfo(
        key="acme-metrics",
        title="Acme Metrics",
        version="0.1.0",
        settings=AcmeMetricsSettings,
        metrics=(ORDERS,),
        limits=(Limit(count=60, seconds=60),),
        max_window=timedelta(days=90),
    )

    async def pull(self, request: PullRequest, context: Context) -> AsyncIterator[Observation]:
        """Give each day of the window that the source knows, oldest first."""
        request.chosen({ORDERS.key: ORDERS}).require_answers(request)
        periods = {
            days_of(period, request.time_zone)[0]: period
            for period in request.periods(context.now())
        }
        if not periods:
            return
        zone = request.time_zone.key
        known = await self._days(context, first=min(periods), last=max(periods), zone=zone)
        for day, period in periods.items():
            if day in known:
                yield request.observation(period, known[day])

    async def check(self, context: Context) -> None:
        """Try the settings out."""
        today = context.now().date()
        await self._days(context, first=today, last=today)

    async def _days(self, context: Context, *, first: date, last: date, zone: str = "UTC") -> Days:
        """Ask the API; the host names what a status stands for, here is what it can't know."""
        response = await context.http.get(
            f"{self.settings.url}/v1/orders",
            params={"since": f"{first}", "until": f"{last}", "zone": zone},
            headers={"Accept": "application/json"},
            auth=Bearer(context.secret("token")),
        )
        answer = read_model(response.content, Answer)
        if answer.error == "QUOTA":  # the host comes back when there is a new quota
            raise QuotaExhausted(retry_after=timedelta(hours=1))
        if answer.days is None:  # the host keeps the last good values
            raise DataError(f"The API answered with the error {answer.error}.")
        return answer.days


@hookimpl
def atlas_connectors() -> list[type[AcmeMetrics]]:
    """Bring the connector."""
    return [AcmeMetrics]
