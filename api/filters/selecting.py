"""A filter and an order applied to a list; a long list is worked through with pauses.

Reading a derived value of each of 100,000 nodes takes seconds. Whoever else asks the server
meanwhile shall wait for milliseconds: so the work hands over between its slices.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from api.context import Reading
from api.filters.compiling import Predicate
from api.relay import Order
from domain.node import Node

SLICE_SECONDS = 0.02
"""How long a slice of the work lasts."""

AT_ONCE = 500
"""A list of at most so many nodes is worked through at once."""

SORTED_AT_ONCE = 64
"""How many nodes are read between two looks at the clock."""

Nodes = Sequence[Any]
"""Nodes of one kind, which the filter and the order know."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What is to be done to a list: `holds` None keeps all, `order` None keeps the list's own."""

    reading: Reading
    holds: Predicate | None
    order: Order[Any] | None

    @property
    def is_nothing(self) -> bool:
        """Whether the list stays as it is."""
        return self.holds is None and self.order is None

    def at_once(self, nodes: Nodes) -> Nodes:
        """Give the nodes that are meant, in their order."""
        for _ in self._steps(nodes, found := _Found()):
            pass
        return found.nodes

    async def with_pauses(self, nodes: Nodes) -> Nodes:
        """Give the same, and let others work after each slice."""
        now = self.reading.services.monotonic
        until = now() + SLICE_SECONDS
        for _ in self._steps(nodes, found := _Found()):
            if now() >= until:
                await asyncio.sleep(0)
                until = now() + SLICE_SECONDS
        return found.nodes

    def _steps(self, nodes: Nodes, found: "_Found") -> Iterator[None]:
        """Work through the list in steps of few nodes each; what comes out is in `found`."""
        places: dict[str, tuple[object, ...]] = {}
        for start in range(0, len(nodes), SORTED_AT_ONCE):
            self.reading.require_running()
            part = nodes[start : start + SORTED_AT_ONCE]
            kept = part if self.holds is None else [node for node in part if self.holds(node)]
            found.nodes.extend(kept)
            if self.order is not None:
                places.update((node.id, self.order.place(node)) for node in kept)
            yield
        if self.order is not None:
            found.nodes.sort(key=lambda node: places[node.id])


class _Found:
    """The nodes found so far."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
