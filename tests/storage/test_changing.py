"""A use case is planned on the present atlas and written with it, whoever else writes meanwhile."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.actions.changes import Changes, Planned
from domain.atlas import Atlas
from domain.errors import NotFound, Refused
from domain.goal import Goal
from storage.atlases import StoredAtlases
from storage.changing import Changing
from tests.builders import NOW, a_goal, an_atlas, an_organization, id_of
from tests.storage.records import changes

LATER = NOW + timedelta(hours=1)


async def loaded(atlases: StoredAtlases) -> Atlas:
    atlas = await atlases.load("norrhavn")
    assert atlas is not None
    return atlas


def one_letter_more(atlas: Atlas) -> Planned:
    goal = atlas.get(id_of("BG1"), Goal)
    longer = replace(goal, title=f"{goal.title}x", version=goal.version + 1)
    return planned(atlas, longer)


def planned(atlas: Atlas, node: Goal) -> Planned:
    written = Changes(organization=atlas.organization, base_revision=atlas.revision, nodes=[node])
    return Planned(changes=written, node=node)


async def test_plans_that_come_at_once_are_made_one_after_the_other(
    atlases: StoredAtlases,
) -> None:
    await atlases.apply(changes(a_goal(title="")), now=NOW)
    held = await loaded(atlases)

    await asyncio.gather(*(atlases.change(held, one_letter_more, now=LATER) for _ in range(8)))

    atlas = await loaded(atlases)
    assert atlas.get(id_of("BG1"), Goal).title == "x" * 8
    assert atlas.revision == 9


async def test_what_a_plan_refuses_writes_nothing(atlases: StoredAtlases) -> None:
    await atlases.apply(changes(a_goal()), now=NOW)

    def refuse(_: Atlas) -> Planned:
        message = "Not so."
        raise Refused(message)

    with pytest.raises(Refused, match="Not so"):
        await atlases.change(await loaded(atlases), refuse, now=LATER)

    assert await atlases.revision("norrhavn") == 1


async def test_a_plan_that_changes_nothing_moves_no_revision(atlases: StoredAtlases) -> None:
    await atlases.apply(changes(a_goal()), now=NOW)

    def keep(atlas: Atlas) -> Planned:
        nothing = Changes(organization=atlas.organization, base_revision=atlas.revision)
        return Planned(changes=nothing, node=atlas.get(id_of("BG1"), Goal))

    same = await atlases.change(await loaded(atlases), keep, now=LATER)

    assert same.node.title == "BG1"
    assert await atlases.revision("norrhavn") == 1


async def test_nothing_is_planned_for_an_organization_that_is_not_there(
    atlases: StoredAtlases,
) -> None:
    stranger = an_atlas()

    with pytest.raises(NotFound, match=f"no organization with the key {an_organization().key}"):
        await atlases.change(stranger, one_letter_more, now=LATER)


async def test_a_change_that_arrived_though_its_connection_was_lost_is_not_made_twice(
    atlases: StoredAtlases, engine: AsyncEngine
) -> None:
    await atlases.apply(changes(a_goal(title="")), now=NOW)
    changing = Changing(engine, await loaded(atlases), one_letter_more, LATER, id_of("this write"))

    first = await changing.run()
    again = await changing.run()

    assert again is first
    assert (await loaded(atlases)).get(id_of("BG1"), Goal).title == "x"
