"""What code does besides computing: network, files, threads, programs, the environment."""

import inspect
import os
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final

_WRITES: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC
_CONNECT: Final = "socket.connect"
_NETWORK: Final = (_CONNECT, "socket.getaddrinfo", "socket.gethostbyname")
_PROGRAMS: Final = ("subprocess.Popen", "os.system", "os.exec", "os.fork", "os.posix_spawn")
_FILES: Final = ("os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.symlink", "os.truncate")
_LIBRARY: Final = str(Path(os.__file__).parent)

_ENVIRONMENT: Final = "environ"  # by its name: the kit itself reads nothing of it
_EVERY_THREAD: Final = 0  # no thread has this number

_open: Final[dict[int, list[str]]] = {}
"""What was seen, by the thread that is watched."""


@contextmanager
def watched(file: Path | None = None, *, every_thread: bool = False) -> Generator[list[str]]:
    """Watch this thread, or all of them, and list what they do in plain words.

    `file`: who reads the environment in it is noted too; None: nobody is.
    """
    _install()
    seen: list[str] = []
    thread = _EVERY_THREAD if every_thread else threading.get_ident()
    _open[thread] = seen
    environment, start = getattr(os, _ENVIRONMENT), threading.Thread.start
    setattr(os, _ENVIRONMENT, _Environment(environment, seen, file) if file else environment)
    threading.Thread.start = _told_start(start)  # type: ignore[method-assign, assignment]  # put back below
    try:
        yield seen
    finally:
        threading.Thread.start = start  # type: ignore[method-assign]  # as it was
        setattr(os, _ENVIRONMENT, environment)
        del _open[thread]


def _told_start(start: Callable[[threading.Thread], None]) -> Callable[[threading.Thread], None]:
    """Tell of threads: Python 3.11 raises no event for them."""

    def told(thread: threading.Thread) -> None:
        _note("starts a thread")
        start(thread)

    return told


@cache
def _install() -> None:
    """Listen to the interpreter; a hook can't be taken out again, so it is put in once."""
    sys.addaudithook(_hear)


def _hear(event: str, arguments: tuple[Any, ...]) -> None:  # Any: each event has its own
    if _open and (told := _told(event, arguments)):
        _note(told)


def _note(told: str) -> None:
    seen = _open.get(threading.get_ident(), _open.get(_EVERY_THREAD))
    if seen is not None:
        seen.append(told)


def _told(event: str, arguments: tuple[Any, ...]) -> str | None:
    if event == "open":
        path, mode, flags = arguments
        writes = (isinstance(mode, str) and set(mode) & set("wax+")) or (flags or 0) & _WRITES
        return f"writes {path}" if writes else None
    if event in _NETWORK:
        return f"asks the network for {arguments[1 if event == _CONNECT else 0]}"
    if event in _PROGRAMS:
        return f"starts a program ({event})"
    if event in _FILES:
        return f"changes the disk ({event} {arguments[0]})"
    return None


class _Environment(dict[str, str]):
    """The environment, and a note of who reads it."""

    def __init__(self, real: Any, seen: list[str], file: Path) -> None:  # noqa: ANN401 -- os's own class
        super().__init__(real)
        self._seen, self._file = seen, str(file)

    def __getitem__(self, name: str) -> str:
        self._note(name)
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:  # noqa: ANN401 -- as a dict's
        self._note(name)
        return super().get(name, default)

    def __contains__(self, name: object) -> bool:
        self._note(str(name))
        return super().__contains__(name)

    def _note(self, name: str) -> None:
        frame = inspect.currentframe()
        while frame and _is_between(frame.f_code.co_filename):
            frame = frame.f_back
        if frame and frame.f_code.co_filename == self._file:
            self._seen.append(f"reads the environment variable {name}")


def _is_between(file: str) -> bool:
    """Say whether a file is the kit's own or the standard library's: those ask for others."""
    is_installed = "site-packages" in file
    return file in (__file__, "<frozen os>") or (file.startswith(_LIBRARY) and not is_installed)


def files_of(folder: Path) -> dict[str, bytes]:
    """Give the files in a folder and below, to compare them with later."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
