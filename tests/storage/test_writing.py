"""Changes are written all or not at all, on the revision they were made on, for one tenant."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.actions.changes import Changes
from domain.atlas import Atlas
from domain.errors import Conflict, InvalidRecord, NotFound
from domain.goal import Goal
from domain.links import Link, Relation
from domain.node import Node, OrganizationId
from storage.atlases import StoredAtlases
from storage.tables import links, nodes, organizations
from tests.builders import (
    NOW,
    Fields,
    a_cycle,
    a_goal,
    a_journey,
    a_link,
    a_solution,
    a_step,
    an_objective,
    an_opportunity,
    an_organization,
    id_of,
)
from tests.storage.records import a_neighbour, changes

LATER = NOW + timedelta(hours=1)


async def loaded(atlases: StoredAtlases, key: str = "norrhavn") -> Atlas:
    atlas = await atlases.load(key)
    assert atlas is not None
    return atlas


async def test_each_apply_moves_the_revision_by_one(atlases: StoredAtlases) -> None:
    assert await atlases.apply(changes(a_goal()), now=NOW) == 1
    assert await atlases.apply(changes(a_journey(), base=1), now=NOW) == 2

    assert await atlases.revision("norrhavn") == 2
    assert (await loaded(atlases)).revision == 2


@pytest.mark.parametrize(
    "unkept",
    [
        pytest.param({"title": "a\0b"}, id="NUL in a text"),
        pytest.param({"custom_fields": {"note": "a\0b"}}, id="NUL in JSON"),
        pytest.param(
            {"key": "".join(map(chr, range(0x4E00, 0x6200)))}, id="too long for the index"
        ),
    ],
)
async def test_what_no_column_can_hold_is_refused_in_words(
    atlases: StoredAtlases, unkept: dict[str, Fields]
) -> None:
    with pytest.raises(InvalidRecord, match="can't keep a value"):
        await atlases.apply(changes(a_goal(**unkept)), now=NOW)


async def test_changes_on_an_older_revision_are_refused_and_change_nothing(
    atlases: StoredAtlases,
) -> None:
    await atlases.apply(changes(a_goal()), now=NOW)
    await atlases.apply(changes(a_goal(title="mine"), base=1), now=NOW)

    with pytest.raises(Conflict, match="at revision 2, but the changes were made on revision 1"):
        await atlases.apply(changes(a_goal(title="yours"), base=1), now=NOW)

    atlas = await loaded(atlases)
    assert atlas.nodes[id_of("BG1")].title == "mine"
    assert atlas.revision == 2


async def test_an_organization_is_made_once(atlases: StoredAtlases) -> None:
    await atlases.apply(changes(), now=NOW)

    with pytest.raises(Conflict, match="exists already"):
        await atlases.apply(changes(), now=NOW)


async def test_two_organizations_cant_have_one_key(atlases: StoredAtlases) -> None:
    await atlases.apply(changes(), now=NOW)
    namesake = an_organization(id=OrganizationId(id_of("somebody else")))

    with pytest.raises(Conflict, match="An organization with this key exists already"):
        await atlases.apply(changes(organization=namesake), now=NOW)


async def test_changes_to_an_organization_that_isnt_there_are_refused(
    atlases: StoredAtlases,
) -> None:
    with pytest.raises(NotFound, match="no organization norrhavn"):
        await atlases.apply(changes(base=3), now=NOW)


async def test_of_many_writers_at_once_one_wins_each_revision(atlases: StoredAtlases) -> None:
    await atlases.apply(changes(), now=NOW)

    results = await asyncio.gather(
        *(atlases.apply(changes(a_goal(f"G{n}"), base=1), now=NOW) for n in range(5)),
        return_exceptions=True,
    )

    assert sorted(type(result).__name__ for result in results) == ["Conflict"] * 4 + ["int"]
    assert len((await loaded(atlases)).nodes) == 1


GOAL, STEP = a_goal(), a_step()

REFUSALS = [
    pytest.param([a_goal(id=id_of("other"))], [], Conflict, "same key.*BG1", id="key taken"),
    pytest.param([an_objective()], [], NotFound, "fk_objectives_cycle_id", id="no such cycle"),
    pytest.param(
        [an_objective(cycle="BG1")], [], NotFound, "fk_objectives_cycle_id", id="a goal as cycle"
    ),
    pytest.param(
        [a_goal("G2", owner=id_of("BG1"))], [], NotFound, "fk_nodes_owner_id", id="a goal as owner"
    ),
    pytest.param(
        [a_journey("J2", personas=(id_of("BG1"),))],
        [],
        NotFound,
        "fk_node_personas_persona_id",
        id="a goal as persona",
    ),
    pytest.param(
        [a_journey("other", id=id_of("BG1"))], [], NotFound, "fk_journeys_id", id="another kind"
    ),
    pytest.param([a_step("S2", emotion=3)], [], InvalidRecord, "ck_steps_emotion", id="emotion 3"),
    pytest.param(
        [a_cycle("C", start=NOW.date(), end=NOW.date() - timedelta(days=1))],
        [],
        InvalidRecord,
        "ck_cycles_period",
        id="a cycle backwards",
    ),
    pytest.param(
        [], [a_link("BG1", Relation.SERVED_BY, "nothing")], NotFound, "link", id="no such target"
    ),
    pytest.param(
        [], [a_link("BG1", Relation.HAS_STEP, "upload")], InvalidRecord, "ck_links_legal", id="goal"
    ),
    pytest.param(
        [a_goal("G2")],
        [a_link("BG1", Relation.HAS_SUB_GOAL, "G2", weight=Decimal(1))],
        InvalidRecord,
        "ck_links_weight",
        id="a weight on structure",
    ),
    pytest.param(
        [a_journey("J1"), a_journey("J2")],
        [a_link("J1", Relation.HAS_STEP, "upload"), a_link("J2", Relation.HAS_STEP, "upload")],
        Conflict,
        "already hangs under another",
        id="a step under two journeys",
    ),
    pytest.param(
        [a_cycle(), an_objective(), a_goal("G2")],
        [
            a_link("O1", Relation.ANCHORED_ON, "BG1"),
            a_link("O1", Relation.ANCHORED_ON, "G2"),
        ],
        Conflict,
        "already has another target",
        id="two anchors",
    ),
]


@pytest.mark.parametrize(("records", "linked", "error", "message"), REFUSALS)
async def test_what_the_database_refuses_is_told_in_the_domains_words_and_leaves_no_trace(
    atlases: StoredAtlases,
    records: Sequence[Node],
    linked: Sequence[Link],
    error: type[Exception],
    message: str,
) -> None:
    await atlases.apply(changes(GOAL, STEP), now=NOW)
    before = await loaded(atlases)

    with pytest.raises(error, match=message):
        await atlases.apply(changes(a_goal("first"), *records, base=1, links=linked), now=NOW)

    after = await loaded(atlases)
    assert after.nodes == before.nodes
    assert after.revision == before.revision


async def test_a_write_that_arrived_although_its_connection_was_lost_is_not_repeated(
    engine: AsyncEngine,
) -> None:
    # The second call is what the retry does that doesn't know of the first one's commit.
    atlases = StoredAtlases(engine, token=lambda: id_of("this write"))
    first = await atlases.apply(changes(a_goal()), now=NOW)

    second = await atlases.apply(changes(a_goal()), now=LATER)

    assert (first, second) == (1, 1)


async def test_created_at_stays_what_it_was_first(atlases: StoredAtlases) -> None:
    await atlases.apply(changes(a_goal()), now=NOW)

    changed = a_goal(title="New", created_at=LATER, updated_at=LATER, version=2)
    await atlases.apply(changes(changed, base=1), now=LATER)

    assert (await loaded(atlases)).nodes[id_of("BG1")] == replace(changed, created_at=NOW)


async def test_what_changed_bears_the_revision_that_changed_it(
    atlases: StoredAtlases, engine: AsyncEngine
) -> None:
    link = a_link("BG1", Relation.SERVED_BY, "MJ1")
    await atlases.apply(changes(a_goal(), a_journey()), now=NOW)
    await atlases.apply(changes(a_goal(title="New"), base=1, links=[link]), now=NOW)
    await atlases.apply(changes(a_step(), base=2), now=NOW)

    async with engine.connect() as connection:
        stamped = (await connection.execute(select(nodes.c.key, nodes.c.revision))).all()
        linked = (await connection.execute(select(links.c.revision))).scalars().all()
    assert {row[0]: row[1] for row in stamped} == {"BG1": 2, "MJ1": 1, "upload": 3}
    assert linked == [2]


async def test_an_unlinked_link_is_gone_but_leaves_a_mark_at_its_revision(
    atlases: StoredAtlases, engine: AsyncEngine
) -> None:
    link = a_link("BG1", Relation.SERVED_BY, "MJ1")
    await atlases.apply(changes(a_goal(), a_journey(), links=[link]), now=NOW)

    await atlases.apply(changes(base=1, unlinked=[link]), now=NOW)

    assert (await loaded(atlases)).links_from(id_of("BG1"), Relation.SERVED_BY) == ()
    async with engine.connect() as connection:
        marks = (await connection.execute(select(links.c.is_removed, links.c.revision))).all()
    assert [tuple(mark) for mark in marks] == [(True, 2)]


async def test_a_link_can_come_back_and_unlinking_a_missing_one_does_no_harm(
    atlases: StoredAtlases,
) -> None:
    link = a_link("BG1", Relation.SERVED_BY, "MJ1", position=1)
    await atlases.apply(changes(a_goal(), a_journey(), links=[link]), now=NOW)
    await atlases.apply(changes(base=1, unlinked=[link]), now=NOW)
    await atlases.apply(changes(base=2, unlinked=[link]), now=NOW)

    again = replace(link, position=7)
    await atlases.apply(changes(base=3, links=[again]), now=NOW)

    assert (await loaded(atlases)).links_from(id_of("BG1"), Relation.SERVED_BY) == (again,)


async def test_a_step_moves_to_another_journey_in_one_change(atlases: StoredAtlases) -> None:
    here, there = (a_link(key, Relation.HAS_STEP, "upload") for key in ("J1", "J2"))
    await atlases.apply(changes(a_journey("J1"), a_journey("J2"), a_step(), links=[here]), now=NOW)

    await atlases.apply(changes(base=1, unlinked=[here], links=[there]), now=NOW)

    assert (await loaded(atlases)).links_to(id_of("upload"), Relation.HAS_STEP) == (there,)


async def test_tenants_with_the_same_ids_and_keys_dont_see_each_other(
    atlases: StoredAtlases,
) -> None:
    link = a_link("S1", Relation.ADDRESSES, "OP1")
    ours = changes(a_solution(title="ours"), an_opportunity(), links=[link])
    theirs = changes(
        a_solution(title="theirs"), an_opportunity(), links=[link], organization=a_neighbour()
    )
    await atlases.apply(ours, now=NOW)
    await atlases.apply(theirs, now=NOW)

    await atlases.apply(changes(base=1, unlinked=[link]), now=NOW)

    mine, other = await loaded(atlases), await loaded(atlases, "neighbour")
    assert mine.nodes[id_of("S1")].title == "ours"
    assert other.nodes[id_of("S1")].title == "theirs"
    assert mine.links_from(id_of("S1"), Relation.ADDRESSES) == ()
    assert other.links_from(id_of("S1"), Relation.ADDRESSES) == (link,)
    assert (mine.revision, other.revision) == (2, 1)


def pair(title: str, base: int) -> Changes:
    return changes(a_goal(title=title), a_solution(title=title), base=base)


async def test_a_load_sees_one_moment_while_others_write(atlases: StoredAtlases) -> None:
    await atlases.apply(pair("0", 0), now=NOW)

    async def write() -> None:
        for revision in range(1, 30):
            await atlases.apply(pair(str(revision), revision), now=NOW)

    async def read() -> list[tuple[int, str, str]]:
        seen: list[tuple[int, str, str]] = []
        while not seen or seen[-1][0] < 30:
            atlas = await loaded(atlases)
            titles = (atlas.get(id_of("BG1"), Goal).title, atlas.nodes[id_of("S1")].title)
            seen.append((atlas.revision, *titles))
        return seen

    _, first, second = await asyncio.gather(write(), read(), read())

    for revision, goal, solution in [*first, *second]:
        assert (goal, solution) == (str(revision - 1), str(revision - 1))


async def test_a_connection_killed_in_the_middle_is_replaced_and_the_work_done_once(
    atlases: StoredAtlases, engine: AsyncEngine
) -> None:
    await atlases.apply(changes(a_goal()), now=NOW)

    async with engine.connect() as blocker:
        await blocker.execute(select(nodes.c.id).where(nodes.c.key == "BG1").with_for_update())
        writing = asyncio.create_task(atlases.apply(pair("new", 1), now=NOW))
        await killed_while_waiting(engine)
        await blocker.rollback()
        revision = await writing

    assert revision == 2
    assert {node.title for node in (await loaded(atlases)).nodes.values()} == {"new"}


async def killed_while_waiting(engine: AsyncEngine) -> None:
    """Terminate the one backend that waits for a lock, as soon as there is one."""
    waiting = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    async with engine.connect() as connection:
        for _ in range(500):
            if (await connection.exec_driver_sql(waiting)).scalars().all():
                return
            await connection.rollback()  # a transaction sees the same activity until its end
            await asyncio.sleep(0.01)
    pytest.fail("nobody waited for the lock")


async def test_a_cancelled_write_leaves_nothing(
    atlases: StoredAtlases, engine: AsyncEngine
) -> None:
    await atlases.apply(changes(a_goal()), now=NOW)

    async with engine.connect() as blocker:
        await blocker.execute(select(nodes.c.id).where(nodes.c.key == "BG1").with_for_update())
        writing = asyncio.create_task(atlases.apply(pair("new", 1), now=NOW))
        await asyncio.sleep(0.1)
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)

    atlas = await loaded(atlases)
    assert [node.title for node in atlas.nodes.values()] == ["BG1"]
    async with engine.connect() as connection:
        assert await connection.scalar(select(func.max(organizations.c.revision))) == 1
