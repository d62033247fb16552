"""The kit that tests connectors: 44 checks of the contract, each a promise that a reader relies on.

An author writes a `Specimen` beside his connector: a fake of its source, good settings, and values
that are known by heart. `pytest --atlas-connector KEY` and `atlas connector test FILE` run it.

specimen (what an author brings), world and measures (what a fake tells, and what is true of it),
checks and catalogue (the promises), running, report and finding (how they are run and told),
pytest_plugin. Underneath: bench (worlds set up, connectors asked), wire and faults (what lies
between a connector and its fake), virtual_time, watching, copies, comparing, verdict.
"""

from journey_atlas_sdk.conformance.measures import (
    Measure,
    count,
    last,
    mean,
    median,
    net_promoter_score,
    share,
    total,
    unique,
)
from journey_atlas_sdk.conformance.specimen import (
    App,
    Given,
    Golden,
    Keeps,
    Known,
    Pages,
    Refused,
    Specimen,
)
from journey_atlas_sdk.conformance.world import OSLO, Fact, World, fact

__all__ = [
    "OSLO",
    "App",
    "Fact",
    "Given",
    "Golden",
    "Keeps",
    "Known",
    "Measure",
    "Pages",
    "Refused",
    "Specimen",
    "World",
    "count",
    "fact",
    "last",
    "mean",
    "median",
    "net_promoter_score",
    "share",
    "total",
    "unique",
]
