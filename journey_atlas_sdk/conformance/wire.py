"""What lies between a connector and its source: requests are noted, answers can be spoilt."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import unquote_plus

import httpx

from journey_atlas_sdk.hosting.cassettes import raw_body
from journey_atlas_sdk.terms import terms_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A request as it reached the source: the how manieth question, from 1, when, and all of it.

    `number` 0: it asks for a token.
    """

    number: int
    at: datetime
    request: httpx.Request

    @property
    def line(self) -> str:
        """Method and address."""
        return f"{self.request.method} {self.request.url}"

    @property
    def weight(self) -> int:
        """How many requests it counts for, by its terms."""
        return terms_of(self.request.extensions).weight

    @property
    def same(self) -> tuple[str, str, bytes]:
        """What two requests share that ask for the same."""
        return self.request.method, str(self.request.url), self.request.content

    def holds(self, text: str) -> bool:
        """Say whether a text stands anywhere in it, as it is or percent-encoded."""
        everything = [
            str(self.request.url),
            *self.request.headers.values(),
            self.request.content.decode(errors="replace"),
        ]
        return any(text in part or text in unquote_plus(part) for part in everything)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer as it goes over the wire; where it breaks off, half of its body comes."""

    status: int = 200
    headers: httpx.Headers = field(default_factory=httpx.Headers)
    body: bytes = b""
    breaks_off: bool = False


Ask = Callable[[], Awaitable[Answer]]
"""Gives the source's own answer."""

Fault = Callable[[Sent, Ask], Awaitable[Answer]]
"""Answers a request in the source's place, or asks it and spoils what it says."""


async def no_fault(sent: Sent, ask: Ask) -> Answer:
    """Let the source answer."""
    del sent
    return await ask()


class FakeIsBroken(BaseException):
    """The specimen's own fake raised something; no connector's `except` may swallow it."""


class Endless(BaseException):
    """A connector asks and asks; no connector's `except` may swallow it."""


@dataclass(slots=True, kw_only=True)
class Wire(httpx.AsyncBaseTransport):
    """A transport to the fake of a source, whose answers to questions `fault` may spoil.

    `most` requests are let through before it is endless. `renews` is the path at which tokens are
    got, which is never spoilt; None: there is none.
    """

    source: httpx.AsyncBaseTransport
    now: Callable[[], datetime]
    fault: Fault = no_fault
    most: int = 5_000
    renews: str | None = None
    sent: list[Sent] = field(default_factory=list[Sent])

    @property
    def questions(self) -> list[Sent]:
        """The requests without those for a new token."""
        return [sent for sent in self.sent if sent.number]

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Note a request, and give the answer as a stream."""
        await request.aread()
        is_question = request.url.path != self.renews
        number = len(self.questions) + 1 if is_question else 0
        sent = Sent(number=number, at=self.now(), request=request)
        self.sent.append(sent)
        if len(self.sent) > self.most:
            message = f"{self.most} requests and no end: the last was {sent.line}"
            raise Endless(message)
        fault = self.fault if is_question else no_fault
        answer = await fault(sent, lambda: self._ask(request))
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer))

    async def _ask(self, request: httpx.Request) -> Answer:
        try:
            answer = await self.source.handle_async_request(request)
            body = await raw_body(answer)
        except Exception as error:  # the fake is its author's code, and may raise anything
            message = f"{request.method} {request.url}: {type(error).__name__}: {error}"
            raise FakeIsBroken(message) from error
        return Answer(status=answer.status_code, headers=answer.headers, body=body)


class _Body(httpx.AsyncByteStream):
    """The body of an answer, in two pieces."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    async def __aiter__(self) -> AsyncIterator[bytes]:
        half = len(self._answer.body) // 2
        yield self._answer.body[:half]
        if self._answer.breaks_off:
            message = "The connection was reset."
            raise httpx.ReadError(message)
        yield self._answer.body[half:]
