"""CSV files in a folder."""

from connectors.csv_file import CsvFiles
from journey_atlas_sdk import ConfigError, Grain
from journey_atlas_sdk.conformance import Given, Golden, Known, Refused, Specimen, World
from tests.specimens.written import table


def files(world: World) -> Given:
    """Write the facts into trust.csv."""
    (world.folder / "trust.csv").write_text(table(world.facts), encoding="utf-8")
    return {"folder": str(world.folder)}


specimen = Specimen(
    connector=CsvFiles,
    golden=Golden(
        metric="trust",
        grain=Grain.DAY,
        known=(
            Known("2026-10-24", "66.4", sample_size=1180),
            Known("2026-10-25", "0.123456789012345678901234567891", sample_size=0),
            Known("2026-10-26", "0.25", sample_size=4, numerator="1", denominator="4"),
        ),
    ),
    lay=files,
    dimensions={"channel": ("app", "branch")},
    wrong_host=Refused({"folder": "/nowhere"}, ConfigError),
)
