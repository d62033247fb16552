"""The source that misbehaves on purpose, at its best: it restates, and does nothing worse."""

from connectors.rehearsal import Rehearsal
from journey_atlas_sdk import Grain
from journey_atlas_sdk.conformance import OSLO, Given, Golden, Known, Specimen, World


def values(world: World) -> Given:
    """Put the facts into its settings."""
    days = {f"{each.at.astimezone(OSLO):%Y-%m-%d}": each.value or None for each in world.facts}
    return {"behaviour": "RESTATING", "values": {"trust": days}}


specimen = Specimen(
    connector=Rehearsal,
    golden=Golden(
        metric="trust",
        grain=Grain.DAY,
        known=(Known("2026-10-24", "64.0"), Known("2026-10-25", "65.1"), Known("2026-10-26", None)),
    ),
    lay=values,
)
