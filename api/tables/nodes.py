"""What rows of nodes share: their columns, and which nodes a table lists."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import TypeVar

import orjson

from api.context import Reading
from api.relay import BY_KEY, Part
from api.tables.columns import Columns
from api.tables.table import Source, Table, a_table, from_start, in_memory
from api.types.links import named_in
from api.types.node import url
from domain.anchor import cycles_inside
from domain.atlas import Atlas
from domain.node import AtlasNode, Node
from domain.okr import KeyResult, Objective

N = TypeVar("N", bound=Node)

node = Columns[Node]()
owned = Columns[AtlasNode]()

ON_A_DAY = ("as_of", "known_at", "cycle")
"""What a table reads whose numbers move with the day and are those of a cycle."""


def archived_at(atlas: Atlas, record: Node) -> datetime | None:
    """Tell when a node was archived; a key result goes with its objective. None: it is in use."""
    if isinstance(record, KeyResult) and record.archived_at is None:
        return atlas.get(record.objective, Objective).archived_at
    return record.archived_at


def changed_at(atlas: Atlas, record: Node) -> datetime:
    """Tell when a node was written last, or the objective of a key result, whichever is later."""
    if isinstance(record, KeyResult):
        return max(record.updated_at, atlas.get(record.objective, Objective).updated_at)
    return record.updated_at


def node_table(
    name: str, kind: type[N], declaring: type, description: str, *, reads: Sequence[str] = ()
) -> Table[N]:
    """Make the table of the nodes of a kind, in order of key."""
    return a_table(name, declaring, description, order=BY_KEY, source=nodes_of(kind), reads=reads)


def nodes_of(kind: type[N]) -> Source[N]:
    """List the nodes of a kind in order of key: those in use, or those that changed."""

    def records(
        reading: Reading,
        start: Part,
        *,
        updated_since: datetime | None = None,
        include_archived: bool | None = None,
    ) -> Iterator[N]:
        atlas = reading.view.atlas
        of_cycle = in_asked_cycle(reading)

        def is_wanted(record: Node) -> bool:
            if updated_since is not None:
                return changed_at(atlas, record) >= updated_since
            return bool(include_archived) or archived_at(atlas, record) is None

        nodes = from_start(atlas.by_kind.get(kind.kind, ()), start, lambda node: node.key)
        return (n for n in nodes if isinstance(n, kind) and is_wanted(n) and of_cycle(n))

    return in_memory(records, updated_since=_UPDATED_SINCE, include_archived=_INCLUDE_ARCHIVED)


def in_asked_cycle(reading: Reading) -> Callable[[Node], bool]:
    """Give what tells whether a node belongs to the asked cycle, as one set for it or its part."""
    if reading.cycle is None:
        return lambda _: True
    atlas, inside = reading.view.atlas, cycles_inside(reading.view, reading.cycle.id)

    def belongs(record: Node) -> bool:
        if isinstance(record, KeyResult):
            return atlas.get(record.objective, Objective).cycle in inside
        return not isinstance(record, Objective) or record.cycle in inside

    return belongs


class NodeRow:
    """Columns of every node."""

    key = node.of(
        str,
        "The external key, unique in the organization over all kinds.",
        lambda record, _: record.key,
    )
    title = node.of(str, "The title.", lambda record, _: record.title)
    description = node.maybe(
        str,
        "More about it; null where nobody wrote anything.",
        lambda record, _: record.description,
    )
    url = node.maybe(str, "Its page for people; null where the server was told of none.", url)
    version = node.of(int, "How often it was written, from 1.", lambda record, _: record.version)
    created_at = node.of(datetime, "When it was made.", lambda record, _: record.created_at)
    updated_at = node.of(datetime, "When it was last changed.", lambda record, _: record.updated_at)
    archived_at = node.maybe(
        datetime,
        "When it was archived, or the objective of a key result; null while it is in use.",
        lambda record, reading: archived_at(reading.view.atlas, record),
    )
    is_archived = node.of(
        bool,
        "Whether it is archived: such rows come with `updatedSince` and `includeArchived` only.",
        lambda record, reading: archived_at(reading.view.atlas, record) is not None,
    )


class OwnedRow(NodeRow):
    """Columns of every node that somebody answers for."""

    owner_id, owner_key, owner_title = owned.node(
        "the owning team", named_in("owner"), null="without one"
    )
    accountable_id, accountable_key, accountable_title = owned.node(
        "the member who answers for it", named_in("accountable"), null="without one"
    )
    labels = owned.of(
        str, "Its labels, with commas between; empty without any.", lambda n, _: ",".join(n.labels)
    )
    custom_fields = owned.of(
        str,
        "The organization's own fields, as the text of a JSON object of name to value.",
        lambda n, _: orjson.dumps(dict(n.custom_fields)).decode(),
    )


_UPDATED_SINCE = (
    "Only nodes that were changed at that moment or later, archived ones too: `isArchived` says "
    "what to take out. It looks at the node itself (and at a key result's objective): a number or "
    "a link may change without an edit. Where nothing is said, all that is in use."
)
_INCLUDE_ARCHIVED = "Whether archived ones come as well; where nothing is said, they don't."
