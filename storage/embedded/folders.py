"""Which folders and files a server has, and how they come to be."""

import hashlib
import os
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from storage.embedded.accounts import Account, account_for, may_enter
from storage.embedded.lending import make_shelter
from storage.errors import HomeUnusable

PORT = 5432  # only names the socket's file: nothing listens on TCP
SOCKET = f".s.PGSQL.{PORT}"
LONGEST_SOCKET_PATH = 103  # bytes: macOS holds 104 with the final NUL, Linux 108


@dataclass(frozen=True, slots=True, kw_only=True)
class Folders:
    """Where one server lives: its own folder (`server`) and the one of its socket."""

    server: Path
    socket: Path

    @property
    def data(self) -> Path:
        """PostgreSQL's data folder."""
        return self.server / "data"

    @property
    def pid_file(self) -> Path:
        """What PostgreSQL writes about itself; the first line is its process id."""
        return self.data / "postmaster.pid"

    @property
    def socket_lock(self) -> Path:
        """What PostgreSQL writes beside its socket; the first line is its process id."""
        return self.socket / f"{SOCKET}.lock"

    @property
    def log(self) -> Path:
        """What PostgreSQL says."""
        return self.server / "postgresql.log"


def prepare_folders(home: Path, *, shelter: Path) -> tuple[Folders, Account]:
    """Make the folders that are missing, closed to everybody but the server's account and root.

    Where root lends an account that can't enter `home`, the server's folder is made in the shelter
    and `home` keeps a link to it.
    """
    server = home / "server"
    account = account_for(server)
    if server.is_symlink() and not server.exists():
        raise HomeUnusable(server, f"{server.readlink()}, to which it points, is gone.")
    if not server.exists():
        _make_server_folder(server, account, shelter=shelter)
    server = server.resolve()
    _give(server, account)
    return Folders(server=server, socket=_make_socket_folder(server, account)), account


def _make_server_folder(server: Path, account: Account, *, shelter: Path) -> None:
    if may_enter(account, server.parent):
        server.mkdir(mode=0o700)
        return
    elsewhere = tempfile.mkdtemp(prefix="server-", dir=make_shelter(shelter, account))
    server.symlink_to(elsewhere)


def _make_socket_folder(server: Path, account: Account) -> Path:
    """Make it in the server's folder; where that path is too long for a socket, below /tmp."""
    folder = server / "socket"
    if len(os.fsencode(folder / SOCKET)) > LONGEST_SOCKET_PATH:
        digest = hashlib.sha256(os.fsencode(server)).hexdigest()[:16]
        folder = Path(f"/tmp/atlas-{digest}")  # noqa: S108 - its owner and mode are checked
    if not folder.is_symlink() and not folder.exists():
        folder.mkdir(mode=0o700)
        _give(folder, account)
    _check_it_is_private(folder, account)
    return folder


def _give(folder: Path, account: Account) -> None:
    if account.is_lent:
        os.chown(folder, account.uid, account.gid, follow_symlinks=False)


def _check_it_is_private(folder: Path, account: Account) -> None:
    """Refuse a folder that somebody else put there, to listen in our place."""
    status = folder.lstat()
    is_ours = stat.S_ISDIR(status.st_mode) and status.st_uid == account.uid
    if not is_ours or stat.S_IMODE(status.st_mode) & 0o077:
        reason = "the socket needs a folder that belongs to the server alone (mode 0700)."
        raise HomeUnusable(folder, reason)
