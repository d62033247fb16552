"""How long a filter works before it lets others work."""

from dataclasses import dataclass

from api.context import Reading

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
    """The clock of one filter's work: slices, and how many linked nodes were judged."""

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
