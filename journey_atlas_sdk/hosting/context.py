"""What the host lends a connector for one call."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

import httpx

from journey_atlas_sdk.errors import (
    AuthError,
    ConfigError,
    ConnectorError,
    QuotaExhausted,
    RateLimited,
    TransientError,
)
from journey_atlas_sdk.hosting.addresses import AddressGuard
from journey_atlas_sdk.hosting.gate import Gate, OutOfTurn
from journey_atlas_sdk.hosting.installed import installed_program
from journey_atlas_sdk.hosting.redaction import Redactor
from journey_atlas_sdk.hosting.tokens import Fetch, Tokens
from journey_atlas_sdk.hosting.vault import Renew, Vault

T = TypeVar("T")


@dataclass(slots=True, kw_only=True)
class HostContext:
    """A Context of the SDK, for one call; `lending.lend` makes it.

    `over` is set when nobody waits for the call any more.
    """

    connection: str
    http: httpx.AsyncClient
    transport: httpx.AsyncBaseTransport
    log: logging.Logger
    secrets: Mapping[str, str] = field(repr=False)
    present: Callable[[], datetime]
    timeout: timedelta
    gate: Gate
    guard: AddressGuard
    redactor: Redactor
    vault: Vault
    tokens: Tokens
    programs: Path | None = None
    over: bool = False

    def secret(self, name: str) -> str:
        """Give the value of a secret setting; ConfigError where none is set."""
        if name not in self.secrets:
            message = f"The secret {name!r} is not set."
            raise ConfigError(message)
        return self.secrets[name]

    async def renew_secret(self, name: str, renew: Renew) -> str:
        """Exchange a secret for its successor, which is kept from now on, and give that."""

        async def renewed(newest: str) -> str:
            self.redactor.learn(newest)
            successor = await renew(newest)
            self.redactor.learn(successor)
            return successor

        given = self.secret(name)
        return await self.vault.renew(name, given=given, renew=renewed)

    async def access_token(
        self, origin: Sequence[str], fetch: Fetch, *, refused: str | None = None
    ) -> str:
        """Give the token that comes from `origin`, kept from call to call until it ends."""
        token = await self.tokens.get(
            self.connection, origin, fetch, clock=self.gate.clock, refused=refused
        )
        self.redactor.learn(token)
        return token

    def now(self) -> datetime:
        """Give the product's present moment, aware."""
        return self.present()

    def cancelled(self) -> bool:
        """Say whether nobody waits any more."""
        return self.over

    async def blocking(self, call: Callable[[], T], *, weight: int = 1) -> T:
        """Run a blocking call in a thread, in its turn; the deadline ends the wait for it."""
        async with self.gate.passed(weight) if weight else nullcontext():
            return await asyncio.to_thread(call)

    async def require_public(self, host: str, port: int) -> list[str]:
        """Give the addresses of a host that a driver may connect to, ConfigError where it may not.

        TransientError where the name can't be resolved.
        """
        try:
            return await self.guard.addresses(host, port)
        except (OSError, UnicodeError) as error:
            message = f"The name {host} can't be resolved."
            raise TransientError(message, detail=str(error)) from error

    def program(self, name: str) -> Path:
        """Give a program of the operator's folder; ConfigError where it has none of that name."""
        return installed_program(self.programs, name)

    async def settle(self, error: ConnectorError) -> None:
        """Do what an error asks for: leave the source alone, keep its secrets, ask as another."""
        self.redactor.scrub(error)
        if isinstance(error, AuthError):
            self.tokens.forget(self.connection)
        if isinstance(error, OutOfTurn):
            return
        if isinstance(error, RateLimited | QuotaExhausted) and error.retry_after:
            await self.gate.pause(error.retry_after)
