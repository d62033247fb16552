"""Relay's connections: a page of a long list, with cursors to go on from."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

import strawberry

from api.context import Reading
from api.fields import Field, Function, GraphQLType, answered_by, described, public_parameters
from api.relay import BY_KEY, Asked, Order, Page, paged

T = TypeVar("T")

ListOrder = Callable[[Any, Reading], Order[Any]]
"""Gives the order of a record's list; Any: the nodes are the list's own."""


def by_key(_record: object, _reading: Reading) -> Order[Any]:
    """Order by key, as most lists are."""
    return BY_KEY


@strawberry.type(description="Where a page stands in its list.")
class PageInfo:
    """The public face of `relay.PageInfo`."""

    has_next_page: bool = described("Whether nodes follow this page.")
    has_previous_page: bool = described("Whether nodes come before this page.")
    start_cursor: str | None = described("The first node's cursor; null for an empty page.")
    end_cursor: str | None = described("The last node's cursor; null for an empty page.")


@strawberry.type(description="A node in a page.")
class Edge(Generic[T]):
    """The public face of `relay.Edge`."""

    node: T = described("The node.")
    cursor: str = described("The node's place in the list's order, for `after` and `before`.")


@strawberry.type(
    name="Connection",
    description="A page of a list: at most 200 nodes, 50 where no size is asked for.",
)
class PageOf(Generic[T]):
    """The public face of `relay.Page`."""

    nodes: list[T] = described("The nodes of this page, in the list's order.")
    edges: list[Edge[T]] = described("The nodes of this page with their cursors.")
    page_info: PageInfo = described("Where this page stands in its list.")
    total_count: int = described("How many nodes the whole list has.")


def connection(
    function: Function,
    node_type: GraphQLType,
    description: str,
    *,
    order: ListOrder = by_key,
    **arguments: str,
) -> Field:
    """Declare a long list: a page of the whole list that `function` gives in this order."""
    page = page_function(function, order)
    own = public_parameters(function, arguments)
    return answered_by(page, [*own, *PAGING], PageOf[node_type], description)


def page_function(
    function: Function, order: ListOrder
) -> Callable[..., Page[Any]]:  # Any: as above
    """Give the function that cuts a page out of the list that `function` gives."""

    def page(
        record: object,
        reading: Reading,
        *,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        **given: object,
    ) -> Page[Any]:
        asked = Asked(first=first, after=after, last=last, before=before)
        return paged(function(record, reading, **given), asked, order(record, reading))

    return page


_PAGING_DESCRIPTIONS = {
    "first": "How many nodes from the start, or after `after`: 0 to 200; 50 where nothing is said.",
    "after": "A cursor of this list: begin with the node that follows it.",
    "last": "How many nodes from the end, or before `before`: 0 to 200; not together with `first`.",
    "before": "A cursor of this list: end with the node that comes before it.",
}

PAGING = public_parameters(page_function(by_key, by_key), _PAGING_DESCRIPTIONS)
"""The four arguments of every long list."""
