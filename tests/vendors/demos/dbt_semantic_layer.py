"""Visits of an app, at the fake of dbt's Semantic Layer."""

from datetime import datetime

from tests.vendors import dbt_semantic_layer as dbt
from tests.vendors.demo import DAYS, OSLO, Demo, spread
from tests.vendors.visits import Event


def demo(now: datetime) -> Demo:
    """Twelve visits a day by ever more people."""
    events = [
        Event(at=spread(now, number, each=12), who=f"user-{number % (40 + number // 60)}")
        for number in range(DAYS * 12)
    ]
    visitors = {"value": "visitors", "aggregation": "UNIQUE"}
    return Demo(
        app=dbt.DbtSemanticLayer(zone=OSLO, events=events),
        settings={
            "token": dbt.TOKEN,
            "environment": dbt.ENVIRONMENT,
            "time_zone": OSLO.key,
            "reports": {"visitors": visitors, "visits": {"value": "visits"}},
        },
    )
