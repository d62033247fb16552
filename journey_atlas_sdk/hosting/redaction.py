"""Secrets blacked out of whatever a person may read: messages, logs, traces.

A source may send a secret back in another shape than it got it, so each is looked for as it is,
in base64 (also in the middle of a longer text), percent-encoded, and as JSON or Python write it.
"""

import base64
import json
import logging
import re
import traceback
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Final
from urllib.parse import parse_qsl, quote, quote_plus, unquote, urlsplit

from journey_atlas_sdk.errors import ConnectorError
from journey_atlas_sdk.texts import as_text

BLACKED_OUT: Final = "***"

_LONGEST_MESSAGE: Final = 2_000
_LONGEST_DETAIL: Final = 4_000

_SHORTEST: Final = 4
"""Shorter ones are not looked for: they'd black out half of every word, and keep nothing secret."""

_JWT: Final = r"eyJ[\w-]{10,}\.[\w-]+\.[\w-]*"
"""What a JSON Web Token looks like: whoever signed it, it is nobody else's to read."""

_SHORTEST_LINE: Final = 16
_LOOKS_SECRET: Final = re.compile(r"pass|secret|token|key|sig", re.IGNORECASE)
Json = str | float | None | list["Json"] | dict[str, "Json"]

_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)


class Redactor(logging.Filter):
    """Knows some secrets and blacks them out; a filter of a log, too."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        """Learn these secrets."""
        super().__init__()
        self._shapes: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        for secret in secrets:
            self.learn(secret)

    def learn(self, secret: str) -> None:
        """Black out one more secret from now on, and what in it is a secret of its own."""
        shapes = {shape for part in _parts(secret) for shape in _shapes(part)}
        if shapes <= self._shapes:
            return
        self._shapes |= shapes
        self._pattern = None

    def text(self, text: str) -> str:
        """Give a text without the secrets."""
        if self._pattern is None:  # a key file's takes a tenth of a second, and few calls tell any
            longest_first = sorted(self._shapes, key=lambda shape: (-len(shape), shape))
            written = "|".join((*map(re.escape, longest_first), _JWT))
            self._pattern = re.compile(written, re.IGNORECASE)
        return self._pattern.sub(BLACKED_OUT, text)

    def scrub(self, error: ConnectorError) -> None:
        """Take the secrets out of an error, then what can't be kept or is too long to be read."""
        error.message = self._shown(error.message, _LONGEST_MESSAGE)
        if error.detail is not None:
            error.detail = self._shown(error.detail, _LONGEST_DETAIL)
        error.args = (error.message,)

    def _shown(self, text: str, most: int) -> str:
        """Cut a text only when it holds no secret any more: half of one is one, too."""
        whole = as_text(self.text(text))
        return whole if len(whole) <= most else f"{whole[:most]}…"

    def told(self, error: BaseException) -> str:
        """Tell an exception with the lines that raised it, without the secrets."""
        return self.text("".join(traceback.format_exception(error)))

    def filter(self, record: logging.LogRecord) -> bool:
        """Take the secrets out of a record of the log, its exception included."""
        record.msg, record.args = self.text(record.getMessage()), None
        if record.exc_info:
            _, error, _ = record.exc_info
            record.exc_text = self.told(error) if error else None
            record.exc_info = None
        return True


def _parts(secret: str) -> Iterator[str]:
    """Give a secret, and what in it is secret by itself: a URL's password, a key file's key."""
    yield secret
    yield from (line for line in secret.splitlines() if len(line.strip()) >= _SHORTEST_LINE)
    with suppress(ValueError):  # it only looked like a URL, or like JSON
        if _SCHEME.match(secret):
            yield from _parts_of_url(secret)
        elif secret.lstrip().startswith("{"):
            yield from _parts_of_json(json.loads(secret))


def _parts_of_url(secret: str) -> Iterator[str]:
    url = urlsplit(secret.strip())
    if url.password:
        yield url.password
        yield unquote(url.password)
    yield from (value for name, value in parse_qsl(url.query) if _LOOKS_SECRET.search(name))


def _parts_of_json(value: Json, name: str = "") -> Iterator[str]:
    """Give what is secret by its name, and the passwords of URLs, however deep they stand."""
    match value:
        case dict():
            for key, inner in value.items():
                yield from _parts_of_json(inner, key)
        case list():
            for inner in value:
                yield from _parts_of_json(inner, name)
        case str() if _LOOKS_SECRET.search(name):
            yield from _parts(value)
        case str() if _SCHEME.match(value):
            yield from _parts_of_url(value)
        case _:
            return


def _shapes(secret: str) -> Iterator[str]:
    """Give the shapes in which a secret may come back."""
    secret = secret.strip()
    if len(secret) < _SHORTEST:
        return
    yield secret
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield repr(secret)[1:-1]
    yield quote(secret)
    yield quote(secret, safe="")
    yield quote_plus(secret)
    for shift in range(3):
        encoded = _in_base64(secret.encode(), shift)
        yield encoded
        yield encoded.translate(str.maketrans("+/", "-_"))


def _in_base64(secret: bytes, shift: int) -> str:
    """Give what base64 makes of a secret that stands `shift` bytes (modulo 3) into a text.

    The characters at its ends, which depend on its neighbours too, are left out.
    """
    encoded = base64.b64encode(bytes(shift) + secret).decode("ascii")
    whole = (shift + len(secret)) * 8 // 6
    return encoded[(0, 2, 3)[shift] : whole]
