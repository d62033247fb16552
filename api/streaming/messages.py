"""What may be said on a WebSocket, by the protocol graphql-transport-ws."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import orjson

from api.execution.operation import Request

PROTOCOL = "graphql-transport-ws"

NORMAL = 1000
INVALID = 4400
NOT_YET = 4401
NO_PROTOCOL = 4406
TOO_LATE = 4408
TWICE = 4409
INIT_TWICE = 4429

Json = Any  # whatever a client made up


class Closed(Exception):
    """The conversation ends here: the client broke the protocol; `code` says how."""

    def __init__(self, code: int, reason: str) -> None:
        """Keep the code of the closing, and what is said with it (at most 123 bytes)."""
        super().__init__(reason)
        self.code = code
        self.reason = reason.encode()[:123].decode(errors="ignore")


@dataclass(frozen=True, slots=True)
class Init:
    """The client begins."""


@dataclass(frozen=True, slots=True)
class Ping:
    """The client asks for a sign of life."""


@dataclass(frozen=True, slots=True)
class Pong:
    """The client gives a sign of life."""


@dataclass(frozen=True, slots=True)
class Subscribe:
    """The client asks for the answers of an operation, by an id of its own."""

    id: str
    request: Request


@dataclass(frozen=True, slots=True)
class Complete:
    """The client doesn't want any more answers of an operation."""

    id: str


Message = Init | Ping | Pong | Subscribe | Complete


def read_message(frame: str | bytes) -> Message:
    """Read a frame; Closed (4400) where it is no message of the protocol."""
    if isinstance(frame, bytes):
        message = "A message is text."
        raise Closed(INVALID, message)
    try:
        found = orjson.loads(frame)
    except orjson.JSONDecodeError:
        message = "A message is JSON."
        raise Closed(INVALID, message) from None
    given = _object(found, "A message")
    match given.get("type"):
        case "connection_init":
            _optional_object(given, "connection_init")
            return Init()
        case "ping":
            _optional_object(given, "ping")
            return Ping()
        case "pong":
            _optional_object(given, "pong")
            return Pong()
        case "subscribe":
            return Subscribe(_id(given), _request(given))
        case "complete":
            return Complete(_id(given))
        case _:
            message = "There is no message of this type."
            raise Closed(INVALID, message)


def written(kind: str, **more: Json) -> str:
    """Write a message."""
    return orjson.dumps({"type": kind, **more}).decode()


def _request(given: Mapping[str, Json]) -> Request:
    payload = _object(given.get("payload"), "The payload of subscribe")
    query, name = payload.get("query"), payload.get("operationName")
    if not isinstance(query, str) or not query:
        message = "subscribe needs a document in `query`."
        raise Closed(INVALID, message)
    if name is not None and not isinstance(name, str):
        message = "`operationName` is a string."
        raise Closed(INVALID, message)
    for optional in ("variables", "extensions"):
        if payload.get(optional) is not None:
            _object(payload[optional], f"`{optional}`")
    return Request(query=query, operation_name=name or None, variables=payload.get("variables"))


def _id(given: Mapping[str, Json]) -> str:
    found = given.get("id")
    if not isinstance(found, str) or not found:
        message = "The message needs an `id`, a string that isn't empty."
        raise Closed(INVALID, message)
    return found


def _optional_object(given: Mapping[str, Json], kind: str) -> None:
    if given.get("payload") is not None:
        _object(given["payload"], f"The payload of {kind}")


def _object(value: Json, what: str) -> Mapping[str, Json]:
    if not isinstance(value, dict):
        message = f"{what} is an object."
        raise Closed(INVALID, message)
    return cast("Mapping[str, Json]", value)  # JSON's objects have strings for keys
