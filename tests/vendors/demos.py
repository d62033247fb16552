"""Each vendor's fake with something in it, for a demo, and the settings that lead there.

The history reaches a year back from the moment at which the demo begins, the same on each day.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from starlette.types import ASGIApp

from tests.vendors import mixpanel, qualtrics, surveymonkey

OSLO: Final = ZoneInfo("Europe/Oslo")
DAYS: Final = 365


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """A fake, and a connection's settings but for `url` and `allow_private`."""

    app: ASGIApp
    settings: Mapping[str, Any]  # Any: JSON


def of_surveymonkey(now: datetime) -> Demo:
    """Five answers a day to "How likely are you to recommend us?", slowly getting better."""
    question = surveymonkey.Question(
        id="725296472",
        page="182294525",
        rows=["4769965915"],
        choices=[surveymonkey.Choice(id=str(47_000 + n), text=str(n), weight=n) for n in range(11)],
    )
    responses = [
        surveymonkey.Answered(
            created_at=_moment(now, number, each=5),
            choices={"4769965915": str(47_000 + _liking(number))},
        )
        for number in range(DAYS * 5)
    ]
    fake = surveymonkey.SurveyMonkey(now=_now, questions=[question], responses=responses)
    nps = {"survey": fake.survey, "question": question.id, "score": "NPS"}
    return Demo(app=fake, settings={"token": surveymonkey.TOKEN, "questions": {"nps": nps}})


def of_mixpanel(now: datetime) -> Demo:
    """Twelve users a day who open the app; ever more of them open an account."""
    steps = ["App Open", "Account Opened"]
    events = [
        mixpanel.Event(
            name=step,
            user=f"user-{number}",
            at=_moment(now, number, each=12) + timedelta(minutes=9 * place),
        )
        for number in range(DAYS * 12)
        for place, step in enumerate(steps[: 1 + (number * 7 % 12 < 4 + number // 1_200)])
    ]
    funnels = {"7509": mixpanel.Funnel(steps=steps)}
    fake = mixpanel.Mixpanel(now=_now, zone=OSLO, events=events, funnels=funnels)
    return Demo(
        app=fake,
        settings={
            "username": mixpanel.USERNAME,
            "secret": mixpanel.SECRET,
            "project": mixpanel.PROJECT,
            "time_zone": OSLO.key,
            "reports": {
                "signup": {"funnel": 7509, "conversion_days": 7},
                "openings": {"event": "App Open"},
            },
        },
    )


def of_qualtrics(now: datetime) -> Demo:
    """Five answers a day to "How likely are you to recommend us?", slowly getting better."""
    responses = [
        qualtrics.Answered(
            recorded_at=_moment(now, number, each=5), answers={"QID1": str(_liking(number))}
        )
        for number in range(DAYS * 5)
    ]
    fake = qualtrics.Qualtrics(responses=responses)
    nps = {"survey": fake.survey, "question": "QID1", "score": "NPS"}
    return Demo(app=fake, settings={"token": qualtrics.TOKEN, "questions": {"nps": nps}})


DEMOS: Final[Mapping[str, Callable[[datetime], Demo]]] = {
    "mixpanel": of_mixpanel,
    "qualtrics": of_qualtrics,
    "surveymonkey": of_surveymonkey,
}
"""By the connector's key."""


def _now() -> datetime:
    return datetime.now(UTC)


def _moment(now: datetime, number: int, *, each: int) -> datetime:
    """Spread so many things over each day, up to now."""
    start = now.replace(microsecond=0) - timedelta(days=DAYS)
    return start + number * timedelta(days=1) / each


def _liking(number: int) -> int:
    """Answer from 0 to 10; the later, the better."""
    return min(10, (number * 7 % 11) // 2 + 3 + number // 500)
