"""The main program of a connector's process: calls come in, what they bring goes out.

It ends when its host closes the line between them, be it that the host was killed, and when it was
left idle.
"""

import asyncio
import os
import resource
import signal
import socket
import sys
import threading
import time
from collections.abc import Coroutine, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, cast

from journey_atlas_sdk.connector import (
    Connector,
    Delivery,
    Dirty,
    MetricSpec,
    Pending,
    PullRequest,
)
from journey_atlas_sdk.errors import ConnectorError
from journey_atlas_sdk.hosting import pulling
from journey_atlas_sdk.hosting.apart.failures import failure_of
from journey_atlas_sdk.hosting.apart.lent import Lent, lent_for
from journey_atlas_sdk.hosting.apart.messages import (
    FROM_CHILD,
    FROM_HOST,
    LENGTH,
    Answer,
    Call,
    Ended,
    Exchange,
    Failed,
    FromChild,
    FromHost,
    Gave,
    Item,
    Work,
    packed,
    spec_of,
)
from journey_atlas_sdk.hosting.apart.places import class_at
from journey_atlas_sdk.observations import Observation

IDLE_SECONDS: Final = 60.0
"""How long a child without work waits for some before it ends."""

GRACE_SECONDS: Final = 0.4
"""What work that nobody waits for any more is given, to stop what it has others do."""

_ITEMS_AT_ONCE: Final = 500

AnyConnector = Connector[Any]  # Any: each connector has settings of its own


def main(descriptor: int, memory_bytes: int) -> None:
    """Do what comes in through a socket until it is closed."""
    if sys.platform == "linux":  # elsewhere the limit can't be set, or counts something else
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    line = Line(socket.socket(fileno=descriptor))
    os.register_at_fork(after_in_child=line.close)  # whatever an author forks has no say
    asyncio.run(_live(line))


class Line:
    """The child's end; speaking blocks, so that a host who is busy holds the child up."""

    def __init__(self, line: socket.socket) -> None:
        """Take a socket over."""
        self._socket = line
        self._lock = threading.Lock()

    def say(self, message: FromChild) -> None:
        """Tell the host something; any thread may."""
        written = packed(FROM_CHILD.dump_json(message))
        with self._lock:
            self._socket.sendall(written)

    def heard(self) -> Iterator[FromHost]:
        """Give what the host says, until it is gone."""
        with self._socket.makefile("rb") as incoming:
            while length := incoming.read(LENGTH.size):
                yield FROM_HOST.validate_json(incoming.read(*LENGTH.unpack(length)))

    def close(self) -> None:
        """Close it."""
        self._socket.close()


async def _live(line: Line) -> None:
    desk = _Desk(line=line, loop=asyncio.get_running_loop())
    threading.Thread(target=_listen, args=(line, desk), daemon=True).start()
    await desk.is_closed.wait()
    os._exit(0)  # any other way out would wait for a driver's thread


def _listen(line: Line, desk: "_Desk") -> None:
    """Listen in a thread: an author's code that blocks the loop must not outlive its host."""
    try:
        for message in line.heard():
            desk.loop.call_soon_threadsafe(desk.hear, message)
    finally:
        desk.loop.call_soon_threadsafe(desk.hang_up)
        time.sleep(2 * GRACE_SECONDS)
        os.killpg(0, signal.SIGKILL)


@dataclass(slots=True, kw_only=True)
class _Desk:
    """Where calls come in, one at a time."""

    line: Line
    loop: asyncio.AbstractEventLoop
    is_closed: asyncio.Event = field(default_factory=asyncio.Event)
    _lent: Lent | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])
    _closing: asyncio.TimerHandle | None = None

    def __post_init__(self) -> None:
        """Wait for the first call."""
        self._close_in(IDLE_SECONDS)

    def hear(self, message: FromHost) -> None:
        """Do what the host wants."""
        match message:
            case Call():
                self._lent = lent_for(message, self.line.say)
                self._begin(_work(message, self._lent))
            case Answer() if self._lent:
                self._lent.hear(message)
            case Exchange() if self._lent:
                self._begin(self._lent.exchange(message))
            case _:
                pass  # it comes before any call

    def hang_up(self) -> None:
        """End all work."""
        self._close_in(GRACE_SECONDS if self._tasks else 0)
        if self._lent:
            self._lent.over = True
        for task in self._tasks:
            task.cancel()

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:  # Any: nothing is sent to it
        task = self.loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._end)
        self._close_in(None)

    def _end(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not self._tasks:
            self._close_in(IDLE_SECONDS)

    def _close_in(self, seconds: float | None) -> None:
        """Close after a while, unless something else is decided by then; None: never."""
        if self._closing:
            self._closing.cancel()
        self._closing = (
            None if seconds is None else self.loop.call_later(seconds, self.is_closed.set)
        )


async def _work(call: Call, lent: Lent) -> None:
    """Do a call's work, and tell what came of it, whatever that is."""
    try:
        items = await _brought(call, lent)
        for start in range(0, len(items), _ITEMS_AT_ONCE):
            lent.say(Gave(items=tuple(items[start : start + _ITEMS_AT_ONCE])))
        outcome: Ended | Failed = Ended()
    except ConnectorError as error:
        outcome = Failed(failure=failure_of(error))
    except BaseException as error:
        if isinstance(error, asyncio.CancelledError) and pulling.is_being_cancelled():
            raise
        bug = pulling.surprise(call.key, error, lent.redactor)
        outcome = Failed(failure=failure_of(bug))
    lent.over = True
    lent.say(outcome)


async def _brought(call: Call, lent: Lent) -> Sequence[Item]:
    # Any class that a host names is a connector's.
    kind = cast("type[AnyConnector]", class_at(call.connector))
    connector = kind(kind.info.settings.read(call.settings))
    match call.work, call.argument:
        case Work.PULL, PullRequest() as request:
            found = await pulling.gather(connector, request, lent)
            pulling.require_kinds(found, Observation, Pending, of="pull")
            return found
        case Work.CHECK, None:
            await connector.check(lent)
            return ()
        case Work.DISCOVER, None:
            specs = list(await connector.discover(lent))
            pulling.require_kinds(specs, MetricSpec, of="discover")
            return [spec_of(each) for each in specs]
        case Work.DESCRIBE, str() as metric:
            spec = await connector.describe(metric, lent)
            return () if spec is None else (spec_of(spec),)
        case Work.RECEIVE, Delivery() as delivery:
            told = await connector.receive(delivery, lent)
            pulling.require_kinds(told, Dirty, Observation, of="receive")
            return told
        case Work.BUDGET_KEY, None:
            key = connector.budget_key()
            return () if key is None else (key,)
        case _:
            message = f"{call.work} takes no {type(call.argument).__name__}."
            raise TypeError(message)
