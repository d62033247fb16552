"""Metrics: long-lived measures, their values, and how fresh these are."""

import datetime as dt
from collections.abc import Awaitable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import strawberry

from api.context import Reading
from api.errors import BadUserInput
from api.fields import attribute, computed, described, many, maybe
from api.types.enums import (
    AGGREGATION,
    CADENCE,
    DIRECTION,
    DURATION_UNIT,
    MEASURE_DIMENSION,
    METRIC_FAMILY,
    UNIT_KIND,
    WINDOW_KIND,
)
from api.types.freshness import Freshness, metric_freshness
from api.types.links import named_in, naming, sources
from api.types.metric_value import DimensionInput, MetricValue, Window
from api.types.node import AtlasNode
from api.types.pages import connection
from api.types.references import ATLAS_NODE, KEY_RESULT, METRIC_SOURCE
from api.types.series import MARKS, SERIES
from domain import metric, okr, value
from domain.cycle import Cycle
from domain.links import Link, Relation
from domain.metric import WindowKind, dimensions_of
from domain.questions import sources_of
from domain.source import MetricSource

LONGEST_WINDOW_DAYS = 36_600
"""A century: no series is longer, and a calendar ends somewhere."""


@strawberry.input(description="Which observations make up a value.")
class WindowInput:
    """A window, as it is asked for."""

    # Any: named by its class, strawberry would write its own definition into the domain's enum.
    kind: Any = strawberry.field(description="The kind of window.", graphql_type=WINDOW_KIND)
    days: int | None = strawberry.field(
        default=None, description="How many days, 1 or more: with TRAILING, and only then."
    )


def metric_value(
    record: metric.Metric,
    reading: Reading,
    *,
    as_of: dt.date | None = None,
    dimensions: list[DimensionInput] | None = None,
    window: WindowInput | None = None,
    cycle: str | None = None,
) -> value.MetricValue | Awaitable[value.MetricValue]:
    """Give a metric's value; awaited only where the View doesn't hold the answers."""
    asked = _Asked(
        dimensions=dimensions_of({each.name: each.value for each in dimensions or ()}),
        window=None if window is None else _legal(window),
        cycle=reading.cycle_named(cycle),
    )
    if as_of is None and asked == _Asked():
        return value.metric_value(reading.view, record)
    return _awaited_value(reading, record, asked, day=as_of or reading.view.today)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """Of which dimensions, window and cycle a value is asked; None: what the metric says."""

    dimensions: metric.Dimensions = ()
    window: metric.Window | None = None
    cycle: Cycle | None = None


async def _awaited_value(
    reading: Reading, record: metric.Metric, asked: _Asked, *, day: dt.date
) -> value.MetricValue:
    queries = value.queries_of(
        reading.view.atlas,
        record,
        today=day,
        dimensions=asked.dimensions,
        window=asked.window,
        cycle=asked.cycle,
    )
    answers = await reading.aggregates.load_many(queries)
    found = {query: each for query, each in zip(queries, answers, strict=True) if each is not None}
    view = replace(reading.view, today=day, aggregates=found, memo={})
    return value.metric_value(
        view, record, dimensions=asked.dimensions, window=asked.window, cycle=asked.cycle
    )


def _legal(window: WindowInput) -> metric.Window:
    trailing = window.kind is WindowKind.TRAILING
    if trailing is not (window.days is not None):
        message = "A window has `days` with TRAILING, and only then."
        raise BadUserInput(message)
    if window.days is not None and not 1 <= window.days <= LONGEST_WINDOW_DAYS:
        message = f"A window has 1 to {LONGEST_WINDOW_DAYS} days; {window.days} were asked for."
        raise BadUserInput(message)
    return metric.Window(kind=window.kind, days=window.days)


def metric_sources(record: metric.Metric, reading: Reading) -> list[MetricSource]:
    """List a metric's sources in order of precedence."""
    return sources_of(reading.view.atlas, record.id)


def measures(record: metric.Metric, reading: Reading) -> list[Link]:
    """List a metric's links to what it measures, archived nodes left out."""
    atlas = reading.view.atlas
    links = atlas.links_from(record.id, Relation.MEASURES)
    return [link for link in links if atlas.nodes[link.target].archived_at is None]


@strawberry.type(description="What a metric's numbers are.")
class Unit:
    """The public face of `domain.metric.Unit`."""

    kind: str = described("The kind of unit.", graphql_type=UNIT_KIND)
    currency: str | None = described("The currency (ISO 4217), with MONEY; null otherwise.")
    per: int | None = described("Per how many, with RATE; null otherwise.")
    display: str | None = described(
        "The unit in which people read a DURATION, which is always answered in seconds; null for "
        "other kinds, or where seconds are meant.",
        graphql_type=maybe(DURATION_UNIT),
    )


@strawberry.type(description="A day from which on values can't be compared with those before.")
class SeriesBreak:
    """The public face of `domain.metric.SeriesBreak`."""

    date: dt.date = described("The first day of the new series.")
    reason: str = described("What changed.")


@strawberry.type(description="What a metric measures.")
class Measure:
    """A MEASURES link, seen from its metric."""

    node = computed(
        named_in("target"), ATLAS_NODE, "The goal, journey, step, opportunity or solution."
    )
    dimension: str | None = described(
        "What it tells of a journey; null for other nodes, or where nobody said.",
        graphql_type=maybe(MEASURE_DIMENSION),
    )
    long_term_target: float | None = described(
        "The value to reach in the long run, in the metric's unit; null without one."
    )
    long_term_target_exact = computed(
        attribute("long_term_target"), maybe(Decimal), "The same number, exact."
    )


@strawberry.type(description="A long-lived measure. It outlives every cycle.")
class Metric(AtlasNode):
    """The public face of `domain.metric.Metric`."""

    unit: Unit = described("What its numbers are.")
    better: str = described(
        "Which way it gets better.", graphql_type=DIRECTION, name="betterDirection"
    )
    aggregation: str = described(
        "How observations become one value over a window.", graphql_type=AGGREGATION
    )
    window: Window = described(
        "Which observations make up its value unless a query says otherwise."
    )
    cadence: str = described("How often a new observation is due.", graphql_type=CADENCE)
    family: str = described("What it speaks of.", graphql_type=METRIC_FAMILY)
    series_breaks: list[SeriesBreak] = described("Days that its series must not be read across.")
    formula: str | None = described(
        "What a derived metric is worked out by: an expression over other metrics' keys, each "
        "valued over the same window; null for a measured one."
    )
    value = computed(
        metric_value,
        maybe(MetricValue),
        "Its value. All values that one query asks for are read together. Null with an error where "
        "the question makes no sense; without an observation the value inside is null.",
        as_of="The day, in the organization's zone; where nothing is said, the atlas's. Only what "
        "ended by the end of that day counts.",
        dimensions="Narrow it: only observations of exactly these dimensions. Where nothing is "
        "said, the series without dimensions answers; it isn't the sum of the others.",
        window="Which observations make it up; where nothing is said, the metric's own window.",
        cycle="A cycle's key: where a CYCLE window begins, and the last day that counts. Where "
        "nothing is said, the atlas's `cycle`.",
    )
    series = SERIES
    marks = MARKS
    freshness = computed(metric_freshness, Freshness, "How fresh its values are.")
    key_results = connection(
        naming(okr.KeyResult, "metric"), KEY_RESULT, "The key results that it decides."
    )
    driven_by = connection(
        sources(Relation.DRIVES, okr.KeyResult),
        KEY_RESULT,
        "The key results that should move it, as a success measure.",
    )
    measures = computed(measures, many(Measure), "What it measures.")
    sources = computed(
        metric_sources, many(METRIC_SOURCE), "Where its values come from, in order of precedence."
    )
