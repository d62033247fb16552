"""What once went wrong in servers of this kind: strangers' processes, folders and versions."""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from storage.embedded import Lease, acquire
from storage.embedded.folders import SOCKET
from storage.embedded.processes import command_line, is_our_server
from storage.errors import ForeignServer, HomeUnusable, StartFailed, WrongVersion
from tests.embedded.clients import answer
from tests.postgres import SETTINGS


def a_lease(home: Path) -> Lease:
    return acquire(home, settings=SETTINGS)


@contextmanager
def a_stranger(lease: Lease) -> Generator[int]:
    """Run a process of the server's account that has nothing to do with it; give its pid."""
    owner = lease.data.stat().st_uid if os.geteuid() == 0 else None
    with subprocess.Popen(["sleep", "60"], user=owner) as process:  # noqa: S607 - any sleep
        # At the moment of its exec a process has no words yet.
        while process.poll() is None and not command_line(process.pid):
            time.sleep(0.001)
        try:
            yield process.pid
        finally:
            process.kill()


@contextmanager
def an_impostor(folder: Path) -> Generator[None]:
    """Answer on the server's socket as PostgreSQL does to a client that may come in."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / SOCKET))
        listener.listen()
        thread = threading.Thread(target=_let_one_in, args=(listener,))
        thread.start()
        yield
        thread.join()


def _let_one_in(listener: socket.socket) -> None:
    connection, _ = listener.accept()
    with connection:
        connection.recv(1024)
        connection.sendall(b"R\0\0\0\x08\0\0\0\0")


def test_a_stale_pid_that_a_stranger_has_by_now_is_left_alone(home: Path) -> None:
    lease = a_lease(home)
    traces = (lease.data / "postmaster.pid", lease.socket / f"{SOCKET}.lock")
    pid = lease.pid
    assert pid is not None
    with a_stranger(lease) as stranger:
        os.kill(pid, signal.SIGKILL)
        for trace in traces:
            trace.write_text(trace.read_text().replace(f"{pid}\n", f"{stranger}\n", 1))

        assert lease.pid is None
        lease.ensure_running()

        assert lease.pid not in (None, stranger)
        assert lease.release()
        assert command_line(stranger) == "sleep 60"


def test_stopping_never_signals_a_stranger(home: Path) -> None:
    lease = a_lease(home)
    pid, file = lease.pid, lease.data / "postmaster.pid"
    assert pid is not None
    written = file.read_text()
    with a_stranger(lease) as stranger:
        file.write_text(written.replace(f"{pid}\n", f"{stranger}\n", 1))

        lease.release()

        assert command_line(stranger) == "sleep 60"
        file.write_text(written)
        assert a_lease(home).release()


@pytest.mark.parametrize("content", ["", "nonsense\n"], ids=["empty", "no number"])
def test_a_broken_pid_file_keeps_nothing_from_starting(home: Path, content: str) -> None:
    lease = a_lease(home)
    lease.release()
    (lease.data / "postmaster.pid").write_text(content)

    with a_lease(home) as again:
        assert again.pid is not None


async def test_a_start_waits_for_the_backends_of_a_killed_server(home: Path) -> None:
    lease = a_lease(home)
    pid = lease.pid
    assert pid is not None
    engine = create_async_engine(lease.url("postgres"))
    async with engine.connect() as connection:
        backend = (await connection.execute(text("SELECT pg_backend_pid()"))).scalar_one()
        os.kill(backend, signal.SIGSTOP)
        os.kill(pid, signal.SIGKILL)

        start = asyncio.create_task(asyncio.to_thread(lease.ensure_running))
        try:
            await asyncio.sleep(0.5)
            assert not start.done()
        finally:
            os.kill(backend, signal.SIGCONT)
        await start

        await connection.invalidate()
    await engine.dispose()
    assert await answer(lease.url("postgres"), "SELECT 1") == 1
    assert lease.release()


def test_no_second_server_starts_where_somebody_elses_answers(home: Path) -> None:
    lease = a_lease(home)
    lease.release()

    with an_impostor(lease.socket), pytest.raises(ForeignServer, match="another container"):
        a_lease(home)

    assert lease.pid is None


async def test_a_long_path_has_its_socket_below_tmp(home: Path) -> None:
    with a_lease(home / ("long-" * 30)) as lease:
        assert lease.data.is_relative_to(home)
        assert lease.socket.parent == Path("/tmp")  # noqa: S108 - the socket's place
        assert lease.socket.stat().st_mode & 0o777 == 0o700
        assert await answer(lease.url("postgres"), "SELECT 1") == 1

    shutil.rmtree(lease.socket)


@pytest.mark.parametrize("plant", ["a link", "an open folder"])
def test_a_socket_folder_planted_by_somebody_else_is_refused(home: Path, plant: str) -> None:
    with a_lease(home / ("long-" * 30)) as lease:
        planted = lease.socket
    shutil.rmtree(planted)
    if plant == "a link":
        planted.symlink_to(home)
    else:
        planted.mkdir()
        planted.chmod(0o777)

    with pytest.raises(HomeUnusable, match="belongs to the server alone"):
        a_lease(home / ("long-" * 30))

    planted.unlink() if plant == "a link" else planted.rmdir()


def test_data_of_another_version_are_refused_and_the_message_says_the_way_over(
    home: Path,
) -> None:
    lease = a_lease(home)
    lease.release()
    (lease.data / "PG_VERSION").write_text("12\n")

    with pytest.raises(WrongVersion) as refusal:
        a_lease(home)

    assert refusal.value.written_by == "12"
    assert refusal.value.version == lease.version
    for word in ("PostgreSQL 12", "pg_dump", "pg_restore", "ATLAS_PG_BIN"):
        assert word in str(refusal.value)


def test_a_home_that_is_a_file_is_refused(open_folder: Path) -> None:
    file = open_folder / "home"
    file.touch()

    with pytest.raises(HomeUnusable, match="File exists"):
        a_lease(file)


def test_a_link_to_a_folder_that_is_gone_is_refused(home: Path, open_folder: Path) -> None:
    home.mkdir()
    (home / "server").symlink_to(open_folder / "gone")

    with pytest.raises(HomeUnusable, match="is gone"):
        a_lease(home)


def test_a_lock_is_not_taken_through_a_planted_link(home: Path, open_folder: Path) -> None:
    home.mkdir()
    (home / "starting.lock").symlink_to(open_folder / "elsewhere")

    with pytest.raises(HomeUnusable):
        a_lease(home)

    assert not (open_folder / "elsewhere").exists()


def test_a_failed_start_quotes_postgresql_and_leaves_no_user(home: Path) -> None:
    with pytest.raises(StartFailed, match='invalid value for parameter "shared_buffers"'):
        acquire(home, settings={**SETTINGS, "shared_buffers": "nonsense"})

    assert a_lease(home).release()


def test_a_log_that_grew_large_is_put_aside_at_the_next_start(home: Path) -> None:
    lease = a_lease(home)
    lease.release()
    log = lease.data.parent / "postgresql.log"
    os.truncate(log, 10_000_001)

    a_lease(home).release()

    assert log.stat().st_size < 10_000
    assert log.with_suffix(".log.old").stat().st_size == 10_000_001


def test_a_server_is_known_by_its_data_folder_alone(postgres: Lease) -> None:
    assert postgres.pid is not None
    folders = [postgres.data, postgres.data.with_name("data-of-another"), postgres.data.parent]

    assert [is_our_server(postgres.pid, folder) for folder in folders] == [True, False, False]
