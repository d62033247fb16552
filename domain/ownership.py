"""Which teams answer for an objective, in which shares, and what a team's objectives come to."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from domain.anchor import asked_objectives
from domain.atlas import Atlas
from domain.exact import ONE, ZERO, clamped, decimal_of
from domain.explain import Exclusion, Explain, Input, Weight
from domain.links import Relation
from domain.node import NodeId
from domain.okr import Objective
from domain.progress import Progress
from domain.reason import Reason, ReasonCode
from domain.rollup import objective_progress
from domain.team import Team
from domain.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A team's part (0 to 1) in an objective that it answers for with others.

    `given` is the part that somebody set, None where it is an equal part of what is left.
    """

    team: Team
    objective: Objective
    given: Decimal | None
    share: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamProgress:
    """The mean progress of a team's objectives, weighted by its shares; None with the reason.

    `data_coverage` is the part (0 to 1) of its shares that has a value.
    """

    value: Decimal | None
    data_coverage: Decimal
    objectives: tuple[NodeId, ...]
    reason: Reason | None = None
    explain: Explain


def shares_of(atlas: Atlas, objective: Objective) -> list[Share]:
    """List the teams that own an objective, in order of key, with their shares.

    Teams without a share of their own split evenly what the given shares leave: 1/n each where
    none is given.
    """
    teams = {team.id: team for team in atlas.sources(objective.id, Relation.OWNS, Team)}
    links = [x for x in atlas.links_to(objective.id, Relation.OWNS) if x.source in teams]
    without = sum(1 for link in links if link.share is None)
    left = max(ZERO, ONE - _total(link.share for link in links))
    equal = decimal_of(left / without) if without else Decimal(0)
    return [
        Share(
            team=teams[link.source],
            objective=objective,
            given=link.share,
            share=equal if link.share is None else link.share,
        )
        for link in links
    ]


def unallocated_share(atlas: Atlas, objective: Objective) -> Decimal:
    """Give what the shares of an objective leave of 1; below 0 where they are more, 0 unowned."""
    links = [share.given for share in shares_of(atlas, objective)]
    if not links or (None in links and _total(links) <= 1):
        return Decimal(0)
    return decimal_of(ONE - _total(links))


def team_shares(view: View, team: Team, *, asked: frozenset[NodeId] | None = None) -> list[Share]:
    """List the objectives that a team answers for, with its shares; all, or only those `asked`."""
    owned = view.atlas.targets(team.id, Relation.OWNS, Objective)
    return [
        share
        for objective in owned
        if asked is None or objective.id in asked
        for share in shares_of(view.atlas, objective)
        if share.team.id == team.id
    ]


def team_progress(view: View, team: Team, *, cycle: NodeId | None = None) -> TeamProgress:
    """Give the mean progress of a team's objectives, each once, weighted by the team's share.

    Counted are objectives of the cycle and of the cycles inside it (None: of all active cycles)
    that no objective of those cycles carries on.
    """
    shares = team_shares(view, team, asked=asked_objectives(view, cycle))
    scored = [(share, objective_progress(view, share.objective)) for share in shares]
    known = [(share, progress.exact) for share, progress in scored if progress.exact is not None]
    weight, total = _total(s.share for s, _ in known), _total(s.share for s in shares)
    points = sum((Fraction(s.share) * clamped(exact) for s, exact in known), ZERO)
    return TeamProgress(
        value=decimal_of(points / weight) if weight else None,
        data_coverage=decimal_of(weight / total) if total else Decimal(0),
        objectives=tuple(share.objective.id for share in shares),
        reason=None if weight else _why_nothing(shares, total),
        explain=_explain(scored),
    )


def _total(parts: Iterable[Decimal | None]) -> Fraction:
    return sum((Fraction(part) for part in parts if part is not None), ZERO)


def _why_nothing(shares: list[Share], total: Fraction) -> Reason:
    if not shares:
        return Reason(ReasonCode.NO_ITEMS, "The team owns no objective in the asked cycles.")
    if not total:
        return Reason(ReasonCode.ALL_WEIGHTS_ZERO, "All shares of the team are 0.")
    return Reason(ReasonCode.NO_ITEM_WITH_VALUE, "None of the team's objectives has a value.")


def _explain(scored: list[tuple[Share, Progress]]) -> Explain:
    return Explain(
        formula="sum of share * value / sum of shares with a value",
        inputs=tuple(
            Input(name=s.objective.key, value=p.value, node=s.objective.id) for s, p in scored
        ),
        weights=tuple(Weight(node=s.objective.id, weight=s.share) for s, _ in scored),
        excluded=tuple(
            Exclusion(node=s.objective.id, reason=p.reason)
            for s, p in scored
            if p.reason is not None
        ),
    )
