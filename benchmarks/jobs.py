"""Jobs while workers are killed, none lost and none counted twice: `python -m benchmarks.jobs`.

Everything runs on an embedded server in a temporary home, and is thrown away. A job writes its
number where it can stand once and, each time that it runs, a line more to a list: so it is seen how
much was done twice, and that it counts once.
"""

import argparse
import asyncio
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import uuid4

import uvloop
from rich.console import Console
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from api.ids import new_id
from domain.node import OrganizationId
from ingest.worker import Worker
from storage.embedded import acquire
from storage.embedded.databases import ensure_database
from storage.engine import create_engine
from storage.jobs.records import Done, Job, JobId, Lane, NewJob, Outcome
from storage.jobs.stored import StoredJobs
from storage.migrate import upgrade

TENANT: Final = OrganizationId(str(uuid4()))
BATCH: Final = 1_000
AT_ONCE: Final = 16
SILENCE: Final = timedelta(seconds=2)
LOOK_SECONDS: Final = 0.2
LONGEST_SECONDS: Final = 900.0

TABLES: Final = (
    "CREATE TABLE counted (number integer PRIMARY KEY)",
    "CREATE TABLE runs (number integer NOT NULL)",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What became of all jobs; `runs` above `jobs` says how many steps the killed ones cost."""

    jobs: int
    done: int
    counted: int
    total: int
    runs: int
    kills: int
    seconds: float

    @property
    def is_right(self) -> bool:
        """Say whether every job is done, and its number counts once."""
        whole = self.jobs * (self.jobs - 1) // 2
        return (self.done, self.counted, self.total) == (self.jobs, self.jobs, whole)


async def prove(url: str, *, jobs: int, workers: int, kills: int) -> Report:
    """Queue jobs, let workers do them, and kill one after another while they do."""
    await upgrade(url)
    engine = create_engine(url)
    try:
        await _queue(engine, jobs)
        began = time.monotonic()
        killed = await _work(engine, url, workers=workers, kills=kills)
        return await _report(engine, jobs, killed, time.monotonic() - began)
    finally:
        await engine.dispose()


async def _queue(engine: AsyncEngine, count: int) -> None:
    async with engine.begin() as connection:
        for table in TABLES:
            await connection.execute(text(table))
    for first in range(0, count, BATCH):
        numbers = range(first, min(first + BATCH, count))
        await StoredJobs(engine).enqueue([_job(number) for number in numbers], now=_now())


def _job(number: int) -> NewJob:
    lane = (Lane.INTERACTIVE, Lane.SCHEDULED, Lane.BACKFILL)[number % 3]
    return NewJob(
        id=JobId(new_id()),
        organization=TENANT,
        kind="count",
        lane=lane,
        data={"number": number},
    )


async def _work(engine: AsyncEngine, url: str, *, workers: int, kills: int) -> int:
    """Keep so many workers alive until all is done; give how many were killed."""
    crew, killed = [_start(url) for _ in range(workers)], 0
    left = first = await _left(engine)
    deadline = time.monotonic() + LONGEST_SECONDS
    try:
        while left and time.monotonic() < deadline:
            await asyncio.sleep(LOOK_SECONDS)
            left = await _left(engine)
            # Spread over the work: the next one dies when its part of the jobs is done.
            if killed < kills and left <= first * (1 - (killed + 1) / (kills + 1)):
                crew = _kill_one(crew, url)
                killed += 1
    finally:
        for process in crew:
            process.kill()
            process.wait()
    return killed


def _start(url: str) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "benchmarks.jobs", "--work-at", url]
    return subprocess.Popen(command, cwd=Path(__file__).parents[1])  # noqa: S603 -- our own program


def _kill_one(
    crew: "Sequence[subprocess.Popen[bytes]]", url: str
) -> "list[subprocess.Popen[bytes]]":
    """Kill a worker as nothing can be caught, and start another in its place."""
    victim = random.choice(crew)  # noqa: S311 -- whichever
    victim.send_signal(signal.SIGKILL)
    victim.wait()
    return [each for each in crew if each is not victim] + [_start(url)]


async def _left(engine: AsyncEngine) -> int:
    return await _number(engine, "SELECT count(*) FROM jobs WHERE state <> 'DONE'")


async def _report(engine: AsyncEngine, jobs: int, kills: int, seconds: float) -> Report:
    return Report(
        jobs=jobs,
        done=jobs - await _left(engine),
        counted=await _number(engine, "SELECT count(*) FROM counted"),
        total=await _number(engine, "SELECT coalesce(sum(number), 0) FROM counted"),
        runs=await _number(engine, "SELECT count(*) FROM runs"),
        kills=kills,
        seconds=seconds,
    )


async def _number(engine: AsyncEngine, query: str) -> int:
    async with engine.connect() as connection:
        return int(await connection.scalar(text(query)) or 0)


async def work(url: str) -> None:
    """Do jobs for as long as this process lives."""
    engine = create_engine(url)
    jobs = StoredJobs(engine)

    async def count(job: Job) -> Outcome:
        number = {"number": job.data["number"]}
        async with engine.begin() as connection:
            await connection.execute(text("INSERT INTO runs VALUES (:number)"), number)
        async with engine.begin() as connection:
            once = "INSERT INTO counted VALUES (:number) ON CONFLICT DO NOTHING"
            await connection.execute(text(once), number)
        return Done()

    worker = Worker(
        id=uuid4(),
        jobs=jobs,
        handlers={"count": count},
        clock=_now,
        chance=random.random,
        at_once=AT_ONCE,
        silence=SILENCE,
    )
    async with jobs.listening():
        await worker.run()


def _now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def _a_home() -> Generator[Path]:
    with tempfile.TemporaryDirectory(prefix="atlas-jobs-") as folder:
        home = Path(folder)
        home.chmod(0o755)  # root's server runs as somebody else, who must enter it
        yield home


async def _on_a_server_of_its_own(count: int, workers: int, kills: int) -> Report:
    with _a_home() as home, acquire(home / "postgresql") as lease:
        await ensure_database(lease, "jobs")
        return await prove(lease.url("jobs"), jobs=count, workers=workers, kills=kills)


def main() -> None:
    """Run the proof that the arguments ask for, or be one of its workers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--kills", type=int, default=8)
    parser.add_argument("--work-at", metavar="URL")
    given = parser.parse_args()
    if given.work_at:
        with suppress(KeyboardInterrupt):
            uvloop.run(work(given.work_at))
        return
    report = uvloop.run(_on_a_server_of_its_own(given.jobs, given.workers, given.kills))
    Console().print(
        f"{report.done:,} of {report.jobs:,} jobs done in {report.seconds:.0f} s "
        f"({report.jobs / report.seconds:,.0f} a second), {report.kills} workers killed; "
        f"{report.runs - report.jobs} ran twice, {report.counted:,} counted"
    )
    sys.exit(0 if report.is_right else 1)


if __name__ == "__main__":
    main()
