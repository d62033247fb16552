"""What the host lends a connector for one call."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

import httpx

from journey_atlas_sdk.errors import ConfigError

T = TypeVar("T")


@dataclass(slots=True, kw_only=True)
class HostContext:
    """A Context of the SDK; `lending.lend` makes it.

    The call ends at `timeout`; `over` is set when nobody waits for it any more.
    """

    http: httpx.AsyncClient
    log: logging.Logger
    secrets: Mapping[str, str] = field(repr=False)
    clock: Callable[[], datetime]
    timeout: timedelta
    over: bool = False

    def secret(self, name: str) -> str:
        """Give the value of a secret setting; ConfigError where none is set."""
        if name not in self.secrets:
            message = f"The secret {name!r} is not set."
            raise ConfigError(message)
        return self.secrets[name]

    def now(self) -> datetime:
        """Give the product's present moment, aware."""
        return self.clock()

    def cancelled(self) -> bool:
        """Say whether nobody waits any more."""
        return self.over

    async def blocking(self, call: Callable[[], T]) -> T:
        """Run a blocking call in a thread; the pull's deadline ends the wait for it."""
        return await asyncio.to_thread(call)
