"""Atlases and their days' values in memory: loaded once, replaced when the revision moves."""

import asyncio
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol, TypeVar

from domain.atlas import Atlas
from domain.errors import Conflict, NotFound
from domain.ports import Aggregates, Observations
from domain.value import queries_for
from domain.view import View, day_of, end_of

DAYS_KEPT = 16
"""Days of one organization whose values are kept: today, and those that a page compares it with."""

TRIES = 10
"""How often a view is built again because somebody wrote meanwhile."""

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Revisions(Protocol):
    """Where atlases come from."""

    async def revision(self, organization_key: str) -> int | None:
        """Give the present revision; None where there is no such organization."""
        ...

    async def load(self, organization_key: str) -> Atlas | None:
        """Give the present Atlas."""
        ...


@dataclass(frozen=True, slots=True)
class _Day:
    """What a day's values are asked by."""

    today: date
    known_at: datetime | None


@dataclass(slots=True)
class _Held:
    """One organization in memory."""

    atlas: Atlas
    aggregates: OrderedDict[_Day, asyncio.Future[Aggregates | None]] = field(
        default_factory=OrderedDict[_Day, asyncio.Future[Aggregates | None]]
    )
    views: OrderedDict[tuple[_Day, datetime], View] = field(
        default_factory=OrderedDict[tuple[_Day, datetime], View]
    )


class AtlasCache:
    """The atlases asked for lately; the least recently used one leaves when it gets too many nodes.

    Every call asks the database for the revision, so a write anywhere is seen by the next read
    everywhere. An Atlas in use elsewhere lives on; it is frozen.
    """

    def __init__(self, atlases: Revisions, observations: Observations, *, max_nodes: int) -> None:
        """Hold nothing yet; `max_nodes` bounds the nodes of all atlases together."""
        self._atlases = atlases
        self._observations = observations
        self._max_nodes = max_nodes
        self._held: OrderedDict[str, _Held] = OrderedDict()
        self._loading: dict[str, asyncio.Lock] = {}

    async def current(self, organization_key: str) -> Atlas:
        """Give the Atlas at its present revision; NotFound where no organization has the key."""
        return (await self._fresh(organization_key)).atlas

    async def view(
        self,
        organization_key: str,
        *,
        now: datetime,
        as_of: date | None = None,
        known_at: datetime | None = None,
    ) -> View:
        """Give the Atlas with a day's values (None: the day of `now`), as known at a time.

        Equal arguments within a minute give the same View until the revision moves: what it
        remembers is shared, and its ages are at most a minute old.
        """
        for _ in range(TRIES):
            held = await self._fresh(organization_key)
            view = await self._view_of(held, now, as_of, known_at)
            if view is not None:
                return view
        message = f"The atlas of {organization_key!r} is written to without a pause."
        raise Conflict(message)

    async def _view_of(
        self, held: _Held, now: datetime, as_of: date | None, known_at: datetime | None
    ) -> View | None:
        """Give the view; None where the values may be newer than the Atlas they were asked for."""
        present = day_of(now, held.atlas)
        day = _Day(present if as_of is None else as_of, known_at)
        instant = now.replace(second=0, microsecond=0)
        if day.today != present:
            instant = end_of(day.today, held.atlas)
        aggregates = await self._values(held, day)
        if aggregates is None:
            return None
        if (day, instant) not in held.views:
            view = View(held.atlas, day.today, instant, aggregates, known_at)
            _keep(held.views, (day, instant), view)
        return held.views[day, instant]

    async def _fresh(self, key: str) -> _Held:
        revision = await self._atlases.revision(key)
        held = self._held.get(key)
        if held is not None and held.atlas.revision == revision:
            self._held.move_to_end(key)
            return held
        if revision is None:
            message = f"There is no organization with the key {key!r}."
            raise NotFound(message)
        async with self._loading.setdefault(key, asyncio.Lock()):
            return await self._loaded(key, revision)

    async def _loaded(self, key: str, revision: int) -> _Held:
        """Load unless somebody did while we waited; the newest of two concurrent loads stays."""
        held = self._held.get(key)
        if held is not None and held.atlas.revision >= revision:
            return held
        atlas = await self._atlases.load(key)
        if atlas is None:
            message = f"There is no organization with the key {key!r} any more."
            raise NotFound(message)
        held = self._held[key] = _Held(atlas)
        self._held.move_to_end(key)
        self._drop_least_used()
        return held

    def _drop_least_used(self) -> None:
        """Drop what was not used for longest; the one just loaded stays, however large."""
        while len(self._held) > 1 and self._size() > self._max_nodes:
            self._held.popitem(last=False)

    def _size(self) -> int:
        return sum(len(held.atlas.nodes) for held in self._held.values())

    async def _values(self, held: _Held, day: _Day) -> Aggregates | None:
        """Ask for all of a day's values in one statement, once for all who wait."""
        if day not in held.aggregates:
            task = asyncio.ensure_future(self._ask(held.atlas, day))
            _keep(held.aggregates, day, task)
            task.add_done_callback(lambda done: _forget_failure(held, day, done))
        held.aggregates.move_to_end(day)
        # Shielded: who stops waiting must not take the answer away from the others.
        return await asyncio.shield(held.aggregates[day])

    async def _ask(self, atlas: Atlas, day: _Day) -> Aggregates | None:
        """Give the values; None where the revision moved on while they were asked for."""
        queries = queries_for(atlas, day.today)
        answer = await self._observations.aggregate(
            atlas.organization.id, queries, known_at=day.known_at
        )
        revision = await self._atlases.revision(atlas.organization.key)
        return answer if revision == atlas.revision else None


def _keep(kept: OrderedDict[K, V], key: K, value: V) -> None:
    kept[key] = value
    while len(kept) > DAYS_KEPT:
        kept.popitem(last=False)


def _forget_failure(held: _Held, day: _Day, done: asyncio.Future[Aggregates | None]) -> None:
    if done.cancelled() or done.exception() is not None or done.result() is None:
        held.aggregates.pop(day, None)
