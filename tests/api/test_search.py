"""Search over the API: the best first, of the asked kinds, page by page."""

from tests.api.asking import Json, an_api, codes
from tests.builders import NOW, a_goal, a_journey, an_atlas

DOCUMENT = """query($text: String!, $kinds: [Kind!], $first: Int, $after: String) { atlas {
  search(text: $text, kinds: $kinds, first: $first, after: $after) { totalCount
  nodes { __typename } edges { rank cursor node { ... on AtlasNode { key } } }
  pageInfo { hasNextPage endCursor } } } }"""

ATLAS = an_atlas(
    a_goal("G1", title="Calm about credit"),
    a_goal("CREDIT", title="Something else"),
    a_journey("J1", title="Credit without fear"),
    a_journey("J2", title="Saving", description="Before anybody takes credit."),
    a_journey("J3", title="Credit long ago", archived_at=NOW),
)


async def found(**asked: object) -> Json:
    return (await an_api(ATLAS).ask(DOCUMENT, **asked))["atlas"]["search"]


def ranked(answer: Json) -> list[tuple[str, str]]:
    return [(edge["node"]["key"], edge["rank"]) for edge in answer["edges"]]


async def test_the_best_fitting_come_first_and_archived_ones_not_at_all() -> None:
    answer = await found(text="Crédit")

    assert ranked(answer) == [
        ("CREDIT", "KEY"),
        ("J1", "TITLE_BEGINS"),
        ("G1", "TITLE_WORDS"),
        ("J2", "ELSEWHERE"),
    ]
    assert answer["totalCount"] == 4


async def test_only_the_asked_kinds_are_searched() -> None:
    answer = await found(text="credit", kinds=["JOURNEY"])

    assert [key for key, _ in ranked(answer)] == ["J1", "J2"]
    assert answer["nodes"] == [{"__typename": "Journey"}] * 2


async def test_a_search_pages_on_to_its_end() -> None:
    first = await found(text="credit", first=3)
    rest = await found(text="credit", after=first["pageInfo"]["endCursor"])

    assert (first["totalCount"], first["pageInfo"]["hasNextPage"]) == (4, True)
    assert [key for key, _ in ranked(first) + ranked(rest)] == ["CREDIT", "J1", "G1", "J2"]
    assert rest["pageInfo"]["hasNextPage"] is False


async def test_without_a_word_nothing_is_found() -> None:
    answer = await found(text=" ")

    assert (answer["totalCount"], answer["edges"]) == (0, [])


async def test_a_search_for_a_whole_page_of_text_is_refused() -> None:
    errors = await an_api(ATLAS).errors(DOCUMENT, text="x" * 201)

    assert codes(errors) == ["BAD_USER_INPUT"]
    assert "200 characters" in errors[0]["message"]


async def test_a_cursor_of_another_list_is_refused() -> None:
    api = an_api(ATLAS)
    goals = await api.ask("{ atlas { goals { pageInfo { endCursor } } } }")
    cursor = goals["atlas"]["goals"]["pageInfo"]["endCursor"]

    assert codes(await api.errors(DOCUMENT, text="credit", after=cursor)) == ["BAD_USER_INPUT"]
