"""Jira Cloud's REST API v3, as its documentation, a maintained client and recorded headers tell it.

Serves the enhanced search: no total, no fields unless asked for, places as tokens. JQL of the one
form `(FILTER) AND FIELD >= "DAY" AND FIELD < "DAY" ORDER BY …` is understood; its days are those of
the zone in the user's profile. Refuses a bad token (401), the old search (410), a project that the
user may not browse and unknown fields (400 in words), and whoever asks too fast (429 with a reset
in ISO 8601).
"""

import base64
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any, Final
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from api.demo.vendors.fake import Fake, Refused
from api.demo.vendors.meters import SlidingMeter

Json = dict[str, Any]  # Any: JSON

EMAIL: Final = "atlas@acme.example"
TOKEN: Final = "jira-token-canary-5d21"  # noqa: S105 -- of a service that lives for a test
MOST_ON_A_PAGE: Final = 100

_ASKED: Final = frozenset({"jql", "fields", "maxResults", "nextPageToken"})
_JQL: Final = re.compile(
    r'\((?P<filter>.+)\) AND (?P<field>\w+) >= "(?P<first>[\d-]+)" '
    r'AND (?P=field) < "(?P<after>[\d-]+)" ORDER BY (?P=field) ASC, key ASC'
)
_PROJECT: Final = re.compile(r"project = (\w+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """An issue; `dates` by the field that holds each, None where it is empty."""

    number: int
    dates: Mapping[str, datetime | None]
    project: str = "CX"


@dataclass(slots=True, kw_only=True)
class Jira(Fake):
    """The site, with one project; what a test changes in it holds from the next request on."""

    now: Callable[[], datetime]
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Europe/Oslo"))
    """That of the user's profile."""
    issues: list[Issue] = field(default_factory=list[Issue])
    recall: Callable[[datetime, datetime], Iterable[Issue]] | None = None
    """Gives the issues resolved in a span in order, where they are too many for a list."""
    meter: SlidingMeter = field(default_factory=lambda: SlidingMeter(count=10, seconds=1))
    asked: list[Json] = field(default_factory=list[Json])

    def routes(self) -> Sequence[Route]:
        """Give what can be asked."""
        return [
            Route("/rest/api/3/search/jql", self._search, methods=["POST"]),
            Route("/rest/api/3/search", self._removed, methods=["GET", "POST"]),
        ]

    async def _removed(self, request: Request) -> Response:
        del request
        return _error(410, "The requested API has been removed. Please use /rest/api/3/search/jql.")

    async def _search(self, request: Request) -> Response:
        self._admit(request)
        asked: Json = json.loads(await request.body())
        self.asked.append(asked)
        strange = set(asked) - _ASKED
        if strange:
            raise Refused(_error(400, f"Unrecognized field {sorted(strange)}"))
        name, first, after = self._understood(asked["jql"])
        size: int = min(asked.get("maxResults", 50), MOST_ON_A_PAGE)
        rows = self._after(asked.get("nextPageToken"), name, first, after)
        page = list(islice(rows, size + 1))
        body: Json = {"issues": [_told(each, asked) for each in page[:size]], "isLast": True}
        if len(page) > size:
            body |= {"nextPageToken": _token(page[size - 1], name), "isLast": False}
        return JSONResponse(body)

    def _understood(self, jql: str) -> tuple[str, datetime, datetime]:
        """Give the field of a query, and the midnights of the user's zone between which it asks."""
        found = _JQL.fullmatch(jql)
        if found is None or "order by" in found["filter"].lower():
            raise Refused(_error(400, "Error in the JQL Query: Expecting ')' but got 'ORDER'."))
        project = _PROJECT.search(found["filter"])
        if project is None:
            raise Refused(_error(400, "Unbounded JQL queries are not allowed here."))
        if project[1] != "CX":
            message = f"The value '{project[1]}' does not exist for the field 'project'."
            raise Refused(_error(400, message))
        first, after = (
            datetime.combine(date.fromisoformat(found[name]), time.min, tzinfo=self.zone)
            for name in ("first", "after")
        )
        return found["field"], first, after

    def _after(
        self, token: str | None, name: str, first: datetime, after: datetime
    ) -> Iterable[Issue]:
        """Give what is between two moments in order, from the issue on that a token stands for."""
        if token is None:
            return self._between(name, first, after)
        try:
            at, number = json.loads(base64.b64decode(token))
        except ValueError:
            raise Refused(_error(400, "The provided next page token is invalid.")) from None
        place = (datetime.fromisoformat(at), number)
        rest = self._between(name, max(first, place[0]), after)
        return (each for each in rest if _place(each, name) > place)

    def _between(self, name: str, first: datetime, after: datetime) -> Iterable[Issue]:
        if self.recall is not None:
            return self.recall(first, after)
        found = [
            each for each in self.issues if (at := each.dates.get(name)) and first <= at < after
        ]
        return sorted(found, key=lambda each: _place(each, name))

    def _admit(self, request: Request) -> None:
        """Refuse what the vendor refuses before it looks at a request's content."""
        pair = base64.b64encode(f"{EMAIL}:{TOKEN}".encode()).decode()
        if request.headers.get("Authorization") != f"Basic {pair}":
            raise Refused(_error(401, "Client must be authenticated to access this resource."))
        now = self.now()
        if not self.meter.take(now):
            reset = now + timedelta(seconds=60)
            answer = _error(429, "Rate limit exceeded.")
            answer.headers["RateLimit-Reason"] = "jira-burst-based"
            answer.headers["X-RateLimit-Limit"] = str(self.meter.count)
            answer.headers["X-RateLimit-Remaining"] = "0"
            answer.headers["X-RateLimit-Reset"] = f"{reset:%Y-%m-%dT%H:%MZ}"
            raise Refused(answer)


def _error(status: int, message: str) -> JSONResponse:
    return JSONResponse({"errorMessages": [message], "errors": {}}, status)


def _place(issue: Issue, name: str) -> tuple[datetime, int]:
    at = issue.dates[name]
    assert at is not None  # it was found by it
    return at, issue.number


def _token(issue: Issue, name: str) -> str:
    at, number = _place(issue, name)
    return base64.b64encode(json.dumps([at.isoformat(), number]).encode()).decode()


def _told(issue: Issue, asked: Json) -> Json:
    told: Json = {"id": str(10_000 + issue.number)}
    if asked.get("fields"):
        told["fields"] = {name: _written(issue.dates.get(name)) for name in asked["fields"]}
    return told


def _written(at: datetime | None) -> str | None:
    """Write a moment as Jira does: milliseconds, and an offset without a colon."""
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}{at:%z}" if at else None
