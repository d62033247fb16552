"""The root of every mutation."""

import strawberry

from api.fields import maybe
from api.mutations import connections, sources, trials
from api.mutations.declaring import Shown, mutation
from api.types.connector import ConnectorMetric
from api.types.pages import PageOf
from api.types.references import CONNECTION, METRIC_SOURCE
from api.types.trial import ConnectionCheck, MetricPreview

_CONNECTION = Shown(
    "connection",
    CONNECTION,
    "The connection as it is after it; null where there is none.",
)

_SOURCE = Shown(
    "source",
    METRIC_SOURCE,
    "The metric source as it is after it; null where there is none.",
)


@strawberry.type(description="The root of every mutation. Send them by POST.")
class Mutation:
    """What can be written."""

    create_connection = mutation(
        connections.create_connection,
        connections.CreateConnectionInput,
        "Make a connection: a connector with its settings. Nothing is asked of its source yet.",
        subject=_CONNECTION,
    )
    update_connection = mutation(
        connections.update_connection,
        connections.UpdateConnectionInput,
        "Change what is given of a connection.",
        subject=_CONNECTION,
    )
    archive_connection = mutation(
        connections.archive_connection,
        connections.ArchiveConnectionInput,
        "Put a connection away: it is hidden and its source isn't asked any more. What was read "
        "stays.",
        subject=_CONNECTION,
    )
    restore_connection = mutation(
        connections.restore_connection,
        connections.RestoreConnectionInput,
        "Bring an archived connection back.",
        subject=_CONNECTION,
    )
    test_connection = mutation(
        trials.test_connection,
        trials.TestConnectionInput,
        "Try a connection out with at most two requests to its source. Nothing is kept.",
        results=[
            Shown(
                "check",
                maybe(ConnectionCheck),
                "How it ended; null where it couldn't be tried.",
            )
        ],
    )
    discover_metrics = mutation(
        trials.discover_metrics,
        trials.DiscoverMetricsInput,
        "List the metrics that a connection's source offers, in order of key. The source is asked, "
        "so it is no query; further pages come from the same answer for five minutes.",
        results=[
            Shown(
                "metrics",
                maybe(PageOf[ConnectorMetric]),
                "The metrics, a page at a time; null where the source couldn't tell them.",
            )
        ],
    )
    preview_metric = mutation(
        trials.preview_metric,
        trials.PreviewMetricInput,
        "Look at what a source says of a metric: one pull, of which nothing is recorded.",
        results=[
            Shown(
                "preview",
                maybe(MetricPreview),
                "What it says; null where it couldn't be asked.",
            )
        ],
    )
    bind_metric = mutation(
        sources.bind_metric,
        sources.BindMetricInput,
        "Bind a metric to what a connection delivers. The source is asked what it delivers; where "
        "that can't be brought to the metric's unit exactly, the binding is refused.",
        subject=_SOURCE,
    )
    update_metric_source = mutation(
        sources.update_metric_source,
        sources.UpdateMetricSourceInput,
        "Change what is given of a metric source.",
        subject=_SOURCE,
    )
    unbind_metric = mutation(
        sources.unbind_metric,
        sources.UnbindMetricInput,
        "Put a metric source away: it isn't read any more. What was read stays.",
        subject=_SOURCE,
    )
    rebind_metric = mutation(
        sources.rebind_metric,
        sources.RebindMetricInput,
        "Bring a metric source back that was unbound.",
        subject=_SOURCE,
    )
