"""How a request goes over the wire: in its turn, and again where that is safe."""

from contextlib import AsyncExitStack
from datetime import timedelta

import httpx

from journey_atlas_sdk.errors import ConfigError, ConnectorError
from journey_atlas_sdk.hosting.answers import answer_to_stream, named, read_answer
from journey_atlas_sdk.hosting.gate import Gate
from journey_atlas_sdk.hosting.redaction import Redactor
from journey_atlas_sdk.hosting.retrying import (
    MOST_TRIES,
    Jitter,
    Outcome,
    backoff,
    may_repeat,
    wait_asked_for,
)
from journey_atlas_sdk.hosting.tracing import exchange
from journey_atlas_sdk.terms import terms_of


class HostTransport(httpx.AsyncBaseTransport):
    """Sends through another transport, as the source's limits and the call's deadline allow.

    What comes back is an answer, whatever its status, once there is no use in trying again. Raises
    ConnectorErrors: TransientError where there was no whole answer, DataError where it was too long
    or badly packed, RateLimited and QuotaExhausted where its turn comes too late.
    """

    def __init__(
        self,
        inner: httpx.AsyncBaseTransport,
        gate: Gate,
        *,
        redactor: Redactor,
        jitter: Jitter,
    ) -> None:
        """Take what it works with; closing it closes `inner`."""
        self._inner = inner
        self._gate = gate
        self._redactor = redactor
        self._jitter = jitter

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request until it is answered for good."""
        if request.url.scheme not in ("http", "https"):
            message = f"Only http:// and https:// are asked, not {request.url.scheme}:."
            raise ConfigError(message)
        _, _, credential = request.headers.get("Authorization", "").partition(" ")
        self._redactor.learn(credential)
        tries, outcome = 1, await self._try(request)
        while await self._may_try_again(request, outcome, tries):
            tries, outcome = tries + 1, await self._try(request)
        if isinstance(outcome, ConnectorError):
            raise outcome
        return outcome

    async def aclose(self) -> None:
        """Close the transport underneath."""
        await self._inner.aclose()

    async def _try(self, request: httpx.Request) -> Outcome:
        terms, clock = terms_of(request.extensions), self._gate.clock
        async with AsyncExitStack() as held:
            await held.enter_async_context(self._gate.passed(terms.weight))
            started = clock.monotonic()
            outcome = await self._send(request, held)
            self._tell(request, outcome, clock.monotonic() - started)
            return outcome

    def _tell(self, request: httpx.Request, outcome: Outcome, seconds: float) -> None:
        if self._gate.trace:
            told = exchange(
                request, outcome, seconds=seconds, budget=self._gate.key, redactor=self._redactor
            )
            self._gate.trace(told)

    async def _send(self, request: httpx.Request, held: AsyncExitStack) -> Outcome:
        terms = terms_of(request.extensions)
        most = terms.max_bytes
        try:
            with named(request.url):
                raw = await self._inner.handle_async_request(request)
            held.push_async_callback(raw.aclose)
            if terms.is_streamed and raw.is_success:
                answer = answer_to_stream(raw, request.url, max_bytes=most, held=held.pop_all())
            else:
                answer = await read_answer(raw, request.url, max_bytes=most)
        except ConnectorError as error:
            return error
        answer.request, answer.received_at = request, self._gate.clock.now()
        return answer

    async def _may_try_again(self, request: httpx.Request, outcome: Outcome, tries: int) -> bool:
        """Decide whether to try again, and wait until then; the source's wish holds for all."""
        now = self._gate.clock.now()
        asked = wait_asked_for(outcome, tries, now)
        if asked:
            await self._gate.pause(asked)
        if tries == MOST_TRIES or not may_repeat(request, outcome, now):
            return False
        wait = max(asked or timedelta(0), backoff(tries, self._jitter))
        if not self._gate.fits(wait):
            return False
        await self._gate.wait(wait, _reason(outcome, is_asked_for=asked is not None))
        return True


def _reason(outcome: Outcome, *, is_asked_for: bool) -> str:
    seen = f"{outcome.status_code}" if isinstance(outcome, httpx.Response) else "no whole answer"
    return f"the source asks for it after {seen}" if is_asked_for else f"tries again after {seen}"
