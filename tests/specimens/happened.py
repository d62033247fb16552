"""Facts written as what people did, for analytics: all begin, and where the fact is a 1, end."""

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import chain

from api.demo.vendors.analytics import Event
from journey_atlas_sdk import Grain
from journey_atlas_sdk.conformance import Fact, Golden, Known, World, fact

Recall = Callable[[datetime, datetime], Iterator[Event]]


def recalling(world: World, first: str, last: str) -> Recall:
    """Tell the facts as events of these two names; each fact is a visit of its own."""

    def recall(start: datetime, end: datetime) -> Iterator[Event]:
        return chain.from_iterable(_events(each, first, last) for each in world.between(start, end))

    return recall


def _events(each: Fact, first: str, last: str) -> list[Event]:
    names = (first, last) if each.value == "1" else (first,)
    visit = str(each.number)
    return [Event(name=name, user=each.who, at=each.at, visit=visit) for name in names]


def two_days(metric: str) -> Golden:
    """Give a day of 25 hours and the next one's first instant, as shares of those who ended."""
    return Golden(
        metric=metric,
        grain=Grain.DAY,
        known=(
            Known("2026-10-25", "0.5", sample_size=4, numerator="2", denominator="4"),
            Known("2026-10-26", "1", sample_size=1, numerator="1", denominator="1"),
        ),
        facts=(
            fact("2026-10-25T00:00", "1", number=1),
            fact("2026-10-25T02:30+02:00", "0", number=2),
            fact("2026-10-25T02:30+01:00", "0", number=3),
            fact("2026-10-25T23:59:59", "1", number=4),
            fact("2026-10-26T00:00", "1", number=5),
        ),
    )
