"""A table in SQLite, which stands for every database: the others have tests of their own."""

import sqlite3
from contextlib import closing

from connectors.sql import Sql
from journey_atlas_sdk import ConfigError, Grain
from journey_atlas_sdk.conformance import OSLO, Given, Golden, Known, Refused, Specimen, World
from tests.specimens.written import COLUMNS, rows

QUERY = f"""
    SELECT {", ".join(COLUMNS)} FROM facts
    WHERE period_start >= :start AND period_start < :end ORDER BY period_start
"""  # noqa: S608 -- the columns are the test's


def database(world: World) -> Given:
    """Write the facts into a new database."""
    file = world.folder / "facts.sqlite"
    file.unlink(missing_ok=True)
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(f"CREATE TABLE facts ({', '.join(COLUMNS)})")
        marks = ", ".join("?" for _ in COLUMNS)
        connection.executemany(f"INSERT INTO facts VALUES ({marks})", rows(world.facts, OSLO))  # noqa: S608 -- marks
    return {"url": f"sqlite:///{file}", "queries": {"trust": QUERY}}


specimen = Specimen(
    connector=Sql,
    golden=Golden(
        metric="trust",
        grain=Grain.DAY,
        known=(
            Known("2026-10-24", "66.4", sample_size=1180),
            Known("2026-10-25", "65", sample_size=12),
            Known("2026-10-26", "0.25", sample_size=4, numerator="1", denominator="4"),
        ),
    ),
    lay=database,
    dimensions={"channel": ("app", "branch")},
    wrong_host=Refused({"url": "sqlite:////nowhere/facts.sqlite"}, ConfigError),
)
