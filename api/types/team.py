"""Who works on the atlas (teams, members) and whom it is about (personas)."""

from decimal import Decimal

import strawberry

from api.context import Reading
from api.fields import attribute, computed, described, many, maybe
from api.types.links import named_in, naming
from api.types.node import Node
from api.types.pages import connection
from api.types.progress import ProgressMean
from api.types.references import INSIGHT, JOURNEY, KEY_RESULT, MEMBER, OBJECTIVE, OPPORTUNITY, TEAM
from domain import anchor, insight, journey, okr, opportunity, ownership, team

_KEY = "The external key, unique in the organization over all kinds."
_CYCLE = (
    "A cycle's key: objectives of it and of the cycles inside it. Where nothing is said, the "
    "atlas's `cycle`, else "
)


def objectives(
    record: team.Team, reading: Reading, *, cycle: str | None = None
) -> list[ownership.Share]:
    """List the objectives that a team answers for, with its shares, in order of key."""
    shares = ownership.team_shares(reading.view, record)
    asked = reading.cycle_named(cycle)
    if asked is None:
        return shares
    wanted = anchor.cycles_inside(reading.view, asked.id)
    return [share for share in shares if share.objective.cycle in wanted]


def progress(
    record: team.Team, reading: Reading, *, cycle: str | None = None
) -> ownership.TeamProgress:
    """Give what a team's objectives come to."""
    asked = reading.cycle_named(cycle)
    return ownership.team_progress(reading.view, record, cycle=asked.id if asked else None)


@strawberry.type(description="An objective that a team answers for, alone or with others.")
class OwnedObjective:
    """The public face of `domain.ownership.Share`, seen from the team."""

    objective = described("The objective.", graphql_type=OBJECTIVE)
    share: float = described(
        "The team's part, 0 to 1: the given one, else an equal part of what is left."
    )
    share_exact = computed(attribute("share"), Decimal, "The same number, exact.")
    given: float | None = described("The part that somebody set, 0 to 1; null where nobody did.")


@strawberry.type(description="A team.")
class Team(Node):
    """The public face of `domain.team.Team`."""

    key: str = described(_KEY)
    title: str = described("Its name.")
    description: str | None = described("More about it; null where nobody wrote anything.")
    parent = computed(named_in("parent"), maybe(TEAM), "The team it belongs to; null at the top.")
    children = computed(naming(team.Team, "parent"), many(TEAM), "The teams that belong to it.")
    members = computed(naming(team.Member, "team"), many(MEMBER), "Who is in it.")
    objectives = computed(
        objectives,
        many(OwnedObjective),
        "The objectives it answers for, with its shares, in order of key.",
        cycle=_CYCLE + "objectives of every cycle.",
    )
    progress = computed(
        progress,
        ProgressMean,
        "What its objectives come to: each counted once, weighted by the team's share.",
        cycle=_CYCLE + "all active cycles.",
    )


@strawberry.type(description="A person of the company.")
class Member(Node):
    """The public face of `domain.team.Member`."""

    key: str = described(_KEY)
    title: str = described("Their name.")
    email: str | None = described("Their address; null where nobody gave it.")
    team = computed(named_in("team"), maybe(TEAM), "Their team; null without one.")


@strawberry.type(description="A kind of customer.")
class Persona(Node):
    """The public face of `domain.team.Persona`."""

    key: str = described(_KEY)
    title: str = described("Its name.")
    description: str | None = described("More about it; null where nobody wrote anything.")
    journeys = connection(naming(journey.Journey, "personas"), JOURNEY, "The journeys they make.")
    insights = connection(naming(insight.Insight, "personas"), INSIGHT, "What was learned of them.")
    opportunities = connection(
        naming(opportunity.Opportunity, "persona"),
        OPPORTUNITY,
        "The opportunities to improve their paths.",
    )
    key_results = connection(
        naming(okr.KeyResult, "persona"), KEY_RESULT, "The key results that they bring about."
    )
