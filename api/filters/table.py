"""What a kind of node can be filtered by: rows of values and of links."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from api.context import Reading
from api.fields import attribute
from api.filters.operators import Operand
from domain.node import Kind, Node

Read = Callable[[Any, Reading], Any]
"""Reads a value of a record; Any: the row's operand knows its type, the table its record's."""

Follow = Callable[[Any, Reading], Node | None]
FollowAll = Callable[[Any, Reading], Sequence[Node]]


@dataclass(frozen=True, slots=True)
class Value:
    """A value, plain or derived; `name` is the public one in snake case."""

    name: str
    operand: Operand
    description: str
    read: Read


@dataclass(frozen=True, slots=True)
class One:
    """At most one linked node."""

    name: str
    kind: Kind
    description: str
    follow: Follow


@dataclass(frozen=True, slots=True)
class Many:
    """Linked nodes."""

    name: str
    kind: Kind
    description: str
    follow: FollowAll


Row = Value | One | Many


def value(name: str, operand: Operand, description: str, read: Read | None = None) -> Value:
    """Declare a value; the record's attribute of that name unless `read` says otherwise."""
    return Value(name, operand, description, read or attribute(name))
