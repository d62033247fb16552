"""The processes that connectors run in: started where one is needed, kept warm, ended for sure."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from pydantic import ValidationError

from journey_atlas_sdk.hosting.apart.messages import (
    FROM_CHILD,
    LENGTH,
    MOST_BYTES,
    FromChild,
)
from journey_atlas_sdk.hosting.apart.places import Place

MEMORY_BYTES: Final = 4 * 1024**3
"""What a child may reserve, unless its operator says otherwise."""

WARM_SECONDS: Final = 50.0
"""How long an idle child may be used again; a little later it ends by itself."""

KILL_SECONDS: Final = 0.6
"""When a child is killed that was told to end."""

WAITERS: Final = "apart"
"""The name of threads that wait for a child's end."""

_PIECE: Final = 256 * 1024

# The path stands in the arguments: the environment is empty, and the rest comes over the line.
_PROGRAM: Final = (
    "import sys; descriptor, memory, *sys.path = sys.argv[1:]; "
    "from journey_atlas_sdk.hosting.apart.child import main; main(int(descriptor), int(memory))"
)


class Gone(Exception):
    """The child ended, or speaks what nobody understands."""


class Child:
    """A process and the line to it; it is bound to no event loop."""

    def __init__(self, memory_bytes: int, when_gone: Callable[["Child"], None]) -> None:
        """Start it; `when_gone` is called from a thread."""
        self._when_gone = when_gone
        self._line, theirs = socket.socketpair()
        self._line.setblocking(False)  # noqa: FBT003 -- the standard library's
        self._heard = bytearray()
        self._is_gone = threading.Event()
        self.idle_since = 0.0
        options = ("-I", "-X", "utf8", "-c", _PROGRAM)
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 -- our own program
                [sys.executable, *options, str(theirs.fileno()), str(memory_bytes), *sys.path],
                env={},
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        threading.Thread(target=self._see_off, name=WAITERS, daemon=True).start()

    @property
    def is_gone(self) -> bool:
        """Whether it ended."""
        return self._is_gone.is_set()

    @property
    def is_warm(self) -> bool:
        """Whether it may be used once more: one that ended a moment ago can't."""
        return time.monotonic() - self.idle_since < WARM_SECONDS and self._is_silent()

    async def tell(self, written: bytes) -> None:
        """Tell it something, one thing at a time; whether anybody listens shows at `hear`."""
        with suppress(OSError):
            await asyncio.get_running_loop().sock_sendall(self._line, written)

    async def hear(self) -> FromChild:
        """Give what it says next; Gone where it says no more, or what can't be understood."""
        (length,) = LENGTH.unpack(await self._read(LENGTH.size))
        if length > MOST_BYTES:
            message = "it said more at once than anybody can want to hear"
            raise Gone(message)
        try:
            return FROM_CHILD.validate_json(await self._read(length))
        except (ValidationError, TypeError) as error:
            message = "what it said can't be understood"
            raise Gone(message) from error

    def cut(self) -> None:
        """Let it end at once, and kill it, with whatever it started, where it doesn't."""
        with suppress(OSError):  # it is gone already
            self._line.shutdown(socket.SHUT_RDWR)
        timer = threading.Timer(KILL_SECONDS, self._kill)
        timer.name, timer.daemon = WAITERS, True
        timer.start()

    def close(self) -> None:
        """Give the line back; nobody may be telling it anything or hearing it any more."""
        self._line.close()

    def end(self) -> None:
        """Let an idle one go."""
        self.cut()
        self.close()

    def _is_silent(self) -> bool:
        """Whether its line is open, with nothing to be read: not even the end of it."""
        try:
            self._line.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    async def _read(self, count: int) -> bytes:
        loop = asyncio.get_running_loop()
        while len(self._heard) < count:
            try:
                piece = await loop.sock_recv(self._line, _PIECE)
            except OSError:
                piece = b""
            if not piece:
                raise Gone(await self._end_of_it())
            self._heard += piece
        read = bytes(self._heard[:count])
        del self._heard[:count]
        return read

    async def _end_of_it(self) -> str:
        """Tell how it ended."""
        await asyncio.to_thread(self._is_gone.wait, KILL_SECONDS)
        code = self._process.returncode
        if code is None:
            return "it hung up"
        return f"it ended with the status {code}" if code >= 0 else _signalled(-code)

    def _see_off(self) -> None:
        """Wait for its end in a thread, so that no zombie stays, nor anything that it started."""
        self._process.wait()
        self._kill_group()
        self._is_gone.set()
        self._when_gone(self)

    def _kill(self) -> None:
        if not self.is_gone:
            self._kill_group()

    def _kill_group(self) -> None:
        with suppress(ProcessLookupError, PermissionError):  # nobody is left in it
            os.killpg(self._process.pid, signal.SIGKILL)


def _signalled(number: int) -> str:
    return f"it was ended by {signal.Signals(number).name}"


@dataclass(slots=True, kw_only=True)
class Children:
    """The children of one host; `memory_bytes` bounds each."""

    memory_bytes: int = MEMORY_BYTES
    _idle: dict[Place, list[Child]] = field(default_factory=dict[Place, list[Child]])

    def take(self, place: Place) -> Child:
        """Give a child that knows the class of that place already, or a new one."""
        idle = self._idle.get(place, [])
        while idle:
            child = idle.pop()
            if child.is_warm:
                return child
            child.end()
        return Child(self.memory_bytes, self._forget)

    def give_back(self, place: Place, child: Child) -> None:
        """Keep a child that has nothing to do."""
        if child.is_gone:
            child.close()
            return
        child.idle_since = time.monotonic()
        self._idle.setdefault(place, []).append(child)

    def close(self) -> None:
        """End those that are idle."""
        for idle in self._idle.values():
            while idle:
                idle.pop().end()

    def _forget(self, child: Child) -> None:
        """Let a child go that ended while it was idle; any other is let go by whoever has it."""
        for idle in list(self._idle.values()):
            with suppress(ValueError):
                idle.remove(child)
                child.close()
