"""What a metric's value is: its observations over a window, from the source that counts."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import chain

from domain.aggregation import aggregated
from domain.atlas import Atlas
from domain.cycle import Cycle
from domain.derived import derivation_of, derived_value, explain_derived
from domain.explain import Explain
from domain.links import Relation
from domain.metric import (
    NOT_AGGREGABLE,
    Aggregation,
    Dimensions,
    Metric,
    ObservationState,
    Window,
)
from domain.node import Kind, NodeId
from domain.okr import THRESHOLD_KINDS, Bounds, KeyResult, KeyResultKind, Objective
from domain.ports import WindowAggregate, WindowQuery
from domain.questions import (
    NO_BOUNDS,
    Span,
    cycle_span,
    illegal_window,
    latest_queries,
    period_queries,
    sources_of,
    span_of,
    value_day,
    window_queries,
)
from domain.reason import Reason, ReasonCode
from domain.source import MetricSource, SourceState
from domain.view import View

COMPARED_DAYS_BEFORE = 91
"""How far back (13 weeks, so that weekdays agree) a success measure is compared with itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricValue:
    """A metric's value over a window, in the metric's unit; None with the reason.

    `source` answered, of all `sources` in order of precedence. `observed_at` is the end of the
    newest observation counted, `state` its state. `count` observations make the value up;
    `sample_size` is their sum, `standard_error` is known for a single observation only.
    `window_start` None: everything since ever. A derived metric has no source; its `derivation`
    shows formula and inputs, and it is as old as its oldest input.
    """

    metric: NodeId
    value: Decimal | None
    reason: Reason | None = None
    window: Window
    dimensions: Dimensions = ()
    window_start: datetime | None = None
    window_end: datetime | None = None
    sources: tuple[NodeId, ...] = ()
    source: NodeId | None = None
    observed_at: datetime | None = None
    state: ObservationState | None = None
    count: int = 0
    sample_size: int | None = None
    standard_error: Decimal | None = None
    derivation: Explain | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Periods:
    """How many periods of a cycle were observed, and how many of them met their bounds.

    `observed` and `met` count FINAL periods, `reported` provisional ones too. `last` is the value
    of the last FINAL period, `met_now` whether it lies within the bounds (None: no period yet).
    """

    metric: NodeId
    observed: int = 0
    met: int = 0
    reported: int = 0
    last: Decimal | None = None
    met_now: bool | None = None
    standard_error: Decimal | None = None
    observed_at: datetime | None = None
    source: NodeId | None = None
    reason: Reason | None = None


def metric_value(
    view: View,
    metric: Metric,
    *,
    dimensions: Dimensions = (),
    window: Window | None = None,
    cycle: Cycle | None = None,
) -> MetricValue:
    """Give a metric's value on the view's day over a window (None: the metric's own).

    With a cycle the day is the cycle's last once that is over. The view must hold the answers:
    `queries_for` asks for every default, `queries_of` for any other window or dimensions.
    """
    return _value_on(view, metric, dimensions=dimensions, window=window, cycle=cycle)


def _value_on(
    view: View,
    metric: Metric,
    *,
    dimensions: Dimensions = (),
    window: Window | None = None,
    cycle: Cycle | None = None,
    today: date | None = None,
) -> MetricValue:
    """Give the value on a day (None: the view's)."""
    asked, day = window or metric.window, today or view.today
    sources = tuple(source.id for source in sources_of(view.atlas, metric.id))
    nothing = MetricValue(
        metric=metric.id, value=None, window=asked, dimensions=dimensions, sources=sources
    )
    span = _legal_span(view.atlas, metric, asked, today=day, cycle=cycle)
    if isinstance(span, Reason):
        return _with_reason(nothing, span)
    if metric.formula is not None:

        def value_of(used: Metric) -> MetricValue:
            return _value_on(
                view, used, dimensions=dimensions, window=asked, cycle=cycle, today=day
            )

        return _derived(view, metric, _with_span(nothing, span), value_of)
    queries = window_queries(view.atlas, metric, span, dimensions=dimensions)
    answer = _first_answer(view, queries)
    if answer is None:
        return _with_reason(nothing, no_observation(view.atlas, metric), span)
    return _answered(metric, nothing, *answer)


def latest_observed_at(view: View, metric: Metric) -> datetime | None:
    """Give the end of a metric's newest observation, by the source that answers; None: never.

    A derived metric is as old as its oldest input.
    """
    if metric.formula is not None:
        ends = [latest_observed_at(view, used) for used in _measured(view.atlas, metric)]
        return None if None in ends else min((end for end in ends if end), default=None)
    answer = _first_answer(view, latest_queries(view.atlas, metric, view.today))
    return None if answer is None else answer[1].last.end


def measured_by(atlas: Atlas, metric: Metric) -> tuple[Metric, ...]:
    """List the metrics whose sources feed a metric: itself, or those that a formula rests on.

    None of them where the formula can't be worked out.
    """
    return (metric,) if metric.formula is None else _measured(atlas, metric)


def source_observed_at(view: View, source: MetricSource) -> datetime | None:
    """Give the end of the newest observation of one source; None: never, or it is archived."""
    metric = view.atlas.get(source.metric, Metric)
    queries = latest_queries(view.atlas, metric, view.today)
    answer = _first_answer(view, [query for query in queries if query.source == source.id])
    return None if answer is None else answer[1].last.end


def earlier_value(view: View, metric: Metric) -> Decimal | None:
    """Give a metric's value 13 weeks before the view's day, None where it has none then."""
    return _value_on(view, metric, today=_compared_day(view.today)).value


def observed_periods(
    view: View,
    metric: Metric,
    cycle: Cycle,
    *,
    dimensions: Dimensions = (),
    bounds: Bounds = NO_BOUNDS,
) -> Periods:
    """Count the periods that ended in a cycle so far, by the first source that has any."""
    span = cycle_span(view.atlas, cycle, view.today)
    queries = period_queries(view.atlas, metric, span, dimensions=dimensions, bounds=bounds)
    answer = _first_answer(view, queries)
    if answer is None:
        return Periods(metric=metric.id, reason=no_observation(view.atlas, metric))
    query, found = answer
    last = found.last_final
    return Periods(
        metric=metric.id,
        observed=found.final_count,
        met=found.met_count,
        reported=found.count,
        last=last.value if last else None,
        met_now=within(bounds, last.value) if last else None,
        standard_error=last.standard_error if last else None,
        observed_at=(last or found.last).end,
        source=query.source,
        reason=None if last else _only_provisional(metric),
    )


def within(bounds: Bounds, value: Decimal) -> bool:
    """Tell whether a value lies within bounds, which belong to the range themselves."""
    above = bounds.lower is None or value >= bounds.lower
    return above and (bounds.upper is None or value <= bounds.upper)


def queries_for(atlas: Atlas, today: date) -> list[WindowQuery]:
    """List every question that an Atlas's numbers ask on a day, each once."""
    queries: dict[WindowQuery, None] = {}
    for metric in atlas.all(Metric, archived=True):
        queries.update(dict.fromkeys(_metric_queries(atlas, metric, today)))
    asked = key_result_queries(atlas, atlas.all(KeyResult, archived=True), today)
    queries.update(dict.fromkeys(asked))
    return list(queries)


def key_result_queries(
    atlas: Atlas, key_results: Iterable[KeyResult], today: date
) -> list[WindowQuery]:
    """List the questions that the progress and status of key results on a day need, each once."""
    alike = {_asks(atlas, each): each for each in key_results}
    asked = (_key_result_queries(atlas, each, today) for each in alike.values())
    return list(dict.fromkeys(chain.from_iterable(asked)))


def queries_of(
    atlas: Atlas,
    metric: Metric,
    *,
    today: date,
    dimensions: Dimensions = (),
    window: Window | None = None,
    cycle: Cycle | None = None,
) -> list[WindowQuery]:
    """List the questions that `metric_value` with the same arguments needs answered."""
    if metric.formula is not None:
        asked = window or metric.window
        return [
            query
            for used in _measured(atlas, metric)
            for query in queries_of(
                atlas, used, today=today, dimensions=dimensions, window=asked, cycle=cycle
            )
        ]
    span = _legal_span(atlas, metric, window or metric.window, today=today, cycle=cycle)
    if isinstance(span, Reason):
        return []
    return window_queries(atlas, metric, span, dimensions=dimensions)


def no_observation(atlas: Atlas, metric: Metric) -> Reason:
    """Say why nothing was observed: no source, failing ones, or none that delivered anything."""
    if metric.formula is not None:
        message = f"{metric.key} is derived, and has no periods of its own."
        return Reason(ReasonCode.NO_OBSERVATION, message)
    sources = sources_of(atlas, metric.id)
    if not sources:
        return Reason(ReasonCode.NO_SOURCE, f"{metric.key} has no source.")
    broken = (SourceState.FAILING, SourceState.NEEDS_ATTENTION)
    if all(source.state in broken for source in sources):
        errors = "; ".join(s.error.message if s.error else f"{s.key} {s.state}" for s in sources)
        message = f"{metric.key} has no observation here, and its sources fail: {errors}"
        return Reason(ReasonCode.SOURCE_FAILING, message)
    return Reason(ReasonCode.NO_OBSERVATION, f"{metric.key} has no observation here.")


def _metric_queries(atlas: Atlas, metric: Metric, today: date) -> list[WindowQuery]:
    queries = queries_of(atlas, metric, today=today)
    queries += latest_queries(atlas, metric, today)
    measures = atlas.links_from(metric.id, Relation.MEASURES)
    if any(atlas.nodes[link.target].kind is Kind.JOURNEY for link in measures):
        queries += _earlier_queries(atlas, metric, today)
    return queries


def _earlier_queries(atlas: Atlas, metric: Metric, today: date) -> list[WindowQuery]:
    return queries_of(atlas, metric, today=_compared_day(today))


def _compared_day(today: date) -> date:
    return today - timedelta(days=COMPARED_DAYS_BEFORE)


def _measured(atlas: Atlas, metric: Metric) -> tuple[Metric, ...]:
    """Give the measured metrics at the bottom of a derived one; none where it can't be derived."""
    derivation = derivation_of(atlas, metric)
    return () if isinstance(derivation, Reason) else derivation.measured


def _derived(
    view: View, metric: Metric, nothing: MetricValue, value_of: Callable[[Metric], MetricValue]
) -> MetricValue:
    found = derived_value(view.atlas, metric, value_of)
    return replace(
        nothing,
        value=found.value,
        reason=found.reason,
        observed_at=found.observed_at,
        state=found.state,
        count=len(found.inputs),
        derivation=explain_derived(view.atlas, found, view.instant),
    )


def _asks(atlas: Atlas, key_result: KeyResult) -> Hashable:
    """Give all that a key result's questions depend on: many ask the same of one metric."""
    return (
        *(key_result.metric, atlas.get(key_result.objective, Objective).cycle),
        *(key_result.result_kind, key_result.dimensions, key_result.window, key_result.bounds),
    )


def _key_result_queries(atlas: Atlas, key_result: KeyResult, today: date) -> list[WindowQuery]:
    if key_result.metric is None:
        return []
    metric = atlas.get(key_result.metric, Metric)
    cycle = atlas.get(atlas.get(key_result.objective, Objective).cycle, Cycle)
    narrowed = key_result.dimensions
    if key_result.result_kind in (*THRESHOLD_KINDS, KeyResultKind.ESTABLISH_BASELINE):
        span = cycle_span(atlas, cycle, today)
        bounds = key_result.bounds or NO_BOUNDS
        return period_queries(atlas, metric, span, dimensions=narrowed, bounds=bounds)
    window = key_result.window
    return queries_of(atlas, metric, today=today, dimensions=narrowed, window=window, cycle=cycle)


def _legal_span(
    atlas: Atlas, metric: Metric, window: Window, *, today: date, cycle: Cycle | None
) -> Span | Reason:
    illegal = illegal_window(metric, window)
    return illegal or span_of(atlas, window, day=value_day(today, cycle), cycle=cycle)


def _first_answer(
    view: View, queries: Sequence[WindowQuery]
) -> tuple[WindowQuery, WindowAggregate] | None:
    for query in queries:
        answer = view.aggregates.get(query)
        if answer is not None:
            return query, answer
    return None


def _with_reason(nothing: MetricValue, reason: Reason, span: Span | None = None) -> MetricValue:
    placed = _with_span(nothing, span) if span else nothing
    return replace(placed, reason=reason)


def _with_span(nothing: MetricValue, span: Span) -> MetricValue:
    return replace(nothing, window_start=span.start, window_end=span.end)


def _answered(
    metric: Metric, nothing: MetricValue, query: WindowQuery, found: WindowAggregate
) -> MetricValue:
    value = aggregated(metric, found)
    single = metric.aggregation is Aggregation.LAST or metric.aggregation in NOT_AGGREGABLE
    return replace(
        nothing,
        value=None if isinstance(value, Reason) else value,
        reason=value if isinstance(value, Reason) else None,
        window_start=query.start,
        window_end=query.end,
        source=query.source,
        observed_at=found.last.end,
        state=found.last.state,
        count=1 if single else found.count,
        sample_size=found.last.sample_size if single else found.sample_size,
        standard_error=found.last.standard_error if single else None,
    )


def _only_provisional(metric: Metric) -> Reason:
    message = f"{metric.key} has only provisional observations here, which don't count yet."
    return Reason(ReasonCode.NO_OBSERVATION, message)
