"""InfluxDB: a SELECT of InfluxQL a metric, asked for each period with bound times.

What a query may say, and which versions answer it, is told in docs/connectors/influxdb.md.
"""

import json
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from http import HTTPStatus
from operator import itemgetter
from typing import Annotated, Final

import httpx
from pydantic import AfterValidator, BaseModel, Field

from journey_atlas_sdk import (
    Capability,
    ConfigError,
    Connector,
    ConnectorInfo,
    Context,
    DataError,
    Dimensions,
    Grain,
    MetricSpec,
    Observation,
    PullRequest,
    Secret,
    Settings,
    TransientError,
    Unit,
    Window,
    hookimpl,
    period_of,
    quotient,
)
from journey_atlas_sdk.auth import ApiKey
from journey_atlas_sdk.exact_json import Count, Exact, fitted, read_model
from journey_atlas_sdk.periods import EVERY_PERIOD, UTC_ZONE
from journey_atlas_sdk.settings import RestatesDays, RestatingSettings
from journey_atlas_sdk.terms import terms
from journey_atlas_sdk.texts import says
from journey_atlas_sdk.web import WebSettings, refusal

# What can't hold a keyword: remarks, texts, quoted names.
_QUOTED: Final = re.compile(r"--[^\n]*|/\*.*?\*/|'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"", re.DOTALL)
_PLACE: Final = re.compile(r"\$(start|end)\b")
_READS: Final = re.compile(r"\s*select\b", re.IGNORECASE)
_NOT_ONE: Final = re.compile(r";|\binto\b", re.IGNORECASE)
_PASSING: Final = re.compile(r"timeout|interrupted|shutdown", re.IGNORECASE)
_REFUSALS: Final = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND})


def _one_select(query: str) -> str:
    """Give a query that reads; ValueError for all but one SELECT between two bound times.

    To tell mistakes early. What keeps an author of bad will from writing is the user's rights.
    """
    bare = _QUOTED.sub("''", query)
    if not _READS.match(bare) or _NOT_ONE.search(bare):
        message = "Write one SELECT, without INTO."
        raise ValueError(message)
    if set(_PLACE.findall(bare)) != {"start", "end"}:
        message = "Bound it: WHERE time >= $start AND time < $end."
        raise ValueError(message)
    return query


class InfluxQuery(Settings):
    """A SELECT, and what its number is."""

    query: Annotated[str, AfterValidator(_one_select)] = Field(
        description="With the columns `value`, or `numerator` and `denominator`; `n` if you like."
    )
    unit: Unit | None = Field(default=None, description="Left out: that of what it feeds.")
    dimensions: tuple[Annotated[str, Field(pattern=r'^[^"\\\n]+$')], ...] = Field(
        default=(), description="Tags by which it can be broken down."
    )

    def statement(self, number: int, names: Sequence[str]) -> str:
        """Write the query for the period of a number: its bounds are parameters of that number."""
        select = _PLACE.sub(lambda found: f"{found[0]}_{number}", self.query)
        tags = ", ".join(f'"{name}"' for name in names)
        return f"{select}\nGROUP BY {tags}" if tags else select


class InfluxDbSettings(RestatingSettings, WebSettings):
    """Where the server is, who asks, and the query of each metric."""

    token: Secret | None = Field(default=None, description="Of InfluxDB 2 or 3.")
    database: str = Field(description="Its name; in InfluxDB 2 a bucket's, or that of its mapping.")
    retention_policy: str | None = Field(default=None, description="Left out: the database's own.")
    queries: Mapping[str, InfluxQuery] = Field(min_length=1, description="By metric.")
    restates_days: RestatesDays = Field(
        default=1, description="For how long points may be written late."
    )

    def auth(self, context: Context) -> httpx.Auth | None:
        """Tell the server who asks: it wants tokens called so."""
        if self.token is not None:
            return ApiKey(f"Token {context.secret('token')}", header="Authorization")
        return super().auth(context)


class InfluxDb(Connector[InfluxDbSettings]):
    """Sends one request a pull: a statement for each period, with its times as parameters."""

    info = ConnectorInfo(
        key="influxdb",
        title="InfluxDB",
        version="1.0.0",
        settings=InfluxDbSettings,
        capabilities=frozenset({Capability.HISTORY, Capability.DISCOVER, Capability.DIMENSIONS}),
        max_points=366,
        timeout=timedelta(minutes=2),
        documentation="docs/connectors/influxdb.md",
    )

    async def pull(self, request: PullRequest, context: Context) -> AsyncIterator[Observation]:
        """Give what there is of the window's whole periods that have begun, oldest first."""
        query, now = request.chosen(self.settings.queries), context.now()
        spec = self._spec(request.metric, query)
        spec.require_answers(request)
        periods = request.periods(now)
        if not periods:
            return
        results = await self._get(query, periods, request.dimensions, context)
        for period, result in zip(periods, results, strict=True):
            for dimensions, row in result.rows(request.dimensions):
                value, numerator, denominator = row.numbers
                yield request.observation(
                    period,
                    value,
                    numerator=numerator,
                    denominator=denominator,
                    sample_size=row.n,
                    dimensions=dimensions,
                    state=spec.state(period, now),
                )

    async def check(self, context: Context) -> None:
        """Ask the first query about the hour."""
        _, query = min(self.settings.queries.items())
        await self._get(query, [period_of(context.now(), Grain.HOUR, UTC_ZONE)], (), context)

    async def discover(self, context: Context) -> list[MetricSpec]:
        """List the metrics that have a query."""
        del context
        return [self._spec(key, each) for key, each in sorted(self.settings.queries.items())]

    def _spec(self, metric: str, query: InfluxQuery) -> MetricSpec:
        return MetricSpec(
            key=metric,
            title=metric,
            unit=query.unit,
            grains=EVERY_PERIOD,
            dimensions=query.dimensions,
            restates_for=self.settings.restates_for,
        )

    async def _get(
        self, query: InfluxQuery, periods: Sequence[Window], names: Sequence[str], context: Context
    ) -> "list[_Result]":
        bounds = {
            f"{edge}_{number}": moment.isoformat()
            for number, period in enumerate(periods)
            for edge, moment in (("start", period.start), ("end", period.end))
        }
        statements = [query.statement(number, names) for number in range(len(periods))]
        policy = self.settings.retention_policy
        response = await context.http.request(
            "POST",
            self.settings.at("/query"),
            data={
                "db": self.settings.database,
                "q": ";\n".join(statements),
                "params": json.dumps(bounds),
                **({"rp": policy} if policy else {}),
            },
            auth=self.settings.auth(context),
            extensions=terms(expect=_REFUSALS, repeatable=True),
        )
        if response.status_code in _REFUSALS:
            raise refusal(response)
        results = read_model(response.content, _Answer).results
        for result in results:
            result.require_whole()
        if [result.statement_id for result in results] != list(range(len(periods))):
            message = f"InfluxDB answered {len(results)} of {len(periods)} statements."
            raise DataError(message)
        return results


@hookimpl
def atlas_connectors() -> list[type[InfluxDb]]:
    """Bring the InfluxDB connector."""
    return [InfluxDb]


class _Row(BaseModel, extra="forbid"):
    """Of a period; the time is its start, or that of a selected point."""

    time: str
    value: Exact | None = None
    n: Count | None = None
    numerator: Exact | None = None
    denominator: Exact | None = None

    @property
    def numbers(self) -> tuple[Decimal | None, Decimal | None, Decimal | None]:
        """Value, numerator and denominator; a quotient without one of its sides is nothing."""
        if self.numerator is None or self.denominator is None:
            return self.value, None, None
        return quotient(self.numerator, self.denominator), self.numerator, self.denominator


class _Series(BaseModel):
    tags: dict[str, str] = {}
    columns: list[str]
    values: list[list[object]]

    def row(self) -> _Row:
        """Give its one row; DataError where there are several, or other columns."""
        if len(self.values) != 1:
            message = "A period has several rows: aggregate, as in SELECT mean(score) AS value."
            raise DataError(message)
        return fitted(dict(zip(self.columns, self.values[0], strict=True)), _Row)

    def dimensions(self, names: Sequence[str]) -> Dimensions:
        """Tell of which part it is; DataError where it is grouped by other tags, or lacks one."""
        if set(self.tags) != set(names) or "" in self.tags.values():
            message = (
                f"A series is of {self.tags or 'the whole'}, not of {', '.join(names) or 'it'}."
            )
            raise DataError(message)
        return tuple(sorted(self.tags.items()))


class _Result(BaseModel):
    statement_id: int
    series: list[_Series] = []
    error: str | None = None
    partial: bool = False

    def require_whole(self) -> None:
        """Raise the error that stands under the status 200, or that not all was given."""
        if self.error is not None:
            kind = TransientError if _PASSING.search(self.error) else ConfigError
            raise kind(says("InfluxDB", self.error))
        if self.partial:
            message = "InfluxDB gives but a part of the answer."
            raise DataError(message)

    def rows(self, names: Sequence[str]) -> list[tuple[Dimensions, _Row]]:
        """Give the row of each part, in order; nothing where there are no points."""
        found = {series.dimensions(names): series.row() for series in self.series}
        if len(found) < len(self.series):
            message = "The query gives several series for one value: name one measurement."
            raise DataError(message)
        return sorted(found.items(), key=itemgetter(0))


class _Answer(BaseModel):
    results: list[_Result]
