"""What a metric's value in one bucket of a series is: its observations that end in the bucket."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from domain.aggregation import aggregated
from domain.atlas import Atlas
from domain.calendar import Bucket, Grain
from domain.metric import NOT_AGGREGABLE, Dimensions, Metric, ObservationState
from domain.node import NodeId
from domain.ports import Aggregates, WindowAggregate, WindowQuery
from domain.questions import Span, sources_of, window_queries
from domain.reason import Reason, ReasonCode
from domain.value import no_observation


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketValue:
    """A metric's value in a bucket, in its unit; None with the reason.

    `observed_at` is the end of the newest observation counted; PROVISIONAL is one of which any
    observation is. `sample_size` is their sum, None where none has one.
    """

    metric: NodeId
    value: Decimal | None
    reason: Reason | None = None
    observed_at: datetime | None = None
    state: ObservationState | None = None
    source: NodeId | None = None
    sample_size: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketQuestions:
    """Asks for metrics bucket by bucket; nothing that ends after `until` counts."""

    atlas: Atlas
    grain: Grain
    until: datetime
    dimensions: Dimensions = ()
    answers: Aggregates = field(default_factory=dict[WindowQuery, WindowAggregate])

    def of(self, metric: Metric, bucket: Bucket) -> list[WindowQuery]:
        """List the questions that a metric's value in a bucket needs, in order of precedence.

        MEDIAN, UNIQUE and OPAQUE are asked only of the sources whose own grain the bucket has.
        """
        span = Span(bucket.start, min(bucket.end, self.until))
        asked = window_queries(self.atlas, metric, span, dimensions=self.dimensions)
        if metric.aggregation not in NOT_AGGREGABLE:
            return asked
        own = {s.id for s in sources_of(self.atlas, metric.id) if s.grain == self.grain}
        return [query for query in asked if query.source in own]

    def value(self, metric: Metric, bucket: Bucket) -> BucketValue:
        """Make the value of the answers; the first source that has any observation answers."""
        queries = self.of(metric, bucket)
        for query in queries:
            if query in self.answers:
                return _answered(metric, bucket, query, self.answers[query])
        reason = no_observation(self.atlas, metric)
        if not queries and reason.code is not ReasonCode.NO_SOURCE:
            reason = self._not_its_grain(metric)
        return BucketValue(metric=metric.id, value=None, reason=reason)

    def _not_its_grain(self, metric: Metric) -> Reason:
        grains = sorted({source.grain for source in sources_of(self.atlas, metric.id)})
        message = (
            f"{metric.key} is {metric.aggregation}, which can't be aggregated again: its sources "
            f"answer by {' or '.join(grains)}, not by {self.grain}."
        )
        return Reason(ReasonCode.WINDOW_ILLEGAL, message)


def _answered(
    metric: Metric, bucket: Bucket, query: WindowQuery, found: WindowAggregate
) -> BucketValue:
    value = _value(metric, bucket, found)
    return BucketValue(
        metric=metric.id,
        value=None if isinstance(value, Reason) else value,
        reason=value if isinstance(value, Reason) else None,
        observed_at=found.last.end,
        state=_state(query, found),
        source=query.source,
        sample_size=found.sample_size if query.whole else found.last.sample_size,
    )


def _value(metric: Metric, bucket: Bucket, found: WindowAggregate) -> Decimal | Reason:
    """Aggregate; what can't be aggregated again must be the source's period of just this bucket."""
    period = (found.last.start, found.last.end)
    if metric.aggregation not in NOT_AGGREGABLE or period == (bucket.start, bucket.end):
        return aggregated(metric, found)
    message = (
        f"{metric.key} is {metric.aggregation}, which can't be aggregated again, and the source's "
        f"period from {period[0].isoformat()} to {period[1].isoformat()} isn't {bucket.label}."
    )
    return Reason(ReasonCode.WINDOW_ILLEGAL, message)


def _state(query: WindowQuery, found: WindowAggregate) -> ObservationState:
    if query.whole and found.final_count < found.count:
        return ObservationState.PROVISIONAL
    return found.last.state
