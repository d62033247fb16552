"""Visits, as semantic layers have them: what happened, and what it adds up to."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

P = TypeVar("P", bound=tuple[str, ...])


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened, with a number and somebody."""

    at: datetime
    value: Decimal = Decimal(1)
    who: str = "ada"
    channel: str | None = None


@dataclass(slots=True)
class Tally:
    """What the events of one place add up to, without keeping them."""

    count: int = 0
    total: Decimal = Decimal(0)
    people: set[str] = field(default_factory=set[str])

    def add(self, event: Event) -> None:
        """Count one more."""
        self.count += 1
        self.total += event.value
        self.people.add(event.who)


def tallied(events: Iterable[Event], place: Callable[[Event], P]) -> list[tuple[P, Tally]]:
    """Add events up by place, in its order."""
    found: dict[P, Tally] = {}
    for event in events:
        found.setdefault(place(event), Tally()).add(event)
    return sorted(found.items(), key=lambda each: each[0])
