"""Adobe Analytics' 2.0 APIs, as their documentation tells them.

Gives tokens to an OAuth Server-to-Server credential. Serves totals of half-open ranges of time in
the report suite's zone and, where a dimension is asked for, a page of rows in no order of time,
named in English. Refuses a bad token or client id, another company or suite, times with an offset,
what it doesn't know, and whoever asks more than 12 times in 6 seconds.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from api.demo.vendors.analytics import AnalyticsFake, Event, buckets
from api.demo.vendors.fake import Refused
from api.demo.vendors.meters import SlidingMeter

CLIENT_ID: Final = "0a1b2c3d4e5f"
CLIENT_SECRET: Final = "p8e-adobe-canary-61d0"  # noqa: S105 -- of a service that lives for a test
COMPANY: Final = "bank0"
SUITE: Final = "bank.prod"
TOKEN_PATH: Final = "/ims/token/v3"  # noqa: S105 -- a path
SCOPES: Final = frozenset({"openid", "AdobeID", "read_organizations"})

_DAY: Final = "variables/daterangeday"
_ROWS_UNLESS_SAID: Final = 50
_LASTS: Final = timedelta(seconds=86_399)
_FIELDS: Final = frozenset(
    {"rsid", "globalFilters", "metricContainer", "dimension", "settings", "locale"}
)

Json = dict[str, Any]  # Any: JSON


def _called(name: str) -> Callable[[Iterable[Event]], int]:
    def count(events: Iterable[Event]) -> int:
        return sum(event.name == name for event in events)

    return count


_METRICS: Final[Mapping[str, Callable[[Sequence[Event]], int]]] = {
    "metrics/pageviews": _called("View"),
    "metrics/orders": _called("Order"),
    "metrics/visits": lambda events: len({event.visit for event in events}),
    "metrics/visitors": lambda events: len({event.user for event in events}),
}


@dataclass(slots=True, kw_only=True)
class AdobeAnalytics(AnalyticsFake):
    """The service, with one report suite."""

    tokens: dict[str, datetime] = field(default_factory=dict[str, datetime])
    meter: SlidingMeter = field(default_factory=lambda: SlidingMeter(count=12, seconds=6))

    def routes(self) -> Sequence[Route]:
        """Give what can be asked."""
        suite = "/api/{company}/reportsuites/collections/suites/{suite}"
        return [
            Route(TOKEN_PATH, self._token, methods=["POST"]),
            Route(suite, self._suite),
            Route("/api/{company}/reports", self._reports, methods=["POST"]),
        ]

    async def _token(self, request: Request) -> Response:
        form = {name: each[0] for name, each in parse_qs((await request.body()).decode()).items()}
        if form.get("grant_type") != "client_credentials":
            return JSONResponse({"error": "unsupported_grant_type"}, 400)
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return JSONResponse({"error": "invalid_client"}, 400)
        if not set(form.get("scope", "").split(",")) >= SCOPES:
            return JSONResponse({"error": "invalid_scope"}, 400)
        token = f"eyJ.adobe-canary-{len(self.tokens)}"
        self.tokens[token] = self.now() + _LASTS
        told = {"access_token": token, "token_type": "bearer", "expires_in": 86_399}
        return JSONResponse(told)

    async def _suite(self, request: Request) -> Response:
        self._admit(request, request.path_params["suite"])
        return JSONResponse({"rsid": SUITE, "name": "Bank", "timezoneZoneinfo": self.zone.key})

    async def _reports(self, request: Request) -> Response:
        asked: Json = await request.json()
        self._admit(request, asked.get("rsid", ""))
        if set(asked) - _FIELDS:
            raise Refused(_error(400, "400000", f"Unknown fields: {sorted(set(asked) - _FIELDS)}"))
        first, after = _range(asked)
        metrics = [each["id"] for each in asked["metricContainer"]["metrics"]]
        if set(metrics) - set(_METRICS):
            raise Refused(_error(400, "400001", f"Unknown metrics: {metrics}"))
        totals = self._totals(metrics, first, after)
        summary = {"summaryData": {"filteredTotals": totals, "totals": totals}}
        if "dimension" not in asked:
            return JSONResponse(summary)
        return JSONResponse({**self._rows(asked, metrics, first, after), **summary})

    def _admit(self, request: Request, suite: str) -> None:
        self.requests.append(str(request.url))
        if not self.meter.take(self.now()):
            raise Refused(_error(429, "429050", "Too many requests"))
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if self.now() >= self.tokens.get(token, self.now()):
            raise Refused(_error(401, "401013", "Oauth token is not valid"))
        if request.headers.get("x-api-key") != CLIENT_ID:
            raise Refused(_error(403, "403003", "Api Key is invalid"))
        if request.path_params["company"] != COMPANY or suite != SUITE:
            raise Refused(_error(403, "403000", "You may not see this report suite"))

    def _totals(self, metrics: Sequence[str], first: date, after: date) -> list[float]:
        events = list(self.between(first, after))
        return [float(_METRICS[metric](events)) for metric in metrics]

    def _rows(self, asked: Json, metrics: Sequence[str], first: date, after: date) -> Json:
        """Give a page of days, those with the highest first number first."""
        if asked["dimension"] != _DAY:
            raise Refused(_error(400, "400002", "Unknown dimension"))
        days = [start for start, _ in buckets(first, after - timedelta(days=1), "day")]
        rows: list[Json] = [
            {
                "itemId": f"{day.year - 1900}{day.month - 1:02}{day.day:02}",
                "value": f"{day:%b} {day.day}, {day.year}",
                "data": self._totals(metrics, day, day + timedelta(days=1)),
            }
            for day in days
        ]
        rows.sort(key=lambda row: row["data"][0], reverse=True)
        settings: Json = asked.get("settings", {})
        page, size = int(settings.get("page", 0)), int(settings.get("limit", _ROWS_UNLESS_SAID))
        pages = -(-len(rows) // size)
        return {
            "totalPages": pages,
            "firstPage": page == 0,
            "lastPage": page >= pages - 1,
            "number": page,
            "totalElements": len(rows),
            "columns": {"dimension": {"id": _DAY, "type": "time"}},
            "rows": rows[page * size : (page + 1) * size],
        }


def _range(asked: Json) -> tuple[date, date]:
    """Read the one range there must be, from midnight to midnight: its end isn't counted in."""
    match asked.get("globalFilters"):
        case [{"type": "dateRange", "dateRange": str(written)}]:
            parts = written.split("/")
        case other:
            raise Refused(_error(400, "400003", f"Invalid filters {other}"))
    try:
        first, after = (datetime.strptime(part, "%Y-%m-%dT%H:%M:%S.%f").date() for part in parts)  # noqa: DTZ007 -- of the report suite
    except ValueError:
        raise Refused(_error(400, "400004", f"Invalid date range {written}")) from None
    if after <= first:
        raise Refused(_error(400, "400005", "The range ends before it begins"))
    return first, after


def _error(status: int, code: str, message: str) -> Response:
    return JSONResponse({"error_code": code, "message": message}, status)
