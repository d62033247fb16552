"""Takes what sources send: observations are recorded, and what changed is to be pulled again."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final, Protocol

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

OF_THE_WAY: Final = (
    *("accept", "cf-", "connection", "content-length", "date", "forwarded", "host"),
    *("traceparent", "tracestate", "user-agent", "via", "x-amzn-", "x-forwarded-"),
    *("x-real-ip", "x-request-id"),
)
"""What the names of headers begin with that tell of a delivery's way, not of itself."""


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
        told = await opened.receive(delivery)
        changes = [each for each in told if isinstance(each, Dirty)]
        parcels = [
            Parcel(key=each.event_id, jobs=list(self._pulls(atlas, connection, each)))
            for each in changes
        ]
        observations = [each for each in told if isinstance(each, Observed)]
        if observations:
            parcels.append(await self._parcel(atlas, connection, opened, delivery, observations))
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

    async def _parcel(
        self,
        atlas: Atlas,
        connection: Connection,
        opened: Opened,
        delivery: Delivery,
        told: Sequence[Observed],
    ) -> Parcel:
        recordings = [
            await self._recording(atlas, source, opened, wanted)
            for source in _sources(atlas, connection)
            if (wanted := [each for each in told if _is_for(source, each)])
        ]
        return Parcel(key=_digest(delivery), recordings=recordings)

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


def _digest(delivery: Delivery) -> str:
    """Name a delivery by all that was sent: the same once more is the same, or a replay."""
    told = sorted(
        (name, value) for name, value in delivery.headers.items() if not name.startswith(OF_THE_WAY)
    )
    return hashlib.sha256(repr(told).encode() + b"\0" + delivery.body).hexdigest()
