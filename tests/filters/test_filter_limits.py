"""What a filter may ask for, and that a long list lets others work meanwhile."""

import asyncio

import pytest
from graphql import GraphQLInputObjectType, GraphQLObjectType

from api.execution.limits import Limits
from api.filters.inputs import FILTERS, type_name
from api.filters.kinds import TABLES
from api.filters.table import Value
from domain.links import RULES, Relation
from domain.node import Kind
from tests.api.asking import SCHEMA, Api, Json, an_api, codes
from tests.builders import a_goal, a_journey, a_link, an_atlas

DOCUMENT = "query($filter: GoalFilter) { atlas { goals(filter: $filter) { totalCount } } }"


def an_empty_api(**limits: int) -> Api:
    return an_api(an_atlas(a_goal("G1")), limits=Limits(**limits))


def nested(levels: int) -> Json:
    """Write a filter of so many levels."""
    said: Json = {}
    for _ in range(levels - 1):
        said = {"not": said}
    return said


def many_conditions(number: int) -> Json:
    return {"or": [{"key": {"eq": "G1"}} for _ in range(number)]}


def many_links(number: int) -> Json:
    parent: Json = {"parent": {}}
    return {"and": [parent] * number}


@pytest.mark.parametrize(
    ("limit", "within", "beyond"),
    [
        pytest.param("filter_depth", nested(8), nested(9), id="depth"),
        pytest.param("filter_depth", nested(8), nested(200), id="depth far beyond"),
        pytest.param(
            "filter_conditions", many_conditions(100), many_conditions(101), id="conditions"
        ),
        pytest.param(
            "filter_conditions",
            many_links(100),
            many_links(101),
            id="steps to linked nodes",
        ),
    ],
)
async def test_a_filters_limit_holds_at_its_edge(limit: str, within: Json, beyond: Json) -> None:
    api = an_empty_api()

    await api.ask(DOCUMENT, filter=within)
    [error] = await api.errors(DOCUMENT, filter=beyond)

    assert error["extensions"]["code"] == "COST_LIMIT"
    assert error["extensions"]["limit"] == limit


async def test_an_order_names_a_few_fields() -> None:
    document = "query($by: [GoalOrder!]) { atlas { goals(orderBy: $by) { totalCount } } }"
    api = an_empty_api()

    await api.ask(document, by=[{"field": "KEY"}] * 5)
    [error] = await api.errors(document, by=[{"field": "KEY"}] * 6)

    assert error["extensions"]["limit"] == "order_fields"


@pytest.mark.parametrize("levels", [300, 900])
async def test_a_filter_as_deep_as_a_well_is_the_clients_fault(levels: int) -> None:
    answer = await an_empty_api().post(DOCUMENT, filter=nested(levels))

    assert answer.status_code < 500
    assert codes(answer.json()["errors"]) != ["INTERNAL"]


LARGE = 3_000


async def test_a_long_list_lets_others_work_between_its_slices() -> None:
    goals = [a_goal(f"G{number}") for number in range(LARGE)]
    ticks = iter(range(1_000_000))
    api = an_api(an_atlas(*goals), monotonic=lambda: next(ticks) / 1000)
    turns = 0

    async def friendly() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    friend = asyncio.create_task(friendly())
    try:
        data = await api.ask(
            """{ atlas { goals(filter: { progress: { isNull: true } }
            orderBy: [{ field: KEY, direction: DESC }] first: 2) { totalCount nodes { key } } } }"""
        )
    finally:
        friend.cancel()

    assert data["atlas"]["goals"] == {
        "totalCount": LARGE,
        "nodes": [{"key": f"G{LARGE - 1}"}, {"key": f"G{LARGE - 2}"}],
    }
    assert turns > 3


async def test_a_filter_stops_at_the_operations_deadline() -> None:
    goals = [a_goal(f"G{number}") for number in range(LARGE)]
    ticks = iter(range(1_000_000))
    api = an_api(an_atlas(*goals), monotonic=lambda: next(ticks), limits=Limits())

    [error] = await api.errors('{ atlas { goals(filter: { key: { eq: "x" } }) { totalCount } } }')

    assert error["extensions"]["code"] == "DEADLINE"


async def looks_at_the_clock(*, journeys: int) -> int:
    """Count how often the deadline is looked at while one goal's journeys are judged."""
    nodes = [a_journey(f"J{number}") for number in range(journeys)]
    links = [a_link("G1", Relation.SERVED_BY, journey.key) for journey in nodes]
    looks = 0

    def clock() -> float:
        nonlocal looks
        looks += 1
        return 0.0

    api = an_api(an_atlas(a_goal("G1"), *nodes, links=links), monotonic=clock)
    await api.ask(
        '{ atlas { goals(filter: { journeys: { some: { key: { eq: "x" } } } }) { totalCount } } }'
    )
    return looks


async def test_the_deadline_is_looked_at_while_links_are_followed() -> None:
    few, many = await looks_at_the_clock(journeys=1), await looks_at_the_clock(journeys=1_024)

    assert many - few >= 4  # once in 256 at least


OWN_NAMES = {
    "Goal": {"ownProgress"},
    "Journey": {"ownProgress"},
    "Opportunity": {"ownProgress", "customerValue", "businessValue", "effort"},
    "Solution": {"ownProgress"},
    "Metric": {"observedAt", "isStale", "goals", "journeys", "steps", "opportunities", "solutions"},
    "Objective": {
        *("progressState", "dataCoverage", "expected", "gap", "isStale", "isOverdue"),
        *("isWithinNoise", "goal", "journey", "opportunity", "solution"),
    },
    "KeyResult": {
        *("progressState", "dataCoverage", "expected", "gap", "isStale", "isOverdue"),
        "isWithinNoise",
    },
}
"""What a filter says in one word, and the type in two: `status.gap`, `priority.effort`."""

NODE_FIELDS = {"description", "createdAt", "updatedAt", "archivedAt"}
"""What every record has, though teams, cycles and sources don't show all of it."""


@pytest.mark.parametrize("kind", TABLES, ids=lambda kind: kind.title())
def test_a_filter_says_what_the_type_says(kind: Kind) -> None:
    name = type_name(kind)
    type_, filter_ = SCHEMA.type_map[name], SCHEMA.type_map[f"{name}Filter"]
    assert isinstance(type_, GraphQLObjectType)
    assert isinstance(filter_, GraphQLInputObjectType)

    known = {*type_.fields, *OWN_NAMES.get(name, ()), *NODE_FIELDS, "and", "or", "not"}
    assert set(filter_.fields) - known == set()


@pytest.mark.parametrize("relation", Relation)
def test_a_filter_crosses_every_link_of_the_law_both_ways(relation: Relation) -> None:
    rule = RULES[relation]

    for source in rule.sources:
        assert {row.kind for row in TABLES[source] if not isinstance(row, Value)} >= set(
            rule.targets
        )
    for target in rule.targets:
        assert {row.kind for row in TABLES[target] if not isinstance(row, Value)} >= set(
            rule.sources
        )


def test_every_kind_of_node_can_be_filtered() -> None:
    assert set(FILTERS) == set(Kind)
