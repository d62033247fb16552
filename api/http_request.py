"""A GraphQL request out of an HTTP message: by POST as JSON, by GET in the address."""

import hashlib
from collections.abc import Mapping
from typing import Any, cast

import orjson
from graphql import GraphQLError
from starlette.requests import Request as HttpRequest

from api.bodies import BAD_REQUEST, BodyRefused, read_body
from api.errors import BadUserInput, QueryError, RequestRefused
from api.execution.limits import Limits
from api.execution.operation import Request
from api.media_types import JSON, content_type

UNSUPPORTED = 415

Json = Any  # whatever a client made up


class HttpRefused(RequestRefused):
    """A request that isn't one by HTTP's own rules: `status` says why, whatever is accepted."""

    def __init__(self, status: int, error: GraphQLError) -> None:
        """Keep the status of the answer."""
        super().__init__([error])
        self.status = status


class PersistedQueryNotSupported(QueryError):
    """A hash came without the document; this server keeps none. Clients look for the message."""

    code = "PERSISTED_QUERY_NOT_SUPPORTED"


def http_refused(status: int, message: str) -> HttpRefused:
    """Refuse a message by HTTP's rules."""
    return HttpRefused(status, GraphQLError(message, original_error=BadUserInput(message)))


async def read_request(http: HttpRequest, limits: Limits) -> Request:
    """Read the request; HttpRefused for a message that isn't one, RequestRefused for a hash."""
    if http.method == "POST":
        _require_plain_json(http)
        parameters = _object("body", _parsed("body", await _body(http, limits)))
    else:
        parameters = _from_address(http)
    return _request(parameters)


def _require_plain_json(http: HttpRequest) -> None:
    # Exactly JSON: browsers send the simple types across origins without asking.
    media_type, charset = content_type(http.headers.get("content-type"))
    if media_type != JSON or charset not in ("utf-8", "utf8"):
        message = f"Send the request as {JSON} in UTF-8."
        raise http_refused(UNSUPPORTED, message)
    encoding = http.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("", "identity"):
        message = "Send the request without a content encoding: compressed bodies aren't read."
        raise http_refused(UNSUPPORTED, message)


async def _body(http: HttpRequest, limits: Limits) -> bytes:
    try:
        return await read_body(http, most_bytes=limits.body_bytes, seconds=limits.body_seconds)
    except BodyRefused as refused:
        raise http_refused(refused.status, refused.message) from refused


def _from_address(http: HttpRequest) -> Mapping[str, Json]:
    given = http.query_params
    parameters: dict[str, Json] = {
        name: given[name] for name in ("query", "operationName") if name in given
    }
    for name in ("variables", "extensions"):
        if given.get(name):
            parameters[name] = _parsed(name, given[name].encode())
    return parameters


def _parsed(name: str, text: bytes) -> Json:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        message = f"The {name} isn't JSON: {error}."
        raise http_refused(BAD_REQUEST, message) from error


def _object(name: str, value: Json) -> Mapping[str, Json]:
    if not isinstance(value, dict):
        more = " Batches aren't answered." if isinstance(value, list) else ""
        message = f"The {name} must be a JSON object.{more}"
        raise http_refused(BAD_REQUEST, message)
    return cast("Mapping[str, Json]", value)  # JSON's objects have strings for keys


def _map(name: str, parameters: Mapping[str, Json]) -> Mapping[str, Json]:
    given = parameters.get(name)
    return {} if given is None else _object(name, given)


def _request(parameters: Mapping[str, Json]) -> Request:
    query, name = parameters.get("query"), parameters.get("operationName")
    extensions = _map("extensions", parameters)
    _require_right_hash(query, extensions)
    if not isinstance(query, str) or not query:
        message = "A request needs its document in `query`."
        raise http_refused(BAD_REQUEST, message)
    if name is not None and not isinstance(name, str):
        message = "`operationName` is a string."
        raise http_refused(BAD_REQUEST, message)
    variables = _map("variables", parameters)
    return Request(query=query, operation_name=name or None, variables=variables)


def _require_right_hash(query: Json, extensions: Mapping[str, Json]) -> None:
    persisted = extensions.get("persistedQuery")
    if persisted is None:
        return
    if not query:
        reason = PersistedQueryNotSupported("PersistedQueryNotSupported")
        error = GraphQLError(reason.message, original_error=reason)
        raise RequestRefused([error], code=reason.code)
    asked = _object("persistedQuery", persisted).get("sha256Hash")
    if not isinstance(query, str) or asked != hashlib.sha256(query.encode()).hexdigest():
        message = "The persisted query's hash isn't the SHA-256 of the document beside it."
        raise http_refused(BAD_REQUEST, message)
