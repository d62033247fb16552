"""How a metric's value came about: the formula of its aggregation, and the sums that went in."""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType

from domain.explain import Explain, Input, age_seconds
from domain.metric import NOT_AGGREGABLE, Aggregation, Metric, UnitKind
from domain.ports import WindowAggregate, WindowQuery
from domain.value import MetricValue
from domain.view import View


def explain_value(view: View, found: MetricValue) -> Explain:
    """Explain what `metric_value` gave; without a value there are no inputs.

    A derived metric's value brings its own explanation along.
    """
    if found.derivation is not None:
        return found.derivation
    metric = view.atlas.get(found.metric, Metric)
    answer = _answer(view, metric, found)
    formula = _formula(metric)
    if answer is None:
        return Explain(formula=formula)
    numbers = _inputs(metric, answer)
    return Explain(
        formula=formula, inputs=tuple(_input(view, found, name, numbers[name]) for name in numbers)
    )


_FORMULAS: Mapping[Aggregation, str] = MappingProxyType(
    {
        Aggregation.LAST: "last value",
        Aggregation.SUM: "sum of values",
        Aggregation.MEAN: "sum of values / observations",
        Aggregation.WEIGHTED_MEAN: "sum of value x sample size / sum of sample sizes",
        Aggregation.RATIO: "sum of numerators / sum of denominators",
        Aggregation.MIN: "smallest value",
        Aggregation.MAX: "largest value",
    }
)


def _formula(metric: Metric) -> str:
    if metric.aggregation in NOT_AGGREGABLE:
        return "last value: the source's own, which can't be aggregated again"
    formula = _FORMULAS[metric.aggregation]
    if metric.aggregation is not Aggregation.RATIO:
        return formula
    scale = 100 if metric.unit.kind is UnitKind.PERCENT else metric.unit.per
    return f"{formula} x {scale}" if scale else formula


def _answer(view: View, metric: Metric, found: MetricValue) -> WindowAggregate | None:
    if found.source is None or found.window_end is None:
        return None
    asked = WindowQuery(
        source=found.source,
        metric=metric.id,
        dimensions=found.dimensions,
        start=found.window_start,
        end=found.window_end,
        whole=not _takes_the_last(metric),
    )
    return view.aggregates.get(asked)


def _takes_the_last(metric: Metric) -> bool:
    return metric.aggregation is Aggregation.LAST or metric.aggregation in NOT_AGGREGABLE


def _inputs(metric: Metric, found: WindowAggregate) -> dict[str, Decimal | None]:
    """Give the formula's numbers by name; in the metric's unit where they are values."""
    if _takes_the_last(metric):
        return {"last value": found.last.value}
    size = None if found.sample_size is None else Decimal(found.sample_size)
    observations = {"observations": Decimal(found.count)}
    numbers: Mapping[Aggregation, dict[str, Decimal | None]] = {
        Aggregation.SUM: {"sum of values": found.total, **observations},
        Aggregation.MEAN: {"sum of values": found.total, **observations},
        Aggregation.WEIGHTED_MEAN: {
            "sum of value x sample size": found.weighted_total,
            "sum of sample sizes": size,
        },
        Aggregation.RATIO: {
            "sum of numerators": found.numerator,
            "sum of denominators": found.denominator,
        },
        Aggregation.MIN: {"smallest value": found.minimum, **observations},
        Aggregation.MAX: {"largest value": found.maximum, **observations},
    }
    return numbers[metric.aggregation]


_IN_THE_UNIT = frozenset({"last value", "sum of values", "smallest value", "largest value"})


def _input(view: View, found: MetricValue, name: str, value: Decimal | None) -> Input:
    return Input(
        name=name,
        value=value,
        metric=found.metric,
        observed_at=found.observed_at,
        source=found.source,
        age_seconds=age_seconds(found.observed_at, view.instant),
        is_plain=name not in _IN_THE_UNIT,
    )
