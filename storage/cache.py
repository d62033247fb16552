"""Atlases and views in memory: refreshed when the revision moved, bounded by nodes."""

from asyncio import Lock
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from typing import Protocol

from domain.atlas import Atlas
from domain.errors import NotFound
from domain.node import Kind, NodeId
from domain.ports import Aggregates, WindowQuery
from domain.value import queries_for
from domain.view import View, day_of, end_of
from storage.atlases import Questions, Reading, no_questions
from storage.beside import beside

DEFAULT_MAX_NODES = 500_000
VIEWS_PER_ATLAS = 32

# Derived numbers carry ages, which count from the view's instant, so a view can't be shared for
# ever. It may be that much older than asked for; whatever a source brings makes a new one at once,
# for it moves the revision.
VIEW_AGE = timedelta(minutes=1)

ViewKey = tuple[date, datetime | None]


class Snapshots(Protocol):
    """Where Atlases come from: a `storage.atlases.StoredAtlases`."""

    async def revision(self, organization_key: str) -> int | None:
        """Give the organization's present revision; None where there is no such organization."""
        ...

    async def read(
        self,
        organization_key: str,
        held: Atlas | None,
        questions: Questions = no_questions,
        *,
        known_at: datetime | None = None,
    ) -> Reading | None:
        """Give the present Atlas and its answers to `questions`, all of it from one moment."""
        ...


@dataclass(frozen=True, slots=True)
class Moment:
    """What a reader wants to see: a day (None: the present one), as known at a time."""

    now: datetime
    as_of: date | None
    known_at: datetime | None

    def key(self, atlas: Atlas) -> ViewKey:
        """Give what tells views of one Atlas apart."""
        return self.as_of or day_of(self.now, atlas), self.known_at

    def instant(self, atlas: Atlas) -> datetime:
        """Give what ages count from: now, or the end of a day that isn't the present one."""
        day, _ = self.key(atlas)
        return self.now if day == day_of(self.now, atlas) else end_of(day, atlas)


@dataclass(frozen=True, slots=True)
class Answers:
    """All answers for a (day, `known_at`), complete for the Atlas of one revision.

    `stale` are the sources that changed later, so that only those are asked again.
    """

    revision: int
    asked: frozenset[WindowQuery]
    aggregates: Aggregates
    stale: set[NodeId] = field(default_factory=set[NodeId])


@dataclass(slots=True)
class Held:
    """One organization's Atlas and what was asked of it, the latest asked last."""

    lock: Lock = field(default_factory=Lock)
    atlas: Atlas | None = None
    answers: OrderedDict[ViewKey, Answers] = field(default_factory=OrderedDict[ViewKey, Answers])
    views: dict[ViewKey, View] = field(default_factory=dict[ViewKey, View])

    def known(self, moment: Moment) -> Answers | None:
        """Give the answers of a moment, None where not all of them are known."""
        if self.atlas is None:
            return None
        answers = self.answers.get(moment.key(self.atlas))
        return answers if answers and answers.revision == self.atlas.revision else None

    def missing(
        self, queries: Sequence[WindowQuery], atlas: Atlas, moment: Moment
    ) -> Sequence[WindowQuery]:
        """Give which questions were never asked, or ask for sources that changed since."""
        answers = self.answers.get(moment.key(atlas))
        if answers is None:
            return queries
        stale = answers.stale | _changed_sources(self.atlas, atlas)
        return [each for each in queries if each.source in stale or each not in answers.asked]

    def move_to(self, atlas: Atlas) -> None:
        """Replace the Atlas; what is known of its values stays, save of sources that changed."""
        if atlas is self.atlas:
            return
        if self.atlas and self.atlas.revision > atlas.revision:
            self.answers.clear()  # set back: the revisions of these will come again
        changed = _changed_sources(self.atlas, atlas)
        for answers in self.answers.values():
            answers.stale.update(changed)
        self.views.clear()
        self.atlas = atlas

    def complete(self, queries: Sequence[WindowQuery], reading: Reading, moment: Moment) -> Answers:
        """Give the answers to all questions: those just read, and older ones that still hold."""
        key, asked = moment.key(reading.atlas), frozenset(queries)
        older = self.answers.get(key)
        before: Aggregates = older.aggregates if older else {}
        kept = asked.difference(reading.asked)
        aggregates = {query: answer for query, answer in before.items() if query in kept}
        answers = Answers(reading.atlas.revision, asked, {**aggregates, **reading.aggregates})
        self.answers[key] = answers
        return answers

    def view(self, atlas: Atlas, answers: Answers, moment: Moment) -> View:
        """Give the view of a moment as the latest asked for; the one asked longest ago leaves."""
        key, instant = moment.key(atlas), moment.instant(atlas)
        view = self.views.get(key)
        if view is None or not timedelta(0) <= instant - view.instant < VIEW_AGE:
            view = self.views[key] = View(
                atlas=atlas,
                today=key[0],
                instant=instant,
                aggregates=answers.aggregates,
                known_at=key[1],
            )
        self.answers.move_to_end(key)
        if len(self.answers) > VIEWS_PER_ATLAS:
            gone, _ = self.answers.popitem(last=False)
            self.views.pop(gone, None)
        return view


class AtlasCache:
    """The present Atlas of each organization that was asked for, as far as `max_nodes` allow.

    One small SELECT a call asks for the revision. Where that moved, or values are missing, all is
    read in one snapshot, so that an Atlas and its values are always of the same revision. Whoever
    asks meanwhile waits, so that it is read once. The least recently used organization leaves
    first.
    """

    def __init__(self, atlases: Snapshots, *, max_nodes: int = DEFAULT_MAX_NODES) -> None:
        self._atlases = atlases
        self._max_nodes = max_nodes
        self._held: OrderedDict[str, Held] = OrderedDict()

    async def current(self, organization_key: str) -> Atlas:
        """Give the organization's present Atlas; NotFound where there is no such organization."""
        revision = await self._revision(organization_key)
        held = self._hold(organization_key)
        async with held.lock:
            present = await self._present(organization_key, held, revision)
            return present or (await self._read(organization_key, held)).atlas

    async def view(
        self,
        organization_key: str,
        *,
        now: datetime,
        as_of: date | None = None,
        known_at: datetime | None = None,
    ) -> View:
        """Give the organization's present Atlas on a day, with the answers to all its questions.

        `as_of` None: the day that `now` falls into. One statement asks for what isn't known of a
        (day, `known_at`). The same View comes again for less than a minute.
        """
        moment = Moment(now, as_of, known_at)
        revision = await self._revision(organization_key)
        held = self._hold(organization_key)
        async with held.lock:
            atlas = await self._present(organization_key, held, revision)
            answers = held.known(moment)
            if atlas is None or answers is None:
                atlas, answers = await self._answered(organization_key, held, moment)
            return held.view(atlas, answers, moment)

    async def _revision(self, key: str) -> int:
        revision = await self._atlases.revision(key)
        if revision is None:
            raise self._missing(key)
        return revision

    def _missing(self, key: str) -> NotFound:
        self._held.pop(key, None)
        return NotFound(f"There is no organization with the key {key}.")

    def _hold(self, key: str) -> Held:
        held = self._held.setdefault(key, Held())
        self._held.move_to_end(key)
        return held

    async def _present(self, key: str, held: Held, revision: int) -> Atlas | None:
        """Give the held Atlas if it is of at least that revision; the caller has the lock."""
        if held.atlas and held.atlas.revision > revision:
            # Read while this caller waited; or the database was set back.
            revision = await self._revision(key)
        return held.atlas if held.atlas and held.atlas.revision == revision else None

    async def _answered(self, key: str, held: Held, moment: Moment) -> tuple[Atlas, Answers]:
        queries: list[WindowQuery] = []

        def questions(atlas: Atlas) -> Sequence[WindowQuery]:
            queries[:] = queries_for(atlas, moment.key(atlas)[0])
            return held.missing(queries, atlas, moment)

        reading = await self._read(key, held, questions, moment.known_at)
        complete = partial(held.complete, queries, reading, moment)
        return reading.atlas, await beside(complete, len(queries))

    async def _read(
        self,
        key: str,
        held: Held,
        questions: Questions = no_questions,
        known_at: datetime | None = None,
    ) -> Reading:
        reading = await self._atlases.read(key, held.atlas, questions, known_at=known_at)
        if reading is None:
            raise self._missing(key)
        held.move_to(reading.atlas)
        self._make_room(key, held)
        return reading

    def _make_room(self, key: str, newest: Held) -> None:
        self._held[key] = newest
        self._held.move_to_end(key)
        total = sum(len(each.atlas.nodes) for each in self._held.values() if each.atlas)
        while total > self._max_nodes and len(self._held) > 1:
            _, gone = self._held.popitem(last=False)
            total -= len(gone.atlas.nodes) if gone.atlas else 0


def _changed_sources(before: Atlas | None, after: Atlas) -> set[NodeId]:
    """Give the sources whose observations may have changed: a recording touches their record."""
    if before is None:
        return set()
    sources = after.by_kind.get(Kind.METRIC_SOURCE, ())
    if sources is before.by_kind.get(Kind.METRIC_SOURCE):
        return set()
    return {source.id for source in sources if before.nodes.get(source.id) is not source}
