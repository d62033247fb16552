"""Metrics period by period: what was measured in each bucket of time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import groupby

from api.context import Reading, answered
from api.errors import NotFound
from api.relay import Order, Part
from api.tables.columns import Columns, dimensions_text, number, reason_code
from api.tables.table import Line, a_table, from_start, in_memory
from api.types.metric_value import DimensionInput
from api.types.node import url
from api.types.series import grain_or_week
from domain.calendar import Bucket, Grain
from domain.metric import Metric, dimensions_of
from domain.series import (
    A_YEAR,
    POINTS_AT_MOST,
    SeriesPoint,
    SeriesRequest,
    bucket_queries,
    metric_series,
    series_buckets,
)
from domain.source import MetricSource
from domain.view import View, day_of, end_of, start_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A metric and a bucket of time; `request` is the series that the bucket belongs to."""

    metric: Metric
    bucket: Bucket
    request: SeriesRequest

    @property
    def id(self) -> str:
        """The metric, its dimensions, and when the bucket begins and how long it is."""
        named = dimensions_text(self.request.dimensions) or ""
        return f"{self.metric.id} {self.bucket.label} {named}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredPeriod(Period):
    """A period with what was measured in it."""

    point: SeriesPoint


measured = Columns[MeasuredPeriod]()

BY_PERIOD: Order[Period] = Order(
    "period", lambda each: (each.metric.key, each.bucket.start.isoformat()), (str, str)
)


class MetricSeriesRow:
    """A metric in one bucket of time."""

    metric_id, metric_key, metric_title = measured.node("the metric", lambda p, _: p.metric)
    url = measured.maybe(
        str,
        "The metric's page for people; null where the server was told of none.",
        lambda p, reading: url(p.metric, reading),
    )
    unit = measured.of(
        str,
        "What its numbers are: PERCENT (0 to 100), RATIO (0 to 1), COUNT, SCORE, DURATION (in "
        "seconds), MONEY, RATE or NUMBER.",
        lambda p, _: p.metric.unit.kind.value,
    )
    grain = measured.of(
        str, "How long the bucket is: HOUR to YEAR.", lambda p, _: p.request.grain.value
    )
    start_date = measured.of(
        date,
        "The bucket's first day, in the organization's zone.",
        lambda p, reading: day_of(p.bucket.start, reading.view.atlas),
    )
    period_start = measured.of(
        datetime, "Where the bucket begins, in UTC.", lambda p, _: p.bucket.start
    )
    period_end = measured.of(
        datetime,
        "Where the bucket ends, in UTC: where the next one begins.",
        lambda p, _: p.bucket.end,
    )
    label = measured.of(
        str,
        "The bucket as people name it: 2026-11-22, 2026-W47, 2026-11, 2026-Q4, 2026.",
        lambda p, _: p.bucket.label,
    )
    dimensions = measured.maybe(
        str,
        "What the metric is narrowed to, as the text of a JSON object; null: the whole.",
        lambda p, _: dimensions_text(p.request.dimensions),
    )
    value = measured.maybe(
        float,
        "The value of the observations that end in the bucket, in the metric's unit; null with "
        "`reason`.",
        lambda p, _: number(p.point.value),
    )
    reason = measured.maybe(
        str,
        "Why there is no value, for programs (`NO_OBSERVATION` …); null where there is one.",
        lambda p, _: reason_code(p.point.reason),
    )
    sample_size = measured.maybe(
        float,
        "How many people, events or comments stand behind it, a whole number; null where that "
        "isn't known.",
        lambda p, _: p.point.sample_size,
    )
    is_provisional = measured.of(
        bool,
        "Whether the value may still change: the bucket isn't over, or a source hasn't settled it.",
        lambda p, _: p.point.is_provisional,
    )
    source_key = measured.maybe(
        str,
        "The key of the source that answered; null where none did, and of a derived metric.",
        lambda p, reading: _source_key(p.point, reading),
    )


def _source_key(point: SeriesPoint, reading: Reading) -> str | None:
    if point.source is None:
        return None
    return reading.view.atlas.get(point.source, MetricSource).key


def periods(  # noqa: PLR0913 - each but the first two is an argument of the public field
    reading: Reading,
    start: Part,
    *,
    metrics: list[str] | None = None,
    from_: date | None = None,
    to: date | None = None,
    grain: Grain | None = None,
    dimensions: list[DimensionInput] | None = None,
) -> Iterator[Period]:
    """Give the buckets of each metric, by its key and in order of time."""
    view = reading.view
    last = to or view.today
    request = SeriesRequest(
        grain=grain_or_week(grain),
        start=start_of(from_ or last - A_YEAR, view.atlas),
        end=end_of(last, view.atlas),
        dimensions=dimensions_of({each.name: each.value for each in dimensions or ()}),
    )
    buckets = series_buckets(view, request)
    for metric in from_start(asked_metrics(view, metrics), start, lambda metric: metric.key):
        yield from (Period(metric=metric, bucket=each, request=request) for each in buckets)


def asked_metrics(view: View, keys: list[str] | None) -> list[Metric]:
    """Give the metrics of some keys, else all in use, in order of key; NotFound for a wrong key."""
    if keys is None:
        return list(view.atlas.all(Metric))
    found = {key: view.atlas.find(key, Metric) for key in keys}
    missing = [key for key, metric in found.items() if metric is None]
    if missing:
        message = f"No metric has the key {missing[0]!r}."
        raise NotFound(message)
    return sorted((each for each in found.values() if each), key=lambda metric: metric.key)


async def with_points(
    reading: Reading, records: Sequence[Period]
) -> Sequence[Line[MeasuredPeriod]]:
    """Read what all these buckets are asked for in one statement."""
    view = reading.view
    stretches = [
        _stretch(list(group)) for _, group in groupby(records, lambda each: each.metric.id)
    ]
    queries = [q for each, request, _ in stretches for q in bucket_queries(view, each, request)]
    answers = await answered(reading.services.observations, view, queries)
    return [
        (MeasuredPeriod(metric=metric, bucket=p.bucket, request=p.request, point=point), reading)
        for metric, request, stretch in stretches
        for p, point in zip(stretch, metric_series(view, metric, request, answers), strict=True)
    ]


def _stretch(periods: Sequence[Period]) -> tuple[Metric, SeriesRequest, Sequence[Period]]:
    """Give the request for some adjacent buckets of one metric."""
    first, last = periods[0], periods[-1]
    request = replace(first.request, start=first.bucket.start, end=last.bucket.end)
    return first.metric, request, periods


SERIES = a_table(
    "metricSeriesRows",
    MetricSeriesRow,
    "A row a metric and period, also where nothing was measured: `reason` says why. MEDIAN, UNIQUE "
    "and OPAQUE have values only at their sources' own grain. At most "
    f"{POINTS_AT_MOST:,} periods a metric, else BAD_USER_INPUT. In order of key and time.",
    order=BY_PERIOD,
    source=in_memory(
        periods,
        complete=with_points,
        metrics="The keys of the metrics; where nothing is said, all in use.",
        from_="The first day: a series begins with the bucket that it falls into; where nothing "
        "is said, 52 weeks before `to`.",
        to="The last day: a series ends with the bucket that it falls into, at the latest with "
        "today's; where nothing is said, today.",
        grain="How long the buckets are; where nothing is said, WEEK.",
        dimensions="Narrow them: only observations of exactly these dimensions. Where nothing is "
        "said, the series without dimensions answers.",
    ),
    reads=("known_at",),
)
