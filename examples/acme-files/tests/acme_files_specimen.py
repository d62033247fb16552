"""What the conformance kit must know of Acme Files: a file to read, values known by heart."""

import json
from pathlib import Path

from journey_atlas_sdk import Grain
from journey_atlas_sdk.conformance import Golden, Known, Specimen, World

from acme_files import AcmeFiles


def lay(world: World) -> dict[str, str]:
    """Write the facts of a world as the source does; give the settings that lead there."""
    orders = {f"{each.at.astimezone(specimen.zone).date()}": each.value for each in world.facts}
    file = world.folder / "orders.json"
    file.write_text(json.dumps(orders))
    return {"file": str(file)}


specimen = Specimen(
    connector=AcmeFiles,
    lay=lay,
    golden=Golden(
        metric="orders",
        grain=Grain.DAY,
        known=(Known("2026-10-24", "41"), Known("2026-10-25", "0"), Known("2026-10-26", "38")),
    ),
    documentation=(Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8"),
)
