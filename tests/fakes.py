"""Fakes of our own ports, for tests that need no database."""

from dataclasses import dataclass, field
from datetime import datetime

from domain.actions.changes import Changes
from domain.atlas import Atlas, build_atlas
from domain.errors import Conflict
from domain.links import Link


@dataclass
class FakeAtlases:
    """The store of atlases in memory; `rivals` others write first, one at each apply."""

    stored: dict[str, Atlas] = field(default_factory=dict[str, Atlas])
    rivals: int = 0
    applied: list[Changes] = field(default_factory=list[Changes])

    async def load(self, organization_key: str) -> Atlas | None:
        return self.stored.get(organization_key)

    async def apply(self, changes: Changes, *, now: datetime) -> int:
        del now
        before = self.stored.get(changes.organization.key)
        revision = before.revision if before else 0
        if self.rivals or revision != changes.base_revision:
            self.rivals -= 1
            message = f"The organization is at revision {revision} by now."
            raise Conflict(message)
        self.applied.append(changes)
        self.stored[changes.organization.key] = applied(before, changes)
        return revision + 1


def applied(before: Atlas | None, changes: Changes) -> Atlas:
    """Give the atlas that changes lead to."""
    nodes = dict(before.nodes) if before else {}
    nodes |= {node.id: node for node in changes.nodes}
    links = {_identity(link): link for link in _links(before)}
    for link in changes.unlinked:
        del links[_identity(link)]
    links |= {_identity(link): link for link in changes.links}
    revision = changes.base_revision + 1
    return build_atlas(changes.organization, revision, nodes.values(), links.values())


def _links(atlas: Atlas | None) -> list[Link]:
    by_relation = atlas.outgoing.values() if atlas else ()
    return [link for by_source in by_relation for links in by_source.values() for link in links]


def _identity(link: Link) -> tuple[str, str, str]:
    return link.relation, link.source, link.target
