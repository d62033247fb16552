"""How the observations of a window become one value."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType

from domain.exact import decimal_of
from domain.metric import Aggregation, Metric, UnitKind
from domain.ports import WindowAggregate
from domain.reason import Reason, ReasonCode


def aggregated(metric: Metric, found: WindowAggregate) -> Decimal | Reason:
    """Give the value in the metric's unit, or why the observations don't make one.

    MEDIAN, UNIQUE and OPAQUE can't be aggregated again: the latest observation answers.
    """
    return _AGGREGATORS[metric.aggregation](metric, found)


def _last(_: Metric, found: WindowAggregate) -> Decimal | Reason:
    return found.last.value


def _sum(metric: Metric, found: WindowAggregate) -> Decimal | Reason:
    return found.total if found.total is not None else _unobserved(metric)


def _minimum(metric: Metric, found: WindowAggregate) -> Decimal | Reason:
    return found.minimum if found.minimum is not None else _unobserved(metric)


def _maximum(metric: Metric, found: WindowAggregate) -> Decimal | Reason:
    return found.maximum if found.maximum is not None else _unobserved(metric)


def _mean(metric: Metric, found: WindowAggregate) -> Decimal | Reason:
    if found.total is None or not found.count:
        return _unobserved(metric)
    return decimal_of(Fraction(found.total) / found.count)


def _weighted_mean(metric: Metric, found: WindowAggregate) -> Decimal | Reason:
    if found.weighted_total is None or not found.sample_size:
        message = f"{metric.key} is a mean weighted by sample size, and no observation has one."
        return Reason(ReasonCode.NO_SAMPLE_SIZE, message)
    return decimal_of(Fraction(found.weighted_total) / found.sample_size)


def _ratio(metric: Metric, found: WindowAggregate) -> Decimal | Reason:
    if found.numerator is None or not found.denominator:
        message = f"{metric.key} is a ratio, and its denominators here are missing or add up to 0."
        return Reason(ReasonCode.NO_DENOMINATOR, message)
    return decimal_of(Fraction(found.numerator) / Fraction(found.denominator) * _scale(metric))


def _scale(metric: Metric) -> int:
    if metric.unit.kind is UnitKind.PERCENT:
        return 100
    return metric.unit.per or 1


def _unobserved(metric: Metric) -> Reason:
    return Reason(ReasonCode.NO_OBSERVATION, f"{metric.key} has no observation here.")


_AGGREGATORS: Mapping[Aggregation, Callable[[Metric, WindowAggregate], Decimal | Reason]] = (
    MappingProxyType(
        {
            Aggregation.LAST: _last,
            Aggregation.SUM: _sum,
            Aggregation.MEAN: _mean,
            Aggregation.WEIGHTED_MEAN: _weighted_mean,
            Aggregation.RATIO: _ratio,
            Aggregation.MIN: _minimum,
            Aggregation.MAX: _maximum,
            Aggregation.MEDIAN: _last,
            Aggregation.UNIQUE: _last,
            Aggregation.OPAQUE: _last,
        }
    )
)
