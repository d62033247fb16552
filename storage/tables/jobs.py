"""The ledger of jobs: what is to be done, how it stands, and who may do it."""

from sqlalchemy import BigInteger, Boolean, Column, Double, Index, Integer, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from storage.jobs.records import UNIQUE, JobState, Lane
from storage.tables.columns import Id, Moment, between, choice, tenant_table

# As text, not as parameters: PostgreSQL finds the index by it, in whatever way it plans.
IS_UNIQUE = text(f"state IN ({', '.join(map(repr, map(str, UNIQUE)))})")

# No foreign key to what a job is about: a job outlives an archived node, and finds out itself.
jobs = tenant_table(
    "jobs",
    Column("id", Id, nullable=False),
    Column("kind", Text, nullable=False),
    *choice("lane", Lane),
    # What may be there only once as long as it isn't over; a job that is like no other has its own
    # id here.
    Column("key", Text, nullable=False),
    Column("subject_id", Id),
    Column("data", JSONB, nullable=False),
    *choice("state", JobState),
    Column("run_at", Moment, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("started_at", Moment),
    Column("finished_at", Moment),
    # How often it was handed out, ever: a result that comes with an older number is refused.
    Column("token", BigInteger, nullable=False),
    Column("starts", Integer, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("progress", Double),
    Column("reason", Text),
    Column("is_cancelled", Boolean, nullable=False),
    # Somebody asked for the same while it ran.
    Column("is_wanted_again", Boolean, nullable=False),
    # The queue's number for it; NULL: it isn't queued.
    Column("entry", BigInteger),
    between("progress", 0, 1),
    Index(
        "uq_jobs_key",
        "tenant_id",
        "key",
        unique=True,
        postgresql_where=IS_UNIQUE,
    ),
    Index("ix_jobs_subject", "tenant_id", "subject_id", "id"),
    Index("ix_jobs_state", "tenant_id", "state", "id"),
    primary_key=["id"],
)
