"""dbt Semantic Layer: metrics as dbt defines them, asked for at the grain of each period.

What is assumed of the service, and what is not known, is told in
docs/connectors/dbt-semantic-layer.md.
"""

import base64
import binascii
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta
from typing import Annotated, Any, Final, Literal, TypeVar
from zoneinfo import ZoneInfo

from pydantic import AliasChoices, AliasPath, BaseModel, Field

from journey_atlas_sdk import (
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
    Window,
    days_of,
    hookimpl,
)
from journey_atlas_sdk.auth import Bearer
from journey_atlas_sdk.exact_json import read_model
from journey_atlas_sdk.layers import LayerReport, LayerRow, LayerSettings
from journey_atlas_sdk.terms import terms
from journey_atlas_sdk.texts import says
from journey_atlas_sdk.web import NumericId, WebAddress

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
M = TypeVar("M", bound=BaseModel)


class DbtReport(LayerReport):
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

    @property
    def columns(self) -> dict[str, str]:
        """The metrics to ask for, by an observation's column."""
        named = {"value": self.value, "sample_size": self.sample_size}
        return {column: name for column, name in named.items() if name}


class DbtSemanticLayerSettings(LayerSettings[DbtReport]):
    """The environment and who asks, and the report of each metric."""

    token: Secret = Field(description="A service token that may use the Semantic Layer.")
    environment: NumericId = Field(description="Its number.")
    url: WebAddress = Field(
        default="https://semantic-layer.cloud.getdbt.com",
        description="As dbt shows it for your account and region.",
    )
    time_zone: ZoneInfo = Field(description="That in which the models cut days.")


class DbtSemanticLayer(Connector[DbtSemanticLayerSettings]):
    """Begins a query for all periods of a pull, and reads its pages once it is done."""

    info = ConnectorInfo(
        key="dbt-semantic-layer",
        title="dbt Semantic Layer",
        version="1.0.0",
        settings=DbtSemanticLayerSettings,
        capabilities=frozenset({Capability.HISTORY, Capability.DISCOVER, Capability.DIMENSIONS}),
        limits=(Limit(count=60, seconds=60, concurrency=4),),
        timeout=timedelta(minutes=1),
        documentation="docs/connectors/dbt-semantic-layer.md",
    )

    async def pull(
        self, request: PullRequest, context: Context
    ) -> AsyncIterator[Observation | Pending]:
        """Begin a query; once it is done, give the metric of each period that has begun."""
        report, now = request.chosen(self.settings.reports), context.now()
        spec = report.spec(request.metric, restates_for=self.settings.restates_for)
        spec.require_answers(request)
        periods = request.periods(now)
        if not periods:
            return
        if request.resume is None:
            begun = await self._begin(report, request, periods, context)
            yield Pending(resume=begun.model_dump_json(), retry_after=_LOOK_AGAIN)
            return
        begun = read_model(request.resume.encode(), _Begun)
        answer = await self._look(begun, 1, context)
        if answer.is_running:
            yield Pending(resume=request.resume, retry_after=_LOOK_AGAIN)
            return
        time = f"metric_time__{request.grain.lower()}"
        rows = answer.rows(time)
        for page in range(2, (answer.pages or 1) + 1):
            rows += (await self._look(begun, page, context)).rows(time)
        for observation in report.observations(rows, request, spec, time=time, now=now):
            yield observation

    async def check(self, context: Context) -> None:
        """List the environment's metrics, and find those of the settings."""
        known = {each.name for each in (await self._ask(_METRICS, {}, _Metrics, context)).metrics}
        wanted = {name for each in self.settings.reports.values() for name in each.columns.values()}
        if wanted - known:
            message = f"dbt has no metric {', '.join(sorted(wanted - known))}."
            raise ConfigError(message)

    async def discover(self, context: Context) -> list[MetricSpec]:
        """List the metrics that have a report."""
        del context
        return self.settings.specs()

    def budget_key(self) -> str:
        """Name the environment: its queries are counted together."""
        return f"dbt-semantic-layer:{self.settings.environment}"

    async def _begin(
        self, report: DbtReport, request: PullRequest, periods: Sequence[Window], context: Context
    ) -> "_Begun":
        days = [days_of(period, self.settings.time_zone) for period in periods]
        time = "{{ TimeDimension('metric_time', 'DAY') }}"
        span = (f"{time} >= '{days[0][0]}'", f"{time} <= '{days[-1][1]}'")
        by = [{"name": report.dimensions[name]} for name in request.dimensions]
        asked = {
            "metrics": [{"name": name} for name in report.columns.values()],
            "by": [{"name": "metric_time", "timeGranularity": request.grain.value}, *by],
            "where": [{"sql": sql} for sql in (*span, *report.where)],
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
                "variables": {"environment": int(self.settings.environment), **variables},
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
    data: list[dict[str, object]]


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

    def rows(self, time: str) -> list[LayerRow]:
        """Read the page's rows, whose `time` is a day of the models' own zone."""
        try:
            table = base64.b64decode(self.result or "", validate=True)
        except binascii.Error as error:
            message = "dbt's result is no base64."
            raise DataError(message) from error
        found = read_model(table, _Table).data
        return [
            {name: _day(cell) if name.casefold() == time else cell for name, cell in row.items()}
            for row in found
        ]


def _day(cell: object) -> str:
    """Give a midnight as its day; DataError for another time."""
    day = _MIDNIGHT.fullmatch(str(cell))
    if day is None:
        message = f"dbt answers with {cell!r:.40}, which is no day."
        raise DataError(message)
    return day[1]
