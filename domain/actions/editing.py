"""What all changes of one record have in common: its version, its archiving, its key."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count
from typing import Any, TypeVar

from domain.actions.changes import Changes, Planned
from domain.atlas import Atlas
from domain.errors import (
    Archived,
    Conflict,
    DomainError,
    InvalidRecord,
    NotFound,
    Rejected,
    StaleVersion,
)
from domain.node import Node, NodeId

N = TypeVar("N", bound=Node)

_NO_LETTER = re.compile(r"[^a-z0-9]+")
_LONGEST_MADE_KEY = 60
_LONGEST_KEY = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What every use case works with: the moment, and ids that nobody else has."""

    now: datetime
    new_id: Callable[[], str]


@dataclass(frozen=True, slots=True)
class Target:
    """A record that shall change, and the version of it that was read."""

    id: NodeId
    version: int


def targeted(atlas: Atlas, target: Target, kind: type[N], *, archived: bool = False) -> N:
    """Give the record that shall change; NotFound, StaleVersion, Archived.

    With `archived` it may be either.
    """
    node = required(atlas, target.id, kind, path=("id",))
    if node.version != target.version:
        message = (
            f"{node.key} is at version {node.version} by now; version {target.version} was read. "
            "Look at it again and repeat the change."
        )
        raise StaleVersion(message, path=("version",))
    if not archived:
        require_in_use(node, path=("id",))
    return node


def required(atlas: Atlas, node_id: NodeId, kind: type[N], *, path: tuple[str, ...]) -> N:
    """Give the record of an id; NotFound with the place where it was named."""
    node = atlas.nodes.get(node_id)
    if not isinstance(node, kind):
        message = f"There is no {kind.kind} with this id."
        raise NotFound(message, path=path)
    return node


def require_in_use(node: Node, *, path: tuple[str, ...]) -> None:
    """Refuse (Archived) a record that was put away."""
    if node.archived_at is not None:
        message = f"{node.key} is archived: restore it first."
        raise Archived(message, path=path)


def free_id(atlas: Atlas, wanted: str | None, desk: Desk) -> NodeId:
    """Give the id that a client made, None: a new one; Conflict where a node has it already."""
    if wanted is None:
        return NodeId(desk.new_id())
    if NodeId(wanted) in atlas.nodes:
        message = f"{atlas.nodes[NodeId(wanted)].key} has this id already."
        raise Conflict(message, path=("new_id",))
    return NodeId(wanted)


def key_from(title: str) -> str:
    """Make a key out of a title: `survey-monkey`."""
    return _NO_LETTER.sub("-", title.lower()).strip("-")[:_LONGEST_MADE_KEY] or "node"


def free_key(atlas: Atlas, wanted: str) -> str:
    """Give a key that no node has: the wanted one, else `wanted-2` and so on."""
    numbered = (wanted if number == 1 else f"{wanted}-{number}" for number in count(1))
    return next(key for key in numbered if key not in atlas.by_key)


def problems_of_key(atlas: Atlas, node: Node) -> Iterable[DomainError]:
    """Tell that a key is none, or another node's."""
    if not node.key.strip():
        yield Conflict("A key can't be blank.", path=("key",))
    elif len(node.key) > _LONGEST_KEY or not node.key.isprintable():
        message = f"A key has at most {_LONGEST_KEY} characters, all of which can be seen."
        yield InvalidRecord(message, path=("key",))
    elif atlas.by_key.get(node.key, node.id) != node.id:
        holder = atlas.nodes[atlas.by_key[node.key]]
        message = f"The key {node.key} belongs to the {holder.kind} {holder.title!r} already."
        yield Conflict(message, path=("key",))


def edited(node: N, desk: Desk, **fields: Any) -> N:  # noqa: ANN401 - each field has its own type
    """Give a record with these fields and its next version; the same one where nothing differs."""
    changed = replace(node, **fields)
    if changed == node:
        return node
    return replace(changed, version=node.version + 1, updated_at=desk.now)


def archived(atlas: Atlas, target: Target, kind: type[Node], desk: Desk) -> Planned:
    """Put a record away; one that is away already stays as it is."""
    node = targeted(atlas, target, kind, archived=True)
    return planned(atlas, edited(node, desk, archived_at=node.archived_at or desk.now))


def restored(atlas: Atlas, target: Target, kind: type[Node], desk: Desk) -> Planned:
    """Bring a record back; one that is in use stays as it is."""
    return planned(
        atlas, edited(targeted(atlas, target, kind, archived=True), desk, archived_at=None)
    )


def planned(atlas: Atlas, node: Node) -> Planned:
    """Plan to write one record, if it isn't the stored one."""
    is_new = atlas.nodes.get(node.id) is not node
    changes = Changes(
        organization=atlas.organization,
        base_revision=atlas.revision,
        nodes=[node] if is_new else [],
    )
    return Planned(changes=changes, node=node)


def require_none(problems: Iterable[DomainError]) -> None:
    """Raise all problems there are: one as it is, several as Rejected."""
    found = list(problems)
    if len(found) == 1:
        raise found[0]
    if found:
        raise Rejected(found)
