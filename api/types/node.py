"""What nodes share: identity, who answers for them, and the objectives that hang on them."""

from datetime import datetime
from types import MappingProxyType

import strawberry

from api.context import Reading
from api.fields import computed, described, many, maybe
from api.relay import GlobalId, encode_id
from api.types.links import all_named_in, named_in
from api.types.pages import connection
from api.types.progress import AnchorProgress
from api.types.references import MEMBER, OBJECTIVE, TEAM
from api.types.scalars import JSON
from domain import anchor, node, okr
from domain.links import Relation
from domain.node import Kind, NodeId
from domain.organization import Organization

TYPE_NAMES = MappingProxyType({kind: kind.title().replace("_", "") for kind in Kind})
"""The public type of each kind of node: KEY_RESULT is KeyResult."""

Record = node.Node | Organization


def type_name_of(record: Record) -> str:
    """Name the public type of a record."""
    return "Organization" if isinstance(record, Organization) else TYPE_NAMES[record.kind]


def global_id(record: Record, reading: Reading) -> str:
    """Give the opaque id of a record: type, organization and id in one."""
    organization = reading.view.atlas.organization.id
    return encode_id(GlobalId(type_name_of(record), organization, NodeId(record.id)))


def url(record: node.Node, reading: Reading) -> str | None:
    """Give the address of a node's page for people."""
    return reading.services.node_url(record)


def objectives(
    record: node.Node, reading: Reading, *, cycle: str | None = None
) -> list[okr.Objective]:
    """List the objectives that hang on a node, of a cycle and the cycles inside it, or of all."""
    found = reading.view.atlas.sources(record.id, Relation.ANCHORED_ON, okr.Objective)
    asked = reading.cycle_named(cycle)
    if asked is None:
        return found
    wanted = anchor.cycles_inside(reading.view, asked.id)
    return [objective for objective in found if objective.cycle in wanted]


def progress(
    record: node.Node, reading: Reading, *, cycle: str | None = None
) -> anchor.AnchorProgress:
    """Give what the objectives on a node and beneath it come to."""
    asked = reading.cycle_named(cycle)
    return anchor.anchor_progress(reading.view, record.id, cycle=asked.id if asked else None)


@strawberry.interface(description="Anything with an identity; `node(id)` finds it again.")
class Node:
    """The public face of every record."""

    id = computed(
        global_id,
        strawberry.ID,
        "Opaque, and unique over all organizations; it holds its type, organization and id.",
    )

    @classmethod
    def is_type_of(cls, record: Record, _info: object) -> bool:
        """Tell whether a record is of this public type."""
        return type_name_of(record) == cls.__name__

    @classmethod
    def resolve_type(cls, record: Record, _info: object, _abstract: object) -> str:
        """Name the type of a record behind an interface."""
        return type_name_of(record)


@strawberry.interface(description="A node of an atlas that somebody answers for.")
class AtlasNode(Node):
    """The public face of `domain.node.AtlasNode`."""

    key: str = described("The external key (`BG1`), unique in the organization over all kinds.")
    title: str = described("The title.")
    description: str | None = described("More about it; null where nobody wrote anything.")
    owner = computed(named_in("owner"), maybe(TEAM), "The owning team; null without one.")
    accountable = computed(
        named_in("accountable"), maybe(MEMBER), "The member who answers for it; null without one."
    )
    contributors = computed(
        all_named_in("contributors"), many(MEMBER), "The members who work on it."
    )
    labels: list[str] = described("Free labels, in the order in which they were given.")
    custom_fields: JSON = described(
        "The organization's own fields: an object of name to text, number, boolean or null.",
    )
    version: int = described("How often it was written, from 1.")
    created_at: datetime = described("When it was made.")
    updated_at: datetime = described("When it was last changed.")
    archived_at: datetime | None = described(
        "When it was archived; null while it is in use. Lists leave archived nodes out."
    )
    url = computed(url, maybe(str), "Its page for people; null where the server was told of none.")


@strawberry.interface(description="What objectives can hang on: the four levels of the atlas.")
class OkrAnchor(Node):
    """The public face of goals, journeys, opportunities and solutions."""

    objectives = connection(
        objectives,
        OBJECTIVE,
        "The objectives that hang on it, in order of key.",
        cycle="A cycle's key: only objectives of it and of the cycles inside it. "
        "Where nothing is said, the atlas's `cycle`, else objectives of every cycle.",
    )
    progress = computed(
        progress,
        AnchorProgress,
        "What the objectives on it and on everything beneath it come to. It informs only.",
        cycle="A cycle's key: it and the cycles inside it. Where nothing is said, the atlas's "
        "`cycle`, else all active cycles.",
    )
