"""GitHub's REST API, as its OpenAPI document and a maintained client's remarks tell it.

Serves search, releases and a repository, page by page with the header Link. Search looks at whole
seconds, holds both ends of a range, wants `is:pr` or `is:issue`, and gives no more than the first
1,000. What a token doesn't reach is 404, in a search 422. Limits show in three ways: Retry-After,
words alone, or nothing left until a reset; the request that spends the last point is answered.
"""

import re
from collections import deque
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

TOKEN: Final = "ghp_canary_7f20_atlas"  # noqa: S105 -- of a service that lives for a test
NARROW: Final = "ghp_narrow_7f20_atlas"
"""The token of someone who doesn't see the repository."""

REPOSITORY: Final = "acme/app"
MOST_FOUND: Final = 1_000
MOST_ON_A_PAGE: Final = 100

_DATES: Final = re.compile(r"(?P<field>merged|closed):(?P<first>\S+?)\.\.(?P<last>\S+)")
_ASKED: Final = frozenset({"q", "sort", "order", "per_page", "page"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A merged pull request or a closed issue."""

    number: int
    created_at: datetime
    closed_at: datetime
    is_pull_request: bool = True
    labels: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A release; None: not published."""

    number: int
    published_at: datetime | None
    is_prerelease: bool = False


@dataclass(slots=True, kw_only=True)
class GitHub(Fake):
    """The service, with one repository; what a test changes in it holds from the next request."""

    now: Callable[[], datetime]
    items: Sequence[Item] = ()
    releases: Sequence[Release] = ()
    recall: Callable[[datetime, datetime], Sequence[Item]] | None = None
    """Gives the items that were closed in a half-open span, where they are too many for a list."""
    is_incomplete: bool = False
    refusals: deque[Response] = field(default_factory=deque[Response])
    """What the next requests are refused with: see `limited`."""
    search: ClockMeter = field(default_factory=lambda: ClockMeter(count=30, seconds=60))
    core: ClockMeter = field(default_factory=lambda: ClockMeter(count=5_000, seconds=3_600))
    requests: list[str] = field(default_factory=list[str])

    def routes(self) -> Sequence[Route]:
        """Give what can be asked."""
        return [
            Route("/search/issues", self._search),
            Route("/repos/{owner}/{name}", self._repository),
            Route("/repos/{owner}/{name}/releases", self._releases),
        ]

    async def _repository(self, request: Request) -> Response:
        headers = self._admit(request, self.core)
        self._require_seen(request)
        return JSONResponse({"id": 1, "full_name": REPOSITORY}, headers=headers)

    async def _releases(self, request: Request) -> Response:
        headers = self._admit(request, self.core)
        self._require_seen(request)
        return _page(request, list(map(_told_release, self.releases)), headers, lambda page: page)

    async def _search(self, request: Request) -> Response:
        headers = self._admit(request, self.search)
        if not set(request.query_params) <= _ASKED:
            raise _refused(422, "Validation Failed", "unknown parameter")
        words = request.query_params.get("q", "").split()
        if f"repo:{REPOSITORY}" not in words or _token(request) == NARROW:
            why = "The listed users and repositories cannot be searched either because the "
            why += "resources do not exist or you do not have permission to view them."
            raise _refused(422, "Validation Failed", why)
        found = self._found(words)
        size, number = _place(request)
        if size * number > MOST_FOUND:
            raise _refused(422, "Only the first 1000 search results are available")
        total = {"total_count": len(found), "incomplete_results": self.is_incomplete}
        reach = found[:MOST_FOUND]
        return _page(request, reach, headers, lambda page: {**total, "items": [*map(_told, page)]})

    def _found(self, words: Sequence[str]) -> Sequence[Item]:
        dates = _DATES.search(" ".join(words))
        if dates is None or not {"is:pr", "is:issue"} & set(words):
            raise _refused(422, "Query must include 'is:issue' or 'is:pull-request'")
        first, last = (datetime.fromisoformat(dates[name]) for name in ("first", "last"))
        after = last.replace(microsecond=0) + timedelta(seconds=1)
        if self.recall is not None:
            return self.recall(first, after)
        labels = {word.removeprefix("label:") for word in words if word.startswith("label:")}
        return [
            item
            for item in sorted(self.items, key=lambda item: item.created_at)
            if first <= item.closed_at < after
            and item.is_pull_request == ("is:pr" in words)
            and labels <= set(item.labels)
        ]

    def _require_seen(self, request: Request) -> None:
        path = f"{request.path_params['owner']}/{request.path_params['name']}"
        if path != REPOSITORY or _token(request) == NARROW:
            raise _refused(404, "Not Found")

    def _admit(self, request: Request, meter: ClockMeter) -> Mapping[str, str]:
        """Refuse what the vendor refuses before it looks at a request; give the limit's headers."""
        self.requests.append(str(request.url))
        if not request.headers.get("User-Agent"):
            raise _refused(403, "Request forbidden by administrative rules.")
        if request.headers.get("X-GitHub-Api-Version") != "2022-11-28":
            raise _refused(400, "That API version is not supported.")
        if _token(request) not in (TOKEN, NARROW):
            raise _refused(401, "Bad credentials")
        if self.refusals:
            raise Refused(self.refusals.popleft())
        now = self.now()
        is_admitted = meter.take(now)
        headers = {
            "X-RateLimit-Limit": str(meter.count),
            "X-RateLimit-Remaining": str(meter.remaining),
            "X-RateLimit-Reset": str(int(now.timestamp()) + meter.reset(now)),
        }
        if not is_admitted:
            raise Refused(limited("API rate limit exceeded for user ID 1.", headers=headers))
        return headers


def limited(message: str, *, headers: Mapping[str, str], status: int = 403) -> Response:
    """Make a refusal by a limit."""
    body = {"message": message, "documentation_url": "https://docs.github.com/rest"}
    return JSONResponse(body, status, headers)


def _refused(status: int, message: str, why: str | None = None) -> Refused:
    body: Json = {"message": message, "documentation_url": "https://docs.github.com/rest"}
    if why:
        body["errors"] = [{"message": why, "resource": "Search", "field": "q", "code": "invalid"}]
    return Refused(JSONResponse({**body, "status": str(status)}, status))


def _token(request: Request) -> str:
    return request.headers.get("Authorization", "").removeprefix("Bearer ")


def _place(request: Request) -> tuple[int, int]:
    asked = request.query_params
    return min(int(asked.get("per_page", 30)), MOST_ON_A_PAGE), int(asked.get("page", 1))


def _page(
    request: Request,
    found: Sequence[Any],  # Any: items or releases
    headers: Mapping[str, str],
    body: Callable[[Sequence[Any]], object],
) -> Response:
    """Give a page, and the way to the next in the header Link."""
    size, number = _place(request)
    page = found[size * (number - 1) : size * number]
    answer = JSONResponse(body(page), headers=headers)
    if size * number < len(found):
        following = request.url.include_query_params(page=number + 1)
        answer.headers["Link"] = f'<{following}>; rel="next", <{request.url}>; rel="last"'
    return answer


def _told(item: Item) -> Json:
    merged = {"pull_request": {"merged_at": _written(item.closed_at)}}
    return {
        "id": 9_000_000 + item.number,
        "number": item.number,
        "created_at": _written(item.created_at),
        "closed_at": _written(item.closed_at),
        **(merged if item.is_pull_request else {}),
    }


def _told_release(release: Release) -> Json:
    at = release.published_at
    return {
        "id": 7_000 + release.number,
        "draft": at is None,
        "prerelease": release.is_prerelease,
        "published_at": at and _written(at),
    }


def _written(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
