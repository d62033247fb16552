"""Answers as server-sent events: GraphQL over SSE, in its distinct connections mode.

Lines end with LF alone: clients cut the stream at an empty line written so.
"""

import asyncio
from collections.abc import AsyncIterator

import orjson
from starlette.responses import Response, StreamingResponse

from api.errors import LimitExceeded, RequestRefused, refused
from api.execution.answering import Answering, Prepared, Stream
from api.execution.operation import Payload
from api.media_types import EVENT_STREAM
from api.streaming.streams import Streams

KEEP_ALIVE_SECONDS = 12.0
"""How long nothing is said at most: proxies take a silent connection for dead."""

HEADERS = {
    "cache-control": "no-cache",
    "x-accel-buffering": "no",  # proxies of one kind keep a stream back otherwise
    "x-content-type-options": "nosniff",
}
MEDIA_TYPE = f"{EVENT_STREAM}; charset=utf-8"

NOTHING = b":\n\n"
COMPLETE = b"event: complete\ndata:\n\n"


def event_stream(answering: Answering, prepared: Prepared, streams: Streams) -> Response:
    """Answer a subscription as long as it tells something and the client listens."""
    events = _events(answering, prepared, streams)
    return StreamingResponse(events, headers=HEADERS, media_type=MEDIA_TYPE)


def one_event(payload: Payload) -> Response:
    """Answer with one event."""
    return Response(_next(payload) + COMPLETE, headers=HEADERS, media_type=MEDIA_TYPE)


async def _events(
    answering: Answering, prepared: Prepared, streams: Streams
) -> AsyncIterator[bytes]:
    yield NOTHING
    try:
        with streams.one_more():
            async for payload in _while_open(answering.stream(prepared), streams):
                yield NOTHING if payload is None else _next(payload)
    except RequestRefused as error:
        yield _next(answering.refusal(error))
    except LimitExceeded as error:
        yield _next(answering.refusal(refused(error)))
    except Exception as error:  # noqa: BLE001 - told under a reference: the stream has begun
        yield _next(answering.unexpected(error))
    yield COMPLETE


async def _while_open(stream: Stream, streams: Streams) -> AsyncIterator[Payload | None]:
    """Give a stream's payloads, None now and then meanwhile; end it when the server ends."""
    ending = asyncio.ensure_future(streams.is_ending.wait())
    coming = asyncio.ensure_future(anext(stream, None))
    try:
        while not streams.is_ending.is_set():
            await asyncio.wait(
                (ending, coming), timeout=KEEP_ALIVE_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
            if not coming.done():
                yield None
                continue
            payload = coming.result()
            if payload is None:
                return
            yield payload
            coming = asyncio.ensure_future(anext(stream, None))
    finally:
        ending.cancel()
        coming.cancel()
        await asyncio.gather(ending, coming, return_exceptions=True)
        await stream.aclose()


def _next(payload: Payload) -> bytes:
    return b"event: next\ndata: " + orjson.dumps(payload) + b"\n\n"
