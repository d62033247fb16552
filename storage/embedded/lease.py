"""The right to use an embedded server: the first to come starts it, the last to go stops it."""

import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Self
from urllib.parse import quote

from storage.embedded import locks, processes
from storage.embedded.binaries import find_binaries
from storage.embedded.cluster import ROLE, SUPERUSER
from storage.embedded.folders import PORT, prepare_folders
from storage.embedded.lending import SHELTER, runnable_by
from storage.embedded.server import Server
from storage.errors import HomeUnusable

PRODUCT_SETTINGS: Mapping[str, str] = MappingProxyType({})
STARTING = "starting.lock"
USERS = "users.lock"


class Lease:
    """One user's share in a running server; a context manager that releases it at the end."""

    def __init__(self, home: Path, server: Server, *, users: int) -> None:
        """Hold what `acquire` took; nobody else makes leases."""
        self._home = home
        self._server = server
        self._users: int | None = users
        self._holder = os.getpid()

    @property
    def data(self) -> Path:
        """PostgreSQL's data folder."""
        return self._server.folders.data

    @property
    def socket(self) -> Path:
        """The folder of the Unix socket, which is the only way to the server."""
        return self._server.folders.socket

    @property
    def version(self) -> int:
        """PostgreSQL's major version."""
        return self._server.binaries.version

    @property
    def pid(self) -> int | None:
        """The server's process id; None if it doesn't run (it was killed)."""
        return processes.server_pid(self._server.folders)

    def url(self, database: str) -> str:
        """Give the database's address for SQLAlchemy's asyncpg, as the role that owns it.

        That role is no superuser: row-level security binds it, even if it owns the table, once
        the table says FORCE ROW LEVEL SECURITY.
        """
        return self._url(database, ROLE)

    def superuser_url(self, database: str) -> str:
        """Give the database's address for the few deeds that need a superuser."""
        return self._url(database, SUPERUSER)

    def ensure_running(self) -> None:
        """Start the server again if it was killed; return at once if it runs."""
        with locks.only_one(self._home / STARTING):
            self._server.ensure_running()

    def release(self) -> bool:
        """End the use; stop the server and answer True if this was the last user.

        Doing it again does nothing. In a forked child it only closes the child's own copy.
        """
        users, self._users = self._users, None
        if users is None:
            return False
        if os.getpid() != self._holder:
            os.close(users)
            return False
        with locks.only_one(self._home / STARTING):
            is_last = locks.leave(users)
            if is_last:
                self._server.stop()
        return is_last

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()

    def _url(self, database: str, role: str) -> str:
        return f"postgresql+asyncpg://{role}@/{database}?host={quote(str(self.socket))}&port={PORT}"


def acquire(
    home: Path,
    *,
    pg_bin: Path | None = None,
    settings: Mapping[str, str] = PRODUCT_SETTINGS,
    shelter: Path = SHELTER,
) -> Lease:
    """Join the server of `home`, and start it if nobody else has; return when it takes connections.

    The call blocks (a first start takes about a second, recovery may take minutes): async callers
    use `asyncio.to_thread`. `pg_bin` is the folder of PostgreSQL's programs; None lets them be
    found. `settings` are PostgreSQL's and hold for a server that this call starts. `shelter` is
    used by root alone, where `home` is closed to the account that runs the server.

    Raises an `EmbeddedError`: `NoBinaries`, `WrongVersion`, `HomeUnusable`, `ForeignServer` or
    `StartFailed`.
    """
    home = home.expanduser().resolve()
    binaries = find_binaries(pg_bin)
    try:
        home.mkdir(parents=True, exist_ok=True)
        with locks.only_one(home / STARTING):
            folders, account = prepare_folders(home, shelter=shelter)
            usable = runnable_by(account, binaries, shelter=shelter)
            server = Server(folders=folders, account=account, binaries=usable, settings=settings)
            return Lease(home, server, users=_join(home, server))
    except OSError as error:
        raise HomeUnusable(home, str(error)) from error


def _join(home: Path, server: Server) -> int:
    users = locks.join(home / USERS)
    try:
        server.ensure_running()
    except BaseException:
        locks.leave(users)  # a server that is still recovering goes on, for the next one to find
        raise
    return users
