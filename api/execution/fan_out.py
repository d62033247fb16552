"""How long the lists of an Atlas really are, by the kinds at their two ends.

The length that counts is that of the list in which an average item stands: Σ length² / Σ length.
It is more than the mean, for a walk over links comes through long lists more often than through
short ones, and less than the maximum, which one crowded node would set for all.
"""

from collections.abc import Collection, Iterable, Mapping
from functools import partial
from typing import Any

from domain.atlas import Atlas
from domain.links import RULES, Relation
from domain.node import Kind
from domain.view import View, remembered

FollowedLists = Mapping[Any, Collection[Any]]  # Any: only their lengths are looked at


def count_of(view: View, kind: Kind) -> int:
    """Count the nodes of a kind, archived ones too."""
    return len(view.atlas.by_kind.get(kind, ()))


def fan_out(view: View, parent: Kind, child: Kind) -> float | None:
    """Give how many nodes of one kind a node of another leads to; None where nothing tells.

    Where several relations join the two, that of the longest lists. Remembered by the view.
    """
    key = ("fan_out", parent, child)
    return remembered(view, key, partial(_longest, view.atlas, parent, child))


def _longest(atlas: Atlas, parent: Kind, child: Kind) -> float | None:
    lengths = [_usual(lists.values()) for lists in _joining(atlas, parent, child)]
    return max(lengths, default=None)


def _joining(atlas: Atlas, parent: Kind, child: Kind) -> Iterable[FollowedLists]:
    for relation in Relation:
        rule = RULES[relation]
        if parent in rule.sources and child in rule.targets:
            yield atlas.outgoing[relation]
        if child in rule.sources and parent in rule.targets:
            yield atlas.incoming[relation]
    match parent, child:
        case Kind.OBJECTIVE, Kind.KEY_RESULT:
            yield atlas.key_results_by_objective
        case Kind.CYCLE, Kind.OBJECTIVE:
            yield atlas.objectives_by_cycle
        case Kind.OBJECTIVE, Kind.OBJECTIVE:
            yield atlas.successors
        case Kind.METRIC, Kind.METRIC_SOURCE:
            yield atlas.sources_by_metric
        case Kind.METRIC, Kind.KEY_RESULT:
            yield _by_metric(atlas)
        case _:
            pass


def _by_metric(atlas: Atlas) -> FollowedLists:
    decided: dict[object, list[object]] = {}
    for key_result in atlas.by_kind.get(Kind.KEY_RESULT, ()):
        decided.setdefault(getattr(key_result, "metric", None), []).append(key_result)
    return decided


def _usual(lists: Iterable[Collection[Any]]) -> float:
    lengths = [len(each) for each in lists]
    total = sum(lengths)
    return sum(length * length for length in lengths) / total if total else 0.0
