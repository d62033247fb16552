"""Insights: what was learned, and what it rests on."""

import datetime as dt

import strawberry

from api.fields import computed, described, many
from api.types.enums import EVIDENCE_SOURCE, INSIGHT_ASPECT, INSIGHT_KIND
from api.types.links import all_named_in, targets
from api.types.node import AtlasNode
from api.types.pages import connection
from api.types.references import JOURNEY, OBJECTIVE, OPPORTUNITY, PERSONA, STEP
from domain import journey, okr, opportunity
from domain.links import Relation


@strawberry.type(description="One piece of evidence.")
class Evidence:
    """The public face of `domain.insight.Evidence`."""

    source: str = described("Where it comes from.", graphql_type=EVIDENCE_SOURCE)
    quote: str | None = described("In a customer's words; null without a quote.")
    url: str | None = described("Where to read more; null without a link.")
    date: dt.date | None = described("When it was gathered; null where nobody said.")
    sample_size: int | None = described(
        "How many people, comments or events it rests on; null where nobody said."
    )


@strawberry.type(
    description="What was learned of perceptions, emotions or behaviour in a journey or at a step."
)
class Insight(AtlasNode):
    """The public face of `domain.insight.Insight`."""

    insight_kind: str = described("What it says.", graphql_type=INSIGHT_KIND, name="kind")
    aspects: list[str] = described(
        "What of the customer it is about.", graphql_type=many(INSIGHT_ASPECT)
    )
    importance: int | None = described(
        "From 1 (little) to 5 (very much); null where nobody weighed it."
    )
    personas = computed(all_named_in("personas"), many(PERSONA), "Whom it was learned of.")
    evidence: list[Evidence] = described("What it rests on.")
    journeys = connection(
        targets(Relation.SEEN_IN, journey.Journey), JOURNEY, "The journeys it was seen in."
    )
    steps = connection(targets(Relation.SEEN_IN, journey.Step), STEP, "The steps it was seen at.")
    opportunities = connection(
        targets(Relation.SUPPORTS, opportunity.Opportunity),
        OPPORTUNITY,
        "The opportunities it speaks for.",
    )
    objectives = connection(
        targets(Relation.SUPPORTS, okr.Objective), OBJECTIVE, "The objectives it speaks for."
    )
