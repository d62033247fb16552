"""What a source is to be asked: what is missing and what may have changed, or all of a stretch."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import orjson

from domain.atlas import Atlas
from domain.source import Connection, MetricSource
from journey_atlas_sdk import ConnectorInfo, Grain, MetricSpec, Window
from journey_atlas_sdk.hosting.windows import windows
from storage.readings import Asked, Breakdown, Progress

OVERLAP: Final = timedelta(days=92)
"""A whole quarter: how far behind its last answer a source is asked again for periods that it told
nothing of, and for what it restates where it doesn't say for how long."""

CHUNK_PERIODS: Final = 400
"""How many periods of a stretch one pull asks for at most, so that little is lost with it."""

_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """What a source wasn't asked for, as far back as `history`, and what may have changed since.

    At least `overlap` of what was asked is asked again, and all of it where `afresh`.
    """

    history: timedelta
    overlap: timedelta = timedelta(0)
    afresh: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """All of [start, end), newest first, whatever was asked before under another `name`.

    It is all in the past: what is still to come could never be asked to the end.
    """

    start: datetime
    end: datetime
    name: str


Target = Missing | Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One pull: a window of a breakdown. `resume` None: it is asked for the first time.

    `asked_at` is when it was asked first, by the product's clock: what came later isn't in the
    answer.
    """

    breakdown: Breakdown
    window: Window
    asked_at: datetime
    resume: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Of whom something is asked, and when, by the product's clock.

    `spec` None: the connector doesn't list the metric.
    """

    source: MetricSource
    info: ConnectorInfo
    spec: MetricSpec | None
    zone: ZoneInfo
    now: datetime


def bounds(target: Target, now: datetime) -> Window:
    """Give the stretch of time that a target is about; ValueError where it is all in the future."""
    if isinstance(target, Span):
        return Window(target.start, min(target.end, now))
    return Window(now - target.history, now)


def questions(target: Target, asking: Asking, asked: Mapping[Breakdown, Asked]) -> list[Question]:
    """Give what is still to be asked, in order.

    What is new comes first, oldest first; then what is older than all that was asked, newest first.
    So what was asked is one stretch without a gap, whenever the asking ends.
    """
    return [
        Question(breakdown=breakdown, window=window, asked_at=asking.now)
        for breakdown in asking.source.breakdowns
        for window in _windows(target, asking, _settled(target, asking, asked.get(breakdown)))
    ]


def answered(progress: Progress, question: Question, told: Sequence[datetime]) -> Progress:
    """Give how far a source was read with one more answer; its periods end at `told`."""
    new = Asked(
        breakdown=question.breakdown,
        start=question.window.start,
        end=min(question.window.end, question.asked_at),
        newest=max(told, default=None),
    )
    before = progress.asked.get(question.breakdown)
    asked = {**progress.asked, question.breakdown: joined(before, new)}
    return replace(progress, asked=asked, waiting=None)


def joined(before: Asked | None, new: Asked) -> Asked:
    """Give what was asked in all; where there is a gap between, what was asked now."""
    if before is None or before.end < new.start or new.end < before.start:
        return new
    known = [each.newest for each in (before, new) if each.newest is not None]
    return Asked(
        breakdown=new.breakdown,
        start=min(before.start, new.start),
        end=max(before.end, new.end),
        newest=max(known, default=None),
    )


def share_asked(target: Target, asking: Asking, asked: Mapping[Breakdown, Asked]) -> float:
    """Give how much of a target was asked, from 0 to 1, over all breakdowns."""
    whole = bounds(target, asking.now)
    spans = [asked[b] for b in asking.source.breakdowns if b in asked]
    total = sum(
        (max(timedelta(0), min(s.end, whole.end) - max(s.start, whole.start)) for s in spans),
        timedelta(0),
    )
    return total / ((whole.end - whole.start) * len(asking.source.breakdowns))


def fingerprint(atlas: Atlas, source: MetricSource, target: Target) -> str:
    """Name what an answer depends on: with another of it, what was asked before counts no more."""
    connection = atlas.get(source.connection, Connection)
    parts = [
        *(connection.connector, connection.settings, atlas.organization.time_zone),
        *(source.remote_metric, source.parameters, source.grain),
        *((target.name, target.start, target.end) if isinstance(target, Span) else ()),
    ]
    told = orjson.dumps(parts, default=dict, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(told).hexdigest()


def _settled(target: Target, asking: Asking, asked: Asked | None) -> Window | None:
    """Give what needn't be asked again; None: nothing."""
    if asked is None:
        return None
    if isinstance(target, Span):
        return Window(asked.start, asked.end)
    if target.afresh:
        return None
    end = min(asked.end, asking.now)
    restates = asking.spec.restates_for if asking.spec else OVERLAP
    told = end - OVERLAP if asked.newest is None else max(asked.newest, end - OVERLAP)
    end = min(end - max(restates, target.overlap), told)
    return Window(asked.start, end) if asked.start < end else None


def _windows(target: Target, asking: Asking, settled: Window | None) -> list[Window]:
    whole = bounds(target, asking.now)
    # A total is one period; it has no part that is new.
    if settled is None or asking.source.grain == Grain.TOTAL:
        return _cut(target, asking, whole.start, whole.end)[::-1]
    newest = settled.end
    if isinstance(target, Missing):
        # Where the clock stands still, the running period is asked for again all the same.
        newest = min(newest, whole.end - _MOMENT)
    older = _cut(target, asking, whole.start, settled.start)
    return [*_cut(target, asking, newest, whole.end), *older[::-1]]


def _cut(target: Target, asking: Asking, start: datetime, end: datetime) -> list[Window]:
    """Cut the periods from that of `start` to the last before `end` into pulls, oldest first."""
    grain, info = Grain(asking.source.grain), asking.info
    if start >= end:
        return []
    if grain in (Grain.TOTAL, Grain.INSTANT):
        return [Window(start, end)]
    if isinstance(target, Span):
        most = min(info.max_points or CHUNK_PERIODS, CHUNK_PERIODS)
        info = replace(info, max_points=most)
    return list(windows(start, end - _MOMENT, grain, zone=asking.zone, info=info))
