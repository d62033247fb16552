"""Visitors of a site and who of them signs up, at the fake of Plausible."""

from datetime import datetime

from api.demo.vendors.analytics import Event
from tests.vendors import plausible
from tests.vendors.demo import DAYS, OSLO, Demo, present, spread


def demo(now: datetime) -> Demo:
    """Nine visits a day; ever more of them end with a sign-up."""
    events = [
        Event(
            name=name,
            user=f"user-{number % 500}",
            at=spread(now, number, each=9),
            visit=str(number),
        )
        for number in range(DAYS * 9)
        for name in (plausible.PAGE_VIEW, "Signup")[: 1 + (number * 7 % 15 < 1 + number // 800)]
    ]
    return Demo(
        app=plausible.Plausible(now=present, zone=OSLO, events=events),
        settings={
            "token": plausible.KEY,
            "site": plausible.SITE,
            "time_zone": OSLO.key,
            "reports": {
                "sign-ups": {"conversion": "Signup"},
                "visits": {"metric": "visits"},
            },
        },
    )
