"""Takes what sources send: observations are recorded, and what changed is to be pulled again."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Protocol

from domain.atlas import Atlas
from domain.metric import Metric, Observation
from domain.node import NodeId, OrganizationId
from domain.source import Connection, MetricSource
from ingest.binding import Provenance, bind
from ingest.opening import Opened, Opener
from ingest.orders import Orders
from ingest.sent import run_of
from journey_atlas_sdk import Delivery, Dirty, PullReason
from journey_atlas_sdk import Observation as Observed
from storage.deliveries import Parcel, Taken
from storage.jobs.records import NewJob
from storage.sync_runs import SyncRun


class Headers(Mapping[str, str]):
    """The headers of a delivery, and which of them its connector `read`.

    Those vouch for it: any other may be added by whoever sends it once more.
    """

    def __init__(self, given: Mapping[str, str]) -> None:
        """Wait to be read."""
        self._given = given
        self.read = set[str]()

    def __getitem__(self, name: str) -> str:
        """Give a header; KeyError where it is missing."""
        self.read.add(name)
        return self._given[name]

    def __iter__(self) -> Iterator[str]:
        """Give all names: whoever does so reads them all."""
        self.read.update(self._given)
        return iter(self._given)

    def __len__(self) -> int:
        """Count them."""
        return len(self._given)

    def vouching(self) -> str:
        """Write those that were read; of signatures some may be added that nobody made.

        So they count only where nothing else was read: the time stands in them then.
        """
        signed = {name for name in self.read if "signature" not in name}
        return repr([(name, self._given.get(name)) for name in sorted(signed or self.read)])


class Deliveries(Protocol):
    """Keeps what came: a `storage.deliveries.StoredDeliveries`."""

    async def take(
        self,
        organization: OrganizationId,
        connection: NodeId,
        parcels: Sequence[Parcel],
        *,
        now: datetime,
    ) -> Taken:
        """Record what came and queue what it leads to, all at once; what came before is left."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """What deliveries are taken with. `real_clock` stamps what was done."""

    opener: Opener
    orders: Orders
    deliveries: Deliveries
    real_clock: Callable[[], datetime]
    new_id: Callable[[], str]

    async def take(self, atlas: Atlas, connection: Connection, delivery: Delivery) -> Taken:
        """Take a delivery, all of it or nothing.

        ConnectorErrors: AuthError where it isn't the source's own, DataError where it can't be read
        or can't be true. What isn't bound to a metric is left.
        """
        opened = await self.opener.open(atlas, connection, reason=PullReason.PUSH)
        headers = Headers(delivery.headers)
        told = await opened.receive(replace(delivery, headers=headers))
        changes = [each for each in told if isinstance(each, Dirty)]
        parcels = [
            Parcel(key=_key_of(each), jobs=list(self._pulls(atlas, connection, each)))
            for each in changes
        ]
        observations = [each for each in told if isinstance(each, Observed)]
        if observations:
            recordings = await self._recordings(atlas, connection, opened, observations)
            key = _digest(headers.vouching().encode(), delivery.body)
            parcels.append(Parcel(key=key, recordings=recordings))
        return await self.deliveries.take(
            atlas.organization.id, connection.id, parcels, now=self.real_clock()
        )

    def _pulls(self, atlas: Atlas, connection: Connection, changed: Dirty) -> Iterator[NewJob]:
        """Order what changed of each source that it may concern."""
        for source in _sources(atlas, connection):
            if changed.metric in (None, source.remote_metric):
                job = self.orders.pull_job(atlas, source, changed.window)
                if job is not None:
                    yield job

    async def _recordings(
        self,
        atlas: Atlas,
        connection: Connection,
        opened: Opened,
        told: Sequence[Observed],
    ) -> list[tuple[SyncRun, list[Observation]]]:
        return [
            await self._recording(atlas, source, opened, wanted)
            for source in _sources(atlas, connection)
            if (wanted := [each for each in told if _is_for(source, each)])
        ]

    async def _recording(
        self, atlas: Atlas, source: MetricSource, opened: Opened, told: Sequence[Observed]
    ) -> tuple[SyncRun, list[Observation]]:
        """Give what a source is told of, in its metric's unit, and the run that brings it."""
        spec = await opened.describe(source.remote_metric)
        binding = bind(source, atlas.get(source.metric, Metric), spec)
        periods = [(each.start, each.end) for each in told]
        now = self.real_clock()
        run = run_of(source, opened.info, periods, id_=self.new_id(), now=now)
        made = Provenance(connector=run.connector, version=run.connector_version, sync_run=run.id)
        accept = partial(binding.accept, now=self.opener.clock(), recorded_at=run.started_at)
        return run, [accept(each, made) for each in told]


def _sources(atlas: Atlas, connection: Connection) -> list[MetricSource]:
    """Give the visible sources of a connection whose metrics are visible."""
    return [
        source
        for source in atlas.all(MetricSource)
        if source.connection == connection.id and atlas.nodes[source.metric].archived_at is None
    ]


def _is_for(source: MetricSource, told: Observed) -> bool:
    """Say whether a source is bound to what an observation is of, broken down as it wants it."""
    names = {name for name, _ in told.dimensions}
    wanted = any(names == set(breakdown) for breakdown in source.breakdowns)
    return told.metric == source.remote_metric and wanted


def _key_of(changed: Dirty) -> str | None:
    """Name an event, whatever its source calls it; None: it does no harm to come again."""
    return None if changed.event_id is None else _digest(repr(changed.event_id).encode())


def _digest(*parts: bytes) -> str:
    return hashlib.sha256(b"\0".join(parts)).hexdigest()
