"""Jobs to be done, with defaults."""

from api.ids import new_id
from storage.jobs.records import Job, JobId, Lane, NewJob, Wanted
from storage.jobs.stored import StoredJobs
from tests.builders import Fields
from tests.storage.series import NORRHAVN


def a_job(key: str | None = None, **fields: Fields) -> NewJob:
    """Make a job of the kind `count` in the scheduled lane."""
    defaults: dict[str, Fields] = {
        "id": JobId(new_id()),
        "organization": NORRHAVN,
        "kind": "count",
        "lane": Lane.SCHEDULED,
        "key": key,
    }
    return NewJob(**{**defaults, **fields})


async def found(jobs: StoredJobs, job: NewJob) -> Job:
    """Give a job as it stands."""
    [only] = await jobs.listed(job.organization, Wanted(ids=[job.id]))
    return only
