"""Cube: measures of a semantic layer, which it adds up itself for whatever period is asked for.

What is assumed of the service, and what is not known, is told in docs/connectors/cube.md.
"""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, Final, Self

import httpx
from pydantic import BaseModel, Field, model_validator

from journey_atlas_sdk import (
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
    Pending,
    PullRequest,
    Secret,
    Settings,
    Window,
    days_of,
    hookimpl,
    period_of,
)
from journey_atlas_sdk.auth import ApiKey
from journey_atlas_sdk.exact_json import Moment, read_model
from journey_atlas_sdk.layers import LayerReport, LayerRow, LayerSettings
from journey_atlas_sdk.paging import Page, pages
from journey_atlas_sdk.periods import UTC_ZONE
from journey_atlas_sdk.terms import terms
from journey_atlas_sdk.texts import says

_A_PAGE: Final = 5_000
_NUMBERS: Final = ("value", "sample_size", "numerator", "denominator")
_LOOK_AGAIN: Final = timedelta(seconds=2)
_REFUSALS: Final = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN})

Member = Annotated[str, Field(pattern=r"^[A-Za-z_]\w*\.[A-Za-z_]\w*$")]
"""A measure or a dimension of a cube or view, as in `Claims.count`."""


class Filter(Settings):
    """What of the data counts."""

    member: Member
    operator: Annotated[str, Field(pattern=r"^[A-Za-z]+$")] = "equals"
    values: tuple[str, ...] = ()


class CubeReport(LayerReport):
    """A measure, and the time by which it is told."""

    value: Member = Field(description="A measure.")
    time: Member = Field(description="A dimension of the type `time`.")
    sample_size: Member | None = Field(default=None, description="A measure that counts.")
    numerator: Member | None = Field(default=None, description="With `denominator`, of a ratio.")
    denominator: Member | None = None
    filters: tuple[Filter, ...] = ()
    dimensions: Mapping[str, Member] = Field(
        default_factory=dict[str, str], description="By the name to break down by."
    )

    @model_validator(mode="after")
    def _has_both_parts(self) -> Self:
        if (self.numerator is None) != (self.denominator is None):
            message = "`numerator` and `denominator` come together."
            raise ValueError(message)
        return self

    @property
    def columns(self) -> dict[str, str]:
        """The measures to ask for, by an observation's column."""
        named = {name: getattr(self, name) for name in _NUMBERS}
        return {name: member for name, member in named.items() if member}


class CubeSettings(LayerSettings[CubeReport]):
    """The server and who asks, and the report of each metric."""

    token: Secret = Field(description="A JSON Web Token, signed with the server's API secret.")
    base_path: Annotated[str, Field(pattern=r"^(/[A-Za-z0-9_-]+)*$")] = Field(
        default="/cubejs-api", description="Where the server has its API."
    )


class Cube(Connector[CubeSettings]):
    """Asks for all periods of a pull at once, and again while Cube still computes."""

    info = ConnectorInfo(
        key="cube",
        title="Cube",
        version="1.0.0",
        settings=CubeSettings,
        capabilities=frozenset({Capability.HISTORY, Capability.DISCOVER, Capability.DIMENSIONS}),
        limits=(Limit(count=60, seconds=60, concurrency=4),),
        timeout=timedelta(minutes=1),
        documentation="docs/connectors/cube.md",
    )

    async def pull(
        self, request: PullRequest, context: Context
    ) -> AsyncIterator[Observation | Pending]:
        """Give the measure of the window's whole periods that have begun, oldest first."""
        report, now = request.chosen(self.settings.reports), context.now()
        spec = report.spec(request.metric, restates_for=self.settings.restates_for)
        spec.require_answers(request)
        periods = request.periods(now)
        if not periods:
            return
        asked = _query(report, request, Window(periods[0].start, periods[-1].end))
        answers: list[_Answer] = []

        async def page(offset: int) -> Page[LayerRow, int]:
            answers.append(await self._get({**asked, "offset": offset}, context))
            rows = answers[-1].rows or []
            return rows, offset + _A_PAGE if len(rows) == _A_PAGE else None

        rows = [row async for row in pages(page, 0)]
        if any(answer.is_computing for answer in answers):
            yield Pending(resume="computing", retry_after=_LOOK_AGAIN)
            return
        time = f"{report.time}.{request.grain.lower()}"
        for one in report.observations(rows, request, spec, time=time, now=now):
            yield replace(one, source_updated_at=answers[0].refreshed_at)

    async def check(self, context: Context) -> None:
        """Ask for the first metric's last day; that Cube still computes it will do."""
        metric, report = min(self.settings.reports.items())
        day = period_of(context.now(), Grain.DAY, UTC_ZONE)
        request = PullRequest(metric=metric, window=day, grain=Grain.DAY, time_zone=UTC_ZONE)
        await self._get(_query(report, request, day), context)

    async def discover(self, context: Context) -> list[MetricSpec]:
        """List the metrics that have a report."""
        del context
        return self.settings.specs()

    async def _get(self, query: dict[str, object], context: Context) -> "_Answer":
        response = await context.http.get(
            self.settings.at(f"{self.settings.base_path}/v1/load"),
            params={"query": json.dumps(query)},
            auth=ApiKey(context.secret("token"), header="Authorization"),
            extensions=terms(expect=_REFUSALS),
        )
        _require_answer(response)
        answer = read_model(response.content, _Answer)
        if answer.rows is None and not answer.is_computing:
            raise DataError(says("Cube", answer.error))
        return answer


@hookimpl
def atlas_connectors() -> list[type[Cube]]:
    """Bring the Cube connector."""
    return [Cube]


class _Answer(BaseModel):
    """What Cube tells with the status 200, which may be that it still computes."""

    error: str = ""
    rows: Annotated[list[LayerRow] | None, Field(validation_alias="data")] = None
    refreshed_at: Annotated[Moment | None, Field(validation_alias="lastRefreshTime")] = None

    @property
    def is_computing(self) -> bool:
        """Whether the same query is to be sent again."""
        return self.error == "Continue wait"


class _Refusal(BaseModel):
    """What Cube says; the stack that it may add stays unread."""

    error: str


def _query(report: CubeReport, request: PullRequest, span: Window) -> dict[str, object]:
    """Write a query; the last day of Cube's date range counts, in the time zone of the query."""
    by = [report.dimensions[name] for name in request.dimensions]
    days = days_of(span, request.time_zone)
    grain = request.grain.lower()
    return {
        "measures": list(dict.fromkeys(report.columns.values())),
        "dimensions": by,
        "timeDimensions": [
            {"dimension": report.time, "granularity": grain, "dateRange": [*map(str, days)]}
        ],
        "filters": [each.model_dump(mode="json") for each in report.filters],
        "order": [[member, "asc"] for member in (report.time, *by)],
        "timezone": request.time_zone.key,
        "limit": _A_PAGE,
    }


def _require_answer(response: httpx.Response) -> None:
    """Raise what a refusal stands for: a bad token is a 403, too."""
    if response.status_code not in _REFUSALS:
        return
    said = read_model(response.content, _Refusal).error
    kind = AuthError if response.status_code == HTTPStatus.FORBIDDEN else ConfigError
    raise kind(says("Cube", said))
