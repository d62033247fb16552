"""How fresh a source is: when it answered last, whether it is being asked, when it will be again.

Freshness is about asking, in real time. How old the newest period is that a source told of is
staleness, which `domain/staleness.py` knows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain.atlas import Atlas
from domain.node import Node, NodeId
from domain.source import Connection, MetricSource, SourceError, SourceState
from journey_atlas_sdk import Capability, ConnectorInfo
from plugins.registry import Registry

DEFAULT_MAX_AGE = timedelta(hours=1)
DEFAULT_MIN_INTERVAL = timedelta(minutes=1)
"""Both of a source whose connector isn't installed, so that its freshness can be told."""


class ReadMode(StrEnum):
    """What a reader wants where a source's last answer is older than the maximum age.

    PREFER_CACHE: what is known, now; the source is asked behind the answer. CACHED_ONLY: what is
    known, and nobody is asked. LIVE: what the source says now, as far as the deadline allows.
    """

    PREFER_CACHE = "PREFER_CACHE"
    CACHED_ONLY = "CACHED_ONLY"
    LIVE = "LIVE"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPolicy:
    """How a reader reads. `max_age` None: what each connector says. `metrics` None: all there are.

    `metrics` are keys. `deadline` bounds how long LIVE waits; None: as long as the caller allows.
    """

    mode: ReadMode = ReadMode.PREFER_CACHE
    max_age: timedelta | None = None
    deadline: timedelta | None = None
    metrics: tuple[str, ...] | None = None


PREFER_CACHE = ReadPolicy()


class FreshnessState(StrEnum):
    """How a source's last answer stands against the maximum age."""

    FRESH = "FRESH"
    STALE = "STALE"
    REFRESHING = "REFRESHING"
    PENDING = "PENDING"
    NEVER = "NEVER"


class FreshnessCode(StrEnum):
    """Why a source isn't fresh."""

    NO_SOURCE = "NO_SOURCE"
    NOT_ASKED = "NOT_ASKED"
    BEING_ASKED = "BEING_ASKED"
    DEADLINE = "DEADLINE"
    TOO_OLD = "TOO_OLD"
    FAILED = "FAILED"
    NEEDS_ATTENTION = "NEEDS_ATTENTION"


@dataclass(frozen=True, slots=True, kw_only=True)
class FreshnessReason:
    """Why a source isn't fresh, for programs and for people."""

    code: FreshnessCode
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often a source may and should be asked.

    An answer younger than `max_age` is good enough; nothing is asked twice within `min_interval`.
    `never`: it can't be asked, it only sends.
    """

    max_age: timedelta = DEFAULT_MAX_AGE
    min_interval: timedelta = DEFAULT_MIN_INTERVAL
    never: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFreshness:
    """A source's freshness; `reason` None: it is FRESH.

    `asked_at` is when it last answered, `attempted_at` when it last answered or failed.
    `next_refresh_at` is the earliest moment at which a reading asks it again; None: it is being
    asked, or isn't asked before its settings change. `last_error` None: it never failed since.
    """

    source: NodeId
    state: FreshnessState
    reason: FreshnessReason | None
    max_age_seconds: int
    asked_at: datetime | None = None
    attempted_at: datetime | None = None
    next_refresh_at: datetime | None = None
    last_error: SourceError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """What the process knows of a source besides its record.

    `in_flight`: it is being asked. `late`: a reader waited for it until the deadline, in vain.
    `tried_at`: when this process last ended asking it, which the record may not tell yet.
    `paused_until`: it is to be left alone till then. None: never, or not at all.
    """

    in_flight: bool = False
    late: bool = False
    tried_at: datetime | None = None
    paused_until: datetime | None = None


NOTHING_KNOWN = Asking()


def pace_of(
    registry: Registry, atlas: Atlas, source: MetricSource, *, max_age: timedelta | None = None
) -> Pace:
    """Give a source's pace: what its connector says, and the reader's maximum age where given."""
    info = info_of(registry, atlas, source)
    if info is None:
        return Pace(max_age=DEFAULT_MAX_AGE if max_age is None else max_age)
    chosen = info.default_max_age if max_age is None else max_age
    return Pace(max_age=chosen, min_interval=info.min_interval, never=not can_be_asked(info))


def can_be_asked(info: ConnectorInfo) -> bool:
    """Say whether there is anything to ask: who only takes deliveries has no answers."""
    return Capability.HISTORY in info.capabilities or Capability.PUSH not in info.capabilities


def info_of(registry: Registry, atlas: Atlas, source: MetricSource) -> ConnectorInfo | None:
    """Give what a source's connector says of itself; None where it isn't installed."""
    found = registry.connectors.get(atlas.get(source.connection, Connection).connector)
    return found.info if found else None


def pauses(atlas: Atlas) -> Mapping[NodeId, datetime]:
    """Tell until when the connections are to be left alone that asked for it.

    A vendor counts requests by account, so one rate-limited source pauses its whole connection.
    """
    found: dict[NodeId, datetime] = {}
    for source in atlas.all(MetricSource):
        until = source.error.retry_at if source.error else None
        if until is not None:
            found[source.connection] = max(until, found.get(source.connection, until))
    return found


def attempted_at(source: MetricSource) -> datetime | None:
    """Give when a source last answered or failed; None: never."""
    return latest(source.asked_at, source.error.at if source.error else None)


def latest(*moments: datetime | None) -> datetime | None:
    """Give the latest of some moments, of which any may be missing; None: all are."""
    return max((each for each in moments if each is not None), default=None)


def settings_changed(atlas: Atlas, source: MetricSource, since: datetime) -> bool:
    """Tell whether a source or its connection was written anew after a moment."""
    connection: Node = atlas.nodes[source.connection]
    return max(source.updated_at, connection.updated_at) > since


def due_at(
    atlas: Atlas, source: MetricSource, pace: Pace, asking: Asking = NOTHING_KNOWN
) -> datetime | None:
    """Give the earliest moment at which a source is to be asked; None: not before it is mended.

    A moment past where nobody ever asked. A source that failed isn't asked again within
    `min_interval`, one whose settings are wrong only after they changed.
    """
    wanted = None if pace.never else _wanted_at(atlas, source, pace)
    if wanted is None:
        return None
    tried = latest(attempted_at(source), asking.tried_at)
    rested = tried + pace.min_interval if tried else None
    return latest(wanted, rested, asking.paused_until)


def _wanted_at(atlas: Atlas, source: MetricSource, pace: Pace) -> datetime | None:
    tried = attempted_at(source)
    if tried is None or settings_changed(atlas, source, tried):
        return source.created_at
    if source.state is SourceState.NEEDS_ATTENTION:
        return None
    if source.error is not None or source.asked_at is None:
        return tried
    return source.asked_at + pace.max_age


def freshness_of(
    atlas: Atlas, source: MetricSource, pace: Pace, *, now: datetime, asking: Asking
) -> SourceFreshness:
    """Tell how fresh a source is at a moment of real time."""
    due = due_at(atlas, source, pace, asking)
    stale = _staleness(source, pace, now=now)
    reason = _being_asked(asking) if stale and asking.in_flight else stale
    return SourceFreshness(
        source=source.id,
        state=_state(source, reason, asking),
        reason=reason,
        max_age_seconds=int(pace.max_age.total_seconds()),
        asked_at=source.asked_at,
        attempted_at=attempted_at(source),
        next_refresh_at=None if due is None or asking.in_flight else max(due, now),
        last_error=source.error,
    )


def _state(source: MetricSource, reason: FreshnessReason | None, asking: Asking) -> FreshnessState:
    if reason is None:
        return FreshnessState.FRESH
    if source.asked_at is None:
        return FreshnessState.PENDING if asking.in_flight else FreshnessState.NEVER
    return FreshnessState.REFRESHING if asking.in_flight else FreshnessState.STALE


def _staleness(source: MetricSource, pace: Pace, *, now: datetime) -> FreshnessReason | None:
    """Say why a source isn't fresh, whoever asks it at the moment; None: it is."""
    if source.error is not None:
        return _failed(source, source.error)
    if source.asked_at is None:
        return FreshnessReason(code=FreshnessCode.NOT_ASKED, message="It was never asked.")
    age = now - source.asked_at
    if age <= pace.max_age:
        return None
    message = f"It answered {_seconds(age)} s ago; {_seconds(pace.max_age)} s are allowed."
    return FreshnessReason(code=FreshnessCode.TOO_OLD, message=message)


def _being_asked(asking: Asking) -> FreshnessReason:
    if asking.late:
        message = "It hadn't answered when the deadline passed; it is still being asked."
        return FreshnessReason(code=FreshnessCode.DEADLINE, message=message)
    message = "It is being asked; what it says comes with a later answer."
    return FreshnessReason(code=FreshnessCode.BEING_ASKED, message=message)


def _failed(source: MetricSource, error: SourceError) -> FreshnessReason:
    needs_attention = source.state is SourceState.NEEDS_ATTENTION
    code = FreshnessCode.NEEDS_ATTENTION if needs_attention else FreshnessCode.FAILED
    return FreshnessReason(code=code, message=error.message)


def _seconds(span: timedelta) -> str:
    return f"{int(span.total_seconds()):,}"
