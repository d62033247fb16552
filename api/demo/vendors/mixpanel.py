"""Mixpanel's Query API, as its OpenAPI document, its clients' tests and recorded 429s tell it.

Serves saved funnels and segmentation in the project's time zone, in no particular order. Refuses
a bad service account (with 400 and plain text), a request without `project_id`, a `to_date` later
than the project's today, unknown parameters, and whoever asks more than 60 times an hour or 5 at
once.
"""

import asyncio
import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from api.demo.vendors.analytics import AnalyticsFake
from api.demo.vendors.fake import Refused
from api.demo.vendors.meters import SlidingMeter

USERNAME: Final = "atlas.1a2b3c.mp-service-account"
SECRET: Final = "mp-secret-canary-91c4"  # noqa: S105 -- of a service that lives for a test
PROJECT: Final = "12345"
MOST_AT_ONCE: Final = 5
LONGEST_WINDOW: Final = timedelta(days=90)

_UNITS: Final = {
    "day": timedelta(days=1),
    "hour": timedelta(hours=1),
    "minute": timedelta(minutes=1),
    "second": timedelta(seconds=1),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Funnel:
    """A saved funnel: its events in order, and how long a user may take for them all."""

    steps: Sequence[str]
    window: timedelta = timedelta(days=14)


@dataclass(slots=True, kw_only=True)
class Mixpanel(AnalyticsFake):
    """The service."""

    funnels: Mapping[str, Funnel] = field(default_factory=dict[str, Funnel])
    is_on_plan: bool = True
    shedding: int = 0
    """How many of the next requests are turned away because the service is busy."""
    hold: asyncio.Event | None = None
    """Set: requests wait for it, so that a test sees how many come at once."""
    hour: SlidingMeter = field(default_factory=lambda: SlidingMeter(count=60, seconds=3_600))
    running: int = 0

    def routes(self) -> Sequence[Route]:
        """Give what can be asked."""
        return [
            Route("/api/query/funnels", self._funnel),
            Route("/api/query/funnels/list", self._funnel_list),
            Route("/api/query/segmentation", self._segmentation),
        ]

    async def _funnel_list(self, request: Request) -> Response:
        await self._admit(request, frozenset())
        return JSONResponse(
            [{"funnel_id": int(key), "name": f"Funnel {key}"} for key in self.funnels]
        )

    async def _funnel(self, request: Request) -> Response:
        await self._admit(request, frozenset({"funnel_id", "length", "length_unit", *_DATES}))
        funnel = self.funnels.get(request.query_params.get("funnel_id", ""))
        if funnel is None:
            raise Refused(_error(request, 400, "invalid funnel_id"))
        window = self._window(request, funnel)
        starts = self._starts(request, {"day", "week", "month"})
        data = {
            str(start): _conversion(self._counts(funnel, window, start, after))
            for start, after in starts
        }
        return JSONResponse({"meta": {"dates": list(data)}, "data": data})

    def _window(self, request: Request, funnel: Funnel) -> timedelta:
        length, unit = request.query_params.get("length"), request.query_params.get("length_unit")
        if length is None:
            return funnel.window
        if not length.isdecimal() or unit not in _UNITS:
            raise Refused(_error(request, 400, "length and length_unit must be valid"))
        if int(length) * _UNITS[unit] > LONGEST_WINDOW:
            raise Refused(_error(request, 400, "length may not be greater than 90 days"))
        return int(length) * _UNITS[unit]

    def _counts(
        self, funnel: Funnel, window: timedelta, start: date, after: date
    ) -> list[tuple[str, int]]:
        """Give how many of those who began in a bucket reached each step, also past its end."""
        began: dict[str, datetime] = {}
        did: dict[tuple[str, str], list[datetime]] = {}
        for event in self.between(start, after, later=window):
            if event.name == funnel.steps[0] and self.day_of(event) < after:
                began.setdefault(event.user, event.at)
            elif event.name in funnel.steps:
                did.setdefault((event.user, event.name), []).append(event.at)
        reached = began
        counts = [(funnel.steps[0], len(began))]
        for step in funnel.steps[1:]:
            reached = {
                user: at
                for user, since in reached.items()
                for at in _first(did.get((user, step), []), since, began[user] + window)
            }
            counts.append((step, len(reached)))
        return counts

    async def _segmentation(self, request: Request) -> Response:
        await self._admit(request, frozenset({"event", "type", *_DATES}))
        name = request.query_params.get("event")
        kind = request.query_params.get("type", "general")
        if not name or kind not in ("general", "unique"):
            raise Refused(_error(request, 400, "event and type must be valid"))
        starts = self._starts(request, {"day", "month"})
        values = {str(start): self._occurred(name, kind, start, after) for start, after in starts}
        shuffled = sorted(values, key=lambda day: day[::-1])  # the vendor's own order is none
        return JSONResponse(
            {
                "data": {
                    "series": shuffled,
                    "values": {name: {day: values[day] for day in shuffled}},
                },
                "legend_size": 1,
            }
        )

    def _occurred(self, name: str, kind: str, start: date, after: date) -> int:
        users = [event.user for event in self.between(start, after) if event.name == name]
        return len(set(users)) if kind == "unique" else len(users)

    def _starts(self, request: Request, units: set[str]) -> list[tuple[date, date]]:
        """Cut the asked days into buckets, each with the day after its last."""
        unit = request.query_params.get("unit", "day")
        first, last = (_day(request, name) for name in ("from_date", "to_date"))
        if unit not in units or last < first:
            raise Refused(_error(request, 400, "unit, from_date and to_date must be valid"))
        if last > self.today():
            raise Refused(PlainTextResponse("to_date cannot be later than today", 400))
        buckets: list[tuple[date, date]] = []
        while first <= last:
            after = _next(first, unit)
            buckets.append((first, min(after, last + timedelta(days=1))))
            first = after
        return buckets

    async def _admit(self, request: Request, parameters: frozenset[str]) -> None:
        """Refuse what the vendor refuses before it looks at a request's content."""
        self.requests.append(str(request.url))
        pair = base64.b64encode(f"{USERNAME}:{SECRET}".encode()).decode()
        if request.headers.get("Authorization") != f"Basic {pair}":
            raise Refused(PlainTextResponse("Unable to authenticate request", 400))
        if "project_id" not in request.query_params:
            raise Refused(_error(request, 400, "project_id is a required parameter"))
        if request.query_params["project_id"] != PROJECT:
            raise Refused(_error(request, 403, "no access to this project"))
        if not self.is_on_plan:
            raise Refused(_error(request, 402, "your plan does not allow API calls"))
        strange = set(request.query_params) - parameters - {"project_id"}
        if strange:
            raise Refused(_error(request, 400, f"unknown parameters: {sorted(strange)}"))
        await self._count(request)

    async def _count(self, request: Request) -> None:
        if self.shedding:
            self.shedding -= 1
            raise Refused(_error(request, 429, "too many requests", with_limits=False))
        now = self.now()
        if not self.hour.take(now):
            raise Refused(self._quota_used_up(request, now))
        if self.running >= MOST_AT_ONCE:
            raise Refused(self._too_many_at_once(request))
        if self.hold is not None:
            self.running += 1
            try:
                await self.hold.wait()
            finally:
                self.running -= 1

    def _quota_used_up(self, request: Request, now: datetime) -> Response:
        used, most, reset = self.hour.used + 1, self.hour.count, self.hour.reset(now)
        answer = _error(
            request,
            429,
            f"Query rate limit exceeded for project_id: {PROJECT}. This request exceeded the rate "
            f"limit ({used}/{most} queries running in the last hour).",
        )
        answer.headers["RateLimit"] = (
            f'"project";r=0;t={reset}, "project-concurrency";r={MOST_AT_ONCE - self.running}'
        )
        answer.headers["Retry-After"] = str(reset)
        return answer

    def _too_many_at_once(self, request: Request) -> Response:
        answer = _error(
            request,
            429,
            f"Query rate limit exceeded for project_id: {PROJECT}. This request exceeded the rate "
            f"limit ({self.running + 1}/{MOST_AT_ONCE} queries running concurrently).",
        )
        left = self.hour.count - self.hour.used
        answer.headers["RateLimit"] = f'"project";r={left}, "project-concurrency";r=0;t=10'
        answer.headers["Retry-After"] = "10"
        return answer


_DATES: Final = ("from_date", "to_date", "unit")


def _error(
    request: Request, status: int, message: str, *, with_limits: bool = True
) -> JSONResponse:
    headers = {
        "RateLimit-Policy": '"project";q=60;w=3600, '
        f'"project-concurrency";q={MOST_AT_ONCE};qu="concurrent-requests"'
    }
    body = {"request": f"{request.url.path}?{request.url.query}", "error": message}
    return JSONResponse(body, status, headers if with_limits else None)


def _first(times: Sequence[datetime], since: datetime, until: datetime) -> list[datetime]:
    """Give the first of some times after one and not past another, or none."""
    return sorted(at for at in times if since < at <= until)[:1]


def _day(request: Request, name: str) -> date:
    try:
        return datetime.strptime(request.query_params.get(name, ""), "%Y-%m-%d").date()  # noqa: DTZ007 -- a day of the project
    except ValueError:
        raise Refused(_error(request, 400, f"{name} must be in the format yyyy-mm-dd")) from None


def _next(day: date, unit: str) -> date:
    if unit == "month":
        return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    return day + timedelta(days=7 if unit == "week" else 1)


def _conversion(counts: Sequence[tuple[str, int]]) -> dict[str, Any]:  # Any: JSON
    first = counts[0][1]
    before = [first, *(count for _, count in counts)]
    steps = [
        {
            "count": count,
            "goal": step,
            "event": step,
            "step_conv_ratio": count / previous if previous else 0,
            "overall_conv_ratio": count / first if first else 0,
            "avg_time": 133,
            "avg_time_from_start": 133,
        }
        for (step, count), previous in zip(counts, before, strict=False)
    ]
    analysis = {
        "completion": counts[-1][1],
        "starting_amount": first,
        "steps": len(counts),
        "worst": 1,
    }
    return {"steps": steps, "analysis": analysis}
