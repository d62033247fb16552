"""Try a connection out: whether it works, what it offers, what it says of a metric."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

import strawberry
from strawberry import ID, UNSET

from api.mutations.acting import Acting
from api.mutations.connections import SecretInput, secrets_of
from api.mutations.given import given_fields, node_in_use, node_of, object_of, optional
from api.relay import BY_KEY, Asked, paged
from api.types.connector import MetricEntry
from api.types.scalars import JSON
from api.types.trial import Checked
from domain.actions.connecting import ConnectionDraft, changed_connection, new_connection
from domain.actions.editing import Target
from domain.actions.record_rules import GRAINS
from domain.atlas import Atlas
from domain.errors import InvalidRecord
from domain.metric import Metric
from domain.node import NodeId
from domain.secret import SecretValue
from domain.source import Connection, MetricSource
from domain.view import end_of, start_of
from ingest.failing import told
from ingest.trying import Question
from journey_atlas_sdk import ConnectorError

OBSERVATIONS_AT_MOST = 100

LOOKED_BACK: Mapping[str, timedelta] = {
    "HOUR": timedelta(days=2),
    "DAY": timedelta(days=30),
    "WEEK": timedelta(weeks=26),
    "MONTH": timedelta(days=366),
    "QUARTER": timedelta(days=3 * 366),
    "YEAR": timedelta(days=5 * 366),
}
"""How far back a preview looks where nothing is said; a year for the other grains."""


@strawberry.input(
    description="A connection to try out: a stored one (`id`), as it is or with other settings, or "
    "one that isn't there yet (`connector`)."
)
class TestConnectionInput:
    """What `testConnection` takes."""

    __test__ = False  # no test of pytest's

    id: ID | None = strawberry.field(
        default=UNSET, description="A stored connection; leave it out for a new one."
    )
    connector: str | None = strawberry.field(
        default=UNSET, description="The connector of a new one; leave it out for a stored one."
    )
    settings: JSON | None = strawberry.field(
        default=UNSET, description="Settings to try; where nothing is said, the stored ones."
    )
    secrets: list[SecretInput] = strawberry.field(
        default_factory=list[SecretInput],
        description="Secrets to try; others are the stored ones. Nothing is kept of them.",
    )


@strawberry.input(description="Whose metrics to list.")
class DiscoverMetricsInput:
    """What `discoverMetrics` takes."""

    connection: ID = strawberry.field(description="The connection's id.")
    text: str | None = strawberry.field(
        default=UNSET, description="Only metrics whose key or title holds this text."
    )
    first: int | None = strawberry.field(
        default=UNSET, description="How many, 0 to 200; 50 where nothing is said."
    )
    after: str | None = strawberry.field(
        default=UNSET, description="A cursor of this list: begin with the one that follows it."
    )


@strawberry.input(description="What to look at, as it could be bound.")
class PreviewMetricInput:
    """What `previewMetric` takes."""

    connection: ID = strawberry.field(description="The connection's id.")
    remote_metric: str = strawberry.field(description="The source's name for the metric.")
    grain: str = strawberry.field(
        description="The length of its periods: HOUR, DAY, WEEK, MONTH, QUARTER, YEAR, TOTAL or "
        "INSTANT."
    )
    parameters: JSON | None = strawberry.field(
        default=UNSET, description="What the source is told besides: an object."
    )
    breakdown: list[str] = strawberry.field(
        default_factory=list[str], description="Dimensions to break it down by; none: the whole."
    )
    metric: ID | None = strawberry.field(
        default=UNSET,
        description="A metric of the atlas: the values come in its unit, and are refused where "
        "they don't fit it. Where nothing is said, they come as the source tells them.",
    )
    from_: date | None = strawberry.field(
        default=UNSET,
        name="from",
        description="The first day; where nothing is said, some way back.",
    )
    to: date | None = strawberry.field(
        default=UNSET, description="The last day; where nothing is said, today."
    )


async def test_connection(given: TestConnectionInput, acting: Acting) -> None:
    """Have a connection tried out; that it doesn't work is a result like any other."""
    draft = ConnectionDraft(
        fields={
            "title": "A connection to try",
            "connector": optional(given.connector),
            **_settings(given),
        },
        secrets=secrets_of(given.secrets),
    )
    connection = _to_try(given, draft, acting)
    known = {
        name: each.text for name, each in draft.secrets.items() if isinstance(each, SecretValue)
    }
    clock, trials = acting.context.services.monotonic, acting.writing.trials
    started, error = clock(), None
    try:
        await trials.check(
            acting.atlas, connection, known=known, seconds=acting.context.seconds_to_wait()
        )
    except ConnectorError as failure:
        error = told(failure, at=acting.desk.now)
    acting.results["check"] = Checked(error=error, seconds=clock() - started)


test_connection.__test__ = False  # type: ignore[attr-defined]  # pytest's own mark


async def discover_metrics(given: DiscoverMetricsInput, acting: Acting) -> None:
    """List what a connection offers."""
    connection = node_in_use(given.connection, Connection, acting, path=("connection",))
    specs = await acting.writing.trials.discover(
        acting.atlas, connection, seconds=acting.context.seconds_to_wait()
    )
    text = (optional(given.text) or "").lower()
    found = [
        MetricEntry(spec)
        for spec in specs
        if text in spec.key.lower() or text in spec.title.lower()
    ]
    asked = Asked(first=optional(given.first), after=optional(given.after))
    acting.results["metrics"] = paged(found, asked, BY_KEY)


async def preview_metric(given: PreviewMetricInput, acting: Acting) -> None:
    """Look at what a source says of a metric."""
    connection = node_in_use(given.connection, Connection, acting, path=("connection",))
    metric_id: str | None = optional(given.metric)
    metric = None if metric_id is None else node_of(metric_id, Metric, acting, path=("metric",))
    acting.results["preview"] = await acting.writing.trials.preview(
        acting.atlas,
        _question(given, connection, metric, acting),
        most=OBSERVATIONS_AT_MOST,
        seconds=acting.context.seconds_to_wait(),
    )


def _settings(given: TestConnectionInput) -> dict[str, object]:
    fields = given_fields(given, "settings", clearable=("settings",))
    kept = {name: value for name, value in fields.items() if value is not None}
    return {name: object_of(value, name) for name, value in kept.items()}


def _to_try(given: TestConnectionInput, draft: ConnectionDraft, acting: Acting) -> Connection:
    stored, connector = optional(given.id), optional(given.connector)
    if (stored is None) == (connector is None):
        message = "Name a stored connection in `id`, or a new one's `connector`: one of both."
        raise InvalidRecord(message, path=("id",))
    connectors = acting.writing.connectors
    if stored is None:
        return new_connection(acting.atlas, draft, acting.desk, connectors)
    node = node_of(stored, Connection, acting, path=("id",))
    changes = ConnectionDraft(
        fields={name: value for name, value in draft.fields.items() if name == "settings"},
        secrets=draft.secrets,
    )
    target = Target(node.id, node.version)
    return changed_connection(acting.atlas, target, changes, acting.desk, connectors)


def _question(
    given: PreviewMetricInput, connection: Connection, metric: Metric | None, acting: Acting
) -> Question:
    if given.grain not in GRAINS:
        message = f"{given.grain} is not a grain."
        raise InvalidRecord(message, path=("grain",), legal=GRAINS)
    now = acting.writing.trials.opener.clock()
    until = min(now, _end(optional(given.to), acting.atlas) or now)
    back = LOOKED_BACK.get(given.grain, timedelta(days=366))
    since = _start(optional(given.from_), acting.atlas) or until - back
    if since >= until:
        message = "The stretch begins after it ends, or in the future."
        raise InvalidRecord(message, path=("from",))
    source = MetricSource(
        id=NodeId(""),
        key="",
        title="",
        metric=metric.id if metric else NodeId(""),
        connection=connection.id,
        remote_metric=given.remote_metric,
        parameters=object_of(optional(given.parameters) or {}, "parameters"),
        grain=given.grain,
        created_at=now,
        updated_at=now,
    )
    return Question(
        source=source,
        metric=metric,
        since=since,
        until=until,
        breakdown=tuple(given.breakdown),
    )


def _start(day: date | None, atlas: Atlas) -> datetime | None:
    return None if day is None else start_of(day, atlas)


def _end(day: date | None, atlas: Atlas) -> datetime | None:
    return None if day is None else end_of(day, atlas)
