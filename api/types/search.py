"""Search: nodes of any kind by words, the best fitting first."""

from collections.abc import Awaitable
from dataclasses import dataclass

import strawberry

from api.context import Reading
from api.fields import attribute, computed, described, many
from api.filters.pace import Pace, worked
from api.relay import Asked, Order, Page, paged
from api.types.enums import MATCH_RANK
from api.types.pages import PageInfo
from api.types.references import NODE
from domain.node import Kind, Node, NodeId
from domain.search import FOUND_AT_MOST, MatchRank, SearchResult, search
from domain.steps import Steps
from domain.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundEdge:
    """A node that was found, how well it fits, and the cursor to go on from."""

    node: Node
    rank: MatchRank
    cursor: str


@dataclass(frozen=True, slots=True)
class FoundPage:
    """A page of what was found, of `total_count` in all."""

    page: Page[Node]
    ranks: dict[NodeId, MatchRank]
    total_count: int


def search_page(
    view: View,
    reading: Reading,
    *,
    text: str,
    kinds: list[Kind] | None = None,
    first: int | None = None,
    after: str | None = None,
) -> FoundPage | Awaitable[FoundPage]:
    """Give a page of the nodes that have every word of a text; awaited where it takes longer."""
    wanted = tuple(Kind) if kinds is None else kinds
    found = search(view, text, kinds=wanted, first=FOUND_AT_MOST)
    return worked(_paged(found, Asked(first=first, after=after)), Pace(reading))


def _paged(steps: Steps[SearchResult], asked: Asked) -> Steps[FoundPage]:
    found = yield from steps
    ranks = {hit.node.id: hit.rank for hit in found.hits}
    order: Order[Node] = Order("search", lambda node: (int(ranks[node.id]), node.key), (int, str))
    page = paged([hit.node for hit in found.hits], asked, order)
    return FoundPage(page, ranks, found.total)


def found_edges(found: FoundPage, _: Reading) -> list[FoundEdge]:
    """Give the nodes of a page with their cursors and how well they fit."""
    page, ranks = found.page, found.ranks
    return [
        FoundEdge(node=node, rank=ranks[node.id], cursor=page.order.cursor(node))
        for node in page.items
    ]


@strawberry.type(description="A node that was found.")
class SearchEdge:
    """The public face of `FoundEdge`."""

    node = described("The node.", graphql_type=NODE)
    rank: str = described("How well it fits.", graphql_type=MATCH_RANK)
    cursor: str = described("Its place among what was found, for `after`.")


@strawberry.type(
    description="A page of what was found, the best fitting first: at most 200 nodes, 50 where no "
    "size is asked for."
)
class SearchConnection:
    """The public face of `FoundPage`."""

    nodes = computed(attribute("page.items"), many(NODE), "The nodes of this page.")
    edges = computed(found_edges, many(SearchEdge), "The nodes with how well they fit.")
    page_info = computed(
        attribute("page.page_info"), PageInfo, "Where this page stands among the 200 best."
    )
    total_count: int = described("How many nodes were found in all, beyond the 200 best too.")


SEARCH_ARGUMENTS = {
    "text": "Words, at most 200 characters; each must stand in the key, title, labels or "
    "description, in whatever case and accents, inside of other words too. Without a word nothing "
    "is found.",
    "kinds": "Only nodes of these kinds; where nothing is said, of all.",
    "first": "How many nodes from the start, or after `after`: 0 to 200; 50 where nothing is said.",
    "after": "A cursor of this list: begin with the node that follows it.",
}
