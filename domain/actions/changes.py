"""What a use case wants written, and the port that writes it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.atlas import Atlas
from domain.links import Link
from domain.node import Node
from domain.organization import Organization
from domain.secret import SealedSecret, SecretName


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """Complete new records and links, written in one transaction or not at all.

    `base_revision` is the revision the plan was made on, 0 for an organization that doesn't exist
    yet; storage refuses (Conflict) where the organization has moved on since. `sealed` secrets
    take the place of those before them; `forgotten` ones are gone for good.
    """

    organization: Organization
    base_revision: int
    nodes: Sequence[Node] = ()
    links: Sequence[Link] = ()
    unlinked: Sequence[Link] = ()
    sealed: Sequence[SealedSecret] = ()
    forgotten: Sequence[SecretName] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing but perhaps the organization's own fields would be written."""
        nodes_or_links = self.nodes or self.links or self.unlinked
        return not (nodes_or_links or self.sealed or self.forgotten)


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What a use case came to: the changes to write, and the node that they are about.

    `node` is as it will be; with empty changes it is as it was.
    """

    changes: Changes
    node: Node


Plan = Callable[[Atlas], Planned]
"""A use case, to be made on the Atlas that is present when it is written; raises what forbids it.

It may be called again on a later Atlas, so it does nothing but plan.
"""


class Atlases(Protocol):
    """The store of atlases."""

    async def load(self, organization_key: str) -> Atlas | None:
        """Give the organization's present Atlas; None where there is no such organization."""
        ...

    async def apply(self, changes: Changes, *, now: datetime) -> int:
        """Write all changes in one transaction; give the new revision."""
        ...


class Changeable(Protocol):
    """The store of atlases, for use cases that change what is there."""

    async def change(self, held: Atlas, plan: Plan, *, now: datetime) -> Planned:
        """Make a plan on the present Atlas of `held`'s organization and write it, all at once."""
        ...
