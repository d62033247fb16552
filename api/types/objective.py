"""Objectives: what a team wants to be true by the end of a cycle."""

import datetime as dt
from decimal import Decimal

import strawberry

from api.context import Reading
from api.fields import attribute, computed, described, many, maybe
from api.types.enums import CURVE_KIND, ROLLUP_MODE
from api.types.links import named_in, sources, targets
from api.types.node import AtlasNode
from api.types.pages import connection
from api.types.progress import Progress
from api.types.references import CYCLE, INSIGHT, KEY_RESULT, OBJECTIVE, OKR_ANCHOR, TEAM
from api.types.status import (
    POLICY_ARGUMENTS,
    STATUS_DESCRIPTION,
    PolicyParameterInput,
    Status,
    numbers_of,
)
from domain import insight, node, okr, ownership, progress, rollup, status
from domain.links import Link, Relation


def anchor(record: okr.Objective, reading: Reading) -> node.Node | None:
    """Give what an objective hangs on; None where it hangs on nothing."""
    found = reading.view.atlas.targets(record.id, Relation.ANCHORED_ON, node.Node)
    return next(iter(found), None)


def owners(record: okr.Objective, reading: Reading) -> list[ownership.Share]:
    """List the teams that own an objective, with their shares."""
    return ownership.shares_of(reading.view.atlas, record)


def unallocated_share(record: okr.Objective, reading: Reading) -> Decimal:
    """Give what the shares of an objective leave of 1."""
    return ownership.unallocated_share(reading.view.atlas, record)


def key_results(record: okr.Objective, reading: Reading) -> list[okr.KeyResult]:
    """List an objective's key results in their order."""
    return rollup.key_results_of(reading.view, record)


def contributes_to(record: okr.Objective, reading: Reading) -> list[Link]:
    """List the links to the objectives that count an objective."""
    return _visible(reading, reading.view.atlas.links_from(record.id, Relation.CONTRIBUTES_TO))


def parent(record: okr.Objective, reading: Reading) -> okr.Objective | None:
    """Give the first objective that an objective contributes to; None without one."""
    found = reading.view.atlas.targets(record.id, Relation.CONTRIBUTES_TO, okr.Objective)
    return next(iter(found), None)


def _visible(reading: Reading, links: tuple[Link, ...]) -> list[Link]:
    nodes = reading.view.atlas.nodes
    return [link for link in links if nodes[link.target].archived_at is None]


def successors(record: okr.Objective, reading: Reading) -> list[okr.Objective]:
    """List the objectives that carry an objective on."""
    found = reading.view.atlas.successors.get(record.id, ())
    return [objective for objective in found if objective.archived_at is None]


def objective_progress(record: okr.Objective, reading: Reading) -> progress.Progress:
    """Give how far an objective is."""
    return rollup.objective_progress(reading.view, record)


def objective_status(
    record: okr.Objective,
    reading: Reading,
    *,
    policy: str | None = None,
    parameters: list[PolicyParameterInput] | None = None,
) -> status.Status:
    """Give how an objective stands by a policy."""
    given = numbers_of(parameters)
    return status.objective_status(reading.view, record, policy=policy, parameters=given)


@strawberry.type(description="A team that answers for an objective.")
class Owner:
    """The public face of `domain.ownership.Share`."""

    team = described("The team.", graphql_type=TEAM)
    share: float = described("Its part, 0 to 1: the given one, else an equal part of what is left.")
    share_exact = computed(attribute("share"), Decimal, "The same number, exact.")
    given: float | None = described("The part that somebody set, 0 to 1; null where nobody did.")


@strawberry.type(description="An objective that counts another one, and how much.")
class Contribution:
    """A CONTRIBUTES_TO link, seen from the objective that contributes."""

    objective = computed(named_in("target"), OBJECTIVE, "The objective that counts it.")
    weight: float | None = described(
        "Its weight there; 0: aligned, not counted; null where nobody said: it counts 1."
    )
    weight_exact = computed(attribute("weight"), maybe(Decimal), "The same number, exact.")


@strawberry.type(description="A day and the progress expected by then.")
class CurvePoint:
    """The public face of `domain.okr.CurvePoint`."""

    date: dt.date = described("The day.")
    progress: float = described("The progress expected by its end, 0 to 1.")


@strawberry.type(description="How progress is expected to grow over the cycle.")
class ExpectedCurve:
    """The public face of `domain.okr.ExpectedCurve`."""

    kind: str = described("The shape.", graphql_type=CURVE_KIND)
    points: list[CurvePoint] = described("The dated points, with POINTS; empty otherwise.")


@strawberry.type(description="What a team wants to be true by the end of a cycle.")
class Objective(AtlasNode):
    """The public face of `domain.okr.Objective`."""

    anchor = computed(
        anchor,
        maybe(OKR_ANCHOR),
        "The goal, journey, opportunity or solution it hangs on; null where it hangs on nothing.",
    )
    cycle = computed(named_in("cycle"), CYCLE, "The cycle it is set for.")
    owners = computed(owners, many(Owner), "The teams that answer for it together.")
    unallocated_share = computed(
        unallocated_share,
        float,
        "What the given shares leave of 1: 0 where all is given out or nobody owns it, below 0 "
        "where more than all is.",
    )
    key_results = computed(key_results, many(KEY_RESULT), "Its key results, in their order.")
    rollup: str = described("What its progress is made of.", graphql_type=ROLLUP_MODE)
    curve: ExpectedCurve = described("How its progress is expected to grow.")
    parent = computed(
        parent,
        maybe(OBJECTIVE),
        "The objective that it contributes to, of several the first by key; null without one.",
    )
    contributes_to = computed(
        contributes_to, many(Contribution), "The objectives whose progress counts it, with weights."
    )
    children = connection(
        sources(Relation.CONTRIBUTES_TO, okr.Objective),
        OBJECTIVE,
        "The objectives that contribute to it.",
    )
    aligned_with = connection(
        targets(Relation.ALIGNED_WITH, okr.Objective),
        OBJECTIVE,
        "The objectives it is aligned with; alignment moves no number.",
    )
    aligned_from = connection(
        sources(Relation.ALIGNED_WITH, okr.Objective),
        OBJECTIVE,
        "The objectives that are aligned with it.",
    )
    predecessor = computed(
        named_in("predecessor"),
        maybe(OBJECTIVE),
        "The objective of an earlier cycle that it carries on; null without one.",
    )
    successors = computed(
        successors, many(OBJECTIVE), "The objectives of later cycles that carry it on."
    )
    insights = connection(
        sources(Relation.SUPPORTS, insight.Insight), INSIGHT, "The insights that speak for it."
    )
    progress = computed(objective_progress, Progress, "How far it is.")
    status = computed(objective_status, maybe(Status), STATUS_DESCRIPTION, **POLICY_ARGUMENTS)
    confidence: float | None = described(
        "How sure a person is that it will be reached, 0 to 1; null where nobody said."
    )
