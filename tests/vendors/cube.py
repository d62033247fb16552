"""Cube's REST API, as a real server of it answered.

It adds events up by measure, in the time zone of the query; a date range has its last day in it.
A count and a sum are texts, a mean is a number. The first two looks at a query find it unfinished,
with the status 200. A bad token is a 403, and bodies of refusals hold a stack that nobody should
see.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from api.demo.vendors.fake import Fake, Refused
from journey_atlas_sdk import Grain, period_of, start_of_day
from tests.vendors.visits import Event, Tally, tallied

Json = dict[str, Any]  # Any: JSON

TOKEN: Final = "eyJhbGciOiJIUzI1NiJ9.e30.cube-canary-93d2"  # noqa: S105 -- of a fake
NARROW: Final = "eyJhbGciOiJIUzI1NiJ9.e30.cube-narrow-93d2"
"""The token of somebody to whom the server shows nothing."""

TIME: Final = "Visits.at"
CHANNEL: Final = "Visits.channel"
FIELDS: Final = frozenset(
    {
        *("measures", "dimensions", "timeDimensions", "filters", "order", "timezone"),
        *("limit", "offset", "segments", "total"),
    }
)
MOST: Final = 50_000


MEASURES: Final[Mapping[str, Callable[[Tally], str | float]]] = {
    "Visits.count": lambda visits: str(visits.count),
    "Visits.total": lambda visits: str(visits.total),
    "Visits.mean": lambda visits: float(visits.total / visits.count),
    "Visits.people": lambda visits: str(len(visits.people)),
}


@dataclass(slots=True, kw_only=True)
class Cube(Fake):
    """A server with one cube; what a test changes in it holds from the next request on."""

    now: Callable[[], datetime]
    events: list[Event] = field(default_factory=list[Event])
    recall: Callable[[datetime, datetime], Iterable[Event]] | None = None
    """Gives the events of a half-open span in order of time, where they are too many for a list."""
    looks: int = 2
    """How often a query is unfinished before it is answered."""
    seen: dict[str, int] = field(default_factory=dict[str, int])
    asked: list[Json] = field(default_factory=list[Json])

    def routes(self) -> Sequence[Route]:
        """Give what can be asked."""
        return [
            Route("/cubejs-api/v1/load", self._load),
        ]

    async def _load(self, request: Request) -> Response:
        shown = self._admit(request)
        query: Json = json.loads(request.query_params["query"])
        self.asked.append(query)
        self._require_known(query, shown=shown)
        key = json.dumps(query, sort_keys=True)
        self.seen[key] = self.seen.get(key, 0) + 1
        if self.seen[key] <= self.looks:
            return JSONResponse({"error": "Continue wait"})
        first = query.get("offset", 0)
        rows = self._rows(query)[first : first + query.get("limit", 10_000)]
        refreshed = self.now().astimezone(UTC)
        told = {"lastRefreshTime": f"{refreshed:%Y-%m-%dT%H:%M:%S}.201Z", "slowQuery": False}
        return JSONResponse({"query": query, "data": rows, **told, "total": None})

    def _require_known(self, query: Json, *, shown: bool) -> None:
        times = [each["dimension"] for each in query["timeDimensions"]]
        filters: list[Json] = query.get("filters", [])
        filtered = [each["member"] for each in filters]
        members = [*query["measures"], *query.get("dimensions", ()), *times, *filtered]
        known = {*MEASURES, TIME, CHANNEL} if shown else set[str]()
        for member in members:
            if member not in known:
                cube, _, name = member.partition(".")
                raise _refused(400, f"'{name}' not found for path '{cube}.{name}'")
        if any(each["operator"] != "equals" for each in filters):
            raise _refused(400, "Invalid query format: this fake filters by `equals` alone.")
        if not set(query) <= FIELDS or query.get("limit", 0) > MOST:
            raise _refused(400, "Invalid query format.")

    def _rows(self, query: Json) -> list[Json]:
        [time] = query["timeDimensions"]
        zone, grain = ZoneInfo(query.get("timezone", "UTC")), Grain(time["granularity"].upper())
        by = query.get("dimensions", [])

        def place(event: Event) -> tuple[str, str]:
            start = period_of(event.at, grain, zone).start.astimezone(zone)
            return f"{start:%Y-%m-%dT%H:%M:%S}.000", (event.channel or "") if by else ""

        return [
            {
                f"{TIME}.{time['granularity']}": start,
                TIME: start,
                **dict.fromkeys(by, part or None),
                **{name: MEASURES[name](visits) for name in query["measures"]},
            }
            for (start, part), visits in tallied(
                self._between(time["dateRange"], zone, query), place
            )
        ]

    def _between(self, days: Sequence[str], zone: ZoneInfo, query: Json) -> Iterator[Event]:
        first, last = (date.fromisoformat(day) for day in days)
        start, end = start_of_day(first, zone), start_of_day(last + timedelta(days=1), zone)
        found = self.recall(start, end) if self.recall else self.events
        wanted = [value for each in query.get("filters", ()) for value in each["values"]]
        return (
            each
            for each in found
            if start <= each.at < end and (not wanted or each.channel in wanted)
        )

    @staticmethod
    def _admit(request: Request) -> bool:
        """Refuse a bad token; say whether the good one shows anything."""
        token = request.headers.get("Authorization")
        if token is None:
            raise _refused(403, "Authorization header isn't set")
        if token not in (TOKEN, NARROW):
            raise _refused(403, "Invalid token")
        return token == TOKEN


def _refused(status: int, error: str) -> Refused:
    kind = {"type": "UserError"} if status == 400 else {}
    stack = "Error: no\n    at /cube/node_modules/secret-path/index.js:1:1"
    return Refused(JSONResponse({**kind, "error": error, "stack": stack}, status))
