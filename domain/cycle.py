"""Cycles: the periods that objectives are set for. A year holds quarters."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import ClassVar

from domain.node import Kind, Node, NodeId


class CycleState(StrEnum):
    """DRAFT → ACTIVE → LOCKED → CLOSED: what may still be edited."""

    DRAFT = "DRAFT"
    ACTIVE = "ACTIVE"
    LOCKED = "LOCKED"
    CLOSED = "CLOSED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle(Node):
    """A period; `start` and `end` are days in the organization's zone, both counted."""

    kind: ClassVar[Kind] = Kind.CYCLE

    start: date
    end: date
    state: CycleState = CycleState.DRAFT
    parent: NodeId | None = None
