"""A source that does what its test says, and everything around it that reads it on demand."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count

from domain.atlas import Atlas, build_atlas
from domain.metric import Observation as Recorded
from domain.node import Node
from domain.source import MetricSource, SourceState
from ingest.freshness import Pace, SourceFreshness, freshness_of
from ingest.on_demand import OnDemand
from ingest.opening import Opener
from ingest.sync import Sync
from journey_atlas_sdk import (
    Connector,
    ConnectorInfo,
    Context,
    Observation,
    Pending,
    PullRequest,
    Settings,
    periods,
)
from plugins.registry import RegisteredConnector, Registry
from storage.readings import Holding, Progress
from storage.recording import RecordResult
from storage.sync_runs import SyncRun, tells_of_its_source
from tests.builders import NOW, Fields, a_connection, a_metric, a_source, an_atlas
from tests.readings import FakeReadings

HISTORY = timedelta(days=365)
WHATEVER = Decimal(1)

Told = Sequence[Decimal | None] | Pending | None
Script = Callable[[], Awaitable[Told]]
"""What a source does before it answers, and what it answers: values of the first periods of the
window, or that it needs time; None: one value. It may wait, and it may raise."""


async def answers_at_once() -> None:
    """Do nothing before the answer."""


def fails(error: Exception) -> Script:
    """Make a script that fails."""

    async def script() -> None:
        raise error

    return script


def in_turn(*told: Told | Exception) -> Script:
    """Make a script that answers, waits or fails in this order, and then answers for ever."""
    left = list(told)

    async def script() -> Told:
        each = left.pop(0) if left else None
        if isinstance(each, Exception):
            raise each
        return each

    return script


@dataclass
class World(FakeReadings):
    """An atlas with scripted sources, its clock, and what was asked of it and recorded.

    `breaks` is what the store fails with when it is to keep values; None: it works.
    """

    atlas: Atlas = field(kw_only=True)
    script: Script = answers_at_once
    info: Mapping[str, Fields] = field(default_factory=dict[str, Fields])  # of the connector
    now: datetime = NOW
    breaks: Exception | None = None
    asked: list[PullRequest] = field(default_factory=list[PullRequest])

    def __post_init__(self) -> None:
        self.registry = Registry(
            {"scripted": RegisteredConnector(connector=scripted(self), plugin="p", origin="here")}
        )
        numbers = count()
        self.new_id = lambda: f"run-{next(numbers)}"
        self.sync, self.later = self.process(), list[datetime]()
        self.on_demand = OnDemand(sync=self.sync, history=HISTORY, later=self.remember)

    def process(self) -> Sync:
        """Give what another process works with."""
        return Sync(
            opener=Opener(registry=self.registry, clock=lambda: self.now),
            readings=self,
            real_clock=lambda: self.now,
            new_id=self.new_id,
        )

    async def remember(self, atlas: Atlas, source: MetricSource, at: datetime) -> None:
        """Take note that a source needs time."""
        del atlas, source
        self.later.append(at)

    async def record(
        self,
        holding: Holding,
        observations: Sequence[Recorded],
        *,
        run: SyncRun,
        progress: Progress,
        now: datetime,
    ) -> RecordResult:
        """Keep a run as the store does: in the source's record, in an atlas of a new revision."""
        if self.breaks and observations:
            raise self.breaks
        result = await super().record(holding, observations, run=run, progress=progress, now=now)
        if tells_of_its_source(run):
            before = self.atlas.get(run.source, MetricSource)
            asked_at = before.asked_at if run.error else run.finished_at
            state = SourceState(run.state)
            self.change(replace(before, state=state, error=run.error, asked_at=asked_at))
        return result

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

        async def pull(
            self, request: PullRequest, context: Context
        ) -> AsyncIterator[Observation | Pending]:
            del context
            world.asked.append(request)
            told = await world.script()
            if isinstance(told, Pending):
                yield told
                return
            periods_asked = periods(request.window, request.grain, request.time_zone)
            for period, value in zip(periods_asked, told or [WHATEVER], strict=False):
                yield Observation(
                    metric=request.metric, start=period.start, end=period.end, value=value
                )

    return Scripted


def a_world(*sources: MetricSource, script: Script = answers_at_once, **info: Fields) -> World:
    """Make a world of one source that was never asked, or of these."""
    given = sources or (a_scripted_source(),)
    metrics = {source.metric: a_metric(source.remote_metric) for source in given}
    connection = a_connection("scripted", connector="scripted")
    atlas = an_atlas(connection, *metrics.values(), *given)
    return World(atlas=atlas, script=script, info=info)


def a_scripted_source(metric: str = "MT-1", **fields: Fields) -> MetricSource:
    """Make a source of the scripted connection."""
    return a_source(metric, "scripted", **fields)
