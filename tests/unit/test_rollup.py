"""How progress adds up: weights, modes, what is left out, and the chains of contribution."""

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import pytest

from domain.links import Link, Relation
from domain.node import Node
from domain.okr import KeyResult, ManualProgress, Objective, RollupMode
from domain.progress import Progress, ProgressState
from domain.reason import ReasonCode
from domain.rollup import counted_items, objective_progress
from domain.view import View
from tests.builders import (
    NOW,
    TODAY,
    Fields,
    Number,
    a_key_result,
    a_link,
    a_metric,
    a_view,
    an_atlas,
    an_objective,
    id_of,
)

VALUES: dict[str, Number] = {"MT-0": 0, "MT-40": 40, "MT-80": 80, "MT-200": 200}
"""A key result from 0 to 100 on one of these metrics has that many hundredths of progress."""


def _key_result(key: str, metric: str, weight: Number = 1, **fields: Fields) -> KeyResult:
    return a_key_result(key, metric=metric, weight=Decimal(weight), **fields)


def _view(*records: Node, links: tuple[Link, ...] = (), today: date = TODAY) -> View:
    metrics = [a_metric(key) for key in (*VALUES, "MT-unknown")]
    return a_view(an_atlas(*metrics, *records, links=links), values=VALUES, today=today)


def _progress(view: View, key: str = "O1") -> Progress:
    return objective_progress(view, view.atlas.get(id_of(key), Objective))


@pytest.mark.parametrize(
    ("key_results", "value", "coverage"),
    [
        pytest.param([("MT-40", 1), ("MT-80", 1)], "0.6", "1", id="plain mean"),
        # (3 x 0.4 + 0.8) / 4
        pytest.param([("MT-40", 3), ("MT-80", 1)], "0.5", "1", id="weighted"),
        pytest.param([("MT-40", 1), ("MT-80", 0)], "0.4", "1", id="weight 0 doesn't count"),
        # one runaway key result can't hide another: (1 + 0.4) / 2
        pytest.param([("MT-200", 1), ("MT-40", 1)], "0.7", "1", id="clamped"),
        # without a value it is left out, and coverage says so: 3 of 4 parts
        pytest.param([("MT-40", 3), ("MT-unknown", 1)], "0.4", "0.75", id="one unknown"),
        pytest.param([("MT-40", 1), ("MT-unknown", 0)], "0.4", "1", id="an unknown of weight 0"),
    ],
)
def test_an_objective_is_the_weighted_mean_of_what_has_a_value(
    key_results: list[tuple[str, int]], value: str, coverage: str
) -> None:
    items = [_key_result(f"O1-KR{n}", m, w) for n, (m, w) in enumerate(key_results)]

    progress = _progress(_view(an_objective("O1"), *items))

    assert progress.value == Decimal(value)
    assert progress.data_coverage == Decimal(coverage)
    assert progress.state is ProgressState.MEASURED


@pytest.mark.parametrize(
    ("key_results", "state", "code"),
    [
        pytest.param([], ProgressState.NO_DATA, ReasonCode.NO_ITEMS, id="nothing to count"),
        pytest.param(
            [("MT-unknown", 1)],
            ProgressState.NO_DATA,
            ReasonCode.NO_ITEM_WITH_VALUE,
            id="none has a value",
        ),
        pytest.param(
            [("MT-40", 0), ("MT-80", 0)],
            ProgressState.INDETERMINATE,
            ReasonCode.ALL_WEIGHTS_ZERO,
            id="all weights 0",
        ),
    ],
)
def test_an_objective_without_a_mean_says_why(
    key_results: list[tuple[str, int]], state: ProgressState, code: ReasonCode
) -> None:
    items = [_key_result(f"O1-KR{n}", m, w) for n, (m, w) in enumerate(key_results)]

    progress = _progress(_view(an_objective("O1"), *items))

    assert (progress.raw, progress.value) == (None, None)
    assert progress.data_coverage == 0
    assert progress.state is state
    assert progress.reason is not None
    assert progress.reason.code is code


def test_guardrails_and_archived_key_results_do_not_count() -> None:
    progress = _progress(
        _view(
            an_objective("O1"),
            _key_result("O1-KR1", "MT-40"),
            _key_result("O1-KR2", "MT-80", is_guardrail=True),
            _key_result("O1-KR3", "MT-80", archived_at=NOW),
        )
    )

    assert progress.value == Decimal("0.4")


@pytest.mark.parametrize(
    ("mode", "value"),
    [
        pytest.param(RollupMode.KEY_RESULTS, "0.4", id="its key result"),
        # (1 x 0.8 + 3 x 0) / 4
        pytest.param(RollupMode.CHILDREN, "0.2", id="its children"),
        # (1 x 0.4 + 1 x 0.8 + 3 x 0) / 5
        pytest.param(RollupMode.BOTH, "0.24", id="both"),
    ],
)
def test_the_mode_says_what_counts(mode: RollupMode, value: str) -> None:
    view = _view(
        an_objective("O1", rollup=mode),
        _key_result("O1-KR1", "MT-40"),
        an_objective("O2"),
        _key_result("O2-KR1", "MT-80"),
        an_objective("O3"),
        _key_result("O3-KR1", "MT-0"),
        links=(
            a_link("O2", Relation.CONTRIBUTES_TO, "O1"),
            a_link("O3", Relation.CONTRIBUTES_TO, "O1", weight=Decimal(3)),
        ),
    )

    assert _progress(view).value == Decimal(value)


def test_a_child_of_weight_0_is_aligned_and_not_counted() -> None:
    view = _view(
        an_objective("O1", rollup=RollupMode.BOTH),
        _key_result("O1-KR1", "MT-40"),
        an_objective("O2"),
        _key_result("O2-KR1", "MT-80"),
        links=(a_link("O2", Relation.CONTRIBUTES_TO, "O1", weight=Decimal(0)),),
    )

    progress = _progress(view)

    assert progress.value == Decimal("0.4")
    assert [(each.node, each.weight) for each in progress.explain.weights] == [
        (id_of("O1-KR1"), Decimal(1)),
        (id_of("O2"), Decimal(0)),
    ]


def test_alignment_moves_no_number() -> None:
    view = _view(
        an_objective("O1", rollup=RollupMode.BOTH),
        _key_result("O1-KR1", "MT-40"),
        an_objective("O2"),
        _key_result("O2-KR1", "MT-80"),
        links=(a_link("O2", Relation.ALIGNED_WITH, "O1"),),
    )

    assert _progress(view).value == Decimal("0.4")


STATED = ManualProgress(value=Decimal("0.9"), by=id_of("ada"), at=NOW, reason="Seen in the field.")


def test_a_manual_value_stands_beside_the_computed_one() -> None:
    objective = an_objective("O1", rollup=RollupMode.MANUAL, manual_progress=STATED)

    progress = _progress(_view(objective, _key_result("O1-KR1", "MT-40")))

    assert progress.value == Decimal("0.9")
    assert progress.computed == Decimal("0.4")
    assert progress.manual == STATED
    assert progress.data_coverage == 1
    assert progress.explain.formula.startswith("manual value")


def test_a_manual_value_never_replaces_the_computed_one_in_another_mode() -> None:
    objective = an_objective("O1", manual_progress=STATED)

    progress = _progress(_view(objective, _key_result("O1-KR1", "MT-40")))

    assert progress.value == Decimal("0.4")
    assert progress.manual == STATED


def test_a_manual_value_counts_from_when_it_was_set() -> None:
    later = replace(STATED, at=datetime(2026, 11, 24, tzinfo=NOW.tzinfo))
    objective = an_objective("O1", rollup=RollupMode.MANUAL, manual_progress=later)

    progress = _progress(_view(objective, _key_result("O1-KR1", "MT-40")))

    assert progress.value is None
    assert progress.computed == Decimal("0.4")
    assert progress.reason is not None
    assert progress.reason.code is ReasonCode.NO_MANUAL_VALUE


def test_a_chain_of_contribution_of_any_length_is_walked() -> None:
    length = 3_000
    objectives = [an_objective(f"O{n}", rollup=RollupMode.CHILDREN) for n in range(length)]
    last = replace(objectives[-1], rollup=RollupMode.KEY_RESULTS)
    links = [a_link(f"O{n + 1}", Relation.CONTRIBUTES_TO, f"O{n}") for n in range(length - 1)]
    view = _view(
        *objectives[:-1], last, _key_result(f"O{length - 1}-KR1", "MT-40"), links=tuple(links)
    )

    assert _progress(view, "O0").value == Decimal("0.4")


def test_a_circle_that_should_not_exist_is_left_out_with_its_reason() -> None:
    view = _view(
        an_objective("O1", rollup=RollupMode.BOTH),
        _key_result("O1-KR1", "MT-40"),
        an_objective("O2", rollup=RollupMode.CHILDREN),
        links=(
            a_link("O2", Relation.CONTRIBUTES_TO, "O1"),
            a_link("O1", Relation.CONTRIBUTES_TO, "O2"),
        ),
    )

    progress = _progress(view)

    assert progress.value == Decimal("0.4")
    assert id_of("O2") in [each.node for each in progress.explain.excluded]


def test_explain_lets_a_client_recompute_the_mean() -> None:
    view = _view(
        an_objective("O1"),
        _key_result("O1-KR1", "MT-40", 3),
        _key_result("O1-KR2", "MT-unknown"),
        _key_result("O1-KR3", "MT-80", is_guardrail=True),
    )

    explain = _progress(view).explain

    assert [(each.name, each.value) for each in explain.inputs] == [
        ("O1-KR1", Decimal("0.4")),
        ("O1-KR2", None),
    ]
    assert [each.weight for each in explain.weights] == [3, 1]
    assert {each.node: each.reason.code for each in explain.excluded} == {
        id_of("O1-KR2"): ReasonCode.NO_OBSERVATION,
        id_of("O1-KR3"): ReasonCode.GUARDRAIL,
    }


def test_the_counted_items_are_told_with_weight_and_progress() -> None:
    view = _view(an_objective("O1"), _key_result("O1-KR1", "MT-40", 3))

    (item,) = counted_items(view, view.atlas.get(id_of("O1"), Objective))

    assert (item.node.key, item.weight, item.progress.value) == (
        "O1-KR1",
        Decimal(3),
        Decimal("0.4"),
    )
