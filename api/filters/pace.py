"""How long an operation works before it lets others work, and looks whether it has to stop."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import TypeVar

from api.context import Reading
from domain.steps import Steps

T = TypeVar("T")

SLICE_SECONDS = 0.02
"""How long a slice of the work lasts."""

CLOCK_EVERY = 16
"""After how many linked nodes the clock is looked at."""

CHECK_EVERY = 256
"""After how many linked nodes the operation's deadline is looked at."""


class Pause(Exception):
    """A slice is over in the middle of a node; what was learned of its links is remembered."""


@dataclass(slots=True)
class Pace:
    """The clock of one operation's work: slices, and how many linked nodes a filter judged."""

    reading: Reading
    until: float = 0.0
    judged: int = 0
    judged_in_slice: int = 0

    def begin_slice(self) -> None:
        """Begin a slice."""
        self.until = self.reading.services.monotonic() + SLICE_SECONDS
        self.judged_in_slice = 0

    @property
    def is_over(self) -> bool:
        """Whether the slice is over."""
        return self.reading.services.monotonic() >= self.until

    def before_judging(self) -> None:
        """Raise Pause where the slice is over; each slice judges some nodes, so the work ends."""
        many = self.judged_in_slice > 0 and self.judged_in_slice % CLOCK_EVERY == 0
        if many and self.is_over:
            raise Pause

    def after_judging(self) -> None:
        """Count a linked node; raise Stopped at the operation's deadline."""
        self.judged += 1
        self.judged_in_slice += 1
        if self.judged % CHECK_EVERY == 0:
            self.reading.require_running()


def worked(steps: Steps[T], pace: Pace) -> T | Awaitable[T]:
    """Give what the steps come to; awaited where they take longer than a slice.

    Stopped at the operation's deadline.
    """
    done = _slice(steps, pace)
    return _rest(steps, pace) if done is None else done.value


async def _rest(steps: Steps[T], pace: Pace) -> T:
    done = None
    while done is None:
        await asyncio.sleep(0)
        done = _slice(steps, pace)
    result: T = done.value
    return result


def _slice(steps: Steps[T], pace: Pace) -> StopIteration | None:
    """Work for a while; give the end of the steps, which bears their result, if it was reached."""
    pace.begin_slice()
    try:
        while True:
            pace.reading.require_running()
            next(steps)
            if pace.is_over:
                return None
    except StopIteration as done:
        return done
