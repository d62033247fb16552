"""Which node an external key means, in an atlas together with a draft of what shall be in it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TypeVar

from domain.actions.drafts import AtlasDraft, NodeDraft, Ref
from domain.actions.wording import with_article
from domain.atlas import Atlas
from domain.errors import DomainError, InvalidRecord, NotFound
from domain.node import Kind, Node, NodeId

N = TypeVar("N", bound=Node)

MOST_KEYS_NAMED = 30
"""An error that lists more keys than this helps nobody."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Whom a key names: the stored record, None where the draft makes a new one.

    `is_named` is false where the key is only a stand-in for one that could not be read.
    """

    id: NodeId
    kind: Kind
    stored: Node | None
    is_named: bool = True


class Directory(dict[str, Entry]):
    """Whom each key names; of the `unread` kinds there may be more than could be read."""

    def __init__(self, entries: Mapping[str, Entry], *, unread: frozenset[Kind]) -> None:
        """Take the entries that are known."""
        super().__init__(entries)
        self.unread = unread

    def may_name(self, key: str, *kinds: Kind) -> bool:
        """Whether a key names a node of these kinds, or one that could not be read."""
        entry = self.get(key)
        return not self.unread.isdisjoint(kinds) if entry is None else entry.kind in kinds


def directory_of(
    atlas: Atlas | None, whole: AtlasDraft, *, new_id: Callable[[], str]
) -> tuple[Directory, list[DomainError]]:
    """Give all keys, stored and drafted; problems where one key would mean two things."""
    stored = atlas.nodes.values() if atlas else ()
    known = {node.key: Entry(node.id, node.kind, node) for node in stored}
    entries = Directory(known, unread=whole.unread)
    first: dict[str, NodeDraft] = {}
    problems: list[DomainError] = []
    for draft in whole.nodes:
        is_named = "key" not in draft.unread
        clash = _clash(draft, first.get(draft.key), entries.get(draft.key))
        if clash and is_named:
            problems.append(clash)
        if draft.key not in entries:
            entries[draft.key] = Entry(NodeId(new_id()), draft.kind, None, is_named)
        if is_named:
            first.setdefault(draft.key, draft)
    return entries, problems


def look_up(directory: Directory, ref: Ref, *kinds: Kind) -> Entry | DomainError:
    """Give whom a reference names; the error where nobody, or one of no legal kind, has its key."""
    entry = directory.get(ref.key)
    if entry is not None and entry.kind in kinds:
        return entry
    if entry is None and not directory.unread.isdisjoint(kinds):
        return Entry(NodeId(ref.key), kinds[0], None)  # whom it names may be among the unread
    legal = sorted(
        key for key, other in directory.items() if other.kind in kinds and other.is_named
    )
    wanted = " or ".join(kinds)
    if entry is not None:
        message = f"{ref.key} is {with_article(entry.kind)}; here {with_article(wanted)} is wanted."
        return InvalidRecord(message, path=ref.path, legal=legal[:MOST_KEYS_NAMED])
    close = get_close_matches(ref.key, legal, n=3)
    hint = f" Did you mean {' or '.join(close)}?" if close else ""
    named = close if len(legal) > MOST_KEYS_NAMED else legal
    return NotFound(f"No {wanted} has the key {ref.key}.{hint}", path=ref.path, legal=named)


def _clash(draft: NodeDraft, first: NodeDraft | None, known: Entry | None) -> InvalidRecord | None:
    path = (*draft.path, "key")
    if first is not None:
        message = (
            f"The key {draft.key} names {with_article(first.kind)} already; "
            "a key is unique in the organization over all kinds."
        )
        return InvalidRecord(message, path=path)
    if known is not None and known.kind is not draft.kind:
        wrong = with_article(draft.kind)
        message = f"The key {draft.key} belongs to a stored {known.kind}, not {wrong}."
        return InvalidRecord(message, path=path)
    return None
