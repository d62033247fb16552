"""Sources that count by days of their own, as analytics do: yours is to ask for the counts.

    class Mine(SeriesConnector[MineSettings, MineReport]):
        info = ConnectorInfo(key="mine", settings=MineSettings, ...)

        async def counts(self, report, series, context):
            return Told([{date(2026, 11, 21): Decimal(7), date(2026, 11, 22): Decimal(12)}])

MineReport, a `CountReport` or a `ShareReport`, says what is counted, MineSettings, of
`SeriesSettings[MineReport]`, which metric has which report. Periods, values and states are made
here. Imported by its own name.
"""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import chain
from typing import Any, ClassVar, Final, Generic, TypeVar
from zoneinfo import ZoneInfo

from pydantic import Field

from journey_atlas_sdk.connector import Connector, MetricSpec, PullRequest
from journey_atlas_sdk.context import Context
from journey_atlas_sdk.errors import ConfigError, DataError
from journey_atlas_sdk.numbers import quotient
from journey_atlas_sdk.observations import Grain, Observation, ObservationFlag
from journey_atlas_sdk.periods import OF_DAYS, days_of
from journey_atlas_sdk.settings import RestatesDays, RestatingSettings, Settings
from journey_atlas_sdk.units import Aggregation, Unit, UnitKind
from journey_atlas_sdk.web import ServiceSettings

DAY_WEEK_MONTH: Final = frozenset({Grain.DAY, Grain.WEEK, Grain.MONTH})
"""The grains that most sources count by themselves."""

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


@dataclass(frozen=True, slots=True)
class Told:
    """What a source tells of a series: the counts that its report is made of, in its order."""

    tables: Sequence[Counts]
    missing: Missing = Missing.REFUSED
    flags: frozenset[ObservationFlag] = frozenset()


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

    def spec(self, metric: str, *, restates_for: timedelta) -> MetricSpec:
        """Say what the metric is."""
        return MetricSpec(
            key=metric,
            title=metric,
            unit=Unit(kind=self.unit),
            aggregation=self.aggregation,
            grains=self.day_grains if self.by_days else self.own_grains,
            minimum=Decimal(0),
            maximum=Decimal(1) if self.unit is UnitKind.RATIO else None,
            restates_for=restates_for,
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


R = TypeVar("R", bound=Report)
S = TypeVar("S", bound="ReportSettings[Any]")  # Any: whatever its reports are


class Series:
    """The whole periods that a question asks for and that have begun; false where there are none.

    `step` is what the source is asked by: days, or the question's grain where days don't add up.
    `first` and `last` are the days to ask for, no later than today, which begins in `zone`.
    """

    def __init__(
        self,
        report: Report,
        request: PullRequest,
        *,
        zone: ZoneInfo,
        restates_for: timedelta,
        now: datetime,
    ) -> None:
        """Take a question; ConfigError where the report, or the source's days, can't answer it."""
        self._report = report
        self._request = request
        self._spec = report.spec(request.metric, restates_for=restates_for)
        self._spec.require_answers(request)
        self._now = now
        self.zone = zone
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

    def observations(self, told: Told) -> Iterator[Observation]:
        """Give each period's value, oldest first.

        DataError where a bucket lacks that shouldn't, or one is there that wasn't asked for.
        """
        parts = [self._buckets(first, last) for first, last in self._days]
        asked = set(chain.from_iterable(parts))
        for table in told.tables:
            _require_asked(asked, set(table), told.missing)
        absent = None if told.missing is Missing.UNKNOWN else Decimal(0)
        for period, part in zip(self._periods, parts, strict=True):
            counts = [_sum(table.get(day, absent) for day in part) for table in told.tables]
            known = [count for count in counts if count is not None]
            is_known = len(known) == len(counts)
            measured = self._report.measured(known) if is_known else Measured(value=None)
            yield self._request.observation(
                period,
                measured.value,
                numerator=measured.numerator,
                denominator=measured.denominator,
                sample_size=measured.sample_size,
                flags=told.flags,
                state=self._spec.state(period, self._now),
            )

    def _buckets(self, first: date, last: date) -> list[date]:
        """Name the buckets that make a period: all of its days, or one that begins with it."""
        count = (last - first).days + 1 if self.step is Grain.DAY else 1
        return [first + timedelta(days=day) for day in range(count)]


class ReportSettings(RestatingSettings, ServiceSettings, Generic[R]):
    """The report of each metric, and how long its numbers change, for a source of any zone."""

    reports: Mapping[str, R] = Field(min_length=1, description="By metric.")
    restates_days: RestatesDays = 5

    def zone_of(self, request: PullRequest) -> ZoneInfo:
        """Give the zone in which the source is asked for days."""
        return request.time_zone


class SeriesSettings(ReportSettings[R], Generic[R]):
    """The same of a source that cuts days in its own zone."""

    time_zone: ZoneInfo = Field(description="The source's own: its days are those.")

    def zone_of(self, request: PullRequest) -> ZoneInfo:
        """Give the source's own zone."""
        del request
        return self.time_zone

    def require_zone(self, named: str) -> None:
        """Raise the ConfigError that says what to write where the source names another zone."""
        if named != self.time_zone.key:
            message = f"The source's days are those of {named}: write it as `time_zone`."
            raise ConfigError(message)


class SeriesConnector(Connector[S], Generic[S, R]):
    """A source that is asked for counts by days, and answers with values by periods."""

    @abstractmethod
    async def counts(self, report: R, series: Series, context: Context) -> Told:
        """Ask for what the report is made of, from `series.first` to `series.last`.

        By `series.step`; each table tells its buckets by their first days.
        """

    async def pull(self, request: PullRequest, context: Context) -> AsyncIterator[Observation]:
        """Give the values of the window's whole periods that have begun, oldest first."""
        report: R = request.chosen(self.settings.reports)
        zone, restates_for = self.settings.zone_of(request), self.settings.restates_for
        series = Series(report, request, zone=zone, restates_for=restates_for, now=context.now())
        if series:
            for observation in series.observations(await self.counts(report, series, context)):
                yield observation

    async def discover(self, context: Context) -> list[MetricSpec]:
        """List the metrics that have a report."""
        del context
        restates_for = self.settings.restates_for
        return [
            report.spec(metric, restates_for=restates_for)
            for metric, report in sorted(self.settings.reports.items())
        ]


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
