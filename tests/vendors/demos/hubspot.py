"""Answers to "How likely are you to recommend us?" and tickets, at the fake of HubSpot."""

from datetime import datetime, timedelta

from tests.vendors import hubspot
from tests.vendors.demo import DAYS, Demo, liking, present, spread


def demo(now: datetime) -> Demo:
    """Five answers and five tickets a day; the later, the better liked and the sooner solved."""
    moments = [spread(now, number, each=5) for number in range(DAYS * 5)]
    submissions = [
        hubspot.Record(
            number=number,
            times={"hs_submission_timestamp": at},
            others={"hs_survey_id": "7", "hs_value": str(liking(number))},
        )
        for number, at in enumerate(moments)
    ]
    tickets = [
        hubspot.Record(
            number=number,
            times={
                "createdate": at - timedelta(hours=40 - number // 60 + number * 7 % 9),
                "closed_date": at,
            },
        )
        for number, at in enumerate(moments)
    ]
    records = {"feedback_submissions": submissions, "tickets": tickets}
    solved = {"records": "tickets", "at": "closed_date"}
    return Demo(
        app=hubspot.HubSpot(now=present, records=records),
        settings={
            "token": hubspot.TOKEN,
            "reports": {
                "nps": {"survey": "7", "score": "NPS"},
                "solved": solved,
                "time-to-solve": {**solved, "measure": "MEDIAN"},
            },
        },
    )
