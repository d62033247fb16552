"""A filter and an order applied to a list; a long list is worked through with pauses.

Reading a derived value of each of 100,000 nodes takes seconds. Whoever else asks the server
meanwhile shall wait for milliseconds: so the work hands over between its slices.
"""

import asyncio
from collections.abc import Awaitable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from api.filters.compiling import Predicate
from api.filters.pace import Pace, Pause
from api.relay import Order
from domain.node import Node

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
        found: list[Node] = []
        steps = self._steps(nodes, found)
        return found if self._slice(steps) else self._rest(steps, found)

    async def _rest(self, steps: Iterator[None], found: list[Node]) -> Nodes:
        while True:
            await asyncio.sleep(0)
            if self._slice(steps):
                return found

    def _slice(self, steps: Iterator[None]) -> bool:
        """Work for a while; tell whether all is done."""
        self.pace.begin_slice()
        return not any(self.pace.is_over for _ in steps)

    def _steps(self, nodes: Nodes, found: list[Node]) -> Iterator[None]:
        """Work through the list in small steps; `found` is complete after the last one."""
        places: dict[str, tuple[object, ...]] = {}
        for start in range(0, len(nodes), STEP):
            self.pace.reading.require_running()
            for node in nodes[start : start + STEP]:
                while (is_meant := self._is_meant(node)) is None:
                    yield
                if is_meant:
                    found.append(node)
                if is_meant and self.order is not None:
                    places[node.id] = self.order.place(node)
            yield
        if self.order is not None:
            found.sort(key=lambda node: places[node.id])

    def _is_meant(self, node: Node) -> bool | None:
        """Tell whether a node is meant; None: not known before the next slice."""
        if self.holds is None:
            return True
        try:
            return self.holds(node)
        except Pause:
            return None
