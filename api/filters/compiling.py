"""A filter compiled once into a predicate over records; nothing of the input is read after that."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from api.context import Reading
from api.errors import LimitExceeded
from api.filters.inputs import Given, given_in
from api.filters.kinds import TABLES
from api.filters.operators import Test
from api.filters.pace import Pace
from api.filters.table import Follow, FollowAll, Many, One, Value
from domain.node import Kind, Node, NodeId

Predicate = Callable[[Any], bool]
"""Tells whether a record is meant; Any: it is of the kind that the filter was compiled for."""


def compiled(kind: Kind, asked: Given, pace: Pace) -> Predicate:
    """Compile a filter of a kind; LimitExceeded where it is too deep or says too much.

    The limits are `filter_depth` and `filter_conditions`. What a predicate learned of a linked node
    it remembers: each is judged once by each condition, however many links lead to it. It raises
    Pause where many are to be judged; asked again, it goes on from there.
    """
    return _Compiler(pace.reading, pace).filter(kind, asked, depth=1)


@dataclass(slots=True)
class _Compiler:
    reading: Reading
    pace: Pace
    conditions: int = 0

    def filter(self, kind: Kind, asked: Given, *, depth: int) -> Predicate:
        limits = self.reading.services.limits
        if depth > limits.filter_depth:
            seen = "The filter is nested too deeply"
            raise LimitExceeded(limit="filter_depth", maximum=limits.filter_depth, seen=seen)
        return _all_of([*self.rows(kind, asked, depth), *self.logic(kind, asked, depth)])

    def rows(self, kind: Kind, asked: Given, depth: int) -> Iterator[Predicate]:
        for row in TABLES[kind]:
            given = given_in(asked, row.name)
            if given is None:
                continue
            if isinstance(row, Value):
                yield from self.value(row, given)
            elif isinstance(row, One):
                yield self.one(row, self.linked(row.kind, given, depth))
            else:
                yield from self.many(row, given, depth)

    def logic(self, kind: Kind, asked: Given, depth: int) -> Iterator[Predicate]:
        together, either, other = (given_in(asked, name) for name in ("and", "or", "not"))
        if together is not None:
            yield _all_of([self.filter(kind, each, depth=depth + 1) for each in together])
        if either is not None:
            yield _any_of([self.filter(kind, each, depth=depth + 1) for each in either])
        if other is not None:
            yield _not(self.filter(kind, other, depth=depth + 1))

    def value(self, row: Value, given: Given) -> Iterator[Predicate]:
        for operator in row.operand.operators:
            said = given_in(given, operator.name)
            if said is not None:
                self.count()
                yield _reads(row, operator.test_of(said), self.reading)

    def one(self, row: One, holds: Predicate) -> Predicate:
        return _one(row.follow, holds, self.reading)

    def many(self, row: Many, given: Given, depth: int) -> Iterator[Predicate]:
        for name, quantified in _QUANTIFIERS.items():
            said = given_in(given, name)
            if said is not None:
                holds = self.linked(row.kind, said, depth)
                yield quantified(row.follow, holds, self.reading)

    def linked(self, kind: Kind, asked: Given, depth: int) -> Predicate:
        """Compile the filter of linked nodes, and remember what it says of each of them."""
        self.count()
        holds = self.filter(kind, asked, depth=depth + 1)
        known: dict[NodeId, bool] = {}

        def once(node: Node) -> bool:
            found = known.get(node.id)
            if found is None:
                self.pace.before_judging()
                found = known[node.id] = holds(node)
                self.pace.after_judging()
            return found

        return once

    def count(self) -> None:
        limits = self.reading.services.limits
        self.conditions += 1
        if self.conditions > limits.filter_conditions:
            seen = "The filter has more conditions"
            raise LimitExceeded(
                limit="filter_conditions", maximum=limits.filter_conditions, seen=seen
            )


def _reads(row: Value, test: Test, reading: Reading) -> Predicate:
    read = row.read
    return lambda record: test(read(record, reading))


def _one(follow: Follow, holds: Predicate, reading: Reading) -> Predicate:
    def linked(record: Node) -> bool:
        node = follow(record, reading)
        return node is not None and holds(node)

    return linked


def _some(follow: FollowAll, holds: Predicate, reading: Reading) -> Predicate:
    return lambda record: any(holds(node) for node in follow(record, reading))


def _every(follow: FollowAll, holds: Predicate, reading: Reading) -> Predicate:
    return lambda record: all(holds(node) for node in follow(record, reading))


def _none(follow: FollowAll, holds: Predicate, reading: Reading) -> Predicate:
    return lambda record: not any(holds(node) for node in follow(record, reading))


_QUANTIFIERS = {"some": _some, "every": _every, "none": _none}


def _all_of(predicates: Sequence[Predicate]) -> Predicate:
    if len(predicates) == 1:
        return predicates[0]
    return lambda record: all(holds(record) for holds in predicates)


def _any_of(predicates: Sequence[Predicate]) -> Predicate:
    return lambda record: any(holds(record) for holds in predicates)


def _not(predicate: Predicate) -> Predicate:
    return lambda record: not predicate(record)
