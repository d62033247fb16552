"""Insights: what was learned of perceptions, emotions or behaviour, with its evidence."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from domain.node import AtlasNode, Kind, NodeId


class InsightKind(StrEnum):
    """What an insight says."""

    PAIN = "PAIN"
    GAIN = "GAIN"
    NEED = "NEED"
    OBSERVATION = "OBSERVATION"


class InsightAspect(StrEnum):
    """What of the customer an insight is about."""

    PERCEPTION = "PERCEPTION"
    EMOTION = "EMOTION"
    BEHAVIOUR = "BEHAVIOUR"


class EvidenceSource(StrEnum):
    """Where a piece of evidence comes from."""

    CUSTOMER_RESEARCH = "CUSTOMER_RESEARCH"
    VOICE_OF_CUSTOMER = "VOICE_OF_CUSTOMER"
    PRODUCT_ANALYTICS = "PRODUCT_ANALYTICS"
    SURVEY = "SURVEY"
    OPERATIONS = "OPERATIONS"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One piece of evidence; `sample_size` counts people, comments or events."""

    source: EvidenceSource
    quote: str | None = None
    url: str | None = None
    date: dt.date | None = None
    sample_size: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Insight(AtlasNode):
    """An insight; where it was seen and what it supports are links. `importance` is 1 to 5."""

    kind: ClassVar[Kind] = Kind.INSIGHT

    insight_kind: InsightKind
    aspects: tuple[InsightAspect, ...] = ()
    personas: tuple[NodeId, ...] = ()
    importance: int | None = None
    evidence: tuple[Evidence, ...] = ()
