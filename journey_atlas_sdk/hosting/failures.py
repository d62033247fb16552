"""What an answer stands for where the author says nothing: its error, by what happens next."""

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final

import httpx

from journey_atlas_sdk.errors import (
    AccessDenied,
    AuthError,
    ConfigError,
    ConnectorError,
    DataError,
    PlanLimit,
    TransientError,
)
from journey_atlas_sdk.hosting.gate import limited
from journey_atlas_sdk.hosting.waits import is_limited, retry_after, wait_of_refusal

_SHOWN: Final = 500
_BODILESS: Final = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.RESET_CONTENT})
_PASSING: Final = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY})


class Missing(ConfigError):
    """There is nothing at this address (404); of a pull it means that the metric is unknown."""


_BY_STATUS: Final[dict[int, type[ConnectorError]]] = {
    HTTPStatus.UNAUTHORIZED: AuthError,
    HTTPStatus.PAYMENT_REQUIRED: PlanLimit,
    HTTPStatus.FORBIDDEN: AccessDenied,
    HTTPStatus.NOT_FOUND: Missing,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: DataError,
    HTTPStatus.REQUEST_URI_TOO_LONG: DataError,
    HTTPStatus.UNPROCESSABLE_ENTITY: DataError,
}


def is_refused_by_a_limit(response: httpx.Response, now: datetime) -> bool:
    """Say whether a source asks to slow down: it did nothing of what it was asked to do."""
    if response.status_code == HTTPStatus.FORBIDDEN:
        return is_limited(response.headers, now)
    return response.status_code == HTTPStatus.TOO_MANY_REQUESTS


def is_passing(response: httpx.Response) -> bool:
    """Say whether the same request may well work in a while (408, 425, 5xx)."""
    return response.is_server_error or response.status_code in _PASSING


def wait_of(response: httpx.Response, now: datetime) -> timedelta | None:
    """Give how long an answer asks to be left alone; None: it doesn't say.

    Many sources tell their limits in every answer: only a refusal's count, and Retry-After.
    """
    if is_refused_by_a_limit(response, now):
        return wait_of_refusal(response.headers, now)
    return retry_after(response.headers, now) if is_passing(response) else None


def failure_of(response: httpx.Response, now: datetime) -> ConnectorError:
    """Name what an answer that is no success stands for; its body must have been read."""
    url = response.request.url
    message = f"{url.host} answered with the status {response.status_code}."
    detail = _shown(response)
    wait = wait_of(response, now)
    if wait or is_refused_by_a_limit(response, now):
        return limited(message, wait, detail=detail)
    if is_passing(response):
        return TransientError(message, detail=detail)
    return _BY_STATUS.get(response.status_code, ConfigError)(message, detail=detail)


def require_promised(response: httpx.Response) -> None:
    """Raise DataError where a success is not of the type that the request's Accept names."""
    accepted = [_type(part) for part in response.request.headers.get("Accept", "*/*").split(",")]
    is_read = response.is_stream_consumed
    is_empty = is_read and not response.content
    given = "nothing" if is_empty else _type(response.headers.get("Content-Type", ""))
    is_silent = response.status_code in _BODILESS or response.request.method == "HEAD"
    if is_silent or any(_fits(given, wanted) for wanted in accepted):
        return
    url = response.request.url
    message = f"{url.host} answers with {given or 'no type'}, not with {' or '.join(accepted)}."
    raise DataError(message, detail=_shown(response) if is_read else None)


def _shown(response: httpx.Response) -> str:
    return f"{response.request.url.copy_with(query=None)}: {response.content[:_SHOWN]!r}"


def _type(written: str) -> str:
    return written.partition(";")[0].strip().lower()


def _fits(given: str, wanted: str) -> bool:
    """Compare media types: JSON has many names (text/json, application/vnd.api+json)."""
    kind, _, subtype = wanted.partition("/")
    if kind == "*":
        return True
    if subtype == "*":
        return given.startswith(f"{kind}/")
    return "json" in given if subtype == "json" else given == wanted
