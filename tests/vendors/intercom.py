"""Intercom's search of conversations, as its OpenAPI document tells it, at version 2.14.

Times are whole seconds since 1970, compared by `=`, `>` and `<`, which count the second itself or
not as `has_inclusive_bounds` says, or whole days of UTC where `compares_days`. Refuses a bad token,
a missing scope or plan, another version, unknown fields and operators, too many filters or levels,
pages of more than 150, and whoever asks more than 150 times in 10 seconds.
"""

import base64
import json
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from api.demo.vendors.fake import Fake, Refused
from api.demo.vendors.meters import ClockMeter

Json = dict[str, Any]  # Any: JSON

TOKEN: Final = "ic-token-canary-8a31"  # noqa: S105 -- of a service that lives for a test
NARROW: Final = "ic-narrow-canary-8a31"
"""The token of an app that may not read conversations."""

VERSION: Final = "2.14"
_REQUESTED: Final = "conversation_rating.requested_at"
_TEAM: Final = "team_assignee_id"
_MOST_FILTERS: Final = 15
_SECOND: Final = timedelta(seconds=1)
_INVALID: Final = "parameter_invalid"
_PROBLEMS: Final = {
    "unauthorized": (401, "Access Token Invalid"),
    "token_unauthorized": (403, "Not authorized to access resource"),
    "api_plan_restricted": (403, "Active subscription needed."),
    _INVALID: (400, "Query can't be understood"),
    "intercom_version_invalid": (400, "The requested version could not be found"),
    "rate_limit_exceeded": (429, "Exceeded rate limit"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rated:
    """A conversation whose rating was asked for; `rating` None: and not given."""

    id: str
    requested_at: datetime
    rating: Any  # Any: JSON
    team: int | None = None
    has_rating: bool = True
    """False: the conversation's rating is null though a search finds it."""


@dataclass(slots=True, kw_only=True)
class Intercom(Fake):
    """The service, with one workspace; what a test changes holds from the next request on."""

    now: Callable[[], datetime]
    conversations: list[Rated] = field(default_factory=list[Rated])
    recall: Callable[[datetime, datetime], Sequence[Rated]] | None = None
    """Gives those of a half-open span, oldest first, where they are too many for a list."""
    has_plan: bool = True
    has_inclusive_bounds: bool = False
    compares_days: bool = False
    meter: ClockMeter = field(default_factory=lambda: ClockMeter(count=150, seconds=10))
    requests: list[Json] = field(default_factory=list[Json])

    def routes(self) -> Sequence[Route]:
        """Give what can be asked."""
        return [Route("/conversations/search", self._search, methods=["POST"])]

    async def _search(self, request: Request) -> Response:
        self._admit(request)
        asked: Json = json.loads(await request.body())
        self.requests.append(asked)
        filters = _filters(asked)
        size, cursor = _place(asked.get("pagination", {}))
        found = self._found(filters)
        first = bisect_right(found, cursor, key=_order) if cursor else 0
        page = list(found[first : first + size])
        pages: Json = {"type": "pages", "page": first // size + 1, "per_page": size}
        pages["total_pages"] = -(-len(found) // size)
        if first + size < len(found):
            pages["next"] = {"per_page": size, "starting_after": _cursor(page[-1])}
        body = {
            "type": "conversation.list",
            "pages": pages,
            "total_count": len(found),
            "conversations": [_told(one) for one in page],
        }
        return JSONResponse(body, headers=self._headers())

    def _found(self, filters: Mapping[tuple[str, str], int]) -> Sequence[Rated]:
        first, last = (self._bound(filters, operator) for operator in (">", "<"))
        team = filters.get((_TEAM, "="))
        if self.recall is not None:
            return self.recall(first, last + _SECOND)
        found = sorted(self.conversations, key=_order)
        after = bisect_left(found, (last + _SECOND, ""), key=_order)
        found = found[bisect_left(found, (first, ""), key=_order) : after]
        return [one for one in found if team in (None, one.team)]

    def _bound(self, filters: Mapping[tuple[str, str], int], operator: str) -> datetime:
        """Give the first or the last second that is found."""
        moment = datetime.fromtimestamp(filters[_REQUESTED, operator], UTC)
        inward = 1 if operator == ">" else -1
        if self.compares_days:
            day = moment.replace(hour=0, minute=0, second=0)
            return day + inward * timedelta(days=1) if operator == ">" else day - _SECOND
        return moment if self.has_inclusive_bounds else moment + inward * _SECOND

    def _admit(self, request: Request) -> None:
        """Refuse what the vendor refuses before it looks at the content."""
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        for is_refused, code in (
            (kind != "Bearer" or token not in (TOKEN, NARROW), "unauthorized"),
            (not self.meter.take(self.now()), "rate_limit_exceeded"),
            (token == NARROW, "token_unauthorized"),
            (not self.has_plan, "api_plan_restricted"),
            (request.headers.get("Intercom-Version") != VERSION, "intercom_version_invalid"),
        ):
            if is_refused:
                raise _refused(code, self._headers())

    def _headers(self) -> dict[str, str]:
        now = self.now()
        return {
            "Intercom-Version": VERSION,
            "X-RateLimit-Limit": str(self.meter.count),
            "X-RateLimit-Remaining": str(self.meter.remaining),
            "X-RateLimit-Reset": str(int(now.timestamp()) + self.meter.reset(now)),
        }


def _filters(asked: Json) -> dict[tuple[str, str], int]:
    """Read a query of one AND group: by field and operator the value."""
    query: Json = asked.get("query", {})
    group: list[Json] = query.get("value", [])
    if query.get("operator") != "AND" or len(group) > _MOST_FILTERS:
        raise _refused(_INVALID)
    found: dict[tuple[str, str], int] = {}
    for each in group:
        known = {_REQUESTED: "<=>", _TEAM: "="}.get(each.get("field", ""), "")
        if set(each) != {"field", "operator", "value"} or each["operator"] not in known:
            raise _refused(_INVALID)
        found[each["field"], each["operator"]] = int(each["value"])
    return found


def _place(pagination: Json) -> tuple[int, tuple[datetime, str] | None]:
    """Read how many are wanted, and after which."""
    size = pagination.get("per_page", 20)
    if not isinstance(size, int) or not 1 <= size <= 150:
        raise _refused(_INVALID)
    cursor = pagination.get("starting_after")
    if cursor is None:
        return size, None
    micros, known = json.loads(base64.b64decode(cursor))
    return size, (datetime.fromtimestamp(0, UTC) + timedelta(microseconds=micros), known)


def _cursor(one: Rated) -> str:
    micros = round(one.requested_at.timestamp() * 1_000_000)
    return base64.b64encode(json.dumps([micros, one.id]).encode()).decode()


def _order(one: Rated) -> tuple[datetime, str]:
    return one.requested_at, one.id


def _told(one: Rated) -> Json:
    seconds = int(one.requested_at.timestamp())
    rating = {
        "rating": one.rating,
        "remark": "Thank you!",
        "created_at": seconds,
        "updated_at": seconds + 60,
        "contact": {"type": "contact", "id": "6762f14a"},
        "teammate": {"type": "admin", "id": "991267715"},
    }
    return {
        "type": "conversation",
        "id": one.id,
        "created_at": seconds - 600,
        "updated_at": seconds + 60,
        "source": {"body": "<p>Help!</p>", "author": {"email": "ada@example.org"}},
        "statistics": None,
        "team_assignee_id": one.team,
        "conversation_rating": rating if one.has_rating else None,
    }


def _refused(code: str, headers: dict[str, str] | None = None) -> Refused:
    status, message = _PROBLEMS[code]
    problem = {"code": code, "message": message, "field": None}
    body = {"type": "error.list", "request_id": "7a91", "errors": [problem]}
    return Refused(JSONResponse(body, status, headers))
