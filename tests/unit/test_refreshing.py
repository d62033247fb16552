"""A refreshed Atlas is the one that would be built anew, and shares what didn't change."""

import random
from dataclasses import replace

import pytest

from domain.actions.changes import Changes
from domain.links import Relation
from domain.node import Kind
from domain.refreshing import refreshed
from tests.builders import a_goal, a_journey, a_link, an_organization, id_of
from tests.changing import foundation, random_changes
from tests.fakes import applied

STEPS = 30


@pytest.mark.parametrize("seed", range(60))
def test_after_any_changes_it_equals_the_atlas_built_anew(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a repeatable case, no secret
    anew = held = applied(None, foundation())

    for _ in range(STEPS):
        changes = random_changes(anew, chance)
        anew = applied(anew, changes)
        held = refreshed(held, changes, anew.revision)

        assert held == anew


def test_several_revisions_at_once_lead_to_the_same_atlas() -> None:
    first = applied(None, foundation())
    links = [a_link("G1", Relation.SERVED_BY, f"J0{number}", position=number) for number in (2, 1)]
    gone_again = a_link("G1", Relation.SERVED_BY, "J03")
    changes = Changes(
        organization=an_organization(), base_revision=1, links=links, unlinked=[gone_again]
    )

    held = refreshed(first, changes, 9)

    found = held.links_from(id_of("G1"), Relation.SERVED_BY)
    assert [link.position for link in found] == [1, 2]
    assert held.revision == 9


def test_where_only_the_revision_moved_everything_is_shared() -> None:
    held = applied(None, foundation())
    nothing = Changes(organization=held.organization, base_revision=1)

    moved = refreshed(held, nothing, 2)

    assert moved == replace(held, revision=2)
    assert moved.nodes is held.nodes
    assert moved.by_kind is held.by_kind
    assert moved.outgoing is held.outgoing
    assert moved.incoming is held.incoming


def test_an_edited_record_replaces_itself_alone() -> None:
    held = applied(None, foundation())
    edited = replace(a_goal("G1"), title="another")
    changes = Changes(organization=held.organization, base_revision=1, nodes=[edited])

    moved = refreshed(held, changes, 2)

    assert moved.nodes[edited.id] is edited
    assert [node for node in moved.nodes if moved.nodes[node] is not held.nodes[node]] == [
        edited.id
    ]
    assert moved.by_kind[Kind.JOURNEY] is held.by_kind[Kind.JOURNEY]
    assert moved.by_key is held.by_key
    assert moved.outgoing is held.outgoing


def test_another_relation_keeps_its_index() -> None:
    held = applied(None, foundation())
    link = a_link("G1", Relation.SERVED_BY, "J01")
    changes = Changes(organization=held.organization, base_revision=1, links=[link])

    moved = refreshed(held, changes, 2)

    assert moved.outgoing[Relation.MEASURES] is held.outgoing[Relation.MEASURES]
    assert moved.links_to(id_of("J01"), Relation.SERVED_BY) == (link,)
    assert held.links_to(id_of("J01"), Relation.SERVED_BY) == ()


def test_two_records_can_swap_their_keys() -> None:
    link = a_link("G1", Relation.SERVED_BY, "J01"), a_link("G1", Relation.SERVED_BY, "J02")
    held = applied(None, replace(foundation(), links=link))
    swapped = replace(a_journey("J01"), key="J02"), replace(a_journey("J02"), key="J01")
    changes = Changes(organization=held.organization, base_revision=1, nodes=swapped)

    moved = refreshed(held, changes, 2)

    assert moved == applied(held, changes)
    assert moved.by_key["J01"] == id_of("J02")
    found = [each.target for each in moved.links_from(id_of("G1"), Relation.SERVED_BY)]
    assert found == [id_of("J02"), id_of("J01")]
