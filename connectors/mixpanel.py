"""Mixpanel: conversions of saved funnels and counts of events, a whole series with each query.

How periods meet the project's time zone, and what is not known, is told in
docs/connectors/mixpanel.md.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from http import HTTPStatus
from typing import Annotated, ClassVar, Final, Literal, NoReturn
from zoneinfo import ZoneInfo

import httpx
from pydantic import AliasPath, BaseModel, Field

from journey_atlas_sdk import (
    Aggregation,
    AuthError,
    Capability,
    ConfigError,
    Connector,
    ConnectorInfo,
    Context,
    DataError,
    Grain,
    Limit,
    MetricSpec,
    Observation,
    PullRequest,
    Secret,
    Settings,
    Unit,
    UnitKind,
    Window,
    days_of,
    hookimpl,
    quotient,
)
from journey_atlas_sdk.exact_json import Exact, read_model
from journey_atlas_sdk.terms import terms
from journey_atlas_sdk.web import ServiceSettings, WebAddress

_MOST_CONVERSION_DAYS: Final = 90
_FROM_A_DAY: Final = frozenset(Grain) - {Grain.HOUR, Grain.TOTAL, Grain.INSTANT}
_LONGEST_MESSAGE: Final = 300

Days = tuple[date, date]
"""The first and the last day of a period, in the project's time zone."""
Number = Annotated[str, Field(pattern=r"^[0-9]+$", coerce_numbers_to_str=True)]
"""An id of the service: digits, as a text."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What a report tells of a period."""

    value: Decimal | None
    numerator: Decimal | None = None
    denominator: Decimal | None = None


class Funnel(Settings):
    """A saved funnel: who reached its last step, of those who began."""

    path: ClassVar = "funnels"
    is_asked_by_day: ClassVar = False

    funnel: Number
    conversion_days: Annotated[int, Field(ge=1, le=_MOST_CONVERSION_DAYS)] | None = Field(
        default=None, description="How long a user may take; left out: as the funnel was saved."
    )

    def spec(self, metric: str, late: timedelta) -> MetricSpec:
        """Say what the metric is; it changes until the last who began can no longer convert."""
        days = self.conversion_days or _MOST_CONVERSION_DAYS
        return MetricSpec(
            key=metric,
            title=metric,
            unit=Unit(kind=UnitKind.RATIO),
            aggregation=Aggregation.RATIO,
            grains=frozenset({Grain.DAY, Grain.WEEK, Grain.MONTH}),
            minimum=Decimal(0),
            maximum=Decimal(1),
            restates_for=late + timedelta(days=days),
        )

    def parameters(self, grain: Grain) -> dict[str, str]:
        """Say which funnel, and in which buckets."""
        asked = {"funnel_id": self.funnel, "unit": grain.lower()}
        if self.conversion_days:
            asked |= {"length": str(self.conversion_days), "length_unit": "day"}
        return asked

    def buckets(self, body: bytes) -> dict[date, Measured]:
        """Give the conversion of each bucket, by its first day."""
        return {day: one.measured() for day, one in read_model(body, _Buckets).data.items()}


class Event(Settings):
    """An event: how often it happened, or how many users did it."""

    path: ClassVar = "segmentation"

    event: Annotated[str, Field(min_length=1)]
    count: Literal["TOTAL", "UNIQUE"] = "TOTAL"

    @property
    def is_asked_by_day(self) -> bool:
        """Whether its days are asked for and added up, whatever the grain."""
        return self.count == "TOTAL"

    def spec(self, metric: str, late: timedelta) -> MetricSpec:
        """Say what the metric is; users are counted by Mixpanel alone, never added up."""
        return MetricSpec(
            key=metric,
            title=metric,
            unit=Unit(kind=UnitKind.COUNT),
            aggregation=Aggregation.SUM if self.is_asked_by_day else Aggregation.UNIQUE,
            grains=_FROM_A_DAY if self.is_asked_by_day else frozenset({Grain.DAY, Grain.MONTH}),
            minimum=Decimal(0),
            restates_for=late,
        )

    def parameters(self, grain: Grain) -> dict[str, str]:
        """Say which event, how it is counted, and in which buckets."""
        if self.is_asked_by_day:
            return {"event": self.event, "type": "general", "unit": "day"}
        return {"event": self.event, "type": "unique", "unit": grain.lower()}

    def buckets(self, body: bytes) -> dict[date, Measured]:
        """Give the count of each bucket, by its first day."""
        counted = read_model(body, _Segmentation).values.get(self.event)
        if counted is None:
            message = f"Mixpanel answered without the event {self.event!r}."
            raise DataError(message)
        return {day: Measured(number) for day, number in counted.items()}


Report = Funnel | Event


class MixpanelSettings(ServiceSettings):
    """The project and who asks, and the report of each metric."""

    username: str = Field(description="Of a service account.")
    secret: Secret = Field(description="Of the service account.")
    project: Number = Field(description="Its number.")
    time_zone: ZoneInfo = Field(description="The project's own: its days are those.")
    url: WebAddress = Field(
        default="https://mixpanel.com",
        description="https://eu.mixpanel.com or https://in.mixpanel.com where its data is there.",
    )
    reports: Mapping[str, Report] = Field(
        min_length=1, description="A funnel or an event by metric."
    )
    late_days: Annotated[int, Field(ge=0, le=30)] = Field(
        default=5,
        description="For how long events may arrive late: until then a period is provisional.",
    )


class Mixpanel(Connector[MixpanelSettings]):
    """Asks for all periods of a pull at once; there are 60 queries an hour."""

    info = ConnectorInfo(
        key="mixpanel",
        title="Mixpanel",
        version="1.0.0",
        settings=MixpanelSettings,
        capabilities=frozenset({Capability.HISTORY, Capability.DISCOVER}),
        limits=(Limit(count=60, seconds=3_600, concurrency=5),),
        max_window=timedelta(days=366),
        timeout=timedelta(seconds=120),
        documentation="docs/connectors/mixpanel.md",
    )

    async def pull(self, request: PullRequest, context: Context) -> AsyncIterator[Observation]:
        """Give the values of the window's whole periods that have begun, oldest first."""
        report, now = request.chosen(self.settings.reports), context.now()
        spec = self._spec(request.metric, report)
        spec.require_answers(request)
        periods = request.periods(now)
        if not periods:
            return
        asked = self._days(periods, now)
        body = await self._get(
            report.path,
            {
                "from_date": str(asked[0][0]),
                "to_date": str(asked[-1][1]),
                **report.parameters(request.grain),
            },
            context,
        )
        buckets = report.buckets(body)
        parts = [_parts(days, is_by_day=report.is_asked_by_day) for days in asked]
        _require_same(set[date]().union(*parts), set(buckets))
        for period, part in zip(periods, parts, strict=True):
            measured = _added([buckets[day] for day in part])
            yield Observation(
                metric=request.metric,
                start=period.start,
                end=period.end,
                value=measured.value,
                numerator=measured.numerator,
                denominator=measured.denominator,
                sample_size=None if measured.denominator is None else int(measured.denominator),
                state=spec.state(period, now),
            )

    async def check(self, context: Context) -> None:
        """List the project's saved funnels."""
        await self._get("funnels/list", {}, context)

    async def discover(self, context: Context) -> list[MetricSpec]:
        """List the metrics that have a report."""
        del context
        return [self._spec(metric, each) for metric, each in sorted(self.settings.reports.items())]

    def budget_key(self) -> str:
        """Name the project: its queries are counted together."""
        return f"mixpanel:{self.settings.project}"

    def _spec(self, metric: str, report: Report) -> MetricSpec:
        return report.spec(metric, timedelta(days=self.settings.late_days))

    def _days(self, periods: Sequence[Window], now: datetime) -> list[Days]:
        """Give each period's first and last day in the project's zone, none after its today."""
        zone = self.settings.time_zone
        today = now.astimezone(zone).date()
        days = [days_of(period, zone) for period in periods]
        return [(first, min(last, today)) for first, last in days]

    async def _get(self, path: str, parameters: dict[str, str], context: Context) -> bytes:
        response = await context.http.get(
            self.settings.at(f"/api/query/{path}"),
            params={"project_id": self.settings.project, **parameters},
            auth=httpx.BasicAuth(self.settings.username, context.secret("secret")),
            extensions=terms(expect={HTTPStatus.BAD_REQUEST}),
        )
        if response.status_code == HTTPStatus.BAD_REQUEST:
            _name(response)
        return response.content


@hookimpl
def atlas_connectors() -> list[type[Mixpanel]]:
    """Bring the Mixpanel connector."""
    return [Mixpanel]


def _name(response: httpx.Response) -> NoReturn:
    """Raise the error that a 400 stands for: Mixpanel tells them apart in words alone."""
    said = response.text[:_LONGEST_MESSAGE]
    if "Unable to authenticate" in said:
        message = "Mixpanel refuses the service account; or its data is in another region: `url`."
        raise AuthError(message)
    if "to_date cannot be later" in said:
        message = "Mixpanel's day isn't over yet: `time_zone` must be the project's own."
        raise ConfigError(message)
    message = f"Mixpanel refuses the query: {said}"
    raise ConfigError(message)


class _Analysis(BaseModel):
    completion: Annotated[int, Field(ge=0, strict=True)]
    starting_amount: Annotated[int, Field(ge=0, strict=True)]


class _Bucket(BaseModel):
    analysis: _Analysis

    def measured(self) -> Measured:
        """Give completions by beginnings; nothing where nobody began."""
        done, begun = Decimal(self.analysis.completion), Decimal(self.analysis.starting_amount)
        return Measured(quotient(done, begun), done, begun)


class _Buckets(BaseModel):
    data: dict[date, _Bucket]


class _Segmentation(BaseModel):
    values: dict[str, dict[date, Exact]] = Field(validation_alias=AliasPath("data", "values"))


def _parts(days: Days, *, is_by_day: bool) -> list[date]:
    """Name the buckets that make a period: one that begins with it, or all of its days."""
    first, last = days
    count = (last - first).days + 1 if is_by_day else 1
    return [first + timedelta(days=day) for day in range(count)]


def _added(parts: Sequence[Measured]) -> Measured:
    """Add parts up; there is one alone where they can't be."""
    values = [part.value for part in parts if part.value is not None]
    return parts[0] if len(parts) == 1 else Measured(sum(values, Decimal(0)))


def _require_same(asked: set[date], there: set[date]) -> None:
    if asked != there:
        odd = min(asked ^ there)
        message = f"Mixpanel's answer isn't for the asked days: {odd} is missing or too many."
        raise DataError(message)
