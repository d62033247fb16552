"""Opportunities: improvements to a specific customer's path or perceptions."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar

from domain.node import AtlasNode, Kind, NodeId


class OpportunityAspect(StrEnum):
    """What of the journey an opportunity changes."""

    PATH = "PATH"
    PERCEPTION = "PERCEPTION"


class OpportunityStatus(StrEnum):
    """How far an opportunity has come."""

    IDENTIFIED = "IDENTIFIED"
    PRIORITISED = "PRIORITISED"
    IN_DELIVERY = "IN_DELIVERY"
    DONE = "DONE"
    DROPPED = "DROPPED"


class Hypothesis(StrEnum):
    """What is known of the belief behind an opportunity."""

    UNTESTED = "UNTESTED"
    VALIDATED = "VALIDATED"
    REFUTED = "REFUTED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Priority:
    """Scores by people: customer and business value 0 to 100, effort 0 to 5; None: unscored."""

    customer_value: Decimal | None = None
    business_value: Decimal | None = None
    effort: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Opportunity(AtlasNode):
    """An opportunity. `change` completes "we will …"; `confidence` is 0 to 1."""

    kind: ClassVar[Kind] = Kind.OPPORTUNITY

    change: str
    aspects: tuple[OpportunityAspect, ...] = ()
    persona: NodeId | None = None
    status: OpportunityStatus = OpportunityStatus.IDENTIFIED
    confidence: Decimal | None = None
    hypothesis: Hypothesis = Hypothesis.UNTESTED
    priority: Priority | None = None
