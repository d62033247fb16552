"""Run a program of the operator's: bounded in time and size, heard, and ended with its children.

For connectors whose source is another program (`context.program` gives its path); imported by its
own name. What it starts inherits nothing: no variable of the server's, no open file, no terminal.
"""

import os
import signal
import subprocess
import tempfile
import threading
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO, Final

from journey_atlas_sdk.context import Context
from journey_atlas_sdk.errors import ConfigError, DataError, TransientError
from journey_atlas_sdk.stopping import stopping

_LONGEST_LINE: Final = 10_000_000
_LONGEST_WHOLE: Final = 50_000_000
_LONGEST_SAID: Final = 1_000
_MOST_LOGGED: Final = 1_000
_LAST_WORDS: Final = 30
_LONGEST_MESSAGE: Final = 300


class ProgramFailed(TransientError):
    """A program ended with another code than 0; `exit_code` below 0 is the signal that ended it.

    `detail` is what it wrote last to stderr. Whoever knows the program may name it better.
    """

    def __init__(self, name: str, *, exit_code: int, said: str) -> None:
        """Tell the last line that the program wrote."""
        last = next((line for line in reversed(said.splitlines()) if line.strip()), "no reason")
        super().__init__(
            f"{name} ended with {exit_code}, saying: {last.strip()[:_LONGEST_MESSAGE]}", detail=said
        )
        self.exit_code = exit_code


@contextmanager
def workplace() -> Generator[Path]:
    """Lend a folder that its owner alone may read, and that goes with all that is in it."""
    with tempfile.TemporaryDirectory(prefix="atlas-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def write_private(file: Path, content: str) -> Path:
    """Write a new file that its owner alone may read, such as one with secrets; give it back."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="utf-8") as opened:  # noqa: PTH123 -- it is open already
        opened.write(content)
    return file


@contextmanager
def running(
    program: Path, arguments: Sequence[str], context: Context, *, folder: Path, seconds: float
) -> Generator[Iterator[bytes]]:
    """Start a program in `folder`, and lend the lines that it writes to stdout, as they come.

    Inside of `context.blocking`, for the walk blocks. The program is over when the block is, with
    all that it has started in its process group; also once so many seconds have passed or nobody
    waits, which is a TransientError. The walk ends with a ProgramFailed where the program failed,
    a DataError where a line is endless. stderr goes to the context's log. ConfigError where
    the program can't be started.
    """
    process = _started(program, arguments, folder)
    run = _Run(program.name, process, context)
    try:
        with stopping(run.kill, context, seconds=seconds):
            yield run.lines()
    finally:
        run.end()


def whole(lines: Iterable[bytes], *, most: int = _LONGEST_WHOLE) -> bytes:
    """Give all that a program writes, where it is one text; DataError for more bytes than that."""
    text = bytearray()
    for line in lines:
        text += line + b"\n"
        if len(text) > most:
            message = f"The program wrote more than {most:,} bytes."
            raise DataError(message)
    return bytes(text)


def _started(program: Path, arguments: Sequence[str], folder: Path) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(  # noqa: S603 -- a list, of a program that the operator chose
            [str(program), *arguments],
            cwd=folder,
            env=_environment(program, folder),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        message = f"{program.name} can't be started: {error.strerror}."
        raise ConfigError(message) from error


def _environment(program: Path, folder: Path) -> dict[str, str]:
    """Give what any program needs, and nothing of ours: the server's variables hold secrets."""
    return {
        "PATH": os.pathsep.join((str(program.parent), os.defpath)),
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
    }


@dataclass(slots=True)
class _Run:
    """A program at work, with one thread that hears it and one that waits for its end."""

    name: str
    process: subprocess.Popen[bytes]
    context: Context
    said: deque[str] = field(default_factory=partial(deque[str], maxlen=_LAST_WORDS))
    threads: list[threading.Thread] = field(init=False)

    def __post_init__(self) -> None:
        self.threads = [
            threading.Thread(target=work, daemon=True) for work in (self._listen, self._bury)
        ]
        for thread in self.threads:
            thread.start()

    def lines(self) -> Iterator[bytes]:
        """Walk what it writes, without the ends of lines; then see how it ended."""
        stdout = _pipe(self.process.stdout)
        while line := stdout.readline(_LONGEST_LINE):
            if len(line) == _LONGEST_LINE:
                message = f"{self.name} wrote a line of more than {_LONGEST_LINE:,} bytes."
                raise DataError(message)
            yield line.rstrip(b"\r\n")
        self._join()
        if self.process.returncode:
            exit_code, said = self.process.returncode, "\n".join(self.said)
            raise ProgramFailed(self.name, exit_code=exit_code, said=said)

    def kill(self) -> None:
        """End it and its children at once, unless it is buried: its number may be another's."""
        if self.process.returncode is None:
            self._kill_group()

    def end(self) -> None:
        """Leave nothing of it behind."""
        self.kill()
        self._join()
        _pipe(self.process.stdout).close()
        _pipe(self.process.stderr).close()

    def _join(self) -> None:
        for thread in self.threads:
            thread.join()

    def _bury(self) -> None:
        """Wait for its end, then end the children that it left: they'd hold its pipes open."""
        self.process.wait()
        self._kill_group()

    def _kill_group(self) -> None:
        with suppress(ProcessLookupError, PermissionError):  # macOS's word for a group of the dead
            os.killpg(self.process.pid, signal.SIGKILL)

    def _listen(self) -> None:
        """Log what it says, up to a bound, and remember its last words."""
        stderr, count = _pipe(self.process.stderr), 0
        while line := stderr.readline(_LONGEST_SAID):
            told = line.decode(errors="replace").rstrip()
            self.said.append(told)
            count += 1
            if count <= _MOST_LOGGED:
                self.context.log.info("%s: %s", self.name, told)
        if count > _MOST_LOGGED:
            more = count - _MOST_LOGGED
            self.context.log.warning("%s said %d lines more, not logged", self.name, more)


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None, "each of its streams is a pipe"  # noqa: S101 -- for the checkers
    return stream
