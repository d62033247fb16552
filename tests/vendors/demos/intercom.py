"""Rated conversations at the fake of Intercom."""

from datetime import datetime

from tests.vendors import intercom
from tests.vendors.demo import DAYS, Demo, liking, present, spread


def demo(now: datetime) -> Demo:
    """Five ratings a day, slowly getting better."""
    conversations = [
        intercom.Rated(
            id=f"{number:08}",
            requested_at=spread(now, number, each=5),
            rating=1 + liking(number) * 2 // 5,
        )
        for number in range(DAYS * 5)
    ]
    fake = intercom.Intercom(now=present, conversations=conversations)
    questions = {"csat": {"score": "CSAT"}}
    return Demo(app=fake, settings={"token": intercom.TOKEN, "questions": questions})
