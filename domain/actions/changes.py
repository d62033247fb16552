"""What a use case wants written, and the port that writes it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.atlas import Atlas
from domain.links import Link
from domain.node import Node
from domain.organization import Organization


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """Complete new records and links, written in one transaction or not at all.

    `base_revision` is the revision the plan was made on, 0 for an organization that doesn't exist
    yet; storage refuses (Conflict) where the organization has moved on since.
    """

    organization: Organization
    base_revision: int
    nodes: Sequence[Node] = ()
    links: Sequence[Link] = ()
    unlinked: Sequence[Link] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing but perhaps the organization's own fields would be written."""
        return not (self.nodes or self.links or self.unlinked)


class Atlases(Protocol):
    """The store of atlases."""

    async def load(self, organization_key: str) -> Atlas | None:
        """Give the organization's present Atlas; None where there is no such organization."""
        ...

    async def apply(self, changes: Changes, *, now: datetime) -> int:
        """Write all changes in one transaction; give the new revision."""
        ...
