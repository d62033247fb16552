"""Events of a source by period: how many there were, or how long they took.

    COUNT   the number of events; 0 where there are none, for the source was looked through
    MEDIAN  the middle of their durations in seconds; of an even number the mean of the middle two

Imported by its own name, by connectors whose source tells what happened, and when.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from statistics import median
from typing import Final

from pydantic import Field

from journey_atlas_sdk.connector import MetricSpec, PullRequest
from journey_atlas_sdk.errors import DataError
from journey_atlas_sdk.observations import (
    Grain,
    Observation,
    ObservationFlag,
    ObservationState,
    Window,
)
from journey_atlas_sdk.periods import ByPeriod
from journey_atlas_sdk.settings import Settings
from journey_atlas_sdk.units import Aggregation, Unit, UnitKind

_MICROSECOND: Final = timedelta(microseconds=1)
_IN_A_SECOND: Final = 1_000_000


class EventMeasure(StrEnum):
    """COUNT: how many events there were. MEDIAN: how many seconds they took, in the middle."""

    COUNT = "COUNT"
    MEDIAN = "MEDIAN"


@dataclass(frozen=True, slots=True)
class Event:
    """What happened at an aware moment, and when that began; None: nobody knows."""

    at: datetime
    began: datetime | None = None


@dataclass(slots=True)
class Tally:
    """The events of a period: their number, and the seconds of each whose beginning is known.

    `flags`: what a reader should know of how they were counted.
    """

    count: int = 0
    seconds: list[Decimal] = field(default_factory=list[Decimal])
    flags: frozenset[ObservationFlag] = frozenset()

    def add(self, event: Event) -> None:
        """Take an event in; DataError where it ended before it began."""
        self.count += 1
        if event.began is None:
            return
        took = event.at - event.began
        if took < timedelta(0):
            message = f"Something ended at {event.at.isoformat()}, before it began."
            raise DataError(message, detail=f"It began at {event.began.isoformat()}.")
        self.seconds.append(Decimal(took // _MICROSECOND) / _IN_A_SECOND)


class EventTally(ByPeriod[Tally]):
    """Tallies events, which may come in any order, by the period that they happened in."""

    def __init__(self, periods: Sequence[Window]) -> None:
        """Take the periods, in order and without overlap; nothing has happened in any yet."""
        super().__init__(periods, Tally)

    def add(self, event: Event) -> None:
        """Take an event in; one outside of all periods counts nowhere."""
        tally = self.at(event.at)
        if tally is not None:
            tally.add(event)


class EventMetric(Settings):
    """What is told of a kind of event; the base of a metric's settings."""

    measure: EventMeasure = Field(
        default=EventMeasure.COUNT,
        description="COUNT: how many. MEDIAN: how long they took, in the middle.",
    )

    def spec(self, metric: str, *, grains: frozenset[Grain], restates_for: timedelta) -> MetricSpec:
        """Say what the metric is; medians are never made of medians."""
        is_count = self.measure is EventMeasure.COUNT
        return MetricSpec(
            key=metric,
            title=metric,
            unit=Unit(kind=UnitKind.COUNT if is_count else UnitKind.DURATION),
            aggregation=Aggregation.SUM if is_count else Aggregation.MEDIAN,
            grains=grains,
            minimum=Decimal(0),
            restates_for=restates_for,
        )

    def observation(
        self, request: PullRequest, period: Window, tally: Tally, *, state: ObservationState
    ) -> Observation:
        """Tell the measure of a period; a median of nothing is None, and flagged EMPTY."""
        if self.measure is EventMeasure.COUNT:
            count = Decimal(tally.count)
            return request.observation(period, count, state=state, flags=tally.flags)
        size = len(tally.seconds)
        return request.observation(
            period,
            median(tally.seconds) if size else None,
            sample_size=size,
            state=state,
            flags=tally.flags if size else tally.flags | {ObservationFlag.EMPTY},
        )
