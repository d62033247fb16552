"""Units of formulas: what an expression's numbers are, and which metric can be that."""

from fractions import Fraction

import pytest

from domain.errors import IllegalFormula
from domain.formula import evaluate
from domain.formula_parser import parse
from domain.formula_units import factor_to, measure_of
from domain.metric import DurationUnit, Unit, UnitKind

COUNT, NUMBER, PERCENT, RATIO, SCORE = (
    Unit(kind=kind)
    for kind in (
        UnitKind.COUNT,
        UnitKind.NUMBER,
        UnitKind.PERCENT,
        UnitKind.RATIO,
        UnitKind.SCORE,
    )
)
DAYS = Unit(kind=UnitKind.DURATION, display=DurationUnit.DAY)
HOURS = Unit(kind=UnitKind.DURATION, display=DurationUnit.HOUR)
NOK = Unit(kind=UnitKind.MONEY, currency="NOK")
EUR = Unit(kind=UnitKind.MONEY, currency="EUR")
PER_10_000 = Unit(kind=UnitKind.RATE, per=10_000)
PER_250 = Unit(kind=UnitKind.RATE, per=250)

UNITS = {
    "started": COUNT,
    "done": COUNT,
    "satisfied": PERCENT,
    "loyal": PERCENT,
    "share": RATIO,
    "trust": SCORE,
    "ease": SCORE,
    "index": NUMBER,
    "wait": DAYS,
    "work": HOURS,
    "cost": NOK,
    "income": NOK,
    "abroad": EUR,
    "complaints": PER_10_000,
    "few": PER_250,
}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        pytest.param("{done} / {started}", "RATIO", id="count by count"),
        pytest.param("{done} + {started}", "COUNT", id="counts"),
        pytest.param("{done} * {started}", "NUMBER", id="count times count"),
        pytest.param("{satisfied} + {loyal}", "PERCENT", id="percent and percent"),
        pytest.param("100 - {satisfied}", "PERCENT", id="the rest of 100 %"),
        pytest.param("1 - {share}", "RATIO", id="the rest of 1"),
        pytest.param("0.5 * {satisfied} + 0.5 * {loyal}", "PERCENT", id="a weighted mean"),
        pytest.param("({trust} + {ease}) / 2", "SCORE", id="a mean of scores"),
        pytest.param("{satisfied} / {loyal}", "RATIO", id="percent by percent"),
        pytest.param("{done} / {started} * 100", "PERCENT", id="times 100"),
        pytest.param("100 * {done} / {started}", "PERCENT", id="100 times the count"),
        pytest.param("100 * ({done} + {done}) / {started}", "PERCENT", id="100 times a sum"),
        pytest.param("{done} / ({started} / 100)", "PERCENT", id="by a hundredth"),
        pytest.param("{cost} * 1000 / {income}", "RATE per 1,000", id="1,000 times money"),
        pytest.param("100 * {done} * {share} / {started}", "PERCENT", id="100 first, a share next"),
        pytest.param("(100 * {done} + {done}) / {started}", "RATIO", id="only a part times 100"),
        pytest.param("50 * {done} / {started}", "RATIO", id="50 times a share"),
        pytest.param("100 * {done}", "COUNT", id="a hundred times a count"),
        pytest.param("100 / {share}", "NUMBER", id="100 by a share"),
        pytest.param("{satisfied} / 100", "RATIO", id="percent by 100"),
        pytest.param("{satisfied} / 100 * {started}", "COUNT", id="a share of a count"),
        pytest.param("{share} * {wait}", "DURATION", id="a share of a duration"),
        pytest.param("{done} / {started} * 10000", "RATE per 10,000", id="per 10,000"),
        pytest.param("{complaints} / 100", "PERCENT", id="per 10,000 by 100"),
        pytest.param("{few} / 250", "RATIO", id="per 250 by 250"),
        pytest.param("{satisfied} * {share}", "PERCENT", id="percent of a share"),
        pytest.param("{share} * 3", "RATIO", id="three times a share"),
        pytest.param("{share} / 100", "RATIO", id="a hundredth of a share"),
        pytest.param("{wait} / {started}", "DURATION", id="duration by count"),
        pytest.param("{wait} + {work}", "DURATION", id="durations shown in other units"),
        pytest.param("{wait} / {work}", "RATIO", id="duration by duration"),
        pytest.param("max({wait}, 0)", "DURATION", id="0 is 0 in every unit"),
        pytest.param("{cost} / {started}", "MONEY in NOK", id="money by count"),
        pytest.param("{cost} / {income}", "RATIO", id="money by the same money"),
        pytest.param("{cost} / {work}", "NOK / second", id="money by time"),
        pytest.param("{cost} / {work} * {wait}", "MONEY in NOK", id="money by time times time"),
        pytest.param("{work} / {cost} / {cost}", "second / NOK^2", id="powers"),
        pytest.param("1 / {work}", "1 / second", id="one by time"),
        pytest.param("{work} / {cost} * {cost} / {work}", "RATIO", id="powers that cancel"),
        pytest.param("{started} / {share}", "COUNT", id="a count by a share"),
        pytest.param("{trust} / {started}", "NUMBER", id="a score by a count"),
        pytest.param("{index} + {trust}", "NUMBER", id="a number and a score"),
        pytest.param("-abs({cost} - {income})", "MONEY in NOK", id="signs and abs"),
        pytest.param("1 / {started}", "NUMBER", id="one by count"),
        pytest.param("2 + 3 * 4", "the plain number 14", id="no metric"),
    ],
)
def test_the_unit_follows_from_the_formula(text: str, name: str) -> None:
    assert measure_of(parse(text), UNITS).name == name


@pytest.mark.parametrize(
    ("text", "position", "says"),
    [
        pytest.param("{satisfied} + {share}", 13, "PERCENT and RATIO", id="44 and 0.44"),
        pytest.param("{started} + {satisfied}", 11, "COUNT and PERCENT", id="a count and percent"),
        pytest.param("min({wait}, {cost})", 1, "DURATION and MONEY in NOK", id="the lesser of two"),
        pytest.param("{cost} + {abroad}", 8, "EUR and NOK are different", id="currencies added"),
        pytest.param("{cost} / {abroad}", 8, "no rate of exchange", id="currencies divided"),
        pytest.param("max({cost}, {abroad})", 1, "EUR and NOK", id="currencies compared"),
        pytest.param("{wait} + 60", 8, "DURATION and the plain number 60", id="60 of what"),
        pytest.param("{satisfied} * {started}", 13, "divided by 100", id="percent of a count"),
        pytest.param("{satisfied} * {loyal}", 13, "divided by 100", id="percent of percent"),
        pytest.param("{started} / {satisfied}", 11, "divided by 100", id="a count by percent"),
        pytest.param("1 / {satisfied}", 3, "divided by 100", id="one by percent"),
        pytest.param("{complaints} * {cost}", 14, "divided by 100", id="a rate of money"),
        pytest.param("{complaints} + {few}", 14, "per 10,000 and RATE per 250", id="two rates"),
        pytest.param("{cost} / 0", 8, "divides by 0", id="by 0"),
        pytest.param("{cost} + 1 / 0", 12, "divides by 0", id="a number by 0"),
    ],
)
def test_what_would_be_a_guess_is_refused(text: str, position: int, says: str) -> None:
    with pytest.raises(IllegalFormula) as refused:
        measure_of(parse(text), UNITS)

    assert refused.value.position == position
    assert says in refused.value.message


@pytest.mark.parametrize(
    ("text", "unit", "factor"),
    [
        pytest.param("{done} / {started}", RATIO, 1, id="a share"),
        pytest.param("{done} / {started}", PERCENT, 100, id="a share as percent"),
        pytest.param("{done} / {started}", PER_10_000, 10_000, id="a share per 10,000"),
        pytest.param("{done} / {started}", PER_250, 250, id="a share per 250"),
        pytest.param("{done} / {started}", NUMBER, 1, id="a share as a number"),
        pytest.param("{done} / {started} * 100", PERCENT, 1, id="percent as written"),
        pytest.param("{satisfied} - {loyal}", RATIO, Fraction(1, 100), id="percent as a share"),
        pytest.param("{few}", PER_10_000, 40, id="per 250 as per 10,000"),
        pytest.param("({done} - {started}) / {started} * 100", SCORE, 1, id="an NPS"),
        pytest.param("{wait} + {work}", HOURS, 1, id="seconds, however shown"),
        pytest.param("{cost} / {started}", NOK, 1, id="money"),
        pytest.param("{done} * {index}", COUNT, 1, id="a number counts"),
    ],
)
def test_a_formula_comes_in_the_metrics_unit(text: str, unit: Unit, factor: Fraction | int) -> None:
    assert factor_to(unit, parse(text), UNITS) == factor


@pytest.mark.parametrize(
    ("text", "unit", "says"),
    [
        pytest.param("{done} * {started}", PERCENT, "gives NUMBER; the metric is PERCENT", id="n"),
        pytest.param("{satisfied}", COUNT, "gives PERCENT; the metric is COUNT", id="no count"),
        pytest.param("{cost}", EUR, "gives MONEY in NOK; the metric is MONEY in EUR", id="money"),
        pytest.param("{cost} / {work}", NOK, "gives NOK / second", id="money by time"),
        pytest.param("{wait}", NUMBER, "gives DURATION; the metric is NUMBER", id="seconds lost"),
        pytest.param("2 * 3", NUMBER, "at least one metric", id="no metric"),
    ],
)
def test_a_unit_that_no_factor_reaches_is_refused_by_name(text: str, unit: Unit, says: str) -> None:
    with pytest.raises(IllegalFormula, match=says):
        factor_to(unit, parse(text), UNITS)


@pytest.mark.parametrize(
    "text",
    ["{done} / {started}", "{done} / {started} * 100", "100 * {done} / {started}"],
)
def test_wherever_the_100_stands_a_percentage_is_the_same(text: str) -> None:
    values = {"done": Fraction(11), "started": Fraction(25)}
    formula = parse(text)

    found = evaluate(formula, values)

    assert isinstance(found, Fraction)
    assert found * factor_to(PERCENT, formula, UNITS) == 44
