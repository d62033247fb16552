"""What every record of an atlas shares: identity, key, title, times, and who answers for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, NewType

NodeId = NewType("NodeId", str)
"""A uuidv7 as text: text is hashed once, a UUID object at every look-up."""

OrganizationId = NewType("OrganizationId", str)

CustomField = str | int | float | bool | None
CustomFields = Mapping[str, CustomField]


class Kind(StrEnum):
    """The kinds of node that an atlas holds."""

    GOAL = "GOAL"
    JOURNEY = "JOURNEY"
    STEP = "STEP"
    INSIGHT = "INSIGHT"
    OPPORTUNITY = "OPPORTUNITY"
    SOLUTION = "SOLUTION"
    METRIC = "METRIC"
    OBJECTIVE = "OBJECTIVE"
    KEY_RESULT = "KEY_RESULT"
    CYCLE = "CYCLE"
    TEAM = "TEAM"
    MEMBER = "MEMBER"
    PERSONA = "PERSONA"
    CONNECTION = "CONNECTION"
    METRIC_SOURCE = "METRIC_SOURCE"


ANCHOR_KINDS = (Kind.GOAL, Kind.JOURNEY, Kind.OPPORTUNITY, Kind.SOLUTION)
"""The four levels on which an objective can hang."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A record with an identity.

    `key` is the external key (`BG1`), unique in the organization over all kinds.
    `version` counts the record's changes from 1. Archived nodes are hidden, never deleted.
    """

    kind: ClassVar[Kind]

    id: NodeId
    key: str
    title: str
    description: str | None = None
    version: int = 1
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AtlasNode(Node):
    """A node that somebody answers for: the blocks, steps, objectives and key results.

    `owner` is a team's id; `accountable` and `contributors` are members' ids.
    """

    owner: NodeId | None = None
    accountable: NodeId | None = None
    contributors: tuple[NodeId, ...] = ()
    labels: tuple[str, ...] = ()
    custom_fields: CustomFields = field(default_factory=dict[str, CustomField])
