"""Where values come from: connections, and the sources of metrics."""

import asyncio
from dataclasses import dataclass, replace
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
from api.types.source_enums import SECRET_KIND
from api.types.sync_run import runs_of_connection, runs_of_source, sync_runs
from domain import source
from domain.secret import SecretKind
from ingest.settings import SettingsResolver, reference_in, secret_settings
from journey_atlas_sdk import ConfigError, ConnectorInfo

_SOURCES = naming(source.MetricSource, "connection")

_WORSE = (
    source.SourceState.NEVER_SYNCED,
    source.SourceState.OK,
    source.SourceState.FAILING,
    source.SourceState.NEEDS_ATTENTION,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretState:
    """What may be said of a secret; `kind` None: nothing stands behind the setting."""

    name: str
    is_set: bool
    kind: SecretKind | None = None
    reference: str | None = None
    changed_at: datetime | None = None


async def connector_of(record: source.Connection, reading: Reading) -> ConnectorEntry | None:
    """Give a connection's connector; None where it isn't installed or in quarantine."""
    found = inventory(reading.services.registry).get(record.connector)
    off = await reading.switched_off.load(record.connector)
    return None if found is None else replace(found, off=off)


def settings_of(record: source.Connection, reading: Reading) -> JSON | None:
    """Give a connection's settings without its secrets; None where nobody can tell them apart."""
    info = _info(record, reading)
    if info is None:
        return None
    secret = secret_settings(info)
    return JSON({name: value for name, value in record.settings.items() if name not in secret})


async def secrets_of(record: source.Connection, reading: Reading) -> list[SecretState]:
    """Tell of each of the connector's secret settings what stands behind it."""
    info, settings = _info(record, reading), reading.services.settings
    names = [] if info is None else secret_settings(info)
    # In a thread: whether a file is there, only the file system knows.
    return await asyncio.to_thread(lambda: [_secret(record, name, settings) for name in names])


def state_of(record: source.Connection, reading: Reading) -> source.SourceState:
    """Give the worst state of a connection's sources."""
    states = (each.state for each in _sources_of(record, reading))
    return max(states, key=_WORSE.index, default=source.SourceState.NEVER_SYNCED)


def last_error_of(record: source.Connection, reading: Reading) -> source.SourceError | None:
    """Give the newest error among a connection's sources."""
    errors = [each.error for each in _sources_of(record, reading) if each.error is not None]
    return max(errors, key=lambda error: error.at, default=None)


def _sources_of(record: source.Connection, reading: Reading) -> list[source.MetricSource]:
    return [each for each in _SOURCES(record, reading) if isinstance(each, source.MetricSource)]


def _info(record: source.Connection, reading: Reading) -> ConnectorInfo | None:
    found = reading.services.registry.connectors.get(record.connector)
    return found.info if found else None


def _secret(record: source.Connection, name: str, settings: SettingsResolver) -> SecretState:
    if name in record.secrets:
        at = record.secrets[name]
        return SecretState(name=name, is_set=True, kind=SecretKind.STORED, changed_at=at)
    try:
        reference = reference_in(name, record.settings.get(name))
    except ConfigError:
        return SecretState(name=name, is_set=False)
    return SecretState(
        name=name,
        is_set=settings.can_fetch(reference),
        kind=reference.kind,
        reference=reference.name,
    )


@strawberry.type(description="A secret of a connection. Its value is never shown.")
class ConnectionSecret:
    """The public face of `SecretState`."""

    name: str = described("The setting.")
    is_set: bool = described("Whether a value is there at the moment.")
    kind: str | None = described(
        "Where its value lies; null where there is none.", graphql_type=maybe(SECRET_KIND)
    )
    reference: str | None = described(
        "The name of the variable or the file; null for a stored one and where there is none."
    )
    changed_at: datetime | None = described(
        "When its value was stored; null for a reference, whose value lies elsewhere."
    )


@strawberry.type(description="A connector with its settings.")
class Connection(Node):
    """The public face of `domain.source.Connection`. Its secrets are never shown."""

    key: str = described("The external key, unique in the organization over all kinds.")
    title: str = described("The title.")
    description: str | None = described("More about it; null where nobody wrote anything.")
    connector_key = computed(attribute("connector"), str, "The connector's key.")
    connector = computed(
        connector_of, maybe(Connector), "The connector; null where it isn't installed."
    )
    settings = computed(
        settings_of,
        maybe(JSON),
        "Its settings without the secret ones, an object as the connector's `settingsSchema` says; "
        "null where the connector isn't installed: then nobody can tell which are secret.",
    )
    secrets = computed(
        secrets_of, many(ConnectionSecret), "What stands behind its secret settings."
    )
    state = computed(
        state_of,
        SOURCE_STATE,
        "The worst state of its sources; NEVER_SYNCED where none was ever read.",
    )
    last_error = computed(
        last_error_of,
        maybe(SourceError),
        "The newest failure among its sources; null where none failed last.",
    )
    sources = computed(_SOURCES, many(METRIC_SOURCE), "The metric sources that it feeds.")
    sync_runs = sync_runs(
        runs_of_connection,
        "The attempts to read its sources, newest first, those that were unbound too.",
    )
    version: int = described("How often it was written, from 1.")
    created_at: datetime = described("When it was made.")
    updated_at: datetime = described("When it was last changed.")
    archived_at: datetime | None = described("When it was archived; null while it is in use.")


@strawberry.type(description="Which of a connection's metrics feeds one of the atlas's.")
class MetricSource(Node):
    """The public face of `domain.source.MetricSource`."""

    key: str = described("The external key, unique in the organization over all kinds.")
    title: str = described("The title.")
    description: str | None = described("More about it; null where nobody wrote anything.")
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
    sync_runs = sync_runs(runs_of_source, "The attempts to read it, newest first.")
    version: int = described("How often it was written, from 1; a sync doesn't count.")
    created_at: datetime = described("When it was made.")
    updated_at: datetime = described("When it was last changed; a sync doesn't count.")
    archived_at: datetime | None = described("When it was unbound; null while it is in use.")
