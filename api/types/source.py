"""Where values come from: connections, and the sources of metrics."""

from datetime import datetime

import strawberry

from api.context import Reading
from api.fields import attribute, computed, described, many, maybe
from api.types.connector import Connector, ConnectorEntry, inventory
from api.types.enums import SOURCE_STATE
from api.types.freshness import SourceError, SourceFreshness, source_freshness
from api.types.links import named_in, naming
from api.types.node import Node
from api.types.references import CONNECTION, METRIC, METRIC_SOURCE
from api.types.scalars import JSON
from domain import source


def connector_of(record: source.Connection, reading: Reading) -> ConnectorEntry | None:
    """Give a connection's connector; None where it isn't installed or in quarantine."""
    return inventory(reading.services.registry).get(record.connector)


@strawberry.type(description="A connector with its settings.")
class Connection(Node):
    """The public face of `domain.source.Connection`. Settings may hold secrets: never shown."""

    key: str = described("The external key, unique in the organization over all kinds.")
    title: str = described("The title.")
    connector_key = computed(attribute("connector"), str, "The connector's key.")
    connector = computed(
        connector_of, maybe(Connector), "The connector; null where it isn't installed."
    )
    sources = computed(
        naming(source.MetricSource, "connection"),
        many(METRIC_SOURCE),
        "The metric sources that it feeds.",
    )


@strawberry.type(description="Which of a connection's metrics feeds one of the atlas's.")
class MetricSource(Node):
    """The public face of `domain.source.MetricSource`."""

    key: str = described("The external key, unique in the organization over all kinds.")
    title: str = described("The title.")
    metric = computed(named_in("metric"), METRIC, "The metric that it feeds.")
    connection = computed(named_in("connection"), CONNECTION, "Where it reads.")
    remote_metric: str = described("The connector's own name for the metric.")
    parameters: JSON = described("What the connector is told besides; its own shape.")
    breakdowns: list[list[str]] = described(
        "The sets of dimensions that it is read by; an empty one is the whole."
    )
    grain: str = described(
        "The length of its periods: HOUR, DAY, WEEK, MONTH, QUARTER, YEAR, TOTAL, INSTANT."
    )
    precedence: int = described(
        "Of several sources with a value the one with the lowest number answers."
    )
    state: str = described("How the last attempt to read it ended.", graphql_type=SOURCE_STATE)
    asked_at: datetime | None = described("When it last answered, in real time; null: never.")
    error: SourceError | None = described("Why it failed last; null unless it did.")
    freshness = computed(source_freshness, SourceFreshness, "How fresh what it said is.")
