"""What vendors count requests with: windows by the clock, and windows that slide."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass(slots=True, kw_only=True)
class ClockMeter:
    """Allows `count` requests in each window of `seconds`; windows begin at multiples of it."""

    count: int
    seconds: int
    used: int = 0
    window: int = -1

    def take(self, now: datetime) -> bool:
        """Count a request; False where it is one too many, which isn't counted."""
        window = int(now.timestamp()) // self.seconds
        if window != self.window:
            self.window, self.used = window, 0
        if self.used >= self.count:
            return False
        self.used += 1
        return True

    @property
    def remaining(self) -> int:
        """How many requests are left in the window."""
        return self.count - self.used

    def reset(self, now: datetime) -> int:
        """Give the seconds until the next window, at least one."""
        return self.seconds - int(now.timestamp()) % self.seconds


@dataclass(slots=True, kw_only=True)
class SlidingMeter:
    """Allows as much weight in any span of `seconds` as `count` says."""

    count: int
    seconds: int
    taken: deque[tuple[datetime, int]] = field(default_factory=deque[tuple[datetime, int]])

    def take(self, now: datetime, weight: int = 1) -> bool:
        """Count a request; False where it is too much, which isn't counted."""
        while self.taken and self.taken[0][0] <= now - timedelta(seconds=self.seconds):
            self.taken.popleft()
        if self.used + weight > self.count:
            return False
        self.taken.append((now, weight))
        return True

    @property
    def used(self) -> int:
        """The weight that counts at present."""
        return sum(weight for _, weight in self.taken)

    def reset(self, now: datetime) -> int:
        """Give the seconds until the oldest request no longer counts, at least one."""
        if not self.taken:
            return 1
        left = self.taken[0][0] + timedelta(seconds=self.seconds) - now
        return max(1, -(-left // timedelta(seconds=1)))
