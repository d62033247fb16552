"""A source that misbehaves on purpose: for demos, and for drills of whoever operates the product.

Nothing leaves the process; what it does is told in docs/connectors/rehearsal.md.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from journey_atlas_sdk import (
    Capability,
    ConfigError,
    Connector,
    ConnectorInfo,
    Context,
    Grain,
    MetricSpec,
    Observation,
    ObservationState,
    PullRequest,
    Settings,
    TransientError,
    UnknownMetric,
    hookimpl,
    period_of,
    start_of_day,
)


class Behaviour(StrEnum):
    """TIMEOUT: never answers. SLOW: answers late. RESTATING: changes values afterwards."""

    TIMEOUT = "TIMEOUT"
    SLOW = "SLOW"
    RESTATING = "RESTATING"


class Restatement(Settings):
    """From the day `on`, the source tells another value of a period."""

    on: date
    value: Decimal | None


class RehearsalSettings(Settings):
    """How the source misbehaves, and the values it tells.

    Values stand by metric and by the first day of their period; None: nothing was measured.
    """

    behaviour: Behaviour = Field(description="How it misbehaves.")
    delay_seconds: Annotated[Decimal, Field(ge=0, le=600)] = Field(
        default=Decimal(8),
        description="How long TIMEOUT and SLOW wait; a pull is given 10 seconds.",
    )
    values: Mapping[str, Mapping[date, Decimal | None]] = Field(
        default_factory=dict[str, Mapping[date, Decimal | None]],
        description="By metric, then by the first day of the period.",
    )
    restatements: Mapping[str, Mapping[date, Restatement]] = Field(
        default_factory=dict[str, Mapping[date, Restatement]],
        description="By metric and first day: from `on`, RESTATING tells this `value`.",
    )


class Rehearsal(Connector[RehearsalSettings]):
    """Answers from its settings, in the way that its behaviour says."""

    info = ConnectorInfo(
        key="rehearsal",
        title="Rehearsal: a source that misbehaves on purpose",
        version="1.0.0",
        settings=RehearsalSettings,
        capabilities=frozenset({Capability.HISTORY, Capability.DISCOVER}),
        timeout=timedelta(seconds=10),
        documentation="docs/connectors/rehearsal.md",
    )

    async def pull(self, request: PullRequest, context: Context) -> AsyncIterator[Observation]:
        """Misbehave, then give the metric's values of the window, oldest first."""
        await self._misbehave()
        if request.metric not in self.settings.values:
            raise UnknownMetric(request.metric, known=sorted(self.settings.values))
        if request.dimensions:
            message = "The rehearsal's values have no dimensions."
            raise ConfigError(message)
        for day, value in sorted(self.settings.values[request.metric].items()):
            start, end = _period(day, request)
            if request.window.holds(start, end):
                yield self._observation(request, day, value, now=context.now())

    async def check(self, context: Context) -> None:
        """Misbehave, as a pull would."""
        del context
        await self._misbehave()

    async def discover(self, context: Context) -> list[MetricSpec]:
        """List the metrics that the settings give values for."""
        del context
        return [MetricSpec(key=metric, title=metric) for metric in sorted(self.settings.values)]

    async def _misbehave(self) -> None:
        if self.settings.behaviour is Behaviour.RESTATING:
            return
        await asyncio.sleep(float(self.settings.delay_seconds))
        if self.settings.behaviour is Behaviour.TIMEOUT:
            message = f"The source did not answer within {self.settings.delay_seconds} seconds."
            raise TransientError(message)

    def _observation(
        self, request: PullRequest, day: date, value: Decimal | None, *, now: datetime
    ) -> Observation:
        start, end = _period(day, request)
        restatement = self._restatement(request, day, now)
        return Observation(
            metric=request.metric,
            start=start,
            end=end,
            value=restatement.value if restatement else value,
            state=ObservationState.FINAL if end <= now else ObservationState.PROVISIONAL,
            source_updated_at=(
                start_of_day(restatement.on, request.time_zone) if restatement else None
            ),
        )

    def _restatement(self, request: PullRequest, day: date, now: datetime) -> Restatement | None:
        """Give the restatement that is already in force, if there is one."""
        if self.settings.behaviour is not Behaviour.RESTATING:
            return None
        known = self.settings.restatements.get(request.metric, {}).get(day)
        return known if known and start_of_day(known.on, request.time_zone) <= now else None


@hookimpl
def atlas_connectors() -> list[type[Rehearsal]]:
    """Bring the rehearsal connector."""
    return [Rehearsal]


def _period(day: date, request: PullRequest) -> tuple[datetime, datetime]:
    start = start_of_day(day, request.time_zone)
    if request.grain is Grain.INSTANT:
        return start, start
    if request.grain is Grain.TOTAL:
        message = "The rehearsal has no totals: choose a grain of the calendar."
        raise ConfigError(message)
    period = period_of(start, request.grain, request.time_zone)
    if period.start != start:
        message = f"No {request.grain} begins on {day}: correct the rehearsal's values."
        raise ConfigError(message)
    return start, period.end
