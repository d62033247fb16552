"""The data folder: made once, whole or not at all, and of one major version for ever."""

import os
import shutil
from pathlib import Path

from storage.embedded.accounts import Account, run_as
from storage.embedded.binaries import Binaries
from storage.embedded.folders import Folders
from storage.errors import StartFailed, WrongVersion

ROLE = "atlas"  # owns the databases; no superuser, so that row-level security binds it
SUPERUSER = "postgres"
UNFINISHED = "creating-"
VERSION_WITH_BUILTIN_LOCALE = 17


def ensure_cluster(
    folders: Folders, binaries: Binaries, account: Account, *, is_durable: bool
) -> None:
    """Make the data folder if it isn't there; raise `WrongVersion` if other binaries made it.

    Call it inside the start lock. What an interrupted call left behind is removed.
    """
    if folders.data.exists():
        _check_version(folders.data, binaries)
        return
    for remnant in folders.server.glob(f"{UNFINISHED}*"):
        shutil.rmtree(remnant)
    unfinished = folders.server / f"{UNFINISHED}{os.getpid()}"
    _create(unfinished, binaries, account, is_durable=is_durable)
    unfinished.rename(folders.data)


def _check_version(data: Path, binaries: Binaries) -> None:
    file = data / "PG_VERSION"
    written_by = file.read_text().strip() if file.exists() else "an unknown version"
    if written_by != str(binaries.version):
        raise WrongVersion(
            data, written_by=written_by, binaries=binaries.folder, version=binaries.version
        )


def _create(folder: Path, binaries: Binaries, account: Account, *, is_durable: bool) -> None:
    options = ["--auth=trust", "--encoding=UTF8", "--locale=C", "--data-checksums"]
    if binaries.version >= VERSION_WITH_BUILTIN_LOCALE:
        options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    if not is_durable:
        options.append("--no-sync")
    where = ["-D", str(folder)]
    _run(account, [binaries.program("initdb"), *where, "-U", SUPERUSER, *options])
    # Without a server, so that no data folder is ever seen that lacks the role.
    alone = [binaries.program("postgres"), "--single", *where, "-c", "exit_on_error=on"]
    alone += [] if is_durable else ["-F"]
    _run(account, [*alone, "postgres"], text=f"CREATE ROLE {ROLE} LOGIN\n")


def _run(account: Account, command: list[str], *, text: str = "") -> None:
    result = run_as(account, command, text=text)
    if result.returncode != 0:
        raise StartFailed(Path(command[0]).name, result.stderr)
