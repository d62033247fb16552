"""Visitors of a site and what they buy, at the fake of Matomo."""

from datetime import datetime

from api.demo.vendors.analytics import Event
from tests.vendors import matomo
from tests.vendors.demo import DAYS, OSLO, Demo, present, spread


def demo(now: datetime) -> Demo:
    """Seven visits a day; ever more of them end with a purchase."""
    events = [
        Event(
            name=name,
            user=f"user-{number % 500}",
            at=spread(now, number, each=7),
            visit=str(number),
        )
        for number in range(DAYS * 7)
        for name in ("View", "Purchase")[: 1 + (number * 7 % 15 < 1 + number // 800)]
    ]
    return Demo(
        app=matomo.Matomo(now=present, zone=OSLO, events=events),
        settings={
            "token": matomo.TOKEN,
            "site": matomo.SITE,
            "time_zone": OSLO.key,
            "reports": {
                "buyers": {"conversion": 3},
                "visits": {"metric": "nb_visits"},
            },
        },
    )
