"""Ways through the structure: up the golden thread, down to everything that a goal reaches."""

import pytest

from domain.atlas import Atlas
from domain.links import Relation
from domain.node import Kind
from domain.okr import KeyResultKind
from domain.thread import downstream, golden_thread, impact, upstream
from tests.builders import (
    NOW,
    a_goal,
    a_journey,
    a_key_result,
    a_link,
    a_metric,
    a_solution,
    a_step,
    an_atlas,
    an_objective,
    an_opportunity,
    id_of,
)


def _atlas() -> Atlas:
    """Two macro journeys share `identity`; `macro` serves two goals, of which one has a parent."""
    return an_atlas(
        a_goal("top"),
        a_goal("sub"),
        a_goal("other"),
        a_journey("macro"),
        a_journey("second"),
        a_journey("identity"),
        a_journey("idle"),
        a_step("check"),
        an_opportunity("token"),
        an_opportunity("orphan"),
        a_solution("S1"),
        a_solution("S2"),
        a_solution("hidden", archived_at=NOW),
        a_metric("trust"),
        an_objective("O1"),
        a_key_result("O1-KR1", result_kind=KeyResultKind.BINARY, metric=None),
        links=[
            a_link("top", Relation.HAS_SUB_GOAL, "sub"),
            a_link("sub", Relation.SERVED_BY, "macro"),
            a_link("other", Relation.SERVED_BY, "macro"),
            a_link("other", Relation.SERVED_BY, "second"),
            a_link("macro", Relation.HAS_MICRO_JOURNEY, "identity"),
            a_link("second", Relation.HAS_MICRO_JOURNEY, "identity"),
            a_link("idle", Relation.HAS_MICRO_JOURNEY, "identity"),
            a_link("identity", Relation.HAS_STEP, "check"),
            a_link("token", Relation.IMPROVES, "check"),
            a_link("S1", Relation.ADDRESSES, "token"),
            a_link("S2", Relation.ADDRESSES, "orphan"),
            a_link("hidden", Relation.ADDRESSES, "token"),
            a_link("trust", Relation.MEASURES, "top"),
            a_link("O1", Relation.ANCHORED_ON, "token"),
        ],
    )


def _paths(atlas: Atlas, key: str) -> set[str]:
    paths = golden_thread(atlas, id_of(key)).paths
    return {" > ".join(node.key for node in path) for path in paths}


def test_the_golden_thread_leads_up_to_every_goal() -> None:
    assert _paths(_atlas(), "S1") == {
        "S1 > token > check > identity > macro > sub > top",
        "S1 > token > check > identity > macro > other",
        "S1 > token > check > identity > second > other",
    }


def test_a_solution_that_serves_no_goal_has_no_golden_thread() -> None:
    found = golden_thread(_atlas(), id_of("S2"))

    assert found.paths == ()
    assert found.is_complete


def test_a_top_goal_is_its_own_golden_thread() -> None:
    assert _paths(_atlas(), "top") == {"top"}


def test_a_cut_golden_thread_says_so() -> None:
    atlas = _atlas()

    cut = golden_thread(atlas, id_of("S1"), at_most=2)
    exact = golden_thread(atlas, id_of("S1"), at_most=3)

    assert (len(cut.paths), cut.is_complete) == (2, False)
    assert (len(exact.paths), exact.is_complete) == (3, True)


def test_many_crossing_ways_are_cut_and_not_walked() -> None:
    layers = 40
    journeys = [a_journey(f"{layer}{side}") for layer in range(layers) for side in "ab"]
    links = [
        a_link(f"{layer}{above}", Relation.HAS_MICRO_JOURNEY, f"{layer + 1}{below}")
        for layer in range(layers - 1)
        for above in "ab"
        for below in "ab"
    ]
    served = a_link("goal", Relation.SERVED_BY, "0a")
    atlas = an_atlas(a_goal("goal"), *journeys, links=[*links, served])

    found = golden_thread(atlas, id_of(f"{layers - 1}b"), at_most=5)

    assert len(found.paths) == 5  # of 2 ** 38
    assert not found.is_complete


def test_downstream_holds_each_visible_node_once_the_nearest_first() -> None:
    found = [node.key for node in downstream(_atlas(), id_of("other"))]

    assert found == ["macro", "second", "identity", "check", "token", "S1"]


def test_upstream_holds_each_visible_node_once_the_nearest_first() -> None:
    found = [node.key for node in upstream(_atlas(), id_of("check"))]

    assert found == ["identity", "idle", "macro", "second", "other", "sub", "top"]


def test_impact_is_everything_that_a_goal_reaches_by_kind() -> None:
    found = impact(_atlas(), id_of("top"))

    assert {kind: [node.key for node in nodes] for kind, nodes in found.items()} == {
        Kind.GOAL: ["sub"],
        Kind.JOURNEY: ["identity", "macro"],
        Kind.STEP: ["check"],
        Kind.OPPORTUNITY: ["token"],
        Kind.SOLUTION: ["S1"],
        Kind.METRIC: ["trust"],
        Kind.OBJECTIVE: ["O1"],
        Kind.KEY_RESULT: ["O1-KR1"],
    }


@pytest.mark.parametrize("length", [3_000])
def test_a_chain_of_goals_of_any_length_is_walked(length: int) -> None:
    goals = [a_goal(f"G{n}") for n in range(length)]
    links = [a_link(f"G{n}", Relation.HAS_SUB_GOAL, f"G{n + 1}") for n in range(length - 1)]
    atlas = an_atlas(*goals, links=links)

    (path,) = golden_thread(atlas, id_of(f"G{length - 1}")).paths

    assert len(path) == length
    assert len(downstream(atlas, id_of("G0"))) == length - 1
