"""A form with a question of eleven answers at the strict fake of Typeform."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from connectors.typeform import Typeform
from journey_atlas_sdk import Delivery, Grain
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
    net_promoter_score,
    share,
)
from tests.vendors import typeform as vendor
from tests.vendors.lazily import Lazily

SIZE: Final = 100
QUESTION: Final = vendor.Question(id="hVONkQcnSNRj", ref="recommend")
WEBHOOK_SECRET: Final = "tf-webhook-secret-4b8e"  # noqa: S105 -- of a service that lives for a test


def service(world: World) -> App:
    """Tell the facts as completed responses."""

    def recall(start: datetime, end: datetime) -> Sequence[vendor.Answered]:
        return Lazily(world.between(start, end), response)

    return vendor.Typeform(now=world.now, questions=[QUESTION], recall=recall, most=SIZE)


def response(each: Fact) -> vendor.Answered:
    at = each.at.replace(microsecond=0)
    number = int(each.value) if each.value.isdecimal() else each.value
    return vendor.Answered(
        token=vendor.token_of(at, each.number), submitted_at=at, answers={QUESTION.id: number}
    )


def delivery(now: datetime) -> Delivery:
    """Write the event of a response that was just completed."""
    event = {
        "event_id": "01EK4R5PFZZP6C8H14RTP4YW6C",
        "event_type": "form_response",
        "form_response": {"form_id": "lR6F4j", "submitted_at": f"{now:%Y-%m-%dT%H:%M:%SZ}"},
    }
    body, headers = vendor.signed(event, secret=WEBHOOK_SECRET)
    return Delivery(body=body, headers=headers, received_at=now)


def asked(score: str, **more: object) -> dict[str, object]:
    return {"form": "lR6F4j", "question": QUESTION.ref, "score": score, **more}


specimen = Specimen(
    connector=Typeform,
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
        "url": "https://typeform.example",
        **vendor.CLIENT,
        "refresh_token": vendor.REFRESH_TOKEN,
        "webhook_secret": WEBHOOK_SECRET,
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
    renews="/oauth/token",
    delivery=delivery,
)
