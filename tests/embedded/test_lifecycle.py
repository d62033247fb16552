"""Who starts the server, who stops it, and what stays."""

import os
import signal
from contextlib import ExitStack
from pathlib import Path

import pytest

from storage.embedded import Lease, acquire
from storage.embedded.binaries import Binaries, first_usable, machine_folders
from storage.embedded.databases import ensure_database
from storage.embedded.processes import command_line
from storage.errors import NoBinaries
from tests.embedded.clients import Client, answer
from tests.postgres import SETTINGS


def a_lease(home: Path, settings: dict[str, str] = SETTINGS) -> Lease:
    return acquire(home, settings=settings)


def kill_server(lease: Lease) -> None:
    pid = lease.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    while command_line(pid):
        pass


def test_the_first_user_starts_the_server_and_the_last_one_stops_it(home: Path) -> None:
    first = a_lease(home)
    second = a_lease(home)
    pid = first.pid

    assert pid == second.pid
    assert pid is not None
    assert not first.release()
    assert second.pid == pid
    assert second.release()
    assert command_line(pid) == ""


def test_releasing_twice_counts_once(home: Path) -> None:
    with a_lease(home) as staying:
        leaving = a_lease(home)

        leaving.release()

        assert not leaving.release()
        assert staying.pid is not None


def test_a_forked_child_does_not_end_its_parents_use(home: Path) -> None:
    lease = a_lease(home)
    child = os.fork()
    if child == 0:
        lease.release()
        os._exit(0)
    os.waitpid(child, 0)

    assert lease.pid is not None
    assert lease.release()


def test_a_parent_that_leaves_does_not_wait_for_its_forked_child(home: Path) -> None:
    lease = a_lease(home)
    child = os.fork()
    if child == 0:
        signal.pause()
    try:
        assert lease.release()

        with a_lease(home) as again:
            assert again.pid is not None
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


async def test_data_outlive_the_server(home: Path) -> None:
    with a_lease(home) as lease:
        await ensure_database(lease, "atlas")
        await answer(lease.url("atlas"), "CREATE TABLE kept AS SELECT 42 AS number")

    with a_lease(home) as lease:
        assert await answer(lease.url("atlas"), "SELECT number FROM kept") == 42


async def test_two_homes_have_servers_of_their_own(home: Path, open_folder: Path) -> None:
    with a_lease(home) as one:
        with a_lease(open_folder / "other") as other:
            await ensure_database(one, "atlas")

            assert one.pid != other.pid
            assert one.url("atlas") != other.url("atlas")

        assert other.pid is None
        assert await answer(one.url("atlas"), "SELECT 1") == 1


def test_six_first_users_at_once_share_one_server(home: Path, shelter: Path) -> None:
    with ExitStack() as stack:
        clients = [stack.enter_context(Client.start(home, shelter=shelter)) for _ in range(6)]

        pids = {client.uses() for client in clients}
        were_last = [client.leaves() for client in clients]

    assert len(pids) == 1
    assert were_last == [False] * 5 + [True]
    assert command_line(pids.pop()) == ""


def test_the_server_of_a_killed_client_is_found_again_and_stopped(
    home: Path, shelter: Path
) -> None:
    with Client.start(home, shelter=shelter) as client:
        pid = client.uses()
        client.kill()

    lease = a_lease(home)

    assert lease.pid == pid
    assert lease.release()
    assert command_line(pid) == ""


def test_a_killed_client_takes_the_server_from_nobody(home: Path, shelter: Path) -> None:
    lease = a_lease(home)
    with Client.start(home, shelter=shelter) as client:
        client.uses()
        client.kill()

    assert lease.pid is not None
    assert lease.release()


async def test_a_killed_server_starts_again_and_has_lost_nothing(home: Path) -> None:
    with a_lease(home, settings={}) as lease:
        url = lease.url("postgres")
        await answer(lease.superuser_url("postgres"), "GRANT CREATE ON SCHEMA public TO atlas")
        await answer(url, "CREATE TABLE numbers (number int)")
        await answer(url, "INSERT INTO numbers SELECT generate_series(1, 1000)")

        kill_server(lease)
        lease.ensure_running()

        assert await answer(url, "SELECT count(*) FROM numbers") == 1000


async def test_a_server_that_runs_is_left_running(home: Path) -> None:
    with a_lease(home) as lease:
        pid = lease.pid

        lease.ensure_running()

        assert lease.pid == pid


async def test_the_products_settings_hold(home: Path) -> None:
    expected = {"fsync": "on", "jit": "off", "listen_addresses": "", "timezone": "UTC"}

    with a_lease(home, settings={}) as lease:
        url = lease.url("postgres")
        found = {name: await answer(url, f"SHOW {name}") for name in expected}

    assert found == expected


async def test_the_callers_settings_come_last(postgres: Lease) -> None:
    assert await answer(postgres.url("postgres"), "SHOW fsync") == "off"


async def test_the_callers_environment_has_no_say(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"PGPORT": "1", "PGDATA": "/nowhere", "PGHOST": "nowhere"}.items():
        monkeypatch.setenv(name, value)

    with a_lease(home) as lease:
        assert await answer(lease.url("postgres"), "SHOW port") == "5432"


def test_what_an_interrupted_creation_left_behind_is_removed(home: Path) -> None:
    a_lease(home).release()
    remnant = home / "server" / "creating-1"
    (home / "server" / "data").rename(remnant)

    with a_lease(home):
        assert not remnant.exists()


@pytest.fixture
def installed() -> Binaries:
    try:
        return first_usable(machine_folders())
    except NoBinaries:
        pytest.skip("no PostgreSQL 15 or newer is installed here")


async def test_a_postgresql_of_the_machine_serves_too(home: Path, installed: Binaries) -> None:
    with acquire(home, pg_bin=installed.folder, settings=SETTINGS) as lease:
        await ensure_database(lease, "atlas")

        assert lease.version == installed.version
        assert await answer(lease.url("atlas"), "SHOW server_encoding") == "UTF8"
