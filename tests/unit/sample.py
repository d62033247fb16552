"""The sample bank's objectives as records, with the values that the reference gives them.

A small copy in builders, so that the formulas are tested without the atlas file or any store.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from domain.atlas import Atlas
from domain.cycle import CycleState
from domain.links import Link, Relation
from domain.metric import Direction, Metric, Observation, Unit, UnitKind
from domain.node import Node
from domain.okr import HowMuchKind, KeyResultKind
from domain.solution import SolutionStatus
from domain.source import SourceError, SourceState
from domain.view import View
from tests.builders import (
    NOW,
    TODAY,
    a_cycle,
    a_goal,
    a_journey,
    a_key_result,
    a_link,
    a_metric,
    a_quarter,
    a_solution,
    a_source,
    a_threshold,
    a_view,
    an_atlas,
    an_objective,
    an_observation,
    an_opportunity,
    by,
)

DAY = 86_400

PER_10_000 = Unit(kind=UnitKind.RATE, per=10_000)
DAYS = Unit(kind=UnitKind.DURATION)

STRUCTURE: tuple[Node, ...] = (
    a_goal("BG1"),
    a_goal("BG2"),
    a_journey("MJ1"),
    a_journey("MJ2"),
    a_journey("MJ3"),
    a_journey("Pre-approval"),
    a_journey("Proving"),
    an_opportunity("OP1"),
    an_opportunity("OP2"),
    a_solution("S1", status=SolutionStatus.RELEASED, released_at=date(2026, 10, 12)),
    a_solution("S6", status=SolutionStatus.RELEASED, released_at=date(2026, 10, 5)),
    a_cycle("FY26"),
    a_quarter("Q4-26"),
    a_quarter("Q3-26", start=date(2026, 7, 1), end=date(2026, 9, 30), state=CycleState.CLOSED),
)

STRUCTURE_LINKS = (
    a_link("BG1", Relation.SERVED_BY, "MJ1"),
    a_link("BG1", Relation.SERVED_BY, "MJ3"),
    a_link("BG2", Relation.SERVED_BY, "MJ2"),
    a_link("MJ1", Relation.HAS_MICRO_JOURNEY, "Pre-approval"),
    a_link("MJ1", Relation.HAS_MICRO_JOURNEY, "Proving"),
    a_link("OP1", Relation.IMPROVES, "Pre-approval"),
    a_link("OP2", Relation.IMPROVES, "Proving"),
    a_link("S6", Relation.ADDRESSES, "OP1"),
    a_link("S1", Relation.ADDRESSES, "OP2"),
)

ANCHORS = {
    "O1": "BG1",
    "O2": "MJ1",
    "O3": "OP1",
    "O4": "S1",
    "O5": "MJ3",
    "O7": "BG2",
    "O8": "OP1",
    "O10": "MJ2",
    "O11": "S6",
}

OBJECTIVES: tuple[Node, ...] = (
    an_objective("O1"),
    a_key_result(
        "O1-KR1",
        metric="MT-TRUST",
        baseline=61,
        by_how_much=by(HowMuchKind.BY_AMOUNT, 9),
        weight=Decimal(2),
    ),
    a_key_result(
        "O1-KR2",
        metric="MT-CSAT",
        baseline=78,
        by_how_much=by(HowMuchKind.BY_POINTS, 6),
    ),
    a_key_result("O1-KR3", metric="MT-CPL", baseline=42, target=30),
    an_objective("O2"),
    a_key_result("O2-KR1", metric="MT-E2E", baseline=38 * DAY, target=28 * DAY, weight=Decimal(2)),
    a_key_result(
        "O2-KR2",
        metric="MT-ADOPT",
        baseline=52,
        by_how_much=by(HowMuchKind.BY_PERCENT, 15),
    ),
    a_key_result("O2-KR3", metric="MT-CONTACT", baseline=640, target=480),
    an_objective("O3", "Q4-26", predecessor=None),
    a_key_result(
        "O3-KR1",
        metric="MT-PREAPP",
        dimensions=(("channel", "online"),),
        baseline=40,
        by_how_much=by(HowMuchKind.BY_PERCENT, 20),
        weight=Decimal(2),
    ),
    a_key_result(
        "O3-KR2",
        metric="MT-INC",
        dimensions=(("persona", "self-employed"),),
        baseline=6 * DAY,
        target=3 * DAY,
    ),
    a_threshold("O3-KR3", metric="MT-ARREARS", at_most="1.8", is_guardrail=True),
    an_objective("O4", "Q4-26"),
    a_key_result(
        "O4-KR1",
        metric="MT-UPLOAD",
        baseline=62,
        by_how_much=by(HowMuchKind.BY_PERCENT, 10),
    ),
    a_key_result("O4-KR2", metric="MT-REJ", baseline=31, target=15),
    an_objective("O5", "Q4-26"),
    a_threshold("O5-KR1", metric="MT-DISP", at_least=95),
    an_objective("O7"),
    a_key_result("O7-KR1", metric="MT-BROKEN", baseline=10, target=20),
    a_key_result(
        "O7-KR2",
        metric="MT-NPS",
        result_kind=KeyResultKind.ESTABLISH_BASELINE,
        values_needed=3,
    ),
    a_key_result("O7-KR3", metric="MT-CHURN", baseline=10, target=8),
    an_objective("O8", "Q3-26"),
    a_key_result("O8-KR1", metric="MT-PREAPP", baseline=36, target=42),
    an_objective("O10", "Q4-26"),
    a_key_result(
        "O10-KR1",
        metric="MT-SAVE",
        baseline=20,
        by_how_much=by(HowMuchKind.BY_POINTS, 10),
    ),
    an_objective("O11", "Q4-26"),
    a_key_result("O11-KR1", metric="MT-LEAVE", baseline=22, target=15),
    a_threshold("O11-KR2", metric="MT-AFFORD", at_most=5, is_guardrail=True),
)


def the_sample_atlas() -> Atlas:
    """Index the sample, with O3 as the successor of O8."""
    links = [*STRUCTURE_LINKS, *_anchored()]
    return an_atlas(*STRUCTURE, *_metrics(), _failing_source(), *_objectives(), links=links)


def the_sample_view(today: date = TODAY) -> View:
    """See the sample with the reference's values, measured in the week up to its clock's day."""
    return a_view(the_sample_atlas(), observations=_observations(), today=today)


def _anchored() -> list[Link]:
    return [a_link(key, Relation.ANCHORED_ON, anchor) for key, anchor in ANCHORS.items()]


def _objectives() -> list[Node]:
    successor = an_objective("O3", "Q4-26", predecessor=an_objective("O8").id)
    return [successor if node.key == "O3" else node for node in OBJECTIVES]


def _metrics() -> list[Metric]:
    percent, count = Unit(kind=UnitKind.PERCENT), Unit(kind=UnitKind.COUNT)
    units = {
        "MT-TRUST": Unit(kind=UnitKind.SCORE),
        "MT-CSAT": percent,
        "MT-CPL": PER_10_000,
        "MT-E2E": DAYS,
        "MT-ADOPT": percent,
        "MT-CONTACT": count,
        "MT-PREAPP": percent,
        "MT-INC": DAYS,
        "MT-ARREARS": percent,
        "MT-UPLOAD": percent,
        "MT-REJ": percent,
        "MT-DISP": percent,
        "MT-BROKEN": count,
        "MT-NPS": count,
        "MT-CHURN": percent,
        "MT-SAVE": percent,
        "MT-LEAVE": percent,
        "MT-AFFORD": PER_10_000,
    }
    return [a_metric(key, unit=unit, better=Direction.HIGHER) for key, unit in units.items()]


def _failing_source() -> Node:
    error = SourceError(code="TIMEOUT", fault="vendor", message="It timed out.", at=NOW)
    return a_source("MT-BROKEN", "broken", state=SourceState.FAILING, error=error)


def _observations() -> list[Observation]:
    online, self_employed = {"channel": "online"}, {"persona": "self-employed"}
    autumn = date(2026, 9, 30)
    return [
        an_observation("66.4", metric="MT-TRUST", end=TODAY),
        an_observation("80.1", metric="MT-CSAT", end=TODAY),
        an_observation(33, metric="MT-CPL", end=TODAY),
        an_observation(31 * DAY, metric="MT-E2E", end=TODAY),
        an_observation("57.2", metric="MT-ADOPT", end=TODAY),
        an_observation(672, metric="MT-CONTACT", end=TODAY),
        an_observation("44.2", metric="MT-PREAPP", end=TODAY, dimensions=online),
        an_observation("40.2", metric="MT-PREAPP", end=autumn),
        an_observation(Decimal("4.2") * DAY, metric="MT-INC", end=TODAY, dimensions=self_employed),
        an_observation("1.7", metric="MT-ARREARS", end=TODAY),
        an_observation("69.5", metric="MT-UPLOAD", end=TODAY),
        an_observation(24, metric="MT-REJ", end=TODAY),
        *_disputes(("95.8", "95.2", "94.1", "96.0", "95.5", "93.9", "95.1")),
        an_observation("24.7", metric="MT-SAVE", end=TODAY),
        an_observation("17.5", metric="MT-LEAVE", end=TODAY),
        an_observation("6.1", metric="MT-AFFORD", end=TODAY),
    ]


def _disputes(shares: Sequence[str]) -> list[Observation]:
    """Give one value a week for ISO weeks 40 to 46, of which the first begins in September."""
    monday = date.fromisocalendar(2026, 40, 1)
    return [
        an_observation(share, metric="MT-DISP", end=monday + timedelta(weeks=week + 1))
        for week, share in enumerate(shares)
    ]
