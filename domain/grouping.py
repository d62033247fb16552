"""Records grouped under a name and kept in order, made at once or changed in a few places."""

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")

Groups = Mapping[K, tuple[V, ...]]
# Any: whatever can be compared; no two records of a group may have the same place.
Order = Callable[[V], Any]

FEW = 8
"""Up to an eighth of a group is changed in place by bisection; more, and it is sorted anew."""


@dataclass(frozen=True, slots=True)
class Grouping(Generic[K, V]):
    """Under which name a record is found (None: under none), and where among its like."""

    name: Callable[[V], K | None]
    order: Order[V]


def grouped(records: Iterable[V], by: Grouping[K, V]) -> dict[K, tuple[V, ...]]:
    """Group records; a name without any is absent."""
    groups = _by_name(records, by.name)
    return {name: _in_order(group, by.order) for name, group in groups.items()}


def _in_order(group: Sequence[V], order: Order[V]) -> tuple[V, ...]:
    # Most groups are of one: those need no key.
    return tuple(sorted(group, key=order) if len(group) > 1 else group)


def regrouped(
    groups: Groups[K, V],
    gone: Iterable[V],
    come: Iterable[V],
    by: Grouping[K, V],
    *,
    order_before: Order[V] | None = None,
) -> Groups[K, V]:
    """Give the groups without some of their records and with others; the rest is shared.

    The `gone` are the groups' own objects. `order_before` (None: as `by` says) is where they stood.
    """
    leaving, coming = _by_name(gone, by.name), _by_name(come, by.name)
    if not leaving and not coming:
        return groups
    changed = dict(groups)
    for name in leaving.keys() | coming.keys():
        left = _without(groups.get(name, ()), leaving.get(name, ()), order_before or by.order)
        group = _with(left, coming.get(name, ()), by.order)
        if group:
            changed[name] = tuple(group)
        else:
            changed.pop(name, None)
    return changed


def _by_name(records: Iterable[V], name: Callable[[V], K | None]) -> dict[K, list[V]]:
    groups: dict[K, list[V]] = {}
    for record in records:
        under = name(record)
        if under is not None:
            groups.setdefault(under, []).append(record)
    return groups


def _without(group: Sequence[V], gone: Sequence[V], order: Order[V]) -> list[V]:
    if len(gone) * FEW > len(group):
        leaving = set(map(id, gone))
        return [record for record in group if id(record) not in leaving]
    left = list(group)
    for record in gone:
        del left[bisect_left(left, order(record), key=order)]
    return left


def _with(group: list[V], come: Sequence[V], order: Order[V]) -> list[V]:
    if len(come) * FEW > len(group):
        return sorted([*group, *come], key=order)
    for record in come:
        insort(group, record, key=order)
    return group
