"""Cycles: the periods that objectives are set for."""

from datetime import date

import strawberry

from api.context import Reading
from api.fields import computed, described, many, maybe
from api.types.enums import CYCLE_STATE
from api.types.links import named_in, naming
from api.types.node import Node
from api.types.pages import connection
from api.types.references import CYCLE, OBJECTIVE
from domain import anchor, cycle, okr


def objectives(
    record: cycle.Cycle, reading: Reading, *, include_inside: bool = True
) -> list[okr.Objective]:
    """List the objectives of a cycle, and of the cycles inside it, in order of key."""
    view = reading.view
    cycles = anchor.cycles_inside(view, record.id) if include_inside else {record.id}
    return [each for each in view.atlas.all(okr.Objective) if each.cycle in cycles]


@strawberry.type(description="A period that objectives are set for. A year holds quarters.")
class Cycle(Node):
    """The public face of `domain.cycle.Cycle`."""

    key: str = described("The external key (`FY26`), unique in the organization over all kinds.")
    title: str = described("The title.")
    start: date = described("Its first day.")
    end: date = described("Its last day.")
    state: str = described("What of it may still be edited.", graphql_type=CYCLE_STATE)
    parent = computed(
        named_in("parent"), maybe(CYCLE), "The cycle it is inside of; null at the top."
    )
    children = computed(
        naming(cycle.Cycle, "parent"), many(CYCLE), "The cycles directly inside it."
    )
    objectives = connection(
        objectives,
        OBJECTIVE,
        "The objectives set for it, in order of key.",
        include_inside="Whether those of the cycles inside it come as well.",
    )
