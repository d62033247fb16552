"""How much one request may ask for; checked on the parsed document, before it is validated.

The check is linear in the document. Validation isn't: one of its standard rules compares all fields
of a level with each other, so what this check refuses must never reach it.
"""

from collections import Counter
from dataclasses import dataclass, field

from graphql import (
    DefinitionNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
)

from api.errors import LimitExceeded


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits of a request; `docs/limits.md` says what each is for.

    `fields` counts with fragments spelled out, `nodes` counts the nodes that an answer holds.
    `filter_depth`, `filter_conditions` and `order_fields` bound what one list is asked by.
    `mutation_cost` is what a mutation may cost, `costly` the cost from which a query runs beside
    the event loop, `costly_at_once` how many of them do. `rows_at_once` rows of a table are read
    together; `table_seconds` is how long a streamed table may take, `tables_at_once` of how many of
    them rows are computed at a time. `frame_bytes`, `init_seconds` and `subscriptions` are those of
    one WebSocket, `streams` counts all that listen. `documents` and `document_characters` bound
    what is remembered of parsed documents.
    """

    body_bytes: int = 1_000_000
    body_seconds: float = 10.0
    operation_seconds: float = 10.0
    tokens: int = 5_000
    depth: int = 25
    aliases: int = 30
    same_field: int = 30
    directives_per_node: int = 4
    directives: int = 20
    variables: int = 50
    root_fields: int = 20
    fields: int = 5_000
    introspection_aliases: int = 0
    nodes: int = 20_000
    cost: int = 100_000
    mutation_cost: int = 10_000
    costly: int = 2_000
    costly_at_once: int = 2
    filter_depth: int = 8
    filter_conditions: int = 100
    order_fields: int = 5
    rows_at_once: int = 1_000
    table_seconds: float = 300.0
    tables_at_once: int = 2
    frame_bytes: int = 262_144
    init_seconds: float = 15.0
    subscriptions: int = 50
    streams: int = 1_000
    documents: int = 1_000
    document_characters: int = 250_000


def check(document: DocumentNode, limits: Limits) -> None:
    """Refuse (LimitExceeded) a document that asks for too much, whichever operation would run."""
    fragments = {
        definition.name.value: definition
        for definition in document.definitions
        if isinstance(definition, FragmentDefinitionNode)
    }
    walk = _Walk(limits, fragments)
    try:
        for definition in document.definitions:
            walk.definition(definition)
    except RecursionError:
        # A chain of fragments, each spread in the next, is as deep as it is long.
        seen = "The document is nested too deeply"
        raise LimitExceeded(limit="depth", maximum=limits.depth, seen=seen) from None


@dataclass(frozen=True, slots=True)
class _Measure:
    """A selection set with its fragments spelled out: levels below, fields in all, fields here."""

    depth: int = 0
    fields: int = 0
    here: Counter[str] = field(default_factory=Counter[str])


@dataclass(slots=True)
class _Walk:
    """One pass over a document; each fragment is measured once."""

    limits: Limits
    fragments: dict[str, FragmentDefinitionNode]
    measured: dict[str, _Measure] = field(default_factory=dict[str, _Measure])
    aliases: int = 0
    introspection_aliases: int = 0
    directives: int = 0

    def definition(self, node: DefinitionNode) -> None:
        """Measure an operation or a fragment; other definitions are left to validation."""
        if isinstance(node, FragmentDefinitionNode):
            self.fragment(node.name.value)
        elif isinstance(node, OperationDefinitionNode):
            self.operation(node)

    def operation(self, node: OperationDefinitionNode) -> None:
        self.count_directives(node.directives)
        variables = node.variable_definitions or ()
        for variable in variables:
            self.count_directives(variable.directives)
        self.require("variables", len(variables), "variables are declared")
        measure = self.selections(node.selection_set)
        self.require("root_fields", measure.here.total(), "root fields are asked for")

    def selections(self, node: SelectionSetNode, *, introspection: bool = False) -> _Measure:
        depth, fields, here = 0, 0, Counter[str]()
        for selection in node.selections:
            part = self.selection(selection, introspection=introspection)
            depth, fields = max(depth, part.depth), fields + part.fields
            here.update(part.here)
        self.require("depth", depth, "levels are nested")
        self.require("fields", fields, "fields are asked for")
        if here:
            name, times = here.most_common(1)[0]
            self.require("same_field", times, f"times `{name}` stands on one level")
        return _Measure(depth, fields, here)

    def selection(self, node: SelectionNode, *, introspection: bool) -> _Measure:
        self.count_directives(node.directives)
        if isinstance(node, FragmentSpreadNode):
            return self.fragment(node.name.value)
        if isinstance(node, InlineFragmentNode):
            return self.selections(node.selection_set, introspection=introspection)
        if isinstance(node, FieldNode):
            return self.one_field(node, introspection=introspection)
        return _Measure()

    def one_field(self, node: FieldNode, *, introspection: bool) -> _Measure:
        name = node.name.value
        inside = introspection or name == "__schema"
        if node.alias is not None:
            self.count_alias(introspection=inside)
        below = _Measure()
        if node.selection_set is not None:
            inside = inside or name == "__type"
            below = self.selections(node.selection_set, introspection=inside)
        return _Measure(1 + below.depth, 1 + below.fields, Counter((name,)))

    def fragment(self, name: str) -> _Measure:
        """Measure a fragment; one unknown or inside itself counts 0: validation refuses it."""
        if name not in self.measured and name in self.fragments:
            self.measured[name] = _Measure()
            node = self.fragments[name]
            self.count_directives(node.directives)
            introspection = node.type_condition.name.value.startswith("__")
            self.measured[name] = self.selections(node.selection_set, introspection=introspection)
        return self.measured.get(name, _Measure())

    def count_alias(self, *, introspection: bool) -> None:
        self.aliases += 1
        self.require("aliases", self.aliases, "aliases are used")
        if introspection:
            # The schema refers to itself everywhere: aliases would multiply its levels.
            self.introspection_aliases += 1
            seen = self.introspection_aliases
            self.require("introspection_aliases", seen, "aliases are used inside introspection")

    def count_directives(self, directives: tuple[object, ...] | None) -> None:
        here = len(directives or ())
        self.directives += here
        self.require("directives_per_node", here, "directives stand on one node")
        self.require("directives", self.directives, "directives are used")

    def require(self, limit: str, seen: int, what: str) -> None:
        maximum: int = getattr(self.limits, limit)
        if seen > maximum:
            raise LimitExceeded(limit=limit, maximum=maximum, seen=f"{seen} {what}")
