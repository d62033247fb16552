"""The atlas as flat nodes and edges."""

from collections.abc import Iterable
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.atlas import Atlas
from domain.errors import InvalidRecord, NotFound, TooMuch
from domain.graph import (
    DRAWN,
    EDGES_AT_MOST,
    ENDS,
    NODES_AT_MOST,
    FieldRelation,
    Graph,
    GraphEdge,
    graph,
)
from domain.links import Link, MeasureDimension, Relation, Role
from domain.node import Kind, Node
from domain.team import Member, Persona, Team
from domain.view import View
from tests.builders import (
    NOW,
    Fields,
    a_connection,
    a_goal,
    a_journey,
    a_key_result,
    a_link,
    a_metric,
    a_solution,
    a_source,
    a_step,
    a_view,
    an_atlas,
    an_objective,
    an_opportunity,
    id_of,
)

TIMES: dict[str, Fields] = {"created_at": NOW, "updated_at": NOW}
BANK: tuple[Node, ...] = (
    a_goal("BG1"),
    a_journey("MJ1"),
    a_step("upload"),
    an_opportunity("OP1"),
    a_solution("S1"),
    a_metric("MT-1"),
    a_source("MT-1"),
    a_connection("csv"),
    an_objective("O1"),
    a_key_result("O1-KR1", weight=Decimal(2)),
    Team(id=id_of("lending"), key="lending", title="Home Lending", **TIMES),
)
LINKS = (
    a_link("BG1", Relation.SERVED_BY, "MJ1"),
    a_link("MJ1", Relation.HAS_STEP, "upload", position=0),
    a_link("OP1", Relation.IMPROVES, "upload"),
    a_link("S1", Relation.ADDRESSES, "OP1"),
    a_link("O1", Relation.ANCHORED_ON, "OP1"),
    a_link("lending", Relation.OWNS, "O1", share=Decimal("0.6")),
    a_link("MT-1", Relation.MEASURES, "MJ1", dimension=MeasureDimension.EFFICIENCY),
)
EVERY_KIND = tuple(Kind)


def _view(*records: Node, links: Iterable[Link] = ()) -> View:
    return a_view(an_atlas(*records, links=links))


def _keys(found: Graph) -> list[str]:
    return [node.key for node in found.nodes]


def _said(view: View, found: Graph) -> list[str]:
    keys = {node.id: node.key for node in view.atlas.nodes.values()}
    return [f"{keys[edge.source]} {edge.kind} {keys[edge.target]}" for edge in found.edges]


def test_an_atlas_is_drawn_from_goals_to_key_results() -> None:
    view = _view(*BANK, links=LINKS)

    found = graph(view)

    assert _keys(found) == ["BG1", "MJ1", "upload", "OP1", "S1", "MT-1", "O1", "O1-KR1"]
    assert _said(view, found) == [
        "BG1 SERVED_BY MJ1",
        "MJ1 HAS_STEP upload",
        "OP1 IMPROVES upload",
        "S1 ADDRESSES OP1",
        "MT-1 MEASURES MJ1",
        "O1 ANCHORED_ON OP1",
        "O1-KR1 PART_OF O1",
        "O1-KR1 MEASURED_BY MT-1",
    ]


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        pytest.param(
            LINKS[1],
            {"kind": Relation.HAS_STEP, "role": Role.STRUCTURE, "position": 0},
            id="an ordered one",
        ),
        pytest.param(
            LINKS[5],
            {"kind": Relation.OWNS, "role": Role.ALIGNMENT, "share": Decimal("0.6")},
            id="a share",
        ),
        pytest.param(
            LINKS[6],
            {"kind": Relation.MEASURES, "role": Role.EVIDENCE, "tag": "EFFICIENCY"},
            id="a success measure",
        ),
        pytest.param(
            a_link("O2", Relation.CONTRIBUTES_TO, "O1", weight=Decimal(0)),
            {"kind": Relation.CONTRIBUTES_TO, "role": Role.CONTRIBUTION, "weight": Decimal(0)},
            id="aligned, not counted",
        ),
        pytest.param(
            a_link("O2", Relation.CONTRIBUTES_TO, "O1"),
            {"kind": Relation.CONTRIBUTES_TO, "role": Role.CONTRIBUTION, "weight": Decimal(1)},
            id="counted once",
        ),
    ],
)
def test_an_edge_carries_what_its_link_says(link: Link, expected: dict[str, Fields]) -> None:
    view = _view(*BANK, an_objective("O2"), links=[link])

    (edge,) = (e for e in graph(view, kinds=EVERY_KIND).edges if e.kind is link.relation)

    assert edge == GraphEdge(source=link.source, target=link.target, **expected)


@pytest.mark.parametrize(
    ("fields", "weight", "tag"),
    [
        pytest.param({"weight": Decimal(3)}, 3, None, id="counted"),
        pytest.param({"weight": Decimal(3), "is_guardrail": True}, 0, "GUARDRAIL", id="guardrail"),
    ],
)
def test_a_key_result_contributes_to_its_objective(
    fields: dict[str, Fields], weight: int, tag: str | None
) -> None:
    key_result = a_key_result("O1-KR1", metric=None, position=4, **fields)

    (edge,) = graph(_view(an_objective("O1"), key_result)).edges

    assert edge == GraphEdge(
        source=id_of("O1-KR1"),
        target=id_of("O1"),
        kind=FieldRelation.PART_OF,
        role=Role.CONTRIBUTION,
        position=4,
        tag=tag,
        weight=Decimal(weight),
    )


def test_fields_that_name_records_are_edges_too() -> None:
    buyer = Persona(id=id_of("buyer"), key="buyer", title="First-time buyer", **TIMES)
    about = (buyer.id,)
    view = _view(
        a_journey("MJ1", personas=about),
        an_opportunity("OP1", persona=buyer.id),
        a_metric("MT-1"),
        a_source("MT-1"),
        a_connection("csv"),
        an_objective("O0"),
        an_objective("O1", "Q4-26", predecessor=id_of("O0")),
        a_key_result("O1-KR1", persona=buyer.id),
        Team(id=id_of("lending"), key="lending", title="Home Lending", **TIMES),
        Team(id=id_of("pre"), key="pre", title="Pre", parent=id_of("lending"), **TIMES),
        Member(id=id_of("ida"), key="ida", title="Ida", team=id_of("pre"), **TIMES),
        buyer,
    )

    said = _said(view, graph(view, kinds=EVERY_KIND))

    assert said == [
        "MJ1 ABOUT buyer",
        "OP1 ABOUT buyer",
        "O0 SET_FOR FY26",
        "O1 SET_FOR Q4-26",
        "O1 CARRIES_ON O0",
        "O1-KR1 PART_OF O1",
        "O1-KR1 MEASURED_BY MT-1",
        "O1-KR1 ABOUT buyer",
        "Q4-26 LIES_IN FY26",
        "pre BELONGS_TO lending",
        "ida BELONGS_TO pre",
        "MT-1:csv FEEDS MT-1",
        "MT-1:csv READS_FROM csv",
    ]


def test_a_derived_metric_is_joined_to_what_it_is_derived_from() -> None:
    view = _view(
        a_metric("MT-1", formula="{MT-2} / {MT-3} + {MT-GONE}"),
        a_metric("MT-2"),
        a_metric("MT-3"),
        a_metric("MT-4", formula="{MT-1} +"),
    )

    said = _said(view, graph(view))

    assert said == ["MT-1 DERIVED_FROM MT-2", "MT-1 DERIVED_FROM MT-3"]
    assert _keys(graph(view, start=id_of("MT-3"))) == ["MT-1", "MT-2", "MT-3"]


@pytest.mark.parametrize(
    ("depth", "keys"),
    [
        pytest.param(0, ["OP1"], id="itself"),
        pytest.param(1, ["upload", "OP1", "S1", "O1"], id="one step, both ways"),
        pytest.param(2, ["MJ1", "upload", "OP1", "S1", "O1", "O1-KR1"], id="two steps"),
        pytest.param(None, ["BG1", "MJ1", "upload", "OP1", "S1", "MT-1", "O1", "O1-KR1"], id="all"),
    ],
)
def test_from_a_node_the_graph_goes_as_many_steps_as_asked(
    depth: int | None, keys: list[str]
) -> None:
    view = _view(*BANK, a_goal("BG9"), links=LINKS)

    assert _keys(graph(view, start=id_of("OP1"), depth=depth)) == keys


def test_a_walk_goes_only_over_the_asked_kinds() -> None:
    view = _view(*BANK, links=LINKS)

    found = graph(view, kinds=[Kind.GOAL, Kind.OPPORTUNITY, Kind.SOLUTION], start=id_of("S1"))

    # the step and the journey between them and the goal aren't asked for
    assert _keys(found) == ["OP1", "S1"]


def test_a_walk_does_not_go_on_through_a_year() -> None:
    view = _view(an_objective("O1"), an_objective("O2"))
    kinds = [Kind.OBJECTIVE, Kind.CYCLE]

    assert _keys(graph(view, kinds=kinds, start=id_of("O1"))) == ["O1", "FY26"]
    assert _keys(graph(view, kinds=kinds, start=id_of("FY26"), depth=1)) == [
        "O1",
        "O2",
        "FY26",
        "Q4-26",
    ]


def test_archived_nodes_and_their_edges_are_hidden() -> None:
    view = _view(
        a_goal("BG1", archived_at=NOW),
        a_journey("MJ1"),
        an_objective("O1", archived_at=NOW),
        a_key_result("O1-KR1", metric=None),
        links=[a_link("BG1", Relation.SERVED_BY, "MJ1")],
    )

    found = graph(view)

    assert _keys(found) == ["MJ1"]
    assert found.edges == ()


def test_an_archived_start_shows_what_was_around_it() -> None:
    view = _view(
        a_goal("BG1", archived_at=NOW),
        a_journey("MJ1"),
        links=[a_link("BG1", Relation.SERVED_BY, "MJ1")],
    )

    assert _keys(graph(view, start=id_of("BG1"))) == ["BG1", "MJ1"]


def test_a_start_that_is_not_there_is_not_found() -> None:
    with pytest.raises(NotFound):
        graph(_view(*BANK), start=id_of("gone"))


@pytest.mark.parametrize(
    "where",
    [
        pytest.param({"depth": -1, "start": id_of("BG1")}, id="below 0"),
        pytest.param({"depth": 2}, id="from nowhere"),
    ],
)
def test_a_depth_that_makes_no_sense_is_refused(where: dict[str, Fields]) -> None:
    with pytest.raises(InvalidRecord):
        graph(_view(*BANK), **where)


@pytest.mark.parametrize("start", [None, id_of("BG0")], ids=["all", "from a node"])
def test_too_many_nodes_are_refused_by_their_limit(start: str | None) -> None:
    keys = [f"J{n}" for n in range(NODES_AT_MOST)]
    links = [a_link("BG0", Relation.SERVED_BY, key) for key in keys]
    view = _view(a_goal("BG0"), *(a_journey(key) for key in keys), links=links)

    with pytest.raises(TooMuch, match="at most 5,000 nodes are possible"):
        graph(view, start=None if start is None else id_of("BG0"))


def test_too_many_edges_are_refused_by_their_limit() -> None:
    goals, journeys = [f"G{n}" for n in range(150)], [f"J{n}" for n in range(150)]
    links = [a_link(goal, Relation.SERVED_BY, journey) for goal in goals for journey in journeys]
    records = [*(a_goal(key) for key in goals), *(a_journey(key) for key in journeys)]

    # 150 * 150 = 22,500
    assert len(links) > EDGES_AT_MOST
    with pytest.raises(TooMuch, match="at most 20,000 edges are possible"):
        graph(_view(*records, links=links))


def test_every_kind_that_a_graph_draws_by_itself_is_a_kind_of_the_atlas() -> None:
    assert set(DRAWN) == set(Kind) - {*ENDS, Kind.METRIC_SOURCE}


pairs = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=14, unique=True)


def _journeys(edges: list[tuple[int, int]]) -> Atlas:
    links = [
        a_link(f"J{one}", Relation.HAS_MICRO_JOURNEY, f"J{other}", position=0)
        for one, other in edges
        if one < other
    ]
    return an_atlas(*(a_journey(f"J{n}") for n in range(8)), links=links)


@given(pairs, st.integers(0, 7), st.integers(0, 4))
def test_a_deeper_graph_holds_the_shallower_one(
    edges: list[tuple[int, int]], start: int, depth: int
) -> None:
    view = a_view(_journeys(edges))
    node = id_of(f"J{start}")

    shallow, deep = (graph(view, start=node, depth=d) for d in (depth, depth + 1))

    assert set(_keys(shallow)) <= set(_keys(deep))
    assert set(shallow.edges) <= set(deep.edges)


@given(pairs, st.randoms())
def test_the_order_of_the_links_does_not_show(edges: list[tuple[int, int]], random: Random) -> None:
    shuffled = sorted(edges, key=lambda _: random.random())

    assert graph(a_view(_journeys(shuffled))) == graph(a_view(_journeys(edges)))
