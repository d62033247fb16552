"""Goals: what success means, and everything that one of them reaches."""

from collections.abc import Mapping

import strawberry

from api.context import Reading
from api.fields import Function, computed, described, maybe
from api.types.enums import GOAL_KIND, GOAL_SCOPE
from api.types.links import by_position, source, sources, targets
from api.types.node import AtlasNode, OkrAnchor
from api.types.pages import connection
from api.types.references import (
    GOAL,
    INSIGHT,
    JOURNEY,
    KEY_RESULT,
    METRIC,
    OBJECTIVE,
    OPPORTUNITY,
    SOLUTION,
    STEP,
)
from domain import goal, journey, metric, thread
from domain.links import Relation
from domain.node import Kind, Node

Reached = Mapping[Kind, tuple[Node, ...]]


def impact(record: goal.Goal, reading: Reading) -> Reached:
    """Give everything that a goal reaches, by kind."""
    return thread.impact(reading.view.atlas, record.id)


def _of_kind(kind: Kind) -> Function:
    def reached_nodes(reached: Reached, _: Reading) -> tuple[Node, ...]:
        return reached.get(kind, ())

    return reached_nodes


@strawberry.type(
    description="Everything that a goal reaches: what lies beneath it, what was learned and is "
    "measured there, and the objectives on it and beneath it. Each node once."
)
class Impact:
    """The public face of `domain.thread.impact`."""

    goals = connection(_of_kind(Kind.GOAL), GOAL, "Sub-goals at any depth, in order of key.")
    journeys = connection(_of_kind(Kind.JOURNEY), JOURNEY, "Journeys, macro and micro.")
    steps = connection(_of_kind(Kind.STEP), STEP, "Steps of these journeys.")
    insights = connection(
        _of_kind(Kind.INSIGHT), INSIGHT, "Insights seen in these journeys and steps."
    )
    opportunities = connection(
        _of_kind(Kind.OPPORTUNITY), OPPORTUNITY, "Opportunities to improve them."
    )
    solutions = connection(
        _of_kind(Kind.SOLUTION), SOLUTION, "Solutions that address these opportunities."
    )
    metrics = connection(_of_kind(Kind.METRIC), METRIC, "Metrics that measure any of these.")
    objectives = connection(
        _of_kind(Kind.OBJECTIVE), OBJECTIVE, "Objectives on the goal and on any of these."
    )
    key_results = connection(
        _of_kind(Kind.KEY_RESULT), KEY_RESULT, "Key results of these objectives."
    )


@strawberry.type(description="What success means, for the business or for the customer.")
class Goal(AtlasNode, OkrAnchor):
    """The public face of `domain.goal.Goal`."""

    goal_kind: str = described("Whose success it is.", graphql_type=GOAL_KIND, name="kind")
    scope: str = described("How far it reaches.", graphql_type=GOAL_SCOPE)
    parent = computed(
        source(Relation.HAS_SUB_GOAL, goal.Goal),
        maybe(GOAL),
        "The goal that this one is a part of or serves; null at the top.",
    )
    children = connection(
        targets(Relation.HAS_SUB_GOAL, goal.Goal), GOAL, "Its sub-goals, in order of key."
    )
    journeys = connection(
        targets(Relation.SERVED_BY, journey.Journey),
        JOURNEY,
        "The journeys that serve it, in their order.",
        order=by_position(Relation.SERVED_BY),
    )
    metrics = connection(
        sources(Relation.MEASURES, metric.Metric), METRIC, "The metrics that measure it."
    )
    impact = computed(impact, Impact, "Everything that it reaches, by kind.")
