"""How long a source asks to be left alone, in each of the six forms in which sources say so.

| form | as in |
| --- | --- |
| seconds | `Retry-After: 4` |
| an HTTP date | `Retry-After: Sun, 22 Nov 2026 12:00:04 GMT` |
| an epoch | `X-RateLimit-Reset: 1795348804` (GitHub) |
| seconds left | `ratelimit-reset: 4` (Zendesk), `X-Ratelimit-App-Global-Day-Reset` (SurveyMonkey) |
| ISO 8601 | `X-RateLimit-Reset: 2026-11-22T12:00Z` (Jira) |
| structured | `RateLimit: "project";r=0;t=3600` (Mixpanel) |
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

import httpx

LONGEST_WAIT: Final = timedelta(days=7)
"""What a source may ask for at most; more is its mistake, and would silence it for good."""

_A_CLOCK_OF_THIS_WORLD: Final = timedelta(hours=1)
_FIRST_EPOCH: Final = 1_000_000_000
_FIRST_EPOCH_OF_MILLISECONDS: Final = 100_000_000_000
_NUMBER: Final = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_RESET: Final = re.compile(r"(?P<limit>(?:.*-)?rate-?limit(?:-.*)?)-reset(?:-after)?")
_STRUCTURED: Final = re.compile(r"(?:.*-)?ratelimit")
_QUOTED: Final = re.compile(r'"[^"]*"')
_LEFT: Final = re.compile(r"\br\s*=\s*([0-9]+)")
_SECONDS: Final = re.compile(r"\bt\s*=\s*([0-9]+)")


def wait_of_refusal(headers: httpx.Headers, now: datetime) -> timedelta | None:
    """Give the longest wait that a refused request's headers ask for; None: they ask for none.

    A limit of which something is left is not the one that refused, so its reset doesn't count.
    """
    waits = [retry_after(headers, now), *_resets(headers, now), *_structured(headers)]
    return max((wait for wait in waits if wait is not None), default=None)


def retry_after(headers: httpx.Headers, now: datetime) -> timedelta | None:
    """Read Retry-After alone, which holds for every status; None where it says nothing legible."""
    written = headers.get("Retry-After")
    return None if written is None else _wait(written, _now_there(headers, now))


def is_limited(headers: httpx.Headers, now: datetime) -> bool:
    """Say whether a refusal (403) stands for a limit, rather than for a lack of rights."""
    return "Retry-After" in headers or wait_of_refusal(headers, now) is not None


def _resets(headers: httpx.Headers, now: datetime) -> Iterator[timedelta | None]:
    for name, written in headers.items():
        found = _RESET.fullmatch(name.lower())
        if found and _nothing_is(headers.get(f"{found['limit']}-remaining")):
            yield _wait(written, _now_there(headers, now))


def _nothing_is(left: str | None) -> bool:
    """Say whether nothing is left, or nobody tells."""
    return left is None or not _NUMBER.fullmatch(left.strip()) or float(left) == 0


def _structured(headers: httpx.Headers) -> Iterator[timedelta]:
    for name, written in headers.items():
        if not _STRUCTURED.fullmatch(name.lower()):
            continue
        for policy in _QUOTED.sub("", written).split(","):
            left, seconds = _LEFT.search(policy), _SECONDS.search(policy)
            if seconds and (left is None or int(left[1]) == 0):
                yield _bounded(float(seconds[1]))


def _wait(written: str, now: datetime) -> timedelta | None:
    """Read seconds or a moment, whichever it is; a moment gone by is no wait."""
    written = written.strip()
    if _NUMBER.fullmatch(written):
        return _of_number(float(written), now)
    moment = _iso(written) or _http_date(written)
    return None if moment is None else _bounded((moment - now).total_seconds())


def _of_number(number: float, now: datetime) -> timedelta:
    """Tell seconds from an epoch by its size: as seconds it would be thirty years."""
    if number < _FIRST_EPOCH:
        return _bounded(number)
    epoch = number / 1000 if number >= _FIRST_EPOCH_OF_MILLISECONDS else number
    return _bounded(epoch - now.timestamp())


def _bounded(seconds: float) -> timedelta:
    return timedelta(seconds=min(max(seconds, 0), LONGEST_WAIT.total_seconds()))


def _iso(written: str) -> datetime | None:
    try:
        return _aware(datetime.fromisoformat(written))
    except ValueError:
        return None


def _http_date(written: str) -> datetime | None:
    try:
        return _aware(parsedate_to_datetime(written))
    except ValueError:
        return None


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _now_there(headers: httpx.Headers, now: datetime) -> datetime:
    """Give the earlier of our moment and the source's own (`Date`): clocks differ by seconds.

    One that differs by an hour is a test's.
    """
    theirs = _http_date(headers.get("Date", ""))
    if theirs is None or abs(theirs - now) > _A_CLOCK_OF_THIS_WORLD:
        return now
    return min(theirs, now)
