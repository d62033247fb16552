"""Whose processes they are: PostgreSQL refuses to run as root, so root lends it an account."""

import errno
import os
import pwd
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from storage.errors import EmbeddedError, HomeUnusable

LENT_BY_ROOT = ("postgres", "nobody")
NOT_EXECUTABLE = 126  # what a shell answers too

# The caller's environment stays out: PGDATA, PGPORT, PGOPTIONS or a locale would change the server.
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account of the machine; `is_lent` where root has to become it first."""

    name: str
    uid: int
    gid: int
    is_lent: bool


def account_for(folder: Path) -> Account:
    """Choose the server's account: the caller's own; for root the folder's owner, else a lent one.

    The owner comes first so that root (`sudo`) can use the data of an ordinary user, and leaves
    them usable for that user.
    """
    if os.geteuid() != 0:
        return Account(name="you", uid=os.geteuid(), gid=os.getegid(), is_lent=False)
    if not folder.exists() or folder.stat().st_uid == 0:
        return _lent_by_root(folder)
    status = folder.stat()
    name = f"user {status.st_uid}"
    return Account(name=name, uid=status.st_uid, gid=status.st_gid, is_lent=True)


def run_as(
    account: Account, command: Sequence[str], *, text: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run a command as the account, in a session of its own, with `text` as its input.

    A program that the account can't reach or execute gives NOT_EXECUTABLE as exit code.
    """
    try:
        return subprocess.run(  # noqa: S603 - PostgreSQL's own programs, test and sh
            command,
            check=False,
            input=text,
            capture_output=True,
            text=True,
            env=ENVIRONMENT,
            cwd="/",
            umask=0o077,
            start_new_session=True,  # Ctrl-C in the terminal is for the client, not for the server
            user=account.uid if account.is_lent else None,
            group=account.gid if account.is_lent else None,
            extra_groups=[] if account.is_lent else None,
        )
    except OSError as error:
        if error.errno == errno.EPERM:
            message = f"root may not become {account.name} here: set DATABASE_URL to a server."
            raise EmbeddedError(message) from error
        return subprocess.CompletedProcess(list(command), NOT_EXECUTABLE, "", str(error))


def may_enter(account: Account, folder: Path) -> bool:
    """Tell whether the account can reach into the folder, through everything above it."""
    return run_as(account, ["test", "-x", str(folder)]).returncode == 0


def _lent_by_root(folder: Path) -> Account:
    for name in LENT_BY_ROOT:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name=name, uid=entry.pw_uid, gid=entry.pw_gid, is_lent=True)
    reason = f"root can't run PostgreSQL, and none of {', '.join(LENT_BY_ROOT)} is an account here."
    raise HomeUnusable(folder, reason)
