"""Relay: opaque global ids, and pages of long lists with keyset cursors.

A cursor holds the place of a node in its order, not its number: what is added or removed before it
moves nothing. Ids and cursors are versioned, and whatever a client makes up is refused or unknown.
A place is made of texts and numbers; what is missing comes last, whichever way an order goes.
"""

import base64
import binascii
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Generic, Protocol, TypeVar, cast

import orjson

from api.errors import BadUserInput
from domain.node import NodeId, OrganizationId

PAGE_DEFAULT = 50
PAGE_MAXIMUM = 200

_VERSION = "1"

Part = int | str | Decimal | None
"""A value that sorts a node; None is missing."""

Place = tuple[Any, ...]
"""An item's place in an order; Any: parts of it compare only with their like."""


class Placed(Protocol):
    """What stands in an order: its id tells it from those with the same values."""

    @property
    def id(self) -> str:
        """Unique in the order."""
        ...


P = TypeVar("P", bound=Placed)
N = TypeVar("N", bound=Placed)
N_co = TypeVar("N_co", bound=Placed, covariant=True)


@dataclass(frozen=True, slots=True)
class GlobalId:
    """What a global id says: the public type, the organization, and the id inside it."""

    type_name: str
    organization: OrganizationId
    id: NodeId


def encode_id(global_id: GlobalId) -> str:
    """Give the opaque text of a global id."""
    return _encoded(f"{_VERSION}:{global_id.type_name}:{global_id.organization}:{global_id.id}")


def decode_id(text: str) -> GlobalId | None:
    """Read a global id; None for whatever isn't one."""
    parts = (_decoded(text) or "").split(":")
    if len(parts) != 4 or parts[0] != _VERSION:  # noqa: PLR2004 - the parts of encode_id
        return None
    return GlobalId(parts[1], OrganizationId(parts[2]), NodeId(parts[3]))


@dataclass(frozen=True, slots=True)
class Order(Generic[P]):
    """An order of items, mostly nodes: its name, and the values that sort an item in it.

    `types` are those of the values; with `may_miss` each may also be None. `descending` says of
    each whether the greatest comes first; empty: none does.
    """

    name: str
    values: Callable[[P], tuple[Part, ...]]
    types: tuple[type[int | str | Decimal], ...]
    descending: tuple[bool, ...] = ()
    may_miss: bool = False

    def place(self, item: P) -> Place:
        """Give an item's place: its values, made unique by its id."""
        return self._place(self.values(item), item.id)

    def cursor(self, item: P) -> str:
        """Write an item's place down, for a client to go on from."""
        values = [_written(value) for value in self.values(item)]
        return _encoded(orjson.dumps([_VERSION, self.name, *values, item.id]).decode())

    def values_in(self, cursor: str) -> Sequence[Part]:
        """Read the values in a cursor; BadUserInput for one made up or of another list."""
        return self._parsed(cursor)[0]

    def place_in(self, cursor: str) -> Place:
        """Read the place in a cursor; BadUserInput as of `values_in`."""
        return self._place(*self._parsed(cursor))

    def _place(self, values: Sequence[Part], item_id: str) -> Place:
        ways = self.descending or (False,) * len(values)
        return (*map(_comparable, values, ways), item_id)

    def _parsed(self, cursor: str) -> tuple[Sequence[Part], str]:
        parts = _list(_decoded(cursor))
        values = [_read(part) for part in parts[2:-1]]
        belongs = parts[:2] == [_VERSION, self.name] and isinstance(parts[-1], str)
        if not belongs or not self._are_mine(values):
            raise foreign(cursor)
        return values, parts[-1]

    def _are_mine(self, values: Sequence[object]) -> bool:
        if len(values) != len(self.types):
            return False
        return all(
            (value is None and self.may_miss) or type(value) is wanted
            for value, wanted in zip(values, self.types, strict=True)
        )


def foreign(cursor: str) -> BadUserInput:
    """Refuse a cursor that was made up, or is of another list."""
    message = f"The cursor {cursor[:80]!r} doesn't belong to this list; take one of its own."
    return BadUserInput(message)


_MISSING = (1,)


def _comparable(value: Part, descends: bool) -> tuple[Any, ...]:  # noqa: FBT001 - mapped
    if value is None:
        return _MISSING
    if not descends:
        return (0, value)
    if isinstance(value, str):
        return (0, _Descending(value))
    # Decimal's own minus would round to the context's digits.
    return (0, value.copy_negate() if isinstance(value, Decimal) else -value)


@dataclass(frozen=True, slots=True)
class _Descending:
    """A text that sorts the other way round."""

    text: str

    def __lt__(self, other: "_Descending") -> bool:
        return other.text < self.text


BY_KEY: Order[Any] = Order("key", lambda node: (node.key,), (str,))  # Any: every node has a key


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge(Generic[N_co]):
    """A node in a page, and the cursor to go on from."""

    node: N_co
    cursor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PageInfo:
    """Where a page stands in its list; cursors are None for an empty page."""

    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@dataclass(frozen=True, slots=True)
class Page(Generic[N]):
    """A part of a list, in the list's order; `total_count` is of the whole list."""

    items: Sequence[N]
    order: Order[N]
    total_count: int
    has_next: bool
    has_previous: bool

    @property
    def nodes(self) -> Sequence[N]:
        """The nodes of this page."""
        return self.items

    @property
    def edges(self) -> list[Edge[N]]:
        """The nodes of this page with their cursors."""
        return [Edge(node=node, cursor=self.order.cursor(node)) for node in self.items]

    @property
    def page_info(self) -> PageInfo:
        """Where this page stands."""
        return PageInfo(
            has_next_page=self.has_next,
            has_previous_page=self.has_previous,
            start_cursor=self.order.cursor(self.items[0]) if self.items else None,
            end_cursor=self.order.cursor(self.items[-1]) if self.items else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The four arguments that every long list takes."""

    first: int | None = None
    after: str | None = None
    last: int | None = None
    before: str | None = None


def paged(nodes: Sequence[N], asked: Asked, order: Order[N] = BY_KEY) -> Page[N]:
    """Cut the asked page out of a whole list that is in this order already.

    `first` counts from the start (or `after`), `last` from the end (or `before`); without either
    the first 50 come. BadUserInput for a wrong size or cursor.
    """
    start, end = 0, len(nodes)
    if asked.after is not None:
        start = bisect_right(nodes, order.place_in(asked.after), key=order.place)
    if asked.before is not None:
        end = bisect_left(nodes, order.place_in(asked.before), key=order.place)
    start, end = _cut(start, max(start, end), asked)
    return Page(
        items=nodes[start:end],
        order=order,
        total_count=len(nodes),
        has_next=end < len(nodes),
        has_previous=start > 0,
    )


def size_of(asked: Asked) -> tuple[int, bool]:
    """Give how many nodes are asked for, and whether from the end; BadUserInput."""
    if asked.first is not None and asked.last is not None:
        message = "Ask for `first` or for `last`, not for both."
        raise BadUserInput(message)
    if asked.last is not None:
        return _size("last", asked.last), True
    return PAGE_DEFAULT if asked.first is None else _size("first", asked.first), False


def _cut(start: int, end: int, asked: Asked) -> tuple[int, int]:
    size, from_end = size_of(asked)
    return (max(start, end - size), end) if from_end else (start, min(end, start + size))


def _size(name: str, size: int) -> int:
    if not 0 <= size <= PAGE_MAXIMUM:
        message = f"`{name}` is from 0 to {PAGE_MAXIMUM} nodes a page; {size} was asked for."
        raise BadUserInput(message)
    return size


def _written(value: Part) -> str | int | list[str] | None:
    """Give a value as JSON can hold it: a Decimal is a list of its text."""
    return [str(value)] if isinstance(value, Decimal) else value


def _read(part: object) -> Any:  # noqa: ANN401 - what a client made up; _are_mine looks at it
    """Read a value; False, which is of no order's type, for a number that isn't one."""
    if not isinstance(part, list):
        return part
    try:
        number = Decimal(str(*cast("list[object]", part)))
    except (TypeError, InvalidOperation):
        return False
    return number if number.is_finite() else False


def _list(text: str | None) -> list[Any]:  # Any: what a client made up
    try:
        parts: object = orjson.loads(text or "")
    except orjson.JSONDecodeError:
        return []
    if not isinstance(parts, list):
        return []
    return [*cast("Iterable[Any]", parts)]  # Any: as above


def _encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decoded(text: str) -> str | None:
    try:
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        return base64.b64decode(padded, altchars=b"-_", validate=True).decode()
    except (UnicodeError, binascii.Error):
        return None
