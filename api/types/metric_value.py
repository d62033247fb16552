"""What a metric's value is, and where it comes from."""

from datetime import datetime
from decimal import Decimal

import strawberry

from api.context import Reading
from api.fields import attribute, computed, described, many, maybe
from api.types.enums import OBSERVATION_STATE, WINDOW_KIND
from api.types.links import all_named_in, named_in
from api.types.progress import Explain, Reason
from api.types.references import METRIC, METRIC_SOURCE
from domain import value
from domain.explain import age_seconds
from domain.metric import Metric
from domain.source import MetricSource
from domain.staleness import is_older_than_cadence


@strawberry.type(description="A dimension that a value is narrowed to.")
class Dimension:
    """A pair of the domain's dimensions, as it is answered."""

    name: str = described("The dimension, such as `channel`.")
    value: str = described("Its value, such as `online`.")


@strawberry.input(description="A dimension to narrow a value to.")
class DimensionInput:
    """A pair of the domain's dimensions, as it is asked for."""

    name: str = strawberry.field(description="The dimension, such as `channel`.")
    value: str = strawberry.field(description="Its value, such as `online`.")


@strawberry.type(description="Which observations make up a value.")
class Window:
    """The public face of `domain.metric.Window`."""

    kind: str = described("The kind of window.", graphql_type=WINDOW_KIND)
    days: int | None = described("How many days, with TRAILING; null for the other kinds.")


class Dimensioned:
    """What has dimensions: pairs of name and value, in order of name."""

    dimensions: tuple[tuple[str, str], ...]


def dimensions(record: Dimensioned, _: Reading) -> list[Dimension]:
    """List the dimensions that a record is narrowed to, in order of name."""
    return [Dimension(name=name, value=value) for name, value in record.dimensions]


def precedence(found: value.MetricValue, reading: Reading) -> int | None:
    """Give the precedence of the source that answered; None without a value."""
    if found.source is None:
        return None
    return reading.view.atlas.get(found.source, MetricSource).precedence


def age(found: value.MetricValue, reading: Reading) -> int | None:
    """Give whole seconds from the newest observation to the asked moment; None: no observation."""
    return age_seconds(found.observed_at, _asked_moment(found, reading))


def is_stale(found: value.MetricValue, reading: Reading) -> bool:
    """Tell whether the newest observation counted is older than twice the metric's cadence."""
    metric = reading.view.atlas.get(found.metric, Metric)
    moment = _asked_moment(found, reading)
    return is_older_than_cadence(found.observed_at, metric.cadence, moment)


def _asked_moment(found: value.MetricValue, reading: Reading) -> datetime:
    """Give the end of the window where it lies before the view's moment: an earlier day's value."""
    return min(found.window_end or reading.view.instant, reading.view.instant)


@strawberry.type(
    description="A metric's value over a window that ends with the asked day, in the metric's unit."
)
class MetricValue:
    """The public face of `domain.value.MetricValue`."""

    metric = computed(named_in("metric"), METRIC, "The metric.")
    value: float | None = described(
        "The value, in the metric's unit (durations in seconds); null with a reason, never 0, "
        "where there is none."
    )
    value_exact = computed(attribute("value"), maybe(Decimal), "The same number, exact.")
    reason: Reason | None = described("Why there is no value; null where there is one.")
    source = computed(
        named_in("source"),
        maybe(METRIC_SOURCE),
        "The source that answered: of those with an observation in the window, the one of lowest "
        "precedence. Null without a value.",
    )
    precedence = computed(
        precedence, maybe(int), "The precedence of the source that answered; null without a value."
    )
    sources = computed(
        all_named_in("sources"), many(METRIC_SOURCE), "All sources, in order of precedence."
    )
    observed_at: datetime | None = described(
        "When the newest period counted ended; null without a value."
    )
    age_seconds = computed(
        age, maybe(int), "Seconds from `observedAt` to the asked moment; null without a value."
    )
    is_stale = computed(
        is_stale,
        bool,
        "Whether `observedAt` is longer ago than twice the metric's cadence; false without one.",
    )
    state: str | None = described(
        "Whether the newest period counted may still change; null without a value.",
        graphql_type=maybe(OBSERVATION_STATE),
    )
    count: int = described("How many observations make up the value.")
    sample_size: int | None = described(
        "How many people, events or comments stand behind it; null where that isn't known."
    )
    standard_error: float | None = described(
        "The standard error, in the metric's unit; null where it isn't known."
    )
    derivation: Explain | None = described(
        "How a derived metric's value came about: its formula, and the inputs' values over the "
        "same window; null for a measured one."
    )
    window: Window = described("The window that was asked for.")
    window_start: datetime | None = described(
        "Where the window begins: periods that end after it count; null: no beginning."
    )
    window_end: datetime | None = described(
        "Where the window ends: periods that end by then count; null where it couldn't be cut."
    )
    dimensions = computed(
        dimensions, many(Dimension), "The dimensions it is narrowed to; empty: the whole."
    )
