"""What a check is, and how the result of one is told to the author of a connector."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from journey_atlas_sdk.conformance.bench import Bench
from journey_atlas_sdk.conformance.verdict import Verdict

PAGE: Final = "docs/plugin-authors/conformance.md"


class Topic(StrEnum):
    """The headings of the contract."""

    LOADING = "Load and describe"
    ASKING = "Check and discover"
    TRUTH = "Truth"
    PAGING = "Paging"
    FAILURE = "Failure"
    LIMITS = "Limits"
    SECURITY = "Security"
    RECORDS = "Records"


@dataclass(frozen=True, slots=True)
class Check:
    """One promise of the contract; `run` raises Mismatch where it is broken."""

    number: int
    title: str
    topic: Topic
    run: Callable[[Bench], Coroutine[Any, Any, None]]  # Any: what it gives in between

    @property
    def read(self) -> str:
        """Where the docs explain it."""
        return f"{PAGE}#check-{self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How one check ended; `reason` says why it is not applicable."""

    check: Check
    verdict: Verdict
    expected: str = ""
    seen: str = ""
    reason: str = ""

    def __str__(self) -> str:
        """Tell it to its author: what was expected, what was seen, where to read."""
        head = f"Check {self.check.number}: {self.check.title}"
        match self.verdict:
            case Verdict.PASSED:
                return f"{head}: passed"
            case Verdict.NOT_APPLICABLE:
                return f"{head}: not applicable, {self.reason}"
            case Verdict.FAILED:
                return "\n".join(
                    (
                        head,
                        f"  expected  {self.expected}",
                        f"  seen      {self.seen}",
                        f"  read      {self.check.read}",
                    )
                )
