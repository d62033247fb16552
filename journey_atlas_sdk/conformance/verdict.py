"""How a check ends: passed, failed with what was seen, or not applicable and why."""

from enum import StrEnum


class Verdict(StrEnum):
    """How a check ended."""

    PASSED = "PASSED"
    FAILED = "FAILED"
    NOT_APPLICABLE = "NOT_APPLICABLE"


class Mismatch(Exception):
    """A check found something else than it expected."""

    def __init__(self, *, expected: str, seen: str) -> None:
        """Say both in concrete values, each in one line."""
        super().__init__(f"expected {expected}; seen {seen}")
        self.expected = expected
        self.seen = seen


class NotApplicable(Exception):
    """A check has nothing to look at in this connector."""

    def __init__(self, reason: str) -> None:
        """Say why in one sentence without a full stop."""
        super().__init__(reason)
        self.reason = reason
