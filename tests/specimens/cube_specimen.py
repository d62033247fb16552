"""A cube of visits at the strict fake of Cube."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from connectors.cube import Cube
from journey_atlas_sdk import ConfigError, Grain
from journey_atlas_sdk.conformance import (
    App,
    Fact,
    Golden,
    Keeps,
    Known,
    Refused,
    Specimen,
    World,
    fact,
    mean,
    total,
    unique,
)
from tests.vendors import cube as vendor
from tests.vendors.visits import Event


def service(world: World) -> App:
    """Tell the facts as events."""

    def recall(start: datetime, end: datetime) -> Iterator[Event]:
        return map(event, world.between(start, end))

    return vendor.Cube(now=world.now, recall=recall)


def event(each: Fact) -> Event:
    channel = each.dimensions.get("channel")
    return Event(at=each.at, value=Decimal(each.value), who=each.who, channel=channel)


def asked(measure: str, **more: object) -> dict[str, object]:
    by = {"channel": vendor.CHANNEL}
    return {"value": f"Visits.{measure}", "time": vendor.TIME, "dimensions": by, **more}


specimen = Specimen(
    connector=Cube,
    golden=Golden(
        metric="total",
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
        "url": "https://cube.example",
        "token": vendor.TOKEN,
        "reports": {
            "total": asked("total", sample_size="Visits.count", aggregation="SUM"),
            "mean": asked("mean", sample_size="Visits.count", aggregation="WEIGHTED_MEAN"),
            "people": asked("people", aggregation="UNIQUE"),
        },
    },
    keeps=Keeps.EVENTS,
    measures={"total": total, "mean": mean, "people": unique},
    as_written=False,
    dimensions={"channel": ("app", "branch")},
    narrow=Refused({"token": vendor.NARROW}, ConfigError),
    refusal='{"error": "The query failed.", "stack": "at index.js"}',
    exports=True,
)
