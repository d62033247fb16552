"""Key results day by day: progress, expectation and status as they were."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

from api.context import Reading, answered
from api.relay import Order, Part
from api.tables.columns import Columns, number
from api.tables.nodes import archived_at, in_asked_cycle
from api.tables.okr import MeasuredRow, PlacedRow
from api.tables.standing import StandingRow
from api.tables.table import Line, a_table, from_start, in_memory
from api.types.node import url
from api.types.series import grain_or_week
from domain.calendar import Grain
from domain.okr import KeyResult
from domain.snapshot import (
    DAYS_AT_MOST,
    Snapshot,
    first_day,
    snapshot_days,
    snapshot_queries,
    view_on,
)

snapshot = Columns[Snapshot]()

BY_DAY: Order[Snapshot] = Order(
    "day", lambda each: (each.date.isoformat(), each.key_result.key), (str, str)
)


class KeyResultSnapshotRow(PlacedRow, MeasuredRow, StandingRow):
    """A key result on one of several days."""

    date = snapshot.of(date, "The day, in the organization's zone.", lambda s, _: s.date)
    key_result_id, key_result_key, key_result_title = snapshot.node(
        "the key result", lambda s, _: s.key_result
    )
    url = snapshot.maybe(
        str,
        "The key result's page for people; null where the server was told of none.",
        lambda s, reading: url(s.key_result, reading),
    )
    weight = snapshot.of(
        float,
        "What it counts in the objective's progress; 0: it doesn't.",
        lambda s, _: number(s.key_result.weight),
    )
    is_guardrail = snapshot.of(
        bool,
        "Whether it guards instead of counting: averages of key results leave it out.",
        lambda s, _: s.key_result.is_guardrail,
    )


def snapshots(
    reading: Reading,
    start: Part,
    *,
    from_: date | None = None,
    to: date | None = None,
    grain: Grain | None = None,
) -> Iterator[Snapshot]:
    """Give the key results in use on each day, by day and key."""
    view = reading.view
    begin = from_ or first_day(view, reading.cycle)
    days = snapshot_days(view, begin, to or max(view.today, begin), grain_or_week(grain))
    is_of_cycle = in_asked_cycle(reading)
    in_use = (n for n in view.atlas.all(KeyResult) if archived_at(view.atlas, n) is None)
    asked = [each for each in in_use if is_of_cycle(each)]
    for day in from_start(days, start, date.isoformat):
        yield from (Snapshot(date=day, key_result=each) for each in asked)


async def on_their_days(reading: Reading, records: Sequence[Snapshot]) -> Sequence[Line[Snapshot]]:
    """Read what all these days are asked for in one statement."""
    view = reading.view
    by_day: dict[date, list[KeyResult]] = {}
    for each in records:
        by_day.setdefault(each.date, []).append(each.key_result)
    queries = [
        query for day, asked in by_day.items() for query in snapshot_queries(view, asked, day)
    ]
    answers = await answered(reading.services.observations, view, queries)
    readings = {day: replace(reading, view=view_on(view, day, answers)) for day in by_day}
    return [(each, readings[each.date]) for each in records]


SNAPSHOTS = a_table(
    "keyResultSnapshotRows",
    KeyResultSnapshotRow,
    "A row a key result in use and day: progress, expectation and status as `keyResultRows(asOf:)` "
    "gives them. Key results, their targets and their places are the present ones until they have "
    f"a history. At most {DAYS_AT_MOST:,} days, else BAD_USER_INPUT. In order of day and key.",
    order=BY_DAY,
    source=in_memory(
        snapshots,
        complete=on_their_days,
        from_="The first day; where nothing is said, the first day of `cycle`, else of the "
        "earliest active cycle.",
        to="The last day, at most today; where nothing is said, today.",
        grain="How far apart the days are, DAY or more: the last day of each week, month … is "
        "taken, and `to` where that isn't over; where nothing is said, WEEK.",
    ),
    reads=("known_at", "cycle"),
)
