"""Marks on a metric's time axis."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

import pytest

from domain.errors import TooMuch
from domain.links import Link, Relation
from domain.marks import MARKS_AT_MOST, Mark, MarkKind, marks
from domain.metric import Metric, SeriesBreak
from domain.node import Node
from domain.okr import Bounds
from domain.solution import SolutionStatus
from domain.view import View
from tests.builders import (
    NOW,
    Fields,
    a_goal,
    a_journey,
    a_key_result,
    a_link,
    a_metric,
    a_solution,
    a_step,
    a_threshold,
    a_view,
    an_atlas,
    an_objective,
    an_opportunity,
    id_of,
)

OCTOBER = date(2026, 10, 12)


def _released(key: str = "S1", **fields: Fields) -> Node:
    out: dict[str, Fields] = {"status": SolutionStatus.RELEASED, "released_at": OCTOBER}
    return a_solution(key, **{**out, **fields})


CHAIN: tuple[Node, ...] = (
    a_goal("BG1"),
    a_journey("MJ1"),
    a_step("upload"),
    an_opportunity("OP1"),
    _released("S1"),
)
CHAIN_LINKS = (
    a_link("BG1", Relation.SERVED_BY, "MJ1"),
    a_link("MJ1", Relation.HAS_STEP, "upload"),
    a_link("OP1", Relation.IMPROVES, "upload"),
    a_link("S1", Relation.ADDRESSES, "OP1"),
)


def _view(*records: Node, links: Iterable[Link] = ()) -> View:
    has_metric = any(isinstance(record, Metric) for record in records)
    metric = () if has_metric else (a_metric(),)
    return a_view(an_atlas(*metric, *records, links=links))


def _marks(view: View, *kinds: MarkKind, **between: date) -> list[Mark]:
    metric = view.atlas.get(id_of("MT-1"), Metric)
    return marks(view, metric, kinds=kinds or tuple(MarkKind), **between)


@pytest.mark.parametrize("measured", ["BG1", "MJ1", "upload", "OP1", "S1"])
def test_a_release_is_marked_on_what_lies_above_it(measured: str) -> None:
    measures = a_link("MT-1", Relation.MEASURES, measured)
    view = _view(*CHAIN, links=[*CHAIN_LINKS, measures])

    (mark,) = _marks(view, MarkKind.RELEASE)

    assert mark == Mark(kind=MarkKind.RELEASE, date=OCTOBER, node=id_of("S1"), title="S1")


@pytest.mark.parametrize("anchor", ["BG1", "MJ1", "OP1", "S1"])
@pytest.mark.parametrize("by_driving", [False, True], ids=["used", "driven"])
def test_a_release_is_marked_where_its_objectives_use_or_drive_the_metric(
    anchor: str, *, by_driving: bool
) -> None:
    key_result = a_key_result("O1-KR1", metric=None if by_driving else "MT-1")
    links = [a_link("O1", Relation.ANCHORED_ON, anchor)]
    if by_driving:
        links.append(a_link("O1-KR1", Relation.DRIVES, "MT-1"))
    view = _view(*CHAIN, an_objective("O1"), key_result, links=[*CHAIN_LINKS, *links])

    found = _marks(view, MarkKind.RELEASE)

    assert [mark.node for mark in found] == [id_of("S1")]


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"status": SolutionStatus.BUILDING}, id="not out"),
        pytest.param({"released_at": None}, id="nobody knows when"),
        pytest.param({"archived_at": NOW}, id="archived"),
    ],
)
def test_what_is_not_released_on_a_day_is_not_marked(fields: dict[str, Fields]) -> None:
    measures = a_link("MT-1", Relation.MEASURES, "S1")
    view = _view(_released("S1", **fields), links=[measures])

    assert _marks(view, MarkKind.RELEASE) == []


def test_a_release_of_something_else_is_not_marked() -> None:
    view = _view(*CHAIN, an_objective("O1"), a_key_result("O1-KR1"), links=CHAIN_LINKS)

    assert _marks(view, MarkKind.RELEASE) == []


def test_an_archived_objective_brings_no_marks() -> None:
    view = _view(
        *CHAIN,
        an_objective("O1", archived_at=NOW),
        a_key_result("O1-KR1"),
        a_key_result("O1-KR2", metric=None),
        links=[
            *CHAIN_LINKS,
            a_link("O1", Relation.ANCHORED_ON, "S1"),
            a_link("O1-KR2", Relation.DRIVES, "MT-1"),
        ],
    )

    assert _marks(view) == []


def test_series_breaks_are_marked_with_their_reason() -> None:
    broken = SeriesBreak(date=date(2026, 6, 1), reason="defined anew")
    view = _view(a_metric(series_breaks=(broken,)))

    assert _marks(view, MarkKind.SERIES_BREAK) == [
        Mark(
            kind=MarkKind.SERIES_BREAK,
            date=date(2026, 6, 1),
            node=id_of("MT-1"),
            title="defined anew",
        )
    ]


def test_cycles_of_the_key_results_are_marked_once_at_both_ends() -> None:
    view = _view(
        an_objective("O1", "Q4-26"),
        a_key_result("O1-KR1"),
        a_key_result("O1-KR2"),
        an_objective("O2"),
        a_key_result("O2-KR1", metric=None),
    )

    found = _marks(view, MarkKind.CYCLE_START, MarkKind.CYCLE_END)

    assert [(mark.date, mark.title) for mark in found] == [
        (date(2026, 10, 1), "Q4-26 begins"),
        (date(2026, 12, 31), "Q4-26 ends"),
    ]


@pytest.mark.parametrize(
    ("key_result", "value"),
    [
        pytest.param(a_key_result(baseline=61, target=70), Decimal(70), id="a target"),
        pytest.param(a_threshold(at_least=95), Decimal(95), id="a lower bound"),
        pytest.param(a_threshold(at_most=5), Decimal(5), id="an upper bound"),
        pytest.param(a_threshold(bounds=Bounds(lower=Decimal(1), upper=Decimal(2))), None, id="2"),
    ],
)
def test_a_target_is_due_when_its_cycle_ends(key_result: Node, value: Decimal | None) -> None:
    view = _view(an_objective("O1"), key_result)

    (mark,) = _marks(view, MarkKind.TARGET)

    assert (mark.date, mark.node, mark.value) == (date(2026, 12, 31), key_result.id, value)
    assert mark.title.startswith("do O1-KR1: ")


def test_a_key_result_without_a_target_marks_none() -> None:
    view = _view(an_objective("O1"), a_key_result(target=None))

    assert _marks(view, MarkKind.TARGET) == []


def test_marks_stand_in_order_of_time_then_of_kind() -> None:
    last_day = date(2026, 12, 31)
    view = _view(
        a_metric(series_breaks=(SeriesBreak(date=last_day, reason="defined anew"),)),
        _released("S2", released_at=last_day),
        _released("S1", released_at=last_day),
        an_objective("O1"),
        a_key_result("O1-KR1"),
        links=[
            a_link("MT-1", Relation.MEASURES, "S1"),
            a_link("MT-1", Relation.MEASURES, "S2"),
        ],
    )

    found = _marks(view)

    assert [(mark.kind, view.atlas.nodes[mark.node].key) for mark in found] == [
        (MarkKind.CYCLE_START, "FY26"),
        (MarkKind.SERIES_BREAK, "MT-1"),
        (MarkKind.RELEASE, "S1"),
        (MarkKind.RELEASE, "S2"),
        (MarkKind.TARGET, "O1-KR1"),
        (MarkKind.CYCLE_END, "FY26"),
    ]


@pytest.mark.parametrize(
    ("start", "end", "count"),
    [
        pytest.param(OCTOBER, OCTOBER, 1, id="both ends count"),
        pytest.param(date(2026, 10, 13), date(2026, 12, 1), 0, id="after"),
        pytest.param(date(2026, 1, 1), date(2026, 10, 11), 0, id="before"),
    ],
)
def test_only_the_asked_time_is_marked(start: date, end: date, count: int) -> None:
    view = _view(_released(), links=[a_link("MT-1", Relation.MEASURES, "S1")])

    assert len(_marks(view, MarkKind.RELEASE, start=start, end=end)) == count


def test_too_many_marks_are_refused_by_their_limit() -> None:
    keys = [f"S{n}" for n in range(MARKS_AT_MOST + 1)]
    links = [a_link("MT-1", Relation.MEASURES, key) for key in keys]
    view = _view(*(_released(key) for key in keys), links=links)

    with pytest.raises(TooMuch, match="at most 500 marks are possible"):
        _marks(view)
