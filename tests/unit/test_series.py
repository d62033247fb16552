"""Series: a metric bucket by bucket, filled and compared."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.calendar import Grain
from domain.errors import InvalidRecord, TooMuch
from domain.filling import Fill
from domain.metric import Aggregation, Metric, Observation, ObservationState, UnitKind
from domain.node import Node
from domain.reason import ReasonCode
from domain.series import (
    POINTS_AT_MOST,
    CompareTo,
    SeriesPoint,
    SeriesRequest,
    bucket_queries,
    metric_series,
)
from domain.source import SourceState
from tests.builders import (
    Fields,
    a_metric,
    a_source,
    a_view,
    an_atlas,
    an_observation,
    id_of,
)
from tests.fakes import FakeObservations

OSLO = ZoneInfo("Europe/Oslo")
SUM = a_metric(aggregation=Aggregation.SUM)


def _day(month: int, day: int, year: int = 2026) -> datetime:
    return datetime(year, month, day, tzinfo=OSLO)


def _ask(grain: Grain = Grain.MONTH, **fields: Fields) -> SeriesRequest:
    defaults: dict[str, Fields] = {"start": _day(7, 1), "end": _day(11, 1)}
    return SeriesRequest(grain=grain, **{**defaults, **fields})


def _series(
    request: SeriesRequest,
    *observations: Observation,
    metric: Metric = SUM,
    records: Iterable[Node] = (),
    today: date = date(2026, 11, 22),
) -> list[SeriesPoint]:
    view = a_view(an_atlas(metric, *records), today=today)
    answers = FakeObservations(observations).answers(bucket_queries(view, metric, request))
    return metric_series(view, metric, request, answers)


def _observed(value: int, start: datetime, end: datetime) -> Observation:
    return replace(an_observation(value), start=start, end=end)


def _values(points: list[SeriesPoint]) -> list[Decimal | None]:
    return [point.value for point in points]


SUMMER = (
    an_observation(2, end=date(2026, 7, 8), sample_size=10),
    an_observation(3, end=date(2026, 7, 15), sample_size=30),
    an_observation(5, end=date(2026, 10, 1), sample_size=20),
    an_observation(20, end=date(2026, 10, 8), sample_size=20),
)


@pytest.mark.parametrize(
    ("aggregation", "values"),
    [
        pytest.param(Aggregation.SUM, ["5", None, "5", "20"], id="2 + 3"),
        pytest.param(Aggregation.MEAN, ["2.5", None, "5", "20"], id="5 by 2"),
        pytest.param(Aggregation.WEIGHTED_MEAN, ["2.75", None, "5", "20"], id="(20 + 90) by 40"),
        pytest.param(Aggregation.LAST, ["3", None, "5", "20"], id="the newest"),
        pytest.param(Aggregation.MAX, ["3", None, "5", "20"], id="the most"),
    ],
)
def test_each_bucket_has_the_value_of_what_ends_in_it(
    aggregation: Aggregation, values: list[str | None]
) -> None:
    points = _series(_ask(), *SUMMER, metric=a_metric(aggregation=aggregation))

    # what ended as October began belongs to September
    assert [point.label for point in points] == ["2026-07", "2026-08", "2026-09", "2026-10"]
    assert _values(points) == [None if value is None else Decimal(value) for value in values]


@pytest.mark.parametrize(
    ("aggregation", "sizes"),
    [
        pytest.param(Aggregation.SUM, [40, None, 20, 20], id="added up"),
        pytest.param(Aggregation.LAST, [30, None, 20, 20], id="that of the newest"),
    ],
)
def test_points_carry_source_and_sample_size(
    aggregation: Aggregation, sizes: list[int | None]
) -> None:
    points = _series(_ask(), *SUMMER, metric=a_metric(aggregation=aggregation))

    assert [point.sample_size for point in points] == sizes
    assert [point.source is None for point in points] == [False, True, False, False]


@pytest.mark.parametrize(
    ("fill", "values"),
    [
        pytest.param(Fill.NONE, [5, 17], id="left out"),
        pytest.param(Fill.NULL, [None, 5, None, None, 17, None], id="no value"),
        pytest.param(Fill.ZERO, [0, 5, 0, 0, 17, 0], id="0"),
        pytest.param(Fill.PREVIOUS, [None, 5, 5, 5, 17, 17], id="the value before"),
        # days cut the same everywhere: 5 + 12 / 3 a day
        pytest.param(Fill.LINEAR, [None, 5, 9, 13, 17, None], id="a straight line"),
    ],
)
def test_gaps_are_filled_as_asked(fill: Fill, values: list[int | None]) -> None:
    request = _ask(Grain.DAY, start=_day(7, 7), end=_day(7, 13), fill=fill)
    seen = [
        an_observation(5, end=date(2026, 7, 9), days=1),
        an_observation(17, end=date(2026, 7, 12), days=1),
    ]

    points = _series(request, *seen)

    assert _values(points) == values
    assert [p.value for p in points if not p.is_filled and p.value is not None] == [5, 17]


def test_a_line_is_straight_in_time() -> None:
    seen = [
        an_observation(0, end=date(2026, 2, 1), days=31),
        an_observation(59, end=date(2026, 4, 1), days=31),
    ]

    points = _series(_ask(start=_day(1, 1), end=_day(4, 1), fill=Fill.LINEAR), *seen)

    # 28 of the 59 days, less the hour that summer time took: 28 / (59 - 1/24) * 59
    assert points[1].value == pytest.approx(Decimal("28.0198"), abs=Decimal("0.0001"))


def test_what_was_observed_and_makes_no_value_is_not_filled() -> None:
    metric = a_metric(UnitKind.RATIO, aggregation=Aggregation.RATIO)
    empty = an_observation(
        0, end=date(2026, 8, 15), metric=metric.key, numerator=Decimal(0), denominator=Decimal(0)
    )

    points = _series(_ask(fill=Fill.ZERO), empty, metric=metric)

    assert _values(points) == [0, None, 0, 0]
    assert points[1].reason is not None
    assert points[1].reason.code is ReasonCode.NO_DENOMINATOR


def test_buckets_are_cut_in_the_organizations_zone_unless_another_is_asked_for() -> None:
    # up to 1 August, 1:00 in Oslo
    late = _observed(7, datetime(2026, 7, 30, tzinfo=UTC), datetime(2026, 7, 31, 23, tzinfo=UTC))

    at_home = _series(_ask(), late)
    in_utc = _series(_ask(zone=ZoneInfo("UTC")), late)

    assert [point.label for point in at_home if point.value] == ["2026-08"]
    assert [point.label for point in in_utc if point.value] == ["2026-07"]


def test_fiscal_quarters_begin_with_the_asked_month() -> None:
    points = _series(_ask(Grain.QUARTER, first_month=2), *SUMMER)

    # May to July: 2 + 3; August to October: 5 + 20
    assert [(point.label, point.value) for point in points] == [
        ("FY2027-Q2", Decimal(5)),
        ("FY2027-Q3", Decimal(25)),
    ]


def test_buckets_are_whole_even_where_the_asked_time_is_not() -> None:
    points = _series(_ask(start=_day(7, 10), end=_day(8, 2)), *SUMMER)

    assert [(point.label, point.value) for point in points] == [
        ("2026-07", Decimal(5)),
        ("2026-08", None),
    ]


@pytest.mark.parametrize(
    ("grain", "start", "label"),
    [
        pytest.param(Grain.MONTH, _day(10, 1), "2026-11", id="the running month"),
        # now is 12:00 UTC, 13:00 in Oslo
        pytest.param(Grain.HOUR, _day(11, 22), "2026-11-22T12:00+01:00", id="the last full hour"),
    ],
)
def test_a_series_goes_no_further_than_now(grain: Grain, start: datetime, label: str) -> None:
    points = _series(_ask(grain, start=start, end=_day(6, 1, 2027), fill=Fill.ZERO))

    assert points[-1].label == label


def test_of_an_earlier_day_no_later_observation_is_shown() -> None:
    points = _series(_ask(), *SUMMER, today=date(2026, 10, 6))

    assert _values(points) == [5, None, 5, None]


@pytest.mark.parametrize("aggregation", [Aggregation.LAST, Aggregation.SUM])
def test_a_point_is_provisional_while_anything_in_it_is(aggregation: Aggregation) -> None:
    running, final = ObservationState.PROVISIONAL, ObservationState.FINAL
    seen = [
        an_observation(1, end=date(2026, 9, 10), state=final),
        an_observation(1, end=date(2026, 10, 10), state=running),
        an_observation(1, end=date(2026, 11, 10), state=final),
    ]
    request = _ask(start=_day(9, 1), end=_day(12, 1))

    points = _series(request, *seen, metric=a_metric(aggregation=aggregation))

    # September is settled, October isn't, and November isn't over
    assert [point.is_provisional for point in points] == [False, True, True]


def test_a_sum_is_provisional_with_its_first_part() -> None:
    running = ObservationState.PROVISIONAL
    seen = [
        an_observation(1, end=date(2026, 9, 10), state=running),
        an_observation(1, end=date(2026, 9, 20)),
    ]

    (september,) = _series(_ask(start=_day(9, 1), end=_day(10, 1)), *seen)

    assert september.is_provisional


def test_sources_answer_bucket_by_bucket_and_are_never_mixed() -> None:
    sources = [a_source(connection="survey", precedence=1), a_source(connection="csv")]
    seen = [
        an_observation(1, end=date(2026, 7, 10), source="survey"),
        an_observation(2, end=date(2026, 8, 10), source="survey"),
        an_observation(4, end=date(2026, 8, 20), source="csv"),
    ]

    points = _series(_ask(end=_day(9, 1)), *seen, records=sources)

    assert [(point.value, point.source) for point in points] == [
        (Decimal(1), id_of("MT-1:survey")),
        (Decimal(4), id_of("MT-1:csv")),
    ]


COMPARED = (
    an_observation(50, end=date(2025, 9, 10)),
    an_observation(8, end=date(2026, 7, 10)),
    an_observation(-10, end=date(2026, 8, 10)),
    an_observation(10, end=date(2026, 9, 10)),
    an_observation(-5, end=date(2026, 10, 10)),
)


def test_points_are_set_beside_the_period_before() -> None:
    request = _ask(start=_day(9, 1), end=_day(11, 1), compare_to=CompareTo.PREVIOUS_PERIOD)

    points = _series(request, *COMPARED)

    assert [(point.compared, point.change, point.relative_change) for point in points] == [
        (Decimal(8), Decimal(2), Decimal("0.25")),
        # from -10 up to -5: half of its size up, though -5 / -10 is a quotient above 0
        (Decimal(-10), Decimal(5), Decimal("0.5")),
    ]
    assert points[0].compared_start == _day(7, 1)


def test_points_are_set_beside_the_year_before() -> None:
    request = _ask(start=_day(9, 1), end=_day(11, 1), compare_to=CompareTo.PREVIOUS_YEAR)

    points = _series(request, *COMPARED)

    assert [(point.compared, point.change, point.relative_change) for point in points] == [
        (Decimal(50), Decimal(-40), Decimal("-0.8")),
        (None, None, None),
    ]
    assert points[1].compared_start == _day(10, 1, 2025)


def test_a_change_from_0_has_no_relative_size() -> None:
    request = _ask(start=_day(9, 1), end=_day(10, 1), compare_to=CompareTo.PREVIOUS_PERIOD)
    seen = [an_observation(0, end=date(2026, 8, 9)), an_observation(4, end=date(2026, 9, 9))]

    (september,) = _series(request, *seen)

    assert september.change == 4
    assert september.relative_change is None


def test_what_is_filled_has_no_change() -> None:
    request = _ask(
        start=_day(8, 1),
        end=_day(9, 1),
        fill=Fill.ZERO,
        compare_to=CompareTo.PREVIOUS_PERIOD,
    )

    (august,) = _series(request, an_observation(8, end=date(2026, 7, 10)))

    assert august.is_filled
    assert august.value == 0
    assert august.compared == 8
    assert august.change is None


MEDIAN = a_metric(aggregation=Aggregation.MEDIAN)


def test_a_median_answers_by_its_sources_own_grain() -> None:
    seen = [an_observation(n, end=date(2026, n, 1), days=31) for n in (8, 9)]

    points = _series(_ask(end=_day(9, 1)), *seen, metric=MEDIAN)

    # July and August have 31 days
    assert _values(points) == [8, 9]


@pytest.mark.parametrize(
    ("request_", "says"),
    [
        pytest.param(_ask(Grain.WEEK, start=_day(7, 6), end=_day(7, 13)), "by MONTH", id="finer"),
        pytest.param(_ask(Grain.QUARTER, end=_day(10, 1)), "not by QUARTER", id="coarser"),
        pytest.param(
            _ask(zone=ZoneInfo("Asia/Tokyo"), start=_day(7, 2), end=_day(7, 3)),
            "isn't 2026-07",
            id="cut in another zone",
        ),
    ],
)
def test_a_median_is_never_cut_anew(request_: SeriesRequest, says: str) -> None:
    july = an_observation(8, end=date(2026, 7, 31), days=31)

    points = _series(request_, july, metric=MEDIAN)

    (point,) = points
    assert point.value is None
    assert point.reason is not None
    assert point.reason.code is ReasonCode.WINDOW_ILLEGAL
    assert says in point.reason.message


def test_of_several_sources_those_of_the_asked_grain_answer_for_a_median() -> None:
    sources = [
        a_source(connection="daily", grain="DAY"),
        a_source(connection="monthly", precedence=1),
    ]
    seen = [
        an_observation(3, end=date(2026, 7, 31), days=1, source="daily"),
        an_observation(8, end=date(2026, 8, 1), days=31, source="monthly"),
    ]

    points = _series(_ask(end=_day(8, 1)), *seen, metric=MEDIAN, records=sources)

    assert _values(points) == [8]


def test_a_metric_without_any_source_says_so_in_each_point() -> None:
    failing = a_source(state=SourceState.FAILING, archived_at=datetime(2026, 1, 1, tzinfo=UTC))

    points = _series(_ask(), metric=MEDIAN, records=[failing])

    codes = {point.reason.code for point in points if point.reason}
    assert (len(points), codes) == (4, {ReasonCode.NO_SOURCE})


def test_a_derived_metric_is_worked_out_bucket_by_bucket() -> None:
    done, started, share = (
        a_metric("MT-DONE", UnitKind.COUNT, aggregation=Aggregation.SUM),
        a_metric("MT-STARTED", UnitKind.COUNT, aggregation=Aggregation.SUM),
        a_metric("MT-SHARE", UnitKind.PERCENT, formula="{MT-DONE} / {MT-STARTED}"),
    )
    view = a_view(an_atlas(done, started, share))
    seen = [
        an_observation(10, metric="MT-DONE", end=date(2026, 7, 9)),
        an_observation(12, metric="MT-DONE", end=date(2026, 7, 16)),
        an_observation(50, metric="MT-STARTED", end=date(2026, 7, 16)),
        an_observation(50, metric="MT-STARTED", end=date(2026, 8, 16)),
    ]
    request = _ask(end=_day(9, 1))

    answers = FakeObservations(seen).answers(bucket_queries(view, share, request))
    points = metric_series(view, share, request, answers)

    # 22 / 50; in August nothing was done that is known
    assert _values(points) == [44, None]
    assert points[1].reason is not None
    assert "MT-DONE" in points[1].reason.message


def test_a_formula_that_does_not_hold_is_told_in_each_point() -> None:
    circular = a_metric(formula="{MT-1}")
    view = a_view(an_atlas(circular))

    queries = bucket_queries(view, circular, _ask())
    points = metric_series(view, circular, _ask(fill=Fill.ZERO), {})

    assert queries == []
    assert {point.reason.code for point in points if point.reason} == {ReasonCode.CIRCULAR}
    assert _values(points) == [None] * 4


def test_overlapping_times_ask_each_question_once() -> None:
    request = _ask(Grain.DAY, start=_day(1, 1), end=_day(12, 1), compare_to=CompareTo.PREVIOUS_YEAR)
    leap = _ask(
        Grain.DAY,
        start=_day(2, 28, 2024),
        end=_day(3, 2, 2024),
        compare_to=CompareTo.PREVIOUS_YEAR,
    )
    view = a_view(an_atlas(SUM))

    # 1 January to 22 November: 326 days, twice; 28 and 29 February share a day of 2023
    assert len(bucket_queries(view, SUM, request)) == 2 * 326
    assert len(bucket_queries(view, SUM, leap)) == 3 + 2


def test_a_series_is_bounded_and_names_its_limit() -> None:
    view = a_view(an_atlas(SUM))
    request = _ask(Grain.HOUR, start=_day(1, 1, 1901), end=_day(11, 1))

    with pytest.raises(TooMuch, match=f"at most {POINTS_AT_MOST:,} points in a series") as refused:
        bucket_queries(view, SUM, request)

    assert refused.value.maximum == POINTS_AT_MOST


def test_exactly_as_many_points_as_possible_are_given() -> None:
    start = _day(1, 1, 2020)
    request = _ask(Grain.DAY, start=start, end=start + timedelta(days=POINTS_AT_MOST))

    assert len(_series(request)) == POINTS_AT_MOST


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        pytest.param({"end": _day(7, 1)}, "end", id="empty"),
        pytest.param({"end": _day(6, 1)}, "end", id="backwards"),
        pytest.param({"start": datetime.min.replace(tzinfo=UTC)}, "start", id="year 1"),
        pytest.param({"end": datetime.max.replace(tzinfo=UTC)}, "end", id="year 9999"),
        pytest.param({"first_month": 13}, "first_month", id="month 13"),
    ],
)
def test_a_request_that_contradicts_itself_is_refused(fields: dict[str, Fields], path: str) -> None:
    view = a_view(an_atlas(SUM))

    with pytest.raises(InvalidRecord) as refused:
        bucket_queries(view, SUM, _ask(**fields))

    assert refused.value.path == (path,)


def test_a_series_of_the_future_has_no_points() -> None:
    request = _ask(
        start=_day(1, 1, 2027), end=_day(6, 1, 2027), compare_to=CompareTo.PREVIOUS_PERIOD
    )

    assert _series(request) == []


observed = st.lists(
    st.tuples(st.integers(0, 700), st.integers(-100, 100)), max_size=12, unique_by=lambda o: o[0]
)


@settings(max_examples=30)
@given(observed, st.sampled_from(Grain), st.sampled_from(["Europe/Oslo", "America/Havana"]))
def test_no_observation_is_lost_or_counted_twice(
    seen: list[tuple[int, int]], grain: Grain, zone: str
) -> None:
    start = _day(10, 12)
    observations = [
        _observed(value, start.astimezone(UTC), start.astimezone(UTC) + timedelta(hours=hour + 0.5))
        for hour, value in seen
    ]
    request = _ask(grain, start=start, end=start + timedelta(days=30), zone=ZoneInfo(zone))

    points = _series(request, *observations)

    assert sum(point.value or 0 for point in points) == sum(value for _, value in seen)
    assert all(one.end == other.start for one, other in pairwise(points))
