"""Read sources: on demand, scheduled, backfill and push are the same; only their errands differ."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from domain.atlas import Atlas
from domain.errors import NotFound
from domain.source import Connection, MetricSource, RunState
from ingest.attempt import Attempt
from ingest.circuit import Circuits
from ingest.freshness import can_be_asked
from ingest.opening import Opener
from ingest.plan import bounds, fingerprint
from ingest.reading import LEASE, Errand, Readings, SyncResult, kept
from plugins.registry import RegisteredConnector
from storage.errors import LeaseLost
from storage.readings import NotNow, Unread
from storage.sync_runs import SyncRun

CONNECTIONS_AT_ONCE = 8
LOOK_EVERY_SECONDS = 0.2
"""How often whoever waits for another process's reading looks whether it is over."""

Read = SyncResult | Unread
Told = Callable[[MetricSource, Read], None]
"""Hears how the reading of each source ended, as it ends."""

_log = logging.getLogger(__name__)


def nobody_listens(_: MetricSource, __: Read) -> None:
    """Take no notice of a result."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sync:
    """What a sync works with.

    `opener` has the product's clock (a demo's stands still), which says up to when there is
    something to ask. `real_clock` stamps what was done. For as long as `lease` nobody else reads a
    source after its reader's last sign of life.
    """

    opener: Opener
    readings: Readings
    real_clock: Callable[[], datetime]
    new_id: Callable[[], str]
    circuits: Circuits = field(default_factory=Circuits)
    lease: timedelta = LEASE

    async def connections(
        self,
        atlas: Atlas,
        wanted: Sequence[Connection],
        errand: Errand,
        *,
        told: Told = nobody_listens,
    ) -> list[tuple[MetricSource, Read]]:
        """Read every source of some connections that can be asked, in order of both.

        Several connections at once, the sources of one after another. A source that fails keeps its
        last values, and no other suffers. One that somebody else reads is waited for, then read.
        """
        slots = asyncio.Semaphore(CONNECTIONS_AT_ONCE)

        async def one(connection: Connection) -> list[tuple[MetricSource, Read]]:
            results = list[tuple[MetricSource, Read]]()
            async with slots:
                for source in self._sources(atlas, connection):
                    results.append((source, await self._in_turn(atlas, source, errand)))
                    told(*results[-1])
            return results

        results = await asyncio.gather(*(one(connection) for connection in wanted))
        return [result for several in results for result in several]

    async def read(self, atlas: Atlas, source: MetricSource, errand: Errand) -> Read:
        """Read one source and record how it went; Unread where it isn't to be read now."""
        connector = self.connector_of(atlas, source)
        run = self._begun(atlas, source, errand)
        holding = await self.readings.begin(
            atlas.organization.id,
            run,
            fingerprint=fingerprint(atlas, source, errand.target),
            lasts=self.lease,
            rests=connector.info.min_interval if connector and errand.rests else timedelta(0),
        )
        if isinstance(holding, Unread):
            return holding
        attempt = Attempt(
            atlas=atlas,
            source=source,
            errand=errand,
            opener=self.opener,
            readings=self.readings,
            clock=self.real_clock,
            holding=holding,
            run=replace(run, token=holding.token),
            progress=holding.progress,
        )
        try:
            async with kept(self.readings, holding, self.real_clock, self.lease):
                result = await attempt.make()
        except LeaseLost as error:
            _log.warning("What a source said isn't kept: %s", error)
            return Unread(NotNow.HELD, self.real_clock() + self.lease)
        if connector is not None:
            self.circuits.note(connector, result.run.error, now=self.real_clock())
        return result

    async def wait_for_reader(self, atlas: Atlas, source: MetricSource, purpose: str) -> None:
        """Wait until nobody reads a source for a purpose, or whoever did is gone."""
        while True:
            held = await self.readings.held_until(atlas.organization.id, source.id, purpose)
            if held is None or held <= self.real_clock():
                return
            await asyncio.sleep(LOOK_EVERY_SECONDS)

    def connector_of(self, atlas: Atlas, source: MetricSource) -> RegisteredConnector | None:
        """Give the connector of a source; None where it isn't installed."""
        key = atlas.get(source.connection, Connection).connector
        return self.opener.registry.connectors.get(key)

    async def _in_turn(self, atlas: Atlas, source: MetricSource, errand: Errand) -> Read:
        while True:
            result = await self.read(atlas, source, errand)
            if not isinstance(result, Unread) or result.why is not NotNow.HELD:
                return result
            await self.wait_for_reader(atlas, source, errand.purpose)

    def _sources(self, atlas: Atlas, connection: Connection) -> list[MetricSource]:
        found = self.opener.registry.connectors.get(connection.connector)
        if found and not can_be_asked(found.info):
            return []
        return [source for source in atlas.all(MetricSource) if source.connection == connection.id]

    def _begun(self, atlas: Atlas, source: MetricSource, errand: Errand) -> SyncRun:
        connector = self.connector_of(atlas, source)
        window = bounds(errand.target, self.opener.clock())
        return SyncRun(
            id=self.new_id(),
            source=source.id,
            job=errand.job,
            purpose=errand.purpose,
            connector=atlas.get(source.connection, Connection).connector,
            connector_version=connector.info.version if connector else "not installed",
            reason=errand.reason,
            window_start=window.start,
            window_end=window.end,
            state=RunState.RUNNING,
            started_at=self.real_clock(),
        )


def connections_of(atlas: Atlas, keys: Sequence[str] = ()) -> list[Connection]:
    """Give the connections of these keys, all visible ones where none is named.

    NotFound names the connections there are.
    """
    there = {connection.key: connection for connection in atlas.all(Connection)}
    unknown = [key for key in keys if key not in there]
    if unknown:
        known = ", ".join(there) or "none"
        message = f"No connection has the key {', '.join(unknown)}; there are: {known}."
        raise NotFound(message, legal=list(there))
    return [there[key] for key in keys] if keys else list(there.values())
