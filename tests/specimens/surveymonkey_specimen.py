"""A survey with a question of eleven answers at the strict fake of SurveyMonkey."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from api.demo.vendors import surveymonkey as vendor
from connectors.surveymonkey import SurveyMonkey
from journey_atlas_sdk import AccessDenied, Delivery, Grain
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

ROW: Final = "4769965915"
CLIENT: Final = {"client_id": "app-7c1f", "client_secret": "app-secret-7c1f"}
QUESTION: Final = vendor.Question(
    id="725296472",
    page="182294525",
    rows=[ROW],
    choices=[vendor.Choice(id=str(47_000 + n), text=str(n), weight=n) for n in range(11)],
)


def service(world: World) -> App:
    """Tell the facts as completed responses."""

    def recall(start: datetime, end: datetime) -> Iterator[vendor.Answered]:
        return map(response, world.between(start, end + timedelta(seconds=1)))

    return vendor.SurveyMonkey(now=world.now, questions=[QUESTION], recall=recall)


def response(each: Fact) -> vendor.Answered:
    choice = str(47_000 + int(each.value))
    return vendor.Answered(created_at=each.at.replace(microsecond=0), choices={ROW: choice})


def delivery(now: datetime) -> Delivery:
    """Write the event of a response that was just completed."""
    event = {
        "event_type": "response_completed",
        "event_id": "880099",
        "event_datetime": now.isoformat(),
        "resources": {"survey_id": "314014029", "respondent_id": "1"},
    }
    body, headers = vendor.signed(event, **CLIENT)
    return Delivery(body=body, headers=headers, received_at=now)


def asked(score: str, **more: object) -> dict[str, object]:
    return {"survey": "314014029", "question": QUESTION.id, "score": score, **more}


specimen = Specimen(
    connector=SurveyMonkey,
    golden=Golden(
        metric="nps",
        grain=Grain.MONTH,
        known=(
            Known("2026-09-01", "40", sample_size=5, numerator="200", denominator="5"),
            Known("2026-10-01", None, sample_size=0),
        ),
        facts=(
            fact("2026-09-01T00:00:00", "10", number=1),
            fact("2026-09-03T10:00", "9", number=2),
            fact("2026-09-05T10:00", "8", number=3),
            fact("2026-09-08T10:00", "6", number=4),
            fact("2026-09-30T23:59:59", "10", number=5),
        ),
    ),
    source=service,
    settings={
        "url": "https://surveymonkey.example",
        "token": vendor.TOKEN,
        **CLIENT,
        "questions": {
            "nps": asked("NPS"),
            "satisfied": asked("CSAT", scale=[0, 10]),
            "mean": asked("CSAT_MEAN", scale=[0, 10], numbering="WEIGHT"),
        },
    },
    keeps=Keeps.EVENTS,
    measures={"nps": net_promoter_score, "satisfied": share(lambda n: n >= 9), "mean": mean},
    answers=("10", "3", "9", "7"),
    as_written=False,
    narrow=Refused({"token": vendor.NARROW}, AccessDenied),
    delivery=delivery,
)
