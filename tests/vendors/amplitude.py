"""Amplitude's Dashboard REST API, as its documentation tells it.

Serves segmentation and funnels in the project's time zone, filled with zeros, in parallel lists.
Refuses wrong keys as it does a project of another region (403), unknown parameters and more than
365 days (400), days in which there was nothing at all (404), and queries that cost more than is
left, or come five at once (429).
"""

import base64
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from api.demo.vendors.analytics import AnalyticsFake, Event, buckets
from api.demo.vendors.fake import Refused
from api.demo.vendors.meters import SlidingMeter

API_KEY: Final = "amp-api-key-canary-7f31"
SECRET_KEY: Final = "amp-secret-key-canary-c2a8"  # noqa: S105 -- of a service that lives for a test
MOST_AT_ONCE: Final = 5
MOST_DAYS: Final = 365

_UNITS: Final = {"1": "day", "7": "week", "30": "month"}
_SHARED: Final = frozenset({"e", "start", "end", "i"})
_USUAL_WINDOW: Final = "2592000"

Json = dict[str, Any]  # Any: JSON
Bucket = tuple[date, date]


@dataclass(slots=True, kw_only=True)
class Amplitude(AnalyticsFake):
    """The service, with one project."""

    running: int = 0
    """How many queries others have running at present."""
    meters: Sequence[SlidingMeter] = field(
        default_factory=lambda: (
            SlidingMeter(count=1_000, seconds=300),
            SlidingMeter(count=108_000, seconds=3_600),
        )
    )

    def routes(self) -> Sequence[Route]:
        """Give what can be asked."""
        return [
            Route("/api/2/events/list", self._list),
            Route("/api/2/events/segmentation", self._segmentation),
            Route("/api/2/funnels", self._funnels),
        ]

    async def _list(self, request: Request) -> Response:
        self._admit(request, frozenset())
        self._take(1)
        names = sorted({event.name for event in self.events})
        return JSONResponse({"data": [{"name": name, "value": name} for name in names]})

    async def _segmentation(self, request: Request) -> Response:
        self._admit(request, _SHARED | {"m"})
        (name,) = _event_types(request)
        how = request.query_params.get("m", "uniques")
        if how not in ("uniques", "totals"):
            raise Refused(PlainTextResponse(f"Invalid metric: {how}", 400))
        cut = self._cut(request, cost=1)
        found = [self._users(name, bucket) for bucket in cut]
        if not any(found):
            raise Refused(PlainTextResponse("No data in range", 404))
        counts = [len(set(users)) if how == "uniques" else len(users) for users in found]
        return JSONResponse(
            {
                "data": {
                    "series": [counts],
                    "seriesLabels": [0],
                    "seriesCollapsed": [[{"setId": "", "value": sum(counts)}]],
                    "xValues": [str(start) for start, _ in cut],
                }
            }
        )

    def _users(self, name: str, bucket: Bucket) -> list[str]:
        return [event.user for event in self.between(*bucket) if event.name == name]

    async def _funnels(self, request: Request) -> Response:
        self._admit(request, _SHARED | {"cs", "mode", "n"})
        steps = _event_types(request)
        seconds = request.query_params.get("cs", _USUAL_WINDOW)
        if len(steps) < 2 or not seconds.isdecimal():
            raise Refused(PlainTextResponse("Invalid funnel", 400))
        cut = self._cut(request, cost=2 * len(steps))
        window = timedelta(seconds=int(seconds))
        reached = [self._reached(steps, window, bucket) for bucket in cut]
        raw = [sum(each) for each in zip(*reached, strict=True)]
        if not raw[0]:
            raise Refused(PlainTextResponse("No data in range", 404))
        return JSONResponse(
            {
                "data": [
                    {
                        "meta": {"segmentIndex": 0},
                        "events": steps,
                        "cumulativeRaw": raw,
                        "cumulative": [count / raw[0] for count in raw],
                        "dayFunnels": {
                            "series": reached,
                            "xValues": [str(start) for start, _ in cut],
                            "formattedXValues": [f"{start:%b %d}" for start, _ in cut],
                        },
                    }
                ]
            }
        )

    def _reached(self, steps: Sequence[str], window: timedelta, bucket: Bucket) -> list[int]:
        """Count who began in a bucket, and who of them reached each step in time, in order."""
        did = defaultdict[str, list[Event]](list)
        for event in self.between(*bucket, later=window):
            did[event.user].append(event)
        counts = [0] * len(steps)
        for events in did.values():
            began = next((each.at for each in events if each.name == steps[0]), None)
            if began is None or not bucket[0] <= began.astimezone(self.zone).date() < bucket[1]:
                continue
            for place in range(_steps_done(steps, events, began, began + window)):
                counts[place] += 1
        return counts

    def _cut(self, request: Request, *, cost: int) -> list[Bucket]:
        """Cut the asked days into buckets, and count what they cost."""
        first, last = (_day(request, name) for name in ("start", "end"))
        unit, count = _UNITS.get(request.query_params.get("i", "1")), (last - first).days + 1
        if unit is None or not 1 <= count <= MOST_DAYS:
            raise Refused(PlainTextResponse("Invalid interval, or too many days", 400))
        self._take(cost * count)
        after = last + timedelta(days=1)
        return [(max(start, first), min(end, after)) for start, end in buckets(first, last, unit)]

    def _admit(self, request: Request, parameters: frozenset[str]) -> None:
        self.requests.append(str(request.url))
        pair = base64.b64encode(f"{API_KEY}:{SECRET_KEY}".encode()).decode()
        if request.headers.get("Authorization") != f"Basic {pair}":
            raise Refused(PlainTextResponse("Forbidden", 403))
        strange = set(request.query_params) - parameters
        if strange:
            raise Refused(PlainTextResponse(f"Unknown parameters: {sorted(strange)}", 400))

    def _take(self, cost: int) -> None:
        now = self.now()
        spent = [meter for meter in self.meters if not meter.take(now, cost)]
        if spent or self.running >= MOST_AT_ONCE:
            told = {"error": {"http_code": 429, "type": "too_many_requests", "cost": cost}}
            raise Refused(JSONResponse(told, 429))


def _steps_done(
    steps: Sequence[str], events: Sequence[Event], since: datetime, until: datetime
) -> int:
    """Count the steps that somebody did one after another, the first of which was done."""
    done = 1
    for event in events:
        if done < len(steps) and event.name == steps[done] and since <= event.at <= until:
            done += 1
    return done


def _event_types(request: Request) -> list[str]:
    try:
        return [str(json.loads(each)["event_type"]) for each in request.query_params.getlist("e")]
    except (ValueError, KeyError, TypeError):
        raise Refused(PlainTextResponse("Invalid event", 400)) from None


def _day(request: Request, name: str) -> date:
    try:
        return datetime.strptime(request.query_params.get(name, ""), "%Y%m%d").date()  # noqa: DTZ007 -- a day of the project
    except ValueError:
        raise Refused(PlainTextResponse(f"Invalid {name}", 400)) from None
