"""Feedback with a question of eleven answers at the strict fake of Medallia."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from connectors.medallia import Medallia
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
    net_promoter_score,
    share,
)
from tests.vendors import medallia as vendor
from tests.vendors.lazily import Lazily

SIZE: Final = 100


def service(world: World) -> App:
    """Tell the facts as feedback records."""

    def recall(start: datetime, end: datetime) -> Sequence[vendor.Record]:
        return Lazily(world.between(start, end), record)

    return vendor.Medallia(now=world.now, recall=recall, most=SIZE)


def record(each: Fact) -> vendor.Record:
    return vendor.Record(
        number=each.number + 1, finished_at=each.at, fields={"q_recommend": [each.value]}
    )


def asked(score: str, **more: object) -> dict[str, object]:
    return {"field": "q_recommend", "score": score, **more}


specimen = Specimen(
    connector=Medallia,
    golden=Golden(
        metric="nps",
        grain=Grain.MONTH,
        known=(
            Known("2026-09-01", "25", sample_size=4, numerator="100", denominator="4"),
            Known("2026-10-01", None, sample_size=0),
        ),
        facts=(
            fact("2026-09-01T00:00:00", "10", number=1),
            fact("2026-09-03T10:00", "9", number=2),
            fact("2026-09-05T10:00", "8", number=3),
            fact("2026-09-30T23:59:59", "3", number=4),
        ),
    ),
    source=service,
    settings={
        "url": "https://acme.apis.medallia.example",
        "token_url": vendor.TOKEN_PATH,
        **vendor.CLIENT,
        "questions": {
            "nps": asked("NPS"),
            "satisfied": asked("CSAT", scale=[0, 10]),
            "mean": asked("CSAT_MEAN", scale=[0, 10]),
        },
    },
    keeps=Keeps.EVENTS,
    measures={"nps": net_promoter_score, "satisfied": share(lambda n: n >= 9), "mean": mean},
    answers=("10", "3", "9", "7"),
    pages=Pages(size=SIZE),
    narrow=Refused(vendor.NARROW, AccessDenied),
    renews=vendor.TOKEN_PATH,
    refusal='{"data": null, "errors": [{"message": "Query cost exceeds 3000000."}]}',
)
