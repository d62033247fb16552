"""Journeys, macro and micro, their steps and their health."""

from collections.abc import Awaitable
from dataclasses import dataclass
from decimal import Decimal

import strawberry

from api.context import Reading
from api.fields import Function, answered_by, attribute, computed, described, many, maybe
from api.relay import Page
from api.types.enums import HEALTH_STATE, JOURNEY_LEVEL, MEASURE_DIMENSION
from api.types.links import all_named_in, by_position, source, sources, targets
from api.types.metric_value import MetricValue
from api.types.node import AtlasNode, OkrAnchor
from api.types.pages import PAGING, PageInfo, connection, page_function, selecting
from api.types.references import (
    GOAL,
    INSIGHT,
    JOURNEY,
    METRIC,
    OPPORTUNITY,
    PERSONA,
    STEP,
)
from domain import goal, health, insight, journey, metric, opportunity, thread
from domain.links import MeasureDimension, Relation
from domain.node import Kind, Node, NodeId


def goals(
    record: journey.Journey, reading: Reading, *, kind: goal.GoalKind | None = None
) -> list[goal.Goal]:
    """List the goals that a journey serves, its own ones among them."""
    found = reading.view.atlas.sources(record.id, Relation.SERVED_BY, goal.Goal)
    return [each for each in found if kind is None or each.goal_kind is kind]


def from_here(relation: Relation, kind: type[Node]) -> Function:
    """Give the nodes that a relation joins to a journey, or to anything beneath it as well."""

    def joined(record: Node, reading: Reading, *, include_beneath: bool = False) -> list[Node]:
        atlas = reading.view.atlas
        found = atlas.sources(record.id, relation, kind)
        if not include_beneath:
            return found
        for beneath in thread.downstream(atlas, record.id):
            found += atlas.sources(beneath.id, relation, kind)
        return sorted({node.id: node for node in found}.values(), key=lambda node: node.key)

    return joined


def success_measures(
    record: journey.Journey, reading: Reading, *, dimension: MeasureDimension | None = None
) -> list[health.SuccessMeasure]:
    """List the success measures of a journey, of one dimension or of both."""
    found = health.success_measures(reading.view, record)
    return [each for each in found if dimension is None or each.dimension is dimension]


def journey_health(record: journey.Journey, reading: Reading) -> health.Health:
    """Judge a journey by its own success measures."""
    return health.journey_health(reading.view, record)


def position(step: journey.Step, reading: Reading) -> int | None:
    """Give a step's place in its journey; None without one."""
    links = reading.view.atlas.links_to(step.id, Relation.HAS_STEP)
    return links[0].position if links else None


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedEdge:
    """A micro journey in a page of its parent's, and its place there."""

    node: journey.Journey
    cursor: str
    parent: journey.Journey
    position: int | None


@dataclass(frozen=True, slots=True)
class MicroJourneyPage:
    """A page of a journey's micro journeys that knows their places."""

    page: Page[journey.Journey]
    parent: journey.Journey
    positions: dict[NodeId, int | None]


_page_of_micro_journeys = page_function(
    targets(Relation.HAS_MICRO_JOURNEY, journey.Journey),
    by_position(Relation.HAS_MICRO_JOURNEY),
    Kind.JOURNEY,
)


def micro_journeys(
    record: journey.Journey, reading: Reading, **asked: object
) -> MicroJourneyPage | Awaitable[MicroJourneyPage]:
    """Give a page of a journey's micro journeys."""
    links = reading.view.atlas.links_from(record.id, Relation.HAS_MICRO_JOURNEY)
    positions = {link.target: link.position for link in links}
    page = _page_of_micro_journeys(record, reading, **asked)
    if isinstance(page, Page):
        return MicroJourneyPage(page, record, positions)
    return _later(page, record, positions)


async def _later(
    page: Awaitable[Page[journey.Journey]],
    parent: journey.Journey,
    positions: dict[NodeId, int | None],
) -> MicroJourneyPage:
    return MicroJourneyPage(await page, parent, positions)


def edges(listed: MicroJourneyPage, _: Reading) -> list[LinkedEdge]:
    """Give the micro journeys of a page with their places."""
    return [
        LinkedEdge(
            node=node,
            cursor=listed.page.order.cursor(node),
            parent=listed.parent,
            position=listed.positions[node.id],
        )
        for node in listed.page.items
    ]


@strawberry.type(description="A micro journey, and its place in the journey that was asked.")
class MicroJourneyEdge:
    """The public face of `LinkedEdge`."""

    node = described("The micro journey.", graphql_type=JOURNEY)
    cursor: str = described("Its place in the list's order, for `after` and `before`.")
    parent = described("The journey that it is listed under.", graphql_type=JOURNEY)
    position: int | None = described("Its place there, as it was given; null where none was.")


@strawberry.type(
    description="A page of micro journeys: at most 200 nodes, 50 where no size is asked for."
)
class MicroJourneyConnection:
    """The public face of `MicroJourneyPage`."""

    nodes = computed(attribute("page.items"), many(JOURNEY), "The micro journeys, in their order.")
    edges = computed(edges, many(MicroJourneyEdge), "The micro journeys with their places.")
    page_info = computed(
        attribute("page.page_info"), PageInfo, "Where this page stands in its list."
    )
    total_count = computed(attribute("page.total_count"), int, "How many there are in all.")


@strawberry.type(description="A metric's link to a journey: what tells how well it goes.")
class SuccessMeasure:
    """The public face of `domain.health.SuccessMeasure`."""

    metric = described("The metric.", graphql_type=METRIC)
    dimension: str | None = described(
        "What it tells of the journey; null where nobody said.",
        graphql_type=maybe(MEASURE_DIMENSION),
    )
    long_term_target: float | None = described(
        "The value to reach in the long run, in the metric's unit; null without one."
    )
    long_term_target_exact = computed(
        attribute("long_term_target"), maybe(Decimal), "The same number, exact."
    )
    current: MetricValue = described("The metric's value on the asked day.")
    earlier: float | None = described(
        "The value 13 weeks before, in the metric's unit; null where there was none."
    )
    earlier_exact = computed(attribute("earlier"), maybe(Decimal), "The same number, exact.")
    state: str = described("How the journey does by it.", graphql_type=HEALTH_STATE)
    explanation: str = described("One line that says what decided.")


@strawberry.type(description="How a journey does, by its own success measures.")
class Health:
    """The public face of `domain.health.Health`."""

    state: str = described(
        "The worst state of the measures; UNKNOWN, not green, where none is known.",
        graphql_type=HEALTH_STATE,
    )
    measures: list[SuccessMeasure] = described("The measures, in order of the metrics' keys.")


_BENEATH = "Whether those of its steps and micro journeys, at any depth, come as well."


@strawberry.type(description="A customer's path and perceptions towards a goal.")
class Journey(AtlasNode, OkrAnchor):
    """The public face of `domain.journey.Journey`."""

    level: str = described("Its size.", graphql_type=JOURNEY_LEVEL)
    is_moment_that_matters: bool = described("Whether it decides what customers think of us.")
    parents = computed(
        sources(Relation.HAS_MICRO_JOURNEY, journey.Journey),
        many(JOURNEY),
        "The journeys that it is a part of; a micro journey can have several.",
    )
    micro_journeys = answered_by(
        micro_journeys,
        [*selecting(Kind.JOURNEY), *PAGING],
        MicroJourneyConnection,
        "Its parts, in their order.",
    )
    steps = computed(
        targets(Relation.HAS_STEP, journey.Step), many(STEP), "The steps of its path, in order."
    )
    personas = computed(all_named_in("personas"), many(PERSONA), "Whose journey it is.")
    goals = connection(
        goals,
        GOAL,
        "The goals that it serves, its own ones among them.",
        kind="Only goals of this kind; where nothing is said, of both.",
    )
    insights = connection(
        from_here(Relation.SEEN_IN, insight.Insight),
        INSIGHT,
        "The insights seen in it.",
        include_beneath=_BENEATH,
    )
    opportunities = connection(
        from_here(Relation.IMPROVES, opportunity.Opportunity),
        OPPORTUNITY,
        "The opportunities to improve it.",
        include_beneath=_BENEATH,
    )
    metrics = connection(
        sources(Relation.MEASURES, metric.Metric), METRIC, "The metrics that measure it."
    )
    success_measures = computed(
        success_measures,
        many(SuccessMeasure),
        "Its success measures, in order of the metrics' keys.",
        dimension="Only measures of this dimension; where nothing is said, all.",
    )
    health = computed(journey_health, Health, "How it does, by its own success measures.")


@strawberry.type(description="A part of a journey's path.")
class Step(AtlasNode):
    """The public face of `domain.journey.Step`."""

    journey = computed(
        source(Relation.HAS_STEP, journey.Journey),
        maybe(JOURNEY),
        "The journey it is a part of; null where it is in none.",
    )
    position = computed(position, maybe(int), "Its place in the journey; null without one.")
    stage: str | None = described("The group of steps it belongs to; null without one.")
    touchpoint: str | None = described("What the customer meets; null where nobody said.")
    channel: str | None = described("Where: app, web, phone, branch; null where nobody said.")
    product: str | None = described("The product it is about; null where nobody said.")
    emotion: int | None = described(
        "How customers feel, from -2 (worst) to 2 (best); null where nobody rated it."
    )
    is_moment_that_matters: bool = described("Whether it decides what customers think of us.")
    insights = connection(
        sources(Relation.SEEN_IN, insight.Insight), INSIGHT, "The insights seen at it."
    )
    opportunities = connection(
        sources(Relation.IMPROVES, opportunity.Opportunity),
        OPPORTUNITY,
        "The opportunities to improve it.",
    )
    metrics = connection(
        sources(Relation.MEASURES, metric.Metric), METRIC, "The metrics that measure it."
    )
