"""Fakes of the house's own ports, small enough to be right at a glance."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from domain.actions.changes import Changes, Plan, Planned
from domain.atlas import Atlas, build_atlas
from domain.errors import Conflict
from domain.links import Link
from domain.metric import Observation, ObservationState
from domain.node import OrganizationId
from domain.ports import (
    LastObservation,
    ObservationKey,
    ObservationsAsked,
    Stretch,
    WindowAggregate,
    WindowQuery,
)
from storage.dimensions import hash_of


class FakeObservations:
    """The store of observations, in a list; `recorded_at` is not looked at unless asked for."""

    def __init__(self, observations: Iterable[Observation] = ()) -> None:
        self.observations = list(observations)

    async def aggregate(
        self,
        organization: OrganizationId,
        queries: Sequence[WindowQuery],
        *,
        known_at: datetime | None = None,
        revision: int | None = None,
    ) -> dict[WindowQuery, WindowAggregate]:
        del organization, revision  # nobody records here
        return self.answers(queries, known_at=known_at)

    def answers(
        self, queries: Iterable[WindowQuery], *, known_at: datetime | None = None
    ) -> dict[WindowQuery, WindowAggregate]:
        """Answer questions at once; those without any observation are absent."""
        known = [o for o in self.observations if known_at is None or o.recorded_at <= known_at]
        found = {query: _in_window(known, query) for query in queries}
        return {query: _aggregate(inside, query) for query, inside in found.items() if inside}

    async def listed(
        self, organization: OrganizationId, asked: ObservationsAsked, stretch: Stretch
    ) -> list[Observation]:
        del organization
        current = {_place(each): each for each in self.observations}
        after = () if stretch.after is None else _place(stretch.after)
        places = sorted(place for place, each in current.items() if _is_asked(each, asked))
        behind = [place for place in places if place > after]
        return [current[place] for place in behind[stretch.offset :][: stretch.limit]]


def _place(each: Observation | ObservationKey) -> tuple[object, ...]:
    """Give the place in the order that the real store has."""
    return (each.metric, each.source, hash_of(each.dimensions), each.end, each.start)


def _is_asked(each: Observation, asked: ObservationsAsked) -> bool:
    return (
        (asked.metrics is None or each.metric in asked.metrics)
        and each.source not in asked.left_out
        and (asked.ended_after is None or each.end > asked.ended_after)
        and (asked.ended_by is None or each.end <= asked.ended_by)
        and (asked.recorded_since is None or each.recorded_at >= asked.recorded_since)
    )


def _in_window(observations: list[Observation], query: WindowQuery) -> list[Observation]:
    identity = (query.source, query.metric, query.dimensions)
    return [
        o
        for o in observations
        if (o.source, o.metric, o.dimensions) == identity
        and (query.start is None or query.start < o.end)
        and o.end <= query.end
        and o.value is not None
    ]


def _aggregate(inside: list[Observation], query: WindowQuery) -> WindowAggregate:
    last = _latest(inside)
    if not query.whole:
        return WindowAggregate(last=last, count=1)
    final = [o for o in inside if o.state is ObservationState.FINAL]
    values = [o.value for o in inside if o.value is not None]
    sized = [o for o in inside if o.sample_size is not None]
    ratios = [o for o in inside if o.numerator is not None and o.denominator is not None]
    return WindowAggregate(
        last=last,
        count=len(inside),
        last_final=_latest(final) if final else None,
        final_count=len(final),
        met_count=sum(_is_met(o, query) for o in final),
        total=sum(values, Decimal(0)),
        minimum=min(values),
        maximum=max(values),
        sample_size=sum(o.sample_size or 0 for o in sized) if sized else None,
        weighted_total=_total((o.value or 0) * (o.sample_size or 0) for o in sized),
        numerator=_total(o.numerator or 0 for o in ratios),
        denominator=_total(o.denominator or 0 for o in ratios),
    )


def _total(numbers: Iterable[Decimal | int]) -> Decimal | None:
    kept = list(numbers)
    return sum((Decimal(number) for number in kept), Decimal(0)) if kept else None


def _is_met(observation: Observation, query: WindowQuery) -> bool:
    value = observation.value or Decimal(0)
    above = query.lower is None or value >= query.lower
    return above and (query.upper is None or value <= query.upper)


def _latest(observations: list[Observation]) -> LastObservation:
    newest = max(observations, key=lambda o: (o.end, o.start))
    return LastObservation(
        start=newest.start,
        end=newest.end,
        value=newest.value or Decimal(0),
        state=newest.state,
        sample_size=newest.sample_size,
        numerator=newest.numerator,
        denominator=newest.denominator,
        standard_error=newest.standard_error,
    )


@dataclass
class FakeAtlases:
    """The store of atlases in memory; `rivals` others write first, one at each apply."""

    stored: dict[str, Atlas] = field(default_factory=dict[str, Atlas])
    rivals: int = 0
    applied: list[Changes] = field(default_factory=list[Changes])

    async def load(self, organization_key: str) -> Atlas | None:
        return self.stored.get(organization_key)

    async def apply(self, changes: Changes, *, now: datetime) -> int:
        del now
        before = self.stored.get(changes.organization.key)
        revision = before.revision if before else 0
        if self.rivals or revision != changes.base_revision:
            self.rivals = max(0, self.rivals - 1)
            message = f"The organization is at revision {revision} by now."
            raise Conflict(message)
        self.applied.append(changes)
        self.stored[changes.organization.key] = applied(before, changes)
        return revision + 1

    async def change(self, held: Atlas, plan: Plan, *, now: datetime) -> Planned:
        planned = plan(self.stored[held.organization.key])
        if not planned.changes.is_empty:
            await self.apply(planned.changes, now=now)
        return planned


def applied(before: Atlas | None, changes: Changes) -> Atlas:
    """Give the atlas that changes lead to."""
    nodes = dict(before.nodes) if before else {}
    nodes |= {node.id: node for node in changes.nodes}
    links = {_identity(link): link for link in _links(before)}
    for link in changes.unlinked:
        del links[_identity(link)]
    links |= {_identity(link): link for link in changes.links}
    revision = changes.base_revision + 1
    return build_atlas(changes.organization, revision, nodes.values(), links.values())


def _links(atlas: Atlas | None) -> list[Link]:
    by_relation = atlas.outgoing.values() if atlas else ()
    return [link for by_source in by_relation for links in by_source.values() for link in links]


def _identity(link: Link) -> tuple[str, str, str]:
    return link.relation, link.source, link.target
