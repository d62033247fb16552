"""Metrics over time: a series bucket by bucket, and the marks to set on its axis."""

import datetime as dt
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import strawberry

from api.context import Reading
from api.errors import BadUserInput
from api.fields import attribute, computed, described, many, maybe
from api.types.enums import public_enum
from api.types.links import named_in
from api.types.metric_value import DimensionInput
from api.types.progress import Reason
from api.types.references import METRIC_SOURCE, NODE
from domain import marks, series
from domain.calendar import Grain
from domain.filling import Fill
from domain.marks import MARKS_AT_MOST, MarkKind
from domain.metric import Metric, dimensions_of
from domain.series import POINTS_AT_MOST, CompareTo, SeriesRequest, bucket_queries, metric_series

GRAIN = public_enum(
    Grain,
    "How long the buckets of a series are.",
    HOUR="60 minutes, from local midnight on.",
    DAY="From local midnight to local midnight: 23 or 25 hours where the clock is changed.",
    WEEK="An ISO week, from Monday on.",
    MONTH="A month of the calendar.",
    QUARTER="Three months, from the fiscal year's first one on.",
    YEAR="Twelve months, from the fiscal year's first one on.",
)


FILL = public_enum(
    Fill,
    "What a bucket shows in which nothing was observed.",
    NONE="It is left out.",
    NULL="No value, with the reason.",
    ZERO="0.",
    PREVIOUS="The value before it; no value where nothing was observed before.",
    LINEAR="The straight line between the values around it; no value outside of these.",
)
COMPARE_TO = public_enum(
    CompareTo,
    "What each point of a series is set beside.",
    PREVIOUS_PERIOD="As many buckets, right before the first one.",
    PREVIOUS_YEAR="The same bucket of the year before; of a week the one 52 weeks before.",
)
MARK_KIND = public_enum(
    MarkKind,
    "What happened on a metric's time axis.",
    SERIES_BREAK="From here on values can't be compared with those before.",
    CYCLE_START="The first day of a cycle.",
    RELEASE="A solution went out.",
    TARGET="A key result's target is due.",
    CYCLE_END="The last day of a cycle.",
)


def grain_or_week(asked: Grain | None) -> Grain:
    """Give the asked grain; where nothing is said, WEEK."""
    return asked or Grain.WEEK


async def points(  # noqa: PLR0913 - each is an argument of the public field
    record: Metric,
    reading: Reading,
    *,
    from_: date,
    to: date | None = None,
    grain: Grain = Grain.WEEK,
    fill: Fill = Fill.NULL,
    compare_to: CompareTo | None = None,
    time_zone: str | None = None,
    fiscal_year_start: int = 1,
    dimensions: list[DimensionInput] | None = None,
) -> list[series.SeriesPoint]:
    """Give a metric's points; all that one operation asks for are read in one statement."""
    view = reading.view
    zone = view.atlas.organization.zone if time_zone is None else _zone(time_zone)
    request = SeriesRequest(
        grain=grain,
        start=_midnight(from_, zone),
        end=_midnight((to or view.today) + timedelta(days=1), zone),
        dimensions=dimensions_of({each.name: each.value for each in dimensions or ()}),
        fill=fill,
        zone=zone,
        first_month=fiscal_year_start,
        compare_to=compare_to,
    )
    queries = bucket_queries(view, record, request)
    answers = await reading.aggregates.load_many(queries)
    reading.require_running()
    found = {query: each for query, each in zip(queries, answers, strict=True) if each is not None}
    return metric_series(view, record, request, found)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        message = f"No time zone is called {name!r}; write one as Europe/Oslo or UTC."
        raise BadUserInput(message) from error


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)


def marks_between(
    record: Metric,
    reading: Reading,
    *,
    from_: date | None = None,
    to: date | None = None,
    kinds: list[MarkKind] | None = None,
) -> Sequence[marks.Mark]:
    """List a metric's marks between two days, both counted, by date."""
    if from_ is not None and to is not None and to < from_:
        message = f"Marks from {from_} can't go to {to}: it is before."
        raise BadUserInput(message)
    asked = tuple(MarkKind) if kinds is None else kinds
    return marks.marks(reading.view, record, start=from_, end=to, kinds=asked)


_EXACT = "The same number, exact."


@strawberry.type(description="A metric's value in one bucket of time.")
class SeriesPoint:
    """The public face of `domain.series.SeriesPoint`."""

    start: datetime = described("Where the bucket begins, in UTC.")
    end: datetime = described("Where the bucket ends, in UTC: where the next one begins.")
    label: str = described(
        "The bucket as people name it: 2026-11-22T14:00+01:00, 2026-11-22, 2026-W47, 2026-11, "
        "2026-Q4, 2026; a fiscal year by the year in which it ends (FY2027, FY2027-Q1)."
    )
    value: float | None = described(
        "The value of the observations that end in the bucket, in the metric's unit (durations in "
        "seconds); null with a reason where there is none."
    )
    value_exact = computed(attribute("value"), maybe(Decimal), _EXACT)
    reason: Reason | None = described(
        "Why nothing was measured, of a filled point too; null where something was."
    )
    source = computed(
        named_in("source"),
        maybe(METRIC_SOURCE),
        "The source that answered; null where none did, and of a derived metric.",
    )
    sample_size: int | None = described(
        "How many people, events or comments stand behind it; null where that isn't known."
    )
    is_provisional: bool = described(
        "Whether the value may still change: the bucket isn't over, or a source hasn't settled it."
    )
    is_filled: bool = described("Whether nothing was observed, and `fill` made the value up.")
    compared_start: datetime | None = described(
        "Where the bucket begins that it is compared with; null without one."
    )
    compared: float | None = described(
        "The value of that bucket, in the metric's unit; null where it has none."
    )
    compared_exact = computed(attribute("compared"), maybe(Decimal), _EXACT)
    change: float | None = described(
        "`value` - `compared`, in the metric's unit; null where one is missing, or made up."
    )
    change_exact = computed(attribute("change"), maybe(Decimal), _EXACT)
    relative_change: float | None = described(
        "`change` by the size of `compared`: 0.2 is a fifth up; null without a change, or where "
        "`compared` is 0."
    )
    relative_change_exact = computed(attribute("relative_change"), maybe(Decimal), _EXACT)


@strawberry.type(description="Something that happened, to be set on a metric's time axis.")
class Mark:
    """The public face of `domain.marks.Mark`."""

    kind: str = described("What happened.", graphql_type=MARK_KIND)
    date: dt.date = described("The day, in the organization's zone.")
    title: str = described("What to write beside it.")
    node = computed(
        named_in("node"),
        NODE,
        "Whose mark it is: the metric whose series breaks, the cycle, the solution, the key "
        "result.",
    )
    value: float | None = described(
        "The value that a TARGET asks for, in the metric's unit (of a threshold its bound); null "
        "for other kinds, and for a range, which has two."
    )
    value_exact = computed(attribute("value"), maybe(Decimal), _EXACT)


SERIES = computed(
    points,
    many(SeriesPoint),
    "Its values bucket by bucket, in order of time, up to the atlas's day. The metric's own window "
    "doesn't matter here: a point counts what ends in its bucket, one that ends where the next "
    "bucket begins included. MEDIAN, UNIQUE and OPAQUE have values only at their sources' own "
    "grain. All series of one query are read together. At most "
    f"{POINTS_AT_MOST:,} points, else BAD_USER_INPUT.",
    from_="The first day: the series begins with the bucket that it falls into.",
    to="The last day: the series ends with the bucket that it falls into; where nothing is said, "
    "the atlas's day.",
    grain="How long the buckets are.",
    fill="What a bucket shows in which nothing was observed.",
    compare_to="What each point is set beside; where nothing is said, nothing.",
    time_zone="The zone (IANA, such as `Europe/Oslo`) in which days begin; where nothing is said, "
    "the organization's.",
    fiscal_year_start="The month, 1 to 12, with which years and quarters begin.",
    dimensions="Narrow it: only observations of exactly these dimensions. Where nothing is said, "
    "the series without dimensions answers.",
)
"""The field that gives a metric's series."""

MARKS = computed(
    marks_between,
    many(Mark),
    "What happened on its time axis, by date: breaks of its series, releases of the solutions "
    "beneath what it measures or what its key results hang on, cycles and targets of these. At "
    f"most {MARKS_AT_MOST}, else BAD_USER_INPUT.",
    from_="The first day that counts; where nothing is said, from the beginning.",
    to="The last day that counts; where nothing is said, to the end.",
    kinds="Only marks of these kinds; where nothing is said, of all.",
)
"""The field that gives a metric's marks."""
