"""A table in a project at the strict fake of BigQuery."""

from connectors.bigquery import BigQuery
from journey_atlas_sdk import AccessDenied, AuthError, Grain
from journey_atlas_sdk.conformance import App, Golden, Known, Pages, Refused, Specimen, World
from tests.specimens.written import QUERY, lay_facts
from tests.vendors import bigquery as vendor
from tests.vendors import google

SIZE = 500


def service(world: World) -> App:
    """Tell the facts as rows of a table."""
    return vendor.BigQuery(
        now=world.now, page=SIZE, lay=lambda connection: lay_facts(connection, world.facts)
    )


specimen = Specimen(
    connector=BigQuery,
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
        "key": google.key_file(),
        "project": vendor.PROJECT,
        "location": "EU",
        "queries": {"trust": QUERY},
    },
    dimensions={"channel": ("app", "branch")},
    wrong_secret=Refused({"key": google.key_file(signed_as=google.NARROW)}, AuthError),
    narrow=Refused({"key": google.key_file(google.NARROW)}, AccessDenied),
    pages=Pages(size=SIZE, link="pageToken"),
    exports=True,
    renews="/token",
)
