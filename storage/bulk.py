"""Many rows in one statement: columns travel as arrays and are unnested by PostgreSQL."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Insert,
    Select,
    Table,
    TableValuedAlias,
    any_,
    bindparam,
    cast,
    column,
    func,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.types import NullType, TypeEngine

from storage.tables.columns import Id


def unnested(table: Table, columns: Sequence[str]) -> TableValuedAlias:
    """Give a batch's rows, named `given`, as a FROM clause; `arrays` makes the parameters."""
    return from_arrays({name: table.c[name].type for name in columns})


def from_arrays(columns: Mapping[str, TypeEngine[Any]]) -> TableValuedAlias:
    """Give a FROM clause of arrays, `all_<name>` each, as columns of these names and types."""
    given = func.unnest(*(array_of(f"all_{name}", like) for name, like in columns.items()))
    return given.table_valued(
        *(column(name, like) for name, like in columns.items())
    ).render_derived(name="given")


def array_of(parameter: str, element: TypeEngine[Any]) -> ColumnElement[Any]:
    """Give an array parameter.

    It has no type in SQLAlchemy, so that the driver encodes it in one go instead of SQLAlchemy
    looking at each element.
    """
    return cast(bindparam(parameter, type_=NullType()), ARRAY(element))


def any_of(parameter: str) -> ColumnElement[Any]:
    """Give a condition's right side that is met by each id of an array parameter."""
    return any_(array_of(parameter, Id()))


def arrays(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> dict[str, list[Any]]:
    """Give the parameters of `unnested`: the rows' cells by column."""
    turned = list(zip(*rows, strict=True)) or [()] * len(columns)
    return {f"all_{name}": list(cells) for name, cells in zip(columns, turned, strict=True)}


def inserting(table: Table, columns: Sequence[str], *, same: Mapping[str, object]) -> Insert:
    """Insert a batch's rows; `same` are columns with one value for all of them."""
    return insert(table).from_select([*same, *columns], _rows(table, columns, same))


def upsert(
    table: Table, columns: Sequence[str], *, same: Mapping[str, object], kept: Iterable[str] = ()
) -> Insert:
    """Insert a batch's rows; one whose primary key is there already is overwritten.

    `same` are columns with one value for all rows, `kept` those that an overwritten row keeps.
    """
    rows = _rows(table, columns, same)
    return overwriting(table, [*same, *columns], rows, kept=kept)


def overwriting(
    table: Table,
    columns: Sequence[str],
    rows: Select[*tuple[Any, ...]],
    *,
    kept: Iterable[str] = (),
) -> Insert:
    """Insert selected rows over those with the same primary key."""
    inserted = insert(table).from_select(list(columns), rows)
    key = [each.name for each in table.primary_key.columns]
    changed = [name for name in columns if name not in (*key, *kept)]
    values = {name: inserted.excluded[name] for name in changed}
    return inserted.on_conflict_do_update(index_elements=key, set_=values)


def _rows(
    table: Table, columns: Sequence[str], same: Mapping[str, object]
) -> Select[*tuple[Any, ...]]:
    values = (literal(value, table.c[name].type) for name, value in same.items())
    return select(*values, *unnested(table, columns).c)
