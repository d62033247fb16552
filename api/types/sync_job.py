"""Jobs: what was ordered to be read of sources, and how that stands."""

from datetime import datetime

import strawberry

from api.context import Reading
from api.fields import computed, described, maybe
from api.relay import GlobalId, decode_id, encode_id
from api.types.references import METRIC_SOURCE
from api.types.source_enums import JOB_KIND, JOB_STATE
from domain.atlas import Atlas
from domain.node import Node, NodeId
from ingest.orders import Kind
from storage.jobs.records import Job, JobId, JobState

TYPE_NAME = "SyncJob"


def job_id(job: Job, reading: Reading) -> str:
    """Give the opaque id of a job."""
    return encode_id(GlobalId(TYPE_NAME, reading.view.atlas.organization.id, NodeId(job.id)))


def inner_job_id(text: str, atlas: Atlas) -> JobId | None:
    """Give the id of a job inside its organization; None for whatever isn't one of here."""
    asked = decode_id(text)
    if asked is None or asked.organization != atlas.organization.id:
        return None
    return JobId(asked.id) if asked.type_name == TYPE_NAME else None


def source_of(job: Job, reading: Reading) -> Node | None:
    """Give the source that a job is about; None where it was about something else."""
    return None if job.subject is None else reading.view.atlas.nodes.get(job.subject)


def kind_of(job: Job, _: Reading) -> Kind:
    """Tell what a job does."""
    return Kind(job.kind)


def state_of(job: Job, _: Reading) -> JobState:
    """Tell how a job stands."""
    return job.state


@strawberry.type(
    name=TYPE_NAME,
    description="Something that was ordered to be read; a worker does it, and no crash loses it.",
)
class SyncJob:
    """The public face of `storage.jobs.records.Job`."""

    id = computed(job_id, strawberry.ID, "Opaque; `syncJob(id)` finds it again.")
    kind = computed(kind_of, JOB_KIND, "What it does.")
    state = computed(state_of, JOB_STATE, "How it stands.")
    source = computed(
        source_of, maybe(METRIC_SOURCE), "The source that is read; null where it is gone."
    )
    progress: float | None = described("How much is done, 0 to 1; null where nobody can tell.")
    reason: str | None = described(
        "Why it is held, was cancelled or failed last; null where it wasn't."
    )
    is_cancelled: bool = described("Whether it is to end, or has ended so.")
    failures: int = described("How many tries failed in a row.")
    created_at: datetime = described("When it was ordered.")
    run_at: datetime = described("When it is due.")
    started_at: datetime | None = described("When it was begun; null: not yet.")
    finished_at: datetime | None = described("When it ended; null: not yet.")
