"""Keeps what secrets were exchanged for: sealed in the database, so that all processes go on there.

An exchange is somebody's turn: a lease on its row, for as long as it takes. No connection to the
database is held meanwhile, and whoever was killed in it keeps the others waiting for seconds. A
successor that the source gave and the database didn't get, because the process or the database went
away between the two, is lost: the secret has to be given anew.
"""

import asyncio
import hashlib
import json
import logging
from collections import defaultdict
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, TypeVar
from weakref import WeakValueDictionary

from domain.atlas import Atlas
from domain.node import NodeId, OrganizationId
from domain.secret import SealedSecret, SecretName
from domain.source import Connection
from ingest.reading import LEASE
from ingest.sealing import Sealer
from journey_atlas_sdk import TransientError
from journey_atlas_sdk.hosting.beating import beating
from journey_atlas_sdk.hosting.vault import MemoryVault, Renew, Vault
from storage.errors import StorageError
from storage.renewals import Turn

T = TypeVar("T")

LOOK_EVERY_SECONDS = 0.2
"""How often whoever waits for another process's exchange looks whether it is over."""

_log = logging.getLogger(__name__)


class Vaults(Protocol):
    """Gives connections their vaults."""

    def of(self, atlas: Atlas, connection: Connection, known: Mapping[str, str]) -> Vault:
        """Give a connection's vault; `known` are secrets that aren't stored yet."""
        ...


class Renewals(Protocol):
    """Where renewed secrets are: a `storage.renewals.StoredRenewals`."""

    async def begin(self, turn: Turn, *, now: datetime, until: datetime) -> Turn | None:
        """Let it be somebody's turn, with the newest value; None while it is another's."""
        ...

    async def extend(self, turn: Turn, *, until: datetime) -> None:
        """Let a turn last longer. LeaseLost where it is another's by now."""
        ...

    async def keep(self, turn: Turn, newest: SealedSecret) -> None:
        """Put a value in the place of the one that it came of. LeaseLost where that is gone."""
        ...

    async def end(self, turn: Turn) -> None:
        """Let it be the next one's turn."""
        ...


class MemoryVaults:
    """Vaults of one process, for as long as it lives. A `Vaults`."""

    def __init__(self) -> None:
        """Keep nothing yet."""
        self._vaults: defaultdict[tuple[OrganizationId, str], MemoryVault] = defaultdict(
            MemoryVault
        )

    def of(self, atlas: Atlas, connection: Connection, known: Mapping[str, str]) -> MemoryVault:
        """Give a connection's vault, by its key: one that is tried out has no lasting id yet."""
        del known
        return self._vaults[atlas.organization.id, connection.key]


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedVaults:
    """Vaults of all processes on one database. A `Vaults`.

    `sealer` seals what was renewed; where it has no key, and for secrets that aren't stored, what
    came of them is in `memory` alone. `new_id` names each exchange.
    """

    renewals: Renewals
    sealer: Sealer
    clock: Callable[[], datetime]
    new_id: Callable[[], str]
    memory: MemoryVaults = field(default_factory=MemoryVaults)
    _queues: WeakValueDictionary[tuple[OrganizationId, SecretName], asyncio.Lock] = field(
        default_factory=WeakValueDictionary[tuple[OrganizationId, SecretName], asyncio.Lock]
    )
    _warned: set[str] = field(default_factory=set[str])

    def of(self, atlas: Atlas, connection: Connection, known: Mapping[str, str]) -> Vault:
        """Give a connection's vault; `known` are secrets that aren't stored yet."""
        memory = self.memory.of(atlas, connection, known)
        if connection.id not in atlas.nodes:
            return memory
        return _SealedVault(self, memory, atlas.organization.id, connection.id, frozenset(known))

    def has_key(self) -> bool:
        """Tell whether anything can be sealed; that it can't is told to the log, once."""
        if self.sealer.keys():
            return True
        if not self._warned:
            self._warned.add("no key")
            _log.warning(
                "Refresh tokens that sources exchange are kept in memory alone: this server has no "
                "key. Set ATLAS_SECRET_KEY or ATLAS_SECRET_KEY_FILE, or a restart loses them."
            )
        return False

    @asynccontextmanager
    async def turn(self, organization: OrganizationId, of: SecretName) -> AsyncGenerator[Turn]:
        """Wait for the turn to exchange a secret, and have it until the end."""
        mine = Turn(organization=organization, of=of, holder=self.new_id())
        # In this process one looks for all: it is the next one's turn without asking the database.
        async with self._queues.setdefault((organization, of), asyncio.Lock()):
            begun = await self._begun(mine)
            try:
                async with beating(lambda: self._beat(mine), LEASE):
                    yield begun
            finally:
                await _in_any_case(self._end(mine))

    async def keep(self, turn: Turn, text: str) -> None:
        """Keep what came of a secret, even if whoever asked gives up meanwhile."""
        sealed = self.sealer.seal(turn.organization, turn.of, text, now=self.clock())
        await _in_any_case(_reached(self.renewals.keep(turn, sealed)))

    async def _begun(self, turn: Turn) -> Turn:
        """Wait until another process's turn is over, or whoever had it is gone."""
        while True:
            now = self.clock()
            begun = await _reached(self.renewals.begin(turn, now=now, until=now + LEASE))
            if begun is not None:
                return begun
            await asyncio.sleep(LOOK_EVERY_SECONDS)

    async def _beat(self, turn: Turn) -> None:
        try:
            await self.renewals.extend(turn, until=self.clock() + LEASE)
        except StorageError as error:
            _log.warning("The exchange of a secret may be taken for dead: %s", error)

    async def _end(self, turn: Turn) -> None:
        try:
            await self.renewals.end(turn)
        except StorageError as error:
            _log.warning("The exchange of a secret ends by itself: %s", error)


@dataclass(frozen=True, slots=True)
class _SealedVault:
    """The vault of a stored connection; what is tried out of it (`known`) is kept in memory."""

    vaults: SealedVaults
    memory: MemoryVault
    organization: OrganizationId
    connection: NodeId
    known: frozenset[str]

    async def renew(self, name: str, *, given: str, renew: Renew) -> str:
        """Exchange the newest value of a secret for its successor, keep that, and give it."""
        if name in self.known or not self.vaults.has_key():
            return await self.memory.renew(name, given=given, renew=renew)
        async with self.vaults.turn(self.organization, SecretName(self.connection, name)) as turn:
            successor = await renew(self._newest(turn, given))
            await self.vaults.keep(turn, json.dumps([_digest(given), successor]))
            return successor

    def _newest(self, turn: Turn, given: str) -> str:
        """Give what came of a secret; it may have been exchanged before it was stored."""
        if turn.newest is not None:
            origin, newest = json.loads(self.vaults.sealer.open(self.organization, turn.newest))
            if origin == _digest(given):
                return str(newest)
        return self.memory.newest(turn.of.name, given=given)


def _digest(given: str) -> str:
    return hashlib.sha256(given.encode()).hexdigest()


async def _reached(answer: Awaitable[T]) -> T:
    try:
        return await answer
    except StorageError as error:
        message = "What came of a secret can't be kept or looked up."
        raise TransientError(message, detail=str(error)) from error


async def _in_any_case(work: Coroutine[Any, Any, T]) -> T:  # Any: what it takes in between
    """Do work to its end, also where whoever waits for it is cancelled."""
    task = asyncio.create_task(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise
