"""The rules that keep the schema ready for many servers, for every table there is."""

from collections.abc import Iterable

import pytest
from sqlalchemy import (
    CheckConstraint,
    Constraint,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.schema import CreateTable

from storage.tables import metadata
from storage.tables.columns import Id

# Each needs a reason beside it, where it is declared: it can't be spread over servers.
GLOBAL = {"source_budgets", "switched_off_connectors", "tenants"}
TENANT = "tenant_id"
POSTGRESQL_KEEPS = 63

TABLES = [pytest.param(table, id=table.name) for table in metadata.sorted_tables]
TENANT_TABLES = [
    pytest.param(table, id=table.name)
    for table in metadata.sorted_tables
    if table.name not in GLOBAL
]


def constraints(table: Table, *kinds: type[Constraint]) -> Iterable[Constraint]:
    return (each for each in table.constraints if isinstance(each, kinds))


def test_only_the_known_tables_belong_to_nobody() -> None:
    assert {table.name for table in metadata.tables.values() if TENANT not in table.c} == GLOBAL


@pytest.mark.parametrize("table", TENANT_TABLES)
def test_the_tenant_leads_every_key_of_its_tables(table: Table) -> None:
    for constraint in constraints(
        table, PrimaryKeyConstraint, UniqueConstraint, ExcludeConstraint, ForeignKeyConstraint
    ):
        assert isinstance(
            constraint, PrimaryKeyConstraint | UniqueConstraint | ForeignKeyConstraint
        )
        assert next(iter(constraint.columns)).name == TENANT, constraint.name


@pytest.mark.parametrize("table", TENANT_TABLES)
def test_the_tenant_leads_every_index(table: Table) -> None:
    for index in table.indexes:
        assert next(iter(index.columns)).name == TENANT, index.name


@pytest.mark.parametrize("table", TENANT_TABLES)
def test_a_foreign_key_leads_from_a_tenant_to_the_same_tenant(table: Table) -> None:
    for constraint in constraints(table, ForeignKeyConstraint):
        assert isinstance(constraint, ForeignKeyConstraint)
        first = constraint.elements[0]
        expected = "id" if constraint.referred_table.name in GLOBAL else TENANT
        assert (first.parent.name, first.column.name) == (TENANT, expected), constraint.name


@pytest.mark.parametrize("name", sorted(GLOBAL))
def test_a_global_table_points_nowhere(name: str) -> None:
    assert not metadata.tables[name].foreign_keys


@pytest.mark.parametrize("table", TABLES)
def test_nothing_counts_up_by_itself_or_has_a_default_of_the_servers(table: Table) -> None:
    for column in table.columns:
        assert column.server_default is None, column.name
        assert column.identity is None, column.name
        assert column.computed is None, column.name
    ddl = str(CreateTable(table).compile(dialect=postgresql.dialect()))  # type: ignore[no-untyped-call] # SQLAlchemy's
    assert "SERIAL" not in ddl


@pytest.mark.parametrize("table", TABLES)
def test_every_id_is_a_uuid(table: Table) -> None:
    for column in table.columns:
        if column.name == "id" or column.name.endswith("_id"):
            assert isinstance(column.type, Id), column.name
            assert isinstance(column.type.impl, Uuid), column.name


@pytest.mark.parametrize("table", TABLES)
def test_every_constraint_has_a_name_that_postgresql_keeps_whole(table: Table) -> None:
    names = [each.name for each in table.constraints] + [each.name for each in table.indexes]
    for name in names:
        assert isinstance(name, str)
        assert len(name) <= POSTGRESQL_KEEPS


@pytest.mark.parametrize("table", TABLES)
def test_no_name_is_used_twice_in_a_table(table: Table) -> None:
    kinds = (CheckConstraint, ForeignKeyConstraint, UniqueConstraint, PrimaryKeyConstraint)
    names = [each.name for each in constraints(table, *kinds)]

    assert len(set(names)) == len(names)


@pytest.mark.parametrize("table", TABLES)
def test_times_are_instants(table: Table) -> None:
    for column in table.columns:
        if column.name.endswith("_at") and "TIMESTAMP" in str(column.type):
            assert getattr(column.type, "timezone", False), column.name


def test_indexes_are_named_by_what_they_are() -> None:
    indexes: list[Index] = [index for table in metadata.tables.values() for index in table.indexes]

    assert {(index.name or "").startswith("uq_") == bool(index.unique) for index in indexes} == {
        True
    }
