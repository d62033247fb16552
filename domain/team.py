"""Who works on the atlas (teams, members) and whom it is about (personas)."""

from dataclasses import dataclass
from typing import ClassVar

from domain.node import Kind, Node, NodeId


@dataclass(frozen=True, slots=True, kw_only=True)
class Team(Node):
    """A team; `parent` is the team it belongs to."""

    kind: ClassVar[Kind] = Kind.TEAM

    parent: NodeId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Member(Node):
    """A person of the company; the title is their name."""

    kind: ClassVar[Kind] = Kind.MEMBER

    email: str | None = None
    team: NodeId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Persona(Node):
    """A kind of customer."""

    kind: ClassVar[Kind] = Kind.PERSONA
