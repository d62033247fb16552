"""An organization of any size: the proportions of a bank's atlas, 2,364 nodes at size 1."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from api.ids import new_id
from domain.actions.changes import Changes
from domain.cycle import Cycle, CycleState
from domain.goal import Goal, GoalKind, GoalScope
from domain.insight import Evidence, EvidenceSource, Insight, InsightKind
from domain.journey import Journey, JourneyLevel, Step
from domain.links import Link, MeasureDimension, Relation
from domain.metric import Direction, Metric, Observation, Unit, UnitKind
from domain.node import Node, NodeId, OrganizationId
from domain.okr import Baseline, ByHowMuch, HowMuchKind, KeyResult, KeyResultKind, Objective
from domain.opportunity import Opportunity, Priority
from domain.organization import Organization
from domain.solution import Solution, SolutionKind
from domain.source import Connection, MetricSource
from domain.team import Team

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
WEEK = timedelta(days=7)
CYCLE = "FY26"
TEAM = "team"
CONNECTION = "csv"

PART = 5_000
"""How many nodes and links one import brings, so that no statement takes long on a busy machine."""


class Company:
    """The records and links of an organization of a size, all with ids of their own."""

    def __init__(self, size: int) -> None:
        self.organization = Organization(
            id=OrganizationId(new_id()),
            key=f"company-{size}",
            title=f"A company of size {size}",
            time_zone="Europe/Oslo",
            currency="NOK",
        )
        self.nodes: dict[str, Node] = {}
        self.links: list[Link] = []
        self._found()
        for number in range(size):
            self._add_a_bank(number)

    def imports(self) -> Iterator[Changes]:
        """Give what brings everything in: parts of a size, each on the revision of the one before.

        No part points at a later one: nodes come in the order in which they were made, then links.
        """
        whole: list[Node | Link] = [*self.nodes.values(), *self.links]
        for revision, start in enumerate(range(0, len(whole), PART)):
            part = whole[start : start + PART]
            yield Changes(
                organization=self.organization,
                base_revision=revision,
                nodes=[each for each in part if isinstance(each, Node)],
                links=[each for each in part if isinstance(each, Link)],
            )

    def observations(self, count: int) -> Iterator[Observation]:
        """Measure `count` values, one a week and source, the newest up to now."""
        sources = [node for node in self.nodes.values() if isinstance(node, MetricSource)]
        for number in range(count):
            source = sources[number % len(sources)]
            end = NOW - WEEK * (number // len(sources))
            yield Observation(
                source=source.id,
                metric=source.metric,
                start=end - WEEK,
                end=end,
                value=Decimal(number % 97),
                connector="csv",
                connector_version="1",
                sync_run=source.id,
                recorded_at=NOW,
            )

    def _found(self) -> None:
        self._add(Team, TEAM)
        self._add(Connection, CONNECTION, connector="csv")
        self._add(
            Cycle,
            CYCLE,
            start=date(2026, 1, 1),
            end=date(2026, 12, 31),
            state=CycleState.ACTIVE,
        )

    def _add_a_bank(self, bank: int) -> None:
        def key(letter: str) -> Callable[[int], str]:
            return lambda number: f"{letter}{bank}-{number}"

        goal, journey, step, insight = key("G"), key("J"), key("T"), key("I")
        opportunity, solution, objective, metric = key("P"), key("S"), key("O"), key("M")
        for number in range(5):
            self._add(Goal, goal(number), goal_kind=GoalKind.BUSINESS, scope=GoalScope.ORGANIZATION)
        for number in range(20):
            self._add(Journey, journey(number), level=JourneyLevel.MACRO, owner=self._id(TEAM))
            self._link(goal(number % 5), Relation.SERVED_BY, journey(number), position=number // 5)
            self._add_a_metric(metric(number), journey(number))
        for number in range(120):
            at = journey(number % 20)
            self._add(Step, step(number), stage="Apply", channel="web", touchpoint="form")
            self._link(at, Relation.HAS_STEP, step(number), position=number // 20)
        for number in range(240):
            self._add_an_insight(insight(number))
            self._link(insight(number), Relation.SEEN_IN, step(number % 120))
            self._add_an_opportunity(opportunity(number))
            self._link(opportunity(number), Relation.IMPROVES, journey(number % 20))
            self._link(insight(number), Relation.SUPPORTS, opportunity(number))
        for number in range(360):
            self._add(Solution, solution(number), solution_kind=SolutionKind.FEATURE)
            self._link(solution(number), Relation.ADDRESSES, opportunity(number % 240))
        for number in range(445):
            self._add_an_objective(objective(number), metric(number % 20))
            self._link(objective(number), Relation.ANCHORED_ON, journey(number % 20))

    def _add_a_metric(self, key: str, journey: str) -> None:
        self._add(Metric, key, unit=Unit(kind=UnitKind.SCORE), better=Direction.HIGHER)
        self._link(key, Relation.MEASURES, journey, dimension=MeasureDimension.EFFECTIVENESS)
        self._add(
            MetricSource,
            f"{key}:{CONNECTION}",
            metric=self._id(key),
            connection=self._id(CONNECTION),
            remote_metric=key,
            grain="WEEK",
        )

    def _add_an_insight(self, key: str) -> None:
        heard = Evidence(source=EvidenceSource.SURVEY, quote="Nobody told us.", sample_size=120)
        self._add(Insight, key, insight_kind=InsightKind.PAIN, importance=4, evidence=(heard,))

    def _add_an_opportunity(self, key: str) -> None:
        scores = Priority(customer_value=Decimal(80), effort=Decimal(2))
        self._add(Opportunity, key, change="streamline the approval", priority=scores)

    def _add_an_objective(self, key: str, metric: str) -> None:
        self._add(Objective, key, cycle=self._id(CYCLE), owner=self._id(TEAM))
        self._link(TEAM, Relation.OWNS, key)
        for number in range(2):
            self._add(
                KeyResult,
                f"{key}-KR{number}",
                objective=self._id(key),
                position=number,
                does_what="finish within a day",
                metric=self._id(metric),
                result_kind=KeyResultKind.INCREASE,
                baseline=Baseline(value=Decimal(20)),
                by_how_much=ByHowMuch(kind=HowMuchKind.TO, value=Decimal(80)),
            )

    # Any: a record's own fields by name; its constructor refuses any other.
    def _add(self, kind: type[Node], key: str, **fields: Any) -> None:  # noqa: ANN401
        fields |= {"title": f"The title of {key}", "created_at": NOW, "updated_at": NOW}
        self.nodes[key] = kind(id=NodeId(new_id()), key=key, **fields)

    def _link(self, source: str, relation: Relation, target: str, **fields: Any) -> None:  # noqa: ANN401
        fields |= {"source": self._id(source), "target": self._id(target)}
        self.links.append(Link(relation=relation, **fields))

    def _id(self, key: str) -> NodeId:
        return self.nodes[key].id
