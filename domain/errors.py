"""What the domain refuses, and why.

DomainError
├── Refused             a rule forbids it; `legal` names what is allowed instead
│   ├── Rejected        several rules do, each for a reason of its own
│   ├── Archived        it is archived: only restoring is possible
│   ├── SecretsNeeded   stored secrets would be sent elsewhere, so they have to be given anew
│   ├── IllegalLink     this pair of kinds can't be linked so
│   ├── LinkCycle       the link would close a circle
│   └── InvalidRecord   a record contradicts itself (a key result without a target …)
│       └── IllegalFormula  a derived metric's formula can't be read, or mixes up units
├── TooMuch             the answer would be larger than a limit
├── NotFound            nothing has that id or key
└── Conflict            it changed meanwhile, or exists already
    └── StaleVersion    it changed since it was read
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


class Rejected(Refused):
    """Several things are wrong at once; `problems` has each by itself."""

    code = "REJECTED"

    def __init__(self, problems: Sequence[DomainError]) -> None:
        """Say them all."""
        super().__init__(" ".join(problem.message for problem in problems))
        self.problems = tuple(problems)


class Archived(Refused):
    """It is archived, so nothing can be done with it before it is restored."""

    code = "ARCHIVED"


class SecretsNeeded(Refused):
    """A connection's secrets would be sent to another place than they were given for."""

    code = "SECRETS_NEEDED"


class IllegalLink(Refused):
    """The two kinds of node can't be linked by this relation."""

    code = "ILLEGAL_LINK"


class LinkCycle(Refused):
    """The link would make a node its own ancestor."""

    code = "LINK_CYCLE"


class InvalidRecord(Refused):
    """A record's own fields contradict each other or the law of its kind."""

    code = "INVALID_RECORD"


class IllegalFormula(InvalidRecord):
    """A derived metric's formula can't be read, or its units don't go together."""

    code = "ILLEGAL_FORMULA"

    def __init__(
        self, message: str, *, position: int | None = None, legal: Sequence[str] = ()
    ) -> None:
        """Say what is wrong at which character, counted from 1; None: with all of it."""
        where = "" if position is None else f"At character {position} of the formula: "
        super().__init__(f"{where}{message}", path=("formula",), legal=legal)
        self.position = position


class TooMuch(DomainError):
    """Answering would take or give more than a limit allows; ask for less."""

    code = "TOO_MUCH"

    def __init__(self, seen: str, *, limit: str, maximum: int, advice: str) -> None:
        """Say what was `seen`, name the limit and its `maximum`, and advise what to ask instead."""
        super().__init__(f"{seen}; at most {maximum:,} {limit} are possible. {advice}")
        self.limit = limit
        self.maximum = maximum


class NotFound(DomainError):
    """Nothing has that id or key."""

    code = "NOT_FOUND"


class Conflict(DomainError):
    """It exists already, or changed since it was read."""

    code = "CONFLICT"


class StaleVersion(Conflict):
    """Somebody changed it since it was read."""

    code = "STALE_VERSION"
