"""A series out of a source's own days: what is asked for, added up, and refused."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import ClassVar
from zoneinfo import ZoneInfo

import pytest

from journey_atlas_sdk import (
    Aggregation,
    ConfigError,
    ConnectorInfo,
    Context,
    DataError,
    Grain,
    Observation,
    ObservationFlag,
    ObservationState,
    UnitKind,
)
from journey_atlas_sdk.periods import OF_DAYS
from journey_atlas_sdk.series import (
    DAY_WEEK_MONTH,
    CountReport,
    Counts,
    Missing,
    Report,
    Series,
    SeriesConnector,
    SeriesSettings,
    ShareReport,
    Told,
)
from journey_atlas_sdk.testing import FakeContext, pull_all
from tests.plugins.questions import OSLO, a_question, days

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)  # a Sunday
LATE = timedelta(days=5)


class Visits(CountReport):
    pass


class People(CountReport):
    days_add_up: ClassVar = False


class Conversion(ShareReport):
    pass


def a_series(
    report: Report | None = None,
    grain: Grain = Grain.WEEK,
    *,
    first: str = "2026-11-09",
    after: str = "2026-11-30",
    zone: str = OSLO.key,
) -> Series:
    question = a_question("visits", grain=grain, window=days(first, after))
    return Series(report or Visits(), question, zone=ZoneInfo(zone), restates_for=LATE, now=NOW)


def each_day(first: str, count: int, number: int) -> dict[date, Decimal]:
    return {
        date.fromisoformat(first) + timedelta(days=day): Decimal(number) for day in range(count)
    }


def test_a_series_asks_from_its_first_period_to_the_sources_today() -> None:
    series = a_series()

    assert (series.first, series.last) == (date(2026, 11, 9), date(2026, 11, 22))
    assert series.spans == [
        (date(2026, 11, 9), date(2026, 11, 15)),
        (date(2026, 11, 16), date(2026, 11, 22)),
    ]
    assert series.step is Grain.DAY
    assert a_series(People()).step is Grain.WEEK


def test_there_is_nothing_to_ask_where_no_whole_period_has_begun() -> None:
    assert not a_series(first="2026-11-10", after="2026-11-16")  # no whole week
    assert not a_series(first="2026-11-23")  # which is tomorrow
    assert a_series()


def test_days_are_added_up_to_periods() -> None:
    found = list(a_series().observations(Told([each_day("2026-11-09", 14, 2)])))

    assert [one.value for one in found] == [14, 14]
    # The first week ended on the 15th, 6.5 days ago: later than any event still comes.
    assert [one.state for one in found] == [ObservationState.FINAL, ObservationState.PROVISIONAL]


def test_people_are_counted_by_the_source() -> None:
    counts = {date(2026, 11, 9): Decimal(5), date(2026, 11, 16): Decimal(3)}

    assert [one.value for one in a_series(People()).observations(Told([counts]))] == [5, 3]


def a_week(*tables: Counts, missing: Missing = Missing.REFUSED) -> Observation:
    report = Visits() if len(tables) == 1 else Conversion()
    (week,) = a_series(report, after="2026-11-16").observations(Told(tables, missing))
    return week


def test_a_share_is_that_of_the_whole_period() -> None:
    part = each_day("2026-11-09", 7, 2) | each_day("2026-11-09", 1, 1)  # 1 + 6 × 2
    whole = each_day("2026-11-09", 7, 8) | each_day("2026-11-09", 1, 2)  # 2 + 6 × 8

    week = a_week(part, whole)

    assert [week.numerator, week.denominator, week.sample_size] == [13, 50, 50]
    assert week.value == Decimal("0.26")


def test_a_share_of_nothing_is_no_number() -> None:
    nothing = each_day("2026-11-09", 7, 0)

    assert a_week(nothing, nothing).value is None
    assert a_week(nothing, each_day("2026-11-09", 7, 3)).value == 0


@pytest.mark.parametrize(
    ("missing", "value"),
    [pytest.param(Missing.ZERO, 4, id="zero"), pytest.param(Missing.UNKNOWN, None, id="unknown")],
)
def test_a_missing_day_means_what_the_source_says(missing: Missing, value: int | None) -> None:
    two_days = each_day("2026-11-09", 2, 2)

    assert a_week(two_days, missing=missing).value == value
    with pytest.raises(DataError, match="2026-11-11 is missing or too many"):
        a_week(two_days)


def test_a_share_whose_part_is_kept_back_is_unknown() -> None:
    part, whole = each_day("2026-11-09", 2, 2), each_day("2026-11-09", 7, 2)

    week = a_week(part, whole, missing=Missing.UNKNOWN)

    assert [week.value, week.numerator, week.denominator] == [None, None, None]


@pytest.mark.parametrize("missing", Missing)
def test_a_bucket_that_was_not_asked_for_is_refused(missing: Missing) -> None:
    sundays = {date(2026, 11, 8): Decimal(5), date(2026, 11, 15): Decimal(3)}

    with pytest.raises(DataError, match="isn't for the asked days"):
        list(a_series(People()).observations(Told([sundays], missing)))


def test_what_is_known_of_an_answer_is_told_with_each_value() -> None:
    flags = frozenset({ObservationFlag.SAMPLED})

    found = a_series().observations(Told([each_day("2026-11-09", 14, 2)], flags=flags))

    assert {one.flags for one in found} == {flags}


def test_days_of_another_zone_are_refused() -> None:
    with pytest.raises(ConfigError, match="days are those of UTC"):
        a_series(zone="UTC")


def test_a_question_without_an_answer_is_refused() -> None:
    with pytest.raises(ConfigError, match="comes by DAY, WEEK, MONTH, not by YEAR"):
        a_series(People(), Grain.YEAR)


def test_counts_add_up_and_people_do_not() -> None:
    reports = (Visits(), People(), Conversion())
    visits, people, paid = (each.spec("a", restates_for=LATE) for each in reports)

    assert (visits.aggregation, visits.grains) == (Aggregation.SUM, OF_DAYS)
    assert (people.aggregation, people.grains) == (Aggregation.UNIQUE, DAY_WEEK_MONTH)
    assert (paid.aggregation, paid.maximum) == (Aggregation.RATIO, Decimal(1))
    assert [spec.unit and spec.unit.kind for spec in (people, paid)] == [
        UnitKind.COUNT,
        UnitKind.RATIO,
    ]


class Counter(SeriesConnector[SeriesSettings[Visits], Visits]):
    """A source that counts two visits a day."""

    info = ConnectorInfo(
        key="counter", title="Counter", version="1", settings=SeriesSettings[Visits]
    )

    async def counts(self, report: Visits, series: Series, context: Context) -> Told:
        del report, context
        return Told([each_day(str(series.first), (series.last - series.first).days + 1, 2)])


def a_counter(zone: str = OSLO.key) -> Counter:
    source = {"url": "https://source.test", "time_zone": zone, "restates_days": 6}
    return Counter(SeriesSettings[Visits].read({**source, "reports": {"visits": Visits()}}))


async def test_what_a_connector_counts_becomes_the_values_of_its_periods() -> None:
    question = a_question("visits", grain=Grain.WEEK, window=days("2026-11-09", "2026-11-30"))

    found = await pull_all(a_counter(), question, FakeContext(moment=NOW))

    assert [one.value for one in found] == [14, 14]
    # The first week ended 6.5 days ago, later than anything changes.
    assert [one.state for one in found] == [ObservationState.FINAL, ObservationState.PROVISIONAL]


async def test_a_connector_is_not_asked_where_no_whole_period_has_begun() -> None:
    tomorrow = a_question("visits", grain=Grain.DAY, window=days("2026-11-23", "2026-11-24"))

    assert await pull_all(a_counter(), tomorrow, FakeContext(moment=NOW)) == []


async def test_the_metrics_that_have_a_report_are_listed() -> None:
    (spec,) = await a_counter().discover(FakeContext(moment=NOW))

    assert (spec.key, spec.restates_for) == ("visits", timedelta(days=6))


def test_a_source_that_names_another_zone_is_a_mistake_in_the_settings() -> None:
    settings = a_counter().settings

    settings.require_zone(OSLO.key)
    with pytest.raises(ConfigError, match="those of Asia/Tokyo: write it as `time_zone`"):
        settings.require_zone("Asia/Tokyo")
