"""Which table an operation is about, and which of its columns it asks for."""

from collections.abc import Mapping
from typing import Any

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
)
from graphql.execution.collect_fields import (
    FieldDetails,
    FragmentDetails,
    collect_fields,
    collect_subfields,
)
from graphql.execution.values import get_variable_values
from strawberry.utils.str_converters import to_snake_case

from api.errors import RequestRefused
from api.tables.catalogue import TABLES
from api.tables.columns import Column
from api.tables.table import Table

Json = Any  # what a client sent

Selected = Mapping[str, Column]
"""The asked columns of a table by the names under which they are answered, in their order."""


def selected_columns(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Mapping[str, Json],
) -> Selected | None:
    """Give the columns that a valid operation asks of a table; None where it isn't about one alone.

    RequestRefused where its variables don't fit.
    """
    values = get_variable_values(schema, operation.variable_definitions or (), dict(variables))
    if isinstance(values, list):
        raise RequestRefused(values)
    root, fragments = schema.query_type, _fragments(document)
    if root is None or operation.operation is not OperationType.QUERY:
        return None
    roots = collect_fields(schema, fragments, values, root, operation).grouped_field_set
    asked = next(iter(roots.values()), None)
    table = TABLES.get(asked[0].node.name.value) if asked else None
    if asked is None or table is None or len(roots) > 1:
        return None
    row = schema.type_map[table.row.__name__]
    if not isinstance(row, GraphQLObjectType):
        return None
    below = collect_subfields(schema, fragments, values, operation, row, asked)
    return {name: _column(table, details[0]) for name, details in below.grouped_field_set.items()}


def _fragments(document: DocumentNode) -> dict[str, FragmentDetails]:
    return {
        definition.name.value: FragmentDetails(definition)
        for definition in document.definitions
        if isinstance(definition, FragmentDefinitionNode)
    }


def _column(table: Table[Any], details: FieldDetails) -> Column:  # Any: whichever table
    name = details.node.name.value
    if name == "__typename":
        return Column(str, "The rows' type.", lambda _, __: table.row.__name__)
    return table.columns[to_snake_case(name)]
