"""SurveyMonkey's API v3, as its public documentation and recorded answers tell it.

Serves accounts, survey details and rollups; refuses a bad token, a missing scope or plan, the
wrong region, dates with an offset, unknown parameters, and whoever asks more than 120 times a
minute or 500 times a day. Bounds of time filters are exclusive, as the documentation words them
("after", "before"), unless `has_inclusive_bounds` says otherwise.
"""

import base64
import hashlib
import hmac
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from api.demo.vendors.fake import Fake, Refused
from api.demo.vendors.meters import ClockMeter

Json = dict[str, Any]  # Any: JSON

TOKEN: Final = "sm-token-canary-7d2f"  # noqa: S105 -- of a service that lives for a test
NARROW: Final = "sm-narrow-canary-7d2f"
"""A token without the scope for answers."""

SCOPES: Final = frozenset({"users_read", "surveys_read", "responses_read", "responses_read_detail"})
_NARROWED: Final = frozenset({"responses_read_detail"})
STATUSES: Final = frozenset({"completed", "partial", "overquota", "disqualified"})
FILTERS: Final = frozenset(
    {
        *("start_created_at", "end_created_at", "start_modified_at", "end_modified_at"),
        *("status", "collector_ids", "page", "per_page"),
    }
)
_PROBLEMS: Final = {
    1003: (400, "Bad Request", "Invalid URL parameters."),
    1010: (401, "Authorization Error", "The authorization token was not provided."),
    1011: (401, "Authorization Error", "The authorization token provided was invalid."),
    1014: (403, "Permission Error", "Permission has not been granted by the user."),
    1015: (403, "Permission Error", "The user does not have the required plan."),
    1018: (403, "Permission Error", "No permission to access the host in this region."),
    1020: (404, "Resource Not Found", "There was an error retrieving the requested resource."),
    1040: (429, "Rate Limit Reached", "Too many requests were made, try again later."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One answer to choose; `weight` None: a question whose choices have none."""

    id: str
    text: str
    weight: int | None = None
    is_na: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A closed question; one without rows is a single choice, one with rows a rating matrix."""

    id: str
    page: str
    choices: Sequence[Choice]
    rows: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A response: which choice was taken, by question id, or by row id in a matrix.

    SurveyMonkey keeps times to the second.
    """

    created_at: datetime
    choices: Mapping[str, str]
    status: str = "completed"


@dataclass(slots=True, kw_only=True)
class SurveyMonkey(Fake):
    """The service, with one survey; what a test changes in it holds from the next request on."""

    now: Callable[[], datetime]
    survey: str = "314014029"
    questions: Sequence[Question] = ()
    responses: list[Answered] = field(default_factory=list[Answered])
    recall: Callable[[datetime, datetime], Iterable[Answered]] | None = None
    """Gives the responses of a span, its ends included, where they are too many for a list."""
    granted: frozenset[str] = SCOPES
    has_plan: bool = True
    is_in_region: bool = True
    has_inclusive_bounds: bool = False
    minute: ClockMeter = field(default_factory=lambda: ClockMeter(count=120, seconds=60))
    day: ClockMeter = field(default_factory=lambda: ClockMeter(count=500, seconds=86_400))
    requests: list[str] = field(default_factory=list[str])

    def routes(self) -> Sequence[Route]:
        """Give what can be asked."""
        question = "/v3/surveys/{survey}/pages/{page}/questions/{question}"
        return [
            Route("/v3/users/me", self._me),
            Route("/v3/surveys/{survey}/details", self._details),
            Route("/v3/surveys/{survey}/rollups", self._rollups),
            Route(f"{question}/rollups", self._rollups),
            Route("/{anything:path}", self._nothing),
        ]

    async def _me(self, request: Request) -> Response:
        granted = self._admit(request, "users_read", frozenset())
        return self._answer(
            {
                "id": "1234",
                "username": "survey.owner",
                "account_type": "enterprise_platinum",
                "scopes": {"available": sorted(SCOPES), "granted": sorted(granted)},
            }
        )

    async def _details(self, request: Request) -> Response:
        self._admit(request, "surveys_read", frozenset())
        self._require_survey(request)
        pages = {question.page for question in self.questions}
        return self._answer(
            {
                "id": self.survey,
                "title": "Customer survey",
                "pages": [{"id": page, "questions": self._described(page)} for page in pages],
            }
        )

    def _described(self, page: str) -> list[Json]:
        return [
            {
                "id": question.id,
                "family": "matrix" if question.rows else "single_choice",
                "subtype": "rating" if question.rows else "vertical",
                "answers": {
                    "choices": [
                        _described_choice(choice, position)
                        for position, choice in enumerate(question.choices, start=1)
                    ],
                    "rows": [
                        {"id": row, "position": position, "text": ""}
                        for position, row in enumerate(question.rows, start=1)
                    ],
                },
            }
            for question in self.questions
            if question.page == page
        ]

    async def _rollups(self, request: Request) -> Response:
        self._admit(request, "responses_read_detail", FILTERS)
        self._require_survey(request)
        wanted = request.path_params.get("question")
        found = [one for one in self.questions if wanted in (None, one.id)]
        if not found:
            raise self._refused(1020)
        size, page = (
            self._whole(request, "per_page", 50, most=1000),
            self._whole(request, "page", 1),
        )
        counted = self._responses(request)
        data = [_rollup(question, counted) for question in found[(page - 1) * size : page * size]]
        here = request.url.remove_query_params("page")
        links = {"self": str(here.include_query_params(page=page))}
        if page * size < len(found):
            links["next"] = str(here.include_query_params(page=page + 1))
        return self._answer(
            {"data": data, "per_page": size, "page": page, "total": len(found), "links": links}
        )

    def _responses(self, request: Request) -> list[Answered]:
        statuses = set(request.query_params.get("status", ",".join(STATUSES)).split(","))
        if not statuses <= STATUSES:
            raise self._refused(1003)
        start = self._moment(request, "start_created_at", "1999-01-01T00:00:00")
        end = self._moment(request, "end_created_at", "2999-01-01T00:00:00")
        return [
            one
            for one in (self.recall(start, end) if self.recall else self.responses)
            if one.status in statuses
            and (start < one.created_at < end or self._is_at_a_bound(one, start, end))
        ]

    def _is_at_a_bound(self, one: Answered, *bounds: datetime) -> bool:
        return self.has_inclusive_bounds and one.created_at in bounds

    def _admit(self, request: Request, scope: str, parameters: frozenset[str]) -> frozenset[str]:
        """Refuse what the vendor refuses before it looks at the content; give the scopes."""
        self.requests.append(str(request.url))
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        if not token:
            raise self._refused(1010)
        if kind.lower() != "bearer" or token not in (TOKEN, NARROW):
            raise self._refused(1011)
        granted = self.granted - (_NARROWED if token == NARROW else frozenset())
        if not (self.minute.take(self.now()) and self.day.take(self.now())):
            raise self._refused(1040)
        for is_refused, number in (
            (not self.is_in_region, 1018),
            (scope not in granted, 1014),
            (scope == "responses_read_detail" and not self.has_plan, 1015),
            (not set(request.query_params) <= parameters, 1003),
        ):
            if is_refused:
                raise self._refused(number)
        return granted

    def _require_survey(self, request: Request) -> None:
        if request.path_params["survey"] != self.survey:
            raise self._refused(1020)

    def _refused(self, number: int) -> Refused:
        status, name, message = _PROBLEMS[number]
        told = {
            "id": str(number),
            "name": name,
            "http_status_code": status,
            "message": message,
            "docs": "https://developer.surveymonkey.com/api/v3/#error-codes",
        }
        return Refused(self._answer({"error": told}, status))

    async def _nothing(self, request: Request) -> Response:
        del request
        raise self._refused(1020)

    def _moment(self, request: Request, name: str, otherwise: str) -> datetime:
        written = request.query_params.get(name, otherwise)
        try:
            return datetime.strptime(written, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC)
        except ValueError:
            raise self._refused(1003) from None

    def _whole(self, request: Request, name: str, otherwise: int, *, most: int = 10**6) -> int:
        written = request.query_params.get(name, str(otherwise))
        if not written.isdecimal() or not 1 <= int(written) <= most:
            raise self._refused(1003)
        return int(written)

    def _answer(self, body: Json, status: int = 200) -> Response:
        now, headers = self.now(), dict[str, str]()
        for name, meter in (("Minute", self.minute), ("Day", self.day)):
            headers |= {
                f"X-Ratelimit-App-Global-{name}-Limit": str(meter.count),
                f"X-Ratelimit-App-Global-{name}-Remaining": str(meter.remaining),
                f"X-Ratelimit-App-Global-{name}-Reset": str(meter.reset(now)),
            }
        return JSONResponse(body, status, headers)


def signed(event: Json, *, client_id: str, client_secret: str) -> tuple[bytes, dict[str, str]]:
    """Give a webhook's body and headers, signed as the vendor signs them."""
    body = json.dumps(event).encode()
    digest = hmac.digest(f"{client_id}&{client_secret}".encode(), body, hashlib.sha1)
    signature = base64.b64encode(digest).decode()
    return body, {"sm-apikey": client_id, "sm-signature": signature}


def _described_choice(choice: Choice, position: int) -> Json:
    described: Json = {"id": choice.id, "text": choice.text, "position": position, "visible": True}
    if choice.weight is not None:
        described |= {"weight": choice.weight, "is_na": choice.is_na}
    return described


def _rollup(question: Question, responses: Sequence[Answered]) -> Json:
    places = question.rows or [question.id]
    answered = sum(any(place in one.choices for place in places) for one in responses)
    summary: Json = {"answered": answered, "skipped": len(responses) - answered}
    counts = [_counted(question, place, responses) for place in places]
    if question.rows:
        summary["rows"] = [
            {
                "id": row,
                "total": sum(each["count"] for each in choices),
                "max": max(each["count"] for each in choices),
                "choices": choices,
            }
            for row, choices in zip(question.rows, counts, strict=True)
        ]
    else:
        summary |= {"other_answered": 0, "choices": counts[0]}
    return {
        "id": question.id,
        "family": "matrix" if question.rows else "single_choice",
        "subtype": "rating" if question.rows else "vertical",
        "summary": [summary],
    }


def _counted(question: Question, place: str, responses: Sequence[Answered]) -> list[Json]:
    taken = Counter(one.choices[place] for one in responses if place in one.choices)
    return [{"id": choice.id, "count": taken[choice.id]} for choice in question.choices]
