"""What the host does for a child in the middle of a call: it sends, waits, renews, looks up."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import assert_never

import httpx

from journey_atlas_sdk.errors import ConnectorError
from journey_atlas_sdk.hosting.apart.failures import Failure, failure_of
from journey_atlas_sdk.hosting.apart.messages import (
    Answer,
    Answered,
    Ask,
    Exchange,
    Exchanged,
    FromHost,
    Granted,
    NextPiece,
    Piece,
    Reach,
    Reached,
    Renew,
    Renewed,
    Send,
    Token,
    Turn,
    Value,
)
from journey_atlas_sdk.hosting.client import unlogged
from journey_atlas_sdk.hosting.context import HostContext
from journey_atlas_sdk.terms import set_terms

Task = asyncio.Task[None]


@dataclass(slots=True, kw_only=True)
class Desk:
    """Serves one call, each wish in a task that lasts until the child drops it.

    `tell` tells the child. A task ends with whatever is none of the contract's errors.
    """

    context: HostContext
    tell: Callable[[FromHost], None]
    tasks: set[Task] = field(default_factory=set[Task])
    _by_number: dict[int, Task] = field(default_factory=dict[int, Task])
    _bodies: dict[int, AsyncIterator[bytes]] = field(
        default_factory=dict[int, AsyncIterator[bytes]]
    )
    _exchanges: dict[int, asyncio.Future[Renewed | Failure]] = field(
        default_factory=dict[int, asyncio.Future[Renewed | Failure]]
    )

    def ask(self, wanted: Ask) -> None:
        """Begin with a wish."""
        task = asyncio.create_task(self._serve(wanted))
        self.tasks.add(task)
        self._by_number[wanted.number] = task

    def drop(self, number: int) -> None:
        """End with a wish, and let go what is held for it."""
        task = self._by_number.pop(number, None)
        if task is not None:
            task.cancel()

    def exchanged(self, told: Exchanged) -> None:
        """Hand on what a secret was exchanged for."""
        waiting = self._exchanges.get(told.number)
        if waiting is not None and not waiting.done():
            waiting.set_result(told.outcome)

    async def _serve(self, wanted: Ask) -> None:
        async with AsyncExitStack() as held:
            try:
                value = await self._do(wanted, held)
            except ConnectorError as error:
                value = failure_of(error)
            self.tell(Answer(number=wanted.number, value=value, now=self.context.now()))
            await asyncio.Event().wait()

    async def _do(self, wanted: Ask, held: AsyncExitStack) -> Value:
        match wanted.wish:
            case Send() as send:
                return await self._send(send, wanted.number, held)
            case NextPiece(of=number):
                return Piece(body=await anext(self._bodies[number], None))
            case Turn(weight=weight):
                await held.enter_async_context(self.context.gate.passed(weight))
                return Granted()
            case Reach(host=host, port=port):
                return Reached(addresses=tuple(await self.context.require_public(host, port)))
            case Renew(name=name):
                return Renewed(secret=await self._renew(name, wanted.number))
            case Token(origin=origin, refused=refused):
                fetch = partial(self._exchange, wanted.number, None)
                token = await self.context.access_token(origin, fetch, refused=refused)
                return Renewed(secret=token)
            case _ as never:
                assert_never(never)

    async def _send(self, send: Send, number: int, held: AsyncExitStack) -> Answered:
        request = httpx.Request(
            send.method,
            send.url,
            headers=list(send.headers),
            content=send.body,
            extensions={"timeout": dict(send.timeout)},
        )
        set_terms(request, send.terms)
        with unlogged():
            answer = await self.context.transport.handle_async_request(request)
        held.push_async_callback(answer.aclose)
        if not answer.is_stream_consumed:
            self._bodies[number] = answer.aiter_raw()
            held.callback(self._bodies.pop, number)
        return Answered(
            status=answer.status_code,
            headers=tuple(answer.headers.raw),
            body=answer.content if answer.is_stream_consumed else None,
            received_at=self.context.gate.clock.now(),
        )

    async def _renew(self, name: str, number: int) -> str:
        async def renew(newest: str) -> str:
            now = self.context.gate.clock.now()
            successor, _ = await self._exchange(number, newest, now)
            return successor

        return await self.context.renew_secret(name, renew)

    async def _exchange(
        self, number: int, newest: str | None, now: datetime
    ) -> tuple[str, timedelta | None]:
        """Have the child exchange a secret, or fetch a token, and give how long that lasts."""
        told: asyncio.Future[Renewed | Failure] = asyncio.get_running_loop().create_future()
        self._exchanges[number] = told
        self.tell(Exchange(number=number, newest=newest, now=now))
        try:
            outcome = await told
        finally:
            del self._exchanges[number]
        if isinstance(outcome, Failure):
            raise outcome.again()
        return outcome.secret, outcome.lasts
