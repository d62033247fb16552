"""kill -9 of server, worker and database while a source is read: afterwards nothing is missing."""

import asyncio
import os
import signal
import subprocess
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import NullPool, select
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from storage.embedded import Lease, acquire
from storage.jobs.records import JobState
from storage.tables import jobs, observation_revisions, observations
from tests.acceptance.ledger import Ledger, a_ledger, value_of
from tests.acceptance.product import Settings, atlas, atlas_json, serving, working

FIRST_DAY = date(2019, 1, 1)
WAIT_SECONDS = 90
READ = '{ atlas(read: {mode: PREFER_CACHE}) { metric(key: "MT-1") { key } } }'


@pytest.mark.slow
def test_killed_server_worker_and_database_leave_the_sources_series_whole(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    settings = {
        "ATLAS_PLUGINS_DIR": str(tmp_path / "plugins"),
        "ATLAS_WORKER_SILENCE_SECONDS": "2",
        "ATLAS_WORKER": "false",
    }
    with a_ledger(tmp_path) as ledger:
        atlas(tmp_path, "import", str(tmp_path / "acme.yaml"), settings=settings)
        kill_the_server_while_a_reader_has_it_read(tmp_path, ledger, settings)
        order_a_backfill(tmp_path, settings)
        kill_the_worker(tmp_path, ledger, settings)
        kill_worker_and_database(tmp_path, ledger, settings)
        with working(tmp_path, settings), acquire(tmp_path / "atlas" / "postgresql") as lease:
            stored, revised = asyncio.run(series_when_all_is_done(lease))

    days = [FIRST_DAY + timedelta(days=n) for n in range((last_day() - FIRST_DAY).days + 1)]
    assert stored == {day: value_of(day) for day in days}
    assert revised == 0


def kill_the_server_while_a_reader_has_it_read(
    home: Path, ledger: Ledger, settings: Settings
) -> None:
    with serving(home, settings=settings) as server:
        server.data(READ)
        ledger.wait_for(5)
        server.process.kill()
        server.process.wait()


def order_a_backfill(home: Path, settings: Settings) -> None:
    since = ("--since", FIRST_DAY.isoformat())
    [job] = atlas_json(home, "backfill", "ledger", *since, "--json", settings=settings)["jobs"]
    assert (job["kind"], job["state"]) == ("backfill", "QUEUED")


def kill_the_worker(home: Path, ledger: Ledger, settings: Settings) -> None:
    with working(home, settings) as worker:
        ledger.wait_for(12)
        worker.kill()
        worker.wait()


def kill_worker_and_database(home: Path, ledger: Ledger, settings: Settings) -> None:
    with working(home, settings) as worker, acquire(home / "atlas" / "postgresql") as lease:
        ledger.wait_for(12)
        server = lease.pid
        assert server is not None
        children = subprocess.run(
            ["pgrep", "-P", str(server)],  # noqa: S607 - wherever procps is
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        for pid in (server, *map(int, children)):
            os.kill(pid, signal.SIGKILL)
        worker.kill()
        worker.wait()


async def series_when_all_is_done(lease: Lease) -> tuple[dict[date, int], int]:
    """Give the stored values by day when no job is left, and how many were ever replaced."""
    engine = create_async_engine(lease.superuser_url("atlas"), poolclass=NullPool)
    async with engine.connect() as connection, asyncio.timeout(WAIT_SECONDS):
        while await states(connection) != {JobState.DONE}:
            await connection.rollback()
            await asyncio.sleep(0.2)
        wanted = select(observations.c.start, observations.c.value)
        rows = (await connection.execute(wanted)).all()
        replaced = (await connection.execute(select(observation_revisions.c.version))).all()
    await engine.dispose()
    found = {start.date(): int(value) for start, value in rows}
    assert len(found) == len(rows), "a day stands there twice"
    return found, len(replaced)


async def states(connection: AsyncConnection) -> set[str]:
    return set(await connection.scalars(select(jobs.c.state)))


def last_day() -> date:
    return datetime.now(UTC).date()
