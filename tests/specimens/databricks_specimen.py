"""A table in a workspace at the strict fake of Databricks."""

from typing import Final

from connectors.databricks import Databricks
from journey_atlas_sdk import AccessDenied, Grain
from journey_atlas_sdk.conformance import App, Golden, Known, Pages, Refused, Specimen, World
from tests.specimens.written import QUERY, lay_facts
from tests.vendors import databricks as vendor

SIZE: Final = 500


def service(world: World) -> App:
    """Tell the facts as rows of a table."""
    return vendor.Databricks(chunk=SIZE, lay=lambda connection: lay_facts(connection, world.facts))


specimen = Specimen(
    connector=Databricks,
    golden=Golden(
        metric="trust",
        grain=Grain.DAY,
        known=(
            Known("2026-10-24", "66.4", sample_size=1180),
            Known("2026-10-25", "0.25", sample_size=4, numerator="1", denominator="4"),
            Known("2026-10-26", None),
        ),
    ),
    source=service,
    settings={
        "url": "https://bank.cloud.databricks.example",
        "token": vendor.TOKEN,
        "warehouse": vendor.WAREHOUSE,
        "queries": {"trust": QUERY},
    },
    dimensions={"channel": ("app", "branch")},
    narrow=Refused({"token": vendor.NARROW}, AccessDenied),
    pages=Pages(size=SIZE, link="result.next_chunk_index"),
    exports=True,
)
