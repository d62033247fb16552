"""Record what a real source answers, scrubbed of whatever is nobody's business, and replay it.

A recording goes between the host's transport and the source's; a replay stands in the source's
place, and needs no network. What is kept is text: method, address and body of each request, status,
headers and body of its answer. Credentials, e-mail addresses and IP addresses become others, the
same one always the same other, so that a connector that counts people counts as many.
"""

import gzip
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from ipaddress import ip_address
from typing import Any, Final, Self

import httpx

from journey_atlas_sdk.errors import DataError
from journey_atlas_sdk.hosting.redaction import BLACKED_OUT, Redactor

FORMAT: Final = "journey-atlas-cassette/1"

_EMAIL: Final = re.compile(r"[\w.+-]+(?:@|%40)[\w-]+(?:\.[\w-]+)+")
_ADDRESS: Final = re.compile(
    r"(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F:]*:[0-9a-fA-F:]+:[0-9a-fA-F.:]*)(?![\w.:])"
)
_CREDENTIAL: Final = re.compile(
    r"""(?P<before>["']?\b(?:access_token|refresh_token|id_token|client_secret|api_?key|assertion"""
    r"""|password|passwd|secret|session_?id)["']?\s*[:=]\s*["']?)(?P<value>[^"'&\s,}]+)""",
    re.IGNORECASE,
)
_KEPT_OF_A_REQUEST: Final = ("Accept", "Content-Type")
_DROPPED_OF_AN_ANSWER: Final = frozenset(
    {"set-cookie", "content-encoding", "content-length", "transfer-encoding", "connection"}
)


class NotRecorded(Exception):
    """A replay was asked for what its cassette doesn't hold, or not for all that it holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A request and its answer, scrubbed."""

    method: str
    url: str
    body: str
    status: int
    headers: tuple[tuple[str, str], ...]
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cassette:
    """What went over the wire, in order; `recorded_at` is when it began."""

    recorded_at: datetime
    exchanges: tuple[Exchange, ...]

    def to_json(self) -> str:
        """Write it as a file that people can read and compare."""
        told = {
            "format": FORMAT,
            "recorded_at": self.recorded_at.isoformat(),
            "exchanges": [asdict(each) for each in self.exchanges],
        }
        return json.dumps(told, indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read such a file; DataError where it is none."""
        try:
            told: dict[str, Any] = json.loads(text)  # Any: JSON
            if told["format"] != FORMAT:
                message = f"A cassette's format is {FORMAT}, not {told['format']}."
                raise DataError(message)
            return cls(
                recorded_at=datetime.fromisoformat(told["recorded_at"]),
                exchanges=tuple(_exchange(each) for each in told["exchanges"]),
            )
        except (ValueError, KeyError, TypeError) as error:
            message = f"This is no cassette: {error!r}."
            raise DataError(message) from error


def _exchange(told: dict[str, Any]) -> Exchange:  # Any: JSON
    headers = tuple((name, value) for name, value in told.pop("headers"))
    return Exchange(headers=headers, **told)


class Scrubber:
    """Takes out of texts what doesn't belong into a file that others read."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        """Know these secrets; others are learned from where they stand."""
        self._redactor = Redactor(secrets)
        self._known: dict[str, str] = {}

    def text(self, text: str) -> str:
        """Give a text with other people in it, and without secrets."""
        for found in _CREDENTIAL.finditer(text):
            self._redactor.learn(found["value"])
        text = self._redactor.text(_CREDENTIAL.sub(rf"\g<before>{BLACKED_OUT}", text))
        text = _EMAIL.sub(lambda found: self._other(found[0], "person-{}@example.invalid"), text)
        return _ADDRESS.sub(self._other_address, text)

    def alike(self, text: str) -> str:
        """Give what two texts share that differ in nothing but what is scrubbed."""
        text = self._redactor.text(_CREDENTIAL.sub(rf"\g<before>{BLACKED_OUT}", text))
        return _ADDRESS.sub("192.0.2.0", _EMAIL.sub("person@example.invalid", text))

    def _other_address(self, found: re.Match[str]) -> str:
        try:
            version = ip_address(found[0]).version
        except ValueError:  # a time of day, or a version number
            return found[0]
        return self._other(found[0], "192.0.2.{}" if version == 4 else "2001:db8::{}")  # noqa: PLR2004 -- IPv4

    def _other(self, real: str, form: str) -> str:
        if real in self._known.values():
            return real
        same_kind = sum(other.startswith(form.partition("{")[0]) for other in self._known.values())
        return self._known.setdefault(real, form.format(same_kind + 1))


class RecordingTransport(httpx.AsyncBaseTransport):
    """Sends through another transport and keeps, scrubbed, what went over the wire."""

    def __init__(
        self, inner: httpx.AsyncBaseTransport, scrubber: Scrubber, *, now: Callable[[], datetime]
    ) -> None:
        """Record from now on; closing it closes `inner`."""
        self._inner = inner
        self._scrubber = scrubber
        self._recorded_at = now()
        self._exchanges: list[Exchange] = []

    @property
    def cassette(self) -> Cassette:
        """What was recorded until now."""
        return Cassette(recorded_at=self._recorded_at, exchanges=tuple(self._exchanges))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and give the answer with its body as it came.

        DataError where a body is no text: nobody could look whether it may be shown.
        """
        answer = await self._inner.handle_async_request(request)
        raw = await raw_body(answer)
        text = self._scrubber.text
        self._exchanges.append(
            Exchange(
                method=request.method,
                url=text(str(request.url)),
                body=text(_as_text(await request.aread(), request.url)),
                status=answer.status_code,
                headers=tuple(
                    (name, text(value))
                    for name, value in answer.headers.multi_items()
                    if name.lower() not in _DROPPED_OF_AN_ANSWER
                ),
                answer=text(_as_text(_plain(raw, answer.headers), request.url)),
            )
        )
        return httpx.Response(
            answer.status_code,
            headers=answer.headers,
            stream=httpx.ByteStream(raw),
            extensions=answer.extensions,
        )

    async def aclose(self) -> None:
        """Close the transport underneath."""
        await self._inner.aclose()


class ReplayingTransport(httpx.AsyncBaseTransport):
    """Answers from a cassette, each exchange once; reaches nobody."""

    def __init__(self, cassette: Cassette, scrubber: Scrubber) -> None:
        """Play from the beginning."""
        self._left = list(cassette.exchanges)
        self._scrubber = scrubber

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Give the first answer that is left to such a request; NotRecorded where there is none."""
        body = _as_text(await request.aread(), request.url)
        asked = self._alike(request.method, str(request.url), body)
        for place, each in enumerate(self._left):
            if self._alike(each.method, each.url, each.body) == asked:
                del self._left[place]
                return httpx.Response(
                    each.status, headers=list(each.headers), content=each.answer.encode()
                )
        message = f"The cassette holds no answer to {request.method} {asked[1]}."
        raise NotRecorded(message)

    def require_played(self) -> None:
        """Raise NotRecorded where something that was recorded was not asked for."""
        if self._left:
            first = self._left[0]
            message = f"{len(self._left)} requests were not made, {first.method} {first.url} first."
            raise NotRecorded(message)

    def _alike(self, method: str, url: str, body: str) -> Sequence[str]:
        return method, self._scrubber.alike(url), self._scrubber.alike(body)


async def raw_body(answer: httpx.Response) -> bytes:
    """Give a body as it came over the wire."""
    if answer.is_stream_consumed:  # a transport that has its answers at hand
        return answer.content
    try:
        return b"".join([piece async for piece in answer.aiter_raw()])
    finally:
        await answer.aclose()


def _plain(raw: bytes, headers: httpx.Headers) -> bytes:
    return gzip.decompress(raw) if headers.get("Content-Encoding", "").lower() == "gzip" else raw


def _as_text(body: bytes, url: httpx.URL) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        message = f"{url.host} sends what is no text: it can't be recorded without its secrets."
        raise DataError(message) from error
