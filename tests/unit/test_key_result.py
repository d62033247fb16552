"""What a key result aims at, and which ones are refused."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from domain.errors import InvalidRecord
from domain.key_result import check_key_result, problems_of, target_of
from domain.metric import Aggregation, Metric, UnitKind, Window, WindowKind
from domain.okr import (
    Bounds,
    HowMuchKind,
    KeyResult,
    KeyResultKind,
    Ladder,
    Milestone,
)
from tests.builders import Number, a_key_result, a_metric, a_threshold, by, to

TO, BY_AMOUNT = HowMuchKind.TO, HowMuchKind.BY_AMOUNT
BY_PERCENT, BY_POINTS = HowMuchKind.BY_PERCENT, HowMuchKind.BY_POINTS


@pytest.mark.parametrize(
    ("unit", "baseline", "kind", "change", "target"),
    [
        pytest.param(UnitKind.SCORE, 61, TO, 70, "70", id="to 70"),
        pytest.param(UnitKind.SCORE, 61, BY_AMOUNT, 9, "70", id="61 + 9"),
        pytest.param(UnitKind.COUNT, 200, BY_AMOUNT, -50, "150", id="200 - 50"),
        pytest.param(UnitKind.PERCENT, 40, BY_PERCENT, 20, "48", id="40 x 1.2"),
        pytest.param(UnitKind.PERCENT, 40, BY_POINTS, 20, "60", id="40 + 20"),
        pytest.param(UnitKind.DURATION, 50, BY_PERCENT, -20, "40", id="50 x 0.8"),
        pytest.param(UnitKind.RATIO, "0.4", BY_POINTS, 20, "0.6", id="0.4 + 20/100"),
        pytest.param(UnitKind.RATIO, "0.4", BY_PERCENT, 20, "0.48", id="0.4 x 1.2"),
    ],
)
def test_the_target_follows_from_baseline_and_change(
    unit: UnitKind, baseline: Number, kind: HowMuchKind, change: Number, target: str
) -> None:
    key_result = a_key_result(baseline=baseline, by_how_much=by(kind, change))

    assert target_of(key_result, a_metric(unit=unit)) == Decimal(target)


def test_the_ambiguous_20_percent_makes_two_targets_and_two_progresses() -> None:
    percent = a_metric(unit=UnitKind.PERCENT)
    relative = a_key_result(baseline=40, by_how_much=by(BY_PERCENT, 20))
    points = a_key_result(baseline=40, by_how_much=by(BY_POINTS, 20))

    assert target_of(relative, percent) == 48
    assert target_of(points, percent) == 60


@pytest.mark.parametrize(
    "key_result",
    [
        pytest.param(a_key_result(target=None), id="no change"),
        pytest.param(
            a_key_result(baseline=None, by_how_much=by(BY_AMOUNT, 9)), id="no baseline to add to"
        ),
        pytest.param(a_threshold(at_least=95), id="a threshold"),
    ],
)
def test_without_a_change_there_is_no_target(key_result: KeyResult) -> None:
    assert target_of(key_result, a_metric()) is None


def test_sound_key_results_have_no_problem() -> None:
    milestones = (Milestone(title="one"),)
    sound = [
        a_key_result(baseline=0, target=10),
        a_key_result(baseline=10, target=0, weight=Decimal(0)),
        a_threshold(at_least=95),
        a_threshold(at_most=5, is_guardrail=True),
        a_threshold(at_least=5, at_most=5),
        a_key_result(result_kind=KeyResultKind.BINARY, metric=None),
        a_key_result(result_kind=KeyResultKind.ESTABLISH_BASELINE, values_needed=1),
    ]
    by_hand = a_key_result(result_kind=KeyResultKind.MILESTONES, metric=None, milestones=milestones)

    assert [problems_of(key_result, a_metric()) for key_result in sound] == [[]] * len(sound)
    assert problems_of(by_hand, None) == []


@pytest.mark.parametrize("unit", [UnitKind.PERCENT, UnitKind.RATIO])
def test_an_amount_on_a_share_is_refused_and_the_two_ways_named(unit: UnitKind) -> None:
    key_result = a_key_result(baseline=40, by_how_much=by(BY_AMOUNT, 20))

    with pytest.raises(InvalidRecord) as refused:
        check_key_result(key_result, a_metric(unit=unit))

    assert refused.value.legal == (BY_PERCENT, BY_POINTS)
    assert refused.value.path == ("by_how_much",)


@pytest.mark.parametrize(
    ("key_result", "path", "said"),
    [
        pytest.param(
            a_key_result(baseline=0, by_how_much=by(BY_PERCENT, 20)),
            ("by_how_much",),
            "above 0",
            id="a percentage of nothing",
        ),
        pytest.param(
            a_key_result(baseline=-5, by_how_much=by(BY_PERCENT, 20)),
            ("by_how_much",),
            "above 0",
            id="a percentage of a negative",
        ),
        pytest.param(
            a_key_result(baseline=5, by_how_much=by(BY_POINTS, 20)),
            ("by_how_much",),
            "percentage points",
            id="points on a score",
        ),
        pytest.param(
            a_key_result(baseline=5, target=5), ("by_how_much",), "both 5", id="nothing to do"
        ),
        pytest.param(
            a_key_result(baseline=5, target=4, result_kind=KeyResultKind.INCREASE),
            ("by_how_much",),
            "contradicts",
            id="an increase that falls",
        ),
        pytest.param(
            a_key_result(
                baseline=50,
                by_how_much=by(BY_PERCENT, 20),
                result_kind=KeyResultKind.DECREASE,
            ),
            ("by_how_much",),
            "-20 %",
            id="a decrease without its sign",
        ),
        pytest.param(a_key_result(baseline=None), ("baseline",), "needs", id="no baseline"),
        pytest.param(a_key_result(target=None), ("by_how_much",), "one way", id="no change"),
        pytest.param(a_key_result(weight=Decimal(-1)), ("weight",), "0 or more", id="weight"),
        pytest.param(
            a_key_result(confidence=Decimal(2)), ("confidence",), "0 to 1", id="confidence"
        ),
        pytest.param(
            a_threshold(at_least=1, bounds=Bounds()),
            ("bounds", "lower"),
            "needs",
            id="a threshold without its bound",
        ),
        pytest.param(
            a_threshold(at_most=1, bounds=Bounds(lower=Decimal(1), upper=Decimal(2))),
            ("bounds", "lower"),
            "takes no",
            id="a bound too many",
        ),
        pytest.param(
            a_threshold(at_least=3, at_most=2), ("bounds",), "no range", id="an empty range"
        ),
        pytest.param(
            a_key_result(result_kind=KeyResultKind.ESTABLISH_BASELINE, values_needed=0),
            ("values_needed",),
            "1 or more",
            id="a baseline from nothing",
        ),
        pytest.param(
            a_key_result(result_kind=KeyResultKind.BINARY, done_at=date(2026, 5, 1)),
            ("done_at",),
            "not both",
            id="ticked and measured",
        ),
        pytest.param(
            a_key_result(bounds=Bounds(lower=Decimal(1))), ("bounds",), "takes no", id="a stray"
        ),
        pytest.param(
            a_key_result(window=Window(kind=WindowKind.TRAILING)),
            ("window",),
            "number of days",
            id="trailing nothing",
        ),
    ],
)
def test_a_key_result_that_contradicts_itself_is_refused(
    key_result: KeyResult, path: tuple[str, ...], said: str
) -> None:
    (problem,) = problems_of(key_result, a_metric(unit=UnitKind.SCORE))

    assert problem.path == path
    assert said in problem.message


@pytest.mark.parametrize(
    "kind", [kind for kind in KeyResultKind if kind not in ("MILESTONES", "BINARY")]
)
def test_a_measured_key_result_needs_a_metric(kind: KeyResultKind) -> None:
    key_result = a_key_result(metric=None, result_kind=kind)

    assert ("metric",) in [problem.path for problem in problems_of(key_result, None)]


@pytest.mark.parametrize(
    ("milestones", "path"),
    [
        pytest.param((), ("milestones",), id="none"),
        pytest.param((Milestone(title="x", weight=Decimal(0)),), ("milestones",), id="no weight"),
        pytest.param(
            (Milestone(title="x"), Milestone(title="y", weight=Decimal(-1))),
            ("milestones", 1),
            id="a negative weight",
        ),
    ],
)
def test_milestones_need_weight(
    milestones: tuple[Milestone, ...], path: tuple[str | int, ...]
) -> None:
    key_result = a_key_result(
        result_kind=KeyResultKind.MILESTONES, metric=None, milestones=milestones
    )

    assert [problem.path for problem in problems_of(key_result, None)] == [path]


@pytest.mark.parametrize(
    ("ladder", "baseline", "target", "is_legal"),
    [
        pytest.param((3, 7, 10), 0, 7, True, id="rising"),
        pytest.param((7, 3, 0), 10, 3, True, id="falling"),
        pytest.param((7, 3, 0), 0, 7, False, id="falling for an increase"),
        pytest.param((3, 7, 10), 10, 3, False, id="rising for a decrease"),
        pytest.param((3, 3, 10), 0, 7, False, id="two rungs alike"),
    ],
)
def test_a_ladder_leads_where_its_key_result_does(
    ladder: tuple[int, int, int], baseline: int, target: int, *, is_legal: bool
) -> None:
    commit, middle, stretch = (Decimal(rung) for rung in ladder)
    rungs = Ladder(commit=commit, target=middle, stretch=stretch)
    key_result = a_key_result(baseline=baseline, target=target, ladder=rungs)

    assert (problems_of(key_result, a_metric()) == []) is is_legal


@pytest.mark.parametrize(
    "aggregation", [Aggregation.MEDIAN, Aggregation.UNIQUE, Aggregation.OPAQUE]
)
def test_a_window_on_what_cannot_be_aggregated_again_is_refused(
    aggregation: Aggregation,
) -> None:
    metric = a_metric(aggregation=aggregation)
    month = Window(kind=WindowKind.TRAILING, days=28)

    (problem,) = problems_of(a_key_result(window=month), metric)

    assert problem.path == ("window",)
    assert problem.legal == ("ALL",)
    assert problems_of(a_key_result(), metric) == []


def test_all_problems_are_told_at_once() -> None:
    metric: Metric = a_metric(unit=UnitKind.PERCENT)
    key_result = replace(
        a_key_result(baseline=40, by_how_much=by(BY_AMOUNT, 20)),
        weight=Decimal(-1),
        done_at=date(2026, 5, 1),
    )

    paths = [problem.path for problem in problems_of(key_result, metric)]

    assert paths == [("by_how_much",), ("weight",), ("done_at",)]


def test_a_target_to_a_value_is_legal_on_every_unit() -> None:
    key_result = a_key_result(baseline=0, by_how_much=to(1))

    assert [problems_of(key_result, a_metric(unit=unit)) for unit in UnitKind] == [[]] * 8
