"""What someone wants an atlas to hold, said by external keys: the neutral input of an import.

A draft carries only what was given. Whatever reads it from somewhere (a file, later an API) builds
drafts; `domain.actions.import_atlas` turns them into changes. Every `path` says where in that input
the thing stands, and comes back on the problems found with it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from domain.links import MeasureDimension, Relation
from domain.node import Kind

InputPath = tuple[str | int, ...]
"""The way to a value inside the input: names of fields and positions in lists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ref:
    """A node named by its external key."""

    key: str
    path: InputPath


@dataclass(frozen=True, slots=True, kw_only=True)
class ManualProgressDraft:
    """A manual progress whose `by` is still a key; None: nobody is named."""

    value: Decimal
    by: Ref | None
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundsDraft:
    """The given sides of a threshold, by the names of `domain.okr.Bounds`; None opens a side."""

    sides: Mapping[str, Decimal | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeDraft:
    """The given fields of one record, by the record's own field names.

    A field left out keeps what is stored; None puts its default back. Records' ids stand as `Ref`,
    or as tuples of them. Numbers of a key result on a duration metric are in the metric's display
    unit. `archived` None: as stored. `fallback_title` names a new record that was given no title.
    `unread` are fields that were given, or may have been, and could not be read: what was read is
    judged, the record isn't made. With `key` among them, `key` is a stand-in that nobody wrote.
    """

    kind: Kind
    key: str
    path: InputPath
    fields: Mapping[str, object] = field(default_factory=dict[str, object])
    archived: bool | None = None
    fallback_title: str | None = None
    unread: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkDraft:
    """One end of a link, with the link's attributes (see `domain.links.Link`)."""

    end: Ref
    weight: Decimal | None = None
    share: Decimal | None = None
    dimension: MeasureDimension | None = None
    long_term_target: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkListDraft:
    """All links of one relation at one node: they replace those that are stored.

    `outgoing`: the node is their source, else their target. The order counts where the relation is
    ordered. `path` is that of the list.
    """

    node: Ref
    relation: Relation
    outgoing: bool = True
    links: Sequence[LinkDraft] = ()
    path: InputPath


@dataclass(frozen=True, slots=True, kw_only=True)
class AtlasDraft:
    """A whole input: the organization's given fields, nodes and lists of links.

    Of the `unread` kinds the input may have nodes that could not be read: unknown keys of those
    kinds are not held against it.
    """

    organization_key: str
    organization_path: InputPath = ()
    organization_fields: Mapping[str, object] = field(default_factory=dict[str, object])
    nodes: Sequence[NodeDraft] = ()
    link_lists: Sequence[LinkListDraft] = ()
    unread: frozenset[Kind] = frozenset()
