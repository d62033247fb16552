"""The root of every mutation."""

import strawberry

from api.fields import many, maybe
from api.mutations import connections, operating, sources, trials
from api.mutations.declaring import Shown, mutation
from api.types.connector import Connector, ConnectorMetric
from api.types.pages import PageOf
from api.types.recorded_rows import RecordedRows
from api.types.references import CONNECTION, METRIC_SOURCE
from api.types.sync_job import SyncJob
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

_JOBS = Shown(
    "jobs",
    maybe(many(SyncJob)),
    "The jobs, in the order of the sources' keys; null where it was refused.",
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
    sync_now = mutation(
        operating.sync_now,
        operating.SyncNowInput,
        "Have sources read as soon as possible: a job for each, of which there is one at a time. "
        "What it comes to, `syncRuns` and `syncRunProgressed` tell.",
        results=[_JOBS],
    )
    start_backfill = mutation(
        operating.start_backfill,
        operating.StartBackfillInput,
        "Have the past of sources read, newest first: a job for each, which goes on where it "
        "stopped, whatever happens. A source that is being filled in already has the job it has.",
        results=[_JOBS],
    )
    cancel_backfill = mutation(
        operating.cancel_backfill,
        operating.CancelBackfillInput,
        "End a backfill. What it recorded stays.",
        results=[
            Shown("job", maybe(SyncJob), "The job as it stands; null where there is none."),
        ],
    )
    record_observations = mutation(
        operating.record_observations,
        operating.RecordObservationsInput,
        "Take observations of a system of your own in: all rows, or none.",
        subject=_SOURCE,
        results=[
            Shown("recorded", maybe(RecordedRows), "What it came to; null where it was refused."),
        ],
    )
    set_connector_enabled = mutation(
        operating.set_connector_enabled,
        operating.SetConnectorEnabledInput,
        "Switch a connector off, so that nothing is asked through it, or on again.",
        results=[
            Shown("connector", maybe(Connector), "The connector; null where there is none."),
        ],
    )
