"""Delighted's API v1, as its client and a maintained connector tell it.

Serves metrics (without a span: of the 30 days before the newest response) and responses as a bare
array, page by page; both ends of a span count. Refuses a bad key, a password, unknown parameters,
who doesn't take JSON, pages of more than 100, and whoever asks more than 120 times a minute; all of
it with 503 while it is in maintenance.
"""

import base64
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from api.demo.vendors.fake import Fake, Refused
from api.demo.vendors.meters import ClockMeter

Json = dict[str, Any]  # Any: JSON

KEY: Final = "dl-key-canary-0c77"
METRICS: Final = frozenset({"since", "until", "trend"})
RESPONSES: Final = frozenset(
    {"per_page", "page", "since", "until", "updated_since", "updated_until", "order", "expand[]"}
)
_SECOND: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A response; Delighted keeps times to the second."""

    id: str
    created_at: datetime
    score: Any  # Any: JSON
    survey_type: str = "nps"


@dataclass(slots=True, kw_only=True)
class Delighted(Fake):
    """The service, with one project; what a test changes in it holds from the next request on."""

    now: Callable[[], datetime]
    responses: list[Answered] = field(default_factory=list[Answered])
    recall: Callable[[datetime, datetime], Sequence[Answered]] | None = None
    """Gives the responses of a half-open span, oldest first, where they are too many for a list."""
    is_in_maintenance: bool = False
    minute: ClockMeter = field(default_factory=lambda: ClockMeter(count=120, seconds=60))
    requests: list[str] = field(default_factory=list[str])

    def routes(self) -> Sequence[Route]:
        """Give what can be asked."""
        return [
            Route("/v1/metrics.json", self._metrics),
            Route("/v1/survey_responses.json", self._survey_responses),
        ]

    async def _metrics(self, request: Request) -> Response:
        self._admit(request, METRICS)
        found = self._between(request)
        if not {"since", "until"} & set(request.query_params) and found:
            newest = found[-1].created_at
            found = [one for one in found if one.created_at > newest - timedelta(days=30)]
        groups = Counter(_group(one.score) for one in found if one.survey_type == "nps")
        size = groups.total()
        shares = {group: round(100 * groups[group] / size) if size else 0 for group in groups}
        told = {f"{name}_count": groups[name] for name in ("promoter", "passive", "detractor")}
        percents = {name.replace("count", "percent"): shares.get(name[:-6], 0) for name in told}
        nps = shares.get("promoter", 0) - shares.get("detractor", 0)
        return JSONResponse({"nps": nps, **told, **percents, "response_count": size})

    async def _survey_responses(self, request: Request) -> Response:
        self._admit(request, RESPONSES)
        asked = request.query_params
        size, page = _whole(asked.get("per_page", "20")), _whole(asked.get("page", "1"))
        order = asked.get("order", "asc")
        if not 1 <= size <= 100 or page < 1 or order not in ("asc", "desc"):
            raise _refused(422)
        found = self._between(request)
        ordered = found if order == "asc" else list(reversed(found))
        return JSONResponse([_told(one) for one in ordered[(page - 1) * size : page * size]])

    def _between(self, request: Request) -> Sequence[Answered]:
        start = _moment(request.query_params.get("since", "0"))
        after = _moment(request.query_params.get("until", "4000000000")) + _SECOND
        if self.recall is not None:
            return self.recall(start, after)
        found = [one for one in self.responses if start <= one.created_at < after]
        return sorted(found, key=lambda one: (one.created_at, one.id))

    def _admit(self, request: Request, parameters: frozenset[str]) -> None:
        """Refuse what the vendor refuses before it looks at the content."""
        self.requests.append(str(request.url))
        known = base64.b64encode(f"{KEY}:".encode()).decode()
        if self.is_in_maintenance:
            raise _refused(503)
        if request.headers.get("Authorization") != f"Basic {known}":
            raise _refused(401)
        if not self.minute.take(self.now()):
            raise _refused(429, {"Retry-After": str(self.minute.reset(self.now()))})
        if not any(kind in request.headers.get("Accept", "*/*") for kind in ("json", "*/*")):
            raise _refused(406)
        if not set(request.query_params) <= parameters:
            raise _refused(422)


def _group(score: int) -> str:
    return "promoter" if score >= 9 else "passive" if score >= 7 else "detractor"


def _told(one: Answered) -> Json:
    seconds = int(one.created_at.timestamp())
    return {
        "id": one.id,
        "person": "7000001",
        "survey_type": one.survey_type,
        "score": one.score,
        "comment": "Nice people.",
        "permalink": f"https://app.delighted.com/r/{one.id}",
        "created_at": seconds,
        "updated_at": None,
        "person_properties": {"Name": "Ada"},
        "notes": [],
        "tags": [],
        "additional_answers": [],
    }


def _whole(written: str) -> int:
    if not written.isdecimal():
        raise _refused(422)
    return int(written)


def _moment(written: str) -> datetime:
    return datetime.fromtimestamp(_whole(written), UTC)


def _refused(status: int, headers: dict[str, str] | None = None) -> Refused:
    return Refused(JSONResponse({"status": status, "message": "No."}, status, headers))
