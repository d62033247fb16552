"""How a derived number came about, complete enough that a client can recompute it."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from domain.node import NodeId
from domain.reason import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One number that went into a formula, under the name it has there.

    `value` is in the metric's unit, a progress from 0 to 1; None where there is none. `observed_at`
    is the end of the period measured, `age_seconds` counts from there to the view's instant.
    `node` is the key result or objective whose progress this is, None for a measured number.
    `is_plain`: a count or a sum without a unit, though a metric stands behind it.
    """

    name: str
    value: Decimal | None
    metric: NodeId | None = None
    observed_at: datetime | None = None
    source: NodeId | None = None
    age_seconds: int | None = None
    node: NodeId | None = None
    is_plain: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """What an item counts in an average; 0: aligned, not counted."""

    node: NodeId
    weight: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusion:
    """An item that was left out of a formula, and why."""

    node: NodeId
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Explain:
    """A formula in words and symbols, its inputs in the formula's order, and what stayed out."""

    formula: str
    inputs: tuple[Input, ...] = ()
    weights: tuple[Weight, ...] = ()
    excluded: tuple[Exclusion, ...] = ()


def age_seconds(observed_at: datetime | None, instant: datetime) -> int | None:
    """Give whole seconds from an observation's end to an instant, never below 0; None: no end."""
    if observed_at is None:
        return None
    return max(0, int((instant - observed_at).total_seconds()))
