"""kill -9 of everything in the middle of an import: the atlas is the old one or the new one."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import NullPool, text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from storage.embedded import Lease, acquire
from tests.acceptance.product import ROOT, SAMPLE, atlas, atlas_json, environment

TITLES = (
    "{ atlas { goals(first: 200) { nodes { title } } journeys(first: 200) { nodes { title } } } }"
)
WAIT_SECONDS = 30


@pytest.mark.slow
def test_killed_between_two_statements_of_an_import_nothing_of_it_is_there(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    atlas(tmp_path, "import", str(SAMPLE))
    newer = a_newer_file(tmp_path)

    with acquire(tmp_path / "atlas" / "postgresql") as lease:
        asyncio.run(kill_in_the_middle(tmp_path, newer, lease))
    after_the_kill = titles(tmp_path)
    atlas(tmp_path, "import", str(newer))

    assert not any(title.endswith("(newer)") for title in after_the_kill)
    assert all(title.endswith("(newer)") for title in titles(tmp_path))


@pytest.mark.slow
@pytest.mark.parametrize("delay", [1.4, 1.9])
def test_killed_at_any_time_the_atlas_is_never_a_mix(tmp_path: Path, delay: float) -> None:
    tmp_path.chmod(0o755)
    atlas(tmp_path, "import", str(SAMPLE))
    newer = a_newer_file(tmp_path)

    with acquire(tmp_path / "atlas" / "postgresql") as lease:
        importer = start_import(tmp_path, newer)
        time.sleep(delay)
        kill_everything(importer, lease)
    found = {title.endswith("(newer)") for title in titles(tmp_path)}

    assert len(found) == 1


def a_newer_file(folder: Path) -> Path:
    """Write the sample with another title for every goal and journey."""
    lines = SAMPLE.read_text().replace("${folder}", str(SAMPLE.parent)).splitlines()
    section, newer = "", list[str]()
    for line in lines:
        if line.endswith(":") and not line.startswith(" "):
            section = line
        is_title = section in ("goals:", "journeys:") and line.startswith("    title: ")
        newer.append(f"{line} (newer)" if is_title else line)
    path = folder / "newer.yaml"
    path.write_text("\n".join(newer))
    return path


def start_import(home: Path, file: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "api", "import", str(file)],
        env=environment(home),
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


async def kill_in_the_middle(home: Path, file: Path, lease: Lease) -> None:
    """Hold a table that an import writes after others, and kill it while it waits there."""
    engine = create_async_engine(lease.superuser_url("atlas"), poolclass=NullPool)
    async with engine.connect() as holder:
        await holder.execute(text("LOCK TABLE journeys IN EXCLUSIVE MODE"))
        importer = start_import(home, file)
        await until_somebody_waits(holder)
        kill_everything(importer, lease)
        await holder.invalidate()


async def until_somebody_waits(connection: AsyncConnection) -> None:
    for _ in range(WAIT_SECONDS * 20):
        if await connection.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")):
            return
        await asyncio.sleep(0.05)
    message = "The import never came to the held table."
    raise AssertionError(message)


def kill_everything(importer: subprocess.Popen[bytes], lease: Lease) -> None:
    """Kill the importing process, the database server and all of its children at once."""
    server = lease.pid
    assert server is not None
    children = subprocess.run(
        ["pgrep", "-P", str(server)],  # noqa: S607 - wherever procps is
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    importer.kill()
    for pid in (server, *map(int, children)):
        os.kill(pid, signal.SIGKILL)
    importer.wait()


def titles(home: Path) -> list[str]:
    """Read the titles of all goals and journeys."""
    query = home / "titles.graphql"
    query.write_text(TITLES)
    found = atlas_json(home, "query", str(query))["data"]["atlas"]
    return [node["title"] for kind in ("goals", "journeys") for node in found[kind]["nodes"]]
