"""An event loop whose time jumps to whatever comes next: an hour of waiting takes a moment.

`asyncio.sleep`, `asyncio.timeout` and the host's clock all follow it, so that a check sees real
deadlines and real waits without living through them. While a thread works the time stands still.
"""

import asyncio
import selectors
import time
from collections.abc import Callable, Coroutine, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar

T = TypeVar("T")

START: Final = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)
"""What the clocks show when a check begins."""

_PATIENCE: Final = 10.0
"""Real seconds for which a thread may do nothing before it is taken for stuck, and time goes on."""

_GLANCE: Final = 0.02
"""The same for a connector's own process that waits for a request, which waits in turn."""

_SLICE: Final = 0.5
_WORKING: Final = 0.005  # of processor time in a slice: whoever sleeps takes far less

_MICROSECOND: Final = 1e-6  # moments are rounded to it

_OWN_SELECTOR_KEYS: Final = 1  # the loop's own pipe, through which threads wake it


class VirtualLoop(asyncio.SelectorEventLoop):
    """Waits for threads and sockets in real time, for everything else not at all."""

    def __init__(self) -> None:
        """Begin at 0 seconds."""
        self._elapsed = 0.0
        self._threads = 0
        self.sleepers = 0
        super().__init__(_JumpingSelector(self))
        self._workers = ThreadPoolExecutor(thread_name_prefix="asyncio_")
        self.set_default_executor(self._workers)

    def time(self) -> float:
        """Give the seconds since the loop began."""
        return self._elapsed

    def jump(self, seconds: float) -> None:
        """Move the time on."""
        self._elapsed += seconds

    @property
    def is_waited_on(self) -> bool:
        """Whether a thread works for the loop."""
        return self._threads > 0

    def run_in_executor(  # type: ignore[override]  # the standard library's stubs differ by version
        self,
        executor: Any,  # noqa: ANN401 -- the standard library's own
        func: Callable[..., T],
        *args: Any,  # noqa: ANN401 -- handed on
    ) -> asyncio.Future[T]:
        """Run in a thread, and remember that one is at work."""
        self._threads += 1
        future = super().run_in_executor(executor, func, *args)
        future.add_done_callback(self._thread_is_done)
        return future

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:  # noqa: ASYNC109 -- the standard library's
        """Wait for no thread: one that is stuck would never end."""
        del timeout
        self._workers.shutdown(wait=False, cancel_futures=True)

    def _thread_is_done(self, _: object) -> None:
        self._threads -= 1


class _JumpingSelector(selectors.DefaultSelector):
    """Waits only where something outside the loop may wake it."""

    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        found = super().select(0)
        if found or timeout == 0:
            return found
        if timeout is None or self._loop.is_waited_on or len(self.get_map()) > _OWN_SELECTOR_KEYS:
            found = super().select(_GLANCE) if self._is_idle else self._wait()
        if not found and timeout is None:
            message = "Nothing is left that could end the waiting."
            raise RuntimeError(message)
        if not found and timeout is not None:
            self._loop.jump(timeout)
        return found

    @property
    def _is_idle(self) -> bool:
        """Whether all that could wake the loop is likely to wait for those who sleep in it."""
        files = len(self.get_map()) - _OWN_SELECTOR_KEYS
        return not self._loop.is_waited_on and self._loop.sleepers >= files

    def _wait(self) -> list[tuple[selectors.SelectorKey, int]]:
        """Wait in real time, as long as something works; give nothing where nothing does."""
        idle = 0.0
        while idle < _PATIENCE:
            before = time.process_time()
            if found := super().select(_SLICE):
                return found
            is_idle = time.process_time() - before < _WORKING
            idle = idle + _SLICE if is_idle else 0.0
        return []


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run work to its end in a loop of its own; what it leaves running is cancelled."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(work)


@contextmanager
def asleep() -> Generator[None]:
    """Tell the loop that somebody waits for nothing but the time."""
    loop = asyncio.get_running_loop()
    if not isinstance(loop, VirtualLoop):
        yield
        return
    loop.sleepers += 1
    try:
        yield
    finally:
        loop.sleepers -= 1


class LoopClock:
    """The host's clock, on the time of the loop in which it is made; any thread may read it."""

    def __init__(self, start: datetime = START) -> None:
        """Show `start` (aware) when the loop begins."""
        self._start = start
        self._loop = asyncio.get_running_loop()

    def now(self) -> datetime:
        """Give the moment that it is."""
        return self._start + timedelta(seconds=self._loop.time())

    def monotonic(self) -> float:
        """Give the seconds since the loop began."""
        return self._loop.time()

    async def sleep(self, seconds: float) -> None:
        """Let the time pass, by at least so much."""
        with asleep():
            await asyncio.sleep(seconds + _MICROSECOND)
