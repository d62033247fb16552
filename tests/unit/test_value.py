"""A metric's value: aggregations, windows, sources, and why there may be none."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from domain.cycle import Cycle
from domain.metric import Aggregation, ObservationState, Unit, UnitKind, Window, WindowKind
from domain.okr import KeyResult
from domain.reason import ReasonCode
from domain.source import SourceState
from domain.value import MetricValue, metric_value, queries_for, queries_of
from tests.builders import (
    NOW,
    TODAY,
    Fields,
    a_key_result,
    a_metric,
    a_quarter,
    a_source,
    a_threshold,
    a_view,
    an_atlas,
    an_objective,
    an_observation,
    id_of,
)

ALL = Window(kind=WindowKind.ALL)
CYCLE = Window(kind=WindowKind.CYCLE)
TRAILING = Window(kind=WindowKind.TRAILING, days=28)
FOUR_WEEKS = Window(kind=WindowKind.TRAILING, days=28)


def _value(
    aggregation: Aggregation, *observations: Fields, cycle: Cycle | None = None, **fields: Fields
) -> MetricValue:
    metric = a_metric(aggregation=aggregation, **fields)
    atlas = an_atlas(metric)
    more = queries_of(atlas, metric, today=TODAY, cycle=cycle)
    view = a_view(atlas, observations=observations, more_queries=more)
    return metric_value(view, metric, cycle=cycle)


THREE = (
    an_observation(2, end=date(2026, 10, 1), sample_size=1, numerator=Decimal(1), denominator=4),
    an_observation(9, end=date(2026, 10, 8), sample_size=3, numerator=Decimal(2), denominator=4),
    an_observation(4, end=date(2026, 11, 1), sample_size=6, numerator=Decimal(3), denominator=8),
)


@pytest.mark.parametrize(
    ("aggregation", "value"),
    [
        pytest.param(Aggregation.LAST, "4", id="the newest"),
        pytest.param(Aggregation.SUM, "15", id="2 + 9 + 4"),
        pytest.param(Aggregation.MEAN, "5", id="15 by 3"),
        pytest.param(Aggregation.WEIGHTED_MEAN, "5.3", id="(2 + 27 + 24) by 10"),
        pytest.param(Aggregation.RATIO, "0.375", id="6 by 16"),
        pytest.param(Aggregation.MIN, "2", id="the least"),
        pytest.param(Aggregation.MAX, "9", id="the most"),
        pytest.param(Aggregation.MEDIAN, "4", id="median: the source's newest"),
        pytest.param(Aggregation.UNIQUE, "4", id="unique: the source's newest"),
        pytest.param(Aggregation.OPAQUE, "4", id="opaque: the source's newest"),
    ],
)
def test_observations_become_one_value(aggregation: Aggregation, value: str) -> None:
    assert _value(aggregation, *THREE).value == Decimal(value)


@pytest.mark.parametrize(
    ("unit", "value"),
    [
        pytest.param(Unit(kind=UnitKind.RATIO), "0.375", id="6/16"),
        pytest.param(Unit(kind=UnitKind.PERCENT), "37.5", id="6/16 in percent"),
        pytest.param(Unit(kind=UnitKind.RATE, per=10_000), "3750", id="6/16 per 10,000"),
    ],
)
def test_a_ratio_comes_in_the_metrics_unit(unit: Unit, value: str) -> None:
    assert _value(Aggregation.RATIO, *THREE, unit=unit).value == Decimal(value)


@pytest.mark.parametrize(
    ("window", "value"),
    [
        pytest.param(ALL, "15", id="everything"),
        # 28 days up to the 22nd begin on 10-26: only the one that ended on 11-01
        pytest.param(FOUR_WEEKS, "4", id="four weeks"),
        # what ended at the quarter's first instant belongs to the quarter before
        pytest.param(CYCLE, "13", id="the quarter"),
    ],
)
def test_a_window_counts_what_ends_in_it(window: Window, value: str) -> None:
    found = _value(Aggregation.SUM, *THREE, window=window, cycle=a_quarter())

    assert found.value == Decimal(value)


def test_days_are_cut_in_the_organizations_zone() -> None:
    found = _value(Aggregation.SUM, *THREE, window=FOUR_WEEKS)

    # midnights of Oslo: the first day in summer time's last hours, the last in winter time
    assert found.window_start == datetime(2026, 10, 25, 23, tzinfo=UTC)
    assert found.window_end == datetime(2026, 11, 22, 23, tzinfo=UTC)


def test_an_observation_counts_when_its_period_is_over() -> None:
    running = an_observation(99, end=date(2026, 11, 24))
    over = an_observation(5, end=date(2026, 11, 23))

    assert _value(Aggregation.LAST, running, over).value == 5


@pytest.mark.parametrize(
    ("aggregation", "window", "code"),
    [
        pytest.param(Aggregation.SUM, CYCLE, ReasonCode.NO_CYCLE, id="no cycle to count since"),
        pytest.param(
            Aggregation.MEDIAN, FOUR_WEEKS, ReasonCode.WINDOW_ILLEGAL, id="a median again"
        ),
        pytest.param(
            Aggregation.UNIQUE, CYCLE, ReasonCode.WINDOW_ILLEGAL, id="unique since the cycle"
        ),
        pytest.param(
            Aggregation.SUM,
            Window(kind=WindowKind.TRAILING, days=1),
            ReasonCode.NO_OBSERVATION,
            id="nothing in the window",
        ),
    ],
)
def test_a_window_that_gives_no_value_says_why(
    aggregation: Aggregation, window: Window, code: ReasonCode
) -> None:
    found = _value(aggregation, *THREE, window=window)

    assert found.value is None
    assert found.reason is not None
    assert found.reason.code is code


@pytest.mark.parametrize(
    ("aggregation", "fields", "code"),
    [
        pytest.param(Aggregation.WEIGHTED_MEAN, {}, ReasonCode.NO_SAMPLE_SIZE, id="no sizes"),
        pytest.param(
            Aggregation.WEIGHTED_MEAN, {"sample_size": 0}, ReasonCode.NO_SAMPLE_SIZE, id="size 0"
        ),
        pytest.param(Aggregation.RATIO, {}, ReasonCode.NO_DENOMINATOR, id="no denominators"),
        pytest.param(
            Aggregation.RATIO,
            {"numerator": Decimal(3), "denominator": Decimal(0)},
            ReasonCode.NO_DENOMINATOR,
            id="by 0",
        ),
    ],
)
def test_what_cannot_be_divided_is_no_value(
    aggregation: Aggregation, fields: dict[str, Fields], code: ReasonCode
) -> None:
    found = _value(aggregation, an_observation(5, **fields))

    assert found.value is None
    assert found.reason is not None
    assert found.reason.code is code
    assert found.observed_at is not None


def test_a_metric_without_a_source_says_so() -> None:
    archived = a_source(archived_at=NOW)
    metric = a_metric()
    view = a_view(an_atlas(metric, archived), observations=[an_observation(5)])

    found = metric_value(view, metric)

    assert found.reason is not None
    assert found.reason.code is ReasonCode.NO_SOURCE


def test_a_failing_source_keeps_its_last_value() -> None:
    metric = a_metric()
    failing = a_source(state=SourceState.FAILING)

    view = a_view(an_atlas(metric, failing), values={"MT-1": 5})

    assert metric_value(view, metric).value == 5


def test_a_value_tells_what_it_is_made_of() -> None:
    survey = an_observation(
        7, sample_size=300, standard_error=Decimal("0.4"), state=ObservationState.PROVISIONAL
    )

    found = _value(Aggregation.LAST, an_observation(5, end=date(2026, 10, 1)), survey)

    assert (found.count, found.sample_size, found.standard_error) == (1, 300, Decimal("0.4"))
    assert found.state is ObservationState.PROVISIONAL
    assert found.observed_at == survey.end
    assert found.source == id_of("MT-1:csv")
    assert found.sources == (id_of("MT-1:csv"),)


def test_no_value_is_measured_where_the_source_measured_nothing() -> None:
    gap = an_observation(None, end=date(2026, 11, 8))

    assert _value(Aggregation.LAST, gap, *THREE).value == 4


def test_every_question_is_asked_once() -> None:
    atlas = an_atlas(
        a_metric(),
        an_objective("O1"),
        a_key_result("O1-KR1"),
        a_key_result("O1-KR2"),
        a_threshold("O1-KR3", at_least=5),
    )

    queries = queries_for(atlas, TODAY)

    # the newest value serves the metric and both key results; the threshold counts periods
    assert [(query.whole, query.lower) for query in queries] == [(False, None), (True, 5)]


DIFFERENT = [
    pytest.param(a_key_result("O1-KR2", metric="MT-2"), id="metric"),
    pytest.param(a_key_result("O2-KR1", window=CYCLE), id="cycle"),
    pytest.param(a_key_result("O1-KR2", dimensions=(("channel", "app"),)), id="dimensions"),
    pytest.param(a_key_result("O1-KR2", window=TRAILING), id="window"),
    pytest.param(a_threshold("O1-KR2", at_least=5), id="kind"),
    pytest.param(a_threshold("O1-KR2", at_least=6), id="bounds"),
]


@pytest.mark.parametrize("other", DIFFERENT)
def test_key_results_of_one_metric_that_differ_ask_for_themselves(other: KeyResult) -> None:
    first = a_key_result("O1-KR1", window=CYCLE), a_threshold("O1-KR3", at_least=5)
    both, *alone = (
        queries_for(
            an_atlas(
                *(a_quarter("Q3-26", start=date(2026, 7, 1), end=date(2026, 9, 30)), a_metric()),
                *(a_metric("MT-2", window=CYCLE), an_objective("O1"), an_objective("O2", "Q3-26")),
                *key_results,
            ),
            TODAY,
        )
        for key_results in ((*first, other), first, (other,))
    )

    assert set(both) == set(alone[0]) | set(alone[1])
    assert len(both) == len(set(both))


def test_nothing_is_asked_of_a_cycle_that_has_not_begun() -> None:
    later = a_quarter("Q1-27", start=date(2027, 1, 1), end=date(2027, 3, 31))
    atlas = an_atlas(
        later, a_metric(), an_objective("O1", "Q1-27"), a_threshold("O1-KR1", at_least=5)
    )

    assert [query.whole for query in queries_for(atlas, TODAY)] == [False]
