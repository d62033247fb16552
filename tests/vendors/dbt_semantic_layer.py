"""The GraphQL API of dbt's Semantic Layer, as dbt's documentation and its own SDK tell it.

A real GraphQL schema, so a query that isn't one is refused as there. It is done at the fourth
look; its rows come in pages of 1,024, as pandas writes a table in JSON, in base64. Days are cut in
the models' own zone, and columns named as the warehouse names them, in capitals. Errors of GraphQL
come with the status 200; an environment is a number, and its text is none.
"""

import base64
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLResolveInfo,
    build_schema,
    execute_sync,  # pyright: ignore[reportUnknownVariableType] - its own types are loose
    parse,
    validate,
)
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from api.demo.vendors.fake import Fake, Refused
from journey_atlas_sdk import Grain, period_of, start_of_day
from tests.vendors.visits import Event, Tally, tallied

Json = dict[str, Any]  # Any: JSON

TOKEN: Final = "dbtc_canary_71aa"  # noqa: S105 -- of a service that lives for a test
NARROW: Final = "dbtc_narrow_71aa"
"""A token that may do other things, but not this."""

ENVIRONMENT: Final = 218_762
CHANNEL: Final = "visit__channel"
STATES: Final = ("PENDING", "RUNNING", "COMPILED")
PAGE: Final = 1_024
_EDGE: Final = re.compile(r"\{\{ TimeDimension\('metric_time', 'DAY'\) \}\} ([<>])= '([0-9-]{10})'")
_PART: Final = re.compile(r"\{\{ Dimension\('visit__channel'\) \}\} = '([a-z]+)'")

_SCHEMA: Final = build_schema("""
    scalar BigInt
    type Query {
      metrics(environmentId: BigInt!): [Metric!]!
      query(environmentId: BigInt!, queryId: String!, pageNum: Int! = 1): QueryResult!
    }
    type Mutation {
      createQuery(
        environmentId: BigInt!, savedQuery: String, metrics: [MetricInput!],
        groupBy: [GroupByInput!], where: [WhereInput!], limit: Int, readCache: Boolean
      ): CreateQueryResult!
    }
    type Metric { name: String! }
    type CreateQueryResult { queryId: String! }
    type QueryResult {
      status: QueryStatus!, error: String, totalPages: Int
      jsonResult(encoded: Boolean! = true): String
    }
    enum QueryStatus { PENDING RUNNING COMPILED SUCCESSFUL FAILED }
    enum TimeGranularity { HOUR DAY WEEK MONTH QUARTER YEAR }
    input MetricInput { name: String! }
    input GroupByInput { name: String!, timeGranularity: TimeGranularity, grain: TimeGranularity }
    input WhereInput { sql: String! }
""")

METRICS: Final[Mapping[str, Callable[[Tally], float]]] = {
    "visits": lambda visits: visits.count,
    "spent": lambda visits: float(visits.total),
    "visitors": lambda visits: len(visits.people),
}


@dataclass(slots=True, kw_only=True)
class Begun:
    """A query that was begun, and how often it was looked at."""

    rows: list[Json]
    looks: int = 0


@dataclass(slots=True, kw_only=True)
class DbtSemanticLayer(Fake):
    """An environment; what a test changes in it holds from the next request on."""

    zone: ZoneInfo
    events: list[Event] = field(default_factory=list[Event])
    recall: Callable[[datetime, datetime], Iterable[Event]] | None = None
    """Gives the events of a half-open span in order of time, where they are too many for a list."""
    failure: str | None = None
    queries: dict[str, Begun] = field(default_factory=dict[str, Begun])
    created: list[Json] = field(default_factory=list[Json])

    def routes(self) -> Sequence[Route]:
        """Give what can be asked."""
        return [Route("/api/graphql", self._graphql, methods=["POST"])]

    async def _graphql(self, request: Request) -> Response:
        token = request.headers.get("Authorization")
        if token == f"Bearer {NARROW}":
            raise Refused(JSONResponse({"detail": "Forbidden"}, 403))
        if token != f"Bearer {TOKEN}":
            raise Refused(JSONResponse({"detail": "Invalid token"}, 401))
        asked: Json = json.loads(await request.body())
        return JSONResponse(_executed(asked, _Root(self)))

    def create(self, given: Json) -> Json:
        """Begin a query."""
        for metric in given["metrics"]:
            if metric["name"] not in METRICS:
                message = f"Unable to get metric {metric['name']}"
                raise GraphQLError(message)
        for each in given["groupBy"]:
            if each["name"] not in ("metric_time", CHANNEL):
                message = f"Unknown dimension {each['name']}"
                raise GraphQLError(message)
        self.created.append(given)
        name = f"01HXY{len(self.queries):04}"
        self.queries[name] = Begun(rows=self._rows(given))
        return {"queryId": name}

    def look(self, name: str, page: int) -> Json:
        """Tell how far a query is, and a page of its rows."""
        begun = self.queries.get(name)
        if begun is None:
            message = "Query not found"
            raise GraphQLError(message)
        if begun.looks < len(STATES):
            begun.looks += 1
            return {"status": STATES[begun.looks - 1]}
        if self.failure:
            return {"status": "FAILED", "error": self.failure}
        rows = begun.rows[(page - 1) * PAGE : page * PAGE]
        table: Json = {"schema": {"fields": [], "pandas_version": "1.4.0"}, "data": rows}
        written = base64.b64encode(json.dumps(table).encode()).decode()
        pages = max(1, -(-len(begun.rows) // PAGE))
        return {"status": "SUCCESSFUL", "totalPages": pages, "jsonResult": written}

    def _rows(self, given: Json) -> list[Json]:
        time, *by = given["groupBy"]
        grain = Grain(time.get("timeGranularity") or time["grain"])

        def place(event: Event) -> tuple[str, str]:
            start = period_of(event.at, grain, self.zone).start.astimezone(self.zone)
            return f"{start:%Y-%m-%dT%H:%M:%S}.000", (event.channel or "") if by else ""

        events = self._between([each["sql"] for each in given["where"]])
        return [
            {
                "index": number,
                f"METRIC_TIME__{grain}": start,
                **({CHANNEL.upper(): part or None} if by else {}),
                **{
                    each["name"].upper(): METRICS[each["name"]](visits) for each in given["metrics"]
                },
            }
            for number, ((start, part), visits) in enumerate(tallied(events, place))
        ]

    def _between(self, where: Sequence[str]) -> Iterator[Event]:
        edges = {edge[1]: edge[2] for sql in where if (edge := _EDGE.fullmatch(sql))}
        parts = [part[1] for sql in where if (part := _PART.fullmatch(sql))]
        if len(edges) + len(parts) < len(where):
            message = "The where clause can't be parsed"
            raise GraphQLError(message)
        start = start_of_day(date.fromisoformat(edges[">"]), self.zone)
        end = start_of_day(date.fromisoformat(edges["<"]) + timedelta(days=1), self.zone)
        found = self.recall(start, end) if self.recall else self.events
        return (
            each
            for each in found
            if start <= each.at < end and (not parts or each.channel in parts)
        )


class _Root:
    """What queries and mutations begin with."""

    def __init__(self, service: DbtSemanticLayer) -> None:
        self._service = service

    def metrics(self, info: "GraphQLResolveInfo[Any]", environmentId: object) -> list[Json]:  # noqa: N803 -- the schema's
        """List the metrics."""
        del info
        _require_environment(environmentId)
        return [{"name": name} for name in METRICS]

    def createQuery(self, info: "GraphQLResolveInfo[Any]", **given: Any) -> Json:  # noqa: ANN401, N802 -- JSON; the schema's
        """Begin a query."""
        del info
        _require_environment(given["environmentId"])
        return self._service.create(given)

    def query(self, info: "GraphQLResolveInfo[Any]", **given: Any) -> Json:  # noqa: ANN401 -- JSON
        """Look at a query."""
        del info
        _require_environment(given["environmentId"])
        return self._service.look(given["queryId"], given["pageNum"])


def _require_environment(number: object) -> None:
    if number != ENVIRONMENT:
        message = "Environment not found"
        raise GraphQLError(message)


def _executed(asked: Json, root: _Root) -> Json:
    try:
        document = _valid(asked["query"])
    except GraphQLError as error:
        return {"data": None, "errors": [{"message": error.message}]}
    answer = execute_sync(_SCHEMA, document, root, variable_values=asked["variables"])
    problems = [{"message": error.message} for error in answer.errors or ()]
    return {"data": answer.data, **({"errors": problems} if problems else {})}


@cache
def _valid(query: str) -> DocumentNode:
    """Read a query; GraphQLError where it isn't one of this schema."""
    document = parse(query)
    for error in validate(_SCHEMA, document):
        raise error
    return document
