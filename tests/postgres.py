"""The tests' PostgreSQL: one server for all workers of a run, one fresh database for each test."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from storage.embedded import Lease, acquire
from storage.embedded.databases import (
    clone_database,
    database_exists,
    drop_database,
    ensure_database,
    rename_database,
)
from storage.embedded.locks import only_one
from storage.migrate import upgrade

TEMPLATE = "atlas_template"
UNFINISHED = "atlas_template_unfinished"

# What a test writes needs to survive the test, not the machine.
SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "autovacuum": "off",
    "max_wal_senders": "0",
    "wal_level": "minimal",
}

RUN = "ATLAS_TEST_RUN"  # tells the workers, which inherit it, the run's folder
PARENT = "ATLAS_TEST_HOME"  # where that folder is made; a RAM disk is faster


def open_run() -> Path:
    """Give the run's folder: the one that the parent process made, else a new one."""
    if RUN not in os.environ:
        folder = tempfile.mkdtemp(prefix="atlas-tests-", dir=os.environ.get(PARENT))
        Path(folder).chmod(0o755)  # root's server runs as somebody else, who must enter it
        os.environ[RUN] = folder
    return Path(os.environ[RUN])


def close_run(folder: Path) -> None:
    """Stop the run's server, even if a killed worker left it behind, and remove the folder."""
    home = home_of(folder)
    if home.exists():
        acquire(home, settings=SETTINGS).release()
    shutil.rmtree(folder)


def home_of(folder: Path) -> Path:
    """Give the server's home in the run's folder."""
    return folder / "postgresql"


@pytest.fixture(scope="session")
def postgres(request: pytest.FixtureRequest) -> Iterator[Lease]:
    """Lend the run's server; it starts with the first worker that asks."""
    folder: Path = request.config.stash[RUN_FOLDER]
    with acquire(home_of(folder), settings=SETTINGS) as lease:
        yield lease


@pytest.fixture(scope="session")
def template_database(postgres: Lease) -> str:
    """Name the database with all migrations and no rows; the first worker makes it."""
    with only_one(postgres.data.parent / "template.lock"):
        asyncio.run(_ensure_template(postgres))
    return TEMPLATE


@pytest.fixture
async def database_url(postgres: Lease, template_database: str) -> AsyncIterator[str]:
    """Give the address of a migrated, empty database that only this test has."""
    name = f"test_{uuid4().hex}"
    await clone_database(postgres, template=template_database, name=name)
    yield postgres.url(name)
    await drop_database(postgres, name)


@pytest.fixture
async def empty_database_url(postgres: Lease) -> AsyncIterator[str]:
    """Give the address of a database without any table, for tests of the migrations."""
    name = f"empty_{uuid4().hex}"
    await ensure_database(postgres, name)
    yield postgres.url(name)
    await drop_database(postgres, name)


RUN_FOLDER = pytest.StashKey[Path]()


async def _ensure_template(lease: Lease) -> None:
    """Migrate under another name first, so that a failed migration leaves no template."""
    if await database_exists(lease, TEMPLATE):
        return
    await drop_database(lease, UNFINISHED)
    await ensure_database(lease, UNFINISHED)
    await upgrade(lease.url(UNFINISHED))
    await rename_database(lease, UNFINISHED, TEMPLATE)
