"""Two writers and two readers in every order: a view is of one revision, and never an old one."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import pytest

from domain.actions.changes import Changes
from domain.atlas import Atlas
from domain.metric import Observation
from domain.node import Node
from domain.ports import Aggregates
from domain.refreshing import refreshed
from domain.value import queries_for
from storage.atlases import Questions, Reading, no_questions
from storage.cache import AtlasCache
from tests.builders import (
    NOW,
    TODAY,
    a_connection,
    a_cycle,
    a_goal,
    a_key_result,
    a_metric,
    a_source,
    an_objective,
    an_observation,
    an_organization,
)
from tests.fakes import FakeObservations, applied

ROUNDS = 100
METRICS = ("MT-1", "MT-2")
RECORDS: tuple[Node, ...] = (
    a_cycle(),
    a_connection(),
    a_goal(),
    *(a_metric(key) for key in METRICS),
    *(a_source(key) for key in METRICS),
    an_objective(),
    a_key_result(),
)


@dataclass(slots=True)
class Version:
    """What was there at one revision."""

    atlas: Atlas
    changes: Changes
    observations: tuple[Observation, ...] = ()

    def answers(self) -> Aggregates:
        return FakeObservations(self.observations).answers(queries_for(self.atlas, TODAY))


@dataclass(slots=True)
class FakeSnapshots:
    """A store whose every answer takes a while, in which others write."""

    chance: random.Random
    versions: list[Version] = field(default_factory=list[Version])

    def write(self, *nodes: Node, observed: Sequence[Observation] = ()) -> None:
        """Commit records and observations; a source that brought some is written with them."""
        before = self.versions[-1] if self.versions else None
        changes = Changes(
            organization=an_organization(), base_revision=len(self.versions), nodes=nodes
        )
        atlas = applied(before.atlas if before else None, changes)
        older = before.observations if before else ()
        kept = tuple(each for each in older if each.metric not in {o.metric for o in observed})
        self.versions.append(Version(atlas, changes, (*kept, *observed)))

    async def a_while(self) -> None:
        for _ in range(self.chance.randrange(4)):
            await asyncio.sleep(0)

    async def revision(self, organization_key: str) -> int | None:
        del organization_key
        await self.a_while()
        revision = len(self.versions)
        await self.a_while()
        return revision

    async def read(
        self,
        organization_key: str,
        held: Atlas | None,
        questions: Questions = no_questions,
        *,
        known_at: datetime | None = None,
    ) -> Reading | None:
        del organization_key, known_at
        await self.a_while()
        snapshot = list(self.versions)
        await self.a_while()
        atlas = self.since(held, snapshot) if held else snapshot[-1].atlas
        asked = questions(atlas)
        await self.a_while()
        answers = FakeObservations(snapshot[-1].observations).answers(asked)
        await self.a_while()
        return Reading(atlas=atlas, asked=asked, aggregates=answers)

    def since(self, held: Atlas, snapshot: Sequence[Version]) -> Atlas:
        if held.revision == len(snapshot):
            return held
        newer = snapshot[held.revision :]
        nodes = [node for version in newer for node in version.changes.nodes]
        return refreshed(held, replace(newer[-1].changes, nodes=nodes), len(snapshot))


async def write(store: FakeSnapshots, name: str) -> None:
    for number in range(3):
        await store.a_while()
        if store.chance.random() < 0.5:
            store.write(a_goal(title=f"{name} {number}"))
        else:
            metric = store.chance.choice(METRICS)
            value = an_observation(len(store.versions), metric=metric)
            store.write(a_source(metric), observed=[value])


async def read(store: FakeSnapshots, cache: AtlasCache) -> None:
    for _ in range(3):
        await store.a_while()
        asked_at = len(store.versions)
        view = await cache.view("norrhavn", now=NOW)
        version = store.versions[view.atlas.revision - 1]

        assert view.atlas.revision >= asked_at
        assert view.atlas.nodes == version.atlas.nodes
        assert view.aggregates == version.answers()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100))
async def test_no_order_of_events_mixes_revisions_or_hides_a_write(seed: int) -> None:
    for number in range(ROUNDS):
        chance = random.Random(f"{seed} {number}")  # noqa: S311 - a repeatable case, no secret
        store = FakeSnapshots(chance)
        store.write(*RECORDS)
        cache = AtlasCache(store)

        async with asyncio.TaskGroup() as tasks:
            for name in ("one", "two"):
                tasks.create_task(write(store, name))
                tasks.create_task(read(store, cache))
