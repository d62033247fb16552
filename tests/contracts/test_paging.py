"""Pages: none, one, exactly a page, many; and walks that would never end, or count twice."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count

import httpx
import pytest

from journey_atlas_sdk import DataError, Window
from journey_atlas_sdk.paging import MOST_PAGES, Page, next_link, numbered, pages, reachable

SIZE = 3
SIZES = [0, 1, SIZE, SIZE + 1, 5 * SIZE, 5 * SIZE + 2]


class Shelf:
    """Gives its items three a page, by cursor or by number; notes what it was asked for."""

    def __init__(self, items: Sequence[int]) -> None:
        self.items = list(items)
        self.asked: list[int] = []

    async def by_cursor(self, cursor: str | None) -> Page[int, str | None]:
        start = int(cursor or "0")
        self.asked.append(start)
        after = start + SIZE
        return self.items[start:after], str(after) if after < len(self.items) else None

    async def by_number(self, number: int) -> Sequence[int]:
        self.asked.append(number)
        return self.items[(number - 1) * SIZE : number * SIZE]


@pytest.mark.parametrize("first", ["0", None])
@pytest.mark.parametrize("size", SIZES)
async def test_a_cursor_leads_through_all_items_once(size: int, first: str | None) -> None:
    shelf = Shelf(range(size))

    found = [item async for item in pages(shelf.by_cursor, first)]

    assert found == list(range(size))
    assert len(shelf.asked) == max(1, -(-size // SIZE))


@pytest.mark.parametrize("size", SIZES)
async def test_numbers_lead_through_all_items_once(size: int) -> None:
    shelf = Shelf(range(size))

    found = [item async for item in numbered(shelf.by_number)]

    assert found == list(range(size))


async def test_a_page_shorter_than_asked_for_is_not_the_last_one() -> None:
    """The source gives three a page whatever it is asked for; a hundred, say."""
    shelf = Shelf(range(7))

    assert [item async for item in numbered(shelf.by_number)] == list(range(7))
    assert shelf.asked == [1, 2, 3]


@pytest.mark.parametrize("end", [None, ""])
async def test_an_empty_place_ends_the_walk(end: str | None) -> None:
    async def fetch(place: str) -> Page[int, str]:
        return [int(place)], "2" if place == "1" else end

    assert [item async for item in pages(fetch, "1")] == [1, 2]


async def test_a_place_that_comes_again_is_an_error_and_not_an_endless_walk() -> None:
    asked = count()

    async def fetch(place: str) -> Page[int, str]:
        return [next(asked)], "b" if place == "a" else "a"

    with pytest.raises(DataError, match="in circles: page 'a' came before"):
        _ = [item async for item in pages(fetch, "a")]

    assert next(asked) == 2


async def test_a_source_that_ignores_the_page_number_is_noticed() -> None:
    async def fetch(number: int) -> Sequence[int]:
        del number
        return [1, 2, 3]

    with pytest.raises(DataError, match="holds nothing new"):
        _ = [item async for item in numbered(fetch, identity=lambda item: item)]


async def test_a_walk_that_never_ends_is_ended() -> None:
    async def fetch(number: int) -> Page[int, int]:
        return [number], number + 1

    with pytest.raises(DataError, match="in circles"):
        _ = [item async for item in pages(fetch, 1)]

    assert MOST_PAGES == 10_000


async def test_an_item_pushed_onto_the_next_page_meanwhile_is_given_once() -> None:
    shelf = Shelf(range(7))

    async def fetch(number: int) -> Sequence[int]:
        items = await shelf.by_number(number)
        if number == 1:
            shelf.items.insert(0, -1)  # everything moves on by one
        return items

    found = [item async for item in numbered(fetch, identity=lambda item: item)]

    assert found == list(range(7))


async def test_a_failure_on_the_third_page_is_no_short_series() -> None:
    async def fetch(number: int) -> Sequence[int]:
        if number == 3:
            message = "broken"
            raise DataError(message)
        return [number]

    with pytest.raises(DataError, match="broken"):
        _ = [item async for item in numbered(fetch)]


def answer(link: str | None = None) -> httpx.Response:
    headers = {} if link is None else {"Link": f'<{link}>; rel="next", <https://h/x>; rel="prev"'}
    request = httpx.Request("GET", "https://source.example/rows?page=1")
    return httpx.Response(200, headers=headers, request=request)


@pytest.mark.parametrize(
    ("header", "written", "expected"),
    [
        pytest.param(None, None, None, id="none"),
        pytest.param(None, "", None, id="an empty one"),
        pytest.param("/rows?page=2", None, "https://source.example/rows?page=2", id="header"),
        pytest.param(
            None,
            "https://source.example/rows?page=2",
            "https://source.example/rows?page=2",
            id="body",
        ),
        pytest.param("/a", "?page=2", "https://source.example/rows?page=2", id="body first"),
    ],
)
def test_the_next_page_is_where_the_source_says(
    header: str | None, written: str | None, expected: str | None
) -> None:
    assert next_link(answer(header), written) == expected


@pytest.mark.parametrize(
    "link",
    [
        "https://other.example/rows?page=2",
        "http://source.example/rows?page=2",
        "//other.example/",
        "https://source.example:444/",
    ],
)
def test_a_next_page_at_another_origin_is_refused(link: str) -> None:
    with pytest.raises(DataError, match=r"The next page of source\.example would be at"):
        next_link(answer(), link)


NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "parts"),
    [
        pytest.param([], [(0, 9)], id="none"),
        pytest.param([1, 2], [(0, 9)], id="as many as the source gives"),
        pytest.param([0, 4, 8], [(0, 4), (4, 9)], id="one more, and one right on the cut"),
        pytest.param([5, 5, 6, 8], [(0, 4), (4, 6), (6, 9)], id="cut twice on one side"),
    ],
)
async def test_a_span_is_cut_until_each_part_is_given_whole(
    seconds: list[int], parts: list[tuple[int, int]]
) -> None:
    def part(start: int, end: int) -> Window:
        return Window(NOON + timedelta(seconds=start), NOON + timedelta(seconds=end))

    async def total(span: Window) -> int:
        return sum(span.start <= NOON + timedelta(seconds=each) < span.end for each in seconds)

    found = [each async for each in reachable(part(0, 9), total, most=2)]

    assert found == [part(*each) for each in parts]


async def test_more_in_one_second_than_a_source_gives_is_an_error() -> None:
    async def total(span: Window) -> int:
        return 3 if span.start <= NOON < span.end else 0

    day = Window(NOON - timedelta(hours=12), NOON + timedelta(hours=12))
    with pytest.raises(DataError, match="gives 2 results of a search, and found more"):
        [each async for each in reachable(day, total, most=2)]
