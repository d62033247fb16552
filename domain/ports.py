"""What the domain needs of the outside: the aggregates of observations over windows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from domain.metric import Dimensions, Observation, ObservationState
from domain.node import NodeId, OrganizationId


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowQuery:
    """A question about one metric source's observations.

    Counted are observations of exactly these dimensions that END inside the window:
    `start` < observation.end (None: no lower end) and observation.end <= `end`. So a week that
    straddles two cycles belongs to the later one, and no period is lost or counted twice between
    adjacent windows. Observations whose value is None never count. With `whole` False only `last`
    and `count` are needed of the answer (the count may then be 1 for "some"), so that one index
    look-up suffices.
    `lower` and `upper` (inclusive, None: open) ask for `met_count`.
    """

    source: NodeId
    metric: NodeId
    dimensions: Dimensions = ()
    start: datetime | None = None
    end: datetime
    whole: bool = False
    lower: Decimal | None = None
    upper: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LastObservation:
    """The observation with the latest end (then start) in a window."""

    start: datetime
    end: datetime
    value: Decimal
    state: ObservationState
    sample_size: int | None = None
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    standard_error: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowAggregate:
    """What the observations of a window add up to; None: none of them carries that number.

    `weighted_total` is Σ value * sample size over those with a sample size, `sample_size` Σ of it.
    `numerator` and `denominator` sum over the observations that carry both.
    `final_count` counts FINAL observations, `met_count` the FINAL ones inside the bounds,
    `last_final` is the latest FINAL one.
    """

    last: LastObservation
    count: int
    last_final: LastObservation | None = None
    final_count: int = 0
    met_count: int = 0
    total: Decimal | None = None
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    sample_size: int | None = None
    weighted_total: Decimal | None = None
    numerator: Decimal | None = None
    denominator: Decimal | None = None


Aggregates = Mapping[WindowQuery, WindowAggregate]
"""Answers by question; a question without any observation is absent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservationKey:
    """What tells an observation from all others of its organization."""

    metric: NodeId
    source: NodeId
    dimensions: Dimensions
    end: datetime
    start: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservationsAsked:
    """Which of the current observations are listed; None: that doesn't matter.

    Of `metrics`, without those of the sources `left_out`; that ended after `ended_after` and by
    `ended_by`; that were recorded at `recorded_since` or later. Those without a value as well.
    """

    metrics: tuple[NodeId, ...] | None = None
    left_out: tuple[NodeId, ...] = ()
    ended_after: datetime | None = None
    ended_by: datetime | None = None
    recorded_since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A part of a list: `limit` items behind the one with the key `after` (None: from the start)
    and `offset` more.
    """

    after: ObservationKey | None = None
    offset: int = 0
    limit: int


class Observations(Protocol):
    """The store of observations."""

    async def aggregate(
        self,
        organization: OrganizationId,
        queries: Sequence[WindowQuery],
        *,
        known_at: datetime | None = None,
        revision: int | None = None,
    ) -> Aggregates:
        """Answer all questions in one statement, as known at a time (None: all that is known).

        With a revision the answers are those of an Atlas of that revision, whatever was recorded
        since; None: those of the present one.
        """
        ...

    async def listed(
        self, organization: OrganizationId, asked: ObservationsAsked, stretch: Stretch
    ) -> list[Observation]:
        """List current observations in the store's own order: a metric's series by series, each
        by its end.
        """
        ...
