"""What an author tells the host about one request, where what the host does anyway won't do.

It travels in a request's `extensions`, which any httpx client passes over that isn't the host's:

    await context.http.post(url, json=query, extensions=terms(repeatable=True))
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx

MAX_BYTES: Final = 50_000_000

_KEY: Final = "journey_atlas"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The terms of one request. `is_streamed` is the host's own: the caller reads the body."""

    repeatable: bool = False
    expect: frozenset[int] = frozenset()
    weight: int = 1
    max_bytes: int = MAX_BYTES
    is_streamed: bool = False


def terms(
    *,
    repeatable: bool = False,
    expect: Iterable[int] = (),
    weight: int = 1,
    max_bytes: int = MAX_BYTES,
) -> dict[str, Any]:  # Any: what httpx calls extensions
    """Give the `extensions` of a request.

    `repeatable`: sending it twice does no harm, so it may be retried though it is, say, a POST that
    asks a question. `expect`: statuses that the author reads himself; others are named for him.
    `weight`: how many requests it counts for. `max_bytes`: of the body, unpacked.
    """
    given = Terms(
        repeatable=repeatable, expect=frozenset(expect), weight=weight, max_bytes=max_bytes
    )
    return {_KEY: given}


def terms_of(extensions: Mapping[str, Any]) -> Terms:  # Any: the same
    """Read the terms from a request's extensions; the usual ones where it names none."""
    found = extensions.get(_KEY)
    return found if isinstance(found, Terms) else Terms()


def set_terms(request: httpx.Request, terms: Terms) -> None:
    """Give a request other terms."""
    request.extensions[_KEY] = terms
