"""Very many facts, none of which is there before it is looked at."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import overload

from journey_atlas_sdk.conformance.bench import Bench
from journey_atlas_sdk.conformance.world import Fact
from journey_atlas_sdk.observations import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class ManyFacts(Sequence[Fact]):
    """Very many facts, each made when it is looked at, evenly over some periods.

    Events; where a dimension is named, rows at the periods' starts, each of another part of it.
    """

    bench: Bench
    asked: Sequence[Window]
    total: int
    first: int = 0
    dimension: str | None = None

    def __len__(self) -> int:
        """Count them."""
        return self.total

    @overload
    def __getitem__(self, place: int) -> Fact: ...
    @overload
    def __getitem__(self, place: slice) -> "ManyFacts": ...
    def __getitem__(self, place: int | slice) -> "Fact | ManyFacts":
        """Make one, or give a part of them, which is as lazy."""
        if isinstance(place, slice):
            start, stop, _ = place.indices(self.total)
            return replace(self, first=self.first + start, total=max(stop - start, 0))
        if not -self.total <= place < self.total:
            raise IndexError(place)
        return self._fact(self.first + place % self.total)

    def _fact(self, number: int) -> Fact:
        each = -(-self.bench.rows // len(self.asked))
        period = self.asked[number // each]
        value = self.bench.specimen.answers[number % len(self.bench.specimen.answers)]
        step = (period.end - period.start) / each
        at = period.start if self.dimension else period.start + step * (number % each)
        made = self.bench.fact(at, number=number, value=value)
        parts = {self.dimension: f"part-{number % each}"} if self.dimension else {}
        return replace(made, dimensions=parts)
