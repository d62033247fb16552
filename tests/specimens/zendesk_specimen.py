"""A CSAT survey, and ratings of tickets, at the strict fake of Zendesk."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from connectors.zendesk import Zendesk
from journey_atlas_sdk import AccessDenied, Grain
from journey_atlas_sdk.conformance import (
    App,
    Fact,
    Golden,
    Keeps,
    Known,
    Pages,
    Refused,
    Specimen,
    World,
    fact,
    mean,
    share,
)
from tests.vendors import zendesk as vendor
from tests.vendors.lazily import Lazily

LATER: Final = timedelta(days=2)
"""How long after it was offered a survey is answered."""


def service(world: World) -> App:
    """Tell the facts as answers to surveys."""

    def recall(start: datetime, end: datetime) -> Sequence[vendor.Answered]:
        return Lazily(world.between(start + LATER, end + LATER), response)

    return vendor.Zendesk(now=world.now, recall=recall)


def response(each: Fact) -> vendor.Answered:
    return vendor.Answered(
        id=f"01J1WB51MG{each.number:08}",
        offered_at=each.at - LATER,
        given_at=each.at,
        rating=int(each.value) if each.value.isdecimal() else each.value,
    )


specimen = Specimen(
    connector=Zendesk,
    golden=Golden(
        metric="csat",
        grain=Grain.MONTH,
        known=(
            Known("2026-09-01", "0.75", sample_size=4, numerator="3", denominator="4"),
            Known("2026-10-01", None, sample_size=0),
        ),
        facts=(
            fact("2026-09-01T00:00:00", "5", number=1),
            fact("2026-09-03T10:00", "4", number=2),
            fact("2026-09-05T10:00", "5", number=3),
            fact("2026-09-30T23:59:59", "3", number=4),
        ),
    ),
    source=service,
    settings={
        "url": "https://acme.zendesk.example",
        "email": vendor.EMAIL,
        "token": vendor.TOKEN,
        "questions": {
            "csat": {"score": "CSAT"},
            "mean": {"score": "CSAT_MEAN", "survey": vendor.SURVEY},
            "tickets": {"score": "CSAT", "asked_by": "RATING"},
        },
    },
    keeps=Keeps.EVENTS,
    measures={"csat": share(lambda n: n >= 4), "mean": mean},
    answers=("5", "2", "4", "3"),
    pages=Pages(size=100, link="meta.after_cursor"),
    narrow=Refused({"email": None, "token": vendor.NARROW}, AccessDenied),
)
