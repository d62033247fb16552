"""Stop what a driver does for us when its time is over, or nobody waits for it any more.

For connectors whose source is not asked over HTTP; imported by its own name.
"""

import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from typing import Final

from journey_atlas_sdk.context import Context
from journey_atlas_sdk.errors import TransientError

_GLANCE_SECONDS: Final = 0.2


@contextmanager
def stopping(stop: Callable[[], object], context: Context, *, seconds: float) -> Generator[None]:
    """Call `stop`, again and again, once so many seconds are over or the call is cancelled.

    Goes around a driver's blocking work, inside of `context.blocking`; `stop` is called from
    another thread. Whatever the driver then raises becomes a TransientError.
    """
    is_done, is_stopped = threading.Event(), threading.Event()
    ends = time.monotonic() + seconds

    def watch() -> None:
        while not is_done.wait(_GLANCE_SECONDS):
            if context.cancelled() or time.monotonic() > ends:
                is_stopped.set()
                with suppress(Exception):  # the driver's own; its work ends or it doesn't
                    stop()

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    except Exception as error:
        if not is_stopped.is_set():
            raise
        message = f"The source did not answer within {seconds:g} seconds."
        raise TransientError(message) from error
    finally:
        is_done.set()
        watcher.join()
