"""Answers to "How likely are you to recommend us?" at the fake of Medallia."""

from datetime import datetime

from tests.vendors import medallia
from tests.vendors.demo import DAYS, Demo, liking, present, spread


def demo(now: datetime) -> Demo:
    """Five answers a day to "How likely are you to recommend us?", slowly getting better."""
    records = [
        medallia.Record(
            number=number + 1,
            finished_at=spread(now, number, each=5),
            fields={"q_recommend": [str(liking(number))]},
        )
        for number in range(DAYS * 5)
    ]
    fake = medallia.Medallia(now=present, records=records)
    questions = {"nps": {"field": "q_recommend", "score": "NPS"}}
    settings = {"token_url": medallia.TOKEN_PATH, **medallia.CLIENT, "questions": questions}
    return Demo(app=fake, settings=settings)
