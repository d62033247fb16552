"""Visits of an app, at the fake of Cube."""

from datetime import datetime

from tests.vendors import cube
from tests.vendors.demo import DAYS, Demo, present, spread
from tests.vendors.visits import Event


def demo(now: datetime) -> Demo:
    """Twelve visits a day by ever more people."""
    events = [
        Event(at=spread(now, number, each=12), who=f"user-{number % (40 + number // 60)}")
        for number in range(DAYS * 12)
    ]
    visits = {"value": "Visits.count", "time": cube.TIME, "aggregation": "SUM"}
    people = {"value": "Visits.people", "time": cube.TIME, "aggregation": "UNIQUE"}
    return Demo(
        app=cube.Cube(now=present, events=events),
        settings={"token": cube.TOKEN, "reports": {"people": people, "visits": visits}},
    )
