"""What the tables are spelled with: the metadata, ids, references and rules with names."""

from collections.abc import Iterable

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    Dialect,
    ForeignKeyConstraint,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    TypeDecorator,
    Uuid,
)
from sqlalchemy.schema import SchemaItem

from domain.node import Kind

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_1_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


class Id(TypeDecorator[str]):
    """A uuid that Python sees as text: the driver writes and reads it so (`storage.engine`)."""

    impl = Uuid
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Hand the text over as it is: the driver encodes it."""
        return value


Moment = DateTime(timezone=True)
"""An instant; the driver reads and writes aware times in UTC."""


def tenant_table(name: str, *items: SchemaItem, primary_key: Iterable[str]) -> Table:
    """Make a table of a tenant: the tenant's id is its first column and leads its key."""
    tenant = Column("tenant_id", Id, nullable=False)
    return Table(name, metadata, tenant, *items, PrimaryKeyConstraint("tenant_id", *primary_key))


def kind_table(name: str, kind: Kind, *items: SchemaItem) -> Table:
    """Make the table of one kind's own fields; each row belongs to a node of that kind."""
    return tenant_table(
        name,
        Column("id", Id, nullable=False),
        Column("kind", Text, nullable=False),
        *items,
        ForeignKeyConstraint(
            ["tenant_id", "id", "kind"], ["nodes.tenant_id", "nodes.id", "nodes.kind"]
        ),
        one_of("kind", [kind]),
        primary_key=["id"],
    )


def refers(
    column: str, table: str, *, later: bool = False, goes_with_it: bool = False
) -> ForeignKeyConstraint:
    """Point at a node of one kind: its table, not `nodes`, so that another kind is refused.

    `later` adds the constraint after both tables, which point at each other, are there. What
    `goes_with_it` is deleted with that node; else it keeps the node from being deleted.
    """
    return ForeignKeyConstraint(
        ["tenant_id", column],
        [f"{table}.tenant_id", f"{table}.id"],
        use_alter=later,
        ondelete="CASCADE" if goes_with_it else None,
    )


def choice(
    name: str, values: Iterable[str], *, optional: bool = False
) -> tuple[Column[str], CheckConstraint]:
    """Make a column that takes only these values."""
    return Column(name, Text, nullable=optional), one_of(name, values)


def one_of(column: str, values: Iterable[str]) -> CheckConstraint:
    """Allow only these values, and NULL where the column allows it."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def between(column: str, lowest: int, highest: int) -> CheckConstraint:
    """Allow only a range, both ends included, and NULL where the column allows it."""
    return CheckConstraint(f"{column} BETWEEN {lowest} AND {highest}", name=column)


def holds(name: str, rule: str) -> CheckConstraint:
    """Demand a rule over several columns."""
    return CheckConstraint(rule, name=name)
