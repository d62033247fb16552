"""Solutions, and the golden thread from one of them up to the goals it serves."""

from datetime import date

import strawberry

from api.context import Reading
from api.fields import attribute, computed, described, many, maybe
from api.types.enums import SOLUTION_KIND, SOLUTION_STATUS
from api.types.links import sources, targets
from api.types.node import AtlasNode, OkrAnchor
from api.types.pages import connection
from api.types.references import ATLAS_NODE, GOAL, METRIC, OPPORTUNITY
from domain import metric, opportunity, solution, thread
from domain.links import Relation
from domain.node import Node

Path = tuple[Node, ...]


def golden_thread(record: solution.Solution, reading: Reading) -> thread.GoldenThread:
    """Give the paths from a solution up to every goal it serves."""
    return thread.golden_thread(reading.view.atlas, record.id)


def nodes_of(path: Path, _: Reading) -> Path:
    """List a path's nodes, from the solution up."""
    return path


def goal_of(path: Path, _: Reading) -> Node:
    """Give the goal that a path ends at."""
    return path[-1]


@strawberry.type(description="One way from a solution up to a goal.")
class GoldenPath:
    """A path of `domain.thread.GoldenThread`."""

    nodes = computed(
        nodes_of,
        many(ATLAS_NODE),
        "The solution, its opportunity, the step or journey that it improves, and so on up to the "
        "goal.",
    )
    goal = computed(goal_of, GOAL, "The goal it ends at: one that is nobody's sub-goal.")


@strawberry.type(description="The ways from a solution up to every goal it serves.")
class GoldenThread:
    """The public face of `domain.thread.GoldenThread`."""

    paths: list[GoldenPath] = described("The ways, at most 200; empty where none leads to a goal.")
    is_complete: bool = described("Whether these are all of them.")


@strawberry.type(description="What a team makes to address opportunities.")
class Solution(AtlasNode, OkrAnchor):
    """The public face of `domain.solution.Solution`."""

    solution_kind: str = described("What it is.", graphql_type=SOLUTION_KIND, name="kind")
    status: str = described("How far it has come.", graphql_type=SOLUTION_STATUS)
    released_at: date | None = described("The day of its release; null before, or unknown.")
    link = computed(
        attribute("url"),
        maybe(str),
        "Its place in the delivery tracker; null without one.",
    )
    opportunities = connection(
        targets(Relation.ADDRESSES, opportunity.Opportunity),
        OPPORTUNITY,
        "The opportunities it addresses.",
    )
    metrics = connection(
        sources(Relation.MEASURES, metric.Metric), METRIC, "The metrics that measure it."
    )
    golden_thread = computed(
        golden_thread, GoldenThread, "The ways from it up to every goal it serves."
    )
