"""Cube: measures of a semantic layer, which it adds up itself for whatever period is asked for.

What is assumed of the service, and what is not known, is told in docs/connectors/cube.md.
"""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, Any, Final, Self

import httpx
from pydantic import BaseModel, Field, model_validator

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
    Pending,
    PullRequest,
    Secret,
    Settings,
    Unit,
    Window,
    days_of,
    hookimpl,
    period_of,
)
from journey_atlas_sdk.auth import ApiKey
from journey_atlas_sdk.exact_json import Moment, read_model, read_number
from journey_atlas_sdk.observation_rows import NumberedRow, RowReader
from journey_atlas_sdk.paging import Page, pages
from journey_atlas_sdk.periods import OF_DAYS, UTC_ZONE
from journey_atlas_sdk.settings import RestatesDays, RestatingSettings
from journey_atlas_sdk.terms import terms
from journey_atlas_sdk.texts import says
from journey_atlas_sdk.web import ServiceSettings

_PAGE: Final = 5_000
_ASK_AGAIN: Final = timedelta(seconds=2)
# An hour that comes twice when clocks go back is one bucket in Cube's local times.
_GRAINS: Final = OF_DAYS
_REFUSALS: Final = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN})

Member = Annotated[str, Field(pattern=r"^[A-Za-z_]\w*\.[A-Za-z_]\w*$")]
"""A measure or a dimension of a cube or view, as in `Claims.count`."""
Row = dict[str, Any]  # Any: a text or a number by member


class Filter(Settings):
    """What of the data counts."""

    member: Member
    operator: Annotated[str, Field(pattern=r"^[A-Za-z]+$")] = "equals"
    values: tuple[str, ...] = ()


class CubeMeasure(Settings):
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
    unit: Unit | None = Field(default=None, description="Left out: that of what it feeds.")
    aggregation: Aggregation | None = Field(
        default=None, description="UNIQUE for a `count_distinct`; left out: of what it feeds."
    )

    @model_validator(mode="after")
    def _has_both_parts(self) -> Self:
        if (self.numerator is None) != (self.denominator is None):
            message = "`numerator` and `denominator` come together."
            raise ValueError(message)
        return self

    @property
    def measures(self) -> dict[str, str]:
        """The measures to ask for, by an observation's column."""
        named = {name: getattr(self, name) for name in _NUMBERS}
        return {name: member for name, member in named.items() if member}


_NUMBERS: Final = ("value", "sample_size", "numerator", "denominator")


class CubeSettings(ServiceSettings, RestatingSettings):
    """The server and who asks, and the measure of each metric."""

    base_path: Annotated[str, Field(pattern=r"^(/[A-Za-z0-9_-]+)*$")] = Field(
        default="/cubejs-api", description="Where the server has its API."
    )
    token: Secret = Field(description="A JSON Web Token, signed with the server's API secret.")
    measures: Mapping[str, CubeMeasure] = Field(min_length=1, description="By metric.")
    restates_days: RestatesDays = Field(
        default=2, description="For how long the data behind Cube still changes."
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
        timeout=timedelta(seconds=60),
        documentation="docs/connectors/cube.md",
    )

    async def pull(
        self, request: PullRequest, context: Context
    ) -> AsyncIterator[Observation | Pending]:
        """Give the measure of the window's whole periods that have begun, oldest first."""
        measure, now = request.chosen(self.settings.measures), context.now()
        spec = self._spec(request.metric, measure)
        spec.require_answers(request)
        periods = request.periods(now)
        if not periods:
            return
        asked = _query(measure, request, Window(periods[0].start, periods[-1].end))
        answers: list[_Answer] = []

        async def fetch(offset: int) -> Page[Row, int]:
            answers.append(await self._load({**asked, "offset": offset}, context))
            rows = answers[-1].rows or []
            return rows, offset + _PAGE if len(rows) == _PAGE else None

        found = [row async for row in pages(fetch, 0)]
        if any(answer.is_computing for answer in answers):
            yield Pending(resume="computing", retry_after=_ASK_AGAIN)
            return
        rows = [_row(measure, request, number, row) for number, row in enumerate(found, start=1)]
        for one in RowReader(request=request, now=now, number=read_number).answer(rows):
            state = spec.state(Window(one.start, one.end), now)
            yield replace(one, state=state, source_updated_at=answers[0].refreshed_at)

    async def check(self, context: Context) -> None:
        """Ask for the first metric's last day; that Cube still computes it will do."""
        metric, measure = min(self.settings.measures.items())
        day = period_of(context.now(), Grain.DAY, UTC_ZONE)
        request = PullRequest(metric=metric, window=day, grain=Grain.DAY, time_zone=UTC_ZONE)
        await self._load(_query(measure, request, day), context)

    async def discover(self, context: Context) -> list[MetricSpec]:
        """List the metrics that have a measure."""
        del context
        return [self._spec(key, each) for key, each in sorted(self.settings.measures.items())]

    def _spec(self, metric: str, measure: CubeMeasure) -> MetricSpec:
        return MetricSpec(
            key=metric,
            title=metric,
            unit=measure.unit,
            aggregation=measure.aggregation,
            grains=_GRAINS,
            dimensions=tuple(sorted(measure.dimensions)),
            restates_for=self.settings.restates_for,
        )

    async def _load(self, query: dict[str, object], context: Context) -> "_Answer":
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


def _query(measure: CubeMeasure, request: PullRequest, span: Window) -> dict[str, object]:
    """Write a query; the last day of Cube's date range counts, in the time zone of the query."""
    by = [measure.dimensions[name] for name in request.dimensions]
    days = days_of(span, request.time_zone)
    grain = request.grain.lower()
    return {
        "measures": list(dict.fromkeys(measure.measures.values())),
        "dimensions": by,
        "timeDimensions": [
            {"dimension": measure.time, "granularity": grain, "dateRange": [*map(str, days)]}
        ],
        "filters": [each.model_dump(mode="json") for each in measure.filters],
        "order": [[member, "asc"] for member in (measure.time, *by)],
        "timezone": request.time_zone.key,
        "limit": _PAGE,
    }


def _row(measure: CubeMeasure, request: PullRequest, number: int, row: Row) -> NumberedRow:
    """Give a row by an observation's columns; its time is local, without an offset."""
    by = {name: measure.dimensions[name] for name in request.dimensions}
    start = f"{measure.time}.{request.grain.lower()}"
    members = {"period_start": start, **measure.measures, **by}
    lacking = sorted(set(members.values()) - set(row))
    if lacking:
        message = f"Cube answers without {', '.join(lacking)}."
        raise DataError(message)
    cells = {name: row[member] for name, member in members.items()}
    return NumberedRow(request.metric, number, cells)


class _Answer(BaseModel):
    """What Cube tells with the status 200, which may be that it still computes."""

    error: str = ""
    rows: Annotated[list[Row] | None, Field(validation_alias="data")] = None
    refreshed_at: Annotated[Moment | None, Field(validation_alias="lastRefreshTime")] = None

    @property
    def is_computing(self) -> bool:
        """Whether the same query is to be sent again."""
        return self.error == "Continue wait"


class _Refusal(BaseModel):
    """What Cube says; the stack that it may add stays unread."""

    error: str


def _require_answer(response: httpx.Response) -> None:
    """Raise what a refusal stands for: a bad token is a 403, too."""
    if response.status_code not in _REFUSALS:
        return
    said = read_model(response.content, _Refusal).error
    kind = AuthError if response.status_code == HTTPStatus.FORBIDDEN else ConfigError
    raise kind(says("Cube", said))
