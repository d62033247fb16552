"""What an atlas file may hold, field by field; docs/atlas-file.md tells what each means.

A field that isn't in `model_fields_set` was left out and keeps what is stored; one that is None was
given as nothing and gets its default back. So no field but `key` is required here: what a new
record needs, and all rules between fields, the domain decides.
"""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator

from api.atlas_file.scalars import (
    CustomValue,
    Day,
    Flag,
    Free,
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
from domain.cycle import CycleState
from domain.goal import GoalKind, GoalScope
from domain.insight import EvidenceSource, InsightAspect, InsightKind
from domain.journey import JourneyLevel
from domain.links import MeasureDimension
from domain.metric import (
    Aggregation,
    Cadence,
    Direction,
    DurationUnit,
    MetricFamily,
    UnitKind,
    WindowKind,
)
from domain.okr import CurveKind, KeyResultKind, RollupMode
from domain.opportunity import Hypothesis, OpportunityAspect, OpportunityStatus
from domain.solution import SolutionKind, SolutionStatus

FORMAT = "journey-atlas/1"
"""The version of the format: another one is refused before anything else is judged."""


class FileModel(BaseModel):
    """A group of fields; unknown ones are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class NodeEntry(FileModel):
    """What every entry has."""

    key: Key
    title: Title | None = None
    description: Text | None = None
    archived: Flag | None = None


class AtlasNodeEntry(NodeEntry):
    """What every entry has that somebody answers for."""

    owner: Key | None = None
    accountable: Key | None = None
    contributors: Listed[Key] = None
    labels: Listed[Title] = None
    custom_fields: dict[str, CustomValue] | None = None


class OrganizationEntry(FileModel):
    """The organization whose atlas this is."""

    key: Key
    title: Title | None = None
    time_zone: Text | None = None
    currency: Text | None = None
    status_policy: Text | None = None
    status_parameters: dict[str, Number] | None = None


class TeamEntry(NodeEntry):
    """A team."""

    parent: Key | None = None


class MemberEntry(NodeEntry):
    """A person of the company."""

    email: Title | None = None
    team: Key | None = None


class PersonaEntry(NodeEntry):
    """A kind of customer."""


class CycleEntry(NodeEntry):
    """A period for which objectives are set."""

    start: Day | None = None
    end: Day | None = None
    state: CycleState | None = None
    parent: Key | None = None


class GoalEntry(AtlasNodeEntry):
    """A goal, its place below another, and the journeys that serve it."""

    kind: GoalKind | None = None
    scope: GoalScope | None = None
    parent: Key | None = None
    served_by: Listed[Key] = None


class StepEntry(AtlasNodeEntry):
    """A step of the journey that it stands in."""

    stage: Title | None = None
    touchpoint: Title | None = None
    channel: Title | None = None
    product: Title | None = None
    emotion: Whole | None = None
    is_moment_that_matters: Flag | None = None


class JourneyEntry(AtlasNodeEntry):
    """A journey, its parts and its path."""

    level: JourneyLevel | None = None
    personas: Listed[Key] = None
    is_moment_that_matters: Flag | None = None
    micro_journeys: Listed[Key] = None
    steps: Listed[StepEntry] = None


class EvidenceEntry(FileModel):
    """One piece of evidence."""

    source: EvidenceSource
    quote: Text | None = None
    url: Text | None = None
    date: Day | None = None
    sample_size: Whole | None = None


class InsightEntry(AtlasNodeEntry):
    """An insight, where it was seen and what it supports."""

    kind: InsightKind | None = None
    aspects: Listed[InsightAspect] = None
    personas: Listed[Key] = None
    importance: Whole | None = None
    evidence: Listed[EvidenceEntry] = None
    seen_in: Listed[Key] = None
    supports: Listed[Key] = None


class PriorityEntry(FileModel):
    """Scores of an opportunity."""

    customer_value: Number | None = None
    business_value: Number | None = None
    effort: Number | None = None


class OpportunityEntry(AtlasNodeEntry):
    """An opportunity and what it improves."""

    change: Text | None = None
    aspects: Listed[OpportunityAspect] = None
    persona: Key | None = None
    status: OpportunityStatus | None = None
    confidence: Number | None = None
    hypothesis: Hypothesis | None = None
    priority: PriorityEntry | None = None
    improves: Listed[Key] = None


class SolutionEntry(AtlasNodeEntry):
    """A solution and the opportunities it addresses."""

    kind: SolutionKind | None = None
    status: SolutionStatus | None = None
    released_at: Day | None = None
    url: Text | None = None
    addresses: Listed[Key] = None


class ConnectionEntry(NodeEntry):
    """A configured connector."""

    connector: Key | None = None
    settings: Free | None = None


class UnitEntry(FileModel):
    """What a metric's numbers are."""

    kind: UnitKind
    currency: Text | None = None
    per: Whole | None = None
    display: DurationUnit | None = None


class WindowEntry(FileModel):
    """Which observations count."""

    kind: WindowKind | None = None
    trailing_days: Whole | None = None

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        is_trailing = self.kind in (None, WindowKind.TRAILING)
        if is_trailing is not (self.trailing_days is not None):
            message = "A window is CYCLE, ALL or {trailing_days: n}."
            raise refusal(message)
        return self


class SeriesBreakEntry(FileModel):
    """A day from which values can't be compared with those before."""

    date: Day
    reason: Text


class MeasureEntry(FileModel):
    """A node that a metric measures; on a journey, as its success measure."""

    node: Key
    dimension: MeasureDimension | None = None
    long_term_target: Number | None = None


class SourceEntry(FileModel):
    """Where a metric's values come from; its key is `<metric>:<connection>` where left out."""

    key: Key | None = None
    title: Title | None = None
    description: Text | None = None
    archived: Flag | None = None
    connection: Key
    metric: Text | None = None
    grain: Title | None = None
    parameters: Free | None = None
    breakdowns: Listed[tuple[Title, ...]] = None
    precedence: Whole | None = None


Unit = Annotated[UnitEntry, short_form("kind")]
Window = Annotated[WindowEntry, short_form("kind")]


class MetricEntry(AtlasNodeEntry):
    """A metric, what it measures and where its values come from."""

    unit: Unit | None = None
    better: Direction | None = None
    aggregation: Aggregation | None = None
    window: Window | None = None
    cadence: Cadence | None = None
    family: MetricFamily | None = None
    series_breaks: Listed[SeriesBreakEntry] = None
    measures: Listed[MeasureEntry] = None
    sources: Listed[SourceEntry] = None


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


class AtlasFile(FileModel):
    """A whole file; sections may come in any order and be left out."""

    format: Literal["journey-atlas/1"]
    organization: OrganizationEntry
    teams: Listed[TeamEntry] = None
    members: Listed[MemberEntry] = None
    personas: Listed[PersonaEntry] = None
    cycles: Listed[CycleEntry] = None
    goals: Listed[GoalEntry] = None
    journeys: Listed[JourneyEntry] = None
    insights: Listed[InsightEntry] = None
    opportunities: Listed[OpportunityEntry] = None
    solutions: Listed[SolutionEntry] = None
    connections: Listed[ConnectionEntry] = None
    metrics: Listed[MetricEntry] = None
    objectives: Listed[ObjectiveEntry] = None
