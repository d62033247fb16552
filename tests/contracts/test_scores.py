"""Survey scores by their formulas, each with the arithmetic beside it."""

import statistics
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journey_atlas_sdk import (
    ConfigError,
    DataError,
    ObservationFlag,
    ObservationState,
    UnitKind,
    Window,
)
from journey_atlas_sdk.scores import Score, ScoreKind, Scoring

NPS = Scoring(score=ScoreKind.NPS)
CSAT = Scoring(score=ScoreKind.CSAT)
CES = Scoring(score=ScoreKind.CES)
NOVEMBER = Window(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("scoring", "answers", "value", "made_of"),
    [
        # 5 promoters, 2 detractors, 10 answers: 100 × (5 − 2) / 10
        pytest.param(NPS, {10: 3, 9: 2, 8: 1, 7: 2, 6: 1, 0: 1}, "30", ("300", "10"), id="NPS"),
        pytest.param(NPS, {6: 4}, "-100", ("-400", "4"), id="NPS of detractors alone"),
        pytest.param(NPS, {7: 1, 8: 1}, "0", ("0", "2"), id="passives count in the answers"),
        # 4 and 5 are satisfied: 3 of 4
        pytest.param(CSAT, {5: 1, 4: 2, 1: 1}, "0.75", ("3", "4"), id="CSAT"),
        # 1 of 4
        pytest.param(
            Scoring(score=ScoreKind.CSAT, top=1),
            {5: 1, 4: 2, 1: 1},
            "0.25",
            ("1", "4"),
            id="CSAT of the highest answer alone",
        ),
        # 9 and 10 of 0 to 10: 1 of 2
        pytest.param(
            Scoring(score=ScoreKind.CSAT, scale=(0, 10)),
            {9: 1, 8: 1},
            "0.5",
            ("1", "2"),
            id="CSAT on another scale",
        ),
        # 5, 4, 4 and 1: 14 / 4
        pytest.param(
            Scoring(score=ScoreKind.CSAT_MEAN),
            {5: 1, 4: 2, 1: 1},
            "3.5",
            ("14", "4"),
            id="CSAT as a mean",
        ),
        # 7, 7 and 6: 20 / 3, to 34 digits
        pytest.param(
            CES, {7: 2, 6: 1}, "6.666666666666666666666666666666667", ("20", "3"), id="CES"
        ),
    ],
)
def test_a_score_follows_its_formula_and_keeps_what_it_is_made_of(
    scoring: Scoring, answers: dict[int, int], value: str, made_of: tuple[str, str]
) -> None:
    score = scoring.measure(answers)

    assert score.value == Decimal(value)
    assert (score.numerator, score.denominator) == tuple(map(Decimal, made_of))
    assert score.sample_size == sum(answers.values())


def test_a_standard_error_is_that_of_the_mean_of_points() -> None:
    # Points 100, 100, 0, −100: mean 25, s² = (2 × 75² + 25² + 125²) / 3 = 9166.67; s / √4 = 47.87
    score = NPS.measure({10: 2, 8: 1, 2: 1})

    assert score.standard_error is not None
    assert round(score.standard_error, 2) == Decimal("47.87")


@given(st.dictionaries(st.integers(1, 7), st.integers(0, 40)))
def test_a_mean_is_that_of_the_single_answers(answers: dict[int, int]) -> None:
    each = list(Counter(answers).elements())
    score = CES.measure(answers)

    if len(each) > 1:
        assert float(score.value or 0) == pytest.approx(statistics.mean(each))
        assert float(score.standard_error or 0) == pytest.approx(
            statistics.stdev(each) / len(each) ** 0.5
        )
    else:
        assert score.standard_error is None


@pytest.mark.parametrize("scoring", [NPS, CSAT, CES], ids=lambda one: one.score)
@given(data=st.data())
def test_no_score_leaves_what_is_legal_for_it(scoring: Scoring, data: st.DataObject) -> None:
    low, high = scoring.bounds
    counts = st.dictionaries(st.integers(low, high), st.integers(0, 1000), min_size=1)
    score = scoring.measure(data.draw(counts))

    least, most = scoring.legal
    assert score.value is None or least <= score.value <= most


def test_nobody_answered_is_none_and_never_zero() -> None:
    score = NPS.measure({10: 0})

    assert score == Score(
        value=None, numerator=Decimal(0), denominator=Decimal(0), standard_error=None
    )
    empty = score.observation("nps", NOVEMBER, state=ObservationState.FINAL)
    assert (empty.value, empty.sample_size) == (None, 0)
    assert empty.flags == {ObservationFlag.EMPTY}


@pytest.mark.parametrize(
    "answers", [pytest.param({11: 1}, id="off the scale"), pytest.param({9: -1}, id="below 0")]
)
def test_answers_that_cannot_be_are_refused(answers: dict[int, int]) -> None:
    with pytest.raises(DataError, match="the scale is 0 to 10"):
        NPS.measure(answers)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        pytest.param({"score": "NPS", "scale": [1, 10]}, "from 0 to 10", id="NPS from 1"),
        pytest.param({"score": "CES", "scale": [7, 1]}, "goes up", id="a scale downwards"),
        pytest.param({"score": "CSAT", "top": 5}, "no unsatisfied answer", id="all are satisfied"),
    ],
)
def test_a_scoring_that_cannot_work_is_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Scoring.read(settings)


def test_a_share_is_a_ratio_and_all_else_a_score() -> None:
    assert {kind: Scoring(score=kind).unit.kind for kind in ScoreKind} == {
        ScoreKind.NPS: UnitKind.SCORE,
        ScoreKind.CSAT: UnitKind.RATIO,
        ScoreKind.CSAT_MEAN: UnitKind.SCORE,
        ScoreKind.CES: UnitKind.SCORE,
    }


class Smileys(Scoring):
    kinds = frozenset({ScoreKind.CSAT, ScoreKind.CSAT_MEAN})


def test_a_tool_that_asks_for_satisfaction_alone_makes_no_nps() -> None:
    with pytest.raises(ConfigError, match="There is no NPS here, but CSAT and CSAT_MEAN"):
        Smileys.read({"score": "NPS"})

    assert Smileys.read({"score": "CSAT"}).score is ScoreKind.CSAT
