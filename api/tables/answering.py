"""A table as an HTTP answer: opened like any operation, then streamed a batch at a time.

The first batch is there before the answer begins, so whatever is wrong with the request is told
properly. What fails later breaks the connection off: half a table must not look like a whole one.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from functools import partial
from typing import TypeVar

from graphql import GraphQLError
from starlette.responses import StreamingResponse
from starlette.types import Send

from api.context import late
from api.errors import CutOff, RequestRefused, refused
from api.execution.failures import INTERNAL
from api.tables.formats import Opens
from api.tables.selection import Selected
from api.tables.table import Opened

T = TypeVar("T")

Chunks = AsyncGenerator[bytes]


class Desk:
    """Computes and writes the rows of streamed tables, in threads beside the event loop."""

    def __init__(self, at_once: int) -> None:
        """Start no thread before it is needed."""
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="atlas-table")

    async def work(self, work: Callable[[], T], /) -> T:
        """Do some work in a thread, when its turn has come."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    async def begun(
        self, opened: Opened, columns: Selected, opens: Opens, *, seconds: float
    ) -> Chunks:
        """Begin to write a table; RequestRefused where its first batch can't be had, or in time."""
        chunks = self._chunks(opened, columns, opens)
        try:
            async with asyncio.timeout(seconds):
                first = await anext(chunks, b"")
        except TimeoutError as error:
            raise refused(late(seconds)) from error
        except Exception as error:  # whatever it is, it ends up in the answer
            reason = GraphQLError(str(error), original_error=error)
            raise RequestRefused([reason], code=INTERNAL) from error
        return _behind(first, chunks)

    async def _chunks(self, opened: Opened, columns: Selected, opens: Opens) -> Chunks:
        """Write a table chunk by chunk; no more than a batch of its rows is held at a time."""
        writer = await self.work(partial(opens, columns))
        async for rows in opened.batches(self.work):
            yield await self.work(partial(writer.batch, rows))
        yield await self.work(writer.end)


async def _behind(first: bytes, rest: Chunks) -> Chunks:
    async with aclosing(rest):
        yield first
        async for chunk in rest:
            yield chunk


class TableResponse(StreamingResponse):
    """A streamed table that has to be over in time."""

    def __init__(self, chunks: Chunks, *, media_type: str, seconds: float) -> None:
        """Take what is sent, and for how long at most."""
        headers = {"x-content-type-options": "nosniff"}
        super().__init__(chunks, media_type=media_type, headers=headers)
        self._chunks = chunks
        self._seconds = seconds

    async def stream_response(self, send: Send) -> None:
        """Send each chunk when the client has taken the one before; CutOff where that fails."""
        try:
            async with asyncio.timeout(self._seconds), aclosing(self._chunks):
                await super().stream_response(send)
        except Exception as error:  # whatever it is, the server must close the connection
            message = f"A streamed table was cut off: {error or 'it took too long.'}"
            raise CutOff(message) from error
