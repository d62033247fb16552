"""Makes a connection ready to be asked: its connector with its settings, and what it is lent."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final, Protocol

from domain.atlas import Atlas
from domain.source import Connection
from ingest.failing import SwitchedOff
from ingest.settings import NOTHING_KNOWN, SettingsResolver
from ingest.vaults import MemoryVaults, Vaults
from journey_atlas_sdk import (
    ConnectorInfo,
    Delivery,
    MetricSpec,
    PullReason,
    PullRequest,
)
from journey_atlas_sdk.hosting import pulling
from journey_atlas_sdk.hosting.budget import Budgets, Lane, MemoryBudgets
from journey_atlas_sdk.hosting.clock import RealClock
from journey_atlas_sdk.hosting.lending import Lending, lend
from journey_atlas_sdk.hosting.tokens import Tokens
from journey_atlas_sdk.hosting.tracing import Event
from plugins.registry import Registry

_LANES: Final = {
    PullReason.ON_DEMAND: Lane.INTERACTIVE,
    PullReason.CHECK: Lane.INTERACTIVE,
    PullReason.PUSH: Lane.SCHEDULED,
    PullReason.SCHEDULED: Lane.SCHEDULED,
    PullReason.BACKFILL: Lane.BACKFILL,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A connector that can be asked; each call of it is lent a context of its own."""

    connector: pulling.AnyConnector
    lending: Lending

    @property
    def info(self) -> ConnectorInfo:
        """Give what the connector says of itself."""
        return self.connector.info

    async def check(self) -> None:
        """Have the settings tried out. ConnectorErrors."""
        async with lend(self.connector, self.lending) as context:
            await pulling.check(self.connector, context)

    async def discover(self) -> list[MetricSpec]:
        """List what the source offers. ConnectorErrors."""
        async with lend(self.connector, self.lending) as context:
            return await pulling.discover(self.connector, context)

    async def describe(self, metric: str) -> MetricSpec | None:
        """Give what the source says of a metric; None where it lists none. ConnectorErrors."""
        async with lend(self.connector, self.lending) as context:
            return await pulling.describe(self.connector, metric, context)

    async def pull(self, request: PullRequest) -> pulling.Pulled:
        """Ask a question. ConnectorErrors."""
        async with lend(self.connector, self.lending) as context:
            return await pulling.pull(self.connector, request, context)

    async def receive(self, delivery: Delivery) -> pulling.Received:
        """Read what the source sent. ConnectorErrors."""
        async with lend(self.connector, self.lending) as context:
            return await pulling.receive(self.connector, delivery, context)


class Switches(Protocol):
    """Knows what an operator switched off: a `storage.switches.StoredSwitches`."""

    async def why_off(self, key: str) -> str | None:
        """Tell why a connector is switched off; None: it isn't."""
        ...


class AllOn:
    """Nothing is switched off. A `Switches`."""

    async def why_off(self, key: str) -> str | None:
        """Tell that it isn't."""
        del key
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Opener:
    """What connections are opened with.

    `settings` puts the secrets in, `vaults` keep what they are exchanged for, `tokens` what is
    fetched with them, `budgets` bound what goes to the sources, and `clock` is the product's.
    `programs` is the folder of those that connectors may run. `trace` is told of each request, wait
    and failure, with the key of the connection.
    """

    registry: Registry
    clock: Callable[[], datetime]
    settings: SettingsResolver = field(default_factory=SettingsResolver)
    budgets: Budgets = field(default_factory=lambda: MemoryBudgets(RealClock()))
    vaults: Vaults = field(default_factory=MemoryVaults)
    tokens: Tokens = field(default_factory=Tokens)
    switches: Switches = field(default_factory=AllOn)
    programs: Path | None = None
    trace: Callable[[str, Event], None] | None = None

    async def open(
        self,
        atlas: Atlas,
        connection: Connection,
        *,
        reason: PullReason,
        known: Mapping[str, str] = NOTHING_KNOWN,
    ) -> Opened:
        """Make a connection ready to be asked.

        `known` are secrets that aren't stored yet. ConfigError where its settings can't work,
        SwitchedOff where its connector is.
        """
        info = self.registry.get(connection.connector).info
        why_off = await self.switches.why_off(info.key)
        if why_off is not None:
            message = f"The connector {info.key} is switched off: {why_off}"
            raise SwitchedOff(message)
        resolved = await self.settings.resolve(atlas.organization.id, connection, info, known)
        lending = Lending(
            connection=f"{atlas.organization.key}.{connection.key}",
            budgets=self.budgets,
            vault=self.vaults.of(atlas, connection, known),
            tokens=self.tokens,
            lane=_LANES[reason],
            secrets=resolved.secrets,
            present=self.clock,
            transport=partial(self.registry.hooks.transport, connection.key),
            programs=self.programs,
            trace=self.trace and partial(self.trace, connection.key),
        )
        return Opened(connector=self.registry.open(info.key, resolved.settings), lending=lending)
