"""One record of every kind with nothing left out, and the changes that bring them in."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from domain.actions.changes import Changes
from domain.insight import Evidence, EvidenceSource, Insight, InsightAspect, InsightKind
from domain.journey import JourneyLevel
from domain.links import Link, MeasureDimension, Relation
from domain.metric import (
    Aggregation,
    Cadence,
    Direction,
    DurationUnit,
    MetricFamily,
    SeriesBreak,
    Unit,
    UnitKind,
    Window,
    WindowKind,
)
from domain.node import Node, OrganizationId
from domain.okr import (
    Baseline,
    Bounds,
    CurveKind,
    CurvePoint,
    ExpectedCurve,
    HowMuchKind,
    Ladder,
    ManualProgress,
    Milestone,
    RollupMode,
)
from domain.opportunity import Hypothesis, OpportunityAspect, OpportunityStatus, Priority
from domain.organization import Organization
from domain.solution import SolutionStatus
from domain.source import SourceError, SourceState
from domain.team import Member, Persona, Team
from tests.builders import (
    NOW,
    a_connection,
    a_cycle,
    a_goal,
    a_journey,
    a_key_result,
    a_link,
    a_metric,
    a_quarter,
    a_solution,
    a_source,
    a_step,
    an_objective,
    an_opportunity,
    an_organization,
    by,
    id_of,
)

# Any: fields of records, by name
COMMON: dict[str, Any] = {"created_at": NOW, "updated_at": NOW}

RESPONSIBLE: dict[str, Any] = {
    "description": "A text in several\nlines, with 'quotes' and Ønsker.",
    "owner": id_of("lending"),
    "accountable": id_of("ada"),
    "contributors": (id_of("bo"), id_of("ada")),
    "labels": ("later", "earlier"),
    "custom_fields": {"text": "1", "whole": 1, "real": 1.5, "yes": True, "none": None},
    "version": 3,
    "archived_at": NOW,
}

PEOPLE: tuple[Node, ...] = (
    Persona(id=id_of("first-time"), key="first-time", title="First-time buyer", **COMMON),
    Persona(id=id_of("mover"), key="mover", title="Mover", **COMMON),
    Team(id=id_of("bank"), key="bank", title="Bank", **COMMON),
    Team(id=id_of("lending"), key="lending", title="Lending", parent=id_of("bank"), **COMMON),
    Member(
        id=id_of("ada"),
        key="ada",
        title="Ada",
        email="ada@example.com",
        team=id_of("lending"),
        **COMMON,
    ),
    Member(id=id_of("bo"), key="bo", title="Bo", **COMMON),
)

CURVE = ExpectedCurve(
    kind=CurveKind.POINTS,
    points=(
        CurvePoint(date=date(2026, 3, 1), progress=Decimal("0.10")),
        CurvePoint(date=date(2026, 9, 1), progress=Decimal("0.6")),
    ),
)

INSIGHT = Insight(
    id=id_of("I1"),
    key="I1",
    title="Nobody tells them",
    insight_kind=InsightKind.PAIN,
    aspects=(InsightAspect.EMOTION, InsightAspect.PERCEPTION),
    personas=(id_of("mover"), id_of("first-time")),
    importance=5,
    evidence=(
        Evidence(
            source=EvidenceSource.SURVEY,
            quote="“Silence.”",
            url="https://example.com/1",
            date=date(2026, 5, 4),
            sample_size=312,
        ),
        Evidence(source=EvidenceSource.OPERATIONS),
    ),
    **COMMON,
    **RESPONSIBLE,
)

WORK: tuple[Node, ...] = (
    a_cycle(),
    a_quarter(),
    a_goal(**RESPONSIBLE),
    a_journey(
        level=JourneyLevel.MICRO,
        personas=(id_of("first-time"),),
        is_moment_that_matters=True,
        **RESPONSIBLE,
    ),
    a_step(
        stage="Apply",
        touchpoint="form",
        channel="web",
        product="mortgage",
        emotion=-2,
        is_moment_that_matters=True,
    ),
    INSIGHT,
    an_opportunity(
        aspects=(OpportunityAspect.PERCEPTION, OpportunityAspect.PATH),
        persona=id_of("mover"),
        status=OpportunityStatus.IN_DELIVERY,
        confidence=Decimal("0.70"),
        hypothesis=Hypothesis.VALIDATED,
        priority=Priority(customer_value=Decimal(80), effort=Decimal("2.5")),
    ),
    a_solution(
        status=SolutionStatus.RELEASED, released_at=date(2026, 6, 30), url="https://example.com"
    ),
    a_metric(
        unit=Unit(kind=UnitKind.DURATION, display=DurationUnit.DAY),
        better=Direction.LOWER,
        aggregation=Aggregation.WEIGHTED_MEAN,
        window=Window(kind=WindowKind.TRAILING, days=28),
        cadence=Cadence.WEEK,
        family=MetricFamily.BEHAVIOURAL,
        series_breaks=(SeriesBreak(date=date(2026, 2, 1), reason="A new form"),),
    ),
    a_metric("MT-2", Unit(kind=UnitKind.MONEY, currency="NOK")),
    a_metric("MT-3", Unit(kind=UnitKind.RATE, per=10_000)),
    a_connection(settings={"folder": "x", "deep": {"list": [1, 2.5, None]}}),
    a_source(
        parameters={"column": 3},
        breakdowns=((), ("channel", "product")),
        precedence=2,
        state=SourceState.FAILING,
        asked_at=NOW,
        error=SourceError(code="QUOTA", fault="vendor", message="Later.", at=NOW),
    ),
    an_objective(
        rollup=RollupMode.BOTH,
        manual_progress=ManualProgress(
            value=Decimal("0.4"), by=id_of("bo"), at=NOW, reason="No data yet"
        ),
        curve=CURVE,
        confidence=Decimal("0.25"),
        **RESPONSIBLE,
    ),
    an_objective("O2", cycle="Q4-26", predecessor=id_of("O1")),
    replace(
        a_key_result(),
        position=2,
        who="first-time buyers",
        persona=id_of("first-time"),
        dimensions=(("channel", "online"), ("product", "mortgage")),
        window=Window(kind=WindowKind.CYCLE),
        baseline=Baseline(value=Decimal("-12.50"), at=date(2026, 1, 1), how="by hand"),
        by_how_much=by(HowMuchKind.BY_PERCENT, "-20.5"),
        ladder=Ladder(commit=Decimal(1), target=Decimal("1.5"), stretch=Decimal(2)),
        curve=CURVE,
        weight=Decimal(0),
        is_guardrail=True,
        confidence=Decimal(1),
        bounds=Bounds(upper=Decimal("4.2")),
        values_needed=8,
        milestones=(
            Milestone(title="Draft", due=date(2026, 4, 1), done_at=date(2026, 4, 2)),
            Milestone(title="Launch", weight=Decimal("2.5")),
        ),
        done_at=date(2026, 7, 1),
    ),
    a_key_result("O1-KR2", metric=None, baseline=None, target=None),
)

EVERY_RECORD: tuple[Node, ...] = (*PEOPLE, *WORK)

LINKS: tuple[Link, ...] = (
    a_link("BG1", Relation.SERVED_BY, "MJ1", position=4),
    a_link("MJ1", Relation.HAS_STEP, "upload", position=0),
    a_link("lending", Relation.OWNS, "O1", share=Decimal("0.60")),
    a_link("O2", Relation.CONTRIBUTES_TO, "O1", weight=Decimal(0)),
    a_link(
        "MT-1",
        Relation.MEASURES,
        "MJ1",
        dimension=MeasureDimension.EFFICIENCY,
        long_term_target=Decimal("86400.5"),
    ),
    a_link("O1-KR1", Relation.DRIVES, "MT-1"),
)


def changes(
    *nodes: Node,
    base: int = 0,
    links: Sequence[Link] = (),
    unlinked: Sequence[Link] = (),
    organization: Organization | None = None,
) -> Changes:
    return Changes(
        organization=organization or an_organization(),
        base_revision=base,
        nodes=nodes,
        links=links,
        unlinked=unlinked,
    )


def a_neighbour(key: str = "neighbour") -> Organization:
    return an_organization(id=OrganizationId(id_of(key)), key=key)
