"""Checks 11, 12 and 19 to 22: periods lie where the calendar puts them, whoever asks how often."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any, Final
from zoneinfo import ZoneInfo

from journey_atlas_sdk.conformance.bench import Bench, around
from journey_atlas_sdk.conformance.check import Check, Topic
from journey_atlas_sdk.conformance.comparing import named, require_same, require_truth, told
from journey_atlas_sdk.conformance.specimen import Keeps
from journey_atlas_sdk.conformance.verdict import Mismatch, NotApplicable
from journey_atlas_sdk.conformance.virtual_time import START
from journey_atlas_sdk.conformance.world import Fact, in_order
from journey_atlas_sdk.errors import ConfigError
from journey_atlas_sdk.observations import Dimensions, Grain, Observation, Window
from journey_atlas_sdk.periods import period_of, periods, start_of_day

AFTER_A_LONG_YEAR: Final = datetime(2021, 2, 10, 12, tzinfo=UTC)
"""The last twelve months hold a leap day, both days on which clocks change, and an ISO week 53."""

ELSEWHERE: Final = ("UTC", "Asia/Kolkata", "America/St_Johns", "Pacific/Auckland")
_DAY: Final = timedelta(days=1)


async def keeps_to_the_calendar(bench: Bench) -> None:
    """11: days of 23 and 25 hours, week 53, the ends of months, a leap day."""
    zone = bench.specimen.zone
    for grain in await bench.grains():
        for window in _odd_stretches(grain, zone):
            asked = list(periods(window, grain, zone))
            facts = bench.facts_in(asked)
            stage = bench.open(facts, start=AFTER_A_LONG_YEAR)
            found = await stage.pull(bench.question(window, grain=grain))
            require_truth(found, bench.truth(facts, asked), zone)


def _odd_stretches(grain: Grain, zone: ZoneInfo) -> Iterator[Window]:
    """Give windows of whole periods around what is odd in the calendar of the year before."""
    match grain:
        case Grain.HOUR:
            yield from (_days(day, day, zone) for day in _days_of_change(zone))
        case Grain.DAY:
            around = [date(2020, 2, 29), *_days_of_change(zone)]
            yield from (_days(day - _DAY, day + _DAY, zone) for day in around)
        case Grain.WEEK:
            yield _days(date(2020, 12, 14), date(2021, 1, 17), zone)  # W51, W52, W53, W01, W02
        case Grain.MONTH:
            yield _days(date(2020, 2, 1), date(2020, 4, 30), zone)
        case Grain.QUARTER:
            yield _days(date(2020, 4, 1), date(2020, 12, 31), zone)
        case _:
            yield _days(date(2020, 1, 1), date(2020, 12, 31), zone)


def _days(first: date, last: date, zone: ZoneInfo) -> Window:
    return Window(start_of_day(first, zone), start_of_day(last + _DAY, zone))


def _days_of_change(zone: ZoneInfo) -> list[date]:
    """Give the days of the last twelve months that have not 24 hours; none where no clock moves."""
    last = AFTER_A_LONG_YEAR.date()
    days = [last - nth * _DAY for nth in range(365, 0, -1)]
    return [day for day in days if start_of_day(day + _DAY, zone) - start_of_day(day, zone) != _DAY]


async def never_overlaps(bench: Bench) -> None:
    """12: no two observations of one thing share a moment, also broken down, also while it runs."""
    for grain in await bench.grains():
        running = period_of(START, grain, bench.specimen.zone)
        asked = [*bench.recent(3, grain=grain), running]
        facts = in_order([*bench.facts_in(asked[:-1]), *bench.facts_in([running], each=1)])
        await _require_apart(bench, facts, around(asked), grain=grain)
    for name, values in bench.specimen.dimensions.items():
        asked = bench.recent(3)
        facts = [
            replace(each, dimensions={name: values[place % len(values)]})
            for place, each in enumerate(bench.facts_in(asked))
        ]
        window = around(asked)
        await _require_apart(bench, facts, window, dimensions=(name,))


async def _require_apart(
    bench: Bench,
    facts: Sequence[Fact],
    window: Window,
    **question: Any,  # noqa: ANN401 -- whatever a question has beside its window
) -> None:
    stage = bench.open(facts)
    found = await stage.pull(bench.question(window, **question))
    in_order = sorted(found, key=lambda one: (one.dimensions, one.start, one.end))
    for one, other in pairwise(in_order):
        if one.dimensions == other.dimensions and other.start < one.end:
            zone = bench.specimen.zone
            raise Mismatch(
                expected="periods that don't overlap",
                seen=f"{told(one, zone)}; {told(other, zone)}",
            )


async def splits_without_seams(bench: Bench) -> None:
    """19: two halves tell what the whole tells, what happened on the seam included."""
    asked = bench.recent(6)
    first, middle, last = asked[0].start, asked[3].start, asked[-1].end
    facts = bench.facts_in(asked)
    if bench.specimen.keeps is Keeps.EVENTS:
        facts = in_order([*facts, bench.fact(middle, number=90, value=bench.specimen.answers[-1])])
    stage = bench.open(facts)
    whole = await stage.pull(bench.question(Window(first, last)))
    halves = [
        *await stage.pull(bench.question(Window(first, middle))),
        *await stage.pull(bench.question(Window(middle, last))),
    ]
    require_same(halves, whole, bench.specimen.zone)


async def repeats_itself(bench: Bench) -> None:
    """20: the same question has the same answer, oldest first."""
    zone = bench.specimen.zone
    stage = bench.open()
    once = await stage.pull(bench.question())
    again = await stage.pull(bench.question())
    require_same(again, once, zone)
    for one, other in pairwise(once):
        if other.start < one.start:
            raise Mismatch(
                expected="observations come oldest first",
                seen=f"{told(other, zone)} after {told(one, zone)}",
            )


async def follows_the_time_zone(bench: Bench) -> None:
    """21: in another zone the same events fall into other days."""
    if bench.specimen.keeps is not Keeps.EVENTS:
        reason = "its source keeps periods, which can't be cut anew"
        raise NotApplicable(reason)
    grain = bench.specimen.golden.grain
    facts = bench.facts_in(bench.recent(8)[:4], each=5)
    for zone in map(ZoneInfo, ELSEWHERE):
        asked = list(periods(Window(facts[0].at, facts[-1].at), grain, zone))
        window = around(asked)
        stage = bench.open(facts)
        try:
            found = await stage.pull(bench.question(window, time_zone=zone))
        except ConfigError as error:
            reason = "its source cuts days in its own zone alone, and it refuses another's"
            raise NotApplicable(reason) from error
        require_truth(found, bench.truth(facts, asked), zone)


async def restates_in_place(bench: Bench) -> None:
    """22: a value that its source corrects comes back under the same identity."""
    asked = bench.recent(4)
    facts = bench.facts_in(asked)
    window = around(asked)
    stage = bench.open(facts)
    before = await stage.pull(bench.question(window))
    stage.change([_corrected(bench, each, asked) for each in facts])
    after = await stage.pull(bench.question(window))
    lost = {_identity(one) for one in before} - {_identity(one) for one in after}
    if lost:
        start, end, _ = min(lost)
        raise Mismatch(
            expected=f"{named(Window(start, end), bench.specimen.zone)} again, with another value",
            seen="it is gone",
        )
    require_truth(after, bench.truth(stage.world.facts, asked), bench.specimen.zone)


def _corrected(bench: Bench, each: Fact, asked: Sequence[Window]) -> Fact:
    """Correct what lies in the second period, at a moment of the third."""
    if not asked[1].start <= each.at < asked[1].end:
        return each
    other = next(one for one in bench.specimen.answers if one != each.value)
    return replace(
        each, value=other, updated_at=asked[2].start + (asked[2].end - asked[2].start) / 2
    )


def _identity(one: Observation) -> tuple[datetime, datetime, Dimensions]:
    return one.start, one.end, one.dimensions


CHECKS: Final = (
    Check(11, "periods lie where the calendar puts them", Topic.TRUTH, keeps_to_the_calendar),
    Check(12, "no overlap, no identity twice", Topic.TRUTH, never_overlaps),
    Check(19, "two halves tell what the whole tells", Topic.TRUTH, splits_without_seams),
    Check(20, "the same answer again, oldest first", Topic.TRUTH, repeats_itself),
    Check(21, "another time zone moves the periods", Topic.TRUTH, follows_the_time_zone),
    Check(22, "a restated value keeps its identity", Topic.TRUTH, restates_in_place),
)
