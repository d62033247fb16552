"""Relay: ids that nobody can make up, and pages that lose and repeat nothing."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.errors import BadUserInput
from api.relay import BY_KEY, Asked, GlobalId, Order, Page, decode_id, encode_id, paged
from domain.goal import Goal
from domain.links import Relation
from domain.node import NodeId, OrganizationId
from tests.api.asking import Json, an_api, codes
from tests.builders import a_goal, a_journey, a_key_result, a_link, a_metric, an_atlas, an_objective

KEYS = st.lists(st.text(min_size=1, max_size=4), unique=True, max_size=12)
SIZES = st.integers(min_value=1, max_value=5)


def goals(keys: list[str]) -> list[Goal]:
    return [a_goal(key) for key in sorted(keys)]


def keys_of(page: Page[Goal]) -> list[str]:
    return [goal.key for goal in page.nodes]


@given(keys=KEYS, size=SIZES)
def test_pages_forwards_are_the_whole_list(keys: list[str], size: int) -> None:
    found: list[str] = []
    after = None

    while True:
        page = paged(goals(keys), Asked(first=size, after=after))
        found += keys_of(page)
        after = page.page_info.end_cursor
        if not page.page_info.has_next_page:
            break

    assert found == sorted(keys)


@given(keys=KEYS, size=SIZES)
def test_pages_backwards_are_the_whole_list(keys: list[str], size: int) -> None:
    found: list[str] = []
    before = None

    while True:
        page = paged(goals(keys), Asked(last=size, before=before))
        found = keys_of(page) + found
        before = page.page_info.start_cursor
        if not page.page_info.has_previous_page:
            break

    assert found == sorted(keys)


@given(keys=KEYS.filter(bool), size=SIZES, data=st.data())
def test_what_comes_and_goes_before_a_cursor_moves_nothing(
    keys: list[str], size: int, data: st.DataObject
) -> None:
    first = paged(goals(keys), Asked(first=size))
    gone = data.draw(st.sets(st.sampled_from(keys_of(first))))
    come = [key for key in ("", " ", "0") if key not in keys and key < keys_of(first)[-1]]
    kept = [key for key in keys if key not in gone]

    following = paged(goals([*kept, *come]), Asked(first=50, after=first.page_info.end_cursor))

    assert keys_of(following) == [key for key in sorted(keys) if key > keys_of(first)[-1]]


@pytest.mark.parametrize(
    ("asked", "found", "neighbours"),
    [
        pytest.param(Asked(), "abcde", (False, False), id="nothing asked"),
        pytest.param(Asked(first=2), "ab", (False, True), id="first"),
        pytest.param(Asked(last=2), "de", (True, False), id="last"),
        pytest.param(Asked(first=0), "", (False, True), id="none of them"),
        pytest.param(Asked(first=200), "abcde", (False, False), id="more than there are"),
    ],
)
def test_a_page_knows_its_neighbours(
    asked: Asked, found: str, neighbours: tuple[bool, bool]
) -> None:
    page = paged(goals(list("abcde")), asked)

    assert "".join(keys_of(page)) == found
    info = page.page_info
    assert (info.has_previous_page, info.has_next_page) == neighbours
    assert page.total_count == 5


def test_a_page_between_two_cursors() -> None:
    whole = paged(goals(list("abcde")), Asked())
    after, before = whole.edges[0].cursor, whole.edges[3].cursor

    page = paged(goals(list("abcde")), Asked(after=after, before=before))

    assert keys_of(page) == ["b", "c"]


def test_a_page_whose_cursors_cross_is_empty() -> None:
    whole = paged(goals(list("abcde")), Asked())
    after, before = whole.edges[3].cursor, whole.edges[0].cursor

    page = paged(goals(list("abcde")), Asked(after=after, before=before))

    assert (keys_of(page), page.page_info.start_cursor) == ([], None)


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param(Asked(first=-1), id="below none"),
        pytest.param(Asked(first=201), id="first over the limit"),
        pytest.param(Asked(last=201), id="last over the limit"),
        pytest.param(Asked(first=1, last=1), id="both"),
    ],
)
def test_a_wrong_size_is_refused(asked: Asked) -> None:
    with pytest.raises(BadUserInput):
        paged(goals(["a"]), asked)


def encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        pytest.param("", id="empty"),
        pytest.param("x", id="not base64"),
        pytest.param("é", id="not ASCII"),
        pytest.param("gICA", id="not UTF-8"),
        pytest.param(encoded("x"), id="not JSON"),
        pytest.param(encoded("null"), id="null"),
        pytest.param(encoded("{}"), id="an object"),
        pytest.param(encoded("[]"), id="an empty list"),
        pytest.param(encoded("[" * 3_000), id="deep"),
        pytest.param(encoded('["1", "key"]'), id="no place"),
        pytest.param(encoded('["1", "key", 5, "x"]'), id="a number for a key"),
        pytest.param(encoded('["1", "key", null, "x"]'), id="null for a key"),
        pytest.param(encoded('["1", "key", ["a"], "x"]'), id="a list for a key"),
        pytest.param(encoded('["1", "key", "a", "x", "y"]'), id="a place too long"),
        pytest.param(encoded('["2", "key", "a", "x"]'), id="another version"),
        pytest.param(encoded('["1", "position", 0, "a", "x"]'), id="of another order"),
    ],
)
@pytest.mark.parametrize("way", ["after", "before"])
def test_a_cursor_made_up_is_refused(cursor: str, way: str) -> None:
    asked = Asked(after=cursor) if way == "after" else Asked(before=cursor)

    with pytest.raises(BadUserInput, match="doesn't belong to this list"):
        paged(goals(["a"]), asked)


def test_an_order_of_numbers_pages_too() -> None:
    places = {"a": 2, "b": 0, "c": 0}
    order: Order[Goal] = Order("place", lambda goal: (places[goal.key], goal.key), (int, str))
    found = [a_goal("b"), a_goal("c"), a_goal("a")]

    first = paged(found, Asked(first=2), order)
    second = paged(found, Asked(first=2, after=first.page_info.end_cursor), order)

    assert keys_of(first) + keys_of(second) == ["b", "c", "a"]


@given(st.text())
def test_no_text_breaks_the_reading_of_ids_and_cursors(text: str) -> None:
    assert decode_id(text) is None
    with pytest.raises(BadUserInput):
        paged(goals(["a"]), Asked(after=text), BY_KEY)


def test_an_id_says_what_it_was_made_of() -> None:
    made = GlobalId("Goal", OrganizationId("o"), NodeId("n"))

    assert decode_id(encode_id(made)) == made


async def test_a_node_is_found_again_by_its_id() -> None:
    atlas = an_atlas(a_goal("BG1"), a_metric("MT-1"), an_objective("O1"), a_key_result("O1-KR1"))
    api = an_api(atlas)
    made = await api.ask(
        """{ organization { id } atlas { goal(key: "BG1") { id } keyResult(key: "O1-KR1") { id }
        cycle(key: "FY26") { id } connection(key: "nowhere") { id } } }"""
    )
    ids = [made["organization"]["id"], made["atlas"]["goal"]["id"], "made up"]
    ids += [made["atlas"]["keyResult"]["id"], made["atlas"]["cycle"]["id"]]

    data = await api.ask(
        """query($ids: [ID!]!) { nodes(ids: $ids) {
        __typename ... on AtlasNode { key } ... on Cycle { key } ... on Organization { key } } }""",
        ids=ids,
    )

    assert made["atlas"]["connection"] is None
    assert data == {
        "nodes": [
            {"__typename": "Organization", "key": "norrhavn"},
            {"__typename": "Goal", "key": "BG1"},
            None,
            {"__typename": "KeyResult", "key": "O1-KR1"},
            {"__typename": "Cycle", "key": "FY26"},
        ]
    }


def hostile_ids() -> list[Json]:
    atlas = an_atlas(a_goal("BG1"))
    here, goal = atlas.organization.id, atlas.by_key["BG1"]
    return [
        pytest.param("", id="empty"),
        pytest.param("BG1", id="a key"),
        pytest.param(goal, id="the bare id"),
        pytest.param("'; DROP TABLE nodes; --", id="SQL"),
        pytest.param("\u0000", id="a zero byte"),
        pytest.param("x" * 100_000, id="long"),
        pytest.param(encode_id(GlobalId("Goal", OrganizationId("other"), goal)), id="elsewhere"),
        pytest.param(encode_id(GlobalId("Journey", here, goal)), id="another type"),
        pytest.param(encode_id(GlobalId("Organization", here, goal)), id="not the organization"),
        pytest.param(encode_id(GlobalId("Goal", here, NodeId("gone"))), id="gone"),
        pytest.param(encoded(f"2:Goal:{here}:{goal}"), id="another version"),
        pytest.param(encoded(f"1:Goal:{here}"), id="a part missing"),
        pytest.param(encoded(f"1:Goal:{here}:{goal}:x"), id="a part too many"),
    ]


@pytest.mark.parametrize("made_up", hostile_ids())
async def test_an_id_made_up_is_nobodys(made_up: str) -> None:
    data = await an_api(an_atlas(a_goal("BG1"))).ask(
        "query($id: ID!) { node(id: $id) { id } nodes(ids: [$id]) { id } }", id=made_up
    )

    assert data == {"node": None, "nodes": [None]}


async def test_more_ids_than_a_page_holds_are_refused() -> None:
    errors = await an_api(an_atlas()).errors(
        "query($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=["x"] * 201
    )

    assert codes(errors) == ["BAD_USER_INPUT"]
    assert "at most 200" in errors[0]["message"]


async def test_a_page_over_the_api() -> None:
    journeys = [a_journey(f"J{number}") for number in range(5)]
    links = [
        a_link("BG1", Relation.SERVED_BY, journey.key, position=9 - number)
        for number, journey in enumerate(journeys)
    ]
    api = an_api(an_atlas(a_goal("BG1"), *journeys, links=links))
    document = """query($first: Int, $after: String) { atlas { goal(key: "BG1") {
        journeys(first: $first, after: $after) { totalCount nodes { key }
        edges { cursor node { key } }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } } }"""

    first = (await api.ask(document, first=2))["atlas"]["goal"]["journeys"]
    cursor = first["pageInfo"]["endCursor"]
    second = (await api.ask(document, first=9, after=cursor))["atlas"]["goal"]["journeys"]

    assert [node["key"] for node in first["nodes"]] == ["J4", "J3"]
    assert [edge["node"]["key"] for edge in first["edges"]] == ["J4", "J3"]
    assert first["edges"][1]["cursor"] == cursor
    assert first["pageInfo"] == {
        "hasNextPage": True,
        "hasPreviousPage": False,
        "startCursor": first["edges"][0]["cursor"],
        "endCursor": cursor,
    }
    assert [node["key"] for node in second["nodes"]] == ["J2", "J1", "J0"]
    assert (first["totalCount"], second["totalCount"]) == (5, 5)
    assert second["pageInfo"]["hasPreviousPage"] is True


async def test_an_unsized_list_has_at_most_50_nodes() -> None:
    api = an_api(an_atlas(*(a_goal(f"G{number:02}") for number in range(60))))

    data = await api.ask("{ atlas { goals { totalCount nodes { key } } } }")

    assert data["atlas"]["goals"]["totalCount"] == 60
    assert [node["key"] for node in data["atlas"]["goals"]["nodes"]] == [
        f"G{number:02}" for number in range(50)
    ]
