"""What fields cost by themselves, and how long lists are: the one place where either is said.

A field costs 1 unless it stands here, so that no field is free by omission. A price of 1 is what
it takes to answer a plain field, some ten microseconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from domain.coverage import CoverageAspect
from domain.node import Kind


@dataclass(frozen=True, slots=True)
class Bill:
    """What an operation costs, rounded up, the path of its dearest field, how to make it cheap."""

    cost: int
    dearest: str
    advice: str = ""


PLAIN = 1

CELL = 0.5
"""A cell of a flat row: most are read from a record, and none leads to another record's fields."""

UNKNOWN_LENGTH = 50
"""How many items a list counts for where nobody knows better."""

STATEMENT = 20
"""What the database answers, beside other such questions of the same operation."""

OUTSIDE_CALL = 1_000
"""What somebody else's system is asked for, and this operation may wait for."""

WRITE = 100
"""What a mutation takes besides its payload: a transaction, and the atlas read anew."""

WALK = 50
"""A walk over everything that hangs together with a node, beside the nodes that it may visit."""

NODES_VISITED = 50
"""How many nodes a walk visits for a price of 1."""

INTROSPECTION = 500
"""A description of the schema, whole: its depth and its aliases are bounded elsewhere."""

FIELDS: Mapping[tuple[str, str], int] = MappingProxyType(
    {
        ("Query", "__schema"): INTROSPECTION,
        ("Query", "__type"): INTROSPECTION,
        ("Atlas", "search"): WALK,
        ("Atlas", "graph"): WALK,
        ("Atlas", "coverage"): WALK,
        ("Metric", "marks"): WALK,
        ("Metric", "series"): STATEMENT,
        ("Query", "keyResultSnapshotRows"): STATEMENT,
        ("Query", "metricSeriesRows"): STATEMENT,
        ("Query", "observationRows"): STATEMENT,
        ("Connection", "syncRuns"): STATEMENT,
        ("MetricSource", "syncRuns"): STATEMENT,
        ("SyncRunConnection", "totalCount"): STATEMENT,
        ("Query", "connectors"): STATEMENT,
        ("Query", "syncJob"): STATEMENT,
        ("Query", "syncRun"): STATEMENT,
        ("SyncRun", "job"): STATEMENT,
        ("Subscription", "syncRunProgressed"): STATEMENT,
        ("Goal", "impact"): WALK,
        ("Solution", "goldenThread"): WALK,
        ("Team", "progress"): WALK,
        **{(anchor, "progress"): WALK for anchor in ("Goal", "Journey")},
        **{
            ("Mutation", name): WRITE
            for name in (
                "createConnection",
                "updateConnection",
                "archiveConnection",
                "restoreConnection",
                "unbindMetric",
                "rebindMetric",
                "cancelBackfill",
                "recordObservations",
                "setConnectorEnabled",
                "startBackfill",
                "syncNow",
            )
        },
        **{
            ("Mutation", name): OUTSIDE_CALL
            for name in (
                "testConnection",
                "discoverMetrics",
                "previewMetric",
                "bindMetric",
                "updateMetricSource",
            )
        },
    }
)
"""Fields that cost more than 1 (type, field)."""

WALKS = frozenset(field for field, price in FIELDS.items() if price == WALK)
"""Fields that may visit every node of the atlas, and cost the more the larger it is."""

_ON_A_DAY = (
    "atlas",
    "keyResultRows",
    "objectiveRows",
    "opportunityRows",
    "solutionRows",
    "metricRows",
)

ARGUMENTS: Mapping[tuple[str, str, str], int] = MappingProxyType(
    {
        ("Query", "atlas", "read"): OUTSIDE_CALL,
        **{
            ("Query", root, argument): STATEMENT
            for root in _ON_A_DAY
            for argument in ("asOf", "knownAt")
        },
        **{
            ("Metric", "value", argument): STATEMENT
            for argument in ("asOf", "dimensions", "window", "cycle")
        },
    }
)
"""Arguments that cost something (type, field, argument) beside what their field costs."""

CHEAP_ARGUMENTS = frozenset(
    {"first", "after", "last", "before", "kind", "level", "cycle", "dimension", "includeArchived"}
)
"""Arguments of a long list that look at no more than an attribute; any other one (a filter, an
order, a search) is paid for: 1 for each node that the list could hold and each value it names."""

LENGTHS: Mapping[tuple[str, str], int] = MappingProxyType(
    {
        ("AtlasNode", "contributors"): 3,
        ("Explain", "inputs"): 5,
        ("Explain", "weights"): 5,
        ("Explain", "excluded"): 5,
        ("ExpectedCurve", "points"): 5,
        ("GoldenThread", "paths"): 20,
        ("GoldenPath", "nodes"): 6,
        ("Health", "measures"): 5,
        ("Insight", "evidence"): 5,
        ("Journey", "successMeasures"): 5,
        ("KeyResult", "dimensions"): 3,
        ("KeyResult", "milestones"): 5,
        ("Coverage", "totals"): len(CoverageAspect),
        ("CoverageRow", "cells"): len(CoverageAspect),
        ("Metric", "marks"): 10,
        ("Metric", "measures"): 5,
        ("Metric", "seriesBreaks"): 3,
        ("MetricValue", "dimensions"): 3,
        ("MetricValue", "sources"): 3,
        ("MetricPreview", "observations"): 100,
        ("Payload", "userErrors"): 2,
        ("StartBackfillPayload", "jobs"): 5,
        ("SyncNowPayload", "jobs"): 5,
        ("PreviewedObservation", "dimensions"): 3,
        ("Connection", "secrets"): 3,
        ("Objective", "owners"): 3,
        ("Organization", "statusParameters"): 3,
        ("StatusPolicy", "parameters"): 3,
    }
)
"""Usual lengths of lists whose items the Atlas doesn't count: (type or interface, field)."""

ROWS = frozenset(
    {
        "CycleRow",
        "EdgeRow",
        "GoalRow",
        "InsightRow",
        "JourneyRow",
        "KeyResultRow",
        "KeyResultSnapshotRow",
        "LineageRow",
        "MetricRow",
        "MetricSeriesRow",
        "ObjectiveRow",
        "ObservationRow",
        "OpportunityRow",
        "SolutionRow",
        "TeamRow",
    }
)
"""The types of flat rows: their fields are cells."""

PAGE_ADVICE = (
    "Ask for a part with `limit` and go on with `after`, the `cursor` of the last row; or have the "
    "table streamed: `Accept: text/csv`, application/jsonl, Arrow or Parquet."
)
"""What to do where a table has more rows than an answer in JSON may hold."""

OFFSET_COUNTED = 1_000_000
"""Beyond so many rows that are left out there is nothing to be walked over."""


def skipping(given: Mapping[str, object]) -> float:
    """Price the rows that an offset leaves out: they are walked over."""
    offset = given.get("offset")
    return min(max(offset, 0), OFFSET_COUNTED) / NODES_VISITED if isinstance(offset, int) else 0


STANDS_FOR: Mapping[str, Kind] = MappingProxyType(
    {"OwnedObjective": Kind.OBJECTIVE, "Contribution": Kind.OBJECTIVE}
)
"""Types that are a link: their lists are as long as those of the node at its other end."""

HELD: Mapping[tuple[str, str], float] = MappingProxyType(
    {("Graph", "nodes"): 1, ("Graph", "edges"): 3, ("Coverage", "rows"): 1}
)
"""Lists of what is told whole: their items for each node that it counts (see `counted`)."""
