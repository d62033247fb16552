"""The Atlas: look-ups, the order of links and records, and what is hidden."""

import pytest

from domain.cycle import Cycle
from domain.errors import NotFound
from domain.goal import Goal
from domain.journey import Journey
from domain.links import Relation
from domain.node import Node
from domain.source import MetricSource
from tests.builders import (
    NOW,
    a_goal,
    a_journey,
    a_key_result,
    a_link,
    a_metric,
    a_source,
    an_atlas,
    an_objective,
    id_of,
)


def test_a_record_is_found_by_id_and_by_key() -> None:
    goal = a_goal("BG1")
    atlas = an_atlas(goal)

    assert atlas.get(goal.id, Goal) is goal
    assert atlas.get(goal.id, Node) is goal
    assert atlas.find("BG1", Goal) is goal


@pytest.mark.parametrize("key", ["BG1", "nothing"])
def test_another_kind_or_no_record_is_not_found(key: str) -> None:
    atlas = an_atlas(a_goal("BG1"))

    assert atlas.find(key, Journey) is None
    with pytest.raises(NotFound):
        atlas.get(id_of(key), Journey)


def test_records_of_a_kind_come_in_order_of_key_without_the_hidden() -> None:
    atlas = an_atlas(a_goal("C"), a_goal("A"), a_goal("B", archived_at=NOW), a_journey("MJ1"))

    assert [goal.key for goal in atlas.all(Goal)] == ["A", "C"]
    assert [goal.key for goal in atlas.all(Goal, archived=True)] == ["A", "B", "C"]


def test_links_are_walked_both_ways_in_their_order() -> None:
    atlas = an_atlas(
        *(a_journey(key) for key in ("macro", "other", "first", "second", "third")),
        links=[
            a_link("macro", Relation.HAS_MICRO_JOURNEY, "third", position=3),
            a_link("macro", Relation.HAS_MICRO_JOURNEY, "first", position=1),
            a_link("other", Relation.HAS_MICRO_JOURNEY, "first", position=9),
            a_link("macro", Relation.HAS_MICRO_JOURNEY, "second", position=2),
        ],
    )

    down = atlas.targets(id_of("macro"), Relation.HAS_MICRO_JOURNEY, Journey)
    up = atlas.sources(id_of("first"), Relation.HAS_MICRO_JOURNEY, Journey)

    assert [journey.key for journey in down] == ["first", "second", "third"]
    assert [journey.key for journey in up] == ["macro", "other"]


def test_links_to_hidden_nodes_are_kept_and_not_walked() -> None:
    atlas = an_atlas(
        a_goal("BG1"),
        a_journey("MJ1", archived_at=NOW),
        links=[a_link("BG1", Relation.SERVED_BY, "MJ1")],
    )

    assert len(atlas.links_from(id_of("BG1"), Relation.SERVED_BY)) == 1
    assert len(atlas.links_to(id_of("MJ1"), Relation.SERVED_BY)) == 1
    assert atlas.targets(id_of("BG1"), Relation.SERVED_BY, Journey) == []


def test_what_belongs_to_a_record_by_a_field_is_indexed_in_order() -> None:
    first, second = an_objective("O1"), an_objective("O2", predecessor=id_of("O1"))
    atlas = an_atlas(
        second,
        first,
        a_key_result("O1-KR2", position=1),
        a_key_result("O1-KR1", position=2),
        a_metric(),
        a_source("MT-1", "manual", precedence=2),
        a_source("MT-1", "survey", precedence=1),
    )

    by_objective = atlas.key_results_by_objective[first.id]
    sources: tuple[MetricSource, ...] = atlas.sources_by_metric[id_of("MT-1")]
    assert [key_result.key for key_result in by_objective] == ["O1-KR2", "O1-KR1"]
    assert [each.key for each in atlas.objectives_by_cycle[id_of("FY26")]] == ["O1", "O2"]
    assert atlas.successors[first.id] == (second,)
    assert [source.key for source in sources] == ["MT-1:survey", "MT-1:manual"]


def test_an_empty_atlas_answers_with_nothing() -> None:
    atlas = an_atlas()

    assert list(atlas.all(Goal)) == []
    assert [cycle.key for cycle in atlas.all(Cycle)] == ["FY26", "Q4-26"]
    assert atlas.links_from(id_of("BG1"), Relation.SERVED_BY) == ()
