"""HubSpot's CRM search, as its published specification and a maintained client tell it.

Serves records of a kind with those properties that are asked for, all of them texts, times in ISO
8601 or milliseconds, and the total. Refuses a bad token, a kind without its scope, more than six
filters, more than 200 a page, unknown properties, and whatever lies beyond the 10,000th result of a
search. Limits are told in the body alone: SECONDLY, and DAILY for the whole portal.
"""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from api.demo.vendors.fake import Fake, Refused
from api.demo.vendors.meters import SlidingMeter

Json = dict[str, Any]  # Any: JSON

TOKEN: Final = "pat-eu1-canary-2b9d"  # noqa: S105 -- of a service that lives for a test
NARROW: Final = "pat-eu1-narrow-2b9d"
"""The token of an app without a scope for these kinds."""

MOST_ON_A_PAGE: Final = 200
MOST_FOUND: Final = 10_000
MOST_FILTERS: Final = 6

KINDS: Final = {
    "feedback_submissions": {"hs_submission_timestamp", "hs_survey_id", "hs_value"},
    "deals": {"createdate", "closedate", "hs_is_closed_won", "pipeline"},
    "tickets": {"createdate", "closed_date", "hs_pipeline"},
}
"""The properties by kind."""

_ASKED: Final = {"filterGroups", "properties", "sorts", "limit", "after"}
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A record; properties that hold moments, and others."""

    number: int
    times: Mapping[str, datetime]
    others: Mapping[str, str | None] = field(default_factory=dict[str, "str | None"])
    in_milliseconds: bool = False

    def written(self, name: str) -> str | None:
        """Give a property as the service writes it: a text, or null."""
        if name not in self.times:
            return self.others.get(name)
        at = self.times[name].astimezone(UTC)
        return (
            str(milliseconds(at))
            if self.in_milliseconds
            else f"{at:%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"
        )


@dataclass(slots=True, kw_only=True)
class HubSpot(Fake):
    """The portal; what a test changes in it holds from the next request on."""

    now: Callable[[], datetime]
    records: dict[str, list[Record]] = field(default_factory=dict[str, list[Record]])
    recall: Callable[[str, datetime, datetime], Sequence[Record]] | None = None
    """Gives a kind's records of a half-open span in order, where they are too many for a list."""
    is_day_used_up: bool = False
    shedding: list[str] = field(default_factory=list[str])
    """The policies by which the next searches are one too many: SECONDLY, TEN_SECONDLY_ROLLING."""
    second: SlidingMeter = field(default_factory=lambda: SlidingMeter(count=5, seconds=1))
    asked: list[Json] = field(default_factory=list[Json])

    def routes(self) -> Sequence[Route]:
        """Give what can be asked."""
        return [Route("/crm/v3/objects/{kind}/search", self._search, methods=["POST"])]

    async def _search(self, request: Request) -> Response:
        kind = self._admit(request)
        asked: Json = json.loads(await request.body())
        self.asked.append(asked)
        size = asked.get("limit", 10)
        if not set(asked) <= _ASKED or size > MOST_ON_A_PAGE:
            raise _refused(400, "Invalid input JSON", "VALIDATION_ERROR")
        found = self._found(kind, asked)
        start = int(base64.b64decode(asked["after"])) if asked.get("after") else 0
        if start + size > MOST_FOUND:
            raise _refused(400, "The search reaches beyond 10000 results.", "VALIDATION_ERROR")
        page = found[start : start + size]
        body: Json = {"total": len(found), "results": [_told(each, asked) for each in page]}
        if start + size < len(found):
            after = base64.b64encode(str(start + size).encode()).decode()
            body["paging"] = {"next": {"after": after, "link": f"?after={after}"}}
        return JSONResponse(body)

    def _found(self, kind: str, asked: Json) -> Sequence[Record]:
        (group,) = asked["filterGroups"]
        filters: list[Json] = group["filters"]
        named = {each["propertyName"] for each in filters} | set(asked["properties"])
        if len(filters) > MOST_FILTERS or not named <= KINDS[kind]:
            raise _refused(400, f"Unknown property among {sorted(named)}", "VALIDATION_ERROR")
        bounds = {each["operator"]: each for each in filters if each["operator"] != "EQ"}
        name: str = bounds["GTE"]["propertyName"]
        first, after = (_EPOCH + int(bounds[at]["value"]) * _MILLISECOND for at in ("GTE", "LT"))
        if self.recall is not None:
            return self.recall(kind, first, after)
        equal = [each for each in filters if each["operator"] == "EQ"]
        return [
            record
            for record in sorted(self.records.get(kind, []), key=lambda one: one.number)
            if name in record.times
            and first <= record.times[name] < after
            and all(record.others.get(each["propertyName"]) == each["value"] for each in equal)
        ]

    def _admit(self, request: Request) -> str:
        """Refuse what the vendor refuses before it looks at a search; give the kind."""
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in (TOKEN, NARROW):
            raise _refused(401, "Authentication credentials not found.", "INVALID_AUTHENTICATION")
        kind: str = request.path_params["kind"]
        if kind not in KINDS:
            raise _refused(404, f"Unable to infer object type from: {kind}", "OBJECT_NOT_FOUND")
        if token == NARROW:
            raise _refused(403, "This app hasn't been granted all scopes.", "MISSING_SCOPES")
        if self.is_day_used_up or self.shedding or not self.second.take(self.now()):
            policy = "DAILY" if self.is_day_used_up else "SECONDLY"
            if self.shedding:
                policy = self.shedding.pop(0)
            told = {"errorType": "RATE_LIMIT", "policyName": policy}
            message = f"You have reached your {policy.lower()} limit."
            raise _refused(429, message, "RATE_LIMITS", **told)
        return kind


def milliseconds(at: datetime) -> int:
    """Count from 1970."""
    return (at - _EPOCH) // _MILLISECOND


def _refused(status: int, message: str, category: str, **more: str) -> Refused:
    body = {"status": "error", "message": message, "category": category, **more}
    return Refused(JSONResponse({**body, "correlationId": "7a91"}, status))


def _told(record: Record, asked: Json) -> Json:
    return {
        "id": str(512_000 + record.number),
        "properties": {name: record.written(name) for name in asked["properties"]},
        "archived": False,
    }
