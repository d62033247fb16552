"""Answers to "How likely are you to recommend us?" at the fake of SurveyMonkey."""

from datetime import datetime

from api.demo.vendors import surveymonkey
from tests.vendors.demo import DAYS, Demo, liking, present, spread


def demo(now: datetime) -> Demo:
    """Five answers a day to "How likely are you to recommend us?", slowly getting better."""
    question = surveymonkey.Question(
        id="725296472",
        page="182294525",
        rows=["4769965915"],
        choices=[surveymonkey.Choice(id=str(47_000 + n), text=str(n), weight=n) for n in range(11)],
    )
    responses = [
        surveymonkey.Answered(
            created_at=spread(now, number, each=5),
            choices={"4769965915": str(47_000 + liking(number))},
        )
        for number in range(DAYS * 5)
    ]
    fake = surveymonkey.SurveyMonkey(now=present, questions=[question], responses=responses)
    nps = {"survey": fake.survey, "question": question.id, "score": "NPS"}
    return Demo(app=fake, settings={"token": surveymonkey.TOKEN, "questions": {"nps": nps}})
