"""Plausible's Stats API v2, as its documentation and examples tell it.

Serves counts by time in the site's time zone, leaving out buckets without data, and repeats the
question as it was understood. Refuses a bad key or another site (401, in the same words), a plan
without the API (402), a question with what it doesn't know (400), and whoever asks more than 600
times an hour, without saying when to come back (429).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from api.demo.vendors.analytics import AnalyticsFake, Event, bucket_of, buckets
from api.demo.vendors.fake import Refused
from api.demo.vendors.meters import SlidingMeter

KEY: Final = "plausible-canary-key-4b7d"
SITE: Final = "shop.example.org"
PAGE_VIEW: Final = "pageview"

_FIELDS: Final = frozenset(
    {"site_id", "metrics", "date_range", "dimensions", "filters", "include", "order_by"}
    | {"pagination"}
)
_UNITS: Final = {"time:day": "day", "time:week": "week", "time:month": "month"}
_MIXED: Final = {
    "total_revenue": {
        "code": "no_single_revenue_currency",
        "warning": "Revenue metrics are null as there are multiple currencies.",
    }
}

Json = dict[str, Any]  # Any: JSON


def _page_views(events: Iterable[Event]) -> int:
    return sum(event.name == PAGE_VIEW for event in events)


_METRICS: Final[Mapping[str, Callable[[Sequence[Event]], int | None]]] = {
    "pageviews": _page_views,
    "events": len,
    "visits": lambda events: len({event.visit for event in events}),
    "visitors": lambda events: len({event.user for event in events}),
    "total_revenue": lambda _: None,
}


@dataclass(slots=True, kw_only=True)
class Plausible(AnalyticsFake):
    """The service, with one site."""

    is_on_plan: bool = True
    hour: SlidingMeter = field(default_factory=lambda: SlidingMeter(count=600, seconds=3_600))

    def routes(self) -> Sequence[Route]:
        """Give what can be asked."""
        return [Route("/api/v2/query", self._query, methods=["POST"])]

    async def _query(self, request: Request) -> Response:
        self.requests.append(str(request.url))
        asked: Json = await request.json()
        self._admit(request, asked)
        first, last = self._days(asked)
        unit = self._unit(asked)
        found = defaultdict[date, list[Event]](list)
        goal = _goal(asked)
        for event in self.between(first, last + timedelta(days=1)):
            if goal is None or event.name in goal:
                found[max(bucket_of(self.day_of(event), unit), first)].append(event)
        results = [
            {
                "dimensions": [str(day)],
                "metrics": [_METRICS[metric](found[day]) for metric in asked["metrics"]],
            }
            for day in sorted(found)
        ]
        return JSONResponse(
            {"results": results, "meta": self._meta(asked), "query": self._understood(asked)}
        )

    def _admit(self, request: Request, asked: Json) -> None:
        if request.headers.get("Authorization") != f"Bearer {KEY}" or asked.get("site_id") != SITE:
            told = "Invalid API key or site ID. Please make sure you're using a valid API key."
            raise Refused(_error(401, told))
        if not self.is_on_plan:
            told = "The account that owns this API key does not have access to Stats API."
            raise Refused(_error(402, told))
        if not self.hour.take(self.now()):
            told = "Too many API requests. Your API key is limited to 600 requests per hour."
            raise Refused(_error(429, told))
        strange = set(asked) - _FIELDS
        metrics = set(asked.get("metrics", []))
        if strange or not metrics or metrics - set(_METRICS):
            raise Refused(_error(400, f"Invalid query: {sorted(strange | metrics)}"))

    def _days(self, asked: Json) -> tuple[date, date]:
        """Read a range of days, both of them counted in."""
        try:
            first, last = (date.fromisoformat(day) for day in asked["date_range"])
        except (ValueError, TypeError, KeyError):
            raise Refused(_error(400, "Invalid date_range")) from None
        if last < first:
            raise Refused(_error(400, "Invalid date_range: it ends before it begins"))
        return first, last

    def _unit(self, asked: Json) -> str:
        dimensions = asked.get("dimensions", [])
        if len(dimensions) != 1 or dimensions[0] not in _UNITS:
            raise Refused(_error(400, f"Invalid dimensions {dimensions}"))
        return _UNITS[dimensions[0]]

    def _meta(self, asked: Json) -> Json:
        meta: Json = {}
        if asked.get("include", {}).get("time_labels"):
            first, last = self._days(asked)
            starts = buckets(first, last, self._unit(asked))
            meta["time_labels"] = [str(max(start, first)) for start, _ in starts]
        if "total_revenue" in asked["metrics"]:
            meta["metric_warnings"] = _MIXED
        return meta

    def _understood(self, asked: Json) -> Json:
        first, last = self._days(asked)
        start = datetime.combine(first, time.min, tzinfo=self.zone)
        end = datetime.combine(last, time(23, 59, 59), tzinfo=self.zone)
        return {**asked, "date_range": [start.isoformat(), end.isoformat()]}


def _goal(asked: Json) -> list[str] | None:
    """Read the one filter there may be; None: there is none."""
    match asked.get("filters", []):
        case []:
            return None
        case [["is", "event:goal", [*goals]]]:
            return [str(goal) for goal in goals]
        case other:
            raise Refused(_error(400, f"Invalid filters {other}"))


def _error(status: int, told: str) -> Response:
    return JSONResponse({"error": told}, status)
