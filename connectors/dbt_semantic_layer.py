"""dbt Semantic Layer: metrics as dbt defines them, asked for at the grain of each period.

What is assumed of the service, and what is not known, is told in
docs/connectors/dbt-semantic-layer.md.
"""

import base64
import binascii
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Any, Final, Literal, TypeVar
from zoneinfo import ZoneInfo

from pydantic import AliasChoices, AliasPath, BaseModel, Field

from journey_atlas_sdk import (
    Aggregation,
    AuthError,
    Capability,
    ConfigError,
    Connector,
    ConnectorInfo,
    Context,
    DataError,
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
)
from journey_atlas_sdk.auth import Bearer
from journey_atlas_sdk.exact_json import read_model, read_number
from journey_atlas_sdk.observation_rows import NumberedRow, RowReader
from journey_atlas_sdk.periods import OF_DAYS
from journey_atlas_sdk.settings import RestatesDays, RestatingSettings
from journey_atlas_sdk.terms import terms
from journey_atlas_sdk.texts import says
from journey_atlas_sdk.web import NumericId, ServiceSettings, WebAddress

_LOOK_AGAIN: Final = timedelta(seconds=2)
_MIDNIGHT: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:T00:00:00(?:\.0+)?Z?)?")
_NOT_LET_IN: Final = re.compile(r"unauthori[sz]ed|unauthenticated|invalid token", re.IGNORECASE)

_METRICS: Final = "query ($environment: BigInt!) { metrics(environmentId: $environment) { name } }"
_CREATE: Final = """
    mutation ($environment: BigInt!, $metrics: [MetricInput!], $by: [GroupByInput!],
              $where: [WhereInput!]) {
      createQuery(environmentId: $environment, metrics: $metrics, groupBy: $by, where: $where) {
        queryId
      }
    }
"""
_LOOK: Final = """
    query ($environment: BigInt!, $query: String!, $page: Int!) {
      query(environmentId: $environment, queryId: $query, pageNum: $page) {
        status error totalPages jsonResult
      }
    }
"""

Name = Annotated[str, Field(pattern=r"^[A-Za-z_]\w*$")]
Row = dict[str, Any]  # Any: a text or a number by column
M = TypeVar("M", bound=BaseModel)


class DbtMetric(Settings):
    """A metric of dbt's, and what else to ask for with it."""

    value: Name = Field(description="A metric's name in dbt.")
    sample_size: Name | None = Field(default=None, description="A metric that counts.")
    where: tuple[str, ...] = Field(
        default=(), description="As in `{{ Dimension('claim__line') }} = 'car'`."
    )
    dimensions: Mapping[str, Name] = Field(
        default_factory=dict[str, str],
        description="By the name to break down by, as in `{channel: claim__channel}`.",
    )
    unit: Unit | None = Field(default=None, description="Left out: that of what it feeds.")
    aggregation: Aggregation | None = Field(
        default=None, description="OPAQUE for RATIO, CUMULATIVE and DERIVED; the same."
    )

    @property
    def asked(self) -> dict[str, str]:
        """The metrics to ask for, by an observation's column."""
        named = {"value": self.value, "sample_size": self.sample_size}
        return {column: name for column, name in named.items() if name}


class DbtSettings(ServiceSettings, RestatingSettings):
    """The environment and who asks, and what each metric is in dbt."""

    url: WebAddress = Field(
        default="https://semantic-layer.cloud.getdbt.com",
        description="As dbt shows it for your account and region.",
    )
    token: Secret = Field(description="A service token that may use the Semantic Layer.")
    environment: NumericId = Field(description="Its number.")
    time_zone: ZoneInfo = Field(description="That in which the models cut days.")
    metrics: Mapping[str, DbtMetric] = Field(min_length=1, description="By metric.")
    restates_days: RestatesDays = Field(
        default=2, description="For how long the models' data still changes."
    )


class DbtSemanticLayer(Connector[DbtSettings]):
    """Begins a query for all periods of a pull, and reads its pages once it is done."""

    info = ConnectorInfo(
        key="dbt-semantic-layer",
        title="dbt Semantic Layer",
        version="1.0.0",
        settings=DbtSettings,
        capabilities=frozenset({Capability.HISTORY, Capability.DISCOVER, Capability.DIMENSIONS}),
        limits=(Limit(count=60, seconds=60, concurrency=4),),
        timeout=timedelta(seconds=60),
        documentation="docs/connectors/dbt-semantic-layer.md",
    )

    async def pull(
        self, request: PullRequest, context: Context
    ) -> AsyncIterator[Observation | Pending]:
        """Begin a query; once it is done, give the metric of each period that has begun."""
        metric, now = request.chosen(self.settings.metrics), context.now()
        spec = self._spec(request.metric, metric)
        spec.require_answers(request)
        periods = request.periods(now)
        if not periods:
            return
        if request.resume is None:
            begun = await self._begin(metric, request, periods, context)
            yield Pending(resume=begun.model_dump_json(), retry_after=_LOOK_AGAIN)
            return
        begun = read_model(request.resume.encode(), _Begun)
        answer = await self._look(begun, 1, context)
        if answer.is_running:
            yield Pending(resume=request.resume, retry_after=_LOOK_AGAIN)
            return
        found = answer.rows()
        for page in range(2, (answer.pages or 1) + 1):
            found += (await self._look(begun, page, context)).rows()
        rows = [_row(metric, request, number, row) for number, row in enumerate(found, start=1)]
        for one in RowReader(request=request, now=now, number=read_number).answer(rows):
            yield replace(one, state=spec.state(Window(one.start, one.end), now))

    async def check(self, context: Context) -> None:
        """List the environment's metrics, and find those of the settings."""
        known = {each.name for each in (await self._ask(_METRICS, {}, _Metrics, context)).metrics}
        wanted = {name for each in self.settings.metrics.values() for name in each.asked.values()}
        if wanted - known:
            message = f"dbt has no metric {', '.join(sorted(wanted - known))}."
            raise ConfigError(message)

    async def discover(self, context: Context) -> list[MetricSpec]:
        """List the metrics of the settings."""
        del context
        return [self._spec(key, each) for key, each in sorted(self.settings.metrics.items())]

    def budget_key(self) -> str:
        """Name the environment: its queries are counted together."""
        return f"dbt-semantic-layer:{self.settings.environment}"

    def _spec(self, key: str, metric: DbtMetric) -> MetricSpec:
        return MetricSpec(
            key=key,
            title=key,
            unit=metric.unit,
            aggregation=metric.aggregation,
            grains=OF_DAYS,
            dimensions=tuple(sorted(metric.dimensions)),
            restates_for=self.settings.restates_for,
        )

    async def _begin(
        self, metric: DbtMetric, request: PullRequest, periods: Sequence[Window], context: Context
    ) -> "_Begun":
        days = [days_of(period, self.settings.time_zone) for period in periods]
        time = "{{ TimeDimension('metric_time', 'DAY') }}"
        span = (f"{time} >= '{days[0][0]}'", f"{time} <= '{days[-1][1]}'")
        by = [{"name": metric.dimensions[name]} for name in request.dimensions]
        asked = {
            "metrics": [{"name": name} for name in metric.asked.values()],
            "by": [{"name": "metric_time", "timeGranularity": request.grain.value}, *by],
            "where": [{"sql": sql} for sql in (*span, *metric.where)],
        }
        return await self._ask(_CREATE, asked, _Begun, context)

    async def _look(self, begun: "_Begun", page: int, context: Context) -> "_Answer":
        answer = await self._ask(_LOOK, {"query": begun.id, "page": page}, _Answer, context)
        if answer.status == "FAILED":
            raise DataError(says("dbt", answer.error or "the query failed"))
        return answer

    async def _ask(
        self, query: str, variables: dict[str, Any], model: type[M], context: Context
    ) -> M:
        response = await context.http.post(
            self.settings.at("/api/graphql"),
            json={
                "query": query,
                "variables": {"environment": self.settings.environment, **variables},
            },
            auth=Bearer(context.secret("token")),
            extensions=terms(repeatable=True),
        )
        refusal = read_model(response.content, _Refusal)
        if refusal.errors:
            message = says("dbt", refusal.errors[0].message)
            if _NOT_LET_IN.search(message):
                raise AuthError(message)
            raise (DataError if query == _LOOK else ConfigError)(message)
        return read_model(response.content, model)


@hookimpl
def atlas_connectors() -> list[type[DbtSemanticLayer]]:
    """Bring the dbt Semantic Layer connector."""
    return [DbtSemanticLayer]


class _Error(BaseModel):
    message: str


class _Refusal(BaseModel):
    """What GraphQL says beside, or instead of, an answer; the status is 200 all the same."""

    errors: list[_Error] | None = None


class _Name(BaseModel):
    name: str


class _Metrics(BaseModel):
    metrics: Annotated[list[_Name], Field(validation_alias=AliasPath("data", "metrics"))]


class _Begun(BaseModel):
    """What is needed to go on: which query."""

    id: Annotated[
        str,
        Field(
            validation_alias=AliasChoices(AliasPath("data", "createQuery", "queryId"), "id"),
            min_length=1,
            max_length=200,
        ),
    ]


class _Table(BaseModel):
    data: list[Row]


class _Answer(BaseModel):
    """A query, and a page of its rows: a table of pandas' as JSON, in base64."""

    status: Annotated[
        Literal["PENDING", "RUNNING", "COMPILED", "SUCCESSFUL", "FAILED"],
        Field(validation_alias=AliasPath("data", "query", "status")),
    ]
    error: Annotated[str | None, Field(validation_alias=AliasPath("data", "query", "error"))] = None
    pages: Annotated[
        int | None, Field(validation_alias=AliasPath("data", "query", "totalPages"))
    ] = None
    result: Annotated[
        str | None, Field(validation_alias=AliasPath("data", "query", "jsonResult"))
    ] = None

    @property
    def is_running(self) -> bool:
        """Whether there is no answer yet."""
        return self.status != "SUCCESSFUL"

    def rows(self) -> list[Row]:
        """Read the page's rows; the case of a column's name follows the warehouse."""
        try:
            table = base64.b64decode(self.result or "", validate=True)
        except binascii.Error as error:
            message = "dbt's result is no base64."
            raise DataError(message) from error
        found = read_model(table, _Table).data
        return [{name.casefold(): cell for name, cell in row.items()} for row in found]


def _row(metric: DbtMetric, request: PullRequest, number: int, row: Row) -> NumberedRow:
    """Give a row by an observation's columns; its time is a day of the models' own zone."""
    by = {name: metric.dimensions[name] for name in request.dimensions}
    start = f"metric_time__{request.grain.lower()}"
    members = {"period_start": start, **metric.asked, **by}
    lacking = sorted({name for name in members.values() if name.casefold() not in row})
    if lacking:
        message = f"dbt answers without {', '.join(lacking)}."
        raise DataError(message)
    cells = {column: row[name.casefold()] for column, name in members.items()}
    day = _MIDNIGHT.fullmatch(str(cells["period_start"]))
    if day is None:
        message = f"dbt's {start} is no day: {cells['period_start']!r:.40}."
        raise DataError(message)
    return NumberedRow(request.metric, number, {**cells, "period_start": day[1]})
