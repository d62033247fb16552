"""Derived metrics: values worked out from other metrics' values."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from domain.atlas import Atlas
from domain.derived import (
    Derivation,
    DerivedValue,
    derivation_of,
    derived_value,
    explain_derived,
)
from domain.errors import IllegalFormula
from domain.formula_rules import circle_among, problems_of_formula
from domain.metric import Aggregation, Metric, ObservationState, Unit, UnitKind, Window, WindowKind
from domain.reason import ReasonCode
from domain.value import metric_value, queries_of
from domain.view import View
from tests.builders import (
    NOW,
    TODAY,
    a_metric,
    a_view,
    an_atlas,
    an_observation,
    id_of,
)

COUNT, PERCENT = UnitKind.COUNT, UnitKind.PERCENT
NOK = Unit(kind=UnitKind.MONEY, currency="NOK")
FOUR_WEEKS = Window(kind=WindowKind.TRAILING, days=28)

LONG_CHAIN = 200

DUPLICATE = "{MT-TWICE} / {MT-CHECKS}"


def _derive(view: View, key: str) -> DerivedValue:
    metric = view.atlas.get(id_of(key), Metric)
    return derived_value(view.atlas, metric, lambda used: metric_value(view, used))


def _checks(*derived: Metric) -> Atlas:
    """Index two counts and what is derived from them: how many of all checks came twice."""
    metrics = derived or (a_metric("MT-IDDUP", PERCENT, formula=DUPLICATE),)
    return an_atlas(a_metric("MT-TWICE", COUNT), a_metric("MT-CHECKS", COUNT), *metrics)


def test_a_derived_value_comes_in_the_metrics_unit() -> None:
    view = a_view(_checks(), values={"MT-TWICE": 12, "MT-CHECKS": 400})

    found = _derive(view, "MT-IDDUP")

    # 12 / 400 = 0.03
    assert (found.value, found.reason) == (Decimal(3), None)


def test_a_derived_value_shows_how_it_can_be_worked_out_again() -> None:
    view = a_view(_checks(), values={"MT-TWICE": 12, "MT-CHECKS": 400})

    found = _derive(view, "MT-IDDUP")

    explained = explain_derived(view.atlas, found, NOW)
    assert explained.formula == "{MT-TWICE} / {MT-CHECKS} * 100"
    assert [(used.name, used.value) for used in explained.inputs] == [
        ("MT-TWICE", Decimal(12)),
        ("MT-CHECKS", Decimal(400)),
    ]
    # measured up to the midnight that began the 22nd in Oslo, 23:00 UTC; now is 12:00 UTC
    assert {used.age_seconds for used in explained.inputs} == {13 * 3_600}
    assert {used.source for used in explained.inputs} == {
        id_of("MT-TWICE:csv"),
        id_of("MT-CHECKS:csv"),
    }


@pytest.mark.parametrize(
    ("unit", "formula"),
    [
        pytest.param(Unit(kind=UnitKind.RATIO), "{MT-PCT} / 100", id="a division"),
        pytest.param(
            Unit(kind=UnitKind.RATE, per=250), "{MT-PCT} * 5 / 2", id="a factor that isn't whole"
        ),
    ],
)
def test_a_conversion_is_written_into_the_formula(unit: Unit, formula: str) -> None:
    atlas = an_atlas(a_metric("MT-PCT", PERCENT), a_metric("MT-SAME", unit, formula="{MT-PCT}"))
    view = a_view(atlas, values={"MT-PCT": 44})

    found = _derive(view, "MT-SAME")

    assert found.formula == formula


def test_a_derived_metric_may_be_made_of_derived_ones() -> None:
    atlas = _checks(
        a_metric("MT-ONCE", COUNT, formula="{MT-CHECKS} - {MT-TWICE}"),
        a_metric("MT-THIRD", UnitKind.NUMBER, formula="{MT-ONCE} / 3"),
        a_metric("MT-AGAIN", UnitKind.NUMBER, formula="{MT-THIRD} * 3 + {MT-ONCE}"),
    )
    view = a_view(atlas, values={"MT-TWICE": 12, "MT-CHECKS": 400})

    found = _derive(view, "MT-AGAIN")

    # 388/3 * 3 + 388, and the third doesn't round
    assert found.value == Decimal(776)
    assert [used.value for used in found.inputs][1] == 388


def test_a_long_chain_of_derived_metrics_is_followed() -> None:
    derived = [
        a_metric(f"M{n}", COUNT, formula=f"{{M{n - 1}}} + 1") for n in range(1, LONG_CHAIN + 1)
    ]
    view = a_view(an_atlas(a_metric("M0", COUNT), *derived), values={"M0": 5})

    assert _derive(view, f"M{LONG_CHAIN}").value == 5 + LONG_CHAIN


def test_inputs_are_asked_over_the_window_that_the_derived_value_is_asked_over() -> None:
    twice, checks = (
        a_metric(key, COUNT, aggregation=Aggregation.SUM) for key in ("MT-TWICE", "MT-CHECKS")
    )
    derived = a_metric("MT-IDDUP", PERCENT, formula=DUPLICATE)
    atlas = an_atlas(twice, checks, derived)
    derivation = derivation_of(atlas, derived)
    assert isinstance(derivation, Derivation)
    queries = [
        query
        for used in derivation.measured
        for query in queries_of(atlas, used, today=TODAY, window=FOUR_WEEKS)
    ]
    long_ago = date(2026, 9, 1)
    view = a_view(
        atlas,
        more_queries=queries,
        observations=[
            an_observation(90, metric="MT-TWICE", end=long_ago),
            an_observation(3, metric="MT-TWICE"),
            an_observation(4, metric="MT-TWICE", end=TODAY),
            an_observation(50, metric="MT-CHECKS"),
        ],
    )

    found = derivation.value(lambda used: metric_value(view, used, window=FOUR_WEEKS))

    # (3 + 4) / 50; the 90 lie before the four weeks
    assert found.value == 14


def test_a_derived_value_is_as_old_as_its_oldest_input_and_provisional_with_one() -> None:
    atlas = _checks()
    old = an_observation(12, metric="MT-TWICE", end=date(2026, 10, 1))
    running = ObservationState.PROVISIONAL
    new = an_observation(400, metric="MT-CHECKS", end=TODAY, state=running)

    found = _derive(a_view(atlas, observations=[old, new]), "MT-IDDUP")

    assert found.observed_at == datetime(2026, 9, 30, 22, tzinfo=UTC)
    assert found.state is ObservationState.PROVISIONAL


@pytest.mark.parametrize(
    ("values", "code", "says"),
    [
        pytest.param(
            {"MT-TWICE": 12},
            ReasonCode.NO_OBSERVATION,
            "MT-IDDUP needs MT-CHECKS, which has no value.",
            id="an input without a value",
        ),
        pytest.param(
            {"MT-TWICE": 12, "MT-CHECKS": 0},
            ReasonCode.NO_DENOMINATOR,
            "divides by 0: {MT-CHECKS} is 0.",
            id="by 0",
        ),
    ],
)
def test_without_a_value_it_says_why(values: dict[str, int], code: ReasonCode, says: str) -> None:
    view = a_view(_checks(), values=values)

    found = _derive(view, "MT-IDDUP")

    assert found.value is None
    assert found.reason is not None
    assert found.reason.code is code
    assert says in found.reason.message
    assert len(found.inputs) == 2


@pytest.mark.parametrize(
    ("formulas", "code", "says"),
    [
        pytest.param({}, ReasonCode.NO_METRIC, "no formula", id="measured"),
        pytest.param({"MT-X": "{MT-A} +"}, ReasonCode.NO_METRIC, "character 9", id="unreadable"),
        pytest.param({"MT-X": "{MT-GONE}"}, ReasonCode.NO_METRIC, "key MT-GONE", id="no metric"),
        pytest.param({"MT-X": "{MT-A}"}, ReasonCode.NO_METRIC, "gives COUNT", id="other unit"),
        pytest.param(
            {"MT-X": "{MT-A} / {MT-B}", "MT-A": "{MT-X}"},
            ReasonCode.CIRCULAR,
            "MT-X → MT-A → MT-X",
            id="a circle",
        ),
    ],
)
def test_a_formula_that_does_not_hold_gives_a_reason_and_no_error(
    formulas: dict[str, str], code: ReasonCode, says: str
) -> None:
    units = {"MT-A": COUNT, "MT-B": COUNT, "MT-X": PERCENT}
    metrics = [a_metric(key, unit, formula=formulas.get(key)) for key, unit in units.items()]

    found = _derive(a_view(an_atlas(*metrics)), "MT-X")

    assert found.value is None
    assert found.reason is not None
    assert found.reason.code is code
    assert says in found.reason.message


def test_all_unknown_metrics_of_a_formula_are_named_at_once() -> None:
    metrics = {metric.key: metric for metric in (a_metric("MT-A", COUNT), a_metric("MT-B", COUNT))}

    problems = list(problems_of_formula(a_metric(), "{MT-C} / {MT-A} - {MT-D}", metrics))

    assert [problem.position for problem in problems] == [1, 19]
    assert problems[0].legal == ("MT-A", "MT-B")


@pytest.mark.parametrize(
    ("text", "count"),
    [
        pytest.param("{MT-A} / {MT-B}", 0, id="legal"),
        pytest.param("{MT-A} / {MT-B} +", 1, id="unreadable"),
        pytest.param("{MT-A} * {MT-B}", 1, id="another unit"),
    ],
)
def test_a_formula_is_checked_before_it_is_written(text: str, count: int) -> None:
    metrics = {metric.key: metric for metric in (a_metric("MT-A", COUNT), a_metric("MT-B", COUNT))}

    problems = list(problems_of_formula(a_metric("MT-X", PERCENT), text, metrics))

    assert len(problems) == count
    assert all(isinstance(problem, IllegalFormula) for problem in problems)


@pytest.mark.parametrize(
    ("formulas", "circle"),
    [
        pytest.param({"A": "{B} + {C}", "B": "{C}"}, None, id="shared, but no circle"),
        pytest.param({"A": "{A}"}, ["A", "A"], id="of itself"),
        pytest.param({"A": "{B}", "B": "1 + {A}"}, ["A", "B", "A"], id="of each other"),
        pytest.param({"A": "{B", "B": "{A}"}, None, id="an unreadable one uses nothing"),
    ],
)
def test_metrics_derived_from_each_other_are_found(
    formulas: dict[str, str], circle: list[str] | None
) -> None:
    assert circle_among(formulas) == circle
