"""How metrics, their sources and connections are written in an atlas file."""

from typing import Annotated, Self

from pydantic import model_validator

from api.atlas_file.entries import AtlasNodeEntry, FileModel, NodeEntry
from api.atlas_file.scalars import (
    Day,
    Flag,
    Free,
    Key,
    Listed,
    Number,
    Text,
    Title,
    Whole,
    refusal,
    short_form,
)
from domain.links import MeasureDimension
from domain.metric import (
    Aggregation,
    Cadence,
    Direction,
    DurationUnit,
    MetricFamily,
    UnitKind,
    WindowKind,
)


class ConnectionEntry(NodeEntry):
    """A configured connector."""

    connector: Key | None = None
    settings: Free | None = None


class UnitEntry(FileModel):
    """What a metric's numbers are."""

    kind: UnitKind
    currency: Text | None = None
    per: Whole | None = None
    display: DurationUnit | None = None


class WindowEntry(FileModel):
    """Which observations count."""

    kind: WindowKind | None = None
    trailing_days: Whole | None = None

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        is_trailing = self.kind in (None, WindowKind.TRAILING)
        if is_trailing is not (self.trailing_days is not None):
            message = "A window is CYCLE, ALL or {trailing_days: n}."
            raise refusal(message)
        return self


class SeriesBreakEntry(FileModel):
    """A day from which values can't be compared with those before."""

    date: Day
    reason: Text


class MeasureEntry(FileModel):
    """A node that a metric measures; on a journey, as its success measure."""

    node: Key
    dimension: MeasureDimension | None = None
    long_term_target: Number | None = None


class SourceEntry(FileModel):
    """Where a metric's values come from; its key is `<metric>:<connection>` where left out."""

    key: Key | None = None
    title: Title | None = None
    description: Text | None = None
    archived: Flag | None = None
    connection: Key
    metric: Text | None = None
    grain: Title | None = None
    parameters: Free | None = None
    breakdowns: Listed[tuple[Title, ...]] = None
    precedence: Whole | None = None


Unit = Annotated[UnitEntry, short_form("kind")]
Window = Annotated[WindowEntry, short_form("kind")]


class MetricEntry(AtlasNodeEntry):
    """A metric, what it measures and where its values come from."""

    unit: Unit | None = None
    better: Direction | None = None
    aggregation: Aggregation | None = None
    window: Window | None = None
    cadence: Cadence | None = None
    family: MetricFamily | None = None
    series_breaks: Listed[SeriesBreakEntry] = None
    formula: Text | None = None
    measures: Listed[MeasureEntry] = None
    sources: Listed[SourceEntry] = None
