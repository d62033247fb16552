"""Typeform's Responses API, as its reference, its client and maintained taps tell it.

Serves forms' questions and their responses, newest first; both ends of a span count. Refuses a bad
token, a missing scope, unknown parameters, a cursor with `sort`, pages of more than 1,000, and
whoever asks more than twice a second. A refresh token is good once. What came in during the last
half hour isn't told where `hides_recent`.
"""

import base64
import hashlib
import hmac
import json
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from api.demo.vendors.fake import Fake, Refused
from api.demo.vendors.meters import SlidingMeter

Json = dict[str, Any]  # Any: JSON

TOKEN: Final = "tfp_token_canary_4b8e"  # noqa: S105 -- of a service that lives for a test
NARROW: Final = "tfp_narrow_canary_4b8e"
"""A token without the scope for responses."""

CLIENT: Final = {"client_id": "app-4b8e", "client_secret": "tf-client-secret-4b8e"}
REFRESH_TOKEN: Final = "tf-refresh-0-4b8e"  # noqa: S105 -- the same
SCOPES: Final = frozenset({"forms:read", "responses:read", "offline"})
RECENT: Final = timedelta(minutes=30)

FILTERS: Final = frozenset(
    {
        *("page_size", "since", "until", "after", "before", "response_type", "sort", "query"),
        *("included_response_ids", "excluded_response_ids", "fields", "answered_fields"),
    }
)
_PROBLEMS: Final = {
    400: ("VALIDATION_ERROR", "Error on request."),
    401: ("AUTHENTICATION_FAILED", "Invalid access token."),
    403: ("FORBIDDEN", "Scope not allowed."),
    404: ("NOT_FOUND", "Non existing form with uid."),
    429: ("TOO_MANY_REQUESTS", "Too many requests."),
    499: ("CLIENT_CLOSED_REQUEST", "The request took too long."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question; `group` is that in which it stands, None: in none."""

    id: str
    ref: str
    type: str = "nps"
    group: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A response; `answers` by question id. Typeform keeps times to the second."""

    token: str
    submitted_at: datetime
    answers: dict[str, Any]  # Any: JSON
    type: str = "completed"


@dataclass(slots=True, kw_only=True)
class Typeform(Fake):
    """The service, with one form; what a test changes in it holds from the next request on."""

    now: Callable[[], datetime]
    form: str = "lR6F4j"
    questions: Sequence[Question] = ()
    responses: list[Answered] = field(default_factory=list[Answered])
    recall: Callable[[datetime, datetime], Sequence[Answered]] | None = None
    """Gives the responses of a half-open span, oldest first, where they are too many for a list."""
    most: int = 1_000
    """How many responses a page has at most, whatever is asked for."""
    hides_recent: bool = False
    is_slow: bool = False
    second: SlidingMeter = field(default_factory=lambda: SlidingMeter(count=2, seconds=1))
    access_tokens: set[str] = field(default_factory=lambda: {TOKEN})
    refresh_token: str = REFRESH_TOKEN
    exchanges: int = 0
    requests: list[str] = field(default_factory=list[str])

    def routes(self) -> Sequence[Route]:
        """Give what can be asked."""
        return [
            Route("/oauth/token", self._exchange, methods=["POST"]),
            Route("/forms/{form}", self._form),
            Route("/forms/{form}/responses", self._responses),
        ]

    async def _exchange(self, request: Request) -> Response:
        asked = dict(parse_qsl((await request.body()).decode()))
        wanted = {"grant_type": "refresh_token", "refresh_token": self.refresh_token, **CLIENT}
        if asked != wanted:
            return JSONResponse({"error": "invalid_grant"}, 400)
        self.exchanges += 1
        token = f"tf-access-{self.exchanges}-4b8e"
        self.refresh_token = f"tf-refresh-{self.exchanges}-4b8e"
        self.access_tokens = {token}
        return JSONResponse(
            {
                "access_token": token,
                "expires_in": 604_800,
                "refresh_token": self.refresh_token,
                "token_type": "bearer",
            }
        )

    async def _form(self, request: Request) -> Response:
        self._admit(request, frozenset())
        groups = sorted({one.group for one in self.questions if one.group})
        fields = [
            *(_field(one) for one in self.questions if one.group is None),
            *(
                {
                    "id": group,
                    "ref": f"ref-of-{group}",
                    "type": "group",
                    "properties": {
                        "fields": [_field(one) for one in self.questions if one.group == group]
                    },
                }
                for group in groups
            ),
        ]
        return JSONResponse({"id": self.form, "title": "Feedback", "fields": fields})

    async def _responses(self, request: Request) -> Response:
        asked = request.query_params
        self._admit(request, FILTERS)
        if request.headers["Authorization"] == f"Bearer {NARROW}":
            raise _refused(403)
        if self.is_slow:
            raise _refused(499)
        size = self._size(asked.get("page_size", "25"))
        if "sort" in asked and {"after", "before"} & set(asked):
            raise _refused(400)
        found = self._between(asked.get("since"), asked.get("until"), asked.get("response_type"))
        last = self._place(found, asked.get("before"))
        page = list(found[max(0, last - size) : last])
        wanted = set(asked["fields"].split(",")) if "fields" in asked else None
        items = [self._item(one, wanted) for one in reversed(page)]
        pages = -(-len(found) // size)
        return JSONResponse({"total_items": len(found), "page_count": pages, "items": items})

    def _size(self, written: str) -> int:
        if not written.isdecimal() or not 1 <= int(written) <= 1_000:
            raise _refused(400)
        return min(int(written), self.most)

    def _between(
        self, since: str | None, until: str | None, types: str | None
    ) -> Sequence[Answered]:
        start = _moment(since or "2000-01-01T00:00:00")
        after = _moment(until or "2900-01-01T00:00:00") + timedelta(seconds=1)
        if self.hides_recent:
            after = min(after, self.now() - RECENT)
        if self.recall is not None:
            return self.recall(start, after)
        kinds = set((types or "completed").split(","))
        found = [
            one for one in self.responses if start <= one.submitted_at < after and one.type in kinds
        ]
        return sorted(found, key=_order)

    @staticmethod
    def _place(found: Sequence[Answered], before: str | None) -> int:
        """Give how many responses come before a token; tokens tell their moment."""
        if before is None:
            return len(found)
        seconds, _, _ = before.partition("-")
        return bisect_left(found, (datetime.fromtimestamp(int(seconds), UTC), before), key=_order)

    def _item(self, one: Answered, wanted: set[str] | None) -> Json:
        answers = [
            {"field": _field(question), "type": "number", "number": one.answers[question.id]}
            for question in self.questions
            if question.id in one.answers and (wanted is None or question.id in wanted)
        ]
        return {
            "landing_id": one.token,
            "token": one.token,
            "response_id": one.token,
            "landed_at": f"{one.submitted_at:%Y-%m-%dT%H:%M:%SZ}",
            "submitted_at": f"{one.submitted_at:%Y-%m-%dT%H:%M:%SZ}",
            "metadata": {"platform": "other", "network_id": "7a91"},
            "hidden": {"email": "ada@example.org"},
            "calculated": {"score": 0},
            "answers": answers or None,
        }

    def _admit(self, request: Request, parameters: frozenset[str]) -> None:
        """Refuse what the vendor refuses before it looks at the content."""
        self.requests.append(str(request.url))
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer" or token not in {*self.access_tokens, NARROW}:
            raise _refused(401)
        if not self.second.take(self.now()):
            raise _refused(429, {"Retry-After": str(self.second.reset(self.now()))})
        if not set(request.query_params) <= parameters:
            raise _refused(400)
        if request.path_params["form"] != self.form:
            raise _refused(404)


def token_of(submitted_at: datetime, number: int) -> str:
    """Make the token of a response."""
    return f"{int(submitted_at.timestamp()):012}-{number:08}"


def signed(event: Json, *, secret: str) -> tuple[bytes, dict[str, str]]:
    """Give a webhook's body and headers, signed as the vendor signs them."""
    body = json.dumps(event).encode()
    signature = base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).decode()
    return body, {"typeform-signature": f"sha256={signature}"}


def _order(one: Answered) -> tuple[datetime, str]:
    return one.submitted_at, one.token


def _field(question: Question) -> Json:
    return {"id": question.id, "ref": question.ref, "type": question.type}


def _moment(written: str) -> datetime:
    if written.isdecimal():
        return datetime.fromtimestamp(int(written), UTC)
    try:
        return datetime.strptime(written, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        raise _refused(400) from None


def _refused(status: int, headers: dict[str, str] | None = None) -> Refused:
    code, description = _PROBLEMS[status]
    return Refused(JSONResponse({"code": code, "description": description}, status, headers))
