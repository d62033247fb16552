"""The context that an author gets in the child: the host is asked for all that it gives."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Final, TypeVar

import httpx

from journey_atlas_sdk.errors import ConfigError, ConnectorBug, ConnectorError
from journey_atlas_sdk.hosting.answers import SourceResponse
from journey_atlas_sdk.hosting.apart.failures import Failure, failure_of
from journey_atlas_sdk.hosting.apart.messages import (
    Answer,
    Answered,
    Ask,
    Call,
    Drop,
    Exchange,
    Exchanged,
    FromChild,
    Granted,
    Logged,
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
    Wish,
)
from journey_atlas_sdk.hosting.client import open_client
from journey_atlas_sdk.hosting.installed import installed_program
from journey_atlas_sdk.hosting.pulling import surprise
from journey_atlas_sdk.hosting.redaction import Redactor
from journey_atlas_sdk.terms import terms_of

T = TypeVar("T")
V = TypeVar("V", Answered, Granted, Piece, Reached, Renewed)

Exchanging = Callable[[Exchange], Awaitable[tuple[str, timedelta | None]]]

_numbers: Final = count(1)  # never the same twice: a late answer is nobody else's


@dataclass(slots=True, kw_only=True)
class Lent:
    """A Context of the SDK, for one call of the connector `key`.

    `say` tells the host something, from any thread. `present` is the moment of the host's last
    message.
    """

    key: str
    say: Callable[[FromChild], None]
    http: httpx.AsyncClient = field(init=False)
    log: logging.Logger
    secrets: Mapping[str, str] = field(repr=False)
    redactor: Redactor
    present: datetime
    programs: Path | None
    over: bool = False
    _awaited: dict[int, asyncio.Future[Value]] = field(
        default_factory=dict[int, asyncio.Future[Value]]
    )
    _exchanging: dict[int, Exchanging] = field(default_factory=dict[int, Exchanging])

    def __post_init__(self) -> None:
        """Make the client."""
        self.http = open_client(_LentTransport(self))

    def secret(self, name: str) -> str:
        """Give the value of a secret setting; ConfigError where none is set."""
        if name not in self.secrets:
            message = f"The secret {name!r} is not set."
            raise ConfigError(message)
        return self.secrets[name]

    async def renew_secret(self, name: str, renew: Callable[[str], Awaitable[str]]) -> str:
        """Have the host exchange a secret, by `renew`, and give its successor."""

        async def exchange(wanted: Exchange) -> tuple[str, None]:
            return await renew(wanted.newest or ""), None

        return await self._kept_by_the_host(Renew(name=name), exchange)

    async def access_token(
        self,
        origin: Sequence[str],
        fetch: Callable[[datetime], Awaitable[tuple[str, timedelta | None]]],
        *,
        refused: str | None = None,
    ) -> str:
        """Give the token that comes from `origin`, fetched by `fetch` and kept by the host."""

        async def exchange(wanted: Exchange) -> tuple[str, timedelta | None]:
            return await fetch(wanted.now)

        return await self._kept_by_the_host(Token(origin=tuple(origin), refused=refused), exchange)

    def now(self) -> datetime:
        """Give the product's moment as the host told it last."""
        return self.present

    def cancelled(self) -> bool:
        """Say whether nobody waits any more."""
        return self.over

    async def blocking(self, call: Callable[[], T], *, weight: int = 1) -> T:
        """Run a blocking call in a thread, in its turn."""
        turn = self.holding(Turn(weight=weight), Granted) if weight else nullcontext()
        async with turn:
            return await asyncio.to_thread(call)

    async def require_public(self, host: str, port: int) -> list[str]:
        """Give the addresses of a host that a driver may connect to, and to no others."""
        async with self.holding(Reach(host=host, port=port), Reached) as reached:
            return list(reached.addresses)

    def program(self, name: str) -> Path:
        """Give a program of the operator's folder; ConfigError where it has none of that name."""
        return installed_program(self.programs, name)

    async def _kept_by_the_host(self, wish: Renew | Token, exchange: Exchanging) -> str:
        number = next(_numbers)
        self._exchanging[number] = exchange
        try:
            async with self.holding(wish, Renewed, number=number) as renewed:
                self.redactor.learn(renewed.secret)
                return renewed.secret
        finally:
            del self._exchanging[number]

    @asynccontextmanager
    async def holding(
        self, wish: Wish, kind: type[V], *, number: int | None = None
    ) -> AsyncGenerator[V]:
        """Ask the host for something, and hold it while this is open."""
        if self.over:
            message = "The call is over: its context can't be used any more."
            raise ConnectorBug(message)
        number = number or next(_numbers)
        answer = self._awaited[number] = asyncio.get_running_loop().create_future()
        self.say(Ask(number=number, wish=wish))
        try:
            value = await answer
            if isinstance(value, Failure):
                raise value.again()
            if not isinstance(value, kind):
                message = f"The host answers {type(wish).__name__} with {type(value).__name__}."
                raise TypeError(message)
            yield value
        finally:
            del self._awaited[number]
            self.say(Drop(number=number))

    def hear(self, answer: Answer) -> None:
        """Take an answer; one that nobody waits for any more is left."""
        self.present = answer.now
        waiting = self._awaited.get(answer.number)
        if waiting is not None and not waiting.done():
            waiting.set_result(answer.value)

    async def exchange(self, wanted: Exchange) -> None:
        """Exchange a secret as the author wants it, and tell the host what came of it."""
        self.redactor.learn(wanted.newest or "")
        try:
            secret, lasts = await self._exchanging[wanted.number](wanted)
            outcome: Renewed | Failure = Renewed(secret=secret, lasts=lasts)
        except ConnectorError as error:
            outcome = failure_of(error)
        except Exception as error:  # noqa: BLE001 -- a stranger's code may raise anything
            outcome = failure_of(surprise(self.key, error, self.redactor))
        self.say(Exchanged(number=wanted.number, outcome=outcome))


def lent_for(call: Call, say: Callable[[FromChild], None]) -> Lent:
    """Make the context of a call."""
    log = logging.Logger(call.connection, call.log_level)  # noqa: LOG001 -- of this call alone
    redactor = Redactor(call.secrets.values())
    lent = Lent(
        key=call.key,
        say=say,
        log=log,
        secrets=call.secrets,
        redactor=redactor,
        present=call.now,
        programs=call.programs,
    )
    log.addHandler(_ToTheHost(lent))
    return lent


class _ToTheHost(logging.Handler):
    """Hands what an author logs to the host, which blacks the secrets out."""

    def __init__(self, lent: Lent) -> None:
        super().__init__()
        self._lent = lent

    def emit(self, record: logging.LogRecord) -> None:
        if not self._lent.over:  # a thread left over would speak into the next call's log
            self._lent.say(Logged(level=record.levelno, text=self.format(record)))


class _LentTransport(httpx.AsyncBaseTransport):
    """Has the host send requests."""

    def __init__(self, lent: Lent) -> None:
        self._lent = lent

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        wish = Send(
            method=request.method,
            url=str(request.url),
            headers=tuple(request.headers.raw),
            body=await request.aread(),
            terms=terms_of(request.extensions),
            timeout=request.extensions.get("timeout", {}),
        )
        number = next(_numbers)
        async with AsyncExitStack() as held:
            holding = self._lent.holding(wish, Answered, number=number)
            answered = await held.enter_async_context(holding)
            if answered.body is None:
                stream: httpx.AsyncByteStream = _Body(self._lent, number, held.pop_all())
            else:
                stream = httpx.ByteStream(answered.body)
        response = SourceResponse(answered.status, headers=list(answered.headers), stream=stream)
        response.received_at = answered.received_at
        return response


class _Body(httpx.AsyncByteStream):
    """A body that the host gives piece by piece."""

    def __init__(self, lent: Lent, number: int, held: AsyncExitStack) -> None:
        self._lent = lent
        self._number = number
        self._held = held

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            async with self._lent.holding(NextPiece(of=self._number), Piece) as piece:
                if piece.body is None:
                    return
            yield piece.body

    async def aclose(self) -> None:
        await self._held.aclose()
