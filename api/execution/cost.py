"""What an operation will cost, told from its document and the Atlas before any of it runs.

A static walk, linear in the document: a field costs its price and, for each item of its list, what
is asked of an item. A list counts for as many items as the Atlas has there, a page for no more than
its size.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil, inf
from typing import Any, TypeGuard

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
)
from graphql.execution.values import get_variable_values
from graphql.utilities import value_from_ast_untyped

from api.execution import prices
from api.execution.counted import COUNTED, TABLES
from api.execution.fan_out import count_of, fan_out
from api.execution.prices import Bill
from api.relay import PAGE_DEFAULT, PAGE_MAXIMUM
from api.types.node import TYPE_NAMES
from domain.node import Kind
from domain.view import View

KINDS = {**{name: kind for kind, name in TYPE_NAMES.items()}, **prices.STANDS_FOR}

Json = Any  # Any: what a client sent
Composite = GraphQLObjectType | GraphQLInterfaceType


def bill(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Mapping[str, Json],
    view: View,
    *,
    at_once: float = inf,
) -> Bill:
    """Tell what a valid operation costs on this Atlas, of whose rows only some are held at once."""
    walk = _Walk(
        schema, view, _coerced(schema, operation, variables), _fragments(document), at_once
    )
    root = schema.get_root_type(operation.operation)
    if root is None:
        return Bill(0, "")
    part = walk.selections(operation.selection_set, root, items=1)
    is_of_table = part.dearest[:1] and part.dearest[0] in TABLES
    advice = prices.PAGE_ADVICE if is_of_table else ""
    return Bill(ceil(part.cost), ".".join(part.dearest), advice)


def _coerced(
    schema: GraphQLSchema, operation: OperationDefinitionNode, variables: Mapping[str, Json]
) -> Mapping[str, Json]:
    """Give the variables with their defaults; none where they don't fit: then nothing will run."""
    found = get_variable_values(schema, operation.variable_definitions or (), dict(variables))
    return {} if isinstance(found, list) else found.coerced


def _fragments(document: DocumentNode) -> dict[str, FragmentDefinitionNode]:
    return {
        definition.name.value: definition
        for definition in document.definitions
        if isinstance(definition, FragmentDefinitionNode)
    }


@dataclass(frozen=True, slots=True)
class _Part:
    """What a selection costs, and the names down to its dearest field."""

    cost: float = 0
    dearest: tuple[str, ...] = ()


@dataclass(slots=True)
class _Walk:
    """One pass over an operation; a fragment is walked once for each type and length of list."""

    schema: GraphQLSchema
    view: View
    variables: Mapping[str, Json]
    fragments: Mapping[str, FragmentDefinitionNode]
    at_once: float
    walked: dict[tuple[str, str, float], _Part] = field(
        default_factory=dict[tuple[str, str, float], _Part]
    )

    def selections(
        self, node: SelectionSetNode, parent: GraphQLNamedType, *, items: float
    ) -> _Part:
        """Price what is asked of one record; `items` is how many a page holds, for its `nodes`."""
        parts = [self.selection(each, parent, items=items) for each in node.selections]
        cost = sum(part.cost for part in parts)
        dearest = max(parts, key=lambda part: part.cost, default=_Part())
        # The path ends where no field makes up most of what is asked for.
        return _Part(cost, dearest.dearest if dearest.cost * 2 > cost else ())

    def selection(self, node: SelectionNode, parent: GraphQLNamedType, *, items: float) -> _Part:
        if not self.is_included(node.directives or ()):
            return _Part()
        if isinstance(node, FragmentSpreadNode):
            return self.fragment(node.name.value, parent, items=items)
        if isinstance(node, InlineFragmentNode):
            condition = node.type_condition
            inside = self.schema.type_map[condition.name.value] if condition else parent
            return self.selections(node.selection_set, inside, items=items)
        if isinstance(node, FieldNode):
            return self.one_field(node, parent, items=items)
        return _Part()

    def fragment(self, name: str, parent: GraphQLNamedType, *, items: float) -> _Part:
        key = (name, parent.name, items)
        if key not in self.walked:
            definition = self.fragments[name]
            inside = self.schema.type_map[definition.type_condition.name.value]
            self.walked[key] = self.selections(definition.selection_set, inside, items=items)
        return self.walked[key]

    def is_included(self, directives: Sequence[DirectiveNode]) -> bool:
        """Tell whether @skip and @include let a selection in."""
        for directive in directives:
            wanted = {"include": True, "skip": False}.get(directive.name.value)
            value = next((each.value for each in directive.arguments or ()), None)
            if wanted is None or value is None:
                continue
            if value_from_ast_untyped(value, dict(self.variables)) is not wanted:
                return False
        return True

    def one_field(self, node: FieldNode, parent: GraphQLNamedType, *, items: float) -> _Part:
        name = node.name.value
        price = self.price_of_field(parent.name, name)
        if name.startswith("__") or not isinstance(parent, Composite):
            return _Part(price, (name,))
        found = parent.fields[name]
        given = self.arguments(node)
        price += self.price_of_arguments(parent.name, name, found, given)
        if node.selection_set is None:
            return _Part(price, (name,))
        whole = self.lengths_of_the_whole(parent, name, found, given, items)
        times, page = whole or self.lengths(parent, name, found, given, items)
        below = self.selections(node.selection_set, self.type_of(found), items=page)
        return _Part(price + times * below.cost, (name, *below.dearest))

    def price_of_field(self, type_name: str, name: str) -> float:
        usual = prices.CELL if type_name in prices.ROWS else prices.PLAIN
        price = prices.FIELDS.get((type_name, name), usual)
        if (type_name, name) in prices.WALKS:
            price += len(self.view.atlas.nodes) // prices.NODES_VISITED
        return price

    def arguments(self, node: FieldNode) -> dict[str, Json]:
        given = {
            each.name.value: value_from_ast_untyped(each.value, dict(self.variables))
            for each in node.arguments or ()
        }
        return {name: value for name, value in given.items() if value is not None}

    def price_of_arguments(
        self, type_name: str, name: str, found: GraphQLField, given: Mapping[str, Json]
    ) -> float:
        price = sum(prices.ARGUMENTS.get((type_name, name, each), 0) for each in given)
        if not self.is_page(found):
            count = self.counted(type_name, name, given)
            return price if count is None else price + ceil(count) + prices.skipping(given)
        values = sum(
            _values(value) for each, value in given.items() if each not in prices.CHEAP_ARGUMENTS
        )
        return price + values * ceil(self.whole_length(type_name, found))

    def lengths(
        self,
        parent: Composite,
        name: str,
        found: GraphQLField,
        given: Mapping[str, Json],
        items: float,
    ) -> tuple[float, float]:
        """Give how often what is below is answered, and how many nodes the page below holds."""
        if self.is_page(found):
            return 1, min(_page_size(given), self.whole_length(parent.name, found))
        if not _type_of(found).startswith("["):
            return 1, items
        if name in ("nodes", "edges") and _holds_page(parent):
            return items, items
        if "ids" in given:
            return _values(given["ids"]), items
        for each in (parent, *parent.interfaces):
            if (each.name, name) in prices.LENGTHS:
                return prices.LENGTHS[each.name, name], items
        return min(prices.UNKNOWN_LENGTH, self.whole_length(parent.name, found)), items

    def lengths_of_the_whole(
        self,
        parent: Composite,
        name: str,
        found: GraphQLField,
        given: Mapping[str, Json],
        items: float,
    ) -> tuple[float, float] | None:
        """Give the same of what is told without pages; None of what isn't counted so."""
        counted = self.counted(parent.name, name, given)
        if counted is not None:
            return (counted if _type_of(found).startswith("[") else 1), counted
        for_each = prices.HELD.get((parent.name, name))
        return None if for_each is None else (items * for_each, items)

    def counted(self, type_name: str, name: str, given: Mapping[str, Json]) -> float | None:
        """Count what is told without pages; None of what isn't counted so."""
        count = COUNTED.get((type_name, name))
        return None if count is None else min(count(self.view, given), self.at_once)

    def whole_length(self, parent: str, found: GraphQLField) -> float:
        """Give how long a field's list is on this Atlas, paged or not."""
        child = self.kind_of_items(found)
        if child is None:
            return prices.UNKNOWN_LENGTH
        above = KINDS.get(parent)
        known = None if above is None else fan_out(self.view, above, child)
        return count_of(self.view, child) if known is None else known

    def kind_of_items(self, found: GraphQLField) -> Kind | None:
        """Give the kind of a list's nodes; None where they are no nodes of one kind."""
        inside = self.type_of(found)
        if _holds_page(inside):
            inside = self.type_of(inside.fields["nodes"])
        return KINDS.get(inside.name)

    def is_page(self, found: GraphQLField) -> bool:
        """Tell whether a field gives a page of a list, rather than a list."""
        return _holds_page(self.type_of(found))

    def type_of(self, found: GraphQLField) -> GraphQLNamedType:
        """Give the type of a field, or of its list's items."""
        return self.schema.type_map[_type_of(found).strip("[]!")]


def _values(value: Json) -> int:
    """Count the values that a client wrote, however deep they are nested; none at all count 1."""
    inside: Iterable[Json] = ()
    is_object, is_list = isinstance(value, dict), isinstance(value, list)
    if is_object or is_list:
        inside = value.values() if is_object else value
    return sum(_values(each) for each in inside) or 1


def _page_size(given: Mapping[str, Json]) -> int:
    size = given.get("first", given.get("last", PAGE_DEFAULT))
    return min(max(size, 0), PAGE_MAXIMUM) if isinstance(size, int) else PAGE_MAXIMUM


def _holds_page(kind: GraphQLNamedType) -> TypeGuard[Composite]:
    return isinstance(kind, Composite) and "pageInfo" in kind.fields


def _type_of(found: GraphQLField) -> str:
    """Write a field's type; graphql-core's own lists don't say what they hold."""
    return f"{found.type}"  # pyright: ignore[reportUnknownMemberType] - as said
