"""Events on a metric's time axis: what a chart of it should point out."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import partial

from domain.atlas import Atlas
from domain.cycle import Cycle
from domain.errors import TooMuch
from domain.key_result import target_of
from domain.links import Relation
from domain.metric import Metric
from domain.node import Node, NodeId
from domain.okr import KeyResult, Objective
from domain.solution import Solution, SolutionStatus
from domain.statement import key_result_statement
from domain.thread import downstream
from domain.view import View, remembered

MARKS_AT_MOST = 500
"""More of them hide the line that they are set on."""


class MarkKind(StrEnum):
    """What happened, in the order in which marks of one day stand.

    SERIES_BREAK: from here on values can't be compared with those before. CYCLE_START, CYCLE_END:
    the first and last day of a cycle. RELEASE: a solution went out. TARGET: a value is due.
    """

    SERIES_BREAK = "SERIES_BREAK"
    CYCLE_START = "CYCLE_START"
    RELEASE = "RELEASE"
    TARGET = "TARGET"
    CYCLE_END = "CYCLE_END"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """An event on a day of the organization.

    `node` is the metric whose series breaks, the cycle, the solution or the key result. `value` is
    what a TARGET asks for, in the metric's unit (of a threshold its bound); None for other kinds,
    and for a range, which has two.
    """

    kind: MarkKind
    date: date
    node: NodeId
    title: str
    value: Decimal | None = None


def marks(
    view: View,
    metric: Metric,
    *,
    start: date | None = None,
    end: date | None = None,
    kinds: Collection[MarkKind] = tuple(MarkKind),
) -> list[Mark]:
    """List the marks of a metric from `start` to `end`, both counted (None: open), by date.

    Cycles and targets are those of the visible key results on the metric. Releases are those of
    the solutions that it measures or that lie beneath what it measures, and of those on which or
    beneath whose goal, journey or opportunity an objective hangs of which a key result uses the
    metric or shall drive it. TooMuch for more than 500 marks.
    """
    found = {
        mark
        for kind in kinds
        for mark in _MARKERS[kind](view, metric)
        if (start is None or start <= mark.date) and (end is None or mark.date <= end)
    }
    if len(found) > MARKS_AT_MOST:
        advice = "Ask for a shorter time or fewer kinds."
        seen = f"{metric.key} has {len(found):,} marks there"
        raise TooMuch(seen, limit="marks", maximum=MARKS_AT_MOST, advice=advice)
    order = list(MarkKind)
    return sorted(found, key=lambda m: (m.date, order.index(m.kind), view.atlas.nodes[m.node].key))


def _series_breaks(_: View, metric: Metric) -> Iterator[Mark]:
    for at in metric.series_breaks:
        yield Mark(kind=MarkKind.SERIES_BREAK, date=at.date, node=metric.id, title=at.reason)


def _cycle_starts(view: View, metric: Metric) -> Iterator[Mark]:
    for cycle in _cycles(view, metric):
        title = f"{cycle.title} begins"
        yield Mark(kind=MarkKind.CYCLE_START, date=cycle.start, node=cycle.id, title=title)


def _cycle_ends(view: View, metric: Metric) -> Iterator[Mark]:
    for cycle in _cycles(view, metric):
        title = f"{cycle.title} ends"
        yield Mark(kind=MarkKind.CYCLE_END, date=cycle.end, node=cycle.id, title=title)


def _releases(view: View, metric: Metric) -> Iterator[Mark]:
    for solution in _solutions(view, metric):
        day = solution.released_at
        if day is not None and solution.status is SolutionStatus.RELEASED:
            yield Mark(kind=MarkKind.RELEASE, date=day, node=solution.id, title=solution.title)


def _targets(view: View, metric: Metric) -> Iterator[Mark]:
    for key_result in _key_results(view, metric):
        if target_of(key_result, metric) is not None or key_result.bounds is not None:
            yield Mark(
                kind=MarkKind.TARGET,
                date=_cycle_of(view.atlas, key_result).end,
                node=key_result.id,
                title=key_result_statement(view.atlas, key_result),
                value=_aim(key_result, metric),
            )


_MARKERS = {
    MarkKind.SERIES_BREAK: _series_breaks,
    MarkKind.CYCLE_START: _cycle_starts,
    MarkKind.CYCLE_END: _cycle_ends,
    MarkKind.RELEASE: _releases,
    MarkKind.TARGET: _targets,
}


def _key_results(view: View, metric: Metric) -> Sequence[KeyResult]:
    """List the visible key results on a metric whose objectives are visible too."""
    index = remembered(view, ("key_results_by_metric",), partial(_by_metric, view.atlas))
    return index.get(metric.id, ())


def _by_metric(atlas: Atlas) -> dict[NodeId, list[KeyResult]]:
    index: dict[NodeId, list[KeyResult]] = {}
    for key_result in atlas.all(KeyResult):
        is_visible = _objective_of(atlas, key_result).archived_at is None
        if is_visible and key_result.metric is not None:
            index.setdefault(key_result.metric, []).append(key_result)
    return index


def _objective_of(atlas: Atlas, key_result: KeyResult) -> Objective:
    return atlas.get(key_result.objective, Objective)


def _cycle_of(atlas: Atlas, key_result: KeyResult) -> Cycle:
    return atlas.get(_objective_of(atlas, key_result).cycle, Cycle)


def _cycles(view: View, metric: Metric) -> list[Cycle]:
    found = [_cycle_of(view.atlas, key_result) for key_result in _key_results(view, metric)]
    return [cycle for cycle in found if cycle.archived_at is None]


def _solutions(view: View, metric: Metric) -> list[Solution]:
    """List each solution that a metric is about, once."""
    reached: dict[NodeId, Node] = {}
    for node in _subjects(view, metric):
        if node.id not in reached:
            reached |= {other.id: other for other in (node, *downstream(view.atlas, node.id))}
    return [node for node in reached.values() if isinstance(node, Solution)]


def _subjects(view: View, metric: Metric) -> Iterator[Node]:
    """Walk what a metric measures, and what the objectives hang on that use or drive it."""
    yield from view.atlas.targets(metric.id, Relation.MEASURES, Node)
    drivers = view.atlas.sources(metric.id, Relation.DRIVES, KeyResult)
    for key_result in (*_key_results(view, metric), *drivers):
        if _objective_of(view.atlas, key_result).archived_at is None:
            yield from view.atlas.targets(key_result.objective, Relation.ANCHORED_ON, Node)


def _aim(key_result: KeyResult, metric: Metric) -> Decimal | None:
    bounds = key_result.bounds
    if bounds is None:
        return target_of(key_result, metric)
    if bounds.lower is None or bounds.upper is None:
        return bounds.upper if bounds.lower is None else bounds.lower
    return None
