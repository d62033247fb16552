"""Visits and scores by channel at a fake of InfluxDB that answers as the real server does."""

import math
from collections.abc import Iterator
from datetime import datetime

from connectors.influxdb import InfluxDb
from journey_atlas_sdk import AccessDenied, Grain
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
    share,
    total,
)
from tests.vendors import influxdb as vendor


def server(world: World) -> App:
    """Tell the facts as points."""

    def recall(start: datetime, end: datetime) -> Iterator[vendor.Point]:
        return map(point, world.between(start, end))

    return vendor.InfluxDb(recall=recall)


def point(each: Fact) -> vendor.Point:
    """Write a fact; what is no number is a text, as whoever writes points might have it."""
    try:
        number = float(each.value)
    except ValueError:
        number = math.nan
    score = number if math.isfinite(number) else each.value
    fields = {"score": score, "good": float(number > 5)}
    return vendor.Point(measurement="visits", at=each.at, fields=fields, tags=each.dimensions)


def asked(columns: str) -> dict[str, object]:
    query = f"SELECT {columns} FROM visits WHERE time >= $start AND time < $end"  # noqa: S608 -- a test's
    return {"query": query, "dimensions": ["channel"]}


specimen = Specimen(
    connector=InfluxDb,
    golden=Golden(
        metric="score",
        grain=Grain.DAY,
        known=(
            Known("2026-10-25", "0.375", sample_size=2),  # (0.25 + 0.5) / 2
            Known("2026-10-26", "5", sample_size=1),
            Known("2026-10-27", None),
        ),
        facts=(
            fact("2026-10-25T00:00", "0.25", number=1),
            fact("2026-10-25T23:59:59", "0.5", number=2),
            fact("2026-10-26T00:00", "5", number=3),
        ),
    ),
    source=server,
    settings={
        "url": "https://influxdb.example",
        "username": vendor.READER,
        "password": vendor.PASSWORD,
        "database": vendor.DATABASE,
        "queries": {
            "score": asked("mean(score) AS value, count(score) AS n"),
            "happy": asked("sum(good) AS numerator, count(good) AS denominator"),
            "points": asked("sum(score) AS value"),
        },
    },
    keeps=Keeps.EVENTS,
    measures={"score": mean, "happy": share(lambda number: number > 5), "points": total},
    dimensions={"channel": ("app", "branch")},
    narrow=Refused({"username": vendor.NARROW}, AccessDenied),
    refusal='{"results": [{"statement_id": 0, "error": "database not found: cx"}]}',
)
