"""Salesforce's REST API for SOQL, as a client library and a maintained connector tell it.

Understands aggregates of one object between two literals: a field with date and time wants
moments, one with a date wants days. Errors come as a list. Refuses a wrong app (400 of the token
endpoint), a session that has ended (401), objects that the app doesn't see, unknown fields and what
it doesn't understand (400), another API version (404), and more than the org's requests of 24 hours
(403). Tells those in each answer; one with more rows than a batch holds names the next.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from api.demo.vendors.fake import Fake, Refused
from api.demo.vendors.meters import SlidingMeter

Json = dict[str, Any]  # Any: JSON

CLIENT_ID: Final = "3MVG9-canary-consumer-key"
CLIENT_SECRET: Final = "sf-secret-canary-88c2"  # noqa: S105 -- of a service that lives for a test
TOKEN_PATH: Final = "/services/oauth2/token"  # noqa: S105 -- a path
BATCH: Final = 2_000

OBJECTS: Final = {
    "Case": {"ClosedDate": datetime, "IsEscalated": bool, "Score__c": Decimal, "IsClosed": bool},
    "Opportunity": {"CloseDate": date, "IsWon": bool, "Amount": Decimal, "IsClosed": bool},
}
"""The types of the fields that the app sees, by object."""

_SOQL: Final = re.compile(
    r"SELECT (?P<columns>.+?) FROM (?P<object>\w+) WHERE (?P<field>\w+) >= (?P<first>\S+) "
    r"AND (?P=field) (?P<end><=?) (?P<last>\S+)(?: AND \((?P<where>.+)\))?"
    r"(?: GROUP BY (?P<group>\w+))?"
)
_COLUMN: Final = re.compile(r"(?:(?P<kind>COUNT|SUM)\((?P<of>\w+)\)|(?P<plain>\w+)) (?P<alias>\w+)")
_CONDITION: Final = re.compile(r"(\w+) = (true|false)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A record: its fields by name; what isn't there is null."""

    fields: Mapping[str, object]


@dataclass(slots=True, kw_only=True)
class Salesforce(Fake):
    """The org; what a test changes in it holds from the next request on."""

    now: Callable[[], datetime]
    records: dict[str, list[Record]] = field(default_factory=dict[str, list[Record]])
    recall: Callable[[datetime, datetime], Iterable[Record]] | None = None
    """Gives the records of a half-open span, where they are too many for a list."""
    day: SlidingMeter = field(default_factory=lambda: SlidingMeter(count=5_000, seconds=86_400))
    usage: str = "api-usage={used}/{count}; per-app-api-usage=250/250(appName=another)"
    """How each answer tells the org's requests, and beside them an app's."""
    batch: int = BATCH
    sessions: int = 0
    """How many were begun; only the last is good, until it is over."""
    is_over: bool = False
    queries: list[str] = field(default_factory=list[str])

    def routes(self) -> Sequence[Route]:
        """Give what can be asked."""
        return [
            Route(TOKEN_PATH, self._token, methods=["POST"]),
            Route("/services/data/{version}/query", self._query),
        ]

    async def _token(self, request: Request) -> Response:
        form = {
            name: values[0] for name, values in parse_qs((await request.body()).decode()).items()
        }
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            told = {"error": "invalid_client", "error_description": "invalid client credentials"}
            return JSONResponse(told, 400)
        if form.get("grant_type") != "client_credentials":
            return JSONResponse({"error": "unsupported_grant_type"}, 400)
        self.sessions, self.is_over = self.sessions + 1, False
        return JSONResponse(
            {
                "access_token": self._session,
                "instance_url": f"{request.url.scheme}://{request.url.netloc}",
                "token_type": "Bearer",
                "issued_at": str(int(self.now().timestamp() * 1000)),
            }
        )

    async def _query(self, request: Request) -> Response:
        if self.is_over or request.headers.get("Authorization") != f"Bearer {self._session}":
            raise _refused(401, "Session expired or invalid", "INVALID_SESSION_ID")
        if request.path_params["version"] != "v59.0":
            raise _refused(404, "The requested resource does not exist", "NOT_FOUND")
        if not self.day.take(self.now()):
            raise _refused(403, "TotalRequests Limit exceeded.", "REQUEST_LIMIT_EXCEEDED")
        soql = request.query_params.get("q", "")
        self.queries.append(soql)
        rows = self._answered(soql)
        body: Json = {"totalSize": len(rows), "done": len(rows) <= self.batch}
        if not body["done"]:
            body["nextRecordsUrl"] = f"/services/data/v59.0/query/01g000-{self.batch}"
        body["records"] = [
            {"attributes": {"type": "AggregateResult"}, **row} for row in rows[: self.batch]
        ]
        usage = self.usage.format(used=self.day.used, count=self.day.count)
        return JSONResponse(body, headers={"Sforce-Limit-Info": usage})

    @property
    def _session(self) -> str:
        return f"00D!canary-session-{self.sessions:04}"

    def _answered(self, soql: str) -> list[Json]:
        asked = _SOQL.fullmatch(soql)
        columns = (
            [_COLUMN.fullmatch(each) for each in asked["columns"].split(", ")] if asked else []
        )
        if asked is None or None in columns:
            raise _refused(400, f"unexpected token: {soql[:40]}", "MALFORMED_QUERY")
        types = OBJECTS.get(asked["object"])
        if types is None:
            raise _refused(
                400, f"sObject type '{asked['object']}' is not supported.", "INVALID_TYPE"
            )
        groups: dict[object, list[Record]] = {}
        for record in self._found(asked, types):
            groups.setdefault(record.fields.get(asked["group"]), []).append(record)
        if not asked["group"] and not groups:
            groups = {None: []}
        found = [each for each in columns if each]
        return [_row(found, value, records) for value, records in groups.items()]

    def _found(self, asked: re.Match[str], types: Mapping[str, type]) -> Iterable[Record]:
        written = asked["where"].split(" AND ") if asked["where"] else []
        conditions = [_condition(each) for each in written]
        named = {
            asked["field"],
            asked["group"] or asked["field"],
            *(name for name, _ in conditions),
        }
        if not named <= set(types):
            raise _refused(400, f"No such column among {sorted(named)}", "INVALID_FIELD")
        is_day = types[asked["field"]] is date
        first, last = (_literal(asked[name], is_day=is_day) for name in ("first", "last"))
        if self.recall is not None:
            return self.recall(first, last)
        kept = self.records.get(asked["object"], [])
        return [
            record
            for record in kept
            if _is_between(
                record.fields[asked["field"]], first, last, has_last=asked["end"] == "<="
            )
            and all(record.fields.get(name) == value for name, value in conditions)
        ]


def _condition(written: str) -> tuple[str, bool]:
    found = _CONDITION.fullmatch(written)
    if found is None:
        raise _refused(400, f"unexpected token: {written}", "MALFORMED_QUERY")
    return found[1], found[2] == "true"


def _literal(written: str, *, is_day: bool) -> datetime:
    """Read a moment, or a day as its midnight; each kind of field takes its own alone."""
    try:
        if is_day:
            return datetime.combine(date.fromisoformat(written), datetime.min.time(), tzinfo=UTC)
        return datetime.strptime(written, "%Y-%m-%dT%H:%M:%S%z")
    except ValueError:
        message = f"value of filter criterion must be of another type: {written}"
        raise _refused(400, message, "INVALID_FIELD") from None


def _is_between(value: object, first: datetime, last: datetime, *, has_last: bool) -> bool:
    if not isinstance(value, datetime):
        assert isinstance(value, date)
        value = datetime.combine(value, datetime.min.time(), tzinfo=UTC)
    return first <= value < last or (has_last and value == last)


def _row(columns: Sequence[re.Match[str]], group: object, records: Sequence[Record]) -> Json:
    row: Json = {}
    for column in columns:
        of = column["of"]
        there = [one.fields[of] for one in records if one.fields.get(of) is not None] if of else []
        match column["kind"]:
            case "COUNT":
                row[column["alias"]] = len(records) if of == "Id" else len(there)
            case "SUM":  # of nothing it is null
                row[column["alias"]] = float(sum(map(Decimal, map(str, there)))) if there else None
            case _:
                row[column["alias"]] = group
    return row


def _refused(status: int, message: str, code: str) -> Refused:
    return Refused(JSONResponse([{"message": message, "errorCode": code}], status))
