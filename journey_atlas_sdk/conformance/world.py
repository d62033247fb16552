"""What a source knows while a check runs: dated facts, told by its fake in its own way."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from journey_atlas_sdk.moments import parse_moment

OSLO = ZoneInfo("Europe/Oslo")
"""The time zone of questions that name no other: its clocks change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something that happened: a survey's answer, a visit, or the row of a period.

    `at` is aware: the moment, or the period's start. `value` is a number as its source writes it;
    empty: none. `number` is the fact's own, rising with time. `who` is the e-mail address of whose
    it is. `updated_at` None: never changed since.
    """

    at: datetime
    value: str
    number: int = 0
    who: str = "ada@example.org"
    sample_size: int | None = None
    numerator: str | None = None
    denominator: str | None = None
    dimensions: Mapping[str, str] = field(default_factory=dict[str, str])
    updated_at: datetime | None = None


def fact(at: str, value: str, *, number: int = 0, who: str = "", zone: ZoneInfo = OSLO) -> Fact:
    """Write a fact with a time such as 2026-09-03T10:00, of `zone` where it has no offset."""
    owner = who or f"person-{number}@example.org"
    return Fact(at=parse_moment(at, zone), value=value, number=number, who=owner)


@dataclass(slots=True, kw_only=True)
class World:
    """What a fake tells of: look at `facts` anew at each request, they may have changed.

    They are in order of time. `folder` is for what `lay` writes, empty at first; `now` is the
    source's own clock.
    """

    facts: Sequence[Fact]
    folder: Path
    now: Callable[[], datetime]

    def between(self, start: datetime, end: datetime) -> Sequence[Fact]:
        """Give the facts of a half-open span (aware times), quickly where there are very many."""
        return between(self.facts, start, end)


def in_order(facts: Iterable[Fact]) -> list[Fact]:
    """Give facts in order of time, numbered anew."""
    ordered = sorted(facts, key=_moment)
    return [replace(each, number=number) for number, each in enumerate(ordered)]


def between(facts: Sequence[Fact], start: datetime, end: datetime) -> Sequence[Fact]:
    """Give the facts, which are in order of time, of a half-open span."""
    first = bisect_left(facts, start, key=_moment)
    return facts[first : bisect_left(facts, end, lo=first, key=_moment)]


def _moment(each: Fact) -> datetime:
    return each.at
