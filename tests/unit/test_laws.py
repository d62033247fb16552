"""Laws that every progress obeys, whatever the numbers."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from random import Random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from domain.exact import decimal_of
from domain.okr import KeyResult, Ladder, Objective
from domain.policies import POLICIES, StatusCode
from domain.progress import Progress, key_result_progress
from domain.rollup import objective_progress
from domain.status import key_result_status
from tests.builders import (
    a_key_result,
    a_metric,
    a_threshold,
    a_view,
    an_atlas,
    an_objective,
    an_observation,
    id_of,
)

numbers = st.decimals(
    min_value=-1_000_000, max_value=1_000_000, allow_nan=False, allow_infinity=False, places=6
)
scales = st.decimals(min_value="0.001", max_value=1_000, places=3)
shares = st.decimals(min_value=0, max_value=100, places=3)
weights = st.decimals(min_value=0, max_value=10, places=2)


def _progress(key_result: KeyResult, value: Decimal) -> Progress:
    atlas = an_atlas(a_metric(), an_objective("O1"), key_result)
    return key_result_progress(a_view(atlas, values={"MT-1": value}), key_result)


def _raw(baseline: Decimal, target: Decimal, value: Decimal) -> Fraction:
    exact = _progress(a_key_result(baseline=baseline, target=target), value).exact
    assert exact is not None
    return exact


@given(numbers, numbers)
def test_progress_is_0_at_the_baseline_and_1_at_the_target(
    baseline: Decimal, target: Decimal
) -> None:
    assume(baseline != target)

    assert _raw(baseline, target, baseline) == 0
    assert _raw(baseline, target, target) == 1


@given(numbers, numbers, numbers, numbers)
def test_progress_grows_towards_the_target(
    baseline: Decimal, target: Decimal, value: Decimal, other: Decimal
) -> None:
    assume(baseline != target)
    low, high = sorted((value, other))

    difference = _raw(baseline, target, high) - _raw(baseline, target, low)

    assert (difference > 0) is (low != high and target > baseline)
    assert (difference < 0) is (low != high and target < baseline)


@given(numbers, numbers, numbers, scales, numbers)
def test_progress_does_not_depend_on_the_unit(
    baseline: Decimal, target: Decimal, value: Decimal, scale: Decimal, shift: Decimal
) -> None:
    assume(baseline != target)
    converted = [number * scale + shift for number in (baseline, target, value)]

    assert _raw(*converted) == _raw(baseline, target, value)


@given(numbers, numbers, numbers)
def test_both_directions_are_alike(baseline: Decimal, target: Decimal, value: Decimal) -> None:
    assume(baseline != target)

    mirrored = _raw(-baseline, -target, -value)

    assert mirrored == _raw(baseline, target, value)


@given(numbers, numbers, numbers)
def test_value_is_raw_cut_to_0_and_1(baseline: Decimal, target: Decimal, value: Decimal) -> None:
    assume(baseline != target)

    progress = _progress(a_key_result(baseline=baseline, target=target), value)

    assert progress.raw is not None
    assert progress.value == min(max(progress.raw, Decimal(0)), Decimal(1))


@given(st.fractions(max_denominator=10**6))
def test_a_decimal_keeps_34_digits_of_its_fraction(number: Fraction) -> None:
    error = abs(Fraction(decimal_of(number)) - number)

    assert error <= abs(number) / 10**33


Items = list[tuple[Decimal, Decimal | None]]
items = st.lists(st.tuples(weights, st.none() | shares), min_size=1, max_size=6)


def _objective(parts: Sequence[tuple[Decimal, Decimal | None]]) -> Progress:
    """Roll up key results from 0 to 100, given as weight and value."""
    records = [
        record
        for n, (weight, _) in enumerate(parts)
        for record in (
            a_metric(f"MT-{n}"),
            a_key_result(f"O1-KR{n}", metric=f"MT-{n}", weight=weight),
        )
    ]
    values = {f"MT-{n}": value for n, (_, value) in enumerate(parts) if value is not None}
    view = a_view(an_atlas(an_objective("O1"), *records), values=values)
    return objective_progress(view, view.atlas.get(id_of("O1"), Objective))


@given(items, st.randoms())
def test_the_order_of_children_is_irrelevant(parts: Items, random: Random) -> None:
    shuffled = sorted(parts, key=lambda _: random.random())

    first, second = _objective(parts), _objective(shuffled)

    assert (first.exact, first.data_coverage) == (second.exact, second.data_coverage)


@given(items)
def test_an_objective_lies_between_its_least_and_its_most(parts: Items) -> None:
    known = [value for weight, value in parts if weight > 0 and value is not None]
    progress = _objective(parts)

    assert 0 <= progress.data_coverage <= 1
    assert (progress.exact is not None) is bool(known)
    if progress.exact is not None:
        assert Fraction(min(known)) / 100 <= progress.exact <= Fraction(max(known)) / 100


@given(items, scales)
def test_only_the_proportion_of_weights_matters(parts: Items, scale: Decimal) -> None:
    scaled = [(weight * scale, value) for weight, value in parts]

    assert _objective(scaled).exact == _objective(parts).exact


@given(st.lists(numbers, min_size=4, max_size=4, unique=True), numbers, numbers)
def test_a_ladder_rises_with_its_value_in_both_directions(
    heights: list[Decimal], value: Decimal, other: Decimal
) -> None:
    low, high = sorted((value, other))

    rising = [_score(sorted(heights), each) for each in (low, high)]
    falling = [_score(sorted(heights, reverse=True), each) for each in (low, high)]

    assert 0 <= rising[0] <= rising[1] <= 1
    assert 0 <= falling[1] <= falling[0] <= 1


def _score(heights: list[Decimal], value: Decimal) -> Decimal:
    baseline, commit, target, stretch = heights
    ladder = Ladder(commit=commit, target=target, stretch=stretch)
    key_result = a_key_result(baseline=baseline, target=target, ladder=ladder)
    score = _progress(key_result, value).score
    assert score is not None
    return score


@given(st.lists(st.integers(0, 10), min_size=1, max_size=8), st.integers(0, 10))
def test_compliance_counts_periods_and_its_mirror_counts_the_same(
    values: list[int], bound: int
) -> None:
    above = _compliance(a_threshold(at_least=bound), values)
    mirrored = _compliance(a_threshold(at_most=-bound), [-value for value in values])

    met = sum(value >= bound for value in values)
    assert above == mirrored == Fraction(met, len(values))


def _compliance(key_result: KeyResult, values: list[int]) -> Fraction | None:
    atlas = an_atlas(a_metric(), an_objective("O1"), key_result)
    days = [date(2026, 3, day) for day in range(1, len(values) + 1)]
    seen = [an_observation(v, end=day) for v, day in zip(values, days, strict=True)]
    return key_result_progress(a_view(atlas, observations=seen), key_result).exact


RANK = (StatusCode.OFF_TRACK, StatusCode.AT_RISK, StatusCode.ON_TRACK, StatusCode.ACHIEVED)


@pytest.mark.parametrize("policy", list(POLICIES))
@given(value=numbers, other=numbers)
def test_more_progress_is_never_a_worse_status(policy: str, value: Decimal, other: Decimal) -> None:
    low, high = sorted((value, other))

    assert RANK.index(_code(policy, low)) <= RANK.index(_code(policy, high))


def _code(policy: str, value: Decimal) -> StatusCode:
    key_result = a_key_result()
    atlas = an_atlas(a_metric(), an_objective("O1"), key_result)
    view = a_view(atlas, values={"MT-1": value})
    return key_result_status(view, key_result, policy=policy).code
