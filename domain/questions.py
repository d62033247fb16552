"""Which observations a number is made of: windows and periods as questions to the store."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from domain.atlas import Atlas
from domain.cycle import Cycle
from domain.metric import (
    NOT_AGGREGABLE,
    Aggregation,
    Dimensions,
    Metric,
    Window,
    WindowKind,
)
from domain.node import NodeId
from domain.okr import Bounds
from domain.ports import WindowQuery
from domain.reason import Reason, ReasonCode
from domain.source import MetricSource
from domain.view import end_of, start_of

EVERYTHING = Window(kind=WindowKind.ALL)
NO_BOUNDS = Bounds()


@dataclass(frozen=True, slots=True)
class Span:
    """The instants between which a window's observations end: after `start`, by `end`."""

    start: datetime | None
    end: datetime

    @property
    def is_empty(self) -> bool:
        """Whether nothing can end in it: a cycle that hasn't begun."""
        return self.start is not None and self.start >= self.end


def sources_of(atlas: Atlas, metric: NodeId) -> list[MetricSource]:
    """List the visible sources of a metric, the one that answers first at the front."""
    return [s for s in atlas.sources_by_metric.get(metric, ()) if s.archived_at is None]


def illegal_window(metric: Metric, window: Window) -> Reason | None:
    """Say why a metric can't be asked over a window; None where it can."""
    if metric.aggregation in NOT_AGGREGABLE and window.kind is not WindowKind.ALL:
        message = (
            f"{metric.key} is {metric.aggregation}, which can't be aggregated again: only the "
            "source's own latest period answers (window ALL)."
        )
        return Reason(ReasonCode.WINDOW_ILLEGAL, message)
    if window.kind is WindowKind.TRAILING and (window.days is None or window.days < 1):
        message = "A TRAILING window needs a number of days, 1 or more."
        return Reason(ReasonCode.WINDOW_ILLEGAL, message)
    return None


def value_day(today: date, cycle: Cycle | None) -> date:
    """Give the day whose value counts: the asked one, or the cycle's last where that is over."""
    return today if cycle is None else min(today, cycle.end)


def span_of(atlas: Atlas, window: Window, *, day: date, cycle: Cycle | None) -> Span | Reason:
    """Cut a window in the organization's time zone; a CYCLE window needs a cycle."""
    if window.kind is WindowKind.ALL:
        return Span(None, end_of(day, atlas))
    if window.kind is WindowKind.TRAILING:
        first = day - timedelta(days=(window.days or 1) - 1)
        return Span(start_of(first, atlas), end_of(day, atlas))
    if cycle is None:
        message = "The metric counts since the cycle's start, and no cycle was asked for."
        return Reason(ReasonCode.NO_CYCLE, message)
    return Span(start_of(cycle.start, atlas), end_of(day, atlas))


def window_queries(
    atlas: Atlas, metric: Metric, span: Span, *, dimensions: Dimensions = ()
) -> list[WindowQuery]:
    """Ask every source of a metric for the aggregate of a span, in order of precedence."""
    whole = metric.aggregation is not Aggregation.LAST and metric.aggregation not in NOT_AGGREGABLE
    return _queries(atlas, metric, span, _Shape(dimensions=dimensions, whole=whole))


def period_queries(
    atlas: Atlas,
    metric: Metric,
    span: Span,
    *,
    dimensions: Dimensions = (),
    bounds: Bounds = NO_BOUNDS,
) -> list[WindowQuery]:
    """Ask every source how many of a span's periods were observed, and lie within the bounds."""
    shape = _Shape(dimensions=dimensions, whole=True, bounds=bounds)
    return _queries(atlas, metric, span, shape)


def latest_queries(
    atlas: Atlas, metric: Metric, day: date, *, dimensions: Dimensions = ()
) -> list[WindowQuery]:
    """Ask every source for its latest observation up to a day, whatever the metric's window."""
    span = Span(None, end_of(day, atlas))
    return _queries(atlas, metric, span, _Shape(dimensions=dimensions, whole=False))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """What a question asks besides source and span."""

    dimensions: Dimensions
    whole: bool
    bounds: Bounds = NO_BOUNDS


def _queries(atlas: Atlas, metric: Metric, span: Span, shape: _Shape) -> list[WindowQuery]:
    if span.is_empty:
        return []
    return [
        WindowQuery(
            source=source.id,
            metric=metric.id,
            dimensions=shape.dimensions,
            start=span.start,
            end=span.end,
            whole=shape.whole,
            lower=shape.bounds.lower,
            upper=shape.bounds.upper,
        )
        for source in sources_of(atlas, metric.id)
    ]


def cycle_span(atlas: Atlas, cycle: Cycle, today: date) -> Span:
    """Give the part of a cycle that is over on a day; empty before its start."""
    return Span(start_of(cycle.start, atlas), end_of(value_day(today, cycle), atlas))
