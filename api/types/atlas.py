"""The root of all reading: one organization's atlas on a day."""

from collections.abc import Callable
from datetime import date, datetime
from typing import TypeVar

import strawberry

import domain.anchor
import domain.cycle
import domain.goal
import domain.insight
import domain.journey
import domain.metric
import domain.okr
import domain.opportunity
import domain.solution
import domain.source
import domain.team
from api.context import Reading
from api.fields import Field, Function, GraphQLType, attribute, computed, maybe
from api.types.coverage import COVERAGE
from api.types.graph import GRAPH
from api.types.pages import connection
from api.types.references import (
    CONNECTION,
    CYCLE,
    GOAL,
    INSIGHT,
    JOURNEY,
    KEY_RESULT,
    MEMBER,
    METRIC,
    OBJECTIVE,
    OPPORTUNITY,
    PERSONA,
    SOLUTION,
    STEP,
    TEAM,
)
from api.types.search import SEARCH_ARGUMENTS, SearchConnection, search_page
from domain.links import Relation
from domain.node import Node
from domain.view import View

N = TypeVar("N", bound=Node)


def every(kind: type[N]) -> Callable[..., list[N]]:
    """Give all nodes of a kind, in order of key."""

    def listed(view: View, _: Reading, *, include_archived: bool = False) -> list[N]:
        return list(view.atlas.all(kind, archived=include_archived))

    return listed


def one(kind: type[N]) -> Function:
    """Give the node of a kind by its key; None where no such node has it."""

    def found(view: View, _: Reading, *, key: str) -> N | None:
        return view.atlas.find(key, kind)

    return found


def cycle_asked(_: View, reading: Reading) -> domain.cycle.Cycle | None:
    """Give the cycle that the root field asked for; None: all active ones."""
    return reading.cycle


def business_goals(view: View, _: Reading) -> list[domain.goal.Goal]:
    """List the organization's business goals that are nobody's sub-goals."""
    return [
        each
        for each in view.atlas.all(domain.goal.Goal)
        if each.goal_kind is domain.goal.GoalKind.BUSINESS
        and each.scope is domain.goal.GoalScope.ORGANIZATION
        and not view.atlas.sources(each.id, Relation.HAS_SUB_GOAL, domain.goal.Goal)
    ]


def goals(
    view: View,
    _: Reading,
    *,
    kind: domain.goal.GoalKind | None = None,
    include_archived: bool = False,
) -> list[domain.goal.Goal]:
    """List goals, of one kind or of both."""
    found = view.atlas.all(domain.goal.Goal, archived=include_archived)
    return [each for each in found if kind is None or each.goal_kind is kind]


def journeys(
    view: View,
    _: Reading,
    *,
    level: domain.journey.JourneyLevel | None = None,
    include_archived: bool = False,
) -> list[domain.journey.Journey]:
    """List journeys, of one level or of both."""
    found = view.atlas.all(domain.journey.Journey, archived=include_archived)
    return [each for each in found if level is None or each.level is level]


def insights(
    view: View,
    _: Reading,
    *,
    kind: domain.insight.InsightKind | None = None,
    include_archived: bool = False,
) -> list[domain.insight.Insight]:
    """List insights, of one kind or of all."""
    found = view.atlas.all(domain.insight.Insight, archived=include_archived)
    return [each for each in found if kind is None or each.insight_kind is kind]


def solutions(
    view: View,
    _: Reading,
    *,
    kind: domain.solution.SolutionKind | None = None,
    include_archived: bool = False,
) -> list[domain.solution.Solution]:
    """List solutions, of one kind or of all."""
    found = view.atlas.all(domain.solution.Solution, archived=include_archived)
    return [each for each in found if kind is None or each.solution_kind is kind]


def objectives(
    view: View, reading: Reading, *, cycle: str | None = None, include_archived: bool = False
) -> list[domain.okr.Objective]:
    """List objectives of a cycle and the cycles inside it, or of all."""
    found = view.atlas.all(domain.okr.Objective, archived=include_archived)
    asked = reading.cycle_named(cycle)
    if asked is None:
        return list(found)
    wanted = domain.anchor.cycles_inside(view, asked.id)
    return [objective for objective in found if objective.cycle in wanted]


def key_results(
    view: View, reading: Reading, *, cycle: str | None = None, include_archived: bool = False
) -> list[domain.okr.KeyResult]:
    """List key results by the cycle of their objectives."""
    asked = objectives(view, reading, cycle=cycle, include_archived=include_archived)
    wanted = {objective.id for objective in asked}
    found = view.atlas.all(domain.okr.KeyResult, archived=include_archived)
    return [each for each in found if each.objective in wanted]


_ARCHIVED = "Whether archived ones come as well; their `archivedAt` tells them."
_KEY = "The external key, such as `BG1`."
_CYCLE = (
    "A cycle's key: it and the cycles inside it. Where nothing is said, the atlas's `cycle`, else "
    "every cycle."
)


def _by_key(kind: type[Node], node_type: GraphQLType, name: str) -> Field:
    description = f"The {name} with a key, an archived one too; null where no {name} has it."
    return computed(one(kind), maybe(node_type), description, key=_KEY)


@strawberry.type(description="One organization's atlas on a day; long lists are in order of key.")
class Atlas:
    """The public face of `domain.view.View`."""

    revision = computed(
        attribute("atlas.revision"),
        int,
        "How often the atlas was written; the same revision, day and `knownAt` give the same "
        "answer, ages apart.",
    )
    as_of = computed(attribute("today"), date, "The asked day, in the organization's zone.")
    known_at = computed(
        attribute("known_at"),
        maybe(datetime),
        "As known at which moment; null: all that is known now.",
    )
    cycle_asked = computed(
        cycle_asked,
        maybe(CYCLE),
        "The cycle that was asked for; null: numbers of all active cycles.",
    )
    business_goals = connection(
        business_goals,
        GOAL,
        "The North Stars of the business: goals of kind BUSINESS and scope ORGANIZATION that are "
        "nobody's sub-goals.",
    )
    goals = connection(
        goals,
        GOAL,
        "All goals.",
        kind="Only goals of this kind; where nothing is said, of both.",
        include_archived=_ARCHIVED,
    )
    journeys = connection(
        journeys,
        JOURNEY,
        "All journeys.",
        level="Only journeys of this level; where nothing is said, of both.",
        include_archived=_ARCHIVED,
    )
    steps = connection(
        every(domain.journey.Step), STEP, "All steps, in order of key.", include_archived=_ARCHIVED
    )
    insights = connection(
        insights,
        INSIGHT,
        "All insights.",
        kind="Only insights of this kind; where nothing is said, all.",
        include_archived=_ARCHIVED,
    )
    opportunities = connection(
        every(domain.opportunity.Opportunity),
        OPPORTUNITY,
        "All opportunities.",
        include_archived=_ARCHIVED,
    )
    solutions = connection(
        solutions,
        SOLUTION,
        "All solutions.",
        kind="Only solutions of this kind; where nothing is said, all.",
        include_archived=_ARCHIVED,
    )
    metrics = connection(
        every(domain.metric.Metric), METRIC, "All metrics.", include_archived=_ARCHIVED
    )
    objectives = connection(
        objectives, OBJECTIVE, "Objectives.", cycle=_CYCLE, include_archived=_ARCHIVED
    )
    key_results = connection(
        key_results, KEY_RESULT, "Key results.", cycle=_CYCLE, include_archived=_ARCHIVED
    )
    cycles = connection(every(domain.cycle.Cycle), CYCLE, "All cycles.", include_archived=_ARCHIVED)
    teams = connection(every(domain.team.Team), TEAM, "All teams.", include_archived=_ARCHIVED)
    members = connection(
        every(domain.team.Member), MEMBER, "All members.", include_archived=_ARCHIVED
    )
    personas = connection(
        every(domain.team.Persona), PERSONA, "All personas.", include_archived=_ARCHIVED
    )
    connections = connection(
        every(domain.source.Connection), CONNECTION, "All connections.", include_archived=_ARCHIVED
    )
    search = computed(
        search_page,
        SearchConnection,
        "Nodes of any kind that have every word of a text, the best fitting first.",
        **SEARCH_ARGUMENTS,
    )
    graph = GRAPH
    coverage = COVERAGE
    goal = _by_key(domain.goal.Goal, GOAL, "goal")
    journey = _by_key(domain.journey.Journey, JOURNEY, "journey")
    step = _by_key(domain.journey.Step, STEP, "step")
    insight = _by_key(domain.insight.Insight, INSIGHT, "insight")
    opportunity = _by_key(domain.opportunity.Opportunity, OPPORTUNITY, "opportunity")
    solution = _by_key(domain.solution.Solution, SOLUTION, "solution")
    metric = _by_key(domain.metric.Metric, METRIC, "metric")
    objective = _by_key(domain.okr.Objective, OBJECTIVE, "objective")
    key_result = _by_key(domain.okr.KeyResult, KEY_RESULT, "key result")
    cycle = _by_key(domain.cycle.Cycle, CYCLE, "cycle")
    team = _by_key(domain.team.Team, TEAM, "team")
    member = _by_key(domain.team.Member, MEMBER, "member")
    persona = _by_key(domain.team.Persona, PERSONA, "persona")
    connection = _by_key(domain.source.Connection, CONNECTION, "connection")
