"""Metrics: long-lived measures, how they aggregate, and the observations they are made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar

from domain.node import AtlasNode, Kind, NodeId

Dimensions = tuple[tuple[str, str], ...]
"""Pairs of (name, value) sorted by name: `(("channel", "online"),)`; empty: undimensioned."""


def dimensions_of(pairs: Mapping[str, str]) -> Dimensions:
    """Give the one canonical form of a set of dimensions."""
    return tuple(sorted(pairs.items()))


class UnitKind(StrEnum):
    """What a metric's numbers are. PERCENT is 0 to 100, RATIO 0 to 1, DURATION seconds."""

    PERCENT = "PERCENT"
    RATIO = "RATIO"
    COUNT = "COUNT"
    SCORE = "SCORE"
    DURATION = "DURATION"
    MONEY = "MONEY"
    RATE = "RATE"
    NUMBER = "NUMBER"


class DurationUnit(StrEnum):
    """The unit in which a duration is shown and written; it is stored in seconds."""

    SECOND = "SECOND"
    MINUTE = "MINUTE"
    HOUR = "HOUR"
    DAY = "DAY"
    WEEK = "WEEK"


SECONDS_PER = {
    DurationUnit.SECOND: 1,
    DurationUnit.MINUTE: 60,
    DurationUnit.HOUR: 3_600,
    DurationUnit.DAY: 86_400,
    DurationUnit.WEEK: 604_800,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A unit. `currency` (ISO 4217) belongs to MONEY, `per` to RATE, `display` to DURATION."""

    kind: UnitKind
    currency: str | None = None
    per: int | None = None
    display: DurationUnit | None = None


class Direction(StrEnum):
    """Which way a metric gets better."""

    HIGHER = "HIGHER"
    LOWER = "LOWER"
    NEITHER = "NEITHER"


class Aggregation(StrEnum):
    """How observations become one value over a window.

    RATIO is Σ numerator / Σ denominator; WEIGHTED_MEAN weighs by sample size. MEDIAN, UNIQUE and
    OPAQUE can't be aggregated again: only the source's own latest period answers.
    """

    LAST = "LAST"
    SUM = "SUM"
    MEAN = "MEAN"
    WEIGHTED_MEAN = "WEIGHTED_MEAN"
    RATIO = "RATIO"
    MIN = "MIN"
    MAX = "MAX"
    MEDIAN = "MEDIAN"
    UNIQUE = "UNIQUE"
    OPAQUE = "OPAQUE"


NOT_AGGREGABLE = (Aggregation.MEDIAN, Aggregation.UNIQUE, Aggregation.OPAQUE)


class WindowKind(StrEnum):
    """CYCLE: since the cycle's start. TRAILING: the last n days. ALL: everything known."""

    CYCLE = "CYCLE"
    TRAILING = "TRAILING"
    ALL = "ALL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Which observations count; `days` belongs to TRAILING."""

    kind: WindowKind = WindowKind.ALL
    days: int | None = None


class Cadence(StrEnum):
    """How often a new observation is due."""

    HOUR = "HOUR"
    DAY = "DAY"
    WEEK = "WEEK"
    MONTH = "MONTH"
    QUARTER = "QUARTER"
    YEAR = "YEAR"


SECONDS_OF_CADENCE = {
    Cadence.HOUR: 3_600,
    Cadence.DAY: 86_400,
    Cadence.WEEK: 7 * 86_400,
    Cadence.MONTH: 31 * 86_400,
    Cadence.QUARTER: 92 * 86_400,
    Cadence.YEAR: 366 * 86_400,
}
"""The longest that one period of a cadence lasts: staleness must not cry wolf in a long month."""


class MetricFamily(StrEnum):
    """What a metric speaks of."""

    JOURNEY_KPI = "JOURNEY_KPI"
    BEHAVIOURAL = "BEHAVIOURAL"
    BUSINESS_OUTCOME = "BUSINESS_OUTCOME"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesBreak:
    """From `date` on, values can't be compared with those before."""

    date: date
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric(AtlasNode):
    """A measure that outlives every cycle.

    `formula` makes it a derived one: an expression over other metrics by key, such as
    `{MT-A} / {MT-B} * 100`; None: it is measured, by its sources.
    """

    kind: ClassVar[Kind] = Kind.METRIC

    unit: Unit
    better: Direction
    aggregation: Aggregation = Aggregation.LAST
    window: Window = Window()
    cadence: Cadence = Cadence.MONTH
    family: MetricFamily = MetricFamily.JOURNEY_KPI
    series_breaks: tuple[SeriesBreak, ...] = ()
    formula: str | None = None


class ObservationState(StrEnum):
    """PROVISIONAL values may still change at the source; FINAL ones are settled."""

    FINAL = "FINAL"
    PROVISIONAL = "PROVISIONAL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One measured value of a metric over [start, end), aware times in UTC.

    Identity: (source, metric, start, end, dimensions). The same identity with other content is a
    revision: the older record stays and is what was believed until `recorded_at` of the newer one.
    `value` None says that the source measured nothing in this period; it is not 0.
    """

    source: NodeId
    metric: NodeId
    start: datetime
    end: datetime
    dimensions: Dimensions = ()
    value: Decimal | None
    sample_size: int | None = None
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    standard_error: Decimal | None = None
    state: ObservationState = ObservationState.FINAL
    flags: tuple[str, ...] = ()
    connector: str
    connector_version: str
    sync_run: str
    recorded_at: datetime
