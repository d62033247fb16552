"""What may be written as a metric's formula: it can be read, its metrics exist, its units fit."""

from collections.abc import Callable, Iterator, Mapping

from domain.errors import IllegalFormula
from domain.formula import Reference, references, references_in
from domain.formula_parser import parse
from domain.formula_units import factor_to
from domain.links import find_cycle
from domain.metric import Metric
from domain.node import NodeId

KEYS_NAMED_AT_MOST = 30
"""An error that lists more keys than this helps nobody."""


def _nobody(_key: str) -> bool:
    return False


def problems_of_formula(
    metric: Metric,
    text: str,
    metrics: Mapping[str, Metric],
    *,
    may_name: Callable[[str], bool] = _nobody,
) -> Iterator[IllegalFormula]:
    """List all that is wrong with a metric's formula; `metrics` holds every metric by key.

    `may_name` says of a key that isn't there whether it may be that of a metric with problems of
    its own: such a key isn't told, and without its metric units aren't judged.
    Circles over several formulas are found by `circle_among`.
    """
    try:
        formula = parse(text)
        missing = [one for one in references_in(formula) if one.key not in metrics]
        yield from (_unknown(one, metrics) for one in missing if not may_name(one.key))
        if not missing:
            units = {key: metrics[key].unit for key in references(formula)}
            factor_to(metric.unit, formula, units)
    except IllegalFormula as illegal:
        yield illegal


def circle_among(formulas: Mapping[str, str]) -> list[str] | None:
    """Give the keys of one circle of metrics derived from each other, first and last the same.

    `formulas` holds formulas by the key of their metric; what can't be read is left out.
    """
    uses = {
        NodeId(key): [NodeId(used) for used in _used_in(text)] for key, text in formulas.items()
    }
    found = find_cycle(uses)
    return None if found is None else [str(key) for key in found]


def used_by(metric: Metric) -> tuple[str, ...]:
    """Give the keys that a metric's formula refers to; none without one that can be read."""
    return () if metric.formula is None else _used_in(metric.formula)


def _used_in(text: str) -> tuple[str, ...]:
    try:
        return references(parse(text))
    except IllegalFormula:
        return ()


def _unknown(reference: Reference, metrics: Mapping[str, Metric]) -> IllegalFormula:
    return IllegalFormula(
        f"No metric has the key {reference.key}.",
        position=reference.at + 1,
        legal=sorted(metrics)[:KEYS_NAMED_AT_MOST],
    )
