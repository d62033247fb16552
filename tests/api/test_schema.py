"""The schema as a contract: committed, described, and true to the records behind it."""

import dataclasses
from collections.abc import Iterator
from enum import EnumType

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    is_introspection_type,
    is_specified_scalar_type,
)
from strawberry.types.base import StrawberryObjectDefinition

import domain.coverage
import domain.cycle
import domain.delivery
import domain.explain
import domain.goal
import domain.graph
import domain.health
import domain.insight
import domain.journey
import domain.marks
import domain.metric
import domain.okr
import domain.opportunity
import domain.organization
import domain.ownership
import domain.progress
import domain.reason
import domain.series
import domain.solution
import domain.source
import domain.status
import domain.team
import domain.value
import ingest.freshness
from api.schema import SCHEMA_FILE, build_schema, schema_text
from api.types import enums
from api.types.freshness import MetricFreshness
from api.types.node import TYPE_NAMES
from domain.anchor import AnchorProgress, AnchorScore
from domain.node import Kind
from tests.api.asking import SCHEMA

STRAWBERRY = build_schema()

OWN_TYPES = [
    each
    for each in SCHEMA.type_map.values()
    if not is_introspection_type(each) and not is_specified_scalar_type(each)
]


def test_the_committed_schema_is_the_one_that_is_served() -> None:
    assert SCHEMA_FILE.read_text(encoding="utf-8") == schema_text()


def described(type_: GraphQLNamedType) -> Iterator[tuple[str, str | None]]:
    """Walk a type, its fields, arguments and values with their descriptions."""
    yield type_.name, type_.description
    if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
        for name, field in type_.fields.items():
            yield f"{type_.name}.{name}", field.description
            for argument, details in field.args.items():
                yield f"{type_.name}.{name}({argument})", details.description
    if isinstance(type_, GraphQLInputObjectType):
        for name, given in type_.fields.items():
            yield f"{type_.name}.{name}", given.description
    if isinstance(type_, GraphQLEnumType):
        for name, value in type_.values.items():
            yield f"{type_.name}.{name}", value.description


@pytest.mark.parametrize("type_", OWN_TYPES, ids=str)
def test_everything_is_described_in_a_sentence(type_: GraphQLNamedType) -> None:
    bare = [place for place, text in described(type_) if not text or not text.endswith((".", "?"))]

    assert bare == []


@pytest.mark.parametrize("type_", OWN_TYPES, ids=str)
def test_nullable_fields_say_what_null_means(type_: GraphQLNamedType) -> None:
    """The terms of "null" may be any, but a reader must find one; roots of lists are exempt."""
    if not isinstance(type_, GraphQLObjectType) or type_.name.endswith(("Connection", "Edge")):
        return

    silent = [
        name
        for name, field in type_.fields.items()
        if not str(field.type).endswith("!")
        and "null" not in (field.description or "").lower()
        and field.description != "The same number, exact."
    ]

    assert silent == []


@pytest.mark.parametrize("type_", OWN_TYPES, ids=str)
def test_no_field_begins_with_a_verb_of_reading(type_: GraphQLNamedType) -> None:
    if not isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
        return

    assert [
        name for name in type_.fields if name.startswith(("get", "query", "list", "fetch"))
    ] == []


def test_enum_values_are_in_capitals() -> None:
    values = [
        value for type_ in OWN_TYPES if isinstance(type_, GraphQLEnumType) for value in type_.values
    ]

    assert values == [value.upper() for value in values]


@pytest.mark.parametrize("enum", enums.PUBLIC, ids=lambda enum: enum.__name__)
def test_a_public_enum_leaves_the_domains_own_as_it_was(enum: EnumType) -> None:
    assert not hasattr(enum, "__strawberry_definition__")


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_of_node_has_its_public_type(kind: Kind) -> None:
    found = SCHEMA.type_map[TYPE_NAMES[kind]]

    assert isinstance(found, GraphQLObjectType)
    assert "Node" in [interface.name for interface in found.interfaces]


RECORDS: dict[str, type] = {
    "AnchorProgress": AnchorProgress,
    "Baseline": domain.okr.Baseline,
    "Bounds": domain.okr.Bounds,
    "ByHowMuch": domain.okr.ByHowMuch,
    "Connection": domain.source.Connection,
    "Coverage": domain.coverage.Coverage,
    "CoverageCell": domain.coverage.CoverageCell,
    "CoverageRow": domain.coverage.CoverageRow,
    "CoverageTotal": domain.coverage.CoverageTotal,
    "CurvePoint": domain.okr.CurvePoint,
    "Cycle": domain.cycle.Cycle,
    "Delivery": domain.delivery.Delivery,
    "Evidence": domain.insight.Evidence,
    "Exclusion": domain.explain.Exclusion,
    "ExpectedCurve": domain.okr.ExpectedCurve,
    "Explain": domain.explain.Explain,
    "Freshness": MetricFreshness,
    "FreshnessReason": ingest.freshness.FreshnessReason,
    "Goal": domain.goal.Goal,
    "Graph": domain.graph.Graph,
    "GraphEdge": domain.graph.GraphEdge,
    "Health": domain.health.Health,
    "Input": domain.explain.Input,
    "Insight": domain.insight.Insight,
    "Journey": domain.journey.Journey,
    "KeyResult": domain.okr.KeyResult,
    "Ladder": domain.okr.Ladder,
    "ManualProgress": domain.okr.ManualProgress,
    "Mark": domain.marks.Mark,
    "Member": domain.team.Member,
    "Metric": domain.metric.Metric,
    "MetricSource": domain.source.MetricSource,
    "MetricValue": domain.value.MetricValue,
    "Milestone": domain.okr.Milestone,
    "Objective": domain.okr.Objective,
    "Opportunity": domain.opportunity.Opportunity,
    "Organization": domain.organization.Organization,
    "OwnedObjective": domain.ownership.Share,
    "Owner": domain.ownership.Share,
    "Persona": domain.team.Persona,
    "Priority": domain.opportunity.Priority,
    "Progress": domain.progress.Progress,
    "ProgressMean": AnchorScore,
    "Reason": domain.reason.Reason,
    "SeriesBreak": domain.metric.SeriesBreak,
    "SeriesPoint": domain.series.SeriesPoint,
    "Solution": domain.solution.Solution,
    "SourceError": domain.source.SourceError,
    "SourceFreshness": ingest.freshness.SourceFreshness,
    "Status": domain.status.Status,
    "Step": domain.journey.Step,
    "SuccessMeasure": domain.health.SuccessMeasure,
    "Team": domain.team.Team,
    "Unit": domain.metric.Unit,
    "Weight": domain.explain.Weight,
    "Window": domain.metric.Window,
}


@pytest.mark.parametrize("name", RECORDS)
def test_every_plain_field_is_an_attribute_of_its_record(name: str) -> None:
    definition = STRAWBERRY.get_type_by_name(name)
    assert isinstance(definition, StrawberryObjectDefinition)
    plain = [field.python_name for field in definition.fields if field.is_basic_field]

    missing = set(plain) - {field.name for field in dataclasses.fields(RECORDS[name])}

    assert missing == set()
