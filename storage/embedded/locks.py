"""Who uses the server, counted by the kernel: its locks vanish with their holder, even by kill -9.

`flock` belongs to an open file, so that several leases of one process count apart.
"""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def only_one(path: Path) -> Generator[None]:
    """Let one holder at a time through; the others wait without limit."""
    lock = _open(path)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        _close(lock)


def join(path: Path) -> int:
    """Count the caller as one more user; give what `leave` takes."""
    lock = _open(path)
    fcntl.flock(lock, fcntl.LOCK_SH)
    return lock


def leave(lock: int) -> bool:
    """Stop counting this user; tell whether it was the last.

    Call it inside the lock under which others join, else somebody joins between answer and deed.
    """
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    else:
        return True
    finally:
        _close(lock)


def _open(path: Path) -> int:
    # Reading suffices for a lock, and a link put there by somebody else isn't followed.
    return os.open(path, os.O_RDONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)


def _close(lock: int) -> None:
    # Explicitly, because a forked child may hold a copy of the descriptor, and so the lock.
    fcntl.flock(lock, fcntl.LOCK_UN)
    os.close(lock)
