"""How derived values are read for filters and orders: what the fields of the same names answer.

All are pure functions of (record, reading); the view remembers what was dear.
"""

import datetime as dt
from decimal import Decimal

from api.context import Reading
from api.filters.table import Follow, FollowAll, Read
from domain import (
    anchor,
    delivery,
    health,
    journey,
    metric,
    okr,
    opportunity,
    progress,
    rollup,
    staleness,
    status,
    value,
)
from domain.links import Relation
from domain.node import Node, NodeId


def first_of(follow: FollowAll) -> Follow:
    """Follow links to the first node that they lead to; None without one."""

    def first(record: Node, reading: Reading) -> Node | None:
        return next(iter(follow(record, reading)), None)

    return first


def _asked_cycle(reading: Reading) -> NodeId | None:
    return None if reading.cycle is None else reading.cycle.id


def anchor_progress(part: str) -> Read:
    """Read what the objectives on a node (`own`), or beneath it too (`all`), come to."""

    def read(record: Node, reading: Reading) -> Decimal | None:
        asked = _asked_cycle(reading)
        found = anchor.anchor_progress(reading.view, record.id, cycle=asked)
        score: anchor.AnchorScore = getattr(found, part)
        return score.value

    return read


def objectives_on(record: Node, reading: Reading) -> list[Node]:
    """List the objectives on a node, of the asked cycle and the cycles inside it."""
    found = reading.view.atlas.sources(record.id, Relation.ANCHORED_ON, okr.Objective)
    asked = _asked_cycle(reading)
    if asked is None:
        return [*found]
    wanted = anchor.cycles_inside(reading.view, asked)
    return [objective for objective in found if objective.cycle in wanted]


def health_state(record: journey.Journey, reading: Reading) -> health.HealthState:
    """Give how a journey does."""
    return health.journey_health(reading.view, record).state


def priority(part: str) -> Read:
    """Read one of the scores that people gave; None where nobody did."""

    def read(record: opportunity.Opportunity, _: Reading) -> Decimal | None:
        return None if record.priority is None else getattr(record.priority, part)

    return read


def delivery_value(record: opportunity.Opportunity, reading: Reading) -> Decimal | None:
    """Give how much of an opportunity is out; None without solutions."""
    return delivery.delivery(reading.view, record).value


def outcome_value(record: opportunity.Opportunity, reading: Reading) -> Decimal | None:
    """Give what the objectives on an opportunity come to."""
    asked = _asked_cycle(reading)
    return delivery.outcome(reading.view, record, cycle=asked).value


def divergence(record: opportunity.Opportunity, reading: Reading) -> delivery.Divergence | None:
    """Tell where delivery and outcome of an opportunity part."""
    asked = _asked_cycle(reading)
    return delivery.divergence(reading.view, record, cycle=asked)


def metric_value(record: metric.Metric, reading: Reading) -> Decimal | None:
    """Give a metric's value on the atlas's day, as its own window says."""
    return value.metric_value(reading.view, record).value


def observed_at(record: metric.Metric, reading: Reading) -> dt.datetime | None:
    """Give when a metric's newest observation ended; None without one."""
    return value.latest_observed_at(reading.view, record)


def is_stale(record: metric.Metric, reading: Reading) -> bool:
    """Tell whether a metric's newest observation is too old."""
    return staleness.is_stale(reading.view, record)


def _progress_of(record: okr.Objective | okr.KeyResult, reading: Reading) -> progress.Progress:
    if isinstance(record, okr.Objective):
        return rollup.objective_progress(reading.view, record)
    return progress.key_result_progress(reading.view, record)


def _status_of(record: okr.Objective | okr.KeyResult, reading: Reading) -> status.Status:
    if isinstance(record, okr.Objective):
        return status.objective_status(reading.view, record)
    return status.key_result_status(reading.view, record)


def in_progress(part: str) -> Read:
    """Read a part of the progress of an objective or a key result."""

    def read(record: okr.Objective | okr.KeyResult, reading: Reading) -> object:
        return getattr(_progress_of(record, reading), part)

    return read


def in_status(part: str) -> Read:
    """Read a part of the status of an objective or a key result."""

    def read(record: okr.Objective | okr.KeyResult, reading: Reading) -> object:
        return getattr(_status_of(record, reading), part)

    return read


def key_results_of(record: okr.Objective, reading: Reading) -> list[okr.KeyResult]:
    """List an objective's key results in their order."""
    return rollup.key_results_of(reading.view, record)
