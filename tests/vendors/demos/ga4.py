"""Visitors of a site and what they buy, at the fake of Google Analytics 4."""

from datetime import datetime

from api.demo.vendors.analytics import Event
from tests.vendors import ga4, google
from tests.vendors.demo import DAYS, OSLO, Demo, present, spread


def demo(now: datetime) -> Demo:
    """Ten visits a day; ever more of them end with a purchase."""
    events = [
        Event(
            name=name,
            user=f"user-{number % 90}",
            at=spread(now, number, each=10),
            visit=str(number),
        )
        for number in range(DAYS * 10)
        for name in (ga4.PAGE_VIEW, "purchase")[: 1 + (number * 7 % 10 < 2 + number // 1_200)]
    ]
    return Demo(
        app=ga4.Ga4(now=present, zone=OSLO, events=events),
        settings={
            "key": google.key_file(token_uri="{url}/token"),  # noqa: S106 -- an address
            "property": ga4.PROPERTY,
            "time_zone": OSLO.key,
            "reports": {
                "buyers": {"conversion": "purchase"},
                "sessions": {"metric": "sessions"},
                "users": {"metric": "activeUsers"},
            },
        },
    )
