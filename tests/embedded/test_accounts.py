"""As whom the server runs: never as root, and never by opening a folder or making an account."""

import os
import pwd
import shutil
from pathlib import Path

import pytest

from storage.embedded import Lease, acquire
from storage.embedded.binaries import find_binaries
from storage.embedded.lending import LIBRARIES, PARTS, PROGRAMS
from storage.errors import HomeUnusable
from tests.embedded.clients import Client, answer
from tests.postgres import SETTINGS

ORDINARY = "nobody"

only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")


def a_lease(home: Path, *, shelter: Path, pg_bin: Path | None = None) -> Lease:
    return acquire(home, pg_bin=pg_bin, settings=SETTINGS, shelter=shelter)


def owner_of_process(pid: int | None) -> int:
    return Path(f"/proc/{pid}").stat().st_uid


def closed(folder: Path) -> Path:
    folder.mkdir(mode=0o700)
    return folder


def give(folder: Path, name: str) -> None:
    entry = pwd.getpwnam(name)
    folder.mkdir()
    os.chown(folder, entry.pw_uid, entry.pw_gid)


def test_the_server_is_never_roots(home: Path, shelter: Path) -> None:
    with a_lease(home, shelter=shelter) as lease:
        assert owner_of_process(lease.pid) != 0
        assert lease.data.stat().st_uid == owner_of_process(lease.pid)
        assert lease.data.parent == home / "server"

    assert not shelter.exists()


@only_root
async def test_a_home_closed_to_the_server_keeps_a_link_to_the_shelter(
    open_folder: Path, shelter: Path
) -> None:
    parent = closed(open_folder / "closed")

    with a_lease(parent / "home", shelter=shelter) as lease:
        assert lease.data.is_relative_to(shelter)
        assert await answer(lease.url("postgres"), "SELECT 1") == 1
    with a_lease(parent / "home", shelter=shelter) as again:
        assert again.data == lease.data

    assert parent.stat().st_mode & 0o777 == 0o700


@only_root
def test_programs_closed_to_the_server_are_copied_with_their_libraries(
    open_folder: Path, home: Path, shelter: Path
) -> None:
    packages = a_closed_copy_of_the_wheel(open_folder)

    a_lease(home, shelter=shelter, pg_bin=packages / PROGRAMS).release()
    with a_lease(home, shelter=shelter, pg_bin=packages / PROGRAMS):
        copies = list(shelter.iterdir())

    assert len(copies) == 1
    assert copies[0].stat().st_uid == 0
    assert packages.stat().st_mode & 0o777 == 0o700


@only_root
def test_other_programs_closed_to_the_server_are_refused(
    open_folder: Path, home: Path, shelter: Path
) -> None:
    programs = a_closed_copy_of_the_wheel(open_folder) / PROGRAMS
    renamed = programs.rename(programs.with_name("programs"))

    with pytest.raises(HomeUnusable, match="can't run the programs there"):
        a_lease(home, shelter=shelter, pg_bin=renamed)


@only_root
def test_an_ordinary_user_runs_the_server_as_itself_and_root_leaves_it_so(
    home: Path, shelter: Path
) -> None:
    give(home, ORDINARY)
    ordinary = pwd.getpwnam(ORDINARY).pw_uid
    with Client.start(home, shelter=shelter, account=ORDINARY) as client:
        pid = client.uses()
        assert owner_of_process(pid) == ordinary

        with a_lease(home, shelter=shelter) as roots:
            assert roots.pid == pid
            assert not client.leaves()

    with a_lease(home, shelter=shelter) as alone:
        assert owner_of_process(alone.pid) == ordinary
    with Client.start(home, shelter=shelter, account=ORDINARY) as client:
        assert owner_of_process(client.uses()) == ordinary
        assert client.leaves()


def a_closed_copy_of_the_wheel(folder: Path) -> Path:
    original = find_binaries().folder
    assert original.match(f"*/{PROGRAMS}")
    packages = closed(folder / "packages")
    for part in (*PARTS, LIBRARIES):
        if (original.parents[2] / part).exists():
            shutil.copytree(original.parents[2] / part, packages / part)
    return packages
