"""Objectives and key results: who does what by how much."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar

from domain.metric import Dimensions, Window
from domain.node import AtlasNode, Kind, NodeId


class RollupMode(StrEnum):
    """Which items an objective's progress is made of."""

    KEY_RESULTS = "KEY_RESULTS"
    CHILDREN = "CHILDREN"
    BOTH = "BOTH"
    MANUAL = "MANUAL"


class CurveKind(StrEnum):
    """How progress is expected to grow over the cycle."""

    LINEAR = "LINEAR"
    STEP = "STEP"
    S_CURVE = "S_CURVE"
    POINTS = "POINTS"


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvePoint:
    """On `date`, `progress` (0 to 1) is expected."""

    date: date
    progress: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedCurve:
    """An expected course of progress; `points` belong to POINTS, in order of date."""

    kind: CurveKind = CurveKind.LINEAR
    points: tuple[CurvePoint, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ManualProgress:
    """A progress (0 to 1) that a person set; it stands beside the computed one."""

    value: Decimal
    by: NodeId | None
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective(AtlasNode):
    """What a team wants to be true by the end of a cycle.

    Its anchor, owning teams, alignment and contribution are links. `confidence` (0 to 1) is a
    person's. `predecessor` is the objective of an earlier cycle that this one carries on.
    """

    kind: ClassVar[Kind] = Kind.OBJECTIVE

    cycle: NodeId
    rollup: RollupMode = RollupMode.KEY_RESULTS
    manual_progress: ManualProgress | None = None
    curve: ExpectedCurve = ExpectedCurve()
    confidence: Decimal | None = None
    predecessor: NodeId | None = None


class KeyResultKind(StrEnum):
    """How a key result is judged."""

    INCREASE = "INCREASE"
    DECREASE = "DECREASE"
    STAY_ABOVE = "STAY_ABOVE"
    STAY_BELOW = "STAY_BELOW"
    WITHIN_RANGE = "WITHIN_RANGE"
    MILESTONES = "MILESTONES"
    BINARY = "BINARY"
    ESTABLISH_BASELINE = "ESTABLISH_BASELINE"


CHANGE_KINDS = (KeyResultKind.INCREASE, KeyResultKind.DECREASE)
THRESHOLD_KINDS = (
    KeyResultKind.STAY_ABOVE,
    KeyResultKind.STAY_BELOW,
    KeyResultKind.WITHIN_RANGE,
)


class HowMuchKind(StrEnum):
    """The four ways to say by how much."""

    TO = "TO"
    BY_AMOUNT = "BY_AMOUNT"
    BY_PERCENT = "BY_PERCENT"
    BY_POINTS = "BY_POINTS"


@dataclass(frozen=True, slots=True, kw_only=True)
class ByHowMuch:
    """A signed change, or with TO the value to reach, in the metric's unit.

    BY_PERCENT is relative (20 is a fifth more), BY_POINTS are percentage points.
    """

    kind: HowMuchKind
    value: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """Where a key result starts: the value in the metric's unit, when and how it was measured."""

    value: Decimal
    at: date | None = None
    how: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """The inclusive bounds of a threshold; None: open on that side."""

    lower: Decimal | None = None
    upper: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Milestone:
    """A dated piece of work; `done_at` None: not done."""

    title: str
    weight: Decimal = Decimal(1)
    due: date | None = None
    done_at: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """Values that score 0.3 (commit), 0.7 (target) and 1.0 (stretch)."""

    commit: Decimal
    target: Decimal
    stretch: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyResult(AtlasNode):
    """Who does what by how much.

    `metric` is None for MILESTONES, and for a BINARY that a person ticks (`done_at`).
    `dimensions` and `window` narrow the metric. `baseline` and `by_how_much` belong to INCREASE and
    DECREASE, `bounds` to the thresholds, `values_needed` to ESTABLISH_BASELINE.
    `weight` counts in the objective's roll-up; a guardrail never does.
    """

    kind: ClassVar[Kind] = Kind.KEY_RESULT

    objective: NodeId
    position: int = 0
    result_kind: KeyResultKind
    who: str | None = None
    persona: NodeId | None = None
    does_what: str
    metric: NodeId | None = None
    dimensions: Dimensions = ()
    window: Window | None = None
    baseline: Baseline | None = None
    by_how_much: ByHowMuch | None = None
    bounds: Bounds | None = None
    milestones: tuple[Milestone, ...] = ()
    done_at: date | None = None
    values_needed: int | None = None
    ladder: Ladder | None = None
    curve: ExpectedCurve | None = None
    weight: Decimal = Decimal(1)
    is_guardrail: bool = False
    confidence: Decimal | None = None
