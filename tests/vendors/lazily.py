"""A list whose things are made when they are looked at: for fakes of very many."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar, overload

F = TypeVar("F")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Lazily(Sequence[T], Generic[F, T]):
    """Makes each of some things of another, anew at each look; slices are as lazy."""

    given: Sequence[F]
    make: Callable[[F], T]

    def __len__(self) -> int:
        """Count them."""
        return len(self.given)

    @overload
    def __getitem__(self, place: int) -> T: ...
    @overload
    def __getitem__(self, place: slice) -> "Lazily[F, T]": ...
    def __getitem__(self, place: int | slice) -> "T | Lazily[F, T]":
        """Make one, or give a part of them."""
        if isinstance(place, slice):
            return Lazily(self.given[place], self.make)
        return self.make(self.given[place])
