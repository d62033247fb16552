"""Metrics of visits at the strict fake of dbt's Semantic Layer."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from connectors.dbt_semantic_layer import DbtSemanticLayer
from journey_atlas_sdk import AccessDenied, Grain
from journey_atlas_sdk.conformance import (
    OSLO,
    App,
    Fact,
    Golden,
    Keeps,
    Known,
    Refused,
    Specimen,
    World,
    fact,
    total,
    unique,
)
from tests.vendors import dbt_semantic_layer as vendor
from tests.vendors.visits import Event


def service(world: World) -> App:
    """Tell the facts as events."""

    def recall(start: datetime, end: datetime) -> Iterator[Event]:
        return map(event, world.between(start, end))

    return vendor.DbtSemanticLayer(zone=OSLO, recall=recall)


def event(each: Fact) -> Event:
    channel = each.dimensions.get("channel")
    return Event(at=each.at, value=Decimal(each.value), who=each.who, channel=channel)


specimen = Specimen(
    connector=DbtSemanticLayer,
    golden=Golden(
        metric="spent",
        grain=Grain.DAY,
        known=(
            Known("2026-10-24", None),
            Known("2026-10-25", "21", sample_size=4),
            Known("2026-10-26", "5", sample_size=1),
        ),
        facts=(
            fact("2026-10-25T00:00", "4", number=1),
            fact("2026-10-25T02:30+02:00", "7", number=2),
            fact("2026-10-25T02:30+01:00", "2", number=3),
            fact("2026-10-25T23:59:59", "8", number=4),
            fact("2026-10-26T00:00", "5", number=5),
        ),
    ),
    source=service,
    settings={
        "token": vendor.TOKEN,
        "environment": vendor.ENVIRONMENT,
        "time_zone": OSLO.key,
        "reports": {
            "spent": {
                "value": "spent",
                "sample_size": "visits",
                "dimensions": {"channel": vendor.CHANNEL},
                "aggregation": "SUM",
            },
            "visitors": {
                "value": "visitors",
                "dimensions": {"channel": vendor.CHANNEL},
                "aggregation": "UNIQUE",
            },
        },
    },
    keeps=Keeps.EVENTS,
    measures={"spent": total, "visitors": unique},
    as_written=False,
    dimensions={"channel": ("app", "branch")},
    narrow=Refused({"token": vendor.NARROW}, AccessDenied),
    refusal='{"data": null, "errors": [{"message": "Something went wrong."}]}',
    exports=True,
)
