"""kill -9 of workers while they work: no job is lost, and none counts twice.

`python -m benchmarks.jobs` shows the same with ten thousand jobs.
"""

import pytest

from benchmarks.jobs import prove


@pytest.mark.slow
async def test_with_workers_killed_every_job_is_done_and_counts_once(
    empty_database_url: str,
) -> None:
    report = await prove(empty_database_url, jobs=200, workers=2, kills=2)

    assert report.kills == 2
    assert (report.done, report.counted) == (200, 200)
    assert report.is_right
