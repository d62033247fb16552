"""What a period's value truly is, told from its facts by the kit's own arithmetic."""

import statistics
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Final

from journey_atlas_sdk.conformance.world import Fact

Measure = Callable[[Sequence[Fact]], Decimal | None]
"""The value of a period from the facts in it, in order of time; None: nothing was measured.

One that gives 0 for no facts promises that its source tells zeros.
"""

_PROMOTER: Final = 9
_DETRACTOR: Final = 6


def last(facts: Sequence[Fact]) -> Decimal | None:
    """Give the value of the latest fact: for sources whose rows are periods already."""
    return _number(facts[-1]) if facts else None


def count(facts: Sequence[Fact]) -> Decimal:
    """Count the facts; none are 0."""
    return Decimal(len(facts))


def total(facts: Sequence[Fact]) -> Decimal | None:
    """Add the values up; None where there are none."""
    numbers = _numbers(facts)
    return sum(numbers, Decimal(0)) if numbers else None


def mean(facts: Sequence[Fact]) -> Decimal | None:
    """Give the mean of the values; None where there are none."""
    numbers = _numbers(facts)
    return sum(numbers, Decimal(0)) / len(numbers) if numbers else None


def median(facts: Sequence[Fact]) -> Decimal | None:
    """Give the middle value, of an even number the mean of the middle two; None: there are none."""
    numbers = _numbers(facts)
    return statistics.median(numbers) if numbers else None


def unique(facts: Sequence[Fact]) -> Decimal | None:
    """Count whose the facts are, each once; None where there are none."""
    return Decimal(len({each.who for each in facts})) if facts else None


def net_promoter_score(facts: Sequence[Fact]) -> Decimal | None:
    """Give the percentage of answers of 9 and 10 less that of 0 to 6."""
    numbers = _numbers(facts)
    if not numbers:
        return None
    promoters = sum(number >= _PROMOTER for number in numbers)
    detractors = sum(number <= _DETRACTOR for number in numbers)
    return Decimal(100 * (promoters - detractors)) / len(numbers)


def share(is_counted: Callable[[Decimal], bool]) -> Measure:
    """Make a measure: which share, 0 to 1, of the values is counted."""

    def measured(facts: Sequence[Fact]) -> Decimal | None:
        numbers = _numbers(facts)
        if not numbers:
            return None
        return Decimal(sum(map(is_counted, numbers))) / len(numbers)

    return measured


def _numbers(facts: Sequence[Fact]) -> list[Decimal]:
    return [number for each in facts if (number := _number(each)) is not None]


def _number(each: Fact) -> Decimal | None:
    return Decimal(each.value) if each.value else None
