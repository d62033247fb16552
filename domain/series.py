"""A metric's values bucket by bucket: filled where asked, and set beside an earlier time.

`bucket_queries` lists the questions of a series, the store answers them in one batch, and
`metric_series` makes points of the answers. A point is what the metric's value over its bucket is;
the metric's own window doesn't matter here.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import partial
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

from domain.bucket_value import BucketQuestions, BucketValue
from domain.calendar import Bucket, Calendar, Grain, a_year_before, buckets_before, buckets_from
from domain.derived import InputValue, derivation_of
from domain.errors import InvalidRecord, TooMuch
from domain.exact import decimal_of
from domain.filling import Fill, fillings
from domain.metric import Dimensions, Metric, ObservationState
from domain.node import NodeId
from domain.ports import Aggregates, WindowQuery
from domain.reason import Reason, ReasonCode
from domain.value import measured_by
from domain.view import View

POINTS_AT_MOST = 1_000
"""Buckets in one series: six weeks of hours, two and a half years of days, 19 years of weeks."""

A_YEAR = timedelta(days=364)
"""How far back series go where nobody says: 52 weeks, so that weekdays agree."""

YEARS = range(1900, 2200)
"""In which years a series may lie, so that what it is compared with has a date too."""


class CompareTo(StrEnum):
    """What each point is set beside: as many buckets before, or the same time of a year before."""

    PREVIOUS_PERIOD = "PREVIOUS_PERIOD"
    PREVIOUS_YEAR = "PREVIOUS_YEAR"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesRequest:
    """What is asked of a series: all buckets that the time from `start` up to `end` touches.

    `zone` None cuts days in the organization's; `first_month` (1 to 12) begins the fiscal year.
    `compare_to` None compares with nothing.
    """

    grain: Grain
    start: datetime
    end: datetime
    dimensions: Dimensions = ()
    fill: Fill = Fill.NULL
    zone: ZoneInfo | None = None
    first_month: int = 1
    compare_to: CompareTo | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesPoint:
    """A bucket's value in the metric's unit; None with the reason.

    `is_provisional`: the bucket isn't over, or an observation in it may still change. `is_filled`:
    nothing was observed, and the value is what the asked filling made up; `reason` says why.
    `compared` is the value of the bucket that begins at `compared_start`. `change` is value -
    compared, in the unit; `relative_change` that by the size of the compared one (0.2 is a fifth
    up, -0.2 a fifth down, on either side of 0), None where the compared one is 0. What is filled
    has no change.
    """

    start: datetime
    end: datetime
    label: str
    value: Decimal | None
    reason: Reason | None = None
    source: NodeId | None = None
    sample_size: int | None = None
    is_provisional: bool = False
    is_filled: bool = False
    compared_start: datetime | None = None
    compared: Decimal | None = None
    change: Decimal | None = None
    relative_change: Decimal | None = None


def bucket_queries(view: View, metric: Metric, request: SeriesRequest) -> list[WindowQuery]:
    """List the questions that `metric_series` with the same arguments needs answered, each once.

    InvalidRecord for a request that contradicts itself, TooMuch for more buckets than there may be.
    """
    questions = _questions(view, request)
    buckets = [bucket for pair in _pairs(view, request) for bucket in pair if bucket]
    measured = measured_by(view.atlas, metric)
    asked = (questions.of(each, bucket) for bucket in buckets for each in measured)
    return list(dict.fromkeys(query for queries in asked for query in queries))


def series_buckets(view: View, request: SeriesRequest) -> list[Bucket]:
    """Give the buckets that have points in a request's series, without looking for gaps.

    Errors as of `bucket_queries`.
    """
    return [bucket for bucket, _ in _pairs(view, request)]


def metric_series(
    view: View, metric: Metric, request: SeriesRequest, answers: Aggregates
) -> list[SeriesPoint]:
    """Give a metric's points in order of time, up to the bucket that the view's instant is in.

    MEDIAN, UNIQUE and OPAQUE can't be cut anew: a source answers only by its own grain, with a
    period that is exactly the bucket; other points have the reason WINDOW_ILLEGAL.
    Errors as of `bucket_queries`.
    """
    value_in = _values(metric, replace(_questions(view, request), answers=answers))
    points: list[SeriesPoint] = []
    for bucket, earlier in _pairs(view, request):
        point = _point(bucket, value_in(bucket), view.instant)
        points.append(_compared(point, earlier, value_in) if earlier else point)
    return _filled(points, request.fill)


_Pair = tuple[Bucket, Bucket | None]
_ValueIn = Callable[[Bucket], InputValue]
_UNOBSERVED = (ReasonCode.NO_OBSERVATION, ReasonCode.NO_SOURCE, ReasonCode.SOURCE_FAILING)


def _questions(view: View, request: SeriesRequest) -> BucketQuestions:
    return BucketQuestions(
        atlas=view.atlas,
        grain=request.grain,
        until=view.end_of_today,
        dimensions=request.dimensions,
    )


def _pairs(view: View, request: SeriesRequest) -> list[_Pair]:
    """Give a request's buckets, each with the one that it is compared with."""
    _require_sound(request)
    calendar = Calendar(request.zone or view.atlas.organization.zone, request.first_month)
    buckets = _buckets(calendar, request, view.instant)
    if request.compare_to is None or not buckets:
        return [(bucket, None) for bucket in buckets]
    if request.compare_to is CompareTo.PREVIOUS_YEAR:
        return [(bucket, a_year_before(calendar, request.grain, bucket)) for bucket in buckets]
    before = buckets_before(calendar, request.grain, buckets[0], len(buckets))
    return list(zip(buckets, before, strict=True))


def _buckets(calendar: Calendar, request: SeriesRequest, now: datetime) -> list[Bucket]:
    end = min(request.end, now)
    if end <= request.start:
        return []
    walk = buckets_from(calendar, request.grain, request.start)
    found = list(islice(takewhile(lambda b: b.start < end, walk), POINTS_AT_MOST + 1))
    if len(found) > POINTS_AT_MOST:
        asked = f"{request.start:%Y-%m-%d} to {request.end:%Y-%m-%d} by {request.grain} is more"
        advice = "Ask for a coarser grain or a shorter time."
        raise TooMuch(asked, limit="points in a series", maximum=POINTS_AT_MOST, advice=advice)
    return found


def _require_sound(request: SeriesRequest) -> None:
    if request.end <= request.start:
        message = f"A series from {request.start} can't go to {request.end}: it ends before."
        raise InvalidRecord(message, path=("end",))
    for name, moment in (("start", request.start), ("end", request.end)):
        if moment.year not in YEARS:
            message = f"A series lies in the years {YEARS[0]} to {YEARS[-1]}, not in {moment.year}."
            raise InvalidRecord(message, path=(name,))
    if request.first_month not in range(1, 13):
        message = f"A fiscal year begins with a month from 1 to 12, not with {request.first_month}."
        raise InvalidRecord(message, path=("first_month",))


def _values(metric: Metric, questions: BucketQuestions) -> _ValueIn:
    """Give the function that tells a metric's value in a bucket; a formula is read once for all."""
    if metric.formula is None:
        return partial(questions.value, metric)
    derivation = derivation_of(questions.atlas, metric)
    if isinstance(derivation, Reason):
        nothing = BucketValue(metric=metric.id, value=None, reason=derivation)
        return lambda _: nothing
    return lambda bucket: derivation.value(lambda used: questions.value(used, bucket))


def _point(bucket: Bucket, found: InputValue, now: datetime) -> SeriesPoint:
    may_change = found.state is ObservationState.PROVISIONAL
    return SeriesPoint(
        start=bucket.start,
        end=bucket.end,
        label=bucket.label,
        value=found.value,
        reason=found.reason,
        source=found.source,
        sample_size=found.sample_size if isinstance(found, BucketValue) else None,
        is_provisional=may_change or bucket.end > now,
    )


def _compared(point: SeriesPoint, earlier: Bucket, value_in: _ValueIn) -> SeriesPoint:
    before = value_in(earlier).value
    point = replace(point, compared_start=earlier.start, compared=before)
    if point.value is None or before is None:
        return point
    change = Fraction(point.value) - Fraction(before)
    relative = decimal_of(change / abs(Fraction(before))) if before else None
    return replace(point, change=decimal_of(change), relative_change=relative)


def _filled(points: list[SeriesPoint], fill: Fill) -> list[SeriesPoint]:
    """Fill the buckets without any observation; where observations make no value it stays so."""
    if fill is Fill.NONE:
        return [point for point in points if not _is_gap(point)]
    fillers = fillings(fill, [point.end for point in points], [point.value for point in points])
    return [
        replace(point, value=filler, is_filled=True)
        if _is_gap(point) and filler is not None
        else point
        for point, filler in zip(points, fillers, strict=True)
    ]


def _is_gap(point: SeriesPoint) -> bool:
    return point.reason is not None and point.reason.code in _UNOBSERVED
