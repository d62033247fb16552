"""The GraphQL API of dbt's Semantic Layer, as dbt's documentation and its own SDK tell it.

A query is done at the fourth look; its rows come in pages of 1,024, as pandas writes a table in
JSON, in base64. Days are cut in the models' own zone, and columns named as the warehouse
names them, in capitals. Errors of GraphQL come with the status 200.
"""

import base64
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

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

ENVIRONMENT: Final = "218762"
CHANNEL: Final = "visit__channel"
STATES: Final = ("PENDING", "RUNNING", "COMPILED")
PAGE: Final = 1_024
_EDGE: Final = re.compile(r"\{\{ TimeDimension\('metric_time', 'DAY'\) \}\} ([<>])= '([0-9-]{10})'")
_PART: Final = re.compile(r"\{\{ Dimension\('visit__channel'\) \}\} = '([a-z]+)'")


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
        given: Json = asked["variables"]
        if given.get("environment") != ENVIRONMENT:
            raise _refused(200, "Environment not found")
        if "createQuery" in asked["query"]:
            return self._create(given)
        if "jsonResult" in asked["query"]:
            return self._look(given["query"], given["page"])
        return JSONResponse({"data": {"metrics": [{"name": name} for name in METRICS]}})

    def _create(self, given: Json) -> Response:
        for metric in given["metrics"]:
            if metric["name"] not in METRICS:
                raise _refused(200, f"Unable to get metric {metric['name']}")
        for each in given["by"]:
            if each["name"] not in ("metric_time", CHANNEL):
                raise _refused(200, f"Unknown dimension {each['name']}")
        self.created.append(given)
        name = f"01HXY{len(self.queries):04}"
        self.queries[name] = Begun(rows=self._rows(given))
        return JSONResponse({"data": {"createQuery": {"queryId": name}}})

    def _look(self, name: str, page: int) -> Response:
        begun = self.queries.get(name)
        if begun is None:
            raise _refused(200, "Query not found")
        told: Json = {"status": "SUCCESSFUL", "error": None, "totalPages": None, "jsonResult": None}
        if begun.looks < len(STATES):
            told["status"] = STATES[begun.looks]
            begun.looks += 1
        elif self.failure:
            told |= {"status": "FAILED", "error": self.failure}
        else:
            rows = begun.rows[(page - 1) * PAGE : page * PAGE]
            table: Json = {"schema": {"fields": [], "pandas_version": "1.4.0"}, "data": rows}
            written = base64.b64encode(json.dumps(table).encode()).decode()
            pages = max(1, -(-len(begun.rows) // PAGE))
            told |= {"totalPages": pages, "jsonResult": written}
        return JSONResponse({"data": {"query": told}})

    def _rows(self, given: Json) -> list[Json]:
        time, *by = given["by"]
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
            raise _refused(200, "The where clause can't be parsed")
        start = start_of_day(date.fromisoformat(edges[">"]), self.zone)
        end = start_of_day(date.fromisoformat(edges["<"]) + timedelta(days=1), self.zone)
        found = self.recall(start, end) if self.recall else self.events
        return (
            each
            for each in found
            if start <= each.at < end and (not parts or each.channel in parts)
        )


def _refused(status: int, message: str) -> Refused:
    return Refused(JSONResponse({"data": None, "errors": [{"message": message}]}, status))
