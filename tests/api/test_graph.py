"""The graph as a client draws it."""

from api.types.graph import EdgeKind
from domain.graph import FieldRelation
from domain.links import Relation
from tests.api.asking import an_api, codes
from tests.builders import (
    a_cycle,
    a_goal,
    a_journey,
    a_key_result,
    a_link,
    a_metric,
    an_atlas,
    an_objective,
)

ATLAS = an_atlas(
    a_cycle(),
    a_goal(),
    a_journey(),
    a_metric(),
    an_objective(),
    a_key_result(is_guardrail=True),
    links=[
        a_link("BG1", Relation.SERVED_BY, "MJ1", position=0),
        a_link("O1", Relation.ANCHORED_ON, "BG1"),
    ],
)


def test_every_verb_of_the_domain_is_public() -> None:
    assert [each.value for each in EdgeKind][: len(Relation)] == [each.value for each in Relation]
    assert {each.value for each in EdgeKind} == {*Relation, *FieldRelation}


async def test_edges_name_the_nodes_that_they_join() -> None:
    data = await an_api(ATLAS).ask(
        """{ atlas { graph {
            nodes { id key kind node { id } }
            edges { source target sourceKey targetKey kind role position tag weight share }
        } } }"""
    )

    graph = data["atlas"]["graph"]
    keys = {node["id"]: node["key"] for node in graph["nodes"]}
    assert list(keys.values()) == ["BG1", "MJ1", "MT-1", "O1", "O1-KR1"]
    assert all(node["node"]["id"] == node["id"] for node in graph["nodes"])
    edges = {edge["kind"]: edge for edge in graph["edges"]}
    assert list(edges) == ["SERVED_BY", "ANCHORED_ON", "PART_OF", "MEASURED_BY"]
    for edge in graph["edges"]:
        ends = (edge["sourceKey"], edge["targetKey"])
        assert (keys[edge["source"]], keys[edge["target"]]) == ends
    assert (edges["PART_OF"]["tag"], edges["PART_OF"]["weight"]) == ("GUARDRAIL", 0)
    assert edges["PART_OF"]["role"] == "CONTRIBUTION"
    assert edges["SERVED_BY"]["position"] == 0


async def test_a_walk_begins_at_a_key_and_ends_at_its_depth() -> None:
    data = await an_api(ATLAS).ask(
        '{ atlas { graph(from: "MJ1", depth: 2, kinds: [GOAL, OBJECTIVE]) { nodes { key } } } }'
    )

    # MJ1, what it serves, and what hangs on that
    assert [node["key"] for node in data["atlas"]["graph"]["nodes"]] == ["BG1", "MJ1", "O1"]


async def test_wrong_beginnings_and_depths_are_refused() -> None:
    api = an_api(ATLAS)
    arguments = ['from: "NOWHERE"', "depth: 1", 'from: "BG1", depth: -1']

    found = [
        codes(await api.errors(f"{{ atlas {{ graph({each}) {{ nodes {{ key }} }} }} }}"))
        for each in arguments
    ]

    assert found == [["NOT_FOUND"], ["BAD_USER_INPUT"], ["BAD_USER_INPUT"]]
