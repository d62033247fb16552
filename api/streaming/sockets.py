"""GraphQL over a WebSocket, by the protocol graphql-transport-ws and no other.

An operation that is refused is told so by itself and ends no other; a client that breaks the
protocol is hung up on.
"""

import asyncio
from contextlib import aclosing
from dataclasses import dataclass, field

from graphql import OperationType
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from api.errors import Forbidden, LimitExceeded, RequestRefused, refused
from api.execution.answering import Answering, Prepared
from api.execution.operation import Payload
from api.streaming.messages import (
    INIT_TWICE,
    NO_PROTOCOL,
    NOT_YET,
    PROTOCOL,
    TOO_LATE,
    TWICE,
    Closed,
    Complete,
    Init,
    Ping,
    Pong,
    Subscribe,
    read_message,
    written,
)
from api.streaming.streams import Streams

TRY_AGAIN_LATER = 1013


def socket_route(
    answering: Answering, streams: Streams, *, path: str = "/graphql"
) -> WebSocketRoute:
    """Make the route of WebSockets."""

    async def serve(websocket: WebSocket) -> None:
        if PROTOCOL not in websocket.scope["subprotocols"]:
            await websocket.accept()
            await websocket.close(NO_PROTOCOL, "Subprotocol not acceptable")
            return
        await websocket.accept(subprotocol=PROTOCOL)
        try:
            with streams.one_more():
                await _Socket(websocket, answering).serve()
        except LimitExceeded as error:
            await websocket.close(TRY_AGAIN_LATER, error.message[:100])

    return WebSocketRoute(path, serve)


@dataclass(slots=True)
class _Socket:
    """One client's conversation: its operations by the ids that it gave them."""

    websocket: WebSocket
    answering: Answering
    is_begun: bool = False
    operations: dict[str, asyncio.Task[None]] = field(default_factory=dict[str, asyncio.Task[None]])

    async def serve(self) -> None:
        """Talk until one of both ends it."""
        try:
            await self._begin()
            while True:
                await self._hear(await self._frame())
        except Closed as closed:
            await self.websocket.close(closed.code, closed.reason)
        except WebSocketDisconnect:
            pass
        finally:
            await self._end_all()

    async def _begin(self) -> None:
        """Wait for the client to begin, but not for ever."""
        try:
            async with asyncio.timeout(self.answering.services.limits.init_seconds):
                while not self.is_begun:
                    await self._hear(await self._frame())
        except TimeoutError:
            raise Closed(TOO_LATE, "Connection initialisation timeout") from None

    async def _frame(self) -> str | bytes:
        message = await self.websocket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1005))
        text: str | None = message.get("text")
        return text if text is not None else bytes(message["bytes"])

    async def _hear(self, frame: str | bytes) -> None:
        match read_message(frame):
            case Init():
                if self.is_begun:
                    raise Closed(INIT_TWICE, "Too many initialisation requests")
                self.is_begun = True
                await self._say("connection_ack")
            case Ping():
                await self._say("pong")
            case Pong():
                pass
            case Subscribe() as asked:
                await self._begin_operation(asked)
            case Complete(id=name):
                await self._end(name)

    async def _begin_operation(self, asked: Subscribe) -> None:
        if not self.is_begun:
            raise Closed(NOT_YET, "Unauthorized")
        if asked.id in self.operations:
            raise Closed(TWICE, f"Subscriber for {asked.id} already exists")
        most = self.answering.services.limits.subscriptions
        if len(self.operations) >= most:
            seen = f"{len(self.operations)} operations are under way"
            error = LimitExceeded(limit="subscriptions", maximum=most, seen=seen)
            told = self.answering.refusal(refused(error))
            await self._say("error", id=asked.id, payload=told["errors"])
            return
        self.operations[asked.id] = asyncio.create_task(self._operate(asked))

    async def _operate(self, asked: Subscribe) -> None:
        """Answer an operation to its end; whatever happens, it ends by itself."""
        try:
            prepared = self.answering.prepare(asked.request)
            _require_reading(prepared)
            async with aclosing(self.answering.stream(prepared)) as stream:
                async for payload in stream:
                    await self._say("next", id=asked.id, payload=payload)
        except RequestRefused as error:
            await self._refuse(asked.id, self.answering.refusal(error))
        except WebSocketDisconnect:
            return
        except Exception as error:  # noqa: BLE001 - told under a reference, and the others go on
            await self._refuse(asked.id, self.answering.unexpected(error))
        else:
            self.operations.pop(asked.id, None)
            await self._say("complete", id=asked.id)

    async def _refuse(self, name: str, told: Payload) -> None:
        """Say that an operation is refused, or failed; its id is free again."""
        self.operations.pop(name, None)
        await self._say("error", id=name, payload=told["errors"])

    async def _end(self, name: str) -> None:
        """End an operation that the client doesn't want any more; an unknown one is over."""
        task = self.operations.pop(name, None)
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _end_all(self) -> None:
        tasks = list(self.operations.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _say(self, kind: str, **more: object) -> None:
        await self.websocket.send_text(written(kind, **more))


def _require_reading(prepared: Prepared) -> None:
    if prepared.kind is OperationType.MUTATION:
        message = "A WebSocket only reads: send mutations by POST."
        raise refused(Forbidden(message))
