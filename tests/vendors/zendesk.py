"""Zendesk's two kinds of CSAT, as its reference and a recorded refusal tell them.

Serves a survey's responses, oldest first by cursor, and counts of ratings; times are epochs, in
milliseconds there, in seconds here. A survey is found by when it was offered; its answers come
later. Refuses bad credentials, who is no admin, unknown parameters, pages of more than 100, a kind
of CSAT that the account doesn't have, and whoever asks more than 200 times a minute: with text.
"""

import base64
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from api.demo.vendors.fake import Fake, Refused
from api.demo.vendors.meters import ClockMeter

Json = dict[str, Any]  # Any: JSON

EMAIL: Final = "ada@example.org"
TOKEN: Final = "zd-token-canary-61fd"  # noqa: S105 -- of a service that lives for a test
OAUTH: Final = "zd-oauth-canary-61fd"
NARROW: Final = "zd-narrow-canary-61fd"
"""The OAuth token of an agent, who is no admin."""

SURVEY: Final = "01J58KJ9RAE0D2EK7HRVM7Z8F2"
ALL_PAGES: Final = ("page[size]", "page[after]", "page[before]", "sort")
RESPONSES: Final = frozenset(
    {
        *("filter[created_at_start]", "filter[created_at_end]"),
        *("filter[responder_ids]", "filter[subject_zrns]", *ALL_PAGES),
    }
)
RATINGS: Final = frozenset({"score", "start_time", "end_time"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A survey's response; `given_at` None: it was offered and isn't answered."""

    id: str
    offered_at: datetime
    given_at: datetime | None
    rating: Any = None  # Any: JSON
    survey: str = SURVEY
    sub_type: str = "customer_satisfaction"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rated:
    """A ticket's rating of the older kind: `score` is good or bad."""

    created_at: datetime
    score: str


@dataclass(slots=True, kw_only=True)
class Zendesk(Fake):
    """The service, with one account; what a test changes in it holds from the next request on."""

    now: Callable[[], datetime]
    responses: list[Answered] = field(default_factory=list[Answered])
    recall: Callable[[datetime, datetime], Sequence[Answered]] | None = None
    """Gives what was offered in a half-open span, oldest first, where it's too much for a list."""
    ratings: list[Rated] = field(default_factory=list[Rated])
    has_survey: bool = True
    has_ratings: bool = True
    minute: ClockMeter = field(default_factory=lambda: ClockMeter(count=200, seconds=60))
    requests: list[str] = field(default_factory=list[str])

    def routes(self) -> Sequence[Route]:
        """Give what can be asked."""
        return [
            Route("/api/v2/guide/survey_responses", self._survey_responses),
            Route("/api/v2/satisfaction_ratings/count", self._count),
        ]

    async def _survey_responses(self, request: Request) -> Response:
        self._admit(request, RESPONSES, there=self.has_survey)
        asked = request.query_params
        size = _whole(asked.get("page[size]", "100"))
        if not 1 <= size <= 100:
            raise Refused(_problem(400, "InvalidValue", "page[size] is from 1 to 100"))
        start = _moment(asked.get("filter[created_at_start]", "0"), 1_000)
        end = _moment(asked.get("filter[created_at_end]", "4000000000000"), 1_000)
        found = self._offered(start, end + timedelta(milliseconds=1))
        first = 0
        if "page[after]" in asked:
            micros, _, known = base64.b64decode(asked["page[after]"]).decode().partition(":")
            first = bisect_right(found, (_moment(micros, 1_000_000), known), key=_order)
        page = list(found[first : first + size])
        has_more = first + size < len(found)
        return self._answer(
            {
                "survey_responses": [_told(one) for one in page],
                "meta": {
                    "has_more": has_more,
                    "after_cursor": _cursor(page[-1]) if page else None,
                    "before_cursor": _cursor(page[0]) if page else None,
                },
            }
        )

    def _offered(self, start: datetime, end: datetime) -> Sequence[Answered]:
        if self.recall is not None:
            return self.recall(start, end)
        return sorted((one for one in self.responses if start <= one.offered_at < end), key=_order)

    async def _count(self, request: Request) -> Response:
        self._admit(request, RATINGS, there=self.has_ratings)
        asked = request.query_params
        start = _moment(asked.get("start_time", "0"), 1)
        end = _moment(asked.get("end_time", "4000000000"), 1)
        if asked.get("score") not in ("good", "bad"):
            raise Refused(_problem(400, "InvalidValue", "score is invalid"))
        count = sum(
            one.score == asked["score"] and start <= one.created_at <= end for one in self.ratings
        )
        return self._answer({"count": {"value": count, "refreshed_at": None}})

    def _admit(self, request: Request, parameters: frozenset[str], *, there: bool) -> None:
        """Refuse what the vendor refuses before it looks at the content."""
        self.requests.append(str(request.url))
        basic = base64.b64encode(f"{EMAIL}/token:{TOKEN}".encode()).decode()
        known = {f"Basic {basic}", f"Bearer {OAUTH}", f"Bearer {NARROW}"}
        given = request.headers.get("Authorization", "")
        if given not in known:
            raise Refused(JSONResponse({"error": "Couldn't authenticate you"}, 401))
        if not self.minute.take(self.now()):
            told = "Number of allowed API requests per minute exceeded"
            wait = str(self.minute.reset(self.now()))
            raise Refused(PlainTextResponse(told, 429, {"Retry-After": wait}))
        if given.endswith(NARROW):
            raise Refused(
                JSONResponse({"error": {"title": "Forbidden", "message": "Admins only"}}, 403)
            )
        if not there:
            raise Refused(_problem(404, "RecordNotFound", "Not found"))
        if not set(request.query_params) <= parameters:
            raise Refused(_problem(400, "InvalidParameter", "unknown parameter"))

    def _answer(self, body: Json) -> Response:
        headers = {
            "X-Rate-Limit": str(self.minute.count),
            "X-Rate-Limit-Remaining": str(self.minute.remaining),
            "ratelimit-limit": str(self.minute.count),
            "ratelimit-remaining": str(self.minute.remaining),
            "ratelimit-reset": str(self.minute.reset(self.now())),
        }
        return JSONResponse(body, headers=headers)


def _order(one: Answered) -> tuple[datetime, str]:
    return one.offered_at, one.id


def _cursor(one: Answered) -> str:
    micros = round(one.offered_at.timestamp() * 1_000_000)
    return base64.b64encode(f"{micros}:{one.id}".encode()).decode()


def _told(one: Answered) -> Json:
    answers: list[Json] = []
    if one.given_at is not None:
        given_at = f"{one.given_at:%Y-%m-%dT%H:%M:%S}.{one.given_at.microsecond // 1000:03}Z"
        times = {"created_at": given_at, "updated_at": given_at}
        scale = {"id": "01J1WBE8QR", "type": "rating_scale_numeric", "sub_type": one.sub_type}
        comment = {"id": "01J1WBNS76", "type": "open_ended"}
        answers = [
            {"type": "rating_scale", "question": scale, "rating": one.rating, **times},
            {"type": "skipped", "question": comment, **times},
        ]
    return {
        "id": one.id,
        "responder_id": 4398080151295,
        "subject_zrns": ["zen:ticket:99"],
        "expires_at": "2030-01-01T00:00:00.000Z",
        "survey": {"id": one.survey, "state": "enabled", "version": 3},
        "answers": answers,
    }


def _whole(written: str) -> int:
    if not written.isdecimal():
        raise Refused(_problem(400, "InvalidValue", f"{written} is no number"))
    return int(written)


def _moment(written: str, parts: int) -> datetime:
    """Read an epoch that counts so many parts of a second."""
    micros = _whole(written) * (1_000_000 // parts)
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)


def _problem(status: int, error: str, description: str) -> Response:
    return JSONResponse({"error": error, "description": description}, status)
