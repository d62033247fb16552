"""Which links are legal, and finding the circles that aren't."""

from itertools import product

import pytest

from domain.errors import IllegalLink
from domain.links import RULES, Relation, Role, find_cycle, legal_pairs, require_legal
from domain.node import Kind, NodeId


@pytest.mark.parametrize(("relation", "source", "target"), legal_pairs())
def test_a_pair_of_the_law_is_legal(relation: Relation, source: Kind, target: Kind) -> None:
    require_legal(relation, source, target)


def test_every_other_pair_is_refused() -> None:
    legal = set(legal_pairs())
    every = set(product(Relation, Kind, Kind))

    for relation, source, target in every - legal:
        with pytest.raises(IllegalLink):
            require_legal(relation, source, target)


def test_a_refused_pair_names_what_the_relation_joins() -> None:
    with pytest.raises(IllegalLink) as refused:
        require_legal(Relation.IMPROVES, Kind.OPPORTUNITY, Kind.GOAL)

    assert refused.value.legal == ("OPPORTUNITY IMPROVES JOURNEY", "OPPORTUNITY IMPROVES STEP")
    assert "OPPORTUNITY IMPROVES STEP" in refused.value.message


def test_a_refused_pair_names_the_relations_between_the_two() -> None:
    with pytest.raises(IllegalLink) as refused:
        require_legal(Relation.HAS_SUB_GOAL, Kind.GOAL, Kind.JOURNEY)

    assert "GOAL SERVED_BY JOURNEY" in refused.value.legal
    assert "can be joined by: GOAL SERVED_BY JOURNEY" in refused.value.message


def test_only_contribution_moves_an_objectives_number() -> None:
    moving = [relation for relation, rule in RULES.items() if rule.role is Role.CONTRIBUTION]

    assert moving == [Relation.CONTRIBUTES_TO]


def test_every_relation_has_its_rule() -> None:
    assert set(RULES) == set(Relation)


def _edges(text: str) -> dict[NodeId, list[NodeId]]:
    """Read `a>b a>c`."""
    edges: dict[NodeId, list[NodeId]] = {}
    for pair in text.split():
        source, target = pair.split(">")
        edges.setdefault(NodeId(source), []).append(NodeId(target))
    return edges


@pytest.mark.parametrize(
    ("edges", "circle"),
    [
        pytest.param("", None, id="nothing"),
        pytest.param("a>b b>c", None, id="a chain"),
        pytest.param("a>b a>c b>d c>d", None, id="paths that meet"),
        pytest.param("a>a", ["a", "a"], id="itself"),
        pytest.param("a>b b>a", ["a", "b", "a"], id="two"),
        pytest.param("x>a a>b b>c c>a", ["a", "b", "c", "a"], id="behind an entry"),
        pytest.param("a>b b>c b>d d>b", ["b", "d", "b"], id="beside a blind alley"),
    ],
)
def test_a_circle_is_found_in_order(edges: str, circle: list[str] | None) -> None:
    assert find_cycle(_edges(edges)) == circle


def test_a_chain_of_100_000_is_walked() -> None:
    chain = {NodeId(str(n)): [NodeId(str(n + 1))] for n in range(100_000)}

    assert find_cycle(chain) is None

    circle = find_cycle({**chain, NodeId("100000"): [NodeId("0")]})
    assert circle is not None
    assert len(circle) == 100_002
