"""Pull the sources of some connections, and record what they delivered or why they didn't."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Final, Protocol

from domain.atlas import Atlas
from domain.errors import NotFound
from domain.metric import Metric, Observation
from domain.node import OrganizationId
from domain.source import Connection, MetricSource, SourceError, SourceState
from ingest.binding import Provenance, bind
from ingest.settings import Resolved, resolve
from journey_atlas_sdk import (
    ConnectorError,
    ConnectorInfo,
    Fault,
    Grain,
    Pending,
    PullReason,
    PullRequest,
    QuotaExhausted,
    RateLimited,
    TransientError,
)
from journey_atlas_sdk import Observation as Observed
from journey_atlas_sdk.hosting.budget import Budgets, Lane, MemoryBudgets
from journey_atlas_sdk.hosting.clock import RealClock
from journey_atlas_sdk.hosting.gate import OutOfTurn
from journey_atlas_sdk.hosting.lending import Lending, lend
from journey_atlas_sdk.hosting.pulling import AnyConnector, Pulled, describe, pull
from journey_atlas_sdk.hosting.tracing import Event
from journey_atlas_sdk.hosting.vault import MemoryVault, Vault
from journey_atlas_sdk.hosting.windows import windows
from plugins.registry import Registry
from storage.recording import RecordResult
from storage.sync_runs import SyncRun

CONNECTIONS_AT_ONCE = 8
LONGEST_PAUSE = timedelta(days=7)
"""What a source may ask for at most when it wants to be left alone; more is its mistake."""

_Read = tuple[Observed, Observation]
"""What a source said, and what that is in the metric's unit."""

_LANES: Final = {
    PullReason.ON_DEMAND: Lane.INTERACTIVE,
    PullReason.CHECK: Lane.INTERACTIVE,
    PullReason.PUSH: Lane.SCHEDULED,
    PullReason.SCHEDULED: Lane.SCHEDULED,
    PullReason.BACKFILL: Lane.BACKFILL,
}

_log = logging.getLogger(__name__)


class Recorder(Protocol):
    """Keeps what was read."""

    async def record(
        self,
        organization: OrganizationId,
        observations: Iterable[Observation],
        *,
        now: datetime,
        run: SyncRun | None = None,
    ) -> RecordResult:
        """Write observations, the run and the source's new state in one transaction."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncResult:
    """How the reading of one source ended: its run, and how many observations came."""

    source: MetricSource
    run: SyncRun
    recorded: RecordResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Sync:
    """What a sync works with.

    `clock` is the product's (a demo's stands still): it says up to when there is something to ask.
    `real_clock` stamps what was done. `environment` holds the secrets that settings refer to.
    `budgets` bound what goes to the sources, `vault` keeps what came of secrets used once. `trace`
    is told of each request, wait and failure, with the key of the connection.
    """

    registry: Registry
    recorder: Recorder
    clock: Callable[[], datetime]
    real_clock: Callable[[], datetime]
    new_id: Callable[[], str]
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    budgets: Budgets = field(default_factory=lambda: MemoryBudgets(RealClock()))
    vault: Vault = field(default_factory=MemoryVault)
    trace: Callable[[str, Event], None] | None = None

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
                    await self.source(atlas, source, since=since)
                    for source in _sources(atlas, connection)
                ]

        results = await asyncio.gather(*(one(connection) for connection in wanted))
        return [result for several in results for result in several]

    async def source(
        self,
        atlas: Atlas,
        source: MetricSource,
        *,
        since: datetime,
        reason: PullReason = PullReason.SCHEDULED,
    ) -> SyncResult:
        """Read one source and record how it went."""
        started, read, error = self.real_clock(), list[_Read](), None
        task, hooks = self._task(atlas, source, since, reason), self.registry.hooks
        try:
            read = await self._read(task)
        except ConnectorError as failure:
            error = _told(failure, at=self.real_clock())
            _log.warning("Source %s failed (%s): %s", source.key, error.code, error.message)
            await hooks.failed(task.connection.key, source.remote_metric, failure)
        run = _run(task, until=self.clock(), started=started, now=self.real_clock(), error=error)
        recorded = await self.recorder.record(
            atlas.organization.id, (kept for _, kept in read), now=run.finished_at, run=run
        )
        await hooks.accepted(task.connection.key, (seen for seen, _ in read))
        return SyncResult(source=source, run=run, recorded=recorded)

    def _task(
        self, atlas: Atlas, source: MetricSource, since: datetime, reason: PullReason
    ) -> "_Task":
        connection = atlas.get(source.connection, Connection)
        found = self.registry.connectors.get(connection.connector)
        version = found.info.version if found else "not installed"
        made = Provenance(connector=connection.connector, version=version, sync_run=self.new_id())
        return _Task(
            atlas=atlas,
            connection=connection,
            source=source,
            made=made,
            since=since,
            reason=reason,
        )

    async def _read(self, task: "_Task") -> "list[_Read]":
        """Give all that a source says, as it is and in the metric's unit.

        Nothing where any pull fails.
        """
        info = self.registry.get(task.connection.connector).info
        resolved = resolve(task.connection, info, environment=self.environment)
        connector: AnyConnector = self.registry.open(info.key, resolved.settings)
        now = self.clock()
        lending = self._lending(task, resolved)
        async with lend(connector, lending) as context:
            spec = await describe(connector, task.source.remote_metric, context)
        binding = bind(task.source, task.atlas.get(task.source.metric, Metric), spec)
        found: list[_Read] = []
        for request in _questions(task, info, now=now):
            async with lend(connector, lending) as context:
                pulled = _ready(await pull(connector, request, context))
            found += [
                (seen, binding.accept(seen, task.made, now=now, recorded_at=self.real_clock()))
                for seen in pulled
            ]
        return found

    def _lending(self, task: "_Task", resolved: Resolved) -> Lending:
        return Lending(
            connection=f"{task.atlas.organization.key}.{task.connection.key}",
            budgets=self.budgets,
            vault=self.vault,
            lane=_LANES[task.reason],
            secrets=resolved.secrets,
            present=self.clock,
            transport=partial(self.registry.hooks.transport, task.connection.key),
            trace=self.trace and partial(self.trace, task.connection.key),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Task:
    """One source to read."""

    atlas: Atlas
    connection: Connection
    source: MetricSource
    made: Provenance
    since: datetime
    reason: PullReason


def _ready(pulled: Pulled) -> Sequence[Observed]:
    if isinstance(pulled, Pending):
        message = "The source is still working on the answer."
        raise TransientError(message)
    return pulled


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
                reason=task.reason,
            )


def _run(
    task: _Task, *, until: datetime, started: datetime, now: datetime, error: SourceError | None
) -> SyncRun:
    state = SourceState.OK
    if error:
        is_customers = error.fault == Fault.CUSTOMER
        state = SourceState.NEEDS_ATTENTION if is_customers else SourceState.FAILING
    return SyncRun(
        id=task.made.sync_run,
        source=task.source.id,
        connector=task.made.connector,
        connector_version=task.made.version,
        reason=task.reason,
        window_start=task.since,
        window_end=until,
        started_at=started,
        finished_at=now,
        state=state,
        error=error,
    )


def _told(failure: ConnectorError, *, at: datetime) -> SourceError:
    return SourceError(
        code=failure.code,
        fault=failure.fault,
        message=failure.message,
        at=at,
        retry_at=_retry_at(failure, at),
    )


def _retry_at(failure: ConnectorError, at: datetime) -> datetime | None:
    """Give until when the whole connection is left alone: a spent share is the lane's alone."""
    if isinstance(failure, OutOfTurn):
        return None
    if isinstance(failure, RateLimited | QuotaExhausted) and failure.retry_after is not None:
        return at + min(failure.retry_after, LONGEST_PAUSE)
    return None
