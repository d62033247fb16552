"""What PostgreSQL is doing right now: its process, its socket, its pid file."""

import os
import re
import socket
import struct
import subprocess
from contextlib import suppress
from pathlib import Path

from storage.embedded.folders import SOCKET, Folders

DEAD_PID = 2**31 - 1  # above every system's highest process id
ANSWER_SECONDS = 5
PROTOCOL = 3 << 16
STARTING_OR_STOPPING = b"C57P03\0"


def server_pid(folders: Folders) -> int | None:
    """Give the pid in the pid file if that process is our postgres on our data, else None."""
    pid = _recorded_pid(folders.pid_file)
    return pid if pid is not None and is_our_server(pid, folders.data) else None


def is_our_server(pid: int, data: Path) -> bool:
    """Tell by its command line whether the process is a postgres on the data folder."""
    command = command_line(pid)
    program, _, arguments = command.partition(" -D ")
    return program.endswith("postgres") and f"{arguments} ".startswith(f"{data} ")


def command_line(pid: int) -> str:
    """Give the words of a process; empty where it is gone or only waits to be reaped."""
    listing = Path("/proc")
    if (listing / "self" / "cmdline").exists():
        with suppress(OSError):
            return (listing / str(pid) / "cmdline").read_text().replace("\0", " ").strip()
        return ""
    return subprocess.run(  # noqa: S603 - macOS and BSD have no /proc
        ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)],
        check=False,
        capture_output=True,
        text=True,
    ).stdout.strip()


def answers(folders: Folders) -> bool:
    """Tell whether a server takes connections on our socket; one that is still starting doesn't."""
    parameters = b"user\0postgres\0database\0postgres\0\0"
    greeting = struct.pack("!ii", 8 + len(parameters), PROTOCOL) + parameters
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(ANSWER_SECONDS)
        try:
            connection.connect(str(folders.socket / SOCKET))
            connection.sendall(greeting)
            reply = connection.recv(1024)
        except OSError:
            return False
    return reply != b"" and STARTING_OR_STOPPING not in reply


def forget_dead_server(folders: Folders) -> None:
    """Let the traces of a dead server name a dead process.

    Their pid may belong to a stranger by now, and PostgreSQL would take that for a running server.
    The pid file is rewritten, not deleted: its shared-memory line still keeps a second server off
    data on which backends of the first one live.
    """
    for trace in (folders.pid_file, folders.socket_lock):
        with suppress(FileNotFoundError):
            _name_dead_process(trace)


def _name_dead_process(trace: Path) -> None:
    # Root must not be led by a link to a file that the server's account can't write itself.
    descriptor = os.open(trace, os.O_RDWR | os.O_NOFOLLOW)
    with os.fdopen(descriptor, "r+") as file:
        rest = file.read().partition("\n")[2]
        file.seek(0)
        file.write(f"{DEAD_PID}\n{rest}")
        file.truncate()


def _recorded_pid(pid_file: Path) -> int | None:
    with suppress(OSError):
        number = re.match(r"-?(\d+)", pid_file.read_text())
        return int(number[1]) if number else None
    return None
