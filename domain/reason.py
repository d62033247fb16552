"""Why a number isn't there: a code for programs and a sentence for people."""

from dataclasses import dataclass
from enum import StrEnum


class ReasonCode(StrEnum):
    """What stands in the way of a number."""

    NO_METRIC = "NO_METRIC"
    NO_SOURCE = "NO_SOURCE"
    SOURCE_FAILING = "SOURCE_FAILING"
    NO_OBSERVATION = "NO_OBSERVATION"
    NO_CYCLE = "NO_CYCLE"
    WINDOW_ILLEGAL = "WINDOW_ILLEGAL"
    NO_SAMPLE_SIZE = "NO_SAMPLE_SIZE"
    NO_DENOMINATOR = "NO_DENOMINATOR"
    NO_BASELINE = "NO_BASELINE"
    NO_TARGET = "NO_TARGET"
    NO_BOUNDS = "NO_BOUNDS"
    BASELINE_IS_TARGET = "BASELINE_IS_TARGET"
    NO_ITEMS = "NO_ITEMS"
    NO_ITEM_WITH_VALUE = "NO_ITEM_WITH_VALUE"
    ALL_WEIGHTS_ZERO = "ALL_WEIGHTS_ZERO"
    CIRCULAR = "CIRCULAR"
    NO_MANUAL_VALUE = "NO_MANUAL_VALUE"
    NOTHING_NEEDED = "NOTHING_NEEDED"
    GUARDRAIL = "GUARDRAIL"
    CANCELLED = "CANCELLED"


MISSING_DATA = frozenset(
    {
        ReasonCode.NO_SOURCE,
        ReasonCode.SOURCE_FAILING,
        ReasonCode.NO_OBSERVATION,
        ReasonCode.NO_ITEMS,
        ReasonCode.NO_ITEM_WITH_VALUE,
        ReasonCode.NO_MANUAL_VALUE,
    }
)
"""Reasons that go away when data arrive (NO_DATA); the others need a correction (INDETERMINATE)."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a number is None."""

    code: ReasonCode
    message: str
