"""A table in an account at the strict fake of Snowflake."""

from typing import Final

from connectors.snowflake import Snowflake
from journey_atlas_sdk import AccessDenied, Grain
from journey_atlas_sdk.conformance import App, Golden, Known, Pages, Refused, Specimen, World
from tests.specimens.written import QUERY, lay_facts
from tests.vendors import snowflake as vendor

SIZE: Final = 500


def service(world: World) -> App:
    """Tell the facts as rows of a table."""
    return vendor.Snowflake(
        partition=SIZE, lay=lambda connection: lay_facts(connection, world.facts)
    )


specimen = Specimen(
    connector=Snowflake,
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
        "url": "https://bank-atlas.snowflakecomputing.example",
        "token": vendor.TOKEN,
        "role": vendor.ROLE,
        "queries": {"trust": QUERY},
    },
    dimensions={"channel": ("app", "branch")},
    narrow=Refused({"role": "ATLAS_GUEST"}, AccessDenied),
    pages=Pages(size=SIZE),
    exports=True,
)
