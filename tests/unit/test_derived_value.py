"""A derived metric's value: worked out from other metrics over the same window."""

from datetime import date
from decimal import Decimal

from domain.metric import Aggregation, Dimensions, UnitKind, Window, WindowKind
from domain.progress import key_result_progress
from domain.reason import ReasonCode
from domain.value import earlier_value, latest_observed_at, metric_value, queries_of
from tests.builders import (
    TODAY,
    a_key_result,
    a_metric,
    a_view,
    an_atlas,
    an_objective,
    an_observation,
)

MONTHS = Window(kind=WindowKind.TRAILING, days=92)
ONLINE: Dimensions = (("channel", "online"),)

SUMMED = {"aggregation": Aggregation.SUM, "window": Window()}
PART = a_metric("MT-A", UnitKind.COUNT, **SUMMED)
WHOLE = a_metric("MT-B", UnitKind.COUNT, **SUMMED)
SHARE = a_metric("MT-S", UnitKind.PERCENT, formula="{MT-A} / {MT-B}", window=MONTHS)


def test_the_inputs_are_valued_over_the_derived_metrics_window() -> None:
    atlas = an_atlas(PART, WHOLE, SHARE)
    view = a_view(
        atlas,
        observations=[
            an_observation(1_000, metric="MT-A", end=date(2026, 6, 1)),  # before the 92 days
            an_observation(3, metric="MT-A", end=date(2026, 10, 1)),
            an_observation(5, metric="MT-A", end=date(2026, 11, 1)),
            an_observation(100, metric="MT-B", end=date(2026, 10, 1)),
            an_observation(60, metric="MT-B", end=date(2026, 10, 25)),
        ],
    )

    found = metric_value(view, SHARE)

    assert found.value == 5  # (3 + 5) / (100 + 60) is 0.05, which is 5 %
    assert found.source is None
    assert found.observed_at == latest_observed_at(view, SHARE)
    assert found.observed_at == latest_observed_at(view, WHOLE)  # the older of the two
    assert found.derivation is not None
    inputs = {given.name: given.value for given in found.derivation.inputs}
    assert inputs == {"MT-A": Decimal(8), "MT-B": Decimal(160)}


def test_an_input_without_a_value_is_the_reason() -> None:
    view = a_view(an_atlas(PART, WHOLE, SHARE), values={"MT-A": 3})

    found = metric_value(view, SHARE)

    assert found.value is None
    assert found.reason is not None
    assert found.reason.code is ReasonCode.NO_OBSERVATION
    assert "MT-B" in found.reason.message


def test_a_division_by_zero_is_a_reason_and_no_number() -> None:
    view = a_view(an_atlas(PART, WHOLE, SHARE), values={"MT-A": 3, "MT-B": 0})

    found = metric_value(view, SHARE)

    assert found.value is None
    assert found.reason is not None


def test_dimensions_narrow_every_input() -> None:
    atlas = an_atlas(PART, WHOLE, SHARE)
    asked = queries_of(atlas, SHARE, today=TODAY, dimensions=ONLINE)
    view = a_view(
        atlas,
        observations=[
            an_observation(1, metric="MT-A", dimensions=dict(ONLINE)),
            an_observation(4, metric="MT-B", dimensions=dict(ONLINE)),
        ],
        more_queries=asked,
    )

    assert metric_value(view, SHARE, dimensions=ONLINE).value == 25


def test_it_is_compared_with_itself_thirteen_weeks_ago() -> None:
    measured = an_atlas(PART, WHOLE, SHARE)
    earlier = date(2026, 8, 1)
    asked = queries_of(measured, SHARE, today=date(2026, 8, 23))  # 91 days before 22 November
    view = a_view(
        measured,
        observations=[
            an_observation(1, metric="MT-A", end=earlier),
            an_observation(10, metric="MT-B", end=earlier),
        ],
        more_queries=asked,
    )

    assert earlier_value(view, SHARE) == 10


def test_a_key_result_on_a_derived_metric_has_progress() -> None:
    key_result = a_key_result(metric="MT-S", baseline=0, target=10)
    atlas = an_atlas(PART, WHOLE, SHARE, an_objective(), key_result)
    view = a_view(atlas, values={"MT-A": 5, "MT-B": 100})

    assert key_result_progress(view, key_result).value == Decimal("0.5")
