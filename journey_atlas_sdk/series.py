"""A series of a source that counts by days of its own: what to ask for, and what the answer says.

    report = request.chosen(self.settings.reports)  # each a CountReport or a ShareReport
    series = self.settings.series(report, request, now=context.now())
    if series:
        counts = …  # what the source tells of series.first to series.last, by first days
        for observation in series.observations(counts):
            yield observation

For web and product analytics, say. Imported by its own name.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import chain
from typing import Annotated, ClassVar, Final
from zoneinfo import ZoneInfo

from pydantic import Field

from journey_atlas_sdk.connector import MetricSpec, PullRequest
from journey_atlas_sdk.errors import DataError
from journey_atlas_sdk.numbers import quotient
from journey_atlas_sdk.observations import Grain, Observation, ObservationFlag
from journey_atlas_sdk.periods import days_of
from journey_atlas_sdk.settings import Settings
from journey_atlas_sdk.units import Aggregation, Unit, UnitKind
from journey_atlas_sdk.web import ServiceSettings

OF_DAYS: Final = frozenset(Grain) - {Grain.HOUR, Grain.TOTAL, Grain.INSTANT}
"""The grains that days add up to."""
DAY_WEEK_MONTH: Final = frozenset({Grain.DAY, Grain.WEEK, Grain.MONTH})
"""The grains that most sources count by themselves."""

LateDays = Annotated[
    int,
    Field(
        ge=0,
        le=30,
        description="For how long events may arrive late: until then a period is provisional.",
    ),
]
"""The type of a setting `late_days`."""

Counts = Mapping[date, Decimal]
"""What a source counted in each of its buckets, by their first days."""


class Missing(StrEnum):
    """What it means that a source tells nothing of a bucket.

    REFUSED: it tells of each, so its answer is another's. ZERO: it leaves zeros out. UNKNOWN: it
    keeps some back.
    """

    REFUSED = "REFUSED"
    ZERO = "ZERO"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What counts amount to; `value` None: nothing was measured."""

    value: Decimal | None
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    sample_size: int | None = None


class Report(Settings, ABC):
    """What a metric is made of; the base of a vendor's reports.

    `day_grains` are those that days may be added up to; `own_grains` those that the source counts
    by itself, where days don't add up: who is one in a week may be one on each of its days.
    """

    days_add_up: ClassVar[bool] = True
    day_grains: ClassVar[frozenset[Grain]] = OF_DAYS
    own_grains: ClassVar[frozenset[Grain]] = DAY_WEEK_MONTH
    unit: ClassVar[UnitKind]

    @property
    def by_days(self) -> bool:
        """Whether days are asked for and added up, whatever the grain.

        By default what `days_add_up` says; for a report whose settings decide, write it anew.
        """
        return self.days_add_up

    @property
    @abstractmethod
    def aggregation(self) -> Aggregation:
        """How periods become one."""

    @abstractmethod
    def measured(self, counts: Sequence[Decimal]) -> Measured:
        """Tell what a period's counts amount to."""

    def spec(self, metric: str, late: timedelta) -> MetricSpec:
        """Say what the metric is, which changes for `late` after a period's end."""
        return MetricSpec(
            key=metric,
            title=metric,
            unit=Unit(kind=self.unit),
            aggregation=self.aggregation,
            grains=self.day_grains if self.by_days else self.own_grains,
            minimum=Decimal(0),
            maximum=Decimal(1) if self.unit is UnitKind.RATIO else None,
            restates_for=late,
        )


class CountReport(Report):
    """One count: of what adds up, or of people (UNIQUE)."""

    unit = UnitKind.COUNT

    @property
    def aggregation(self) -> Aggregation:
        """SUM or UNIQUE."""
        return Aggregation.SUM if self.by_days else Aggregation.UNIQUE

    def measured(self, counts: Sequence[Decimal]) -> Measured:
        """Tell the count."""
        (count,) = counts
        return Measured(value=count)


class ShareReport(Report):
    """A share, 0 to 1, by two counts: the part and the whole."""

    unit = UnitKind.RATIO

    @property
    def aggregation(self) -> Aggregation:
        """RATIO."""
        return Aggregation.RATIO

    def measured(self, counts: Sequence[Decimal]) -> Measured:
        """Tell the share; nothing of nothing is None."""
        part, whole = counts
        return Measured(
            value=quotient(part, whole),
            numerator=part,
            denominator=whole,
            sample_size=int(whole),
        )


class Series:
    """The whole periods that a question asks for and that have begun; false where there are none.

    `step` is what the source is asked by: days, or the question's grain where days don't add up.
    `first` and `last` are the days to ask for, no later than the source's today.
    """

    def __init__(
        self,
        report: Report,
        request: PullRequest,
        *,
        zone: ZoneInfo,
        late: timedelta,
        now: datetime,
    ) -> None:
        """Take a question; ConfigError where the report, or the source's days, can't answer it."""
        self._report = report
        self._request = request
        self._spec = report.spec(request.metric, late)
        self._spec.require_answers(request)
        self._now = now
        self.step = Grain.DAY if report.by_days else request.grain
        self._periods = request.periods(now)
        today = now.astimezone(zone).date()
        days = [days_of(period, zone) for period in self._periods]
        self._days = [(first, min(last, today)) for first, last in days]

    def __bool__(self) -> bool:
        """Say whether there is anything to ask for."""
        return bool(self._days)

    @property
    def spans(self) -> list[tuple[date, date]]:
        """Each period's first and last day, oldest first: for a source that is asked for each."""
        return self._days

    @property
    def first(self) -> date:
        """The first day of the first period."""
        return self._days[0][0]

    @property
    def last(self) -> date:
        """The last day of the last period, or the source's today."""
        return self._days[-1][1]

    def observations(
        self,
        *tables: Counts,
        missing: Missing = Missing.REFUSED,
        flags: frozenset[ObservationFlag] = frozenset(),
    ) -> Iterator[Observation]:
        """Give each period's value, oldest first, from the counts that the report is made of.

        DataError where a bucket lacks that shouldn't, or one is there that wasn't asked for.
        """
        parts = [self._buckets(first, last) for first, last in self._days]
        asked = set(chain.from_iterable(parts))
        for table in tables:
            _require_asked(asked, set(table), missing)
        absent = None if missing is Missing.UNKNOWN else Decimal(0)
        for period, part in zip(self._periods, parts, strict=True):
            counts = [_sum(table.get(day, absent) for day in part) for table in tables]
            known = [count for count in counts if count is not None]
            is_known = len(known) == len(tables)
            told = self._report.measured(known) if is_known else Measured(value=None)
            yield self._request.observation(
                period,
                told.value,
                numerator=told.numerator,
                denominator=told.denominator,
                sample_size=told.sample_size,
                flags=flags,
                state=self._spec.state(period, self._now),
            )

    def _buckets(self, first: date, last: date) -> list[date]:
        """Name the buckets that make a period: all of its days, or one that begins with it."""
        count = (last - first).days + 1 if self.step is Grain.DAY else 1
        return [first + timedelta(days=day) for day in range(count)]


class ReportSettings(ServiceSettings):
    """How long a source's numbers change; the base of a vendor's settings, which list reports."""

    late_days: LateDays = 5

    @property
    def late(self) -> timedelta:
        """For how long a period changes after its end."""
        return timedelta(days=self.late_days)

    def specs(self, reports: Mapping[str, Report]) -> list[MetricSpec]:
        """Say what the metrics are that have a report, in order."""
        return [report.spec(metric, self.late) for metric, report in sorted(reports.items())]


class SeriesSettings(ReportSettings):
    """Where a source's days begin, too."""

    time_zone: ZoneInfo = Field(description="The source's own: its days are those.")

    def series(self, report: Report, request: PullRequest, *, now: datetime) -> Series:
        """Give what a question asks of the source, by its days."""
        return Series(report, request, zone=self.time_zone, late=self.late, now=now)


def _sum(numbers: Iterable[Decimal | None]) -> Decimal | None:
    """Add numbers up; None where one is."""
    total = Decimal(0)
    for number in numbers:
        if number is None:
            return None
        total += number
    return total


def _require_asked(asked: set[date], there: set[date], missing: Missing) -> None:
    odd = asked ^ there if missing is Missing.REFUSED else there - asked
    if odd:
        message = f"The answer isn't for the asked days: {min(odd)} is missing or too many."
        raise DataError(message)
