"""Observations, what they replaced, the sync runs that brought them, and how far those came."""

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    Index,
    Integer,
    LargeBinary,
    Numeric,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB

from domain.metric import ObservationState
from domain.source import RunState
from storage.tables.columns import (
    Id,
    Moment,
    between,
    choice,
    holds,
    one_of,
    refers,
    tenant_table,
)

# The order of the key is the order of the questions: the latest observation of a series by its
# end is the last entry of one range of the primary key's index.
SERIES = ("metric_id", "source_id", "dimensions_hash")
IDENTITY = (*SERIES, "end", "start")
CONTENT = (
    "value",
    "sample_size",
    "numerator",
    "denominator",
    "standard_error",
    "state",
    "flags",
)
PROVENANCE = ("connector", "connector_version", "sync_run_id", "recorded_at")


def _columns() -> tuple[Column[object], ...]:
    columns: tuple[Column[object], ...] = (
        Column("metric_id", Id, nullable=False),
        Column("source_id", Id, nullable=False),
        Column("dimensions_hash", LargeBinary, nullable=False),
        Column("start", Moment, nullable=False),
        Column("end", Moment, nullable=False),
        Column("dimensions", JSONB, nullable=False),
        Column("value", Numeric),
        Column("sample_size", BigInteger),
        Column("numerator", Numeric),
        Column("denominator", Numeric),
        Column("standard_error", Numeric),
        Column("state", Text, nullable=False),
        Column("flags", JSONB, nullable=False),
        Column("connector", Text, nullable=False),
        Column("connector_version", Text, nullable=False),
        Column("sync_run_id", Id, nullable=False),
        Column("recorded_at", Moment, nullable=False),
        # How often this identity's content changed, counted from 1.
        Column("version", Integer, nullable=False),
        # The organization's revision that brought this content.
        Column("revision", BigInteger, nullable=False),
    )
    return columns


# No foreign key: its look-up for each row takes longer than the row itself (5.2 instead of 2.2 µs).
# Recording checks the batch's sources once instead, and sources are never deleted.
observations = tenant_table(
    "observations",
    *_columns(),
    one_of("state", ObservationState),
    holds("period", '"start" <= "end"'),
    holds("sample_size", "sample_size >= 0"),
    primary_key=IDENTITY,
)

observation_revisions = tenant_table(
    "observation_revisions",
    *_columns(),
    Column("superseded_at", Moment, nullable=False),
    # The organization's revision that brought what took its place.
    Column("superseding_revision", BigInteger, nullable=False),
    primary_key=[*IDENTITY, "version"],
)

# One row per attempt to read a source. `purpose` and `token` say whose it is: what is RUNNING with
# an older token than its reading's was left by a process that is gone.
sync_runs = tenant_table(
    "sync_runs",
    Column("id", Id, nullable=False),
    Column("source_id", Id, nullable=False),
    Column("job_id", Id),
    Column("purpose", Text, nullable=False),
    Column("token", BigInteger, nullable=False),
    Column("connector", Text, nullable=False),
    Column("connector_version", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("window_start", Moment, nullable=False),
    Column("window_end", Moment, nullable=False),
    *choice("state", RunState),
    Column("started_at", Moment, nullable=False),
    Column("finished_at", Moment),
    Column("progress", Double),
    # How many of its answers are recorded: what an earlier try wrote isn't counted again.
    Column("step", Integer, nullable=False),
    Column("new_count", Integer, nullable=False),
    Column("revised_count", Integer, nullable=False),
    Column("unchanged_count", Integer, nullable=False),
    Column("skipped_count", Integer, nullable=False),
    Column("error", JSONB),
    refers("source_id", "metric_sources"),
    between("progress", 0, 1),
    Index("ix_sync_runs_source", "tenant_id", "source_id", "started_at"),
    Index("ix_sync_runs_job", "tenant_id", "job_id"),
    Index("ix_sync_runs_started", "tenant_id", "started_at", "id"),
    primary_key=["id"],
)

# How far a source was read for a purpose, and who reads it now.
source_readings = tenant_table(
    "source_readings",
    Column("source_id", Id, nullable=False),
    Column("purpose", Text, nullable=False),
    # How often it was begun: what comes with an older number is refused.
    Column("token", BigInteger, nullable=False),
    # NULL: nobody reads it. Past: whoever did is gone.
    Column("held_until", Moment),
    # When it last ended, well or not; NULL: never.
    Column("tried_at", Moment),
    # What settings and stretch `asked` and `waiting` belong to.
    Column("fingerprint", Text, nullable=False),
    Column("asked", JSONB, nullable=False),
    Column("waiting", JSONB(none_as_null=True)),
    refers("source_id", "metric_sources"),
    primary_key=["source_id", "purpose"],
)
