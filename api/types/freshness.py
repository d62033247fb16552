"""How fresh values are, and how fresh a reader wants them."""

import datetime as dt
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import strawberry

import domain.source
from api.context import Reading
from api.errors import BadUserInput
from api.fields import computed, described, maybe
from api.types.enums import FRESHNESS_CODE, FRESHNESS_STATE, READ_MODE
from domain import metric, staleness, value
from domain.explain import age_seconds
from domain.questions import sources_of
from domain.source import MetricSource
from domain.view import View
from ingest import freshness as ingest
from ingest.failing import advice_for

LONGEST_MAX_AGE_SECONDS = 10 * 366 * 86_400
LONGEST_DEADLINE_SECONDS = 3_600
"""Longer than any operation: what is asked for beyond its time is cut, not refused."""

METRICS_AT_MOST = 200


@strawberry.input(
    description="How fresh the values should be. Sources are asked in the background, each once "
    "however many ask, and never twice within its connector's minimum interval."
)
class ReadInput:
    """A policy of reading, as it is asked for."""

    # Any: named by its class, strawberry would write its own definition into the enum.
    mode: Any = strawberry.field(
        default=ingest.ReadMode.PREFER_CACHE,
        description="What to do where a source's last answer is older than the maximum age.",
        graphql_type=READ_MODE,
    )
    max_age_seconds: int | None = strawberry.field(
        default=None,
        description="How old the last answer of a source may be, 0 or more; where nothing is said, "
        "what its connector says, usually an hour.",
    )
    deadline_seconds: float | None = strawberry.field(
        default=None,
        description="How long LIVE waits, 0 or more; where nothing is said, and at most, four "
        "fifths of the time that the operation has left. What hasn't answered by then is told "
        "with its last value, and `freshness.reason` says so.",
    )
    metrics: list[str] | None = strawberry.field(
        default=None,
        description="The keys of the metrics whose sources are asked, at most 200; where nothing "
        "is said, those of all metrics.",
    )


def policy_of(read: ReadInput | None) -> ingest.ReadPolicy:
    """Check what a client asks for; None: what is known, refreshed behind."""
    if not isinstance(read, ReadInput):
        return ingest.PREFER_CACHE
    max_age, deadline = read.max_age_seconds, read.deadline_seconds
    if max_age is not None and not 0 <= max_age <= LONGEST_MAX_AGE_SECONDS:
        message = f"`maxAgeSeconds` lies between 0 and {LONGEST_MAX_AGE_SECONDS}, not at {max_age}."
        raise BadUserInput(message)
    if deadline is not None and not 0 <= deadline <= LONGEST_DEADLINE_SECONDS:
        most = LONGEST_DEADLINE_SECONDS
        message = f"`deadlineSeconds` lies between 0 and {most}, not at {deadline:g}."
        raise BadUserInput(message)
    if read.metrics is not None and len(read.metrics) > METRICS_AT_MOST:
        message = f"`metrics` takes at most {METRICS_AT_MOST} keys; {len(read.metrics)} were given."
        raise BadUserInput(message)
    return ingest.ReadPolicy(
        mode=read.mode,
        max_age=None if max_age is None else timedelta(seconds=max_age),
        deadline=None if deadline is None else timedelta(seconds=deadline),
        metrics=None if read.metrics is None else tuple(read.metrics),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricFreshness:
    """How old a metric's newest observation is, and how long ago its sources were asked.

    `age_seconds` counts to the asked moment, all else is in real time. State, reason, next refresh
    and last error are those of the source that decides.
    """

    state: ingest.FreshnessState
    reason: ingest.FreshnessReason | None
    observed_at: datetime | None
    age_seconds: int | None
    is_stale: bool
    asked_at: datetime | None
    asked_seconds_ago: int | None
    next_refresh_at: datetime | None
    last_error: domain.source.SourceError | None


def source_freshness(record: MetricSource, reading: Reading) -> ingest.SourceFreshness:
    """Tell how fresh a source is, by the maximum age that the reader asked for."""
    services, atlas = reading.services, reading.view.atlas
    pace = ingest.pace_of(services.registry, atlas, record, max_age=reading.policy.max_age)
    asking = replace(services.refresher.asking(atlas, record), late=record.id in reading.late)
    return ingest.freshness_of(atlas, record, pace, now=services.now(), asking=asking)


def metric_freshness(record: metric.Metric, reading: Reading) -> MetricFreshness:
    """Tell how fresh a metric is; a derived one is as fresh as the least fresh of its inputs."""
    view = reading.view
    observed_at = value.latest_observed_at(view, record)
    parts = [_part(each, reading) for each in value.measured_by(view.atlas, record)]
    worst = max(parts, key=lambda part: _WORSE.index(part.state), default=_UNFED)
    asked = [part.asked_at for part in parts]
    asked_at = None if None in asked else min(filter(None, asked), default=None)
    return MetricFreshness(
        state=worst.state,
        reason=worst.reason,
        observed_at=observed_at,
        age_seconds=age_seconds(observed_at, view.instant),
        is_stale=staleness.is_stale(view, record),
        asked_at=asked_at,
        asked_seconds_ago=age_seconds(asked_at, reading.services.now()),
        next_refresh_at=worst.next_refresh_at,
        last_error=worst.last_error,
    )


_WORSE = (
    ingest.FreshnessState.FRESH,
    ingest.FreshnessState.REFRESHING,
    ingest.FreshnessState.STALE,
    ingest.FreshnessState.PENDING,
    ingest.FreshnessState.NEVER,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """The freshness of one measured metric: that of the source that decides."""

    state: ingest.FreshnessState
    reason: ingest.FreshnessReason | None
    asked_at: datetime | None = None
    next_refresh_at: datetime | None = None
    last_error: domain.source.SourceError | None = None


def _part(record: metric.Metric, reading: Reading) -> _Part:
    sources = sources_of(reading.view.atlas, record.id)
    found = _decisive(reading.view, [(each, source_freshness(each, reading)) for each in sources])
    if found is None:
        return _UNFED
    return _Part(
        state=found.state,
        reason=found.reason,
        asked_at=ingest.latest(*(source.asked_at for source in sources)),
        next_refresh_at=found.next_refresh_at,
        last_error=found.last_error,
    )


_UNFED = _Part(
    state=ingest.FreshnessState.NEVER,
    reason=ingest.FreshnessReason(
        code=ingest.FreshnessCode.NO_SOURCE, message="The metric has no source."
    ),
)


def _decisive(
    view: View, sources: list[tuple[MetricSource, ingest.SourceFreshness]]
) -> ingest.SourceFreshness | None:
    """Choose the source that answers; without any observation the first that isn't fresh."""
    for source, found in sources:
        if value.source_observed_at(view, source) is not None:
            return found
    waiting = (found for _, found in sources if found.state is not ingest.FreshnessState.FRESH)
    return next(waiting, sources[0][1] if sources else None)


def observed_at_source(record: ingest.SourceFreshness, reading: Reading) -> datetime | None:
    """Give the end of a source's newest observation up to the asked day; None: there is none."""
    source = reading.view.atlas.get(record.source, MetricSource)
    return value.source_observed_at(reading.view, source)


def advice_of(record: domain.source.SourceError, _: Reading) -> str:
    """Say what to do about a failure."""
    return advice_for(record.code)


@strawberry.type(description="Why a source failed last. Safe to show to anyone.")
class SourceError:
    """The public face of `domain.source.SourceError`."""

    code: str = described(
        "The kind of failure: `AUTH_ERROR`, `TRANSIENT_ERROR`, `RATE_LIMITED` and so on."
    )
    fault: str = described("Whose fault it is: `CUSTOMER`, `VENDOR` or `PLUGIN`.")
    message: str = described("What happened.")
    advice = computed(advice_of, str, "What to do about it.")
    at: dt.datetime = described("When, in real time.")
    retry_at: dt.datetime | None = described(
        "Until when the source wants to be left alone; null where it didn't say."
    )


@strawberry.type(description="Why a source isn't fresh.")
class FreshnessReason:
    """The public face of `ingest.freshness.FreshnessReason`."""

    code: str = described("The reason, for programs.", graphql_type=FRESHNESS_CODE)
    message: str = described("The reason, for people.")


_STATE = "How the last answer stands against the maximum age."
_REASON = "Why it isn't FRESH; null where it is."
_NEXT = (
    "The earliest moment, in real time, at which a reading asks again; null while it is being "
    "asked, and where it isn't asked before its settings change."
)
_LAST_ERROR = "Why it failed last; null where it has answered since, or never failed."


@strawberry.type(
    description="How fresh a metric's values are. `state`, `reason`, `nextRefreshAt` and "
    "`lastError` are those of the source that answers; without any observation those of the first, "
    "in order of precedence, that isn't FRESH. A derived metric is as fresh as the least fresh of "
    "those that it is derived from."
)
class Freshness:
    """The public face of `MetricFreshness`."""

    state: str = described(_STATE, graphql_type=FRESHNESS_STATE)
    reason: FreshnessReason | None = described(_REASON)
    observed_at: dt.datetime | None = described(
        "When the newest observed period ended; null where nothing was ever observed."
    )
    age_seconds: int | None = described(
        "Seconds from then to the asked moment; null where nothing was ever observed."
    )
    is_stale: bool = described(
        "Whether that is longer than twice the cadence; false where nothing was ever observed. It "
        "speaks of the period observed, `state` of when a source was asked."
    )
    asked_at: dt.datetime | None = described(
        "When a source last answered, in real time; null where none ever did. Of the metrics that "
        "a derived one comes from, the one that was asked longest ago."
    )
    asked_seconds_ago: int | None = described(
        "Real seconds since then, whatever day is asked for; null where none ever answered."
    )
    next_refresh_at: dt.datetime | None = described(_NEXT)
    last_error: SourceError | None = described(_LAST_ERROR)


@strawberry.type(description="How fresh what a source said is.")
class SourceFreshness:
    """The public face of `ingest.freshness.SourceFreshness`."""

    state: str = described(_STATE, graphql_type=FRESHNESS_STATE)
    reason: FreshnessReason | None = described(_REASON)
    observed_at = computed(
        observed_at_source,
        maybe(datetime),
        "When its newest observed period ended, up to the asked day; null where there is none.",
    )
    asked_at: dt.datetime | None = described(
        "When it last answered, in real time; null where it never did."
    )
    attempted_at: dt.datetime | None = described(
        "When it last answered or failed, in real time; null where nobody ever asked it."
    )
    next_refresh_at: dt.datetime | None = described(_NEXT)
    max_age_seconds: int = described(
        "How old its answer may be: what the reader asked for, else what its connector says."
    )
    last_error: SourceError | None = described(_LAST_ERROR)
