"""A table: its columns, the order of its rows, its arguments, and where its records come from."""

import inspect
from bisect import bisect_left
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from dataclasses import dataclass
from itertools import dropwhile, islice
from typing import Any, Generic, Protocol, TypeVar

import strawberry

from api.context import Reading
from api.fields import public_parameters
from api.relay import GlobalId, Order, Part, Placed, encode_id
from api.tables.columns import Cell, Column, columns_of, public_row
from api.types.node import global_id
from domain.node import Node, NodeId

T = TypeVar("T")
R = TypeVar("R", bound=Placed)

Line = tuple[T, Reading]
"""A record, and what its cells are read from."""

Given = Mapping[str, Any]
"""A table's own arguments by their names in Python; Any: each has a type of its own."""

Records = Callable[..., Iterable[R]]
"""`records(reading, start, **given)`: a table's records in its order, those before `start` left out
as far as that is easy. `start` is the first value of the order in a cursor; None: from the first
record on."""


class Work(Protocol):
    """Where the computing of rows is done: here, or in a thread."""

    def __call__(self, work: Callable[[], T], /) -> Awaitable[T]:
        """Do some work."""
        ...


async def here(work: Callable[[], T], /) -> T:
    """Do the work at once."""
    return work()


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which rows are asked for: those after a cursor, without the first `offset` of them, and of
    these `limit` (None: all). `given` are the table's own arguments.
    """

    after: str | None = None
    offset: int = 0
    limit: int | None = None
    given: Given


class Batches(Protocol[R]):
    """Gives the asked records, a batch at a time; what they bring along is read by the batch."""

    def __call__(
        self, reading: Reading, asked: Asked, order: Order[R], work: Work, /
    ) -> AsyncIterator[Sequence[Line[R]]]:
        """Give batches of `rows_at_once` records at most, in the table's order."""
        ...


Complete = Callable[[Reading, Sequence[R]], Awaitable[Sequence[Line[Any]]]]
"""Reads what a batch of records needs beside the View; Any: the records may grow by it."""


@dataclass(frozen=True, slots=True)
class Source(Generic[R]):
    """Where a table's records come from, and what may be asked of it."""

    batches: Batches[R]
    parameters: Sequence[inspect.Parameter]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table(Generic[R]):
    """A root field that gives rows, all of one kind.

    `columns` are by their names in Python. `row` is the rows' public type. `reads` names those of
    the arguments `as_of`, `known_at` and `cycle` that mean something to it.
    """

    name: str
    description: str
    row: type
    columns: Mapping[str, Column]
    order: Order[R]
    source: Source[R]
    reads: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """A record in a table; its cells are attributes, read when they are asked for."""

    record: Any  # Any: the table's own
    reading: Reading
    columns: Mapping[str, Column]

    def __getattr__(self, name: str) -> Cell:
        """Read a cell; Stopped where the operation has ended meanwhile."""
        if name not in self.columns:
            raise AttributeError(name)
        self.reading.require_running()
        return self.columns[name].read(self.record, self.reading)


@dataclass(frozen=True, slots=True)
class Opened:
    """A table with what is asked of it."""

    table: Table[Any]  # Any: whichever table
    reading: Reading
    asked: Asked

    async def batches(self, work: Work = here) -> AsyncIterator[list[Row]]:
        """Give the rows a batch at a time; none is read before it is asked for."""
        table = self.table
        async for lines in table.source.batches(self.reading, self.asked, table.order, work):
            yield [Row(record, reading, table.columns) for record, reading in lines]


def a_table(
    name: str,
    declaring: type,
    description: str,
    *,
    order: Order[R],
    source: Source[R],
    reads: Sequence[str] = (),
) -> Table[R]:
    """Make a table of the columns that a class declares; each row has an id and a cursor too."""
    columns = {
        "id": Column(strawberry.ID, _ID, _id_in(declaring.__name__)),
        **columns_of(declaring),
        "cursor": Column(str, _CURSOR, lambda record, _: order.cursor(record)),
    }
    return Table(
        name=name,
        description=description,
        row=public_row(declaring.__name__, declaring.__doc__ or "", columns),
        columns=columns,
        order=order,
        source=source,
        reads=reads,
    )


def in_memory(
    records: Records[R], *, complete: Complete[R] | None = None, **descriptions: str
) -> Source[R]:
    """Take a table's records from the View; `descriptions` are those of the further arguments."""

    async def batches(
        reading: Reading, asked: Asked, order: Order[R], work: Work
    ) -> AsyncIterator[Sequence[Line[R]]]:
        found = _cut(records, reading, asked, order)
        size = reading.services.limits.rows_at_once
        while batch := await work(lambda: list(islice(found, size))):
            yield await complete(reading, batch) if complete else [(r, reading) for r in batch]

    return Source(batches, public_parameters(records, descriptions))


def from_start(groups: Sequence[T], start: Part, key: Callable[[T], str]) -> Sequence[T]:
    """Leave out those groups of records, in order of key, that come before `start`."""
    if not isinstance(start, str):
        return groups
    return groups[bisect_left(groups, start, key=key) :]


_ID = "Opaque and unique: a node's own id, which `node(id)` takes; else what tells the row apart."
_CURSOR = "The row's place in the table's order, for `after`."


def _id_in(row_type: str) -> Callable[[Placed, Reading], str]:
    def row_id(record: Placed, reading: Reading) -> str:
        if isinstance(record, Node):
            return global_id(record, reading)
        organization = reading.view.atlas.organization.id
        return encode_id(GlobalId(row_type, organization, NodeId(record.id)))

    return row_id


def _cut(records: Records[R], reading: Reading, asked: Asked, order: Order[R]) -> Iterator[R]:
    end = None if asked.limit is None else asked.offset + asked.limit
    if asked.after is None:
        return islice(records(reading, None, **asked.given), asked.offset, end)
    first, place = order.values_in(asked.after)[0], order.place_in(asked.after)
    found = records(reading, first, **asked.given)
    behind = dropwhile(lambda record: order.place(record) <= place, found)
    return islice(behind, asked.offset, end)
