"""Keeps access tokens between the calls of a connection, in this process's memory alone."""

import asyncio
import hashlib
import json
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from journey_atlas_sdk.hosting.clock import Clock

Fetch = Callable[[datetime], Awaitable[tuple[str, timedelta | None]]]
"""Fetches a token at a moment, and tells how long it lasts; None: until it is refused."""

MOST_KEPT: Final = 8
"""Tokens of one connection; of more the oldest goes."""

_EARLY: Final = timedelta(seconds=30)
"""How long before its end a token is used no more."""


@dataclass(slots=True)
class _Kept:
    """A token, if there is one; whoever fetches it holds the lock."""

    token: str | None = field(default=None, repr=False)
    ends_at: datetime | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    def is_over(self, now: datetime) -> bool:
        return self.ends_at is not None and now >= self.ends_at


class Tokens:
    """The access tokens of all connections that this process asks."""

    def __init__(self) -> None:
        """Keep nothing yet."""
        self._kept: defaultdict[str, dict[str, _Kept]] = defaultdict(dict)

    async def get(
        self,
        connection: str,
        origin: Sequence[str],
        fetch: Fetch,
        *,
        clock: Clock,
        refused: str | None = None,
    ) -> str:
        """Give the token of an origin, another than that which was refused.

        `origin` is all that a token comes from, secrets too: where any of it changes, another token
        is fetched. One caller fetches, the others wait for what he gets.
        """
        kept = self._of(connection, origin)
        async with kept.lock:
            now = clock.now()
            if kept.token is None or kept.token == refused or kept.is_over(now):
                kept.token, lasts = await fetch(now)
                kept.ends_at = None if lasts is None else now + lasts - _EARLY
            return kept.token

    def forget(self, connection: str) -> None:
        """Keep none of a connection's any longer."""
        self._kept.pop(connection, None)

    def _of(self, connection: str, origin: Sequence[str]) -> _Kept:
        there = self._kept[connection]
        digest = hashlib.sha256(json.dumps(list(origin)).encode()).hexdigest()
        if digest not in there and len(there) >= MOST_KEPT:
            del there[next(iter(there))]
        return there.setdefault(digest, _Kept())
