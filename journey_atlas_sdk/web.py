"""One GET to a web server: bounded in time and size, its failure named by what happens next.

For connectors whose source is asked over HTTP; imported by its own name.
"""

import asyncio
import base64
import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Annotated, Final, Self

import httpx
from pydantic import AfterValidator, Field, model_validator

from journey_atlas_sdk.connector import Context
from journey_atlas_sdk.errors import (
    AccessDenied,
    AuthError,
    ConfigError,
    ConnectorError,
    DataError,
    PlanLimit,
    RateLimited,
    TransientError,
)
from journey_atlas_sdk.settings import Secret, Settings

_GZIP: Final = b"\x1f\x8b"


def _web_address(written: str) -> str:
    written = written.strip()
    try:
        url = httpx.URL(written)
    except httpx.InvalidURL:
        url = httpx.URL("")
    if url.scheme not in ("http", "https") or not url.host:
        message = "Write an address that begins with http:// or https://."
        raise ValueError(message)
    if url.userinfo or url.fragment:
        message = "Leave user, password and #fragment out; they have settings of their own."
        raise ValueError(message)
    return written


class WebSettings(Settings):
    """Where the server is and how it knows us; the base of a connector's settings.

    Give `token`, or `username` and `password`, or nothing.
    """

    url: Annotated[str, AfterValidator(_web_address)]
    token: Secret | None = Field(default=None, description="Sent as `Authorization: Bearer …`.")
    username: str | None = None
    password: Secret | None = None

    @model_validator(mode="after")
    def _one_identity(self) -> Self:
        if (self.username is None) != (self.password is None):
            message = "`username` and `password` come together."
            raise ValueError(message)
        if self.token is not None and self.username is not None:
            message = "Give either `token` or `username` and `password`."
            raise ValueError(message)
        return self

    def authorization(self, context: Context) -> dict[str, str]:
        """Give the headers that tell who asks; none where the settings name nobody."""
        if self.token is not None:
            return {"Authorization": f"Bearer {_sendable(context.secret('token'))}"}
        if self.username is not None:
            pair = f"{self.username}:{context.secret('password')}".encode()
            return {"Authorization": f"Basic {base64.b64encode(pair).decode('ascii')}"}
        return {}


def _sendable(token: str) -> str:
    """Give a token without the line end of the file it came from; no message repeats it."""
    token = token.strip()
    if not token.isascii() or not token.isprintable():
        message = "`token` holds a character that can't be sent: copy it anew."
        raise ConfigError(message)
    return token


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a server answered, whatever its status; `body` is unpacked where it came as gzip."""

    url: httpx.URL
    status: int
    headers: httpx.Headers
    body: bytes

    def require_ok(self, now: datetime) -> None:
        """Raise the error that every other status than 200 stands for."""
        if self.status != HTTPStatus.OK:
            raise self._failure(now)

    def _failure(self, now: datetime) -> ConnectorError:
        told = f"{self.url.host} answered with the status {self.status}."
        detail = f"{self.url.copy_with(query=None)}: {self.body[:500]!r}"
        wait = self.headers.get("Retry-After")
        limited = (HTTPStatus.TOO_MANY_REQUESTS, *([HTTPStatus.FORBIDDEN] if wait else []))
        if self.status in limited:
            return RateLimited(told, retry_after=_waiting_time(wait, now), detail=detail)
        kind = _BY_STATUS.get(self.status) or _BY_HUNDRED.get(self.status // 100, DataError)
        return kind(told, detail=detail)


_BY_STATUS: Final[dict[int, type[ConnectorError]]] = {
    401: AuthError,
    402: PlanLimit,
    403: AccessDenied,
    408: TransientError,
    413: DataError,
    414: DataError,
    422: DataError,
    425: TransientError,
}
_BY_HUNDRED: Final[dict[int, type[ConnectorError]]] = {
    3: ConfigError,
    4: ConfigError,
    5: TransientError,
}


async def get(
    context: Context,
    url: httpx.URL | str,
    *,
    headers: dict[str, str],
    parameters: dict[str, str] | None = None,
    max_bytes: int,
    seconds: float,
) -> Answer:
    """Ask for a resource, following no redirect; `max_bytes` counts what is unpacked.

    TransientError where the answer lacks its end or isn't there in time, DataError where it is
    longer than allowed or can't be unpacked.
    """
    request = context.http.build_request(
        "GET", url, params=parameters, headers={**headers, "Accept-Encoding": "gzip"}
    )
    try:
        async with asyncio.timeout(seconds):
            answer, body = await _send(context.http, request, max_bytes)
    except (TimeoutError, httpx.TimeoutException) as error:
        message = f"{request.url.host} did not answer in full within {seconds:g} seconds."
        raise TransientError(message, detail=repr(error)) from error
    except httpx.TransportError as error:
        message = f"{request.url.host} can't be reached, or broke off: {type(error).__name__}."
        raise TransientError(message, detail=str(error)) from error
    plain = await context.blocking(lambda: _unpacked(body, max_bytes))
    return Answer(url=request.url, status=answer.status_code, headers=answer.headers, body=plain)


async def _send(
    http: httpx.AsyncClient, request: httpx.Request, max_bytes: int
) -> tuple[httpx.Response, bytes]:
    """Give an answer and its body as it came over the wire."""
    # httpx's own unpacking would take a gzip file without its end for a whole one.
    answer = await http.send(request, stream=True, follow_redirects=False)
    try:
        if answer.headers.get("Content-Encoding", "gzip").lower() not in ("gzip", "identity"):
            message = f"{request.url.host} packs its answer in a way that was not asked for."
            raise DataError(message)
        if answer.is_stream_consumed:  # a transport that replays has its answer at hand
            return answer, answer.content
        body = bytearray()
        async for piece in answer.aiter_raw():
            body += piece
            if len(body) > max_bytes:
                raise _too_long(max_bytes)
    finally:
        await answer.aclose()
    return answer, bytes(body)


def _unpacked(body: bytes, max_bytes: int) -> bytes:
    """Unpack gzip, whichever header says so: a file *.csv.gz comes without one."""
    if not body.startswith(_GZIP):
        return body
    plain = b""
    while body:
        member = zlib.decompressobj(wbits=31)
        try:
            plain += member.decompress(body, max_bytes + 1 - len(plain))
        except zlib.error as error:
            message = f"The answer is no proper gzip: {error}."
            raise DataError(message) from error
        if len(plain) > max_bytes:
            raise _too_long(max_bytes)
        if not member.eof:
            message = "The answer's gzip lacks its end."
            raise TransientError(message)
        body = member.unused_data
    return plain


def _too_long(max_bytes: int) -> DataError:
    return DataError(f"The answer has more than {max_bytes:,} bytes.")


def _waiting_time(written: str | None, now: datetime) -> timedelta | None:
    """Read Retry-After, in seconds or as a date; None where it says neither."""
    if written is None:
        return None
    if written.strip().isdecimal():
        return timedelta(seconds=min(int(written), 86_400))
    try:
        return max(parsedate_to_datetime(written) - now, timedelta(0))
    except (TypeError, ValueError):
        return None
