"""A warehouse that takes minutes: an export is begun, asked after, and read when it is ready."""

from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from http import HTTPStatus
from typing import ClassVar, TypeVar

from pydantic import BaseModel, ValidationError

from journey_atlas_sdk import (
    Aggregation,
    Connector,
    ConnectorInfo,
    Context,
    DataError,
    Grain,
    MetricSpec,
    Observation,
    Pending,
    PullRequest,
    Settings,
    UnknownMetric,
    Window,
    hookimpl,
    parse_decimal,
    parse_moment,
    period_of,
)
from journey_atlas_sdk.terms import terms

T = TypeVar("T", bound=BaseModel)

SOON = timedelta(seconds=20)
REVENUE = MetricSpec(
    key="revenue",
    title="Revenue",
    grains=frozenset({Grain.DAY, Grain.MONTH}),
    aggregation=Aggregation.SUM,
)


class ExportSettings(Settings):
    """Where the warehouse is."""

    url: str


class Begun(BaseModel):
    """An export that the warehouse has begun."""

    id: str


class Rows(BaseModel):
    """Sales: when, and how much."""

    rows: list[tuple[str, str]]


class Exports(Connector[ExportSettings]):
    """Has the warehouse export a window's sales, and adds them up by period."""

    info: ClassVar[ConnectorInfo] = ConnectorInfo(
        key="exports",
        title="Warehouse",
        version="1.0",
        settings=ExportSettings,
        metrics=(REVENUE,),
    )

    async def pull(
        self, request: PullRequest, context: Context
    ) -> AsyncIterator[Observation | Pending]:
        """Give the sums of the periods with sales, or say that the export isn't ready."""
        if request.metric != REVENUE.key:
            raise UnknownMetric(request.metric, known=[REVENUE.key])
        job = self.job(request.resume) if request.resume else await self.begin(request, context)
        rows = await self.fetch(job, context)
        if rows is None:
            yield Pending(resume=self.token(job), retry_after=SOON)
            return
        for period, amount in self.sums(rows, request).items():
            yield Observation(
                metric=request.metric, start=period.start, end=period.end, value=amount
            )

    async def check(self, context: Context) -> None:
        """Ask for the warehouse's name."""
        await context.http.get(f"{self.settings.url}/")

    def token(self, job: str) -> str:
        return job

    def job(self, token: str) -> str:
        return token

    async def begin(self, request: PullRequest, context: Context) -> str:
        window = request.window
        wanted = {"from": window.start.isoformat(), "to": window.end.isoformat()}
        answer = await context.http.post(
            f"{self.settings.url}/exports", json=wanted, extensions=terms(repeatable=True)
        )
        return read(Begun, answer.content).id

    async def fetch(self, job: str, context: Context) -> Rows | None:
        answer = await context.http.get(f"{self.settings.url}/exports/{job}")
        return None if answer.status_code == HTTPStatus.ACCEPTED else read(Rows, answer.content)

    def sums(self, rows: Rows, request: PullRequest) -> dict[Window, Decimal]:
        sums: dict[Window, Decimal] = {}
        for at, written in rows.rows:
            moment = parse_moment(at, request.time_zone)
            period = period_of(moment, request.grain, request.time_zone)
            amount = parse_decimal(written)
            if amount is not None:
                sums[period] = sums.get(period, Decimal(0)) + amount
        return sums


def read(model: type[T], body: bytes) -> T:
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        message = "The warehouse answers something else than an export."
        raise DataError(message, detail=repr(body[:200])) from error


@hookimpl
def atlas_connectors() -> list[type[Exports]]:
    """Bring the warehouse's connector."""
    return [Exports]
