"""Orders by any value: nothing lost or repeated between pages, and cursors that know their list."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.filters.operators import natural
from domain.opportunity import Opportunity, Priority
from tests.api.asking import Api, Json, an_api, codes
from tests.builders import a_goal, an_atlas, an_opportunity

DOCUMENT = """query($orderBy: [OpportunityOrder!], $first: Int, $after: String, $last: Int,
  $before: String) { atlas { opportunities(orderBy: $orderBy, first: $first, after: $after,
  last: $last, before: $before) { totalCount nodes { key }
  pageInfo { hasNextPage endCursor hasPreviousPage startCursor } } } }"""


async def page(api: Api, **asked: object) -> Json:
    return (await api.ask(DOCUMENT, **asked))["atlas"]["opportunities"]


def keys(found: Json) -> list[str]:
    return [node["key"] for node in found["nodes"]]


VALUES = st.none() | st.sampled_from([Decimal(0), Decimal("0.1"), Decimal("-0.1"), Decimal(1) / 3])
TITLES = st.sampled_from(["a", "B", "b2", "b10", "B2", ""])

OPPORTUNITIES = st.lists(st.tuples(TITLES, VALUES), max_size=7).map(
    lambda drawn: [
        an_opportunity(f"OP{at}", title=title, confidence=confidence)
        for at, (title, confidence) in enumerate(drawn)
    ]
)

FIELDS = st.sampled_from(["TITLE", "CONFIDENCE", "STATUS", "KEY", "CREATED_AT", "PROGRESS"])
ORDERS = st.lists(
    st.fixed_dictionaries({"field": FIELDS, "direction": st.sampled_from(["ASC", "DESC"])}),
    min_size=1,
    max_size=3,
)


@given(opportunities=OPPORTUNITIES, order=ORDERS, size=st.integers(1, 4))
async def test_pages_forwards_give_each_node_once(
    opportunities: list[Opportunity], order: list[Json], size: int
) -> None:
    api = an_api(an_atlas(*opportunities))
    whole = keys(await page(api, orderBy=order))
    found: list[str] = []
    after = None

    while True:
        part = await page(api, orderBy=order, first=size, after=after)
        found += keys(part)
        after = part["pageInfo"]["endCursor"]
        if not part["pageInfo"]["hasNextPage"]:
            break

    assert found == whole
    assert sorted(found) == [each.key for each in opportunities]


@given(opportunities=OPPORTUNITIES, order=ORDERS, size=st.integers(1, 4))
async def test_pages_backwards_give_each_node_once(
    opportunities: list[Opportunity], order: list[Json], size: int
) -> None:
    api = an_api(an_atlas(*opportunities))
    whole = keys(await page(api, orderBy=order))
    found: list[str] = []
    before = None

    while True:
        part = await page(api, orderBy=order, last=size, before=before)
        found = keys(part) + found
        before = part["pageInfo"]["startCursor"]
        if not part["pageInfo"]["hasPreviousPage"]:
            break

    assert found == whole


@given(opportunities=OPPORTUNITIES)
async def test_what_is_missing_comes_last_either_way(opportunities: list[Opportunity]) -> None:
    api = an_api(an_atlas(*opportunities))
    known = [each.confidence for each in opportunities if each.confidence is not None]
    by_key = {each.key: each.confidence for each in opportunities}

    rising = keys(await page(api, orderBy=[{"field": "CONFIDENCE"}]))
    falling = keys(await page(api, orderBy=[{"field": "CONFIDENCE", "direction": "DESC"}]))

    missing = [None] * (len(opportunities) - len(known))
    assert [by_key[key] for key in rising] == [*sorted(known), *missing]
    assert [by_key[key] for key in falling] == [*sorted(known, reverse=True), *missing]


@pytest.mark.parametrize(
    "in_order",
    [
        pytest.param(["O2", "O10"], id="numbers"),
        pytest.param(["O2-KR2", "O2-KR10", "O10-KR1"], id="several numbers"),
        pytest.param(["a", "B", "c"], id="no capitals first"),
        pytest.param(["S", "S1"], id="the shorter first"),
        pytest.param(["v9", "v" + "9" * 30], id="long numbers"),
    ],
)
def test_texts_sort_as_people_expect(in_order: list[str]) -> None:
    assert sorted(set(in_order), key=natural) == in_order


async def test_keys_come_in_their_natural_order() -> None:
    api = an_api(an_atlas(*(a_goal(key) for key in ("O10", "O2", "o1"))))

    data = await api.ask("{ atlas { goals(orderBy: [{ field: KEY }]) { nodes { key } } } }")

    assert [node["key"] for node in data["atlas"]["goals"]["nodes"]] == ["o1", "O2", "O10"]


async def test_the_next_field_decides_among_those_alike() -> None:
    api = an_api(
        an_atlas(
            an_opportunity("OP1", priority=Priority(customer_value=Decimal(9), effort=Decimal(3))),
            an_opportunity("OP2", priority=Priority(customer_value=Decimal(9), effort=Decimal(1))),
            an_opportunity("OP3", priority=Priority(customer_value=Decimal(10))),
        )
    )
    order = [{"field": "CUSTOMER_VALUE", "direction": "DESC"}, {"field": "EFFORT"}]

    assert keys(await page(api, orderBy=order)) == ["OP3", "OP2", "OP1"]


async def test_an_enum_sorts_as_the_schema_declares_it() -> None:
    statuses = {"OP1": "DROPPED", "OP2": "DONE", "OP3": "IDENTIFIED"}
    api = an_api(
        an_atlas(*(an_opportunity(key, status=status) for key, status in statuses.items()))
    )

    assert keys(await page(api, orderBy=[{"field": "STATUS"}])) == ["OP3", "OP2", "OP1"]


@pytest.mark.parametrize(
    "order",
    [
        pytest.param(None, id="the list's own"),
        pytest.param([{"field": "CONFIDENCE", "direction": "DESC"}], id="another direction"),
        pytest.param([{"field": "EFFORT"}], id="another field"),
        pytest.param([{"field": "CONFIDENCE"}, {"field": "KEY"}], id="a further field"),
    ],
)
async def test_a_cursor_of_another_order_is_refused(order: list[Json] | None) -> None:
    api = an_api(an_atlas(an_opportunity("OP1", confidence=Decimal("0.5"))))
    cursor = (await page(api, orderBy=[{"field": "CONFIDENCE"}]))["pageInfo"]["endCursor"]

    errors = await api.errors(DOCUMENT, orderBy=order, after=cursor)

    assert codes(errors) == ["BAD_USER_INPUT"]
    assert "doesn't belong to this list" in errors[0]["message"]


async def test_a_cursor_of_another_kinds_order_is_refused() -> None:
    api = an_api(an_atlas(a_goal("G1"), an_opportunity("OP1")))
    goals = await api.ask(
        "{ atlas { goals(orderBy: [{ field: TITLE }]) { pageInfo { endCursor } } } }"
    )
    cursor = goals["atlas"]["goals"]["pageInfo"]["endCursor"]

    errors = await api.errors(DOCUMENT, orderBy=[{"field": "TITLE"}], after=cursor)

    assert codes(errors) == ["BAD_USER_INPUT"]


async def test_a_node_that_left_its_place_moves_no_page() -> None:
    nodes = [an_opportunity(f"OP{at}", confidence=Decimal(at)) for at in range(5)]
    order = [{"field": "CONFIDENCE"}]
    first = await page(an_api(an_atlas(*nodes)), orderBy=order, first=2)

    without = an_api(an_atlas(*nodes[2:]))
    rest = await page(without, orderBy=order, after=first["pageInfo"]["endCursor"])

    assert keys(rest) == ["OP2", "OP3", "OP4"]
