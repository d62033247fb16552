"""Pull the sources of some connections, and record what they delivered or why they didn't."""

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import httpx

from domain.atlas import Atlas
from domain.errors import NotFound
from domain.metric import Metric, Observation
from domain.node import OrganizationId
from domain.source import Connection, MetricSource, SourceError, SourceState
from ingest.binding import Provenance, bind
from ingest.context import HostContext
from ingest.pulling import AnyConnector, describe, pull, windows
from ingest.settings import resolve
from journey_atlas_sdk import (
    ConnectorError,
    ConnectorInfo,
    Fault,
    Grain,
    PullReason,
    PullRequest,
)
from plugins.registry import Registry

CONNECTIONS_AT_ONCE = 8
HTTP_TIMEOUT_SECONDS = 30

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """How many observations were new, revised an older one, or said what was known already."""

    new: int = 0
    revised: int = 0
    unchanged: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One reading of one source that is over. `error` None: it succeeded.

    `since` and `until` bound what was asked for; `observations` is all that came.
    """

    id: str
    source: MetricSource
    made: Provenance
    reason: PullReason
    since: datetime
    until: datetime
    started_at: datetime
    finished_at: datetime
    observations: Sequence[Observation] = ()
    error: SourceError | None = None

    @property
    def state(self) -> SourceState:
        """What the source is in after it."""
        if self.error is None:
            return SourceState.OK
        customer = self.error.fault == Fault.CUSTOMER
        return SourceState.NEEDS_ATTENTION if customer else SourceState.FAILING


class Recorder(Protocol):
    """Keeps what was read."""

    async def record(self, organization: OrganizationId, attempt: Attempt) -> Recorded:
        """Write observations, run and the source's new state in one transaction."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncResult:
    """How one source's reading ended, for whoever asked for it."""

    attempt: Attempt
    recorded: Recorded


@dataclass(frozen=True, slots=True, kw_only=True)
class Sync:
    """What a sync works with.

    `clock` is the product's (a demo's stands still): it says up to when there is something to ask.
    `real_clock` stamps what was done. `environment` holds the secrets that settings refer to.
    """

    registry: Registry
    recorder: Recorder
    clock: Callable[[], datetime]
    real_clock: Callable[[], datetime]
    new_id: Callable[[], str]
    environment: Mapping[str, str] = field(default_factory=dict[str, str])

    async def connections(
        self, atlas: Atlas, wanted: Sequence[Connection], since: datetime
    ) -> list[SyncResult]:
        """Read every source of some connections from `since` on, in order of connection and source.

        Several connections at once, the sources of one after another. A source that fails keeps its
        last values, and no other suffers.
        """
        slots = asyncio.Semaphore(CONNECTIONS_AT_ONCE)

        async def one(connection: Connection) -> list[SyncResult]:
            async with slots:
                return [
                    await self.source(atlas, connection, source, since=since)
                    for source in _sources(atlas, connection)
                ]

        results = await asyncio.gather(*(one(connection) for connection in wanted))
        return [result for several in results for result in several]

    async def source(
        self, atlas: Atlas, connection: Connection, source: MetricSource, *, since: datetime
    ) -> SyncResult:
        """Read one source and record how it went."""
        attempt = await self._attempt(atlas, connection, source, since)
        recorded = await self.recorder.record(atlas.organization.id, attempt)
        if attempt.error:
            _log.warning(
                "Source %s failed (%s): %s", source.key, attempt.error.code, attempt.error.message
            )
        return SyncResult(attempt=attempt, recorded=recorded)

    async def _attempt(
        self, atlas: Atlas, connection: Connection, source: MetricSource, since: datetime
    ) -> Attempt:
        started, run = self.real_clock(), self.new_id()
        made = Provenance(connector=connection.connector, version="unknown", sync_run=run)
        observations: list[Observation] = []
        error: SourceError | None = None
        try:
            info = self.registry.get(connection.connector).info
            made = Provenance(connector=info.key, version=info.version, sync_run=run)
            task = _Task(atlas=atlas, connection=connection, source=source, made=made, since=since)
            observations = await self._read(task, info)
        except ConnectorError as failure:
            error = _told(failure, at=self.real_clock())
        return Attempt(
            id=run,
            source=source,
            made=made,
            reason=PullReason.SCHEDULED,
            since=since,
            until=self.clock(),
            started_at=started,
            finished_at=self.real_clock(),
            observations=observations,
            error=error,
        )

    async def _read(self, task: "_Task", info: ConnectorInfo) -> list[Observation]:
        """Give all that a source says, in the metric's unit; nothing where any pull fails."""
        resolved = resolve(task.connection, info, environment=self.environment)
        connector: AnyConnector = self.registry.open(info.key, resolved.settings)
        now = self.clock()
        async with httpx.AsyncClient(timeout=HTTP_TIMEOUT_SECONDS) as http:

            def context() -> HostContext:
                return HostContext(
                    http=http,
                    log=_log.getChild(task.connection.key),
                    secrets=resolved.secrets,
                    clock=self.clock,
                )

            spec = await describe(connector, task.source.remote_metric, context())
            binding = bind(task.source, task.atlas.get(task.source.metric, Metric), spec)
            return [
                binding.accept(seen, task.made, now=now, recorded_at=self.real_clock())
                for request in _questions(task, info, now=now)
                for seen in await pull(connector, request, context())
            ]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Task:
    """One source to read."""

    atlas: Atlas
    connection: Connection
    source: MetricSource
    made: Provenance
    since: datetime


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


def _sources(atlas: Atlas, connection: Connection) -> list[MetricSource]:
    return [source for source in atlas.all(MetricSource) if source.connection == connection.id]


def _questions(task: _Task, info: ConnectorInfo, *, now: datetime) -> Iterator[PullRequest]:
    zone, grain = task.atlas.organization.zone, Grain(task.source.grain)
    for dimensions in task.source.breakdowns:
        for window in windows(task.since, now, grain, zone=zone, info=info):
            yield PullRequest(
                metric=task.source.remote_metric,
                window=window,
                grain=grain,
                time_zone=zone,
                parameters=task.source.parameters,
                dimensions=dimensions,
                reason=PullReason.SCHEDULED,
            )


def _told(failure: ConnectorError, *, at: datetime) -> SourceError:
    return SourceError(code=failure.code, fault=failure.fault, message=failure.message, at=at)
