"""The contract: what a connector may use."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol, TypeVar

import httpx

T = TypeVar("T")


class Context(Protocol):
    """What the host lends a connector for one call."""

    @property
    def http(self) -> httpx.AsyncClient:
        """A client that waits its turn, retries what is safe, and names what goes wrong.

        Never close it, never make another. What it does is told in docs/plugin-authors/http.md.
        """
        ...

    @property
    def log(self) -> logging.Logger:
        """A logger that names the connection and blacks its secrets out."""
        ...

    def secret(self, name: str) -> str:
        """Give the value of a Secret setting; ConfigError where none is set."""
        ...

    async def renew_secret(self, name: str, renew: Callable[[str], Awaitable[str]]) -> str:
        """Exchange a Secret setting for its successor, which the host keeps, and give that.

        `renew` gets the newest value and gives the next: a refresh token that can be used once. It
        runs for one caller at a time.
        """
        ...

    async def access_token(
        self,
        origin: Sequence[str],
        fetch: Callable[[datetime], Awaitable[tuple[str, timedelta | None]]],
        *,
        refused: str | None = None,
    ) -> str:
        """Give a token that is kept in memory between calls: the one of `origin`, or a new one.

        `origin` is all that the token comes from, secrets too. `fetch` gets the moment by which
        services go, which `now()` isn't where the product's clock stands still, and gives a token
        and how long it lasts, None: until it is refused. It runs for one caller at a time, where
        there is no token, shortly before its end, and where the one there is was `refused`.
        """
        ...

    def now(self) -> datetime:
        """Give the present moment, aware."""
        ...

    def cancelled(self) -> bool:
        """Say whether nobody waits any more; a long plain loop should ask, and end."""
        ...

    async def blocking(self, call: Callable[[], T], *, weight: int = 1) -> T:
        """Run a blocking call (a driver, a file) in a thread, in its turn and under the deadline.

        `weight` is how many requests of the source's limits it counts for; 0: it asks the source
        nothing.
        """
        ...

    async def require_public(self, host: str, port: int) -> Sequence[str]:
        """Give the addresses of a host that a driver may connect to, and to no others.

        ConfigError where one is in a private network that the settings don't allow.
        """
        ...

    def program(self, name: str) -> Path:
        """Give a program that the server's operator lends to connectors; see `programs`.

        ConfigError where there is none of that name: settings choose among them, and name no path.
        """
        ...
