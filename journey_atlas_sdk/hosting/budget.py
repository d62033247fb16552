"""How many requests may go to a source: what it allows, shared out by who waits for the answer.

A budget has a key: of a connection, or of the account that several share. Two numbers are kept:
what was spent within each limit's time, and who holds one of the places of its concurrency. The
arithmetic is plain functions, so that budgets in memory and in a database agree.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

from journey_atlas_sdk.connector import Limit
from journey_atlas_sdk.hosting.clock import Clock


class Lane(StrEnum):
    """Who waits: a reader, the schedule, or nobody in particular; from the first to the last."""

    INTERACTIVE = "INTERACTIVE"
    SCHEDULED = "SCHEDULED"
    BACKFILL = "BACKFILL"


PERCENT: Final[Mapping[Lane, int]] = {
    Lane.INTERACTIVE: 100,
    Lane.SCHEDULED: 70,
    Lane.BACKFILL: 10,
}
"""How much of a limit a lane and those after it may spend together: the shares are 30, 60 and 10,
and what is left of a later lane's share is an earlier one's, never the other way round."""

SLICES: Final = 60
"""Into how many slices a limit's time is cut: what was spent in a slice counts until its end is
out of the time, so that a million requests are 60 numbers. It errs on the source's side."""

PLACE_LASTS: Final = timedelta(seconds=30)
"""After which a place is free again whose holder gave no sign of life: he must have been killed."""

LOOK_AGAIN: Final = timedelta(milliseconds=100)
"""When to ask again for a place: nobody knows how long its holder needs."""

_LANES: Final = tuple(Lane)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Budgets(Protocol):
    """The budgets of all sources. Its calls are atomic, whoever else shares the budget."""

    async def take(
        self,
        key: str,
        limits: Sequence[Limit],
        *,
        lane: Lane,
        weight: int = 1,
        holder: str | None = None,
    ) -> timedelta:
        """Give how long to wait before one more request may go; zero: it is counted, and may go.

        `weight` multiplies that of each limit. `holder` names this request among all that there
        ever are: it holds a place of each limit's concurrency until it gives it back, or was not
        kept for `PLACE_LASTS`; None: it holds none. ValueError for a request that weighs more than
        a limit allows at all.
        """
        ...

    async def keep(self, key: str, holders: Collection[str]) -> None:
        """Let holders keep their places for another while; one that lost his gets none."""
        ...

    async def give_back(self, key: str, holder: str) -> None:
        """Free the place of a holder, if it has one."""
        ...

    async def pause(self, key: str, until: datetime) -> None:
        """Let nothing go before that moment; a longer pause that is already known stays."""
        ...

    async def paused_until(self, key: str) -> datetime | None:
        """Tell until when nothing may go; None: there is no pause."""
        ...


Spent = Mapping[tuple[datetime, Lane], int]
"""What lanes spent of a limit, by the end of the slice in which they did, in order of time."""


def end_of_slice(limit: Limit, now: datetime) -> datetime:
    """Give the end of the slice of a limit's time that a moment falls into."""
    length = timedelta(seconds=limit.seconds) / SLICES
    return _EPOCH + ((now - _EPOCH) // length + 1) * length


def wait_for_room(
    limit: Limit, spent: Spent, *, lane: Lane, weight: int, now: datetime
) -> timedelta:
    """Give how long until a request of that weight fits into a limit; zero: it fits now.

    ValueError where it can never fit.
    """
    if weight > limit.count:
        message = f"A request of weight {weight} doesn't fit into {limit}."
        raise ValueError(message)
    alive = still_counting(limit, spent, now)
    ends = [
        _end_of_excess(alive, lanes, weight - allowed)
        for lanes, allowed in _shares(limit.count, lane, at_least=weight)
    ]
    lasts = timedelta(seconds=limit.seconds)
    return max((end + lasts - now for end in ends if end), default=timedelta(0))


def still_counting(limit: Limit, spent: Spent, now: datetime) -> Spent:
    """Leave out what is out of the limit's time."""
    since = now - timedelta(seconds=limit.seconds)
    return {(end, lane): weight for (end, lane), weight in spent.items() if end > since}


def has_place(limit: Limit, held: Collection[Lane], lane: Lane) -> bool:
    """Say whether one more request may be under way beside those of the lanes in `held`."""
    if limit.concurrency is None:
        return True
    return all(
        sum(each in lanes for each in held) < allowed
        for lanes, allowed in _shares(limit.concurrency, lane, at_least=1)
    )


def _shares(count: int, lane: Lane, *, at_least: int) -> Iterator[tuple[Collection[Lane], int]]:
    """Give what bounds a lane: its own share and that of each lane before it, with who uses it.

    A small limit leaves every lane room for one request.
    """
    for position, each in enumerate(_LANES[: _LANES.index(lane) + 1]):
        yield _LANES[position:], max(count * PERCENT[each] // 100, at_least)


def _end_of_excess(spent: Spent, lanes: Collection[Lane], excess: int) -> datetime | None:
    """Give the end of the slice whose leaving makes room; None: there is room.

    `excess` is how much there would be too much of if nothing were spent: mostly negative.
    """
    ours = [(end, weight) for (end, lane), weight in spent.items() if lane in lanes]
    excess += sum(weight for _, weight in ours)
    last = None
    for end, weight in ours:
        if excess <= 0:
            break
        last, excess = end, excess - weight
    return last


@dataclass(slots=True)
class Account:
    """What is known of one budget: what every `Budgets` keeps of it, wherever that is.

    `places` are by holder, each with its lane and its end.
    """

    spent: dict[Limit, Spent] = field(default_factory=dict[Limit, Spent])
    places: dict[str, tuple[Lane, datetime]] = field(
        default_factory=dict[str, tuple[Lane, datetime]]
    )
    paused_until: datetime | None = None

    def take(
        self,
        limits: Sequence[Limit],
        *,
        lane: Lane,
        weight: int,
        holder: str | None,
        now: datetime,
    ) -> timedelta:
        """Give how long to wait before one more request may go; zero: it is counted."""
        if wait := self._wait(limits, lane=lane, weight=weight, now=now):
            return wait
        if holder is not None and not self._take_place(limits, holder, lane=lane, now=now):
            return LOOK_AGAIN
        for limit in limits:
            self._count(limit, lane=lane, weight=weight * limit.weight, now=now)
        return timedelta(0)

    def keep(self, holders: Collection[str], *, now: datetime) -> None:
        """Let holders keep their places for another while; one that lost his gets none."""
        for holder in self.places.keys() & set(holders):
            lane, _ = self.places[holder]
            self.places[holder] = (lane, now + PLACE_LASTS)

    def pause(self, until: datetime) -> None:
        """Let nothing go before that moment; a longer pause that is already known stays."""
        self.paused_until = max(self.paused_until or until, until)

    def _wait(
        self, limits: Sequence[Limit], *, lane: Lane, weight: int, now: datetime
    ) -> timedelta:
        waits = [
            wait_for_room(
                *(limit, self.spent.get(limit, {})),
                lane=lane,
                weight=weight * limit.weight,
                now=now,
            )
            for limit in limits
        ]
        return max(timedelta(0), (self.paused_until or now) - now, *waits)

    def _count(self, limit: Limit, *, lane: Lane, weight: int, now: datetime) -> None:
        alive, slice_ = (
            dict(still_counting(limit, self.spent.get(limit, {}), now)),
            end_of_slice(limit, now),
        )
        alive[slice_, lane] = alive.get((slice_, lane), 0) + weight
        self.spent[limit] = alive

    def _take_place(
        self, limits: Sequence[Limit], holder: str, *, lane: Lane, now: datetime
    ) -> bool:
        """Take a place of every limit that has places; False where one has none left."""
        self.places = {who: place for who, place in self.places.items() if place[1] > now}
        held = [lane for lane, _ in self.places.values()]
        if not all(has_place(limit, held, lane) for limit in limits):
            return False
        self.places[holder] = (lane, now + PLACE_LASTS)
        return True


class MemoryBudgets:
    """The budgets of one process. A `Budgets`."""

    def __init__(self, clock: Clock) -> None:
        """Keep nothing yet."""
        self._clock = clock
        self._accounts: defaultdict[str, Account] = defaultdict(Account)

    async def take(
        self,
        key: str,
        limits: Sequence[Limit],
        *,
        lane: Lane,
        weight: int = 1,
        holder: str | None = None,
    ) -> timedelta:
        """Give how long to wait before one more request may go; zero: it is counted."""
        now = self._clock.now()
        return self._accounts[key].take(limits, lane=lane, weight=weight, holder=holder, now=now)

    async def keep(self, key: str, holders: Collection[str]) -> None:
        """Let holders keep their places for another while; one that lost his gets none."""
        self._accounts[key].keep(holders, now=self._clock.now())

    async def give_back(self, key: str, holder: str) -> None:
        """Free the place of a holder, if it has one."""
        self._accounts[key].places.pop(holder, None)

    async def pause(self, key: str, until: datetime) -> None:
        """Let nothing go before that moment; a longer pause that is already known stays."""
        self._accounts[key].pause(until)

    async def paused_until(self, key: str) -> datetime | None:
        """Tell until when nothing may go; None: there is no pause."""
        until = self._accounts[key].paused_until
        return until if until is not None and until > self._clock.now() else None
