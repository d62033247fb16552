"""Facts written as rows that hold observations, for sources that are tables."""

import sqlite3
from collections.abc import Iterable
from zoneinfo import ZoneInfo

from journey_atlas_sdk.conformance import Fact

COLUMNS = ("period_start", "value", "n", "numerator", "denominator", "channel")
QUERY = f"""
    SELECT {", ".join(COLUMNS)} FROM facts WHERE period_start >= :start AND period_start < :end
"""  # noqa: S608 -- the columns are the test's
"""For a service that runs SQL: what it holds of the window."""


def rows(facts: Iterable[Fact], zone: ZoneInfo | None = None) -> list[tuple[str | int | None, ...]]:
    """Give a row for each fact; times are of `zone` and don't say so, else they have an offset."""
    return [
        (
            start(each, zone),
            *(each.value or None, each.sample_size, each.numerator, each.denominator),
            each.dimensions.get("channel"),
        )
        for each in facts
    ]


def start(each: Fact, zone: ZoneInfo | None) -> str:
    if zone is None:
        return each.at.isoformat()
    return each.at.astimezone(zone).replace(tzinfo=None).isoformat(sep=" ")


def table(facts: Iterable[Fact]) -> str:
    """Write a CSV file."""
    lines = [
        ",".join("" if cell is None else _quoted(str(cell)) for cell in row) for row in rows(facts)
    ]
    return "\n".join([",".join(COLUMNS), *lines, ""])


def _quoted(cell: str) -> str:
    return f'"{cell}"' if "," in cell else cell


def lay_facts(connection: sqlite3.Connection, facts: Iterable[Fact]) -> None:
    """Write facts into a table `facts`; times are in UTC and say so."""
    connection.execute(f"CREATE TABLE facts ({', '.join(COLUMNS)})")
    marks = ", ".join("?" for _ in COLUMNS)
    connection.executemany(f"INSERT INTO facts VALUES ({marks})", rows(facts))  # noqa: S608 -- marks
