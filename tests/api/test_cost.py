"""What an operation costs: told before it runs, from the Atlas as it is."""

from pathlib import Path

import pytest
from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    get_operation_ast,
    parse,
)

from api.execution import cost, prices
from api.execution.counted import COUNTED
from api.execution.limits import Limits
from api.execution.prices import Bill
from domain.atlas import Atlas
from domain.links import Relation
from domain.view import View
from tests.api.asking import SCHEMA, Json, an_api, codes
from tests.api.norrhavn import norrhavn
from tests.builders import (
    NOW,
    TODAY,
    a_goal,
    a_journey,
    a_key_result,
    a_link,
    a_metric,
    a_view,
    an_atlas,
    an_objective,
)

EXAMPLES = sorted((Path(__file__).parents[2] / "examples/queries").glob("*.graphql"))

# Three goals; BG1 is served by three journeys, BG2 by one: an average journey stands in a list of
# (3² + 1²) / (3 + 1) = 2.5.
BANK = an_atlas(
    *(a_goal(f"BG{number}") for number in (1, 2, 3)),
    *(a_journey(f"MJ{number}") for number in (1, 2, 3)),
    a_metric("MT-1"),
    an_objective("O1"),
    a_key_result("O1-KR1"),
    a_key_result("O1-KR2"),
    links=[
        *(a_link("BG1", Relation.SERVED_BY, f"MJ{number}") for number in (1, 2, 3)),
        a_link("BG2", Relation.SERVED_BY, "MJ1"),
    ],
)


def bill_of(document: str, atlas: Atlas = BANK, **variables: Json) -> Bill:
    view = View(atlas=atlas, today=TODAY, instant=NOW)
    parsed = parse(document)
    operation = get_operation_ast(parsed)
    assert operation is not None
    return cost.bill(SCHEMA, parsed, operation, variables, view)


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        pytest.param("{ atlas { asOf } }", 2, id="each field costs one"),
        # atlas 1 + goals 1 + nodes 1 + 3 goals × (key 1 + title 1)
        pytest.param("{ atlas { goals { nodes { key title } } } }", 9, id="a page that isn't full"),
        # 3 + 2 × 1
        pytest.param("{ atlas { goals(first: 2) { nodes { key } } } }", 5, id="a small page"),
        pytest.param("{ atlas { goals(last: 2) { nodes { key } } } }", 5, id="its end"),
        # 3 + 3 × (node 1 + key 1 + cursor 1)
        pytest.param(
            "{ atlas { goals { edges { cursor node { key } } } } }", 12, id="a page by its edges"
        ),
        # 3 + 3 × (journeys 1 + nodes 1 + 2.5 × key 1) = 16.5
        pytest.param(
            "{ atlas { goals { nodes { journeys { nodes { key } } } } } }", 17, id="links"
        ),
        # atlas 1 + objective 1 + keyResults 1 + 2 × key 1
        pytest.param(
            '{ atlas { objective(key: "O1") { keyResults { key } } } }', 5, id="a list unpaged"
        ),
        # atlas 1 + metric 1 + keyResults 1 + nodes 1 + 2 × key 1
        pytest.param(
            '{ atlas { metric(key: "MT-1") { keyResults { nodes { key } } } } }',
            6,
            id="records that name a node",
        ),
        # 3 + 3 × title 1, from a fragment and from one inside it
        pytest.param(
            "{ atlas { ...a } } fragment a on Atlas { goals { nodes { ... on Goal { title } } } }",
            6,
            id="fragments",
        ),
        pytest.param(
            "{ atlas { asOf @skip(if: true) revision @include(if: false) } }",
            1,
            id="what is left out",
        ),
        # nodes 1 + 2 × id 1
        pytest.param('{ nodes(ids: ["a", "b"]) { id } }', 3, id="nodes by their ids"),
        pytest.param(
            "{ atlas(asOf: null) { asOf } }", 2, id="an argument that is null is not given"
        ),
        # 20 for the database, 1000 for the sources
        pytest.param('{ atlas(asOf: "2026-01-01") { asOf } }', 22, id="another day"),
        pytest.param("{ atlas(read: {mode: LIVE}) { asOf } }", 1002, id="sources that are asked"),
        # atlas 1 + metrics 1 + nodes 1 + 1 metric × (value 21 + count 1)
        pytest.param(
            "{ atlas { metrics { nodes { value(window: {kind: ALL}) { count } } } } }",
            25,
            id="a value that the database answers",
        ),
        # atlas 1 + metric 1 + series 20 + (21 days / 7 + 1) points × (1 + label 1)
        pytest.param(
            '{ atlas { metric(key: "MT-1") { series(from: "2026-11-02") { label } } } }',
            30,
            id="a series by its points",
        ),
        # atlas 1 + coverage 50 + 2 named × (1 + share 1) + rows 1
        pytest.param(
            '{ atlas { coverage(journeys: ["MJ1", "MJ2"]) { rows { share } } } }',
            56,
            id="a matrix by its rows",
        ),
        # atlas 1 + graph 50 + 3 goals × (1 + key 1) + nodes 1
        pytest.param(
            "{ atlas { graph(kinds: GOAL) { nodes { key } } } }", 58, id="a graph by its nodes"
        ),
        # goalRows 1 + 3 rows × (1 + 2 cells × 0.5)
        pytest.param("{ goalRows { key title } }", 7, id="a table by its rows"),
        pytest.param("{ goalRows(limit: 2) { key title } }", 5, id="a part of a table"),
        # 5 + 100 rows left out / 50
        pytest.param(
            "{ goalRows(limit: 2, offset: 100) { key title } }", 7, id="what an offset walks over"
        ),
        pytest.param(
            '{ goalRows(limit: 2, after: "x") { key title } }', 5, id="a table gone on with"
        ),
        # keyResultRows 1 + asOf 20 + 2 rows × (1 + 0.5)
        pytest.param(
            '{ keyResultRows(asOf: "2026-01-01") { progress } }', 24, id="a table on another day"
        ),
        # statement 20 + (14 days / 7 + 1) × 2 key results × (1 + 0.5)
        pytest.param(
            '{ keyResultSnapshotRows(from: "2026-11-09") { progress } }', 29, id="days × rows"
        ),
        # statement 20 + 1 metric × (14 days + 1) × (1 + 0.5) = 42.5
        pytest.param(
            '{ metricSeriesRows(from: "2026-11-09", grain: DAY) { value } }',
            43,
            id="metrics × periods",
        ),
        # statement 20 + 1,000 rows × (1 + 0.5)
        pytest.param("{ observationRows { value } }", 1520, id="observations, which nobody counts"),
        # edgeRows 1 + rows × (1 + 0.5): 4 links, and O1 in its cycle, both key results in O1 and
        # by MT-1, its source from the metric and to the connection, the quarter in the year
        pytest.param("{ edgeRows { kind } }", 19, id="edges"),
        # lineageRows 1 + (3 goals and 3 journeys themselves, 4 journeys beneath) × (1 + 0.5)
        pytest.param("{ lineageRows { depth } }", 16, id="ancestors × descendants"),
        pytest.param("{ __schema { types { name } } }", 500, id="the schema"),
    ],
)
def test_an_operation_costs_what_the_atlas_holds_for_it(document: str, expected: int) -> None:
    assert bill_of(document).cost == expected


def test_variables_count_with_what_was_sent_and_else_with_their_default() -> None:
    document = """
      query ($first: Int = 1, $short: Boolean = false) {
        atlas { goals(first: $first) { nodes { key title @skip(if: $short) } } }
      }
    """

    # 3 + goals × (key 1 + title 1, unless it is skipped)
    assert bill_of(document).cost == 5
    assert bill_of(document, first=2).cost == 7
    assert bill_of(document, first=2, short=True).cost == 5


def test_a_filter_is_paid_for_by_what_it_looks_at() -> None:
    plain = bill_of("{ atlas { goals(first: 1) { nodes { key } } } }").cost
    document = """
      { atlas { goals(first: 1, filter: {key: {eq: "BG1"}, title: {contains: "a"}}) {
        nodes { key } } } }
    """

    # 2 values × 3 goals, however short the page
    assert bill_of(document).cost == plain + 6


def test_a_walk_over_the_atlas_costs_more_in_a_large_one() -> None:
    document = '{ atlas { goal(key: "BG1") { progress { all { value } } } } }'
    large = an_atlas(a_goal("BG1"), *(a_journey(f"J{number}") for number in range(998)))

    # 998 journeys and a goal more, 1 for each 50 nodes
    more = len(large.nodes) // 50 - len(BANK.nodes) // 50
    assert more == 20
    assert bill_of(document, large).cost == bill_of(document).cost + more


def test_a_streamed_table_costs_what_is_read_of_it_together() -> None:
    parsed = parse("{ goalRows { key title } }")
    operation = get_operation_ast(parsed)
    assert operation is not None

    bill = cost.bill(SCHEMA, parsed, operation, {}, a_view(BANK), at_once=2)

    # 1 + 2 rows × (1 + 2 cells × 0.5)
    assert bill.cost == 5


def test_a_table_that_is_too_dear_comes_with_advice() -> None:
    assert "`after`" in bill_of("{ goalRows { key } }").advice
    assert bill_of("{ atlas { goals { nodes { key } } } }").advice == ""


def test_the_dearest_field_is_named_down_to_where_the_cost_spreads() -> None:
    document = "{ atlas { asOf goals { nodes { journeys { nodes { key title } } key } } } }"

    assert bill_of(document).dearest == "atlas.goals.nodes.journeys.nodes"


def test_a_crowded_list_counts_for_no_more_than_its_page() -> None:
    journeys = [a_journey(f"J{number}") for number in range(120)]
    links = [a_link("BG1", Relation.SERVED_BY, each.key) for each in journeys]
    atlas = an_atlas(a_goal("BG1"), *journeys, links=links)
    document = "{ atlas { goals { nodes { journeys%s { nodes { key } } } } } }"

    # 3 + 1 goal × (2 + journeys × 1)
    assert bill_of(document % "", atlas).cost == 55
    assert bill_of(document % "(first: 100)", atlas).cost == 105
    assert bill_of(document % "(first: 200)", atlas).cost == 125


def test_no_field_is_free_by_omission() -> None:
    free = [
        f"{kind.name}.{name}"
        for kind in SCHEMA.type_map.values()
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType)
        and not kind.name.startswith("__")
        for name in kind.fields
        if prices.FIELDS.get((kind.name, name), prices.PLAIN) < 1
    ]

    assert free == []
    assert prices.PLAIN == 1


def test_every_price_is_of_a_field_that_exists() -> None:
    priced = {
        (*field, None) for field in (*prices.FIELDS, *prices.LENGTHS, *prices.HELD, *COUNTED)
    } | set(prices.ARGUMENTS)

    unknown = [
        (kind, name, argument)
        for kind, name, argument in priced
        if not name.startswith("__") and not exists(kind, name, argument)
    ]

    assert unknown == []


def exists(kind: str, name: str, argument: str | None) -> bool:
    found = SCHEMA.type_map.get(kind)
    assert isinstance(found, GraphQLObjectType | GraphQLInterfaceType), kind
    field = found.fields.get(name)
    return field is not None and (argument is None or argument in field.args)


def test_every_list_of_nodes_has_a_length_that_somebody_knows() -> None:
    """Neither the Atlas nor a price tells of these: they count for 50, and that must be meant."""
    unpaged = {
        f"{kind.name}.{name}"
        for kind in SCHEMA.type_map.values()
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__")
        for name, field in kind.fields.items()
        if str(field.type).startswith("[") and name not in ("nodes", "edges")
        if not is_priced(kind, name) and item(str(field.type)) not in cost.KINDS
    }

    assert {each for each in unpaged if not is_leaf(each)} <= COUNTED_FOR_50


COUNTED_FOR_50 = {
    "Connector.limits",
    "Connector.metrics",
    "Coverage.rows",
    "Coverage.totals",
    "CoverageRow.cells",
    "Metric.marks",
    "Metric.series",
    "Query.connectors",
    "Query.nodes",  # its ids are counted
}


def is_priced(kind: GraphQLObjectType, name: str) -> bool:
    known = (*prices.LENGTHS, *prices.HELD, *COUNTED)
    return any((each.name, name) in known for each in (kind, *kind.interfaces))


def item(of_list: str) -> str:
    return of_list.strip("[]!")


def is_leaf(path: str) -> bool:
    kind, name = path.split(".")
    owner = SCHEMA.type_map[kind]
    assert isinstance(owner, GraphQLObjectType)
    found = SCHEMA.type_map[item(str(owner.fields[name].type))]
    return not isinstance(found, GraphQLObjectType | GraphQLInterfaceType)


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_every_operation_that_ships_costs_a_tenth_of_the_limit_at_most(file: Path) -> None:
    bill = bill_of(file.read_text(), norrhavn().atlas)

    assert 0 < bill.cost <= Limits().cost / 10


async def test_beyond_the_limit_nothing_runs_and_the_dearest_field_is_named() -> None:
    api = an_api(BANK, limits=Limits(cost=8))

    response = await api.post("{ atlas { goals { nodes { key title } } } }")

    assert response.json() == {
        "data": None,
        "errors": [
            {
                "message": "The operation costs 9, most of it for `atlas.goals.nodes`; "
                "the limit `cost` allows 8.",
                "extensions": {"code": "COST_LIMIT", "limit": "cost", "maximum": 8, "cost": 9},
            }
        ],
    }


async def test_at_the_limit_it_is_answered() -> None:
    api = an_api(BANK, limits=Limits(cost=9))

    data = await api.ask("{ atlas { goals { nodes { key title } } } }")

    assert len(data["atlas"]["goals"]["nodes"]) == 3


async def test_whoever_asks_is_told_the_cost() -> None:
    api, body = an_api(BANK), {"query": "{ atlas { goals { nodes { key title } } } }"}

    told = await api.send(body, **{"atlas-cost": "1"})
    untold = await api.send(body)

    assert told.json()["extensions"] == {"cost": {"requested": 9, "limit": 100_000}}
    assert "extensions" not in untold.json()


SEVERAL = """
  { atlas(asOf: "2026-10-31") { asOf metrics { nodes { value(window: {kind: ALL}) { count } } } }
    again: atlas { goals { nodes { key journeys { nodes { key } } } } } }
"""


async def test_a_costly_operation_answers_the_same_beside_the_loop() -> None:
    beside, here = (an_api(BANK, limits=Limits(costly=costly)) for costly in (1, 10**6))

    answers = [await api.ask(SEVERAL) for api in (beside, here)]

    assert answers[0] == answers[1]
    assert [api.views.statements for api in (beside, here)] == [1, 1]
    assert [len(api.views.opened) for api in (beside, here)] == [2, 2]


async def test_a_costly_operation_beside_the_loop_has_the_same_limits() -> None:
    api = an_api(BANK, limits=Limits(costly=1, nodes=2))

    assert codes(await api.errors("{ atlas { goals { nodes { key } } } }")) == ["COST_LIMIT"]
