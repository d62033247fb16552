"""Atlases and views in memory: loaded once a revision, replaced when it moved, bounded by nodes."""

from asyncio import Lock
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from domain.atlas import Atlas
from domain.errors import NotFound
from domain.ports import Aggregates, Observations
from domain.value import queries_for
from domain.view import View
from storage.atlases import StoredAtlases

DEFAULT_MAX_NODES = 500_000
VIEWS_PER_ATLAS = 32

# Derived numbers carry ages, which count from the view's instant, so a view can't be shared for
# ever. It may be that much older than asked for; whatever a source brings makes a new one at once,
# for it moves the revision.
VIEW_AGE = timedelta(minutes=1)

ViewKey = tuple[date, datetime | None]


@dataclass(slots=True)
class Held:
    """One organization's Atlas and the views of it that were asked for, latest last."""

    lock: Lock = field(default_factory=Lock)
    atlas: Atlas | None = None
    views: OrderedDict[ViewKey, View] = field(default_factory=OrderedDict[ViewKey, View])

    def remember(self, view: View) -> None:
        """Keep a view as the latest asked for; the one that nobody asked for longest leaves."""
        key = (view.today, view.known_at)
        self.views[key] = view
        self.views.move_to_end(key)
        if len(self.views) > VIEWS_PER_ATLAS:
            self.views.popitem(last=False)


class AtlasCache:
    """The present Atlas of each organization that was asked for, as far as `max_nodes` allow.

    One small SELECT a call asks for the revision. Whoever asks while an Atlas or a view is being
    made waits for it, so that it is made once. The least recently used organization leaves first.
    """

    def __init__(
        self,
        atlases: StoredAtlases,
        observations: Observations,
        *,
        max_nodes: int = DEFAULT_MAX_NODES,
    ) -> None:
        self._atlases = atlases
        self._observations = observations
        self._max_nodes = max_nodes
        self._held: OrderedDict[str, Held] = OrderedDict()

    async def current(self, organization_key: str) -> Atlas:
        """Give the organization's present Atlas; NotFound where there is no such organization."""
        revision = await self._revision(organization_key)
        held = self._hold(organization_key)
        async with held.lock:
            return await self._fresh(organization_key, held, revision)

    async def view(
        self,
        organization_key: str,
        *,
        today: date,
        instant: datetime,
        known_at: datetime | None = None,
    ) -> View:
        """Give the organization's present Atlas on a day, with the answers to all its questions.

        One statement asks for the values of a (revision, day, `known_at`). The same View comes
        again while `instant` is less than a minute after the one that it was made for.
        """
        revision = await self._revision(organization_key)
        held = self._hold(organization_key)
        async with held.lock:
            atlas = await self._fresh(organization_key, held, revision)
            view = held.views.get((today, known_at))
            if view is None or not timedelta(0) <= instant - view.instant < VIEW_AGE:
                answers = view.aggregates if view else await self._answers(atlas, today, known_at)
                view = View(
                    atlas=atlas,
                    today=today,
                    instant=instant,
                    aggregates=answers,
                    known_at=known_at,
                )
            held.remember(view)
            return view

    async def _revision(self, key: str) -> int:
        revision = await self._atlases.revision(key)
        if revision is None:
            self._held.pop(key, None)
            message = f"There is no organization with the key {key}."
            raise NotFound(message)
        return revision

    def _hold(self, key: str) -> Held:
        held = self._held.setdefault(key, Held())
        self._held.move_to_end(key)
        return held

    async def _fresh(self, key: str, held: Held, revision: int) -> Atlas:
        """Give the Atlas of at least that revision; the caller has the lock."""
        if held.atlas and held.atlas.revision > revision:
            # Loaded while this caller waited; or the database was set back.
            revision = await self._revision(key)
        if held.atlas is None or held.atlas.revision != revision:
            atlas = await self._atlases.load(key)
            if atlas is None:
                message = f"The organization {key} was removed."
                raise NotFound(message)
            held.atlas = atlas
            held.views.clear()
            self._make_room(key, held)
        return held.atlas

    def _make_room(self, key: str, newest: Held) -> None:
        self._held[key] = newest
        self._held.move_to_end(key)
        total = sum(len(each.atlas.nodes) for each in self._held.values() if each.atlas)
        while total > self._max_nodes and len(self._held) > 1:
            _, gone = self._held.popitem(last=False)
            total -= len(gone.atlas.nodes) if gone.atlas else 0

    async def _answers(self, atlas: Atlas, today: date, known_at: datetime | None) -> Aggregates:
        queries = queries_for(atlas, today)
        return await self._observations.aggregate(atlas.organization.id, queries, known_at=known_at)
