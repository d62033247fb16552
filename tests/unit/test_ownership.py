"""Who answers for an objective, in which shares, and what a team's objectives come to."""

from collections.abc import Mapping
from decimal import Decimal

import pytest

from domain.atlas import Atlas
from domain.links import Relation
from domain.okr import Objective
from domain.ownership import shares_of, team_progress, team_shares, unallocated_share
from domain.reason import ReasonCode
from domain.team import Team
from tests.builders import (
    NOW,
    Number,
    a_key_result,
    a_link,
    a_metric,
    a_view,
    an_atlas,
    an_objective,
    id_of,
)

Shares = Mapping[str, Number | None]


def a_team(key: str) -> Team:
    return Team(id=id_of(key), key=key, title=key, created_at=NOW, updated_at=NOW)


def owned(shares_by_objective: Mapping[str, Shares]) -> Atlas:
    """Build objectives whose progress is their metric's value in per cent, and their owners."""
    teams = {team for shares in shares_by_objective.values() for team in shares}
    records = [
        record
        for key in shares_by_objective
        for record in (
            an_objective(key),
            a_key_result(f"{key}-KR1", metric=f"MT-{key}"),
            a_metric(f"MT-{key}"),
        )
    ]
    links = [
        a_link(team, Relation.OWNS, key, share=None if share is None else Decimal(share))
        for key, shares in shares_by_objective.items()
        for team, share in shares.items()
    ]
    return an_atlas(*records, *(a_team(team) for team in teams), links=links)


@pytest.mark.parametrize(
    ("given", "shares", "left"),
    [
        pytest.param({}, [], 0, id="nobody's"),
        pytest.param({"A": None}, [1], 0, id="one team's"),
        pytest.param({"A": None, "B": None}, ["0.5", "0.5"], 0, id="1/2 each"),
        pytest.param({"A": "0.6", "B": "0.4"}, ["0.6", "0.4"], 0, id="all given"),
        pytest.param({"A": "0.6", "B": "0.3"}, ["0.6", "0.3"], "0.1", id="0.1 is left"),
        pytest.param({"A": "0.6", "B": "0.6"}, ["0.6", "0.6"], "-0.2", id="0.2 too much"),
        pytest.param(
            {"A": "0.6", "B": None, "C": None}, ["0.6", "0.2", "0.2"], 0, id="what is left, evenly"
        ),
        pytest.param({"A": "1.2", "B": None}, ["1.2", 0], "-0.2", id="nothing is left"),
        pytest.param({"A": 0, "B": None}, [0, 1], 0, id="a share of 0 is legal"),
    ],
)
def test_shares_are_as_given_and_the_rest_is_split_evenly(
    given: Shares, shares: list[Number], left: Number
) -> None:
    atlas = owned({"O1": given})
    objective = atlas.get(id_of("O1"), Objective)

    found = shares_of(atlas, objective)

    assert [share.share for share in found] == [Decimal(share) for share in shares]
    assert [share.team.key for share in found] == sorted(given)
    assert unallocated_share(atlas, objective) == Decimal(left)


def test_a_team_counts_each_objective_by_its_share() -> None:
    atlas = owned({"O1": {"A": "0.6", "B": "0.4"}, "O2": {"A": None, "B": None}, "O3": {"B": 1}})
    view = a_view(atlas, values={"MT-O1": 50, "MT-O2": 20, "MT-O3": 90})

    found = team_progress(view, atlas.get(id_of("A"), Team))

    # Its shares are 0.6 of 50 % and a half of 20 %: 0.3 + 0.1 of 1.1.
    assert found.value is not None
    assert round(found.value, 10) == round(Decimal("0.4") / Decimal("1.1"), 10)
    assert found.objectives == (id_of("O1"), id_of("O2"))
    assert found.data_coverage == 1


def test_an_objective_without_a_value_is_left_out_and_said() -> None:
    atlas = owned({"O1": {"A": "0.6", "B": "0.4"}, "O2": {"A": "0.2", "B": "0.8"}})
    view = a_view(atlas, values={"MT-O1": 50})

    found = team_progress(view, atlas.get(id_of("A"), Team))

    # 0.6 of 0.8 has a value
    assert (found.value, found.data_coverage) == (Decimal("0.5"), Decimal("0.75"))
    assert [each.node for each in found.explain.excluded] == [id_of("O2")]


@pytest.mark.parametrize(
    ("shares", "values", "reason"),
    [
        pytest.param({"B": None}, {"MT-O1": 50}, ReasonCode.NO_ITEMS, id="it owns nothing"),
        pytest.param(
            {"A": 0, "B": 1}, {"MT-O1": 50}, ReasonCode.ALL_WEIGHTS_ZERO, id="its share is 0"
        ),
        pytest.param({"A": 1}, {}, ReasonCode.NO_ITEM_WITH_VALUE, id="nothing is measured"),
    ],
)
def test_a_team_without_a_number_says_why(
    shares: Shares, values: Mapping[str, Number], reason: ReasonCode
) -> None:
    view = a_view(owned({"O1": shares}), values=values)

    found = team_progress(view, a_team("A"))

    assert found.value is None
    assert found.data_coverage == 0
    assert found.reason is not None
    assert found.reason.code is reason


def test_a_teams_objectives_may_be_narrowed_to_those_asked() -> None:
    atlas = owned({"O1": {"A": None}, "O2": {"A": None}})
    view = a_view(atlas)

    found = team_shares(view, a_team("A"), asked=frozenset({id_of("O2")}))

    assert [share.objective.key for share in found] == ["O2"]
