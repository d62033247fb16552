"""Checks 9, 10 and 13 to 18: each value is the source's own, or none."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Final

from journey_atlas_sdk.conformance.bench import Bench, around
from journey_atlas_sdk.conformance.check import Check, Topic
from journey_atlas_sdk.conformance.comparing import (
    moment,
    named,
    require_truth,
    shown,
    told,
    told_error,
)
from journey_atlas_sdk.conformance.specimen import Keeps, Known
from journey_atlas_sdk.conformance.verdict import Mismatch, NotApplicable
from journey_atlas_sdk.conformance.virtual_time import START
from journey_atlas_sdk.conformance.world import Fact, in_order
from journey_atlas_sdk.connector import MetricSpec
from journey_atlas_sdk.errors import ConfigError, ConnectorError, DataError, UnknownMetric
from journey_atlas_sdk.observations import Grain, Observation, ObservationState, Window
from journey_atlas_sdk.periods import period_of
from journey_atlas_sdk.units import Aggregation, UnitKind

ODD_NUMBERS: Final = ("NaN", "inf", "", "N/A", "37%", "1.234,5")
_NOT_SUMMED: Final = frozenset({Aggregation.UNIQUE, Aggregation.MEDIAN, Aggregation.OPAQUE})
_RANGES: Final[Mapping[UnitKind, tuple[Decimal, Decimal]]] = {
    UnitKind.RATIO: (Decimal(0), Decimal(1)),
    UnitKind.PERCENT: (Decimal(0), Decimal(100)),
}
_LONG: Final = frozenset({Grain.WEEK, Grain.MONTH, Grain.QUARTER, Grain.YEAR})
_CLOSE: Final = Decimal("1e-9")


async def tells_the_golden_values(bench: Bench) -> None:
    """9: the golden window, exactly."""
    stage = bench.open()
    found = await stage.pull(bench.question())
    seen = {moment(one.start, bench.specimen.zone): one for one in found}
    for known in bench.specimen.golden.known:
        start = moment(bench.specimen.period(known.start).start, bench.specimen.zone)
        one = seen.pop(start, None)
        if _as_known(one, known) != _expected(known):
            raise Mismatch(
                expected=f"{start} = {_written(known)}",
                seen=told(one, bench.specimen.zone) if one else "nothing",
            )
    if seen:
        extra = next(iter(seen.values()))
        raise Mismatch(expected="nothing else", seen=told(extra, bench.specimen.zone))


def _expected(known: Known) -> tuple[object, ...]:
    return (
        *(_decimal(known.value), known.sample_size),
        *(_decimal(known.numerator), _decimal(known.denominator)),
    )


def _as_known(one: Observation | None, known: Known) -> tuple[object, ...] | None:
    """Give what the specimen knows by heart; it need not know a ratio's parts."""
    if one is None:
        return None if known.value is not None else (None, known.sample_size, None, None)
    parts = (one.numerator, one.denominator) if known.numerator else (None, None)
    return (one.value, one.sample_size, *parts)


def _written(known: Known) -> str:
    size = "" if known.sample_size is None else f" (n {known.sample_size})"
    parts = f" ({known.numerator} / {known.denominator})" if known.numerator else ""
    return f"{'nothing' if known.value is None else known.value}{size}{parts}"


def _decimal(written: str | None) -> Decimal | None:
    return None if written is None else Decimal(written)


async def knows_its_metrics(bench: Bench) -> None:
    """10: what lies outside the window stays out, and a metric that isn't there is refused."""
    before, *inner, after = bench.recent(5)
    facts = bench.facts_in([before, *inner, after])
    window = Window(inner[0].start, inner[-1].end)
    stage = bench.open(facts)
    require_truth(
        await stage.pull(bench.question(window)),
        bench.truth(facts, inner),
        bench.specimen.zone,
    )
    if not await stage.discover():
        return  # it lists no metrics: any name is that of the only one
    unknown = bench.question(window, metric="atlas-no-such-metric")
    try:
        found = await stage.pull(unknown)
    except UnknownMetric:
        return
    except ConnectorError as error:
        raise Mismatch(
            expected="UnknownMetric for a metric that isn't listed",
            seen=told_error(error),
        ) from error
    raise Mismatch(
        expected="UnknownMetric for a metric that isn't listed",
        seen=f"an answer of {len(found)} observations",
    )


async def leaves_gaps(bench: Bench) -> None:
    """13: a period of which the source knows nothing is left out or None."""
    asked = bench.recent(4)
    facts = bench.facts_in([asked[0], asked[1], asked[3]])
    stage = bench.open(facts)
    found = await stage.pull(bench.question(around(asked)))
    require_truth(found, bench.truth(facts, asked), bench.specimen.zone)


async def reads_numbers_strictly(bench: Bench) -> None:
    """14: what is no number becomes none, or a DataError."""
    if not bench.specimen.as_written:
        reason = "its source only counts, and passes no number on"
        raise NotApplicable(reason)
    asked = bench.recent(3)
    for written in ODD_NUMBERS:
        facts = bench.facts_in(asked)
        facts = [replace(each, value=written) if _is_in(each, asked[1]) else each for each in facts]
        found = await _read_or_refused(bench, facts, around(asked))
        value = next((one.value for one in found if one.start == asked[1].start), None)
        if value is not None and value != _truly(bench, facts, asked[1]):
            raise Mismatch(
                expected=f"{written!r} at the source becomes no number, or a DataError",
                seen=f"{named(asked[1], bench.specimen.zone)} = {shown(value)}",
            )


async def _read_or_refused(
    bench: Bench, facts: Sequence[Fact], window: Window
) -> Sequence[Observation]:
    try:
        stage = bench.open(facts)
        return await stage.pull(bench.question(window))
    except (DataError, ConfigError):
        return []


def _truly(bench: Bench, facts: Sequence[Fact], period: Window) -> Decimal | None:
    """Tell the truth where there is one: a count of answers doesn't mind what they are."""
    try:
        value = bench.truth(facts, [period])[period]
    except InvalidOperation:
        return None
    return value if value is not None and value.is_finite() else None


async def keeps_to_its_range(bench: Bench) -> None:
    """15: a ratio is numerator by denominator, and every value is inside what its spec allows."""
    asked = bench.recent(3)
    window = around(asked)
    answers = sorted(bench.specimen.answers, key=Decimal)
    extremes = dict(zip(asked, (answers[0], answers[-1], answers[len(answers) // 2]), strict=True))
    facts = [
        replace(
            each, value=next(value for period, value in extremes.items() if _is_in(each, period))
        )
        for each in bench.facts_in(asked)
    ]
    looked_at = 0
    stage = bench.open(facts)
    for metric in bench.metrics:
        bounds = _bounds(await stage.describe(metric))
        for one in await stage.pull(bench.question(window, metric=metric)):
            looked_at += bounds is not None or one.numerator is not None
            _require_ratio(one, bench)
            _require_inside(one, bounds, bench)
    if not looked_at:
        reason = "no metric of its specimen is a ratio, or has bounds"
        raise NotApplicable(reason)


def _bounds(spec: MetricSpec | None) -> tuple[Decimal | None, Decimal | None] | None:
    if spec is None:
        return None
    low, high = _RANGES.get(spec.unit.kind, (None, None)) if spec.unit else (None, None)
    found = (
        low if spec.minimum is None else spec.minimum,
        high if spec.maximum is None else spec.maximum,
    )
    return None if found == (None, None) else found


def _require_ratio(one: Observation, bench: Bench) -> None:
    if one.value is None or one.numerator is None or not one.denominator:
        return
    if abs(one.value * one.denominator - one.numerator) > _CLOSE * abs(one.denominator):
        raise Mismatch(
            expected=f"{one.metric} is {shown(one.numerator)} / {shown(one.denominator)}",
            seen=told(one, bench.specimen.zone),
        )


def _require_inside(
    one: Observation, bounds: tuple[Decimal | None, Decimal | None] | None, bench: Bench
) -> None:
    low, high = bounds or (None, None)
    if one.value is None:
        return
    if (low is not None and one.value < low) or (high is not None and one.value > high):
        raise Mismatch(
            expected=f"{one.metric} is from {low} to {high}", seen=told(one, bench.specimen.zone)
        )


async def counts_its_sample(bench: Bench) -> None:
    """16: where nobody answered, the sample size is 0 or isn't told."""
    if all(known.sample_size is None for known in bench.specimen.golden.known):
        reason = "its golden values have no sample sizes"
        raise NotApplicable(reason)
    asked = bench.recent(3)
    facts = bench.facts_in(asked)
    if bench.specimen.keeps is Keeps.PERIODS:
        facts[1] = replace(facts[1], value="", sample_size=0)
    else:
        facts = [each for each in facts if not _is_in(each, asked[1])]
    stage = bench.open(facts)
    found = await stage.pull(bench.question(around(asked)))
    for one in found:
        if one.start == asked[1].start and one.sample_size:
            raise Mismatch(
                expected=f"{named(asked[1], bench.specimen.zone)} has a sample of 0 or none",
                seen=told(one, bench.specimen.zone),
            )


async def tells_what_may_change(bench: Bench) -> None:
    """17: the running period is PROVISIONAL, one that the source no longer restates FINAL."""
    spec = await bench.spec()
    settled = START - (spec.restates_for if spec else timedelta(0))
    running = period_of(START, bench.specimen.golden.grain, bench.specimen.zone)
    asked = [*bench.recent(3), running]
    facts = in_order([*bench.facts_in(asked[:-1]), *bench.facts_in([running], each=1)])
    stage = bench.open(facts)
    found = await stage.pull(bench.question(around(asked)))
    for one in found:
        expected = _state(one.end, settled)
        if Window(one.start, one.end) not in asked:  # another check's business
            continue
        if expected and one.state is not expected:
            raise Mismatch(
                expected=f"{named(Window(one.start, one.end), bench.specimen.zone)} is {expected}"
                f" at {moment(START, bench.specimen.zone)}",
                seen=f"it is {one.state}",
            )


def _state(end: datetime, settled: datetime) -> ObservationState | None:
    """Tell the state that a period must have; None: either will do."""
    if end > START:
        return ObservationState.PROVISIONAL
    return ObservationState.FINAL if end <= settled else None


async def asks_unique_metrics_whole(bench: Bench) -> None:
    """18: who comes on two days is one person in the week."""
    stage = bench.open()
    specs = [await stage.describe(metric) for metric in bench.metrics]
    unique = [spec for spec in specs if spec and spec.aggregation in _NOT_SUMMED]
    if not unique:
        reason = "no metric of its specimen is UNIQUE, MEDIAN or OPAQUE"
        raise NotApplicable(reason)
    for spec in unique:
        for grain in sorted((spec.grains or _LONG) & _LONG):
            await _require_whole(bench, spec, grain)


async def _require_whole(bench: Bench, spec: MetricSpec, grain: Grain) -> None:
    (asked,) = bench.recent(1, grain=grain)
    facts = [
        replace(bench.fact(at, number=number, value="5"), who="ada@example.org")
        for number, at in enumerate(
            asked.start + timedelta(hours=12 + 24 * day) for day in range(3)
        )
    ]
    stage = bench.open(facts)
    found = await stage.pull(bench.question(asked, metric=spec.key, grain=grain))
    require_truth(found, bench.truth(facts, [asked], metric=spec.key), bench.specimen.zone)


def _is_in(each: Fact, period: Window) -> bool:
    return period.start <= each.at < period.end


CHECKS: Final = (
    Check(9, "the golden window, exactly", Topic.TRUTH, tells_the_golden_values),
    Check(10, "known metrics, inside the window", Topic.TRUTH, knows_its_metrics),
    Check(13, "a missing period is None, not 0", Topic.TRUTH, leaves_gaps),
    Check(14, "what is no number becomes none", Topic.TRUTH, reads_numbers_strictly),
    Check(15, "ratios and scores are in their range", Topic.TRUTH, keeps_to_its_range),
    Check(16, "sample sizes are whole, 0 or more", Topic.TRUTH, counts_its_sample),
    Check(17, "what may change is provisional", Topic.TRUTH, tells_what_may_change),
    Check(18, "unique metrics are asked whole", Topic.TRUTH, asks_unique_metrics_whole),
)
