"""What SQL-over-GraphQL drivers need of the schema: they see lists of scalars at the root, no more.

Such a driver introspects `[Row!]!`, selects every column by name, and may write no argument at all.
"""

import pytest
from graphql import GraphQLObjectType

from api.execution import prices
from api.execution.counted import TABLES as COUNTED
from api.tables.catalogue import TABLES
from tests.api.asking import SCHEMA

SCALARS = ("String", "ID", "Int", "Float", "Boolean", "DateTime", "Date")


def object_type(name: str) -> GraphQLObjectType:
    found = SCHEMA.type_map[name]
    assert isinstance(found, GraphQLObjectType)
    return found


ROOTS = {
    name: field for name, field in object_type("Query").fields.items() if name.endswith("Rows")
}
ROWS = [table.row.__name__ for table in TABLES.values()]


def test_every_table_is_a_root_field_and_every_such_field_a_table() -> None:
    assert set(ROOTS) == set(TABLES)


@pytest.mark.parametrize("name", ROOTS)
def test_a_table_is_a_list_without_null(name: str) -> None:
    assert str(ROOTS[name].type) == f"[{TABLES[name].row.__name__}!]!"


@pytest.mark.parametrize("name", ROOTS)
def test_no_argument_has_to_be_given(name: str) -> None:
    types = {argument: str(it.type) for argument, it in ROOTS[name].args.items()}

    assert {"limit", "offset", "after"} <= set(types)
    assert not [argument for argument, type_ in types.items() if type_.endswith("!")]


@pytest.mark.parametrize("row", ROWS)
def test_a_row_holds_nothing_but_scalars(row: str) -> None:
    columns = object_type(row).fields

    other = {
        name: str(column.type)
        for name, column in columns.items()
        if str(column.type).removesuffix("!") not in SCALARS or column.args
    }

    assert other == {}
    assert str(columns["id"].type) == "ID!"
    assert str(columns["cursor"].type) == "String!"


@pytest.mark.parametrize("row", ROWS)
def test_a_row_tells_the_key_and_the_page_of_the_node_that_it_is_about(row: str) -> None:
    columns = list(object_type(row).fields)

    assert [name for name in columns if name.lower().endswith("key")]
    assert [name for name in columns if name.lower().endswith("url")]


@pytest.mark.parametrize("row", ROWS)
def test_whoever_is_named_is_named_by_id_and_key(row: str) -> None:
    columns = set(object_type(row).fields)

    named = {name.removesuffix("Id") for name in columns if name.endswith("Id")}

    assert {f"{each}Key" for each in named} <= columns


@pytest.mark.parametrize("name", ROOTS)
def test_what_a_table_reads_of_another_day_is_paid_for(name: str) -> None:
    paid = {argument for _, root, argument in prices.ARGUMENTS if root == name}

    by_statement = ("Query", name) in prices.FIELDS
    assert by_statement or paid == {"asOf", "knownAt"} & set(ROOTS[name].args)


def test_every_table_and_each_of_its_cells_is_priced() -> None:
    assert set(COUNTED) == set(TABLES)
    assert set(ROWS) == prices.ROWS
