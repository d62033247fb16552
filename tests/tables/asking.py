"""Asking for whole tables: every column, by whatever arguments."""

from strawberry.utils.str_converters import to_camel_case

from api.tables.catalogue import TABLES
from tests.api.asking import Api, Json

Row = dict[str, Json]


def columns_of(table: str) -> str:
    """List all columns of a table, as a driver would select them."""
    return " ".join(to_camel_case(name) for name in TABLES[table].columns)


def document(table: str, columns: str | None = None, arguments: str = "") -> str:
    """Write the operation that asks for rows; all columns where none are named."""
    return f"{{ {table}{arguments} {{ {columns or columns_of(table)} }} }}"


async def rows(api: Api, table: str, columns: str | None = None, arguments: str = "") -> list[Row]:
    """Ask for rows in JSON."""
    return list((await api.ask(document(table, columns, arguments)))[table])
