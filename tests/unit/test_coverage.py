"""The coverage of journeys as a matrix."""

from collections.abc import Iterable
from decimal import Decimal

import pytest

from domain.coverage import Coverage, CoverageAspect, CoverageCell, coverage
from domain.cycle import CycleState
from domain.goal import GoalKind
from domain.insight import Insight, InsightKind
from domain.journey import Journey
from domain.links import Link, MeasureDimension, Relation
from domain.node import Node
from domain.opportunity import OpportunityStatus
from domain.solution import SolutionStatus
from domain.view import View
from tests.builders import (
    NOW,
    Fields,
    a_goal,
    a_journey,
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

Aspect = CoverageAspect


def an_insight(key: str = "I1", **fields: Fields) -> Insight:
    defaults: dict[str, Fields] = {
        "id": id_of(key),
        "key": key,
        "title": key,
        "created_at": NOW,
        "updated_at": NOW,
        "insight_kind": InsightKind.PAIN,
    }
    return Insight(**{**defaults, **fields})


def _view(*records: Node, links: Iterable[Link] = ()) -> View:
    return a_view(an_atlas(*records, links=links))


def _coverage(view: View, **fields: Fields) -> Coverage:
    return coverage(view, view.atlas.all(Journey), **fields)


def _cell(view: View, aspect: Aspect, journey: str = "MJ1", **fields: Fields) -> CoverageCell:
    rows = {row.journey.key: row for row in _coverage(view, **fields).rows}
    (cell,) = (cell for cell in rows[journey].cells if cell.aspect is aspect)
    return cell


MICRO = a_link("MJ1", Relation.HAS_MICRO_JOURNEY, "micro")


@pytest.mark.parametrize(
    ("aspect", "records", "links"),
    [
        pytest.param(Aspect.STEP, [a_step()], [("HAS_STEP", "upload")], id="a step"),
        pytest.param(
            Aspect.MOMENT_THAT_MATTERS,
            [a_step(is_moment_that_matters=True)],
            [("HAS_STEP", "upload")],
            id="a step that matters",
        ),
        pytest.param(Aspect.INSIGHT, [an_insight()], [("I1", "SEEN_IN")], id="an insight"),
        pytest.param(
            Aspect.INSIGHT,
            [a_step(), an_insight()],
            [("HAS_STEP", "upload"), ("I1", "SEEN_IN", "upload")],
            id="an insight at a step",
        ),
        pytest.param(
            Aspect.OPPORTUNITY, [an_opportunity()], [("OP1", "IMPROVES")], id="an opportunity"
        ),
        pytest.param(
            Aspect.SOLUTION,
            [a_step(), an_opportunity(), a_solution()],
            [("HAS_STEP", "upload"), ("OP1", "IMPROVES", "upload"), ("S1", "ADDRESSES", "OP1")],
            id="a solution",
        ),
        pytest.param(
            Aspect.OBJECTIVE, [an_objective()], [("O1", "ANCHORED_ON")], id="an objective"
        ),
        pytest.param(
            Aspect.OBJECTIVE,
            [an_opportunity(), an_objective()],
            [("OP1", "IMPROVES"), ("O1", "ANCHORED_ON", "OP1")],
            id="an objective of an opportunity",
        ),
    ],
)
@pytest.mark.parametrize("on", ["MJ1", "micro"])
def test_a_journey_has_what_its_branch_and_its_micro_journeys_have(
    aspect: Aspect, records: list[Node], links: list[tuple[str, ...]], on: str
) -> None:
    view = _view(
        a_journey("MJ1"),
        a_journey("micro"),
        *records,
        links=[MICRO, *(_link(on, x) for x in links)],
    )

    cell = _cell(view, aspect)

    assert cell.is_covered
    assert (cell.own, cell.beneath) == ((1, 0) if on == "MJ1" else (0, 1))


def _link(journey: str, ends: tuple[str, ...]) -> Link:
    """Build a link of a journey: ("HAS_STEP", target), (source, "SEEN_IN"), or one of others."""
    if ends[0] in list(Relation):
        return a_link(journey, Relation(ends[0]), ends[1])
    return a_link(ends[0], Relation(ends[1]), ends[2] if ends[2:] else journey)


@pytest.mark.parametrize(
    ("aspect", "journey", "records", "link"),
    [
        pytest.param(Aspect.OWNER, {"owner": id_of("lending")}, [], None, id="an owner"),
        pytest.param(Aspect.PERSONA, {"personas": (id_of("buyer"),)}, [], None, id="a persona"),
        pytest.param(
            Aspect.BUSINESS_GOAL, {}, [a_goal("G")], ("G", "SERVED_BY"), id="a business goal"
        ),
        pytest.param(
            Aspect.CUSTOMER_GOAL,
            {},
            [a_goal("G", goal_kind=GoalKind.CUSTOMER)],
            ("G", "SERVED_BY"),
            id="a customer goal",
        ),
        pytest.param(
            Aspect.EFFECTIVENESS,
            {},
            [a_metric()],
            ("MT-1", "MEASURES", MeasureDimension.EFFECTIVENESS),
            id="a measure of effectiveness",
        ),
        pytest.param(
            Aspect.EFFICIENCY,
            {},
            [a_metric()],
            ("MT-1", "MEASURES", MeasureDimension.EFFICIENCY),
            id="a measure of efficiency",
        ),
    ],
)
def test_what_a_micro_journey_has_for_itself_says_nothing_of_the_one_above(
    aspect: Aspect, journey: dict[str, Fields], records: list[Node], link: tuple[str, ...] | None
) -> None:
    links = [MICRO]
    if link is not None:
        dimension = MeasureDimension(link[2]) if link[2:] else None
        links.append(a_link(link[0], Relation(link[1]), "micro", dimension=dimension))
    view = _view(a_journey("MJ1"), a_journey("micro", **journey), *records, links=links)

    assert _cell(view, aspect, "micro").own == 1
    assert not _cell(view, aspect, "MJ1").is_covered


@pytest.mark.parametrize(
    ("aspect", "record", "relation"),
    [
        pytest.param(
            Aspect.OPPORTUNITY,
            an_opportunity("X", status=OpportunityStatus.DROPPED),
            Relation.IMPROVES,
            id="dropped",
        ),
        pytest.param(
            Aspect.OPPORTUNITY, an_opportunity("X", archived_at=NOW), Relation.IMPROVES, id="old"
        ),
        pytest.param(
            Aspect.INSIGHT, an_insight("X", archived_at=NOW), Relation.SEEN_IN, id="old insight"
        ),
        pytest.param(
            Aspect.EFFECTIVENESS,
            a_metric("X", archived_at=NOW),
            Relation.MEASURES,
            id="old measure",
        ),
        pytest.param(
            Aspect.OBJECTIVE, an_objective("X", "Q3-26"), Relation.ANCHORED_ON, id="another cycle"
        ),
    ],
)
def test_what_is_given_up_does_not_count(aspect: Aspect, record: Node, relation: Relation) -> None:
    closed = a_quarter("Q3-26", state=CycleState.CLOSED)
    dimension = MeasureDimension.EFFECTIVENESS if relation is Relation.MEASURES else None
    link = a_link("X", relation, "MJ1", dimension=dimension)

    assert not _cell(_view(a_journey("MJ1"), closed, record, links=[link]), aspect).is_covered


def test_a_cancelled_solution_does_not_count() -> None:
    view = _view(
        a_journey("MJ1"),
        an_opportunity(),
        a_solution(status=SolutionStatus.CANCELLED),
        links=[a_link("OP1", Relation.IMPROVES, "MJ1"), a_link("S1", Relation.ADDRESSES, "OP1")],
    )

    assert not _cell(view, Aspect.SOLUTION).is_covered


def test_objectives_of_another_cycle_count_where_it_is_asked_for() -> None:
    closed = a_quarter("Q3-26", state=CycleState.CLOSED)
    objective = an_objective("O1", "Q3-26")
    link = a_link("O1", Relation.ANCHORED_ON, "MJ1")
    view = _view(a_journey("MJ1"), closed, objective, links=[link])

    assert _cell(view, Aspect.OBJECTIVE, cycle=closed.id).own == 1


def test_what_stands_on_a_journey_and_beneath_it_counts_once() -> None:
    view = _view(
        a_journey("MJ1", is_moment_that_matters=True),
        a_journey("micro", is_moment_that_matters=True),
        an_insight(),
        links=[
            MICRO,
            a_link("I1", Relation.SEEN_IN, "MJ1"),
            a_link("I1", Relation.SEEN_IN, "micro"),
        ],
    )

    insight, moment = _cell(view, Aspect.INSIGHT), _cell(view, Aspect.MOMENT_THAT_MATTERS)

    assert (insight.own, insight.beneath) == (1, 0)
    assert (moment.own, moment.beneath) == (1, 1)


def test_rows_and_columns_are_added_up() -> None:
    view = _view(
        a_journey("MJ1", owner=id_of("lending"), personas=(id_of("buyer"),)),
        a_journey("MJ2", owner=id_of("lending")),
        a_journey("MJ3"),
        a_journey("MJ4"),
    )

    found = _coverage(view)

    # 2, 1 and 0 of the 12 aspects
    twelfths = [round(row.share * 12) for row in found.rows]
    assert twelfths == [2, 1, 0, 0]
    assert [(t.aspect, t.covered, t.share) for t in found.totals][:2] == [
        (Aspect.OWNER, 2, Decimal("0.5")),
        (Aspect.PERSONA, 1, Decimal("0.25")),
    ]


def test_rows_stand_in_the_asked_order_and_cells_in_that_of_the_aspects() -> None:
    view = _view(a_journey("MJ1"), a_journey("MJ2"))
    asked = [view.atlas.get(id_of(key), Journey) for key in ("MJ2", "MJ1")]

    found = coverage(view, asked)

    assert [row.journey.key for row in found.rows] == ["MJ2", "MJ1"]
    assert [cell.aspect for cell in found.rows[0].cells] == list(Aspect)


def test_the_matrix_of_no_journeys_has_no_shares() -> None:
    found = coverage(_view(), [])

    assert found.rows == ()
    assert {total.share for total in found.totals} == {None}
