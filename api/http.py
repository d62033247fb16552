"""The endpoint `/graphql`: GraphQL over HTTP, to the letter of its specification.

A request passes four gates, each of which may refuse it: the HTTP message, the shape of its JSON,
the document (parsed, measured, validated), its variables. Only then anything runs.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

import orjson
from graphql import GraphQLSchema
from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import Route

from api.context import Context, Services
from api.errors import RequestRefused
from api.execution import cost, operation
from api.execution.beside import Beside
from api.execution.documents import Documents
from api.execution.failures import formatted
from api.execution.operation import Payload
from api.execution.prices import Bill
from api.http_request import HttpRefused, http_refused, read_request
from api.media_types import GRAPHQL_RESPONSE, JSON, wanted

NOT_ACCEPTABLE = 406
METHOD_NOT_ALLOWED = 405

COST_HEADER = "atlas-cost"


def graphql_route(schema: GraphQLSchema, services: Services, *, path: str = "/graphql") -> Route:
    """Make the route that answers GraphQL requests by GET and POST."""
    return Route(path, graphql_endpoint(schema, services), methods=["GET", "POST"])


def graphql_endpoint(
    schema: GraphQLSchema, services: Services
) -> Callable[[HttpRequest], Awaitable[Response]]:
    """Make the endpoint; it remembers documents for as long as it lives."""
    documents = Documents(schema, services.limits)
    beside = Beside(services.limits.costly_at_once)
    endpoint = _Endpoint(schema, services, documents, beside)

    async def answer(http: HttpRequest) -> Response:
        media_type = wanted(http.headers.get("accept"))
        try:
            if media_type is None:
                message = f"Accept {JSON} or {GRAPHQL_RESPONSE}."
                raise http_refused(NOT_ACCEPTABLE, message)
            payload = await endpoint.answer(http)
        except HttpRefused as refused:
            return _response(_errors(refused, services), media_type or JSON, refused.status)
        except RequestRefused as refused:
            status = 400 if media_type == GRAPHQL_RESPONSE else 200
            return _response(_errors(refused, services), media_type or JSON, status)
        return _response(payload, media_type, 200)

    return answer


@dataclass(frozen=True, slots=True)
class _Endpoint:
    """What all requests share."""

    schema: GraphQLSchema
    services: Services
    documents: Documents
    beside: Beside

    async def answer(self, http: HttpRequest) -> Payload:
        request = await read_request(http, self.services.limits)
        document = self.documents.prepare(request.query)
        chosen = operation.chosen(document, request.operation_name)
        if http.method != "POST" and not operation.is_query(chosen):
            raise http_refused(METHOD_NOT_ALLOWED, "GET only reads: send this operation by POST.")
        price = partial(cost.bill, self.schema, document, chosen, request.variables or {})
        started = self.services.monotonic()
        context = Context(services=self.services, started=started, price=price)
        payload = await operation.run(self.schema, document, request, context, self.beside)
        asked = http.headers.get(COST_HEADER) == "1"
        return {**payload, **self._cost(context.bill)} if asked else payload

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


def _response(payload: Payload, media_type: str, status: int) -> Response:
    headers = {"x-content-type-options": "nosniff"}
    if status == METHOD_NOT_ALLOWED:
        headers["allow"] = "POST"
    return Response(
        orjson.dumps(payload),
        status_code=status,
        media_type=f"{media_type}; charset=utf-8",
        headers=headers,
    )
