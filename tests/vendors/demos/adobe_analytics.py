"""Visitors of a site and what they order, at the fake of Adobe Analytics."""

from datetime import datetime

from api.demo.vendors.analytics import Event
from tests.vendors import adobe_analytics
from tests.vendors.demo import DAYS, OSLO, Demo, present, spread


def demo(now: datetime) -> Demo:
    """Seven visits a day; ever more of them end with an order."""
    events = [
        Event(
            name=name,
            user=f"user-{number % 500}",
            at=spread(now, number, each=7),
            visit=str(number),
        )
        for number in range(DAYS * 7)
        for name in ("View", "Order")[: 1 + (number * 7 % 15 < 1 + number // 800)]
    ]
    return Demo(
        app=adobe_analytics.AdobeAnalytics(now=present, zone=OSLO, events=events),
        settings={
            "token_url": f"{{url}}{adobe_analytics.TOKEN_PATH}",
            "client_id": adobe_analytics.CLIENT_ID,
            "client_secret": adobe_analytics.CLIENT_SECRET,
            "company": adobe_analytics.COMPANY,
            "suite": adobe_analytics.SUITE,
            "time_zone": OSLO.key,
            "reports": {
                "orders": {"part": "metrics/orders", "whole": "metrics/visits"},
                "visits": {"metric": "metrics/visits"},
            },
        },
    )
