"""An answer as an author gets it: bounded, unpacked, whole or not at all, its failures named."""

from collections.abc import AsyncGenerator, AsyncIterator, Generator
from contextlib import AsyncExitStack, contextmanager
from datetime import datetime
from typing import Any, Final

import httpx

from journey_atlas_sdk.errors import ConfigError, DataError, TransientError
from journey_atlas_sdk.hosting.failures import failure_of
from journey_atlas_sdk.unpacking import Unpacker

PACKING: Final = "gzip"
"""What is asked for and understood: httpx's own unpacking takes a gzip without its end for a whole
one, and unpacks without a bound."""

_OF_THE_PACKING: Final = ("Content-Encoding", "Content-Length", "Transfer-Encoding")


class SourceResponse(httpx.Response):
    """A response whose own methods raise errors of the contract."""

    received_at: datetime

    def json(self, **options: Any) -> Any:  # noqa: ANN401 -- JSON
        """Read the body as JSON; DataError where it is none."""
        try:
            return super().json(**options)
        except ValueError as error:
            message = f"{self.url.host} answers with what is no JSON: {error}."
            raise DataError(message, detail=repr(self.content[:200])) from None

    def raise_for_status(self) -> "SourceResponse":
        """Raise the error that a status stands for, unless it is a success."""
        if self.is_success:
            return self
        raise failure_of(self, self.received_at)


async def read_answer(raw: httpx.Response, url: httpx.URL, *, max_bytes: int) -> SourceResponse:
    """Read an answer to its end."""
    body = b"".join([piece async for piece in _pieces(raw, url, max_bytes=max_bytes)])
    return SourceResponse(
        raw.status_code, headers=_plain_headers(raw), content=body, extensions=raw.extensions
    )


def answer_to_stream(
    raw: httpx.Response, url: httpx.URL, *, max_bytes: int, held: AsyncExitStack
) -> SourceResponse:
    """Give an answer whose body its reader reads; closing it closes what is held."""
    stream = _Stream(_pieces(raw, url, max_bytes=max_bytes), held)
    return SourceResponse(
        raw.status_code, headers=_plain_headers(raw), stream=stream, extensions=raw.extensions
    )


@contextmanager
def named(url: httpx.URL) -> Generator[None]:
    """Name what goes wrong on the wire by what happens next; ConfigError for what can't be sent."""
    try:
        yield
    except (httpx.UnsupportedProtocol, httpx.LocalProtocolError) as error:
        message = f"The request to {url.host or url.scheme} can't be sent as it is written."
        raise ConfigError(message, detail=str(error)) from error
    except httpx.TimeoutException as error:
        message = f"{url.host} did not answer in time."
        raise TransientError(message, detail=repr(error)) from error
    except httpx.TransportError as error:
        message = f"{url.host} can't be reached, or broke off: {type(error).__name__}."
        raise TransientError(message, detail=str(error)) from error


class _Stream(httpx.AsyncByteStream):
    """The pieces of a body; what is held for them is let go with it."""

    def __init__(self, pieces: AsyncGenerator[bytes], held: AsyncExitStack) -> None:
        self._pieces = pieces
        self._held = held

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._pieces:
            yield piece

    async def aclose(self) -> None:
        await self._pieces.aclose()
        await self._held.aclose()


async def _pieces(raw: httpx.Response, url: httpx.URL, *, max_bytes: int) -> AsyncGenerator[bytes]:
    """Give a body plain, piece by piece; raise at once where it can't be whole."""
    packing = raw.headers.get("Content-Encoding", "identity").lower()
    if packing not in (PACKING, "identity"):
        message = f"{url.host} packs its answer in a way that was not asked for: {packing}."
        raise DataError(message)
    unpacker = Unpacker(is_gzip=packing == PACKING, max_bytes=max_bytes)
    if not isinstance(raw.stream, httpx.AsyncByteStream):
        message = "The transport gives answers that can't be awaited."
        raise TypeError(message)
    with named(url):
        async for piece in raw.stream:
            yield unpacker.feed(piece)
    unpacker.end()


def _plain_headers(raw: httpx.Response) -> httpx.Headers:
    headers = httpx.Headers(raw.headers)
    for name in _OF_THE_PACKING:
        headers.pop(name, None)
    return headers
