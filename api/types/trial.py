"""What trying a connection out shows: whether it works, what it offers, what a metric says."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import strawberry

from api.context import Reading
from api.fields import attribute, computed, described, many, maybe
from api.types.connector import ConnectorMetric, MetricEntry
from api.types.enums import OBSERVATION_STATE
from api.types.freshness import SourceError
from api.types.metric_value import Dimension, dimensions
from domain.metric import ObservationState
from domain.source import SourceError as Failure
from ingest.trying import Preview
from journey_atlas_sdk import Observation


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """How trying a connection out ended; `error` None: well."""

    error: Failure | None
    seconds: float

    @property
    def ok(self) -> bool:
        """Whether it works."""
        return self.error is None


def spec_of(preview: Preview, _: Reading) -> MetricEntry | None:
    """Give what the source says of the metric; None where it lists no such metric."""
    return None if preview.spec is None else MetricEntry(preview.spec)


def state_of(seen: Observation, _: Reading) -> ObservationState:
    """Tell whether a value may still change at its source."""
    return ObservationState(seen.state)


@strawberry.type(description="How trying a connection out ended.")
class ConnectionCheck:
    """The public face of `Checked`."""

    ok: bool = described("Whether the source answered, and knows us.")
    error: SourceError | None = described("What went wrong; null where nothing did.")
    seconds: float = described("How long it took.")


@strawberry.type(description="A value that a source tells, and that isn't recorded.")
class PreviewedObservation:
    """The public face of an observation of the SDK."""

    start: datetime = described("When its period begins.")
    end: datetime = described("When its period ends.")
    value: Decimal | None = described(
        "The exact value; in the metric's unit where one was named, else in the source's own. Null "
        "where nothing was measured."
    )
    sample_size: int | None = described(
        "How many people, events or comments stand behind it; null where that isn't known."
    )
    dimensions = computed(dimensions, many(Dimension), "The dimensions it is narrowed to.")
    state = computed(state_of, OBSERVATION_STATE, "Whether the source may still change it.")


@strawberry.type(description="What a source says of a metric, looked at and not recorded.")
class MetricPreview:
    """The public face of `ingest.trying.Preview`."""

    spec = computed(
        spec_of,
        maybe(ConnectorMetric),
        "What the source says of the metric; null where it lists no such metric.",
    )
    start: datetime = described("Where the stretch begins that the source was asked for.")
    end: datetime = described("Where it ends.")
    observations = computed(
        attribute("observations"),
        many(PreviewedObservation),
        "The newest values of the stretch, at most 100, oldest first.",
    )
    is_cut: bool = described("Whether the stretch has more values than are shown.")
