"""Answers to "How satisfied are you?", asked when a ticket is solved, at the fake of Zendesk."""

from datetime import datetime, timedelta

from tests.vendors import zendesk
from tests.vendors.demo import DAYS, Demo, liking, present, spread


def demo(now: datetime) -> Demo:
    """Five answers a day, an hour after each was asked for, slowly getting better."""
    moments = [spread(now, number, each=5) for number in range(DAYS * 5)]
    responses = [
        zendesk.Answered(
            id=f"01J1WB51MG{number:08}",
            offered_at=at - timedelta(hours=1),
            given_at=at,
            rating=1 + liking(number) * 2 // 5,
        )
        for number, at in enumerate(moments)
    ]
    fake = zendesk.Zendesk(now=present, responses=responses)
    settings = {"email": zendesk.EMAIL, "token": zendesk.TOKEN}
    return Demo(app=fake, settings={**settings, "questions": {"csat": {"score": "CSAT"}}})
