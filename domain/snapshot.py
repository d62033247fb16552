"""Key results day by day: the same structure, with the values that each day knew."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import islice, takewhile

from domain.calendar import Calendar, Grain, buckets_from
from domain.cycle import Cycle, CycleState
from domain.errors import InvalidRecord, TooMuch
from domain.okr import KeyResult
from domain.ports import Aggregates, WindowQuery
from domain.value import key_result_queries
from domain.view import View, day_of, end_of, start_of

DAYS_AT_MOST = 1_000
"""Days in one request: two and a half years of days, 19 years of weeks."""

GRAINS = tuple(grain for grain in Grain if grain is not Grain.HOUR)
"""How far apart the days may lie: no number of a key result is told by the hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A key result on a day."""

    date: dt.date
    key_result: KeyResult

    @property
    def id(self) -> str:
        """The day and the key result."""
        return f"{self.date} {self.key_result.id}"


def first_day(view: View, cycle: Cycle | None) -> date:
    """Give the day on which a cycle (None: the earliest active one) begins; without any, today."""
    active = (each for each in view.atlas.all(Cycle) if each.state is CycleState.ACTIVE)
    cycles = active if cycle is None else (cycle,)
    return min((each.start for each in cycles), default=view.today)


def snapshot_days(view: View, start: date, end: date, grain: Grain) -> list[date]:
    """Give the last day of each bucket from `start` to `end`, both counted, up to the view's day.

    The last bucket's day is `end`, or the view's, where the bucket isn't over by then.
    InvalidRecord for an end before the start, or hours; TooMuch for more than 1,000 days.
    """
    if end < start:
        message = f"Snapshots from {start} can't go to {end}: it is before."
        raise InvalidRecord(message, path=("to",))
    if grain not in GRAINS:
        message = "Snapshots are taken by the day at most."
        raise InvalidRecord(message, path=("grain",), legal=GRAINS)
    last = min(end, view.today)
    if last < start:
        return []
    days = list(islice(_last_days(view, start, last, grain), DAYS_AT_MOST + 1))
    if len(days) > DAYS_AT_MOST:
        advice = "Ask for a coarser grain or a shorter time."
        seen = f"{start} to {end} by {grain} is more"
        raise TooMuch(seen, limit="days of snapshots", maximum=DAYS_AT_MOST, advice=advice)
    return days


def snapshot_queries(view: View, key_results: Iterable[KeyResult], day: date) -> list[WindowQuery]:
    """List the questions about key results on a day that the view itself has no answers to."""
    return [] if day == view.today else key_result_queries(view.atlas, key_results, day)


def view_on(view: View, day: date, answers: Aggregates) -> View:
    """Give the view's atlas on an earlier day, with the answers to that day's questions.

    It remembers numbers of its own, so that a long time leaves nothing behind.
    """
    if day == view.today:
        return view
    instant = end_of(day, view.atlas)
    return replace(view, today=day, instant=instant, aggregates=answers, memo={})


def _last_days(view: View, start: date, last: date, grain: Grain) -> Iterable[date]:
    calendar = Calendar(view.atlas.organization.zone)
    buckets = buckets_from(calendar, grain, start_of(start, view.atlas))
    until = end_of(last, view.atlas)
    inside = takewhile(lambda bucket: bucket.start < until, buckets)
    return (min(day_of(b.end - timedelta(microseconds=1), view.atlas), last) for b in inside)
