"""A connector's facts as Markdown, made from what it says of itself."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Final

from journey_atlas_sdk.connector import Capability, ConnectorInfo, Limit, MetricSpec
from journey_atlas_sdk.hosting.markdown import table
from journey_atlas_sdk.hosting.schema_words import fields
from journey_atlas_sdk.observations import Grain
from journey_atlas_sdk.settings import Settings
from journey_atlas_sdk.units import Unit

_CAPABILITIES: Final = {
    Capability.HISTORY: "answers for the past",
    Capability.DISCOVER: "lists its metrics",
    Capability.DIMENSIONS: "breaks them down",
    Capability.PUSH: "takes deliveries",
}
_LENGTHS: Final = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


def facts(info: ConnectorInfo) -> str:
    """Tell a connector's capabilities, limits, settings, metrics and their parameters."""
    models = dict.fromkeys(spec.parameters for spec in info.metrics if spec.parameters)
    tables = (
        table(("fact", ""), _facts(info)),
        _settings_table("setting", info.settings),
        table(("metric", "title", "unit", "more"), map(_metric, info.metrics)),
        *(_settings_table("parameter", model) for model in models),
    )
    return "\n".join(filter(None, tables))


def limit_text(limit: Limit) -> str:
    """Tell a limit, as in "60 requests in 1 hour, 5 at once"."""
    at_once = f", {limit.concurrency} at once" if limit.concurrency is not None else ""
    weight = f", a request counts as {limit.weight}" if limit.weight > 1 else ""
    return rate_text(limit) + at_once + weight


def rate_text(limit: Limit) -> str:
    """Tell how many requests in which time, as in "60 requests in 1 hour"."""
    return f"{limit.count:,} requests in {_length(timedelta(seconds=limit.seconds))}"


def _facts(info: ConnectorInfo) -> Iterator[tuple[str, str]]:
    capabilities = (f"{_CAPABILITIES[c]} (`{c}`)" for c in Capability if c in info.capabilities)
    yield "key", f"`{info.key}`"
    yield "version", f"{info.version}, for contract {info.contract}"
    yield "capabilities", "; ".join(capabilities)
    yield "limits", "; ".join(map(limit_text, info.limits)) or "none declared"
    yield "one pull", "; ".join(_pull(info))
    yield "a value is fresh for", _length(info.default_max_age)
    yield "asked at most every", _length(info.min_interval)


def _pull(info: ConnectorInfo) -> Iterator[str]:
    yield f"ends after {_length(info.timeout)}"
    if info.max_window is not None:
        yield f"covers at most {_length(info.max_window)}"
    if info.max_points is not None:
        yield f"covers at most {info.max_points:,} periods"


def _metric(spec: MetricSpec) -> tuple[str, str, str, str]:
    return f"`{spec.key}`", spec.title, _unit(spec.unit), "; ".join(_more(spec))


def _unit(unit: Unit | None) -> str:
    if unit is None:
        return "that of the metric it feeds"
    per = f"per {unit.per:,}" if unit.per is not None else None
    return " ".join(filter(None, (f"`{unit.kind}`", unit.currency, per)))


def _more(spec: MetricSpec) -> Iterator[str]:
    if spec.aggregation is not None:
        yield f"`{spec.aggregation}` over several periods"
    if spec.grains:
        yield f"by {_names(grain for grain in Grain if grain in spec.grains)}"
    if spec.minimum is not None:
        yield f"at least {spec.minimum}"
    if spec.maximum is not None:
        yield f"at most {spec.maximum}"
    if spec.dimensions:
        yield f"broken down by {_names(spec.dimensions)}"
    if spec.restates_for:
        yield f"may change for {_length(spec.restates_for)}"


def _settings_table(kind: str, model: type[Settings]) -> str:
    return table((kind, "default", "takes", "what it is"), fields(model.json_schema()))


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _length(span: timedelta) -> str:
    """Tell a time in the largest unit that it is whole in, as in "90 minutes" or "1 day"."""
    seconds = int(span.total_seconds())
    size, unit = next(
        (each for each in _LENGTHS if seconds and seconds % each[0] == 0), (1, "second")
    )
    count = seconds // size
    return f"{count:,} {unit}" if count == 1 else f"{count:,} {unit}s"
