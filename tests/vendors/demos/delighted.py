"""Answers to "How likely are you to recommend us?" at the fake of Delighted."""

from datetime import datetime

from tests.vendors import delighted
from tests.vendors.demo import DAYS, Demo, liking, present, spread


def demo(now: datetime) -> Demo:
    """Five answers a day to "How likely are you to recommend us?", slowly getting better."""
    responses = [
        delighted.Answered(
            id=f"{number:08}", created_at=spread(now, number, each=5), score=liking(number)
        )
        for number in range(DAYS * 5)
    ]
    fake = delighted.Delighted(now=present, responses=responses)
    questions = {"nps": {"score": "NPS"}}
    return Demo(app=fake, settings={"api_key": delighted.KEY, "questions": questions})
