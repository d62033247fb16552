"""Answers to "How likely are you to recommend us?" at the fake of Qualtrics."""

from datetime import datetime

from tests.vendors import qualtrics
from tests.vendors.demo import DAYS, Demo, liking, spread


def demo(now: datetime) -> Demo:
    """Five answers a day to "How likely are you to recommend us?", slowly getting better."""
    responses = [
        qualtrics.Answered(
            recorded_at=spread(now, number, each=5), answers={"QID1": str(liking(number))}
        )
        for number in range(DAYS * 5)
    ]
    fake = qualtrics.Qualtrics(responses=responses)
    nps = {"survey": fake.survey, "question": "QID1", "score": "NPS"}
    return Demo(app=fake, settings={"token": qualtrics.TOKEN, "questions": {"nps": nps}})
