"""Solutions: what a team makes to address opportunities."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import ClassVar

from domain.node import AtlasNode, Kind


class SolutionKind(StrEnum):
    """What is made."""

    FEATURE = "FEATURE"
    SERVICE = "SERVICE"
    POLICY = "POLICY"
    CONTENT = "CONTENT"
    PLATFORM = "PLATFORM"


class SolutionStatus(StrEnum):
    """How far a solution has come."""

    IDEA = "IDEA"
    APPROVED = "APPROVED"
    BUILDING = "BUILDING"
    RELEASED = "RELEASED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Solution(AtlasNode):
    """A solution. `released_at` is a day; `url` links to the delivery tracker."""

    kind: ClassVar[Kind] = Kind.SOLUTION

    solution_kind: SolutionKind
    status: SolutionStatus = SolutionStatus.IDEA
    released_at: date | None = None
    url: str | None = None
