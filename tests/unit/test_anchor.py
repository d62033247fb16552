"""What the objectives on a node and beneath it come to."""

from datetime import date
from decimal import Decimal

import pytest

from domain.anchor import AnchorProgress, anchor_progress
from domain.cycle import CycleState
from domain.errors import NotFound
from domain.links import Link, Relation
from domain.node import Node
from domain.reason import ReasonCode
from domain.view import View
from tests.builders import (
    NOW,
    Number,
    a_goal,
    a_journey,
    a_key_result,
    a_link,
    a_metric,
    a_quarter,
    a_solution,
    a_step,
    a_view,
    an_atlas,
    an_objective,
    an_opportunity,
    id_of,
)

STRUCTURE: tuple[Node, ...] = (
    a_goal("goal"),
    a_goal("sub-goal"),
    a_journey("macro"),
    a_journey("micro"),
    a_step("step"),
    an_opportunity("of-micro"),
    an_opportunity("of-step"),
    a_solution("solution"),
    a_metric("MT-20"),
    a_metric("MT-60"),
    a_metric("MT-unknown"),
    a_quarter("Q3-26", start=date(2026, 7, 1), end=date(2026, 9, 30), state=CycleState.CLOSED),
)

LINKS = (
    a_link("goal", Relation.HAS_SUB_GOAL, "sub-goal"),
    a_link("sub-goal", Relation.SERVED_BY, "macro"),
    a_link("goal", Relation.SERVED_BY, "micro"),
    a_link("macro", Relation.HAS_MICRO_JOURNEY, "micro"),
    a_link("micro", Relation.HAS_STEP, "step"),
    a_link("of-micro", Relation.IMPROVES, "micro"),
    a_link("of-step", Relation.IMPROVES, "step"),
    a_link("solution", Relation.ADDRESSES, "of-step"),
    a_link("solution", Relation.ADDRESSES, "of-micro"),
)

VALUES: dict[str, Number] = {"MT-20": 20, "MT-60": 60}


def _objective(key: str, anchor: str, metric: str, *records: Node) -> tuple[list[Node], Link]:
    objective = records or (an_objective(key),)
    key_result = a_key_result(f"{key}-KR1", metric=metric)
    return [*objective, key_result], a_link(key, Relation.ANCHORED_ON, anchor)


def _view(*objectives: tuple[list[Node], Link]) -> View:
    records = [record for records, _ in objectives for record in records]
    links = [*LINKS, *(link for _, link in objectives)]
    return a_view(an_atlas(*STRUCTURE, *records, links=links), values=VALUES)


def _progress(view: View, anchor: str, cycle: str | None = None) -> AnchorProgress:
    return anchor_progress(view, id_of(anchor), cycle=id_of(cycle) if cycle else None)


def test_own_downstream_and_all_are_plain_means() -> None:
    view = _view(
        _objective("O1", "macro", "MT-20"),
        _objective("O2", "micro", "MT-60"),
        _objective("O3", "solution", "MT-60"),
    )

    found = _progress(view, "macro")

    assert found.own.value == Decimal("0.2")
    assert found.downstream.value == Decimal("0.6")
    # (0.2 + 0.6 + 0.6) / 3 = 7/15
    assert found.all.value is not None
    assert round(found.all.value, 6) == Decimal("0.466667")


@pytest.mark.parametrize("anchor", ["goal", "sub-goal", "macro", "micro", "of-micro", "of-step"])
def test_a_solution_lies_beneath_everything_above_it_once(anchor: str) -> None:
    view = _view(_objective("O1", "solution", "MT-20"))

    assert _progress(view, anchor).downstream.objectives == (id_of("O1"),)


def test_an_objective_on_a_part_is_not_beneath_its_sibling() -> None:
    view = _view(_objective("O1", "of-micro", "MT-20"))

    assert _progress(view, "of-step").downstream.objectives == ()


def test_coverage_counts_objectives_with_a_value() -> None:
    view = _view(_objective("O1", "macro", "MT-20"), _objective("O2", "macro", "MT-unknown"))

    own = _progress(view, "macro").own

    assert own.value == Decimal("0.2")
    assert own.data_coverage == Decimal("0.5")
    assert [each.node for each in own.explain.excluded] == [id_of("O2")]


@pytest.mark.parametrize(
    ("objectives", "code"),
    [
        pytest.param([], ReasonCode.NO_ITEMS, id="no objective"),
        pytest.param(
            [_objective("O1", "macro", "MT-unknown")],
            ReasonCode.NO_ITEM_WITH_VALUE,
            id="no value",
        ),
    ],
)
def test_no_mean_says_why(objectives: list[tuple[list[Node], Link]], code: ReasonCode) -> None:
    own = _progress(_view(*objectives), "macro").own

    assert own.value is None
    assert own.data_coverage == 0
    assert own.reason is not None
    assert own.reason.code is code


def test_a_cycle_holds_the_cycles_inside_it_and_active_ones_are_the_default() -> None:
    closed = an_objective("O3", "Q3-26")
    view = _view(
        _objective("O1", "macro", "MT-20"),
        _objective("O2", "macro", "MT-20", an_objective("O2", "Q4-26")),
        _objective("O3", "macro", "MT-20", closed),
    )

    assert _keys(view, None) == {"O1", "O2"}
    assert _keys(view, "FY26") == {"O1", "O2", "O3"}
    assert _keys(view, "Q3-26") == {"O3"}


def test_what_is_carried_on_in_the_asked_cycles_is_left_out() -> None:
    view = _view(
        _objective("O1", "macro", "MT-20", an_objective("O1", "Q3-26")),
        _objective("O2", "micro", "MT-60", an_objective("O2", "Q4-26", predecessor=id_of("O1"))),
    )

    assert _keys(view, "FY26") == set()
    assert _keys(view, "Q3-26") == {"O1"}


def test_an_archived_successor_carries_nothing_on() -> None:
    archived = an_objective("O2", "Q4-26", predecessor=id_of("O1"), archived_at=NOW)
    view = _view(_objective("O1", "macro", "MT-20"), _objective("O2", "macro", "MT-60", archived))

    assert _keys(view, "FY26") == {"O1"}


def test_an_unknown_cycle_is_refused() -> None:
    with pytest.raises(NotFound):
        _progress(_view(), "macro", "FY99")


def _keys(view: View, cycle: str | None) -> set[str]:
    found = _progress(view, "macro", cycle).own.objectives
    return {view.atlas.nodes[objective].key for objective in found}
