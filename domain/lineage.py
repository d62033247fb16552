"""What lies beneath what: every ancestor with each of its descendants, ready to be joined."""

from dataclasses import dataclass

from domain.atlas import Atlas
from domain.node import Kind, Node
from domain.thread import directly_beneath

STRUCTURE = (Kind.GOAL, Kind.JOURNEY, Kind.STEP, Kind.OPPORTUNITY, Kind.SOLUTION)
"""The kinds that have ancestors and descendants, from the top down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Descent:
    """A descendant, and how many steps (`depth`, by the shortest way) it lies beneath its ancestor.

    A node is its own ancestor at depth 0.
    """

    ancestor: Node
    descendant: Node
    depth: int

    @property
    def id(self) -> str:
        """The two nodes, who meet once however many ways lead from one to the other."""
        return f"{self.ancestor.id} {self.descendant.id}"


def lineage(atlas: Atlas, ancestor: Node) -> list[Descent]:
    """List what lies structurally beneath a node and the node itself, the nearest first."""
    ring, seen = [ancestor], {ancestor.id}
    found: list[Descent] = []
    depth = 0
    while ring:
        found += (Descent(ancestor=ancestor, descendant=n, depth=depth) for n in ring)
        below = (lower for node in ring for lower in directly_beneath(atlas, node))
        ring = list({lower.id: lower for lower in below if lower.id not in seen}.values())
        seen.update(lower.id for lower in ring)
        depth += 1
    return found
