"""The endpoint `/graphql`: GraphQL over HTTP, to the letter of its specification.

A request passes two gates here, the HTTP message and the shape of its JSON, before it is answered:
as one JSON document; as a table, streamed, if it is about one alone; as a stream of events where it
listens, or the client wants that.
"""

from dataclasses import dataclass
from functools import partial

import orjson
from graphql import GraphQLSchema, OperationType
from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from api.context import Services
from api.errors import DeadlineExceeded, RequestRefused
from api.execution.answering import Answering, Prepared
from api.execution.failures import INTERNAL
from api.execution.operation import Payload
from api.http_request import HttpRefused, http_refused, read_request
from api.media_types import EVENT_STREAM, GRAPHQL_RESPONSE, JSON, OFFERED, wanted
from api.streaming.events import event_stream, one_event
from api.streaming.sockets import socket_route
from api.streaming.streams import Streams
from api.tables.answering import Desk, TableResponse
from api.tables.formats import TABLE_FORMATS, writer_of
from api.tables.roots import Opening
from api.tables.selection import Selected

NOT_ACCEPTABLE = 406
METHOD_NOT_ALLOWED = 405

COST_HEADER = "atlas-cost"

SPOKEN = (*OFFERED, EVENT_STREAM)
"""What any operation can be answered in."""

EVERYTHING = (*OFFERED, *TABLE_FORMATS, EVENT_STREAM)
"""What an operation about one table can be answered in."""

_NOTHING = f"Accept {JSON} or {GRAPHQL_RESPONSE}; for a table {', '.join(TABLE_FORMATS)} as well."
_NO_TABLE = (
    f"Only an operation whose one field at the root ends in `Rows` is a table; accept {JSON} here."
)
_NO_STREAM = f"A subscription is answered as {EVENT_STREAM}, or over a WebSocket."
_NOT_INSTALLED = "{} needs pyarrow on the server (install journey-atlas[arrow]); take CSV or JSON."


def graphql_routes(
    schema: GraphQLSchema, services: Services, streams: Streams, *, path: str = "/graphql"
) -> list[BaseRoute]:
    """Make the routes that answer GraphQL requests: by GET and POST, and over a WebSocket."""
    answering = Answering(schema, services)
    endpoint = _Endpoint(answering, streams, Desk(services.limits.tables_at_once))

    async def answer(http: HttpRequest) -> Response:
        return await endpoint.answer(http, http.headers.get("accept"))

    return [
        Route(path, answer, methods=["GET", "POST"]),
        socket_route(answering, streams, path=path),
    ]


@dataclass(frozen=True, slots=True)
class _Endpoint:
    """What all requests share."""

    answering: Answering
    streams: Streams
    desk: Desk

    async def answer(self, http: HttpRequest, accept: str | None) -> Response:
        try:
            return await self.answered(http, accept)
        except HttpRefused as refused:
            return _response(self.answering.refusal(refused), wanted(accept), refused.status)
        except RequestRefused as refused:
            payload = self.answering.refusal(refused)
            if wanted(accept, EVERYTHING) == EVENT_STREAM:
                return one_event(payload)
            return _response(payload, wanted(accept), _status(payload, accept))

    async def answered(self, http: HttpRequest, accept: str | None) -> Response:
        media_type = wanted(accept, EVERYTHING)
        if media_type is None:
            raise http_refused(NOT_ACCEPTABLE, _NOTHING)
        prepared = await self.read(http)
        if prepared.kind is OperationType.SUBSCRIPTION:
            if wanted(accept, (EVENT_STREAM,)) is None:
                raise http_refused(NOT_ACCEPTABLE, _NO_STREAM)
            return event_stream(self.answering, prepared, self.streams)
        if media_type in TABLE_FORMATS:
            columns = self.answering.table(prepared)
            if columns is not None:
                return await self.table(prepared, columns, media_type)
            media_type = wanted(accept, SPOKEN)
            if media_type is None:
                raise http_refused(NOT_ACCEPTABLE, _NO_TABLE)
        asked = http.headers.get(COST_HEADER) == "1"
        payload = await self.answering.answer(prepared, tell_cost=asked)
        return one_event(payload) if media_type == EVENT_STREAM else _response(payload, media_type)

    async def read(self, http: HttpRequest) -> Prepared:
        request = await read_request(http, self.answering.services.limits)
        prepared = self.answering.prepare(request)
        if prepared.kind is OperationType.MUTATION and http.method != "POST":
            raise http_refused(METHOD_NOT_ALLOWED, "GET only reads: send this operation by POST.")
        return prepared

    async def table(self, prepared: Prepared, columns: Selected, media_type: str) -> Response:
        """Answer an operation about one table as a stream of its rows."""
        opens = writer_of(media_type)
        if opens is None:
            raise http_refused(NOT_ACCEPTABLE, _NOT_INSTALLED.format(media_type))
        services = self.answering.services
        context = Opening(
            services=services,
            started=services.monotonic(),
            price=partial(self.answering.price(prepared), at_once=services.limits.rows_at_once),
            is_beside=True,
        )
        payload = await self.answering.run(prepared, context)
        if context.opened is None or "errors" in payload:
            return _response(payload, None, _status(payload, media_type))
        seconds = services.limits.table_seconds
        chunks = await self.desk.begun(context.opened, columns, opens, seconds=seconds)
        return TableResponse(chunks, media_type=media_type, seconds=seconds)


def _status(payload: Payload, accept: str | None) -> int:
    """Give the status of an answer without data; who wants a table must not take it for one."""
    liked = wanted(accept, EVERYTHING)
    if liked not in TABLE_FORMATS:
        return 400 if liked == GRAPHQL_RESPONSE else 200
    codes = {error["extensions"]["code"] for error in payload["errors"]}
    if INTERNAL in codes:
        return 500
    return 503 if DeadlineExceeded.code in codes else 400


def _response(payload: Payload, media_type: str | None, status: int = 200) -> Response:
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
