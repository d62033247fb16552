"""Delivery and outcome of an opportunity: two numbers, and where they part."""

from datetime import date
from decimal import Decimal

import pytest

from domain.delivery import Divergence, delivery, divergence, outcome
from domain.links import Relation
from domain.opportunity import Opportunity
from domain.solution import Solution, SolutionStatus
from domain.view import View
from tests.builders import (
    TODAY,
    Number,
    a_key_result,
    a_link,
    a_metric,
    a_solution,
    a_view,
    an_atlas,
    an_objective,
    an_opportunity,
    id_of,
)

RELEASED, BUILDING = SolutionStatus.RELEASED, SolutionStatus.BUILDING
CANCELLED = SolutionStatus.CANCELLED
FOUR_WEEKS_AGO = date(2026, 10, 25)


def _solution(number: int, status: SolutionStatus, released_at: date | None = None) -> Solution:
    return a_solution(f"S{number}", status=status, released_at=released_at)


def _view(*solutions: Solution, value: Number | None = None, today: date = TODAY) -> View:
    links = [a_link(each.key, Relation.ADDRESSES, "OP1") for each in solutions]
    anchored = a_link("O1", Relation.ANCHORED_ON, "OP1")
    records = (a_metric(), an_objective("O1"), a_key_result(), an_opportunity("OP1"), *solutions)
    values = {} if value is None else {"MT-1": value}
    return a_view(an_atlas(*records, links=[*links, anchored]), values=values, today=today)


def _opportunity(view: View) -> Opportunity:
    return view.atlas.get(id_of("OP1"), Opportunity)


@pytest.mark.parametrize(
    ("solutions", "value"),
    [
        pytest.param([], None, id="none"),
        pytest.param([_solution(1, CANCELLED)], None, id="only a cancelled one"),
        pytest.param([_solution(1, BUILDING)], "0", id="0 of 1"),
        pytest.param(
            [_solution(1, RELEASED, TODAY), _solution(2, BUILDING), _solution(3, CANCELLED)],
            "0.5",
            id="1 of 2, one cancelled",
        ),
        pytest.param([_solution(1, RELEASED)], "1", id="released, nobody knows when"),
        pytest.param([_solution(1, RELEASED, date(2026, 11, 23))], "0", id="released tomorrow"),
    ],
)
def test_delivery_is_released_by_not_cancelled(
    solutions: list[Solution], value: str | None
) -> None:
    view = _view(*solutions)

    found = delivery(view, _opportunity(view))

    assert found.value == (None if value is None else Decimal(value))
    assert (found.reason is None) is (value is not None)


def test_outcome_is_the_progress_of_the_opportunitys_own_objectives() -> None:
    view = _view(_solution(1, RELEASED, TODAY), value=42)

    assert outcome(view, _opportunity(view)).value == Decimal("0.42")


@pytest.mark.parametrize(
    ("solution", "value", "expected"),
    [
        pytest.param(
            _solution(1, RELEASED, FOUR_WEEKS_AGO),
            "9.9",
            Divergence.SHIPPED_NOT_MOVED,
            id="shipped",
        ),
        pytest.param(_solution(1, RELEASED, date(2026, 10, 26)), "9.9", None, id="27 days only"),
        pytest.param(_solution(1, RELEASED, FOUR_WEEKS_AGO), 10, None, id="moved by a tenth"),
        pytest.param(_solution(1, BUILDING), 30, Divergence.MOVED_NOT_SHIPPED, id="moved"),
        pytest.param(_solution(1, BUILDING), "29.9", None, id="not moved enough"),
        pytest.param(_solution(1, RELEASED, TODAY), 30, None, id="moved and shipped"),
        pytest.param(_solution(1, RELEASED, FOUR_WEEKS_AGO), None, None, id="outcome unknown"),
    ],
)
def test_delivery_and_outcome_diverge(
    solution: Solution, value: Number | None, expected: Divergence | None
) -> None:
    view = _view(solution, value=value)

    assert divergence(view, _opportunity(view)) is expected


def test_what_moves_without_any_solution_has_not_shipped() -> None:
    view = _view(value=50)

    assert divergence(view, _opportunity(view)) is Divergence.MOVED_NOT_SHIPPED


def test_delivery_explains_what_it_counted() -> None:
    view = _view(_solution(1, RELEASED, TODAY), _solution(2, CANCELLED))

    explain = delivery(view, _opportunity(view)).explain

    assert {each.name: each.value for each in explain.inputs} == {
        "released": Decimal(1),
        "not cancelled": Decimal(1),
    }
    assert [each.node for each in explain.excluded] == [id_of("S2")]
