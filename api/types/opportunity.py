"""Opportunities, and how their delivery and their outcome compare."""

from decimal import Decimal

import strawberry

from api.context import Reading
from api.fields import attribute, computed, described, many, maybe
from api.types.enums import DIVERGENCE, HYPOTHESIS, OPPORTUNITY_ASPECT, OPPORTUNITY_STATUS
from api.types.links import all_named_in, named_in, sources, targets
from api.types.node import AtlasNode, OkrAnchor
from api.types.pages import connection
from api.types.progress import Explain, ProgressMean, Reason
from api.types.references import INSIGHT, JOURNEY, METRIC, PERSONA, SOLUTION, STEP
from domain import anchor, delivery, insight, journey, metric, opportunity, solution, statement
from domain.links import Relation


def opportunity_statement(record: opportunity.Opportunity, reading: Reading) -> str:
    """Compose the sentence that an opportunity says."""
    return statement.opportunity_statement(reading.view.atlas, record)


def opportunity_delivery(record: opportunity.Opportunity, reading: Reading) -> delivery.Delivery:
    """Give how many of an opportunity's solutions are out."""
    return delivery.delivery(reading.view, record)


def outcome(
    record: opportunity.Opportunity, reading: Reading, *, cycle: str | None = None
) -> anchor.AnchorScore:
    """Give what an opportunity's own objectives come to."""
    asked = reading.cycle_named(cycle)
    return delivery.outcome(reading.view, record, cycle=asked.id if asked else None)


def divergence(
    record: opportunity.Opportunity, reading: Reading, *, cycle: str | None = None
) -> delivery.Divergence | None:
    """Tell where delivery and outcome part."""
    asked = reading.cycle_named(cycle)
    return delivery.divergence(reading.view, record, cycle=asked.id if asked else None)


@strawberry.type(description="What people think an opportunity is worth.")
class Priority:
    """The public face of `domain.opportunity.Priority`."""

    customer_value: float | None = described("From 0 to 100; null where nobody scored it.")
    business_value: float | None = described("From 0 to 100; null where nobody scored it.")
    effort: float | None = described("From 0 to 5; null where nobody scored it.")


@strawberry.type(description="How many of an opportunity's solutions are out.")
class Delivery:
    """The public face of `domain.delivery.Delivery`."""

    value: float | None = described(
        "Solutions released / solutions not cancelled, 0 to 1; null with a reason without any."
    )
    value_exact = computed(attribute("value"), maybe(Decimal), "The same number, exact.")
    reason: Reason | None = described("Why there is no value; null where there is one.")
    released = computed(all_named_in("released"), many(SOLUTION), "The solutions released.")
    counted = computed(all_named_in("counted"), many(SOLUTION), "The solutions not cancelled.")
    explain: Explain = described("How the number came about.")


_CYCLE = (
    "A cycle's key: objectives of it and of the cycles inside it. Where nothing is said, the "
    "atlas's `cycle`, else all active cycles."
)


@strawberry.type(
    description="An improvement to a specific customer's path or perceptions in achieving their "
    "goals."
)
class Opportunity(AtlasNode, OkrAnchor):
    """The public face of `domain.opportunity.Opportunity`."""

    change: str = described('The change, as it completes "we will".')
    statement = computed(
        opportunity_statement,
        str,
        "The whole sentence: in which journey, which change, and what its key results say it will "
        "do (those of active cycles).",
    )
    aspects: list[str] = described("What it changes.", graphql_type=many(OPPORTUNITY_ASPECT))
    persona = computed(named_in("persona"), maybe(PERSONA), "Whose path it is; null for anyone's.")
    status: str = described("How far it has come.", graphql_type=OPPORTUNITY_STATUS)
    confidence: float | None = described(
        "How sure a person is that it works, 0 to 1; null where nobody said."
    )
    hypothesis: str = described("What is known of the belief behind it.", graphql_type=HYPOTHESIS)
    priority: Priority | None = described("What it is worth; null where nobody scored it.")
    journeys = connection(
        targets(Relation.IMPROVES, journey.Journey), JOURNEY, "The journeys it improves."
    )
    steps = connection(targets(Relation.IMPROVES, journey.Step), STEP, "The steps it improves.")
    insights = connection(
        sources(Relation.SUPPORTS, insight.Insight), INSIGHT, "The insights that speak for it."
    )
    solutions = connection(
        sources(Relation.ADDRESSES, solution.Solution), SOLUTION, "The solutions that address it."
    )
    metrics = connection(
        sources(Relation.MEASURES, metric.Metric), METRIC, "The metrics that measure it."
    )
    delivery = computed(
        opportunity_delivery,
        Delivery,
        "How many of its solutions are out. Delivery never counts as progress.",
    )
    outcome = computed(
        outcome, ProgressMean, "What its own objectives come to: did anything move?", cycle=_CYCLE
    )
    divergence = computed(
        divergence,
        maybe(DIVERGENCE),
        "How delivery and outcome contradict each other; null where they don't, or where the "
        "outcome isn't known.",
        cycle=_CYCLE,
    )
