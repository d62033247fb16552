"""Secrets of connections: what may be said of one, and the sealed form in which one is kept."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from domain.node import NodeId


class SecretKind(StrEnum):
    """Where a secret's value lies."""

    STORED = "STORED"
    ENVIRONMENT = "ENVIRONMENT"
    FILE = "FILE"


@dataclass(frozen=True, slots=True)
class SecretValue:
    """A secret itself, on its way to be sealed; it shows itself to nobody."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SecretReference:
    """Where a secret's value is found: `name` is that of a variable, or of a file."""

    kind: SecretKind
    name: str

    @property
    def written(self) -> dict[str, str]:
        """Give the reference as it stands among a connection's settings."""
        return {"env" if self.kind is SecretKind.ENVIRONMENT else "file": self.name}


@dataclass(frozen=True, slots=True)
class SecretName:
    """Which secret: the setting `name` of a connection."""

    connection: NodeId
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedSecret:
    """A secret that only the key named `key` opens, and only as this setting's."""

    of: SecretName
    key: str
    sealed: bytes
    changed_at: datetime
