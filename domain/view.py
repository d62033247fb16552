"""A view: an Atlas on a day, with that day's metric values; every number is computed from one."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeVar

from domain.atlas import Atlas
from domain.ports import Aggregates, WindowAggregate, WindowQuery

T = TypeVar("T")


MOST_REMEMBERED = 500_000
"""Numbers that one view remembers: parameters are a client's to choose, and have no end."""


@dataclass(frozen=True, slots=True)
class View:
    """An Atlas, the asked day, what the day's values are.

    `today` is the asked day in the organization's zone. `instant` is the moment that ages are
    counted from: the clock's now for the present day, the end of the day for an earlier one.
    `memo` remembers derived numbers by (function's name, node, parameters); it belongs to the view.
    """

    atlas: Atlas
    today: date
    instant: datetime
    aggregates: Aggregates = field(default_factory=dict[WindowQuery, WindowAggregate])
    known_at: datetime | None = None
    # Any: each function knows what it remembers
    memo: dict[Hashable, Any] = field(default_factory=dict[Hashable, Any])

    @property
    def end_of_today(self) -> datetime:
        """The instant at which the asked day is over, in UTC."""
        return end_of(self.today, self.atlas)


def remembered(view: View, key: Hashable, compute: Callable[[], T]) -> T:
    """Give what the view remembers under a key; compute and remember it the first time."""
    try:
        known: T = view.memo[key]
    except KeyError:
        if len(view.memo) >= MOST_REMEMBERED:
            view.memo.clear()
        known = view.memo[key] = compute()
    return known


def start_of(day: date, atlas: Atlas) -> datetime:
    """Give the instant, in UTC, at which a day of the organization begins."""
    return datetime.combine(day, time.min, tzinfo=atlas.organization.zone).astimezone(UTC)


def end_of(day: date, atlas: Atlas) -> datetime:
    """Give the instant, in UTC, at which a day of the organization is over."""
    return start_of(day + timedelta(days=1), atlas)


def day_of(moment: datetime, atlas: Atlas) -> date:
    """Give the organization's day that a moment falls into."""
    return moment.astimezone(atlas.organization.zone).date()
