"""Google Analytics' Data API v1beta, as its discovery document and recorded refusals tell it.

Serves reports in the property's time zone: all numbers as texts, no row for what is 0, no `rows`
where there is none. Refuses whoever brings no token of the service account, asks for another
property or what no report has, and whoever has used up the tokens of the hour or the day, or asks
ten times at once.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from api.demo.vendors.analytics import AnalyticsFake, Event, bucket_of
from api.demo.vendors.meters import ClockMeter
from tests.vendors.google import ACCOUNT, Login, refused

PROPERTY: Final = "312645"
SCOPE: Final = "https://www.googleapis.com/auth/analytics.readonly"
MOST_AT_ONCE: Final = 10
PAGE_VIEW: Final = "page_view"

_BATCH: Final = 5
_COST: Final = 10
_FIELDS: Final = frozenset(
    {"dateRanges", "dimensions", "metrics", "dimensionFilter", "limit", "offset", "keepEmptyRows"}
    | {"orderBys", "returnPropertyQuota"}
)
_DIMENSIONS: Final[Mapping[str, tuple[str, str]]] = {
    "date": ("day", "%Y%m%d"),
    "isoYearIsoWeek": ("week", "%G%V"),
    "yearMonth": ("month", "%Y%m"),
}

Json = dict[str, Any]  # Any: JSON


def _each(event: Event) -> object:
    del event
    return object()  # equal to no other


_METRICS: Final[Mapping[str, Callable[[Event], object]]] = {
    "eventCount": _each,
    "screenPageViews": _each,
    "sessions": lambda event: event.visit,
    "activeUsers": lambda event: event.user,
}
"""What a metric counts, each once."""


@dataclass(slots=True, kw_only=True)
class Ga4(AnalyticsFake):
    """The service, with one property."""

    login: Login = field(init=False)
    threshold: int = 0
    """Rows of fewer users are kept back."""
    is_sampled: bool = False
    is_cut: bool = False
    """Whether rows were lost in one for all others."""
    running: int = 0
    """How many requests others have running at present."""
    hour: ClockMeter = field(default_factory=lambda: ClockMeter(count=14_000, seconds=3_600))
    day: ClockMeter = field(default_factory=lambda: ClockMeter(count=200_000, seconds=86_400))

    def __post_init__(self) -> None:
        self.login = Login(now=self.now, scopes=frozenset({SCOPE}))

    def routes(self) -> Sequence[Route]:
        """Give what can be asked."""
        path = "/v1beta/properties/{property}:batchRunReports"
        return [
            Route(path, self._batch, methods=["POST"]),
            self.login.route,
        ]

    async def _batch(self, request: Request) -> Response:
        self.requests.append(str(request.url))
        body: Json = await request.json()
        if self.login.admit(request) != ACCOUNT or request.path_params["property"] != PROPERTY:
            told = "User does not have sufficient permissions for this property."
            raise refused(403, None, told)
        reports: list[Json] = body.get("requests", [])
        if set(body) != {"requests"} or not 1 <= len(reports) <= _BATCH:
            raise refused(400, None, "A batch holds one to five requests, and nothing else.")
        self._take(len(reports))
        told_reports = [self._report(report) for report in reports]
        return JSONResponse({"reports": told_reports, "kind": "analyticsData#batchRunReports"})

    def _take(self, reports: int) -> None:
        """Count tokens, and refuse as the service words it; without a hint when to come back."""
        if self.running >= MOST_AT_ONCE:
            raise refused(429, None, "Exhausted concurrent requests quota.")
        for meter, of in ((self.hour, "for a project per hour"), (self.day, "per day")):
            for _ in range(reports * _COST):
                if not meter.take(self.now()):
                    raise refused(429, None, f"Exhausted property tokens {of}.")

    def _report(self, asked: Json) -> Json:
        strange = set(asked) - _FIELDS
        if strange:
            raise refused(
                400, None, f"Invalid JSON payload received. Unknown name {min(strange)!r}."
            )
        [dimension] = [each["name"] for each in asked.get("dimensions", [])]
        [metric] = [each["name"] for each in asked["metrics"]]
        if dimension not in _DIMENSIONS or metric not in _METRICS:
            raise refused(
                400,
                None,
                f"Field {dimension} or {metric} is not a valid dimension or metric.",
            )
        rows = self._rows(asked, _DIMENSIONS[dimension], metric)
        told = {
            "dimensionHeaders": [{"name": dimension}],
            "metricHeaders": [{"name": metric, "type": "TYPE_INTEGER"}],
            "metadata": self._metadata(),
            "kind": "analyticsData#runReport",
        }
        if asked.get("returnPropertyQuota"):
            told["propertyQuota"] = {
                "tokensPerProjectPerHour": {
                    "consumed": _COST,
                    "remaining": self.hour.remaining,
                }
            }
        return {**told, "rows": rows, "rowCount": len(rows)} if rows else told

    def _metadata(self) -> Json:
        sampled = {"samplingMetadatas": [{"samplesReadCount": "5000", "samplingSpaceSize": "9999"}]}
        return {
            "currencyCode": "EUR",
            "timeZone": self.zone.key,
            **({"subjectToThresholding": True} if self.threshold else {}),
            **(sampled if self.is_sampled else {}),
            "dataLossFromOtherRow": self.is_cut,
        }

    def _rows(self, asked: Json, dimension: tuple[str, str], metric: str) -> list[Json]:
        """Count, in no particular order, as nothing was asked to be in order."""
        unit, form = dimension
        names, (first, last) = _event_names(asked), self._days(asked)
        counts = defaultdict[date, set[object]](set)
        seen = defaultdict[date, set[str]](set)
        for event in self.between(first, last + timedelta(days=1)):
            if names is not None and event.name not in names:
                continue
            if metric == "screenPageViews" and event.name != PAGE_VIEW:
                continue
            bucket = bucket_of(self.day_of(event), unit)
            counts[bucket].add(_METRICS[metric](event))
            seen[bucket].add(event.user)
        shown = [day for day in counts if len(seen[day]) >= self.threshold]
        return [
            {
                "dimensionValues": [{"value": day.strftime(form)}],
                "metricValues": [{"value": str(len(counts[day]))}],
            }
            for day in sorted(shown, reverse=True)
        ]

    def _days(self, asked: Json) -> tuple[date, date]:
        [days] = asked["dateRanges"]
        first, last = (self._day(days[name]) for name in ("startDate", "endDate"))
        if last < first:
            raise refused(400, None, "The endDate cannot be before the startDate.")
        return first, last

    def _day(self, written: str) -> date:
        if written in ("today", "yesterday"):
            return self.today() - timedelta(days=written == "yesterday")
        try:
            return datetime.strptime(written, "%Y-%m-%d").date()  # noqa: DTZ007 -- of the property
        except ValueError:
            raise refused(400, None, f"Invalid date {written!r}; expected YYYY-MM-DD.") from None


def _event_names(asked: Json) -> list[str] | None:
    """Read a filter by the event's name; None: there is none. Other filters are refused."""
    if "dimensionFilter" not in asked:
        return None
    match asked["dimensionFilter"]:
        case {
            "filter": {
                "fieldName": "eventName",
                "inListFilter": {"values": [*names], "caseSensitive": True},
            }
        }:
            return [str(name) for name in names]
        case other:
            raise refused(400, None, f"Invalid filter {other}.")
