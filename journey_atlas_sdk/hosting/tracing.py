"""What went over the wire, told to whoever wants to look on; secrets are blacked out."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from textwrap import indent
from typing import Final

import httpx

from journey_atlas_sdk.hosting.redaction import BLACKED_OUT, Redactor
from journey_atlas_sdk.terms import terms_of

_LONGEST_BODY: Final = 20_000
_CREDENTIAL: Final = re.compile(r"auth|cookie|token|secret|key|signature", re.IGNORECASE)
_TOKEN: Final = re.compile(r'("\w*token"\s*:\s*")[^"]+')


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request over the wire and what came back; a retried one is another exchange.

    `weight` is what it took from the budget of that name. `status` None: nothing came back, and
    `answer` tells why. `received` is how many bytes the body has, unpacked. Bodies are cut short;
    `answer` and `received` are None where the connector reads the body as it comes.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: str
    seconds: float
    budget: str
    weight: int
    status: int | None
    answer_headers: Mapping[str, str]
    answer: str | None
    received: int | None

    def __str__(self) -> str:
        """Tell it in one line, without headers and bodies."""
        answered = self.answer if self.status is None else str(self.status)
        size = "" if self.received is None else f", {self.received:,} bytes"
        took = f"{self.weight} from the budget {self.budget}"
        return f"{self.method} {self.url}: {answered} in {self.seconds:.3f} s{size}, {took}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """The host waits before the next request; `reason` says why."""

    seconds: float
    reason: str

    def __str__(self) -> str:
        """Tell it in one line."""
        return f"waits {self.seconds:.3f} s: {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A call failed; `detail` is for the connector's author: where it happened, what came."""

    code: str
    message: str
    detail: str | None

    def __str__(self) -> str:
        """Tell it in one line, with the detail in those below."""
        detail = "" if self.detail is None else f"\n{indent(self.detail.rstrip(), '    ')}"
        return f"fails ({self.code}): {self.message}{detail}"


Event = Exchange | Wait | Failure
Trace = Callable[[Event], None]
"""Is told what happens; it neither blocks nor raises."""


def exchange(
    request: httpx.Request,
    outcome: httpx.Response | Exception,
    *,
    seconds: float,
    budget: str,
    redactor: Redactor,
) -> Exchange:
    """Tell of a request and its outcome."""
    answer = outcome if isinstance(outcome, httpx.Response) else None
    return Exchange(
        method=request.method,
        url=redactor.text(str(request.url)),
        headers=_headers(request.headers, redactor),
        body=_body(request, redactor),
        seconds=seconds,
        budget=budget,
        weight=terms_of(request.extensions).weight,
        status=answer.status_code if answer else None,
        answer_headers=_headers(answer.headers, redactor) if answer else {},
        answer=_answer(outcome, redactor),
        received=len(answer.content) if answer and answer.is_stream_consumed else None,
    )


def _headers(headers: httpx.Headers, redactor: Redactor) -> dict[str, str]:
    return {
        name: BLACKED_OUT if _CREDENTIAL.search(name) else redactor.text(value)
        for name, value in headers.items()
    }


def _body(request: httpx.Request, redactor: Redactor) -> str:
    is_known = isinstance(request.stream, httpx.ByteStream)
    return _shown(request.content, redactor) if is_known else "…"


def _answer(outcome: httpx.Response | Exception, redactor: Redactor) -> str | None:
    if isinstance(outcome, Exception):
        return redactor.text(str(outcome))
    return _shown(outcome.content, redactor) if outcome.is_stream_consumed else None


def _shown(body: bytes, redactor: Redactor) -> str:
    # Cut again afterwards: half a secret at the first cut would not be known for one.
    text = redactor.text(body[: 4 * _LONGEST_BODY].decode("utf-8", "replace"))
    return _TOKEN.sub(rf"\1{BLACKED_OUT}", text)[:_LONGEST_BODY]
