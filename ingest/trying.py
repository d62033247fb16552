"""Try a connection out: check it, list what it offers, look at a metric; nothing is recorded."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import TypeVar

from domain import metric as domain
from domain.atlas import Atlas
from domain.node import NodeId
from domain.source import Connection, MetricSource
from ingest.binding import Binding, bind
from ingest.opening import Opened, Opener
from ingest.settings import NOTHING_KNOWN
from journey_atlas_sdk import (
    ConnectorInfo,
    Grain,
    MetricSpec,
    Observation,
    Pending,
    PullReason,
    PullRequest,
    TransientError,
    Window,
)
from journey_atlas_sdk.hosting.windows import windows

KEPT_FOR = timedelta(minutes=5)
"""How long a list of metrics serves the further pages of itself."""

LISTS_KEPT = 100

T = TypeVar("T")

ListKey = tuple[NodeId, int]
"""A connection and its version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What to look at: a source as it is or could be, from a moment on to another.

    `breakdown` are the dimensions; `metric` None: the values stay in the source's own unit.
    """

    source: MetricSource
    metric: domain.Metric | None
    since: datetime
    until: datetime
    breakdown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a source says of a stretch, oldest first; `spec` None: it lists no such metric.

    `start` and `end` bound what was asked for: one pull's window. With `is_cut` there was more.
    The values are in the metric's unit, where one is named.
    """

    spec: MetricSpec | None
    start: datetime
    end: datetime
    observations: Sequence[Observation]
    is_cut: bool


@dataclass(slots=True, kw_only=True)
class _Listed:
    """A list of metrics that was asked for, and until when it serves."""

    specs: Sequence[MetricSpec]
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Trials:
    """Asks sources for people who wait; every failure is a ConnectorError.

    `real_clock` is the machine's. No call takes longer than its `seconds`.
    """

    opener: Opener
    real_clock: Callable[[], datetime]
    _lists: dict[ListKey, _Listed] = field(default_factory=dict[ListKey, _Listed])

    async def check(
        self,
        atlas: Atlas,
        connection: Connection,
        *,
        known: Mapping[str, str] = NOTHING_KNOWN,
        seconds: float,
    ) -> None:
        """Have a connection tried out; `known` are secrets that aren't stored yet."""

        async def ask() -> None:
            await (await self._open(atlas, connection, known)).check()

        await _within(seconds, ask)

    async def discover(
        self, atlas: Atlas, connection: Connection, *, seconds: float
    ) -> Sequence[MetricSpec]:
        """List what a connection offers, in order of key; for some minutes as it was listed."""
        key, now = (connection.id, connection.version), self.real_clock()
        kept = self._lists.get(key)
        if kept is not None and now <= kept.until:
            return kept.specs

        async def ask() -> list[MetricSpec]:
            return await (await self._open(atlas, connection)).discover()

        specs = sorted(await _within(seconds, ask), key=lambda spec: spec.key)
        self._keep(key, _Listed(specs=specs, until=now + KEPT_FOR))
        return specs

    async def describe(
        self, atlas: Atlas, connection: Connection, metric: str, *, seconds: float
    ) -> MetricSpec | None:
        """Give what a connection says of one metric; None where it lists none."""

        async def ask() -> MetricSpec | None:
            return await (await self._open(atlas, connection)).describe(metric)

        return await _within(seconds, ask)

    async def preview(
        self, atlas: Atlas, question: Question, *, most: int, seconds: float
    ) -> Preview:
        """Pull once, the newest window of a stretch, and give its `most` newest observations."""

        async def ask() -> Preview:
            connection = atlas.get(question.source.connection, Connection)
            opened = await self._open(atlas, connection)
            return await _preview(atlas, opened, question, most=most)

        return await _within(seconds, ask)

    async def _open(
        self, atlas: Atlas, connection: Connection, known: Mapping[str, str] = NOTHING_KNOWN
    ) -> Opened:
        return await self.opener.open(atlas, connection, reason=PullReason.CHECK, known=known)

    def _keep(self, key: ListKey, listed: _Listed) -> None:
        self._lists[key] = listed
        for oldest in list(islice(self._lists, max(0, len(self._lists) - LISTS_KEPT))):
            del self._lists[oldest]


async def _within(seconds: float, ask: Callable[[], Awaitable[T]]) -> T:
    try:
        async with asyncio.timeout(seconds):
            return await ask()
    except TimeoutError as error:
        message = f"The source did not answer within {seconds:.0f} seconds."
        raise TransientError(message) from error


async def _preview(atlas: Atlas, opened: Opened, question: Question, *, most: int) -> Preview:
    spec = await opened.describe(question.source.remote_metric)
    metric = question.metric
    binding = None if metric is None else bind(question.source, metric, spec)
    window = _newest_window(atlas, question, opened.info)
    found = await opened.pull(_request(atlas, question, window))
    if isinstance(found, Pending):
        message = "The source needs minutes for the answer, too long for a look at it."
        raise TransientError(message)
    return Preview(
        spec=spec,
        start=window.start,
        end=window.end,
        observations=[_scaled(seen, binding) for seen in found[-most:]],
        is_cut=len(found) > most,
    )


def _newest_window(atlas: Atlas, question: Question, info: ConnectorInfo) -> Window:
    grain, zone = Grain(question.source.grain), atlas.organization.zone
    *_, newest = windows(question.since, question.until, grain, zone=zone, info=info)
    return newest


def _scaled(seen: Observation, binding: Binding | None) -> Observation:
    """Bring a value to its metric's unit; None: it stays in the source's own."""
    return seen if binding is None else replace(seen, value=binding.scaled(seen.value))


def _request(atlas: Atlas, question: Question, window: Window) -> PullRequest:
    return PullRequest(
        metric=question.source.remote_metric,
        window=window,
        grain=Grain(question.source.grain),
        time_zone=atlas.organization.zone,
        parameters=question.source.parameters,
        dimensions=question.breakdown,
        reason=PullReason.CHECK,
    )
