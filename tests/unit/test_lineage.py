"""What lies beneath what."""

from domain.lineage import lineage
from domain.links import Relation
from tests.builders import (
    a_goal,
    a_journey,
    a_link,
    a_solution,
    a_step,
    an_atlas,
    an_opportunity,
    id_of,
)


def test_each_descendant_comes_once_by_its_shortest_way() -> None:
    # BG1 → MJ1 → MICRO → upload ← OP1 ← S1, and OP1 improves MJ1 as well: S1 is 3 steps down.
    atlas = an_atlas(
        a_goal(),
        a_journey(),
        a_journey("MICRO"),
        a_step(),
        an_opportunity(),
        a_solution(),
        links=[
            a_link("BG1", Relation.SERVED_BY, "MJ1"),
            a_link("MJ1", Relation.HAS_MICRO_JOURNEY, "MICRO"),
            a_link("MICRO", Relation.HAS_STEP, "upload"),
            a_link("OP1", Relation.IMPROVES, "upload"),
            a_link("OP1", Relation.IMPROVES, "MJ1"),
            a_link("S1", Relation.ADDRESSES, "OP1"),
        ],
    )

    found = lineage(atlas, atlas.nodes[id_of("BG1")])

    assert [(each.descendant.key, each.depth) for each in found] == [
        ("BG1", 0),
        ("MJ1", 1),
        ("MICRO", 2),
        ("OP1", 2),
        ("upload", 3),
        ("S1", 3),
    ]


def test_a_shared_micro_journey_has_both_its_parents_as_ancestors() -> None:
    shared = [
        a_link("MJ1", Relation.HAS_MICRO_JOURNEY, "WHO"),
        a_link("MJ4", Relation.HAS_MICRO_JOURNEY, "WHO"),
    ]
    atlas = an_atlas(a_journey("MJ1"), a_journey("MJ4"), a_journey("WHO"), links=shared)

    ancestors = [
        each.ancestor.key
        for node in ("MJ1", "MJ4")
        for each in lineage(atlas, atlas.nodes[id_of(node)])
        if each.descendant.key == "WHO"
    ]

    assert ancestors == ["MJ1", "MJ4"]


def test_what_is_archived_has_no_place_in_it() -> None:
    gone = a_journey(archived_at=a_journey().created_at)
    atlas = an_atlas(a_goal(), gone, links=[a_link("BG1", Relation.SERVED_BY, "MJ1")])

    assert [each.depth for each in lineage(atlas, atlas.nodes[id_of("BG1")])] == [0]
