"""Mixpanel: conversions of saved funnels and counts of events, a whole series with each query.

How periods meet the project's time zone, and what is not known, is told in
docs/connectors/mixpanel.md.
"""

from datetime import date, timedelta
from http import HTTPStatus
from typing import Annotated, ClassVar, Final, Literal

import httpx
from pydantic import AliasPath, BaseModel, Field

from journey_atlas_sdk import (
    AuthError,
    Capability,
    ConfigError,
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
from journey_atlas_sdk.series import (
    CountReport,
    Counts,
    Series,
    SeriesConnector,
    SeriesSettings,
    ShareReport,
    Told,
)
from journey_atlas_sdk.terms import terms
from journey_atlas_sdk.web import NumericId, WebAddress, refusal

_MOST_CONVERSION_DAYS: Final = 90


class Funnel(ShareReport):
    """A saved funnel: who reached its last step, of those who began."""

    days_add_up: ClassVar = False
    path: ClassVar = "funnels"

    funnel: NumericId
    conversion_days: Annotated[int, Field(ge=1, le=_MOST_CONVERSION_DAYS)] | None = Field(
        default=None, description="How long a user may take; left out: as the funnel was saved."
    )

    def spec(self, metric: str, *, restates_for: timedelta) -> MetricSpec:
        """Say what the metric is; it changes until the last who began can no longer convert."""
        converts_for = timedelta(days=self.conversion_days or _MOST_CONVERSION_DAYS)
        return super().spec(metric, restates_for=restates_for + converts_for)

    def parameters(self, step: Grain) -> dict[str, str]:
        """Say which funnel, and in which buckets."""
        asked = {"funnel_id": self.funnel, "unit": step.lower()}
        if self.conversion_days:
            asked |= {"length": str(self.conversion_days), "length_unit": "day"}
        return asked

    def counts(self, body: bytes) -> list[Counts]:
        """Give, by first days, who reached the end and who began."""
        found = read_model(body, _Buckets).data
        return [
            {day: one.completion for day, one in found.items()},
            {day: one.starting for day, one in found.items()},
        ]


class Event(CountReport):
    """An event: how often it happened, or how many users did it."""

    path: ClassVar = "segmentation"
    own_grains: ClassVar = frozenset({Grain.DAY, Grain.MONTH})

    event: Annotated[str, Field(min_length=1)]
    count: Literal["TOTAL", "UNIQUE"] = "TOTAL"

    @property
    def by_days(self) -> bool:
        """Whether its days are added up; users are counted by Mixpanel alone."""
        return self.count == "TOTAL"

    def parameters(self, step: Grain) -> dict[str, str]:
        """Say which event, how it is counted, and in which buckets."""
        counted_as = "general" if self.by_days else "unique"
        return {"event": self.event, "type": counted_as, "unit": step.lower()}

    def counts(self, body: bytes) -> list[Counts]:
        """Give the count of each bucket, by its first day."""
        found = read_model(body, _Segmentation).values
        if self.event not in found:
            message = f"Mixpanel answered without the event {self.event!r}."
            raise DataError(message)
        return [found[self.event]]


Report = Funnel | Event


class MixpanelSettings(SeriesSettings[Report]):
    """The project and who asks, and the report of each metric."""

    username: str = Field(description="Of a service account.")
    secret: Secret = Field(description="Of the service account.")
    project: NumericId = Field(description="Its number.")
    url: WebAddress = Field(
        default="https://mixpanel.com",
        description="https://eu.mixpanel.com or https://in.mixpanel.com where its data is there.",
    )


class Mixpanel(SeriesConnector[MixpanelSettings, Report]):
    """Asks for all periods of a pull at once; there are 60 queries an hour."""

    info = ConnectorInfo(
        key="mixpanel",
        title="Mixpanel",
        version="1.0.0",
        settings=MixpanelSettings,
        capabilities=frozenset({Capability.HISTORY, Capability.DISCOVER}),
        limits=(Limit(count=60, seconds=3_600, concurrency=5),),
        max_window=timedelta(days=366),
        timeout=timedelta(minutes=2),
        documentation="docs/connectors/mixpanel.md",
    )

    async def counts(self, report: Report, series: Series, context: Context) -> Told:
        """Ask for all days at once."""
        asked = {"from_date": str(series.first), "to_date": str(series.last)}
        body = await self._get(report.path, asked | report.parameters(series.step), context)
        return Told(report.counts(body))

    async def check(self, context: Context) -> None:
        """List the project's saved funnels."""
        await self._get("funnels/list", {}, context)

    def budget_key(self) -> str:
        """Name the project: its queries are counted together."""
        return f"mixpanel:{self.settings.project}"

    async def _get(self, path: str, parameters: dict[str, str], context: Context) -> bytes:
        response = await context.http.get(
            self.settings.at(f"/api/query/{path}"),
            params={"project_id": self.settings.project, **parameters},
            auth=httpx.BasicAuth(self.settings.username, context.secret("secret")),
            extensions=terms(expect={HTTPStatus.BAD_REQUEST}),
        )
        _require_answer(response)
        return response.content


@hookimpl
def atlas_connectors() -> list[type[Mixpanel]]:
    """Bring the Mixpanel connector."""
    return [Mixpanel]


class _Bucket(BaseModel):
    completion: Tally = Field(validation_alias=AliasPath("analysis", "completion"))
    starting: Tally = Field(validation_alias=AliasPath("analysis", "starting_amount"))


class _Buckets(BaseModel):
    data: dict[date, _Bucket]


class _Segmentation(BaseModel):
    values: dict[str, dict[date, Tally]] = Field(validation_alias=AliasPath("data", "values"))


def _require_answer(response: httpx.Response) -> None:
    """Raise what a 400 stands for: Mixpanel tells its kinds apart in words alone."""
    if response.status_code != HTTPStatus.BAD_REQUEST:
        return
    if "Unable to authenticate" in response.text:
        message = "Mixpanel refuses the service account; or its data is in another region: `url`."
        raise AuthError(message)
    if "to_date cannot be later" in response.text:
        message = "Mixpanel's day isn't over yet: `time_zone` must be the project's own."
        raise ConfigError(message)
    raise refusal(response)
