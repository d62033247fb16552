"""Rules over all records of an atlas as it will be: each record by itself, and along its fields."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import pairwise
from types import MappingProxyType

from domain.actions.directory import Directory
from domain.actions.drafts import InputPath
from domain.actions.merging import name_in_input
from domain.actions.record_rules import problems_of_record
from domain.atlas import Atlas
from domain.cycle import Cycle
from domain.errors import DomainError, InvalidRecord, LinkCycle
from domain.formula_rules import circle_among, problems_of_formula
from domain.key_result import problems_of
from domain.links import find_cycle
from domain.metric import Metric
from domain.node import Kind, Node, NodeId
from domain.okr import KeyResult, Objective
from domain.team import Team

Paths = Mapping[NodeId, InputPath]
"""Where in the input a node stands."""


def problems_of_nodes(
    atlas: Atlas | None, records: Mapping[NodeId, Node], paths: Paths, directory: Directory
) -> Iterator[DomainError]:
    """Judge what the input changes, and what is stored where a change reaches it."""
    stored: Mapping[NodeId, Node] = atlas.nodes if atlas else {}
    changed = {node_id for node_id, node in records.items() if stored.get(node_id) is not node}
    for node_id in changed:
        for problem in problems_of_record(records[node_id]):
            yield _placed(problem, paths.get(node_id, ()))
    yield from _key_result_problems(records, paths, changed)
    yield from _formula_problems(records, paths, changed, directory)
    yield from _cycle_problems(records, paths, changed)
    yield from _parent_problems(records, paths)


def _key_result_problems(
    records: Mapping[NodeId, Node], paths: Paths, changed: set[NodeId]
) -> Iterator[InvalidRecord]:
    for node in records.values():
        if not isinstance(node, KeyResult) or not {node.id, node.metric} & changed:
            continue
        metric = records.get(node.metric or NodeId(""))
        if node.metric is not None and not isinstance(metric, Metric):
            continue  # the metric has problems of its own, which are told
        for problem in problems_of(node, metric if isinstance(metric, Metric) else None):
            if node.id in paths:
                yield _placed(problem, paths[node.id])
            else:
                message = f"The stored key result {node.key} would not hold: {problem.message}"
                path = paths.get(node.metric or NodeId(""), ())
                yield InvalidRecord(message, path=path, legal=problem.legal)


def _formula_problems(
    records: Mapping[NodeId, Node], paths: Paths, changed: set[NodeId], directory: Directory
) -> Iterator[InvalidRecord]:
    """Refuse formulas that can't be read, don't fit the metric's unit, or go in a circle."""
    metrics = {node.key: node for node in records.values() if isinstance(node, Metric)}
    derived = {key: metric for key, metric in metrics.items() if metric.formula is not None}
    if not changed & {metric.id for metric in metrics.values()}:
        return

    def may_name(key: str) -> bool:
        return directory.may_name(key, Kind.METRIC)

    for metric in derived.values():
        at = (*paths.get(metric.id, ()), "formula")
        text = metric.formula or ""
        for problem in problems_of_formula(metric, text, metrics, may_name=may_name):
            yield InvalidRecord(problem.message, path=at, legal=problem.legal)
    circle = circle_among({key: metric.formula or "" for key, metric in derived.items()})
    if circle:
        first = next((key for key in circle if derived[key].id in paths), circle[0])
        message = f"The formulas go in a circle: {' → '.join(circle)}."
        yield InvalidRecord(message, path=(*paths.get(derived[first].id, ()), "formula"))


def _cycle_problems(
    records: Mapping[NodeId, Node], paths: Paths, changed: set[NodeId]
) -> Iterator[InvalidRecord]:
    """Refuse a cycle that reaches out of its parent: a year holds its quarters whole."""
    for cycle in records.values():
        if not isinstance(cycle, Cycle) or cycle.parent is None:
            continue
        parent = records.get(cycle.parent)
        if not isinstance(parent, Cycle) or not {cycle.id, parent.id} & changed:
            continue
        if parent.start <= cycle.start and cycle.end <= parent.end:
            continue
        message = (
            f"{cycle.key} ({cycle.start} to {cycle.end}) isn't whole inside its parent "
            f"{parent.key} ({parent.start} to {parent.end})."
        )
        yield InvalidRecord(message, path=paths.get(cycle.id, paths.get(parent.id, ())))


def _parent_problems(records: Mapping[NodeId, Node], paths: Paths) -> Iterator[LinkCycle]:
    """Refuse teams, cycles and objectives that are their own ancestors."""

    def edges(above: Callable[[Node], NodeId | None]) -> dict[NodeId, list[NodeId]]:
        return {node.id: [parent] for node in records.values() if (parent := above(node))}

    parents = edges(lambda node: node.parent if isinstance(node, Team | Cycle) else None)
    yield from _circles(parents, "parent", records, paths)
    earlier = edges(lambda node: node.predecessor if isinstance(node, Objective) else None)
    yield from _circles(earlier, "predecessor", records, paths)


def _circles(
    edges: dict[NodeId, list[NodeId]],
    field: str,
    records: Mapping[NodeId, Node],
    paths: Paths,
) -> Iterator[LinkCycle]:
    while circle := find_cycle(edges):
        source = next((node for node, _ in pairwise(circle) if node in paths), circle[0])
        message = f"{field.capitalize()} would close a circle: {_keys(circle, records)}."
        yield LinkCycle(message, path=(*paths.get(source, ()), field))
        del edges[source]


def _keys(ids: Iterable[NodeId], records: Mapping[NodeId, Node]) -> str:
    return " → ".join(records[node_id].key if node_id in records else "?" for node_id in ids)


def _placed(problem: InvalidRecord, at: InputPath) -> InvalidRecord:
    """Put a problem of a record where the record stands in the input."""
    legal = problem.legal
    match problem.path:
        case ("bounds", side, *rest):
            path = (_SIDES[str(side)], *rest)
            legal = tuple(_SIDES[side] for side in legal)
        case path:
            path = tuple(name_in_input(p) if isinstance(p, str) else p for p in path)
    return InvalidRecord(problem.message, path=(*at, *path), legal=legal)


_SIDES = MappingProxyType({"lower": "at_least", "upper": "at_most"})
