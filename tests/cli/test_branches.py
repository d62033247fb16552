"""The atlas as a tree: what hangs where, what is opened once, what a depth leaves out."""

from itertools import pairwise

from api.cli.branches import Branch, Shape, branches, roots_of
from domain.goal import GoalScope
from domain.links import Relation
from domain.node import Node
from domain.view import View
from tests.builders import (
    a_cycle,
    a_goal,
    a_journey,
    a_link,
    a_solution,
    a_step,
    a_view,
    an_atlas,
    an_objective,
    an_opportunity,
)
from tests.unit.sample import the_sample_view


def the_view(*nodes: Node, links: list[tuple[str, Relation, str]]) -> View:
    return a_view(an_atlas(*nodes, links=[a_link(*link) for link in links]))


def keys_of(found: list[Branch]) -> list[tuple[int, str]]:
    return [(len(branch.trail) + 1, branch.node.key) for branch in found]


def the_tree(view: View, shape: Shape | None = None) -> list[tuple[int, str]]:
    return keys_of(branches(view, roots_of(view), shape or Shape()))


def test_the_tree_leads_from_goals_to_solutions_with_their_objectives() -> None:
    view = the_sample_view()

    found = branches(view, roots_of(view)[:1], Shape())

    assert keys_of(found) == [
        (1, "BG1"),
        (2, "O1"),
        (2, "MJ1"),
        (3, "O2"),
        (3, "Pre-approval"),
        (4, "OP1"),
        (5, "O3"),
        (5, "S6"),
        (6, "O11"),
        (3, "Proving"),
        (4, "OP2"),
        (5, "S1"),
        (6, "O4"),
        (2, "MJ3"),
        (3, "O5"),
    ]


def test_a_cycle_chooses_the_objectives_and_key_results_come_when_asked_for() -> None:
    view = the_sample_view()
    opportunity = next(b for b in branches(view, roots_of(view), Shape()) if b.node.key == "OP1")
    closed = view.atlas.by_key["Q3-26"]

    found = branches(view, [opportunity.node], Shape(cycle=closed, key_results=True))

    assert keys_of(found) == [(1, "OP1"), (2, "O8"), (3, "O8-KR1"), (2, "S6")]


def test_a_node_with_two_parents_is_opened_at_the_first() -> None:
    view = the_view(
        *(a_goal("G1"), a_goal("G2"), a_journey("J"), an_opportunity("OP")),
        links=[
            ("G1", Relation.SERVED_BY, "J"),
            ("G2", Relation.SERVED_BY, "J"),
            ("OP", Relation.IMPROVES, "J"),
        ],
    )

    found = branches(view, roots_of(view), Shape())

    assert keys_of(found) == [(1, "G1"), (2, "J"), (3, "OP"), (1, "G2"), (2, "J")]
    assert [branch.is_repeated for branch in found] == [False, False, False, False, True]


def test_a_depth_keeps_objectives_and_counts_what_it_leaves_out() -> None:
    view = the_sample_view()

    found = branches(view, roots_of(view)[:1], Shape(depth=2))

    assert keys_of(found) == [(1, "BG1"), (2, "O1"), (2, "MJ1"), (3, "O2"), (2, "MJ3"), (3, "O5")]
    assert [branch.hidden for branch in found] == [0, 0, 2, 0, 0, 0]


def test_a_journeys_own_goal_stands_beneath_the_journey_alone() -> None:
    view = the_view(
        *(a_goal("BG"), a_goal("OWN", scope=GoalScope.JOURNEY), a_journey("J")),
        links=[
            ("BG", Relation.HAS_SUB_GOAL, "OWN"),
            ("BG", Relation.SERVED_BY, "J"),
            ("OWN", Relation.SERVED_BY, "J"),
        ],
    )

    assert the_tree(view) == [(1, "BG"), (2, "J"), (3, "OWN")]


def test_an_opportunity_that_improves_a_step_stands_beneath_its_journey_once() -> None:
    view = the_view(
        *(a_journey("J"), a_step("S"), an_opportunity("OP")),
        links=[
            ("J", Relation.HAS_STEP, "S"),
            ("OP", Relation.IMPROVES, "S"),
            ("OP", Relation.IMPROVES, "J"),
        ],
    )

    assert the_tree(view) == [(1, "J"), (2, "OP")]


def test_what_hangs_beneath_nothing_is_not_lost() -> None:
    loose = (a_solution("S"), an_opportunity("OP"), a_journey("J"), a_goal("G"))

    view = the_view(*loose, a_cycle(), an_objective("O1"), links=[])

    assert the_tree(view) == [(1, "G"), (1, "J"), (1, "OP"), (1, "S"), (1, "O1")]


def test_a_long_chain_of_goals_is_walked_to_its_end() -> None:
    chain = [f"G{number:04}" for number in range(2_000)]
    links = [(a, Relation.HAS_SUB_GOAL, b) for a, b in pairwise(chain)]

    view = the_view(*(a_goal(key) for key in chain), links=links)

    assert the_tree(view)[-1] == (2_000, "G1999")
