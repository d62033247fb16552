"""A project that asks for an effort from 1 to 7 at the strict fake of Delighted."""

from collections.abc import Sequence
from datetime import datetime

from connectors.delighted import Delighted
from journey_atlas_sdk import Grain
from journey_atlas_sdk.conformance import (
    App,
    Fact,
    Golden,
    Keeps,
    Known,
    Pages,
    Specimen,
    World,
    fact,
    mean,
    share,
)
from tests.vendors import delighted as vendor
from tests.vendors.lazily import Lazily


def service(world: World) -> App:
    """Tell the facts as responses."""

    def recall(start: datetime, end: datetime) -> Sequence[vendor.Answered]:
        return Lazily(world.between(start, end), response)

    return vendor.Delighted(now=world.now, recall=recall)


def response(each: Fact) -> vendor.Answered:
    return vendor.Answered(
        id=f"{each.number:08}",
        created_at=each.at.replace(microsecond=0),
        score=int(each.value) if each.value.isdecimal() else each.value,
        survey_type="ces",
    )


specimen = Specimen(
    connector=Delighted,
    golden=Golden(
        metric="ease",
        grain=Grain.MONTH,
        known=(
            Known("2026-09-01", "5.25", sample_size=4, numerator="21", denominator="4"),
            Known("2026-10-01", None, sample_size=0),
        ),
        facts=(
            fact("2026-09-01T00:00:00", "7", number=1),
            fact("2026-09-03T10:00", "6", number=2),
            fact("2026-09-05T10:00", "5", number=3),
            fact("2026-09-30T23:59:59", "3", number=4),
        ),
    ),
    source=service,
    settings={
        "url": "https://delighted.example",
        "api_key": vendor.KEY,
        "questions": {
            "ease": {"score": "CES", "survey_type": "ces"},
            "easy": {"score": "CSAT", "scale": [1, 7]},
            "nps": {"score": "NPS"},
        },
    },
    keeps=Keeps.EVENTS,
    measures={"ease": mean, "easy": share(lambda n: n >= 6)},
    answers=("7", "2", "6", "3"),
    pages=Pages(size=100),
)
