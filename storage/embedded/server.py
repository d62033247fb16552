"""Starting and stopping one PostgreSQL on one data folder."""

import os
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass

from storage.embedded import processes
from storage.embedded.accounts import Account, run_as
from storage.embedded.binaries import Binaries
from storage.embedded.cluster import ensure_cluster
from storage.embedded.folders import PORT, Folders
from storage.errors import ForeignServer, StartFailed

SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "dynamic_shared_memory_type": "posix",
    "shared_buffers": "128MB",
    "fsync": "on",
    "jit": "off",  # its compilation costs more than our short statements
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
}

START_SECONDS = 900  # recovery after a crash may take minutes
STOP_SECONDS = 60  # then it is stopped at once; nothing committed is lost, it only recovers later
KILL_SECONDS = 10
LOOKS = 3
POLL_SECONDS = 0.01
LARGEST_LOG_BYTES = 10_000_000

# The backends of a killed server end a moment after it, and hold its shared memory until then.
STILL_ENDING = "pre-existing shared memory block"

START = "The start of the server"

# `&` gives the server to init, so that it outlives its client and leaves no zombie to it.
IN_BACKGROUND = 'log=$1; shift; "$@" </dev/null >>"$log" 2>&1 & echo $!'


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A PostgreSQL that may or may not run; its methods belong inside the start lock."""

    folders: Folders
    account: Account
    binaries: Binaries
    settings: Mapping[str, str]

    def ensure_running(self) -> None:
        """Return when the server takes connections: the one that runs, else a new one.

        Raises `WrongVersion`, `ForeignServer` or `StartFailed`.
        """
        settings = {**SETTINGS, **self.settings}
        is_durable = settings["fsync"] == "on"
        ensure_cluster(self.folders, self.binaries, self.account, is_durable=is_durable)
        deadline = time.monotonic() + START_SECONDS
        if not self._wait_for_running(deadline):
            self._start(settings, deadline)

    def stop(self) -> None:
        """Stop the server if it runs: politely, and at once when that takes too long."""
        for request, seconds in ((signal.SIGINT, STOP_SECONDS), (signal.SIGQUIT, KILL_SECONDS)):
            pid = processes.server_pid(self.folders)
            if pid is None:
                return
            os.kill(pid, request)
            deadline = time.monotonic() + seconds
            while processes.is_our_server(pid, self.folders.data) and time.monotonic() < deadline:
                time.sleep(POLL_SECONDS)

    def _wait_for_running(self, deadline: float) -> bool:
        """Tell whether our server runs, once it has ended what it is at: starting or stopping."""
        while processes.server_pid(self.folders) is not None:
            if processes.answers(self.folders):
                return True
            self._check(deadline)
        if processes.answers(self.folders):
            raise ForeignServer(self.folders.socket, self.folders.data)
        return False

    def _start(self, settings: Mapping[str, str], deadline: float) -> None:
        """Start a new server; repeat while the backends of a killed one are still ending."""
        self._shorten_log()
        while True:
            processes.forget_dead_server(self.folders)
            already_said = self._log_size()
            pid = self._spawn(settings)
            if self._comes_up(pid, deadline):
                return
            said = self._log_from(already_said)
            if STILL_ENDING not in said:
                raise StartFailed(START, said)
            self._check(deadline)

    def _spawn(self, settings: Mapping[str, str]) -> int:
        options = [text for key, value in settings.items() for text in ("-c", f"{key}={value}")]
        # The data folder comes first: the process is known by it.
        where = ["-D", str(self.folders.data), "-k", str(self.folders.socket)]
        command = [self.binaries.program("postgres"), *where, *options]
        shell = ["/bin/sh", "-c", IN_BACKGROUND, "sh", str(self.folders.log), *command]
        started = run_as(self.account, shell)
        if started.returncode != 0:
            raise StartFailed(START, started.stderr)
        return int(started.stdout)

    def _comes_up(self, pid: int, deadline: float) -> bool:
        """Tell whether the new process takes connections; False when it has ended instead."""
        while runs(pid):
            if processes.answers(self.folders):
                return True
            self._check(deadline)
        return False

    def _check(self, deadline: float) -> None:
        if time.monotonic() > deadline:
            patience = f"It isn't ready after {START_SECONDS} s, but still at it:\n"
            raise StartFailed(START, patience + self._log_from(0))
        time.sleep(POLL_SECONDS)

    def _log_size(self) -> int:
        return self.folders.log.stat().st_size if self.folders.log.exists() else 0

    def _log_from(self, position: int) -> str:
        if not self.folders.log.exists():
            return ""
        return self.folders.log.read_bytes()[position:].decode(errors="replace")

    def _shorten_log(self) -> None:
        if self._log_size() > LARGEST_LOG_BYTES:
            self.folders.log.replace(self.folders.log.with_suffix(".log.old"))


def runs(pid: int) -> bool:
    """Tell whether a process runs: while it becomes another program its command line is empty."""
    for _ in range(LOOKS):
        if processes.command_line(pid):
            return True
        time.sleep(POLL_SECONDS)
    return False
