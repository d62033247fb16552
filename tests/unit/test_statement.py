"""The sentences that key results and opportunities make."""

from datetime import date
from decimal import Decimal

import pytest

from domain.amount import MINUS, amount_text, number_text
from domain.cycle import CycleState
from domain.links import Relation
from domain.metric import DurationUnit, Unit, UnitKind
from domain.node import Node
from domain.okr import HowMuchKind, KeyResult, KeyResultKind, Milestone
from domain.opportunity import Opportunity
from domain.statement import key_result_statement, opportunity_statement
from tests.builders import (
    Fields,
    a_journey,
    a_key_result,
    a_link,
    a_metric,
    a_quarter,
    a_step,
    a_threshold,
    an_atlas,
    an_objective,
    an_opportunity,
    by,
    id_of,
)

PERCENT = Unit(kind=UnitKind.PERCENT)
DAYS = Unit(kind=UnitKind.DURATION, display=DurationUnit.DAY)
KRONER = Unit(kind=UnitKind.MONEY, currency="NOK")
PER_10_000 = Unit(kind=UnitKind.RATE, per=10_000)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        pytest.param("5.0", PERCENT, "5 %", id="percent"),
        pytest.param("0.44", Unit(kind=UnitKind.RATIO), "0.44", id="ratio"),
        pytest.param("259200", DAYS, "3 days", id="days of seconds"),
        pytest.param("86400", DAYS, "1 day", id="one day"),
        pytest.param("362880", DAYS, "4.2 days", id="parts of days"),
        pytest.param("90", Unit(kind=UnitKind.DURATION), "90 seconds", id="seconds by default"),
        pytest.param("12", KRONER, "NOK 12", id="money"),
        pytest.param("-12", KRONER, f"{MINUS}NOK 12", id="money lost"),
        pytest.param("30", PER_10_000, "30 per 10,000", id="rate"),
        pytest.param("1234567", Unit(kind=UnitKind.COUNT), "1,234,567", id="thousands apart"),
        pytest.param("-0.5", Unit(kind=UnitKind.SCORE), f"{MINUS}0.5", id="below zero"),
    ],
)
def test_an_amount_is_written_in_its_unit(value: str, unit: Unit, text: str) -> None:
    assert amount_text(Decimal(value), unit) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param("1E+3", "1,000", id="no exponent"),
        pytest.param("0.33333", "0.3333", id="four decimals"),
        pytest.param("-0.00001", "0", id="no minus zero"),
    ],
)
def test_a_number_is_written_plainly(value: str, text: str) -> None:
    assert number_text(Decimal(value)) == text


def _said(key_result: KeyResult, unit: Unit) -> str:
    return key_result_statement(an_atlas(a_metric(unit=unit), key_result), key_result)


BY_PERCENT, BY_POINTS = HowMuchKind.BY_PERCENT, HowMuchKind.BY_POINTS
BY_AMOUNT = HowMuchKind.BY_AMOUNT


@pytest.mark.parametrize(
    ("key_result", "unit", "amount"),
    [
        pytest.param(
            a_key_result(baseline=40, by_how_much=by(BY_PERCENT, 20)),
            PERCENT,
            "40 % → 48 % (+20 % relative)",
            id="relative on a share",
        ),
        pytest.param(
            a_key_result(baseline=40, by_how_much=by(BY_POINTS, 20)),
            PERCENT,
            "40 % → 60 % (+20 points)",
            id="points",
        ),
        pytest.param(
            a_key_result(baseline=518_400, by_how_much=by(BY_PERCENT, -50)),
            DAYS,
            f"6 days → 3 days ({MINUS}50 %)",
            id="relative on a duration",
        ),
        pytest.param(
            a_key_result(baseline=518_400, by_how_much=by(BY_AMOUNT, -86_400)),
            DAYS,
            f"6 days → 5 days ({MINUS}1 day)",
            id="an amount",
        ),
        pytest.param(
            a_key_result(baseline=42, target=30),
            PER_10_000,
            f"42 per 10,000 → 30 per 10,000 ({MINUS}12 per 10,000)",
            id="to a value",
        ),
        pytest.param(
            a_key_result(baseline=31, target=15),
            PERCENT,
            f"31 % → 15 % ({MINUS}16 points)",
            id="to a share",
        ),
        pytest.param(a_key_result(baseline=None, target=9), KRONER, "NOK 9", id="no baseline"),
        pytest.param(a_threshold(at_least=95), PERCENT, "at least 95 %", id="above"),
        pytest.param(a_threshold(at_most="1.8"), PERCENT, "at most 1.8 %", id="below"),
        pytest.param(
            a_threshold(at_least=2, at_most=4), PERCENT, "between 2 % and 4 %", id="range"
        ),
        pytest.param(
            a_key_result(result_kind=KeyResultKind.ESTABLISH_BASELINE, values_needed=3),
            PERCENT,
            "a baseline from 3 values",
            id="baseline",
        ),
        pytest.param(
            a_key_result(
                result_kind=KeyResultKind.MILESTONES,
                metric=None,
                milestones=(Milestone(title="one"),),
            ),
            PERCENT,
            "1 milestone",
            id="milestones",
        ),
    ],
)
def test_a_key_result_says_who_does_what_by_how_much(
    key_result: KeyResult, unit: Unit, amount: str
) -> None:
    assert _said(key_result, unit) == f"do O1-KR1: {amount}"


def test_a_key_result_names_who() -> None:
    key_result = a_key_result(
        who="online customers",
        does_what="complete the pre-approval",
        baseline=40,
        by_how_much=by(BY_POINTS, 20),
    )

    said = _said(key_result, PERCENT)

    assert said == "online customers complete the pre-approval: 40 % → 60 % (+20 points)"


def test_a_binary_says_only_what_is_done() -> None:
    done = a_key_result(result_kind=KeyResultKind.BINARY, metric=None)

    assert _said(done, PERCENT) == "do O1-KR1"


def _opportunity_said(*records: Node, improves: tuple[str, ...], **links: Fields) -> str:
    opportunity = an_opportunity("OP1", change="streamline the pre-approval")
    structure = [a_link("OP1", Relation.IMPROVES, key) for key in improves]
    anchored = [a_link(key, Relation.ANCHORED_ON, "OP1") for key in links.get("anchored", ())]
    steps = [a_link("MJ1", Relation.HAS_STEP, "upload")] if "upload" in improves else []
    atlas = an_atlas(
        opportunity,
        a_journey("MJ1", title="Securing a mortgage"),
        a_journey("MJ2", title="Running my month"),
        a_journey("MJ3", title="Becoming a customer"),
        a_step("upload"),
        a_metric(unit=UnitKind.PERCENT),
        *records,
        links=[*structure, *anchored, *steps],
    )
    return opportunity_statement(atlas, atlas.get(id_of("OP1"), Opportunity))


@pytest.mark.parametrize(
    ("improves", "opening"),
    [
        pytest.param((), "We will", id="nothing"),
        pytest.param(("MJ1",), "In the Securing a mortgage journey, we will", id="a journey"),
        pytest.param(("upload",), "In the Securing a mortgage journey, we will", id="a step of it"),
        pytest.param(
            ("MJ1", "upload"), "In the Securing a mortgage journey, we will", id="both: once"
        ),
        pytest.param(
            ("MJ1", "MJ2", "MJ3"),
            "In the Securing a mortgage, Running my month and Becoming a customer journeys, "
            "we will",
            id="several",
        ),
    ],
)
def test_an_opportunity_names_its_journeys(improves: tuple[str, ...], opening: str) -> None:
    assert _opportunity_said(improves=improves) == f"{opening} streamline the pre-approval."


def test_an_opportunity_names_the_key_results_of_active_cycles() -> None:
    closed = a_quarter(
        "Q3-26", start=date(2026, 7, 1), end=date(2026, 9, 30), state=CycleState.CLOSED
    )
    records = (
        closed,
        an_objective("O1"),
        a_key_result("O1-KR1", baseline=40, target=48),
        a_threshold("O1-KR2", at_most=2, position=1),
        an_objective("O8", "Q3-26"),
        a_key_result("O8-KR1", baseline=36, target=42),
    )

    said = _opportunity_said(*records, improves=("MJ1",), anchored=("O1", "O8"))

    assert said == (
        "In the Securing a mortgage journey, we will streamline the pre-approval, which will "
        "do O1-KR1: 40 % → 48 % (+8 points) and do O1-KR2: at most 2 %."
    )
