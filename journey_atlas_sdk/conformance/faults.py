"""How a source may misbehave: one function for each way, to be put between it and the connector."""

import asyncio
import gzip
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import NoReturn

import httpx

from journey_atlas_sdk.conformance.virtual_time import asleep
from journey_atlas_sdk.conformance.wire import Answer, Ask, Fault, Sent

HTML = b"<!doctype html><html><title>Sign in</title><body>Please sign in.</body></html>"

Which = Callable[[Sent], bool]


def first(sent: Sent) -> bool:
    """Choose the first question."""
    return sent.number == 1


def every(sent: Sent) -> bool:
    """Choose every question."""
    return sent.number > 0


def answering(
    status: int,
    body: bytes = b"",
    *,
    which: Which = every,
    headers: Mapping[str, str] | None = None,
) -> Fault:
    """Answer in the source's place."""
    answer = Answer(status=status, headers=httpx.Headers(headers), body=body)

    async def fault(sent: Sent, ask: Ask) -> Answer:
        return answer if which(sent) else await ask()

    return fault


def spoiling(spoil: Callable[[Answer], Answer], *, which: Which = every) -> Fault:
    """Let the source answer, and change what it said."""

    async def fault(sent: Sent, ask: Ask) -> Answer:
        answer = await ask()
        return spoil(answer) if which(sent) else answer

    return fault


def reset(answer: Answer) -> Answer:
    """Break the connection off in mid-body."""
    return replace(answer, breaks_off=True)


def truncated(answer: Answer) -> Answer:
    """Leave the last third of the body out."""
    return _with_body(answer, answer.body[: len(answer.body) * 2 // 3])


def html(answer: Answer) -> Answer:
    """Give a page to sign in, as proxies do."""
    headers = httpx.Headers({"Content-Type": "text/html; charset=utf-8"})
    return replace(answer, status=200, headers=headers, body=HTML)


def empty(answer: Answer) -> Answer:
    """Give nothing at all, and call it a success."""
    return replace(_with_body(answer, b""), status=200)


def wrong_gzip(answer: Answer) -> Answer:
    """Say that it is gzip, and cut it off."""
    packed = gzip.compress(answer.body or b"nothing")
    headers = httpx.Headers(answer.headers)
    headers["Content-Encoding"] = "gzip"
    return _with_body(replace(answer, headers=headers), packed[: len(packed) // 2])


async def silence(sent: Sent, ask: Ask) -> Answer:
    """Never answer: the client's own patience ends it, or nothing does."""
    del ask
    timeouts: Mapping[str, float | None] = sent.request.extensions.get("timeout", {})
    patience = timeouts.get("read")
    with asleep():
        if patience is None:
            await asyncio.Event().wait()
        await asyncio.sleep(patience or 0)
    message = "No answer came."
    raise httpx.ReadTimeout(message)


async def nobody_there(sent: Sent, ask: Ask) -> NoReturn:
    """Refuse the connection."""
    del ask
    message = f"Nobody listens at {sent.request.url.host}."
    raise httpx.ConnectError(message)


def _with_body(answer: Answer, body: bytes) -> Answer:
    headers = httpx.Headers(answer.headers)
    if "Content-Length" in headers:
        headers["Content-Length"] = str(len(body))
    return replace(answer, headers=headers, body=body)
