"""What an atlas file may hold, field by field; docs/atlas-file.md tells what each means.

A field that isn't in `model_fields_set` was left out and keeps what is stored; one that is None was
given as nothing and gets its default back. So no field but `key` is required here: what a new
record needs, and all rules between fields, the domain decides.
"""

from typing import Literal

from api.atlas_file.entries import AtlasNodeEntry, FileModel, NodeEntry
from api.atlas_file.metric_entries import ConnectionEntry, MetricEntry
from api.atlas_file.okr_entries import ObjectiveEntry
from api.atlas_file.scalars import Day, Flag, Key, Listed, Number, Text, Title, Whole
from domain.cycle import CycleState
from domain.goal import GoalKind, GoalScope
from domain.insight import EvidenceSource, InsightAspect, InsightKind
from domain.journey import JourneyLevel
from domain.opportunity import Hypothesis, OpportunityAspect, OpportunityStatus
from domain.solution import SolutionKind, SolutionStatus

FORMAT = "journey-atlas/1"
"""The version of the format: another one is refused before anything else is judged."""


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
