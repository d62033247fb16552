"""Whether a source's numbers fit a metric, and what each observation becomes in its unit."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Context, Decimal, Inexact

from domain import metric as domain
from domain.source import MetricSource
from journey_atlas_sdk import ConfigError, DataError, MetricSpec, Observation, Unit
from journey_atlas_sdk.hosting.pulling import state_at
from journey_atlas_sdk.observations import MOST_DIGITS

_EXACT = Context(prec=50, traps=[Inexact])
_WHOLE = Context(prec=2 * MOST_DIGITS)
"""Keeps every digit of a product: numbers may have more than arithmetic's usual 28."""

SAME_NUMBERS = {("COUNT", "NUMBER"), ("SCORE", "NUMBER")}
"""Kinds of a source's unit that are also of another kind."""


class Unfit(ConfigError):
    """What a source delivers can't feed the metric; `of` is what would have to change.

    `legal` names what it could be instead; empty: that depends on more than one word.
    """

    def __init__(self, message: str, *, of: str, legal: Iterable[str] = ()) -> None:
        """Say what was seen and what would fit."""
        super().__init__(message)
        self.of = of
        self.legal = tuple(legal)


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where an observation comes from: connector and its version, the run that brought it."""

    connector: str
    version: str
    sync_run: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """A metric source, its metric, what the connector says of it, and the exact factor between."""

    source: MetricSource
    metric: domain.Metric
    spec: MetricSpec | None
    factor: Decimal

    def accept(
        self, seen: Observation, made: Provenance, *, now: datetime, recorded_at: datetime
    ) -> domain.Observation:
        """Turn a connector's observation into one of the atlas; DataError where it can't be true.

        A period that isn't over at `now` is PROVISIONAL, whatever the connector said.
        """
        self._require_in_range(seen)
        return domain.Observation(
            source=self.source.id,
            metric=self.metric.id,
            start=seen.start,
            end=seen.end,
            dimensions=seen.dimensions,
            value=self.scaled(seen.value),
            sample_size=seen.sample_size,
            numerator=seen.numerator,
            denominator=seen.denominator,
            standard_error=self.scaled(seen.standard_error),
            state=domain.ObservationState(state_at(now, seen)),
            flags=tuple(sorted(seen.flags)),
            connector=made.connector,
            connector_version=made.version,
            sync_run=made.sync_run,
            recorded_at=recorded_at,
        )

    def scaled(self, number: Decimal | None) -> Decimal | None:
        """Bring a number of the source's to the metric's unit, with all of its digits."""
        return None if number is None else _WHOLE.multiply(number, self.factor)

    def _require_in_range(self, seen: Observation) -> None:
        spec = self.spec
        if spec is None or seen.value is None:
            return
        low = spec.minimum is not None and seen.value < spec.minimum
        high = spec.maximum is not None and seen.value > spec.maximum
        if low or high:
            message = (
                f"{spec.key} was {seen.value} from {seen.start:%Y-%m-%d}; "
                f"legal is {spec.minimum} to {spec.maximum}."
            )
            raise DataError(message)


def bind(source: MetricSource, metric: domain.Metric, spec: MetricSpec | None) -> Binding:
    """Join a source to a metric; ConfigError where their units or aggregations can't meet exactly.

    `spec` None: the connector doesn't list its metrics; the values are taken to be the metric's.
    """
    if spec is not None:
        _require_same_grains(source, spec)
        _require_aggregable(metric, spec)
    factor = exact_factor(spec.unit, metric.unit) if spec and spec.unit else Decimal(1)
    return Binding(source=source, metric=metric, spec=spec, factor=factor)


def exact_factor(given: Unit, wanted: domain.Unit) -> Decimal:
    """Give the factor that brings a source's unit to a metric's; ConfigError where none is exact.

    RATIO and PERCENT are a hundred apart, two rates by what they are per; money needs the same
    currency; a COUNT or a SCORE is a NUMBER too.
    """
    pair = (str(given.kind), str(wanted.kind))
    if pair == ("RATIO", "PERCENT"):
        return Decimal(100)
    if pair == ("PERCENT", "RATIO"):
        return Decimal("0.01")
    same = pair[0] == pair[1] or pair in SAME_NUMBERS
    if not same or given.currency != wanted.currency:
        legal = _units_for(given)
        message = (
            f"The source delivers {_name(given)}, the metric is {_name(wanted)}. "
            f"It can feed {' or '.join(legal)}."
        )
        raise Unfit(message, of="metric", legal=legal)
    if given.per and wanted.per:
        return _rate_factor(given.per, wanted.per)
    return Decimal(1)


def _units_for(given: Unit) -> list[str]:
    """Name the units of metrics that a source's numbers can be brought to exactly."""
    kind = str(given.kind)
    swapped = {"RATIO": ["PERCENT"], "PERCENT": ["RATIO"]}.get(kind, [])
    wider = [wide for narrow, wide in sorted(SAME_NUMBERS) if narrow == kind]
    own = " ".join(word for word in (kind, given.currency) if word)
    return [own, *swapped, *wider]


def _rate_factor(given: int, wanted: int) -> Decimal:
    try:
        return _EXACT.divide(Decimal(wanted), Decimal(given))
    except Inexact:
        message = f"A rate per {given} can't be brought exactly to one per {wanted}."
        raise Unfit(message, of="metric", legal=[f"RATE {given}"]) from None


def _name(unit: Unit | domain.Unit) -> str:
    return " ".join(str(p) for p in (unit.kind, unit.currency, unit.per) if p is not None)


def _require_same_grains(source: MetricSource, spec: MetricSpec) -> None:
    if spec.grains and source.grain not in spec.grains:
        legal = sorted(spec.grains)
        message = f"{spec.key} comes by {', '.join(legal)}, not by {source.grain}."
        raise Unfit(message, of="grain", legal=legal)


def _require_aggregable(metric: domain.Metric, spec: MetricSpec) -> None:
    if spec.aggregation is None:
        return
    given = domain.Aggregation(spec.aggregation)
    if given in domain.NOT_AGGREGABLE and metric.aggregation not in (
        given,
        domain.Aggregation.LAST,
    ):
        message = (
            f"{spec.key} is {given}, which can't be aggregated again; "
            f"the metric {metric.key} must be {given} or LAST, not {metric.aggregation}."
        )
        raise Unfit(message, of="metric", legal=[given, domain.Aggregation.LAST])
