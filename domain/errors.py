"""What the domain refuses, and why.

DomainError
├── Refused             a rule forbids it; `legal` names what is allowed instead
│   ├── IllegalLink     this pair of kinds can't be linked so
│   ├── LinkCycle       the link would close a circle
│   └── InvalidRecord   a record contradicts itself (a key result without a target …)
├── NotFound            nothing has that id or key
└── Conflict            it changed meanwhile, or exists already
"""

from collections.abc import Sequence


class DomainError(Exception):
    """A failure with a stable code, a place and, where it helps, the legal values."""

    code = "DOMAIN_ERROR"

    def __init__(
        self, message: str, *, path: Sequence[str | int] = (), legal: Sequence[str] = ()
    ) -> None:
        """Say what was seen, where (`path` inside the input) and what would be `legal`."""
        super().__init__(message)
        self.message = message
        self.path = tuple(path)
        self.legal = tuple(legal)


class Refused(DomainError):
    """A rule of the atlas forbids it."""

    code = "REFUSED"


class IllegalLink(Refused):
    """The two kinds of node can't be linked by this relation."""

    code = "ILLEGAL_LINK"


class LinkCycle(Refused):
    """The link would make a node its own ancestor."""

    code = "LINK_CYCLE"


class InvalidRecord(Refused):
    """A record's own fields contradict each other or the law of its kind."""

    code = "INVALID_RECORD"


class NotFound(DomainError):
    """Nothing has that id or key."""

    code = "NOT_FOUND"


class Conflict(DomainError):
    """It exists already, or changed since it was read."""

    code = "CONFLICT"
