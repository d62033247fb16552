"""What fakes of analytics share: what people did, in days of the project's own time zone."""

from abc import ABC
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from api.demo.vendors.fake import Fake


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What a user did at a moment, and on which visit where the service knows visits."""

    name: str
    user: str
    at: datetime
    visit: str = ""


@dataclass(slots=True, kw_only=True)
class AnalyticsFake(Fake, ABC):
    """A service with one project; what a test changes in it holds from the next request on."""

    now: Callable[[], datetime]
    zone: ZoneInfo
    events: list[Event] = field(default_factory=list[Event])
    recall: Callable[[datetime, datetime], Iterable[Event]] | None = None
    """Gives the events of a span in order, where they are too many for a list."""
    requests: list[str] = field(default_factory=list[str])

    def today(self) -> date:
        """Give the project's today."""
        return self.now().astimezone(self.zone).date()

    def day_of(self, event: Event) -> date:
        """Give the project's day on which an event happened."""
        return event.at.astimezone(self.zone).date()

    def between(
        self, start: date, after: date, *, later: timedelta = timedelta(0)
    ) -> Iterable[Event]:
        """Give the events of the days from one to before another, and some time later, in order."""
        first, last = (datetime.combine(day, time.min, tzinfo=self.zone) for day in (start, after))
        if self.recall is not None:
            return self.recall(first, last + later)
        found = [event for event in self.events if first <= event.at < last + later]
        return sorted(found, key=lambda event: event.at)


def bucket_of(day: date, unit: str) -> date:
    """Give the first day of the bucket that a day falls into; weeks are ISO weeks.

    ValueError for another unit.
    """
    match unit:
        case "day":
            return day
        case "week":
            return day - timedelta(days=day.weekday())
        case "month":
            return day.replace(day=1)
        case "quarter":
            return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
        case "year":
            return day.replace(month=1, day=1)
        case _:
            raise ValueError(unit)


def buckets(first: date, last: date, unit: str) -> Iterator[tuple[date, date]]:
    """Cut the days from one to another, both counted in, into buckets, each with the day after.

    The first and the last may reach beyond.
    """
    start = bucket_of(first, unit)
    while start <= last:
        after = start + timedelta(days=1)
        while bucket_of(after, unit) == start:
            after += timedelta(days=1)
        yield start, after
        start = after
