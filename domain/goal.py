"""Goals: what success means, for the business or for the customer."""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from domain.node import AtlasNode, Kind


class GoalKind(StrEnum):
    """Whose success a goal describes."""

    BUSINESS = "BUSINESS"
    CUSTOMER = "CUSTOMER"


class GoalScope(StrEnum):
    """ORGANIZATION: a North Star, broad and stable. JOURNEY: tied to one journey."""

    ORGANIZATION = "ORGANIZATION"
    JOURNEY = "JOURNEY"


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal(AtlasNode):
    """A goal; sub-goals, and the journeys that serve it, are links."""

    kind: ClassVar[Kind] = Kind.GOAL

    goal_kind: GoalKind
    scope: GoalScope
