"""Journeys (macro and micro) and the steps of their paths."""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from domain.node import AtlasNode, Kind, NodeId


class JourneyLevel(StrEnum):
    """MACRO: a job that a customer has with the company. MICRO: a part of one."""

    MACRO = "MACRO"
    MICRO = "MICRO"


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey(AtlasNode):
    """A customer's path and perceptions towards a goal; `personas` are ids."""

    kind: ClassVar[Kind] = Kind.JOURNEY

    level: JourneyLevel
    personas: tuple[NodeId, ...] = ()
    is_moment_that_matters: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Step(AtlasNode):
    """A part of a journey's path; its place in the order stands on the link.

    `stage` names the group of steps it belongs to. `emotion` is -2 (worst) to 2 (best),
    None where nobody rated it.
    """

    kind: ClassVar[Kind] = Kind.STEP

    stage: str | None = None
    touchpoint: str | None = None
    channel: str | None = None
    product: str | None = None
    emotion: int | None = None
    is_moment_that_matters: bool = False
