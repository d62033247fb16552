"""What the owner of processes, and root, may read of them: their words, and their environment."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Process:
    """A process as `ps` shows it to its owner and to root."""

    words: str
    environment: str


def running() -> list[Process]:
    """Look at all processes whose environment we may read."""
    found: list[Process] = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has just ended, or is somebody else's
            words, environment = (
                (folder / name).read_bytes().decode(errors="replace").replace("\0", " ")
                for name in ("cmdline", "environ")
            )
            found.append(Process(words, environment))
    return found
