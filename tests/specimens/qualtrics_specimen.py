"""A survey with a question of eleven answers at the strict fake of Qualtrics."""

from collections.abc import Iterator
from datetime import datetime

from connectors.qualtrics import Qualtrics
from journey_atlas_sdk import AccessDenied, Grain
from journey_atlas_sdk.conformance import (
    App,
    Fact,
    Golden,
    Keeps,
    Known,
    Refused,
    Specimen,
    World,
    fact,
    mean,
    net_promoter_score,
    share,
)
from tests.vendors import qualtrics as vendor


def service(world: World) -> App:
    """Tell the facts as recorded responses."""

    def recall(start: datetime, end: datetime) -> Iterator[vendor.Answered]:
        return map(response, world.between(start, end))

    return vendor.Qualtrics(recall=recall)


def response(each: Fact) -> vendor.Answered:
    return vendor.Answered(recorded_at=each.at, answers={"QID1": each.value})


def asked(score: str, **more: object) -> dict[str, object]:
    return {"survey": "SV_3gbwq8aJgqPwQDP", "question": "QID1", "score": score, **more}


specimen = Specimen(
    connector=Qualtrics,
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
        "url": "https://fra1.qualtrics.example",
        "token": vendor.TOKEN,
        "questions": {
            "nps": asked("NPS"),
            "satisfied": asked("CSAT", scale=[0, 10]),
            "mean": asked("CSAT_MEAN", scale=[0, 10]),
        },
    },
    keeps=Keeps.EVENTS,
    measures={"nps": net_promoter_score, "satisfied": share(lambda n: n >= 9), "mean": mean},
    answers=("10", "3", "9", "7"),
    narrow=Refused({"token": vendor.NARROW}, AccessDenied),
    exports=True,
)
