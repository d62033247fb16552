"""Rated conversations at the strict fake of Intercom."""

from collections.abc import Sequence
from datetime import datetime

from connectors.intercom import Intercom
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
from tests.vendors import intercom as vendor
from tests.vendors.lazily import Lazily


def service(world: World) -> App:
    """Tell the facts as ratings."""

    def recall(start: datetime, end: datetime) -> Sequence[vendor.Rated]:
        return Lazily(world.between(start, end), conversation)

    return vendor.Intercom(now=world.now, recall=recall)


def conversation(each: Fact) -> vendor.Rated:
    return vendor.Rated(
        id=f"{each.number:08}",
        requested_at=each.at.replace(microsecond=0),
        rating=int(each.value) if each.value.isdecimal() else each.value,
    )


specimen = Specimen(
    connector=Intercom,
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
        "url": "https://intercom.example",
        "token": vendor.TOKEN,
        "questions": {"csat": {"score": "CSAT"}, "mean": {"score": "CSAT_MEAN"}},
    },
    keeps=Keeps.EVENTS,
    measures={"csat": share(lambda n: n >= 4), "mean": mean},
    answers=("5", "2", "4", "3"),
    pages=Pages(size=150, link="pages.next.starting_after"),
    narrow=Refused({"token": vendor.NARROW}, AccessDenied),
)
