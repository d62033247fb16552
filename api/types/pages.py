"""Relay's connections: a page of a long list, filtered and in order, with cursors to go on from."""

import inspect
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any, Generic, TypeVar

import strawberry

from api.context import Reading
from api.fields import (
    Field,
    Function,
    GraphQLType,
    answered_by,
    described,
    many,
    maybe,
    public_parameters,
)
from api.filters.compiling import compiled
from api.filters.inputs import FILTERS, ORDERS, Given, type_name
from api.filters.ordering import ordered
from api.filters.pace import Pace
from api.filters.selecting import Nodes, Selection
from api.relay import BY_KEY, Asked, Order, Page, paged
from domain.node import Kind

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
    """Declare a long list: a page of the list that `function` gives, in this order.

    It can be filtered and put in another order by whatever its kind of node is filtered by.
    """
    kind = _kind_of(node_type)
    page = page_function(function, order, kind)
    own = public_parameters(function, arguments)
    parameters = [*own, *selecting(kind), *PAGING]
    return answered_by(page, parameters, PageOf[node_type], description)


def page_function(
    function: Function, order: ListOrder, kind: Kind
) -> Callable[..., Page[Any] | Awaitable[Page[Any]]]:  # Any: as above
    """Give the function that cuts a page out of the list that `function` gives.

    Its answer is awaited where a long list is to be filtered or put in another order.
    """

    def page(
        record: object,
        reading: Reading,
        *,
        where: Given = None,
        order_by: list[Given] | None = None,
        **given: Any,  # noqa: ANN401 - the list's own arguments, and those of PAGING
    ) -> Page[Any] | Awaitable[Page[Any]]:
        asked = Asked(**{name: given.pop(name, None) for name in _PAGING_DESCRIPTIONS})
        nodes: Nodes = function(record, reading, **given)
        pace = Pace(reading)
        wanted = Selection(
            pace,
            None if where is None else compiled(kind, where, pace),
            ordered(kind, order_by, reading) if order_by else None,
        )
        in_order = wanted.order or order(record, reading)
        if wanted.is_nothing:
            return paged(nodes, asked, in_order)
        found = wanted.of(nodes)
        if isinstance(found, Sequence):
            return paged(found, asked, in_order)
        return _later(found, asked, in_order)

    return page


async def _later(found: Awaitable[Nodes], asked: Asked, order: Order[Any]) -> Page[Any]:
    return paged(await found, asked, order)


def selecting(kind: Kind) -> list[inspect.Parameter]:
    """Give the arguments that filter a list of a kind, and put it in order."""
    filtered = _argument(
        "where",
        maybe(FILTERS[kind]),
        "filter",
        "Only the nodes for which this holds; `totalCount` counts these.",
    )
    in_order = _argument(
        "order_by",
        maybe(many(ORDERS[kind])),
        "orderBy",
        "By what they are put in order: the first field decides, the next one among those alike, "
        "at last the id. Nodes without a value come last. Where nothing is said, or nothing is in "
        "the list, the order is the list's own.",
    )
    return [filtered, in_order]


def _argument(
    python_name: str, graphql_type: GraphQLType, name: str, description: str
) -> inspect.Parameter:
    said = strawberry.argument(description=description, name=name)
    annotation: GraphQLType = Annotated[graphql_type, said]
    kind = inspect.Parameter.KEYWORD_ONLY
    return inspect.Parameter(python_name, kind, annotation=annotation, default=strawberry.UNSET)


_KINDS = {type_name(kind): kind for kind in FILTERS}


def _kind_of(node_type: GraphQLType) -> Kind:
    """Give the kind of node that a reference to a public type stands for."""
    return _KINDS[node_type.type_name]


def _paging(
    _record: object,
    _reading: Reading,
    *,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
) -> None:
    """Hold the four arguments' types; never called."""


_PAGING_DESCRIPTIONS = {
    "first": "How many nodes from the start, or after `after`: 0 to 200; 50 where nothing is said.",
    "after": "A cursor of this list: begin with the node that follows it.",
    "last": "How many nodes from the end, or before `before`: 0 to 200; not together with `first`.",
    "before": "A cursor of this list: end with the node that comes before it.",
}

PAGING = public_parameters(_paging, _PAGING_DESCRIPTIONS)
"""The four arguments of every long list."""
