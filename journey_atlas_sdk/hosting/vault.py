"""Keeps the secrets that a source exchanges for new ones: a refresh token that can be used once."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol

Renew = Callable[[str], Awaitable[str]]
"""Exchanges a secret for its successor."""


class Vault(Protocol):
    """The renewed secrets of one connection."""

    async def renew(self, name: str, *, given: str, renew: Renew) -> str:
        """Exchange the newest value of a secret for its successor, keep that, and give it.

        `given` is the value in the connection's settings: where it changes, what came of the
        earlier one is forgotten. One exchange of a secret at a time, whoever else shares the vault;
        the successor is kept before anybody uses it.
        """
        ...


@dataclass(slots=True)
class _Kept:
    """What came of a secret; one who exchanges it holds the lock."""

    given: str | None = field(default=None, repr=False)
    newest: str = field(default="", repr=False)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class MemoryVault:
    """What one process renewed of a connection's, for as long as it lives. A `Vault`."""

    def __init__(self) -> None:
        """Keep nothing yet."""
        self._kept: defaultdict[str, _Kept] = defaultdict(_Kept)

    async def renew(self, name: str, *, given: str, renew: Renew) -> str:
        """Exchange the newest value of a secret for its successor, keep that, and give it."""
        kept = self._kept[name]
        async with kept.lock:
            newest = await renew(self.newest(name, given=given))
            kept.given, kept.newest = given, newest
            return newest

    def newest(self, name: str, *, given: str) -> str:
        """Give what came of a secret so far, itself where nothing did."""
        kept = self._kept[name]
        return kept.newest if kept.given == given else given
