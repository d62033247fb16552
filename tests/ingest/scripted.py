"""A source that does what its test says, and everything around it that reads it on demand."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal

from domain.atlas import Atlas, build_atlas
from domain.metric import Observation as Recorded
from domain.node import Node, OrganizationId
from domain.source import MetricSource
from ingest.freshness import Pace, SourceFreshness, freshness_of
from ingest.on_demand import OnDemand
from ingest.sync import Sync
from journey_atlas_sdk import (
    Connector,
    ConnectorInfo,
    Context,
    Observation,
    PullRequest,
    Settings,
    period_of,
)
from plugins.registry import RegisteredConnector, Registry
from storage.recording import RecordResult
from storage.sync_runs import SyncRun
from tests.builders import NOW, Fields, a_connection, a_metric, a_source, an_atlas

HISTORY = timedelta(days=365)
WHATEVER = Decimal(1)

Script = Callable[[], Awaitable[None]]
"""What a source does before it answers; it may wait, and it may raise."""


async def answers_at_once() -> None:
    """Do nothing before the answer."""


def fails(error: Exception) -> Script:
    """Make a script that fails."""

    async def script() -> None:
        raise error

    return script


@dataclass
class World:
    """An atlas with scripted sources, its clock, and what was asked of it and recorded.

    `breaks` is what the store fails with; None: it works.
    """

    atlas: Atlas
    script: Script = answers_at_once
    info: Mapping[str, Fields] = field(default_factory=dict[str, Fields])  # of the connector
    now: datetime = NOW
    breaks: Exception | None = None
    asked: list[PullRequest] = field(default_factory=list[PullRequest])
    runs: list[SyncRun] = field(default_factory=list[SyncRun])
    recorded: list[Recorded] = field(default_factory=list[Recorded])

    def __post_init__(self) -> None:
        self.registry = Registry(
            {"scripted": RegisteredConnector(connector=scripted(self), plugin="p", origin="here")}
        )
        sync = Sync(
            registry=self.registry,
            recorder=self,
            clock=lambda: self.now,
            real_clock=lambda: self.now,
            new_id=lambda: f"run-{len(self.runs)}",
        )
        self.on_demand = OnDemand(sync=sync, history=HISTORY)

    async def record(
        self,
        organization: OrganizationId,
        observations: Iterable[Recorded],
        *,
        now: datetime,
        run: SyncRun | None = None,
    ) -> RecordResult:
        """Keep a run as the store does: in the source's record, in an atlas of a new revision."""
        if self.breaks:
            raise self.breaks
        assert run is not None
        assert (organization, now) == (self.atlas.organization.id, run.finished_at)
        self.recorded += observations
        self.runs.append(run)
        before = self.atlas.get(run.source, MetricSource)
        asked_at = before.asked_at if run.error else run.finished_at
        self.change(replace(before, state=run.state, error=run.error, asked_at=asked_at))
        return RecordResult(new=len(self.recorded))

    def change(self, node: Node) -> None:
        """Write a node anew."""
        nodes = {**self.atlas.nodes, node.id: node}
        revision = self.atlas.revision + 1
        self.atlas = build_atlas(self.atlas.organization, revision, nodes.values(), ())

    def source(self) -> MetricSource:
        """Give the first source as it is recorded now."""
        return next(iter(self.atlas.all(MetricSource, archived=True)))

    def freshness(self, pace: Pace | None = None) -> SourceFreshness:
        """Tell how fresh the first source is."""
        asking = self.on_demand.asking(self.atlas, self.source())
        return freshness_of(self.atlas, self.source(), pace or Pace(), now=self.now, asking=asking)


def scripted(world: World) -> type[Connector[Settings]]:
    """Make a connector that does what the world's script says, then tells one value."""
    defaults: dict[str, Fields] = {"key": "scripted", "title": "Scripted", "version": "1"}

    class Scripted(Connector[Settings]):
        info = ConnectorInfo(**{**defaults, **world.info})

        async def pull(self, request: PullRequest, context: Context) -> AsyncIterator[Observation]:
            del context
            world.asked.append(request)
            await world.script()
            period = period_of(request.window.start, request.grain, request.time_zone)
            yield Observation(
                metric=request.metric, start=period.start, end=period.end, value=WHATEVER
            )

    return Scripted


def a_world(*sources: MetricSource, script: Script = answers_at_once, **info: Fields) -> World:
    """Make a world of one source that was never asked, or of these."""
    given = sources or (a_scripted_source(),)
    metrics = {source.metric: a_metric(source.remote_metric) for source in given}
    connection = a_connection("scripted", connector="scripted")
    atlas = an_atlas(connection, *metrics.values(), *given)
    return World(atlas, script=script, info=info)


def a_scripted_source(metric: str = "MT-1", **fields: Fields) -> MetricSource:
    """Make a source of the scripted connection."""
    return a_source(metric, "scripted", **fields)
