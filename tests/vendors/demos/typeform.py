"""Answers to "How likely are you to recommend us?" at the fake of Typeform."""

from datetime import datetime

from tests.vendors import typeform
from tests.vendors.demo import DAYS, Demo, liking, present, spread


def demo(now: datetime) -> Demo:
    """Five answers a day to "How likely are you to recommend us?", slowly getting better."""
    question = typeform.Question(id="hVONkQcnSNRj", ref="recommend")
    moments = [spread(now, number, each=5) for number in range(DAYS * 5)]
    responses = [
        typeform.Answered(
            token=typeform.token_of(at, number),
            submitted_at=at,
            answers={question.id: liking(number)},
        )
        for number, at in enumerate(moments)
    ]
    fake = typeform.Typeform(now=present, questions=[question], responses=responses)
    nps = {"form": fake.form, "question": question.ref, "score": "NPS"}
    return Demo(app=fake, settings={"token": typeform.TOKEN, "questions": {"nps": nps}})
