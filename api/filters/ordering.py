"""An asked order compiled into the places of a keyset, with which pages are cut and gone on from.

Values of every type become texts and numbers that sort alike and that a cursor can carry. What is
missing comes last, whichever way the order goes; nodes with the same values stand in order of id.
"""

from collections.abc import Callable, Sequence
from typing import Any

from api.context import Reading
from api.errors import LimitExceeded
from api.filters.inputs import Direction, Given, sortable_rows
from api.filters.operators import Sortable
from api.filters.table import Value
from api.relay import Order
from domain.node import Kind, Node


def ordered(kind: Kind, asked: Sequence[Given], reading: Reading) -> Order[Any]:
    """Compile an order of a kind; LimitExceeded where it names more than `order_fields`.

    Its name says fields and directions, so that a cursor of another order is known as such.
    """
    limits = reading.services.limits
    if len(asked) > limits.order_fields:
        seen = "The order names more fields"
        raise LimitExceeded(limit="order_fields", maximum=limits.order_fields, seen=seen)
    rows = sortable_rows(kind)
    fields = [rows[part.field.value] for part in asked]
    reads = [_sortable(row, reading) for row in fields]

    def values(node: Node) -> tuple[Sortable | None, ...]:
        return tuple(read(node) for read in reads)

    descending = tuple(part.direction is Direction.DESC for part in asked)
    name = ",".join(f"{part.field.value} {part.direction.value}" for part in asked)
    types = tuple(row.operand.sorts_as for row in fields)
    return Order(f"{kind} {name}", values, types, descending, may_miss=True)


def _sortable(row: Value, reading: Reading) -> Callable[[Node], Sortable | None]:
    read, sortable = row.read, row.operand.sortable

    def read_sortable(node: Node) -> Sortable | None:
        found = read(node, reading)
        return None if found is None or sortable is None else sortable(found)

    return read_sortable
