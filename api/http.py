"""The endpoint `/graphql`: GraphQL over HTTP, to the letter of its specification.

A request passes four gates, each of which may refuse it: the HTTP message, the shape of its JSON,
the document (parsed, measured, validated), its variables. Only then anything runs. An operation
that is about one table alone may be answered as a table, streamed.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

import orjson
from graphql import DocumentNode, GraphQLSchema, OperationDefinitionNode
from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import Route

from api.context import Context, Services
from api.errors import DeadlineExceeded, RequestRefused
from api.execution import cost, operation
from api.execution.beside import Beside
from api.execution.documents import Documents
from api.execution.failures import INTERNAL, formatted
from api.execution.operation import Payload, Request
from api.execution.prices import Bill
from api.http_request import HttpRefused, http_refused, read_request
from api.media_types import GRAPHQL_RESPONSE, JSON, OFFERED, wanted
from api.tables.answering import Desk, TableResponse
from api.tables.formats import TABLE_FORMATS, writer_of
from api.tables.roots import Opening
from api.tables.selection import Selected, selected_columns

NOT_ACCEPTABLE = 406
METHOD_NOT_ALLOWED = 405

COST_HEADER = "atlas-cost"

EVERYTHING = (*OFFERED, *TABLE_FORMATS)
"""What an operation about one table can be answered in."""

_NOTHING = f"Accept {JSON} or {GRAPHQL_RESPONSE}; for a table {', '.join(TABLE_FORMATS)} as well."
_NO_TABLE = (
    f"Only an operation whose one field at the root ends in `Rows` is a table; accept {JSON} here."
)
_NOT_INSTALLED = "{} needs pyarrow on the server (install journey-atlas[arrow]); take CSV or JSON."


def graphql_route(schema: GraphQLSchema, services: Services, *, path: str = "/graphql") -> Route:
    """Make the route that answers GraphQL requests by GET and POST."""
    return Route(path, graphql_endpoint(schema, services), methods=["GET", "POST"])


def graphql_endpoint(
    schema: GraphQLSchema, services: Services
) -> Callable[[HttpRequest], Awaitable[Response]]:
    """Make the endpoint; it remembers documents for as long as it lives."""
    documents = Documents(schema, services.limits)
    beside = Beside(services.limits.costly_at_once)
    desk = Desk(services.limits.tables_at_once)
    endpoint = _Endpoint(schema, services, documents, beside, desk)

    async def answer(http: HttpRequest) -> Response:
        accept = http.headers.get("accept")
        try:
            return await endpoint.answer(http, accept)
        except HttpRefused as refused:
            return _response(_errors(refused, services), wanted(accept), refused.status)
        except RequestRefused as refused:
            payload = _errors(refused, services)
            return _response(payload, wanted(accept), _status(payload, accept))

    return answer


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request whose document is valid."""

    request: Request
    document: DocumentNode
    chosen: OperationDefinitionNode
    tells_cost: bool


@dataclass(frozen=True, slots=True)
class _Endpoint:
    """What all requests share."""

    schema: GraphQLSchema
    services: Services
    documents: Documents
    beside: Beside
    desk: Desk

    async def answer(self, http: HttpRequest, accept: str | None) -> Response:
        media_type = wanted(accept, EVERYTHING)
        if media_type is None:
            raise http_refused(NOT_ACCEPTABLE, _NOTHING)
        asked = await self.read(http)
        if media_type in TABLE_FORMATS:
            variables = asked.request.variables or {}
            columns = selected_columns(self.schema, asked.document, asked.chosen, variables)
            if columns is not None:
                return await self.table(asked, columns, media_type)
            media_type = wanted(accept)
            if media_type is None:
                raise http_refused(NOT_ACCEPTABLE, _NO_TABLE)
        return _response(await self.whole(asked), media_type, 200)

    async def read(self, http: HttpRequest) -> _Asked:
        request = await read_request(http, self.services.limits)
        document = self.documents.prepare(request.query)
        chosen = operation.chosen(document, request.operation_name)
        if http.method != "POST" and not operation.is_query(chosen):
            raise http_refused(METHOD_NOT_ALLOWED, "GET only reads: send this operation by POST.")
        return _Asked(request, document, chosen, http.headers.get(COST_HEADER) == "1")

    async def whole(self, asked: _Asked) -> Payload:
        """Answer an operation as a whole."""
        started = self.services.monotonic()
        context = Context(
            services=self.services,
            started=started,
            price=self.price(asked),
            writes=operation.is_mutation(asked.chosen),
        )
        payload = await self.run(asked, context)
        return {**payload, **self._cost(context.bill)} if asked.tells_cost else payload

    async def table(self, asked: _Asked, columns: Selected, media_type: str) -> Response:
        """Answer an operation about one table as a stream of its rows."""
        opens = writer_of(media_type)
        if opens is None:
            raise http_refused(NOT_ACCEPTABLE, _NOT_INSTALLED.format(media_type))
        limits = self.services.limits
        context = Opening(
            services=self.services,
            started=self.services.monotonic(),
            price=partial(self.price(asked), at_once=limits.rows_at_once),
            is_beside=True,
        )
        payload = await self.run(asked, context)
        if context.opened is None or "errors" in payload:
            return _response(payload, None, _status(payload, media_type))
        seconds = limits.table_seconds
        chunks = await self.desk.begun(context.opened, columns, opens, seconds=seconds)
        return TableResponse(chunks, media_type=media_type, seconds=seconds)

    def price(self, asked: _Asked) -> Callable[..., Bill]:
        variables = asked.request.variables or {}
        return partial(cost.bill, self.schema, asked.document, asked.chosen, variables)

    async def run(self, asked: _Asked, context: Context) -> Payload:
        return await operation.run(self.schema, asked.document, asked.request, context, self.beside)

    def _cost(self, bill: Bill | None) -> Payload:
        """Tell what an operation cost; None: it read nothing of the atlas."""
        requested = bill.cost if bill else 0
        told = {"requested": requested, "limit": self.services.limits.cost}
        return {"extensions": {"cost": told}}


def _errors(refused: RequestRefused, services: Services) -> Payload:
    new_reference = services.new_reference
    return {
        "errors": [
            formatted(error, new_reference=new_reference, code=refused.code)
            for error in refused.errors
        ]
    }


def _status(payload: Payload, accept: str | None) -> int:
    """Give the status of an answer without data; who wants a table must not take it for one."""
    liked = wanted(accept, EVERYTHING)
    if liked not in TABLE_FORMATS:
        return 400 if liked == GRAPHQL_RESPONSE else 200
    codes = {error["extensions"]["code"] for error in payload["errors"]}
    if INTERNAL in codes:
        return 500
    return 503 if DeadlineExceeded.code in codes else 400


def _response(payload: Payload, media_type: str | None, status: int) -> Response:
    """Make an answer in JSON; None: of the plain type."""
    headers = {"x-content-type-options": "nosniff"}
    if status == METHOD_NOT_ALLOWED:
        headers["allow"] = "POST"
    return Response(
        orjson.dumps(payload),
        status_code=status,
        media_type=f"{media_type or JSON}; charset=utf-8",
        headers=headers,
    )
