"""All that listens to this server: bounded in number, and ended in order when it stops."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field

from api.errors import LimitExceeded


@dataclass(slots=True)
class Streams:
    """How many streams are open, and how many may be at most."""

    most: int
    is_ending: asyncio.Event = field(default_factory=asyncio.Event)
    open: int = 0

    @contextmanager
    def one_more(self) -> Generator[None]:
        """Count a stream while it is open; LimitExceeded where there are too many."""
        self.require_room()
        self.open += 1
        try:
            yield
        finally:
            self.open -= 1

    def require_room(self) -> None:
        """Raise LimitExceeded where no further stream can be opened."""
        if self.open >= self.most:
            seen = f"{self.open} streams are open"
            raise LimitExceeded(limit="streams", maximum=self.most, seen=seen)

    def end(self) -> None:
        """Let all streams end, and none begin to wait."""
        self.is_ending.set()
