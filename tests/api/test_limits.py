"""What a request may ask for: each limit at its edge, and what an attacker would try."""

import dataclasses
import itertools
import re
import time
from pathlib import Path

import pytest
from graphql import DocumentNode, get_introspection_query, parse

from api.errors import LimitExceeded
from api.execution.documents import Documents
from api.execution.limits import Limits, check
from domain.links import Relation
from tests.api.asking import SCHEMA, an_api, codes
from tests.builders import a_goal, a_journey, a_link, a_metric, an_atlas

DOCUMENTATION = Path(__file__).parents[2] / "docs/limits.md"


def nested(levels: int) -> str:
    """Write a document that is so many levels deep."""
    return "{ a " * levels + "}" * levels


def in_a_row(text: str, times: int) -> str:
    """Write a selection of numbered texts."""
    return "{ " + " ".join(text.format(number) for number in range(times)) + " }"


@pytest.mark.parametrize(
    ("limit", "within", "beyond"),
    [
        pytest.param("depth", nested(25), nested(26), id="depth"),
        pytest.param(
            "depth",
            "{ ...a } fragment a on Q " + nested(25),
            "{ x { ...a } } fragment a on Q " + nested(25),
            id="depth through a fragment",
        ),
        pytest.param(
            "depth",
            "{ ... on Q { ... " + nested(25) + " } }",
            "{ x { ... on Q { ... " + nested(25) + " } } }",
            id="depth through inline fragments",
        ),
        pytest.param(
            "aliases",
            "{ x " + in_a_row("a{0}: b{0}", 30) + "}",
            "{ x " + in_a_row("a{0}: b{0}", 31) + "}",
            id="aliases",
        ),
        pytest.param(
            "same_field",
            "{ x " + in_a_row("b", 30) + "}",
            "{ x " + in_a_row("b", 31) + "}",
            id="same field",
        ),
        pytest.param(
            "same_field",
            "{ x " + in_a_row("...a", 15) + "} fragment a on Q { b ... { b } }",
            "{ x " + in_a_row("...a", 16) + "} fragment a on Q { b ... { b } }",
            id="same field through fragments",
        ),
        pytest.param(
            "directives_per_node",
            "{ a " + "@x " * 4 + "}",
            "{ a " + "@x " * 5 + "}",
            id="directives of a node",
        ),
        pytest.param(
            "directives",
            "query @x { x " + in_a_row("a{0} @x", 19) + "}",
            "query @x { x " + in_a_row("a{0} @x", 20) + "}",
            id="directives",
        ),
        pytest.param(
            "directives",
            "query($v: Int @x) { ...a @x ... @x { b } } fragment a on Q @x "
            + in_a_row("a{0} @x", 16),
            "query($v: Int @x) { ...a @x ... @x { b } } fragment a on Q @x "
            + in_a_row("a{0} @x", 17),
            id="directives everywhere",
        ),
        pytest.param(
            "variables",
            f"query({' '.join(f'$v{n}: Int' for n in range(50))}) {{ a }}",
            f"query({' '.join(f'$v{n}: Int' for n in range(51))}) {{ a }}",
            id="variables",
        ),
        pytest.param("root_fields", in_a_row("a{0}", 20), in_a_row("a{0}", 21), id="root fields"),
        pytest.param(
            "root_fields",
            "{ ...f b } fragment f on Q " + in_a_row("a{0}", 19),
            "{ ...f b } fragment f on Q " + in_a_row("a{0}", 20),
            id="root fields through a fragment",
        ),
        pytest.param(
            "fields",
            "{ x " + in_a_row("a{0}", 999) + " y " + in_a_row("a{0}", 3999) + "}",
            "{ x " + in_a_row("a{0}", 999) + " y " + in_a_row("a{0}", 4000) + "}",
            id="fields",
        ),
        pytest.param(
            "introspection_aliases",
            "{ a: __type(name: $x) { name } __schema { types { name } } }",
            "{ __schema { types { a: name } } }",
            id="aliases inside introspection",
        ),
        pytest.param(
            "introspection_aliases",
            "{ ...a } fragment a on Q { b: c }",
            "{ ...a } fragment a on __Type { b: c }",
            id="aliases inside introspection, in a fragment",
        ),
    ],
)
def test_a_limit_holds_at_its_edge(limit: str, within: str, beyond: str) -> None:
    check(parse(within), Limits())

    with pytest.raises(LimitExceeded) as refused:
        check(parse(beyond), Limits())

    assert refused.value.details["limit"] == limit


def doubling(levels: int) -> DocumentNode:
    """Write fragments each of which holds the next one twice."""
    fragments = [
        f"fragment f{n} on Q {{ a {{ ...f{n + 1} }} b {{ ...f{n + 1} }} }}" for n in range(levels)
    ]
    return parse(" ".join(["{ ...f0 }", *fragments, f"fragment f{levels} on Q {{ a }}"]))


def test_fields_are_counted_with_fragments_spelled_out() -> None:
    check(doubling(10), Limits())

    with pytest.raises(LimitExceeded, match="fields are asked for"):
        check(doubling(11), Limits())


def test_a_fragment_bomb_is_measured_as_fast_as_it_is_short() -> None:
    document = doubling(24)

    started = time.perf_counter()
    with pytest.raises(LimitExceeded):
        check(document, Limits())

    assert time.perf_counter() - started < 0.1


def test_fragments_in_a_circle_are_left_to_validation() -> None:
    check(parse("{ ...a } fragment a on Q { ...b } fragment b on Q { ...a }"), Limits())


def test_a_long_chain_of_fragments_is_too_deep() -> None:
    chain = " ".join(f"fragment f{n} on Q {{ ...f{n + 1} }}" for n in range(2_000))

    with pytest.raises(LimitExceeded, match="nested too deeply"):
        check(parse("{ ...f0 } " + chain), Limits())


@pytest.mark.parametrize(
    ("document", "limit"),
    [
        pytest.param("{ " + "a " * 5_000 + "}", "tokens", id="tokens"),
        pytest.param("{a" * 2_000, "depth", id="levels that the parser can't hold"),
        pytest.param("{ a " * 26 + "}" * 26, "depth", id="levels"),
        pytest.param(in_a_row("a{0}: __typename", 31), "aliases", id="aliases"),
        pytest.param(
            "{ __typename " + "@include(if: true) " * 5 + "}",
            "directives_per_node",
            id="directives",
        ),
    ],
)
@pytest.mark.parametrize("method", ["POST", "GET"])
async def test_a_limit_is_named_on_every_way_in(document: str, limit: str, method: str) -> None:
    api = an_api(an_atlas())
    asked = {"query": document}

    response = await (
        api.send(asked) if method == "POST" else api.client.get("/graphql", params=asked)
    )

    [error] = response.json()["errors"]
    assert error["extensions"]["code"] == "COST_LIMIT"
    assert error["extensions"]["limit"] == limit
    assert error["extensions"]["maximum"] == getattr(Limits(), limit)


async def test_an_answer_with_too_many_nodes_ends_at_once() -> None:
    goals = [a_goal(f"G{number}") for number in range(20)]
    journeys = [a_journey(f"J{number}") for number in range(20)]
    links = [
        a_link(goal.key, Relation.SERVED_BY, journey.key)
        for goal, journey in itertools.product(goals, journeys)
    ]
    unpriced = Limits(cost=10**15)
    api = an_api(an_atlas(*goals, *journeys, links=links), limits=unpriced)
    there_and_back = "journeys { nodes { goals { nodes { " * 4 + "key" + " } } } }" * 4

    started = time.perf_counter()
    response = await api.post(f"{{ atlas {{ goals {{ nodes {{ {there_and_back} }} }} }} }}")

    assert time.perf_counter() - started < 2
    assert response.json() == {
        "data": None,
        "errors": [
            {
                "message": "The answer would hold more nodes; the limit `nodes` allows 20000.",
                "extensions": {"code": "COST_LIMIT", "limit": "nodes", "maximum": 20_000},
            }
        ],
    }


async def test_the_standard_introspection_fits_all_limits() -> None:
    document = get_introspection_query(
        specified_by_url=True,
        directive_is_repeatable=True,
        schema_description=True,
        input_value_deprecation=True,
    )

    data = await an_api(an_atlas()).ask(document)

    assert data["__schema"]["queryType"]["name"] == "Query"


async def test_introspection_can_not_be_nested_in_itself() -> None:
    types = "fields { type { fields { type { fields { name } } } } }"

    errors = await an_api(an_atlas()).errors(f"{{ __schema {{ types {{ {types} }} }} }}")

    assert codes(errors) == ["GRAPHQL_VALIDATION_FAILED"]


async def test_a_goal_down_to_a_key_results_progress_fits_through_edges() -> None:
    ways = ["journeys", "microJourneys", "opportunities", "solutions", "objectives"]
    down = "".join(f"{way} {{ edges {{ node {{ " for way in ways)
    document = (
        "{ atlas { businessGoals { edges { node { "
        + down
        + "keyResults { progress { value } }"
        + " } } }" * (len(ways) + 1)
        + " } }"
    )

    data = await an_api(an_atlas()).ask(document)

    assert data == {"atlas": {"businessGoals": {"edges": []}}}


def test_documents_are_remembered_while_there_is_room() -> None:
    documents = Documents(SCHEMA, Limits(documents=2, document_characters=100))

    first = documents.prepare("{ __typename }")
    documents.prepare("query A { __typename }")
    again = documents.prepare("{ __typename }")
    documents.prepare("query B { __typename }")
    documents.prepare(f"query {'C' * 80} {{ __typename }}")

    assert again is first
    assert documents.prepare("{ __typename }") is not first


def test_every_limit_is_documented_with_its_value() -> None:
    rows = re.findall(r"^\| `(\w+)` \| ([\d,]+) \|", DOCUMENTATION.read_text(), re.MULTILINE)

    documented = {name: float(value.replace(",", "")) for name, value in rows}

    assert documented == dataclasses.asdict(Limits())


async def test_an_answer_that_ends_early_leaves_nothing_waiting() -> None:
    metrics = [a_metric(f"MT-{number}") for number in range(6)]
    api = an_api(an_atlas(*metrics), limits=Limits(nodes=8))

    errors = await api.errors(
        """{ atlas { metrics { nodes { value(asOf: "2026-10-31") { sources { key } } } }
        again: metrics { nodes { sources { key } } } } }"""
    )

    assert codes(errors) == ["COST_LIMIT"]
