"""Semantic layers: services that know metrics by name and add them up themselves, period by period.

    rows = …  # what the layer tells of the periods asked for, by its own names
    for observation in report.observations(rows, request, spec, time="visits.day", now=now):
        yield observation

A report, a `LayerReport`, says which of the layer's names are an observation's columns. Imported by
its own name.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from pydantic import Field

from journey_atlas_sdk.connector import MetricSpec, PullRequest
from journey_atlas_sdk.errors import DataError
from journey_atlas_sdk.exact_json import read_number
from journey_atlas_sdk.observation_rows import NumberedRow, RowReader
from journey_atlas_sdk.observations import Observation, Window
from journey_atlas_sdk.periods import OF_DAYS
from journey_atlas_sdk.settings import RestatesDays, RestatingSettings, Settings
from journey_atlas_sdk.units import Aggregation, Unit
from journey_atlas_sdk.web import ServiceSettings

LayerRow = Mapping[str, object]
"""A text or a number by each of the layer's names, whose case doesn't count."""


class LayerReport(Settings, ABC):
    """What a metric is in a layer, and by what it can be broken down; the base of a report."""

    dimensions: Mapping[str, str] = Field(
        default_factory=dict[str, str], description="The layer's name of each, by ours."
    )
    unit: Unit | None = Field(default=None, description="Left out: that of what it feeds.")
    aggregation: Aggregation | None = Field(
        default=None,
        description="UNIQUE for what counts people, OPAQUE for what can't be added up; left out: "
        "that of what it feeds.",
    )

    @property
    @abstractmethod
    def columns(self) -> dict[str, str]:
        """The layer's name of each of an observation's columns that is asked for."""

    def spec(self, metric: str, *, restates_for: timedelta) -> MetricSpec:
        """Say what the metric is."""
        return MetricSpec(
            key=metric,
            title=metric,
            unit=self.unit,
            aggregation=self.aggregation,
            grains=OF_DAYS,
            dimensions=tuple(sorted(self.dimensions)),
            restates_for=restates_for,
        )

    def observations(
        self,
        rows: Iterable[LayerRow],
        request: PullRequest,
        spec: MetricSpec,
        *,
        time: str,
        now: datetime,
    ) -> list[Observation]:
        """Give the observations that the rows are, oldest first; `time` names a period's start.

        DataError where one of the names is missing.
        """
        broken_down = {name: self.dimensions[name] for name in request.dimensions}
        names = {"period_start": time, **self.columns, **broken_down}
        numbered = [
            NumberedRow(request.metric, number, _cells(row, names))
            for number, row in enumerate(rows, start=1)
        ]
        found = RowReader(request=request, now=now, number=read_number).answer(numbered)
        return [replace(one, state=spec.state(Window(one.start, one.end), now)) for one in found]


R = TypeVar("R", bound=LayerReport)


class LayerSettings(RestatingSettings, ServiceSettings, Generic[R]):
    """The report of each metric, and how long its numbers change."""

    reports: Mapping[str, R] = Field(min_length=1, description="By metric.")
    restates_days: RestatesDays = Field(
        default=2, description="For how long the data behind the layer still changes."
    )

    def specs(self) -> list[MetricSpec]:
        """Say what the metrics are that have a report, in order."""
        return [
            report.spec(metric, restates_for=self.restates_for)
            for metric, report in sorted(self.reports.items())
        ]


def _cells(row: LayerRow, names: Mapping[str, str]) -> dict[str, object]:
    """Give a row's cells by an observation's columns."""
    cells = {name.casefold(): cell for name, cell in row.items()}
    lacking = sorted({name for name in names.values() if name.casefold() not in cells})
    if lacking:
        message = f"The layer answers without {', '.join(lacking)}."
        raise DataError(message)
    return {column: cells[name.casefold()] for column, name in names.items()}
