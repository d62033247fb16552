"""Names the plugin that blocks the event loop: while it does, the whole process stands still."""

import asyncio
import inspect
import logging
import sys
import threading
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import Final

from plugins.registry import RegisteredConnector, Registry

PATIENCE_SECONDS: Final = 1.0
"""How long the event loop may stand still before it is looked who holds it."""

TICKS_PER_PATIENCE: Final = 4

Files = dict[str, list[RegisteredConnector]]

_log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class Watchdog:
    """Watches the running event loop from a thread of its own."""

    registry: Registry
    patience_seconds: float = PATIENCE_SECONDS
    _ticked_at: float = 0.0
    _is_over: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def watching(self) -> Generator[None]:
        """Watch for as long as it is open."""
        loop = asyncio.get_running_loop()
        files = _files(self.registry)
        thread = threading.Thread(
            target=self._watch, args=(threading.get_ident(), files), daemon=True, name="watchdog"
        )
        self._tick(loop)
        thread.start()
        try:
            yield
        finally:
            self._is_over.set()

    def _tick(self, loop: asyncio.AbstractEventLoop) -> None:
        self._ticked_at = time.monotonic()
        if not self._is_over.is_set():
            loop.call_later(self._interval, self._tick, loop)

    @property
    def _interval(self) -> float:
        return self.patience_seconds / TICKS_PER_PATIENCE

    def _watch(self, watched: int, files: Files) -> None:
        told = 0.0
        while not self._is_over.wait(self._interval):
            ticked_at = self._ticked_at
            if ticked_at != told and time.monotonic() - ticked_at > self.patience_seconds:
                told = ticked_at  # once for each time that it stands still
                frame = sys._current_frames().get(watched)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]  # documented for debuggers
                if frame is not None:
                    self._name(frame, files)

    def _name(self, frame: FrameType, files: Files) -> None:
        calls = list(_stack(frame))
        file, line = next((call for call in calls if call[0] in files), calls[0])
        where = (self.patience_seconds, file, line)
        if file not in files:
            _log.warning("The process stands still for more than %g s at %s:%d", *where)
            return
        one, keys = files[file][0], [each.info.key for each in files[file]]
        _log.error(
            "Connector %s of %s (%s) blocks the process for more than %g s at %s:%d; "
            "`atlas connector off %s` keeps it from being asked",
            *(" or ".join(keys), one.plugin, one.origin, *where, "|".join(keys)),
        )


def _files(registry: Registry) -> Files:
    """Give the connectors by their source files, of which one may hold several."""
    files: Files = {}
    for connector in registry.connectors.values():
        try:
            file = inspect.getsourcefile(connector.connector)
        except TypeError:  # made without a file
            continue
        if file is not None:
            files.setdefault(file, []).append(connector)
    return files


def _stack(frame: FrameType | None) -> Iterator[tuple[str, int]]:
    """Give file and line of each call, the innermost first."""
    while frame is not None:
        yield frame.f_code.co_filename, frame.f_lineno
        frame = frame.f_back
