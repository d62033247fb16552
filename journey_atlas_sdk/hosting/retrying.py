"""Whether a request may go once more, and when."""

from collections.abc import Callable
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final

import httpx

from journey_atlas_sdk.errors import ConnectorError, TransientError
from journey_atlas_sdk.hosting.failures import is_passing, is_refused_by_a_limit, wait_of
from journey_atlas_sdk.terms import terms_of

MOST_TRIES: Final = 5
FIRST_BACKOFF: Final = timedelta(seconds=1)
LONGEST_BACKOFF: Final = timedelta(seconds=30)

UNSAID: Final = timedelta(seconds=10)
"""How long a source is left alone that asks to slow down and doesn't say for how long; after its
second refusal in a row twice as long, and so on."""

Jitter = Callable[[float], float]
"""Gives a number from 0 to the given one, at random."""

Outcome = httpx.Response | ConnectorError
"""What came of a request: an answer with any status, or that there was none."""

_IDEMPOTENT: Final = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"})
_NEVER_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


def may_repeat(request: httpx.Request, outcome: Outcome, now: datetime) -> bool:
    """Say whether sending a request once more is safe, and could help.

    Always where the source did nothing: it was never reached, or refused by a limit.
    """
    if not isinstance(request.stream, httpx.ByteStream):  # a stream is spent by sending it
        return False
    terms = terms_of(request.extensions)
    is_safe = terms.repeatable or request.method in _IDEMPOTENT
    if isinstance(outcome, httpx.Response):
        is_limited = is_refused_by_a_limit(outcome, now)
        # Who expects a 403 means rights: one that is a limit is as good as a 429.
        is_expected = outcome.status_code in terms.expect
        if is_expected and not (is_limited and outcome.status_code == HTTPStatus.FORBIDDEN):
            return False
        return is_limited or (is_safe and is_passing(outcome))
    is_passing_error = isinstance(outcome, TransientError)
    return is_passing_error and (is_safe or isinstance(outcome.__cause__, _NEVER_SENT))


def wait_asked_for(outcome: Outcome, tries: int, now: datetime) -> timedelta | None:
    """Give how long the source wants to be left alone; None: it doesn't. `tries` counts from 1."""
    if not isinstance(outcome, httpx.Response):
        return None
    wait = wait_of(outcome, now)
    if wait is None and is_refused_by_a_limit(outcome, now):
        return UNSAID * (1 << (tries - 1))
    return wait


def backoff(tries: int, jitter: Jitter) -> timedelta:
    """Give how long to wait after so many tries: at random, so that callers don't come together."""
    most = min(LONGEST_BACKOFF, FIRST_BACKOFF * (1 << (tries - 1)))
    return timedelta(seconds=jitter(most.total_seconds()))
