"""A filter and an order applied to a list; a long list is worked through with pauses.

Reading a derived value of each of 100,000 nodes takes seconds. Whoever else asks the server
meanwhile shall wait for milliseconds: so the work hands over between its slices.
"""

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import islice
from operator import itemgetter
from typing import Any

from api.filters.compiling import Predicate
from api.filters.pace import Pace, Pause, worked
from api.relay import Order, Place
from domain.node import Node
from domain.steps import Steps

STEP = 64
"""How many nodes of the list are worked through between two looks at the clock."""

Nodes = Sequence[Any]
"""Nodes of one kind, which the filter and the order know."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What is to be done to a list: `holds` None keeps all, `order` None keeps the list's own."""

    pace: Pace
    holds: Predicate | None
    order: Order[Any] | None

    @property
    def is_nothing(self) -> bool:
        """Whether the list stays as it is."""
        return self.holds is None and self.order is None

    def of(self, nodes: Nodes) -> Nodes | Awaitable[Nodes]:
        """Give the nodes that are meant, in their order; awaited where that takes longer."""
        return worked(self._steps(nodes), self.pace)

    def _steps(self, nodes: Nodes) -> Steps[Nodes]:
        if self.holds is not None:
            nodes = yield from meant(nodes, self.holds)
        if self.order is not None:
            nodes = yield from in_order(nodes, self.order)
        return nodes


def meant(nodes: Nodes, holds: Predicate) -> Steps[Nodes]:
    """Give the nodes for which a predicate holds."""
    found: list[Node] = []
    for start in range(0, len(nodes), STEP):
        for node in nodes[start : start + STEP]:
            while (is_meant := _judged(node, holds)) is None:
                yield
            if is_meant:
                found.append(node)
        yield
    return found


def _judged(node: Node, holds: Predicate) -> bool | None:
    """Tell whether a node is meant; None: not known before the next slice."""
    try:
        return holds(node)
    except Pause:
        return None


def in_order(nodes: Nodes, order: Order[Any]) -> Steps[Nodes]:
    """Sort nodes in short runs, then merge these."""
    runs: list[list[tuple[Place, Node]]] = []
    for start in range(0, len(nodes), STEP):
        run = ((order.place(node), node) for node in nodes[start : start + STEP])
        runs.append(sorted(run, key=_place))
        yield
    merged = merge(*runs, key=_place)
    found: list[Node] = []
    while part := list(islice(merged, STEP)):
        found += [node for _, node in part]
        yield
    return found


_place = itemgetter(0)
