"""All tables: facts, which hold numbers, and dimensions, by which these are grouped."""

from typing import Any

from api.tables.dimensions import CYCLES, GOALS, INSIGHTS, JOURNEYS, METRICS, TEAMS
from api.tables.links import EDGES, LINEAGE
from api.tables.observations import OBSERVATIONS
from api.tables.okr import KEY_RESULTS, OBJECTIVES
from api.tables.series import SERIES
from api.tables.snapshots import SNAPSHOTS
from api.tables.table import Table
from api.tables.work import OPPORTUNITIES, SOLUTIONS

Tables = tuple[Table[Any], ...]  # Any: each table has records of its own

FACTS: Tables = (
    KEY_RESULTS,
    SNAPSHOTS,
    OBJECTIVES,
    SERIES,
    OBSERVATIONS,
    OPPORTUNITIES,
    SOLUTIONS,
)
DIMENSIONS: Tables = (GOALS, JOURNEYS, INSIGHTS, METRICS, TEAMS, CYCLES, EDGES, LINEAGE)

TABLES = {table.name: table for table in (*FACTS, *DIMENSIONS)}
"""Every table by its root field."""
