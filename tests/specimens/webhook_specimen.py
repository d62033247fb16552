"""A system that posts its rows, signed; there is nothing to pull from it."""

from datetime import datetime

from connectors.webhook import Webhook
from journey_atlas_sdk import Delivery, Grain
from journey_atlas_sdk.conformance import Given, Golden, Known, Specimen, World
from tests.vendors.webhook import SECRET, signed


def delivery(now: datetime) -> Delivery:
    """Post a row of October."""
    row = {
        "metric": "trust",
        "period_start": "2026-10-01T00:00:00+02:00",
        "period_end": "2026-11-01T00:00:00+01:00",
        "value": 66.4,
    }
    body, headers = signed({"rows": [row]}, at=now)
    return Delivery(body=body, headers=headers, received_at=now)


def nothing(world: World) -> Given:
    """Lay nothing down: the system comes by itself."""
    del world
    return {}


specimen = Specimen(
    connector=Webhook,
    golden=Golden(metric="trust", grain=Grain.MONTH, known=(Known("2026-10-01", None),)),
    lay=nothing,
    settings={"secret": SECRET, "units": {"trust": {"kind": "SCORE"}}},
    pulls=False,
    delivery=delivery,
)
