"""How objectives and key results are written in an atlas file."""

from typing import Annotated, Self

from pydantic import BeforeValidator, model_validator

from api.atlas_file.entries import AtlasNodeEntry, FileModel
from api.atlas_file.metric_entries import Window
from api.atlas_file.scalars import (
    Day,
    Flag,
    Key,
    Listed,
    Moment,
    Number,
    Text,
    Title,
    Whole,
    curve_form,
    refusal,
    short_form,
)
from domain.okr import CurveKind, KeyResultKind, RollupMode


class OwnerEntry(FileModel):
    """A team that owns an objective, and its share (0 to 1) where it is known."""

    team: Key
    share: Number | None = None


class ContributionEntry(FileModel):
    """An objective that this one contributes to, and with what weight."""

    objective: Key
    weight: Number | None = None


class ManualProgressEntry(FileModel):
    """A progress that a person set."""

    value: Number
    by: Key | None = None
    at: Moment
    reason: Text


class CurvePointEntry(FileModel):
    """On a day, a progress (0 to 1) is expected."""

    date: Day
    progress: Number


class CurveEntry(FileModel):
    """How progress is expected to grow."""

    kind: CurveKind
    points: Listed[CurvePointEntry] = None


class BaselineEntry(FileModel):
    """Where a key result starts."""

    value: Number
    at: Day | None = None
    how: Text | None = None


class ByHowMuchEntry(FileModel):
    """By how much, in exactly one of four ways."""

    to: Number | None = None
    by_amount: Number | None = None
    by_percent: Number | None = None
    by_points: Number | None = None

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        given = [name for name in type(self).model_fields if getattr(self, name) is not None]
        if len(given) != 1:
            message = (
                "By how much is said in exactly one way: to, by_amount, by_percent or by_points; "
                f"here {' and '.join(given) or 'nothing'} is given."
            )
            raise refusal(message)
        return self


class MilestoneEntry(FileModel):
    """A dated piece of work."""

    title: Title
    weight: Number | None = None
    due: Day | None = None
    done_at: Day | None = None


class LadderEntry(FileModel):
    """The values that score 0.3, 0.7 and 1.0."""

    commit: Number
    target: Number
    stretch: Number


Curve = Annotated[CurveEntry, BeforeValidator(curve_form), short_form("kind")]
Baseline = Annotated[BaselineEntry, short_form("value")]
Owner = Annotated[OwnerEntry, short_form("team")]
Contribution = Annotated[ContributionEntry, short_form("objective")]


class KeyResultEntry(AtlasNodeEntry):
    """A key result of the objective that it stands in."""

    who: Text | None = None
    persona: Key | None = None
    does_what: Text | None = None
    kind: KeyResultKind | None = None
    metric: Key | None = None
    dimensions: dict[str, Text] | None = None
    window: Window | None = None
    baseline: Baseline | None = None
    by_how_much: ByHowMuchEntry | None = None
    at_least: Number | None = None
    at_most: Number | None = None
    milestones: Listed[MilestoneEntry] = None
    done_at: Day | None = None
    values_needed: Whole | None = None
    ladder: LadderEntry | None = None
    curve: Curve | None = None
    weight: Number | None = None
    is_guardrail: Flag | None = None
    confidence: Number | None = None
    drives: Listed[Key] = None


class ObjectiveEntry(AtlasNodeEntry):
    """An objective, what it hangs on, who owns it, and its key results."""

    cycle: Key | None = None
    anchor: Key | None = None
    owners: Listed[Owner] = None
    aligned_with: Listed[Key] = None
    contributes_to: Listed[Contribution] = None
    predecessor: Key | None = None
    rollup: RollupMode | None = None
    manual_progress: ManualProgressEntry | None = None
    curve: Curve | None = None
    confidence: Number | None = None
    key_results: Listed[KeyResultEntry] = None
