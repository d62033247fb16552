"""Medallia's Query API, as the vendor's own reference application uses it.

A real GraphQL schema, so a query that isn't one is refused as there. Fields are lists of texts, and
feedback is told as it is ordered and filtered. Refuses bad client credentials and tokens, a client
without the Query API, unknown fields (with 200, and `errors` beside `data`), pages of more than
1,000, and whoever asks more than 10 times a second.
"""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLResolveInfo,
    build_schema,
    execute_sync,  # pyright: ignore[reportUnknownVariableType] - its own types are loose
    parse,
    validate,
)
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from api.demo.vendors.fake import Fake, Refused
from api.demo.vendors.meters import SlidingMeter

Json = dict[str, Any]  # Any: JSON

CLIENT: Final = {"client_id": "atlas-canary-2d90", "client_secret": "md-secret-canary-2d90"}
NARROW: Final = {"client_id": "narrow-canary-2d90", "client_secret": "md-narrow-canary-2d90"}
"""A client that may not use the Query API."""

TOKEN_PATH: Final = "/oauth/acme/token"  # noqa: S105 -- an address
DATE: Final = "k_initialfinishdate_epoch_int"
NUMBER: Final = "a_surveyid"

_SCHEMA: Final = build_schema("""
    type Query {
      feedback(first: Int = 30, orderBy: [OrderBy!], filter: Filter): FeedbackConnection!
      rateLimit: RateLimit!
    }
    type RateLimit { cost: Int! }
    type FeedbackConnection { nodes: [Feedback!]!, totalCount: Int! }
    type Feedback { id: ID!, fieldData(fieldId: ID!): FieldData }
    type FieldData { values: [String!]! }
    enum Direction { ASC DESC }
    input OrderBy { fieldId: ID!, direction: Direction! }
    input Filter {
      and: [Filter!], or: [Filter!], fieldIds: [ID!], in: [String!]
      gt: String, gte: String, lt: String, lte: String
    }
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A feedback record: by field its values."""

    number: int
    finished_at: datetime
    fields: Mapping[str, Sequence[str]]

    def values(self, name: str) -> list[str]:
        """Give the values of a field, none where it was left out."""
        if name == NUMBER:
            return [str(self.number)]
        if name == DATE:
            return [str(int(self.finished_at.timestamp()))]
        return list(self.fields.get(name, ()))


@dataclass(slots=True, kw_only=True)
class Medallia(Fake):
    """The service, with one company; what a test changes in it holds from the next request on."""

    now: Callable[[], datetime]
    known: frozenset[str] = frozenset({"q_recommend", "e_status"})
    records: list[Record] = field(default_factory=list[Record])
    recall: Callable[[datetime, datetime], Sequence[Record]] | None = None
    """Gives the records of a half-open span in order, where they are too many for a list."""
    most: int = 1_000
    """How many records a page has at most, whatever is asked for."""
    trouble: str | None = None
    """What is told in `errors`, beside the data."""
    second: SlidingMeter = field(default_factory=lambda: SlidingMeter(count=10, seconds=1))
    tokens: dict[str, str] = field(default_factory=dict[str, str])
    requests: list[Json] = field(default_factory=list[Json])

    def routes(self) -> Sequence[Route]:
        """Give what can be asked."""
        return [
            Route(TOKEN_PATH, self._token, methods=["POST"]),
            Route("/data/v0/query", self._query, methods=["POST"]),
        ]

    async def _token(self, request: Request) -> Response:
        given = request.headers.get("Authorization", "")
        name = next((one["client_id"] for one in (CLIENT, NARROW) if given == _basic(one)), None)
        if name is None or await request.body() != b"grant_type=client_credentials":
            return JSONResponse({"error": "invalid_client"}, 401)
        token = f"md-access-{len(self.tokens)}-2d90"
        self.tokens[token] = name
        return JSONResponse({"access_token": token, "token_type": "bearer", "expires_in": 3_600})

    async def _query(self, request: Request) -> Response:
        self._admit(request)
        asked: Json = json.loads(await request.body())
        self.requests.append(asked)
        data, errors = _executed(asked, _Root(self))
        body: Json = {"data": data}
        problems = [{"message": one.message} for one in errors]
        if self.trouble is not None:
            problems.append({"message": self.trouble})
        return JSONResponse({**body, "errors": problems} if problems else body)

    def _admit(self, request: Request) -> None:
        """Refuse what the vendor refuses before it looks at the content."""
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer" or token not in self.tokens:
            raise Refused(JSONResponse({"error": "invalid_token"}, 401))
        if self.tokens[token] == NARROW["client_id"]:
            raise Refused(JSONResponse({"error": "Query API is not allowed"}, 403))
        if not self.second.take(self.now()):
            wait = str(self.second.reset(self.now()))
            raise Refused(JSONResponse({"error": "Too many requests"}, 429, {"Retry-After": wait}))

    def found(self, wanted: Json, order: Sequence[Json]) -> Sequence[Record]:
        """Give what a filter lets through, as it is ordered."""
        if self.recall is None:
            names = [each["fieldId"] for each in order] or [NUMBER]
            fitting = (one for one in self.records if _fits(one, wanted))
            return sorted(fitting, key=lambda one: [_sortable(one.values(name)) for name in names])
        first, after = _span(wanted)
        found = self.recall(first, after)
        skipped = next((n for n, one in enumerate(found) if _fits(one, wanted)), len(found))
        return found[skipped:]

    def require_known(self, name: str) -> str:
        """Refuse a field that the company doesn't have."""
        if name not in {*self.known, DATE, NUMBER}:
            message = f"Field not found: {name}"
            raise GraphQLError(message)
        return name


class _Root:
    """What a query begins with."""

    def __init__(self, service: Medallia) -> None:
        self._service = service
        self.rateLimit = {"cost": 42}

    def feedback(self, info: "GraphQLResolveInfo[Any]", first: int, **asked: Any) -> Json:  # noqa: ANN401 -- JSON
        """Give a page of the feedback."""
        del info
        order: list[Json] = asked.get("orderBy") or []
        wanted: Json = asked.get("filter") or {}
        if not 1 <= first <= 1_000 or any(each["direction"] != "ASC" for each in order):
            message = "first is from 1 to 1000; this fake sorts upwards alone"
            raise GraphQLError(message)
        for name in [*_fields(wanted), *(each["fieldId"] for each in order)]:
            self._service.require_known(name)
        found = self._service.found(wanted, order)
        page = found[: min(first, self._service.most)]
        nodes = [_Node(self._service, one) for one in page]
        return {"nodes": nodes, "totalCount": len(found)}


class _Node:
    """A record as a query reads it."""

    def __init__(self, service: Medallia, record: Record) -> None:
        self._service = service
        self._record = record
        self.id = str(record.number)

    def fieldData(self, info: "GraphQLResolveInfo[Any]", fieldId: str) -> Json:  # noqa: N802, N803 -- the schema's
        """Give a field's values."""
        del info
        return {"values": self._record.values(self._service.require_known(fieldId))}


def _executed(asked: Json, root: _Root) -> tuple[Json | None, Sequence[GraphQLError]]:
    try:
        document = _valid(asked["query"])
    except GraphQLError as error:
        return None, [error]
    answer = execute_sync(_SCHEMA, document, root, variable_values=asked.get("variables"))
    return answer.data, answer.errors or ()


@cache
def _valid(query: str) -> DocumentNode:
    """Read a query; GraphQLError where it isn't one of this schema."""
    document = parse(query)
    for error in validate(_SCHEMA, document):
        raise error
    return document


def _basic(client: Mapping[str, str]) -> str:
    pair = f"{client['client_id']}:{client['client_secret']}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"


def _fields(wanted: Json) -> list[str]:
    inner = [*(wanted.get("and") or ()), *(wanted.get("or") or ())]
    return [*(wanted.get("fieldIds") or ()), *(name for each in inner for name in _fields(each))]


def _fits(one: Record, wanted: Json) -> bool:
    """Say whether a filter lets a record through."""
    if "and" in wanted:
        return all(_fits(one, each) for each in wanted["and"])
    if "or" in wanted:
        return any(_fits(one, each) for each in wanted["or"])
    values = [value for name in wanted["fieldIds"] for value in one.values(name)]
    if "in" in wanted:
        return bool(set(values) & set(wanted["in"]))
    (name, bound) = next((name, each) for name, each in wanted.items() if name != "fieldIds")
    here, there = _sortable(values), _sortable([bound])
    return (
        bool(values)
        and {
            "gt": here > there,
            "gte": here >= there,
            "lt": here < there,
            "lte": here <= there,
        }[name]
    )


def _sortable(values: Sequence[str]) -> tuple[int, str]:
    value = values[0] if values else ""
    return (int(value), "") if value.isdecimal() else (-1, value)


def _span(wanted: Json) -> tuple[datetime, datetime]:
    """Give the seconds that a filter of a span lets through, and maybe some before those."""
    (after,) = [each["lt"] for each in wanted["and"] if each.get("fieldIds") == [DATE]]
    (alternatives,) = [each["or"] for each in wanted["and"] if "or" in each]
    (first,) = [each["gt"] for each in alternatives if each.get("fieldIds") == [DATE]]
    return datetime.fromtimestamp(int(first), UTC), datetime.fromtimestamp(int(after), UTC)
