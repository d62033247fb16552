"""What a filter lets through: as much as plain Python would, over values, links and logic."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.insight import Insight, InsightKind
from domain.links import Link, Relation
from domain.opportunity import Opportunity, OpportunityStatus
from domain.team import Team
from tests.api.asking import Api, Json, an_api
from tests.builders import (
    NOW,
    a_goal,
    a_key_result,
    a_link,
    a_metric,
    an_atlas,
    an_objective,
    an_observation,
    an_opportunity,
    id_of,
)

KEYS = "query($filter: InsightFilter) { atlas { insights(filter: $filter) { nodes { key } } } }"


def a_team_of_care() -> Team:
    return Team(id=id_of("care"), key="care", title="Care", created_at=NOW, updated_at=NOW)


def an_insight(key: str, **fields: Any) -> Insight:  # noqa: ANN401 - a record's own fields
    defaults: dict[str, Any] = {
        "id": id_of(key),
        "key": key,
        "title": key,
        "insight_kind": InsightKind.PAIN,
        "created_at": NOW,
        "updated_at": NOW,
    }
    return Insight(**{**defaults, **fields})


async def matching(api: Api, wanted: Json) -> list[str]:
    data = await api.ask(KEYS, filter=wanted)
    return [node["key"] for node in data["atlas"]["insights"]["nodes"]]


IMPORTANCES = st.none() | st.integers(1, 5)
STATUSES = st.sampled_from(OpportunityStatus)

Naive = Callable[[Insight], bool]


class Bank:
    """Insights, opportunities and the links between them, as hypothesis draws them."""

    def __init__(
        self,
        importances: list[int | None],
        statuses: list[OpportunityStatus],
        pairs: set[tuple[int, int]],
    ) -> None:
        self.insights = [
            an_insight(
                f"I{at}",
                importance=importance,
                labels=("odd",) if at % 2 else ("even", "all"),
                description=None if at % 3 else f"About {at}",
            )
            for at, importance in enumerate(importances)
        ]
        self.opportunities = [
            an_opportunity(f"OP{at}", status=status) for at, status in enumerate(statuses)
        ]
        self.pairs = {(i, o) for i, o in pairs if i < len(importances) and o < len(statuses)}

    @property
    def links(self) -> list[Link]:
        return [a_link(f"I{i}", Relation.SUPPORTS, f"OP{o}") for i, o in sorted(self.pairs)]

    def supported_by(self, insight: Insight) -> list[Opportunity]:
        at = int(insight.key[1:])
        return [self.opportunities[o] for i, o in sorted(self.pairs) if i == at]


BANKS = st.builds(
    Bank,
    st.lists(IMPORTANCES, max_size=6),
    st.lists(STATUSES, max_size=3),
    st.sets(st.tuples(st.integers(0, 5), st.integers(0, 2)), max_size=8),
)

COMPARISONS: dict[str, Callable[[int, int], bool]] = {
    "eq": lambda value, given: value == given,
    "gt": lambda value, given: value > given,
    "gte": lambda value, given: value >= given,
    "lt": lambda value, given: value < given,
    "lte": lambda value, given: value <= given,
}


def importance(operator: str, number: int) -> tuple[Json, Callable[[Bank], Naive]]:
    compare = COMPARISONS[operator]
    return {
        "importance": {operator: number}
    }, lambda _: lambda each: each.importance is not None and compare(each.importance, number)


def is_null(wanted: bool) -> tuple[Json, Callable[[Bank], Naive]]:  # noqa: FBT001 - mapped
    return {
        "description": {"isNull": wanted}
    }, lambda _: lambda each: (each.description is None) is wanted


def labelled(label: str) -> tuple[Json, Callable[[Bank], Naive]]:
    return {"labels": {"contains": label}}, lambda _: lambda each: label in each.labels


def linked(
    quantifier: str, statuses: list[OpportunityStatus]
) -> tuple[Json, Callable[[Bank], Naive]]:
    said = {"status": {"in": [status.value for status in statuses]}}

    def of(bank: Bank) -> Naive:
        def holds(each: Insight) -> bool:
            found = [one.status in statuses for one in bank.supported_by(each)]
            return {"some": any(found), "every": all(found), "none": not any(found)}[quantifier]

        return holds

    return {"opportunities": {quantifier: said}}, of


Pair = tuple[Json, Callable[[Bank], Naive]]

LEAVES = (
    st.builds(importance, st.sampled_from(list(COMPARISONS)), st.integers(1, 5))
    | st.builds(is_null, st.booleans())
    | st.builds(labelled, st.sampled_from(["odd", "even", "none"]))
    | st.builds(linked, st.sampled_from(["some", "every", "none"]), st.lists(STATUSES, max_size=3))
)


def together(pairs: list[Pair]) -> Pair:
    return {
        "and": [said for said, _ in pairs]
    }, lambda bank: lambda each: all(of(bank)(each) for _, of in pairs)


def either(pairs: list[Pair]) -> Pair:
    return {
        "or": [said for said, _ in pairs]
    }, lambda bank: lambda each: any(of(bank)(each) for _, of in pairs)


def other(pair: Pair) -> Pair:
    said, of = pair
    return {"not": said}, lambda bank: lambda each: not of(bank)(each)


FILTERS = st.recursive(
    LEAVES,
    lambda inner: (
        st.builds(together, st.lists(inner, max_size=3))
        | st.builds(either, st.lists(inner, max_size=3))
        | st.builds(other, inner)
    ),
    max_leaves=6,
)


@given(bank=BANKS, filtered=FILTERS)
async def test_a_filter_lets_through_what_plain_python_would(bank: Bank, filtered: Pair) -> None:
    said, of = filtered
    holds = of(bank)
    api = an_api(an_atlas(*bank.insights, *bank.opportunities, links=bank.links))

    found = await matching(api, said)

    assert found == [each.key for each in bank.insights if holds(each)]


@pytest.mark.parametrize(
    "nothing",
    [
        pytest.param(None, id="no filter"),
        pytest.param({}, id="an empty one"),
        pytest.param({"importance": {}, "title": None}, id="no operator"),
        pytest.param({"importance": {"gt": None}}, id="an operator left null"),
        pytest.param({"and": []}, id="all of nothing"),
    ],
)
async def test_what_says_nothing_lets_all_through(nothing: Json) -> None:
    api = an_api(an_atlas(an_insight("I1", importance=1), an_insight("I2")))

    assert await matching(api, nothing) == ["I1", "I2"]


@pytest.mark.parametrize(
    ("said", "found"),
    [
        pytest.param({"title": {"contains": "UPLOAD"}}, ["I1"], id="text in another case"),
        pytest.param({"title": {"eq": "upload fails"}}, [], id="equal is exact"),
        pytest.param({"key": {"in": ["I2", "I9"]}}, ["I2"], id="one of several"),
        pytest.param({"key": {"in": []}}, [], id="one of none"),
        pytest.param({"or": []}, [], id="any of nothing"),
        pytest.param({"kind": {"eq": "GAIN"}}, ["I2"], id="an enum"),
        pytest.param({"aspects": {"isEmpty": True}}, ["I1", "I2"], id="an empty list"),
        pytest.param({"labels": {"in": ["b", "x"]}}, ["I2"], id="any of some labels"),
        pytest.param({"importance": {"lt": 5}}, ["I1"], id="missing is not less"),
        pytest.param({"not": {"importance": {"lt": 5}}}, ["I2"], id="missing is in a not"),
        pytest.param({"importance": {"gt": 1, "lt": 3}}, ["I1"], id="two operators"),
        pytest.param({"owner": {}}, ["I1"], id="having a linked one"),
        pytest.param({"not": {"owner": {}}}, ["I2"], id="having none"),
        pytest.param({"opportunities": {"some": {}}}, [], id="having one of several"),
        pytest.param({"opportunities": {"none": {}}}, ["I1", "I2"], id="having none of several"),
        pytest.param(
            {"createdAt": {"lte": "2026-11-22T13:00:00+01:00"}}, ["I1", "I2"], id="a moment"
        ),
    ],
)
async def test_an_operator_holds_as_described(said: Json, found: list[str]) -> None:
    first = an_insight("I1", title="Upload fails", importance=2, owner=id_of("care"))
    second = an_insight("I2", insight_kind=InsightKind.GAIN, labels=("a", "b"))
    api = an_api(an_atlas(a_team_of_care(), first, second))

    assert await matching(api, said) == found


async def test_archived_nodes_are_hidden_and_are_nobodys_link() -> None:
    gone = an_opportunity("OP1", status=OpportunityStatus.IN_DELIVERY, archived_at=NOW)
    link = a_link("I1", Relation.SUPPORTS, "OP1")
    api = an_api(an_atlas(an_insight("I1"), gone, links=[link]))

    worked_on = {"opportunities": {"some": {"status": {"eq": "IN_DELIVERY"}}}}
    hidden = await api.ask("{ atlas { opportunities(filter: {}) { totalCount } } }")
    shown = await api.ask(
        "{ atlas { opportunities(filter: { archivedAt: { isNull: false } } includeArchived: true) "
        "{ nodes { key } } } }"
    )

    assert await matching(api, worked_on) == []
    assert hidden["atlas"]["opportunities"]["totalCount"] == 0
    assert shown["atlas"]["opportunities"]["nodes"] == [{"key": "OP1"}]


async def test_derived_values_are_those_that_the_fields_answer() -> None:
    api = an_api(
        an_atlas(
            a_metric("MT-1"),
            an_objective("O1"),
            a_key_result("O1-KR1", target=100),
            a_key_result("O1-KR2", target=50),
        ),
        [an_observation(50)],
    )

    data = await api.ask(
        """{ atlas {
        half: keyResults(filter: { progress: { eq: "0.5" } }) { nodes { key } }
        done: keyResults(filter: { status: { eq: ACHIEVED } }) { nodes { key } }
        behind: keyResults(filter: { gap: { gt: 0.39, lt: 0.4 } }) { nodes { key } }
        objectives(filter: { keyResults: { some: { status: { eq: ACHIEVED } } } }) {
          nodes { keyResults { key } } } } }"""
    )

    # 50 of 100 is half; 325/365 = 0.8904 were expected, 0.3904 more than that.
    assert data["atlas"]["half"]["nodes"] == [{"key": "O1-KR1"}]
    assert data["atlas"]["done"]["nodes"] == [{"key": "O1-KR2"}]
    assert data["atlas"]["behind"]["nodes"] == [{"key": "O1-KR1"}]
    assert len(data["atlas"]["objectives"]["nodes"]) == 1


async def test_lists_beneath_a_node_are_filtered_too() -> None:
    goals = [a_goal(key) for key in ("G1", "G2", "G3")]
    links = [a_link("G1", Relation.HAS_SUB_GOAL, key) for key in ("G2", "G3")]
    api = an_api(an_atlas(*goals, links=links))

    data = await api.ask(
        """{ atlas { goal(key: "G1") { children(
        filter: { key: { in: ["G3"] }, parent: { key: { eq: "G1" } } }) {
        totalCount nodes { key } } } } }"""
    )

    assert data["atlas"]["goal"]["children"] == {"totalCount": 1, "nodes": [{"key": "G3"}]}
