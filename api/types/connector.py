"""Connectors: what can be read from, and the plugins that can't be used."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

import strawberry

from api.fields import described
from api.types.scalars import JSON
from journey_atlas_sdk import ConnectorInfo, MetricSpec
from plugins.problems import PluginProblem
from plugins.registry import Registry
from storage.switches import SwitchedOff


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorEntry:
    """A connector, or a plugin in quarantine: then `info` is None and `error` says why.

    `off` None: it isn't switched off.
    """

    key: str
    origin: str
    info: ConnectorInfo | None = None
    error: PluginProblem | None = None
    off: SwitchedOff | None = None

    @property
    def title(self) -> str:
        """What people call it."""
        return self.info.title if self.info else self.key

    @property
    def version(self) -> str | None:
        """Its version; None in quarantine."""
        return self.info.version if self.info else None

    @property
    def documentation(self) -> str | None:
        """Where to read about it."""
        return self.info.documentation if self.info else None

    @property
    def settings_schema(self) -> JSON | None:
        """The JSON Schema of its settings, made when it is asked for; None in quarantine."""
        return JSON(self.info.settings_schema) if self.info else None

    @property
    def capabilities(self) -> list[str]:
        """What it can do, in order of name."""
        return sorted(self.info.capabilities) if self.info else []

    @property
    def metrics(self) -> list["MetricEntry"]:
        """What it offers of its own accord."""
        return entries(self.info.metrics if self.info else ())

    @property
    def limits(self) -> list["LimitEntry"]:
        """What its source allows."""
        limits = self.info.limits if self.info else ()
        return [
            LimitEntry(
                count=limit.count,
                seconds=limit.seconds,
                concurrency=limit.concurrency,
                weight=limit.weight,
            )
            for limit in limits
        ]

    @property
    def max_age_seconds(self) -> int | None:
        """How old an answer may be before it is asked again; None in quarantine."""
        return _seconds(self.info.default_max_age) if self.info else None

    @property
    def min_interval_seconds(self) -> int | None:
        """How long it is left alone at least; None in quarantine."""
        return _seconds(self.info.min_interval) if self.info else None

    @property
    def timeout_seconds(self) -> int | None:
        """How long a call may take; None in quarantine."""
        return _seconds(self.info.timeout) if self.info else None


@dataclass(frozen=True, slots=True)
class MetricEntry:
    """A metric that a source offers."""

    spec: MetricSpec

    @property
    def id(self) -> str:
        """What makes it this one: the source's name for it."""
        return self.spec.key

    @property
    def key(self) -> str:
        """The source's name for it."""
        return self.spec.key

    @property
    def title(self) -> str:
        """What people call it."""
        return self.spec.title

    @property
    def unit(self) -> str | None:
        """The kind of its unit; None where the source doesn't say."""
        return self.spec.unit.kind if self.spec.unit else None

    @property
    def currency(self) -> str | None:
        """The currency of money; None otherwise."""
        return self.spec.unit.currency if self.spec.unit else None

    @property
    def per(self) -> int | None:
        """What a rate is per; None otherwise."""
        return self.spec.unit.per if self.spec.unit else None

    @property
    def aggregation(self) -> str | None:
        """How it aggregates; None where the source doesn't say."""
        return self.spec.aggregation

    @property
    def grains(self) -> list[str]:
        """The periods it comes in, in order of name; empty: any."""
        return sorted(grain.value for grain in self.spec.grains)

    @property
    def dimensions(self) -> list[str]:
        """What it can be broken down by."""
        return list(self.spec.dimensions)

    @property
    def minimum(self) -> Decimal | None:
        """The least legal value; None: there is none."""
        return self.spec.minimum

    @property
    def maximum(self) -> Decimal | None:
        """The greatest legal value; None: there is none."""
        return self.spec.maximum

    @property
    def parameters_schema(self) -> JSON | None:
        """The JSON Schema of what a source may be told besides; None: nothing."""
        model = self.spec.parameters
        return None if model is None else JSON(model.json_schema())

    @property
    def restates_for_seconds(self) -> int:
        """How long after a period's end its value may still change."""
        return _seconds(self.spec.restates_for)


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitEntry:
    """How often a source may be asked."""

    count: int
    seconds: int
    concurrency: int | None
    weight: int


def entries(specs: Iterable[MetricSpec]) -> list[MetricEntry]:
    """Give metrics as they are shown, in their order."""
    return [MetricEntry(spec) for spec in specs]


def inventory(registry: Registry) -> dict[str, ConnectorEntry]:
    """Give all connectors in order of key, then the plugins in quarantine, by key."""
    working = {
        key: ConnectorEntry(key=key, origin=found.origin, info=found.info)
        for key, found in registry.connectors.items()
    }
    broken = {
        problem.name: ConnectorEntry(key=problem.name, origin=problem.origin, error=problem)
        for problem in registry.problems
        if problem.name not in working
    }
    return working | broken


def _seconds(span: timedelta) -> int:
    return int(span.total_seconds())


@strawberry.type(description="Why a plugin can't be used.")
class ConnectorError:
    """The public face of `plugins.problems.PluginProblem`."""

    code: str = described("The kind of problem.")
    reason: str = described("What is wrong, in one line.")
    advice: str = described("What to do about it.")


@strawberry.type(description="That a connector is switched off: nothing is asked through it.")
class ConnectorOff:
    """The public face of `storage.switches.SwitchedOff`."""

    reason: str = described("Why, in the words of whoever did it.")
    at: dt.datetime = described("When.")


@strawberry.type(description="A metric that a source offers.")
class ConnectorMetric:
    """The public face of `MetricEntry`."""

    key: str = described("The source's name for it: the `remoteMetric` of a metric source.")
    title: str = described("Its title.")
    unit: str | None = described("Its kind of unit; null where the source doesn't say.")
    currency: str | None = described("The currency of MONEY, by ISO 4217; null for other units.")
    per: int | None = described("What a RATE is per; null for other units.")
    aggregation: str | None = described("How it aggregates; null where the source doesn't say.")
    grains: list[str] = described("The periods it comes in; empty: any.")
    dimensions: list[str] = described("What it can be broken down by.")
    minimum: Decimal | None = described("The least legal value; null where there is none.")
    maximum: Decimal | None = described("The greatest legal value; null where there is none.")
    parameters_schema: JSON | None = described(
        "The JSON Schema (2020-12) of a source's `parameters`; null where it takes none."
    )
    restates_for_seconds: int = described(
        "For how many seconds after a period's end its value may still change."
    )


@strawberry.type(description="How often a source may be asked.")
class ConnectorLimit:
    """The public face of `LimitEntry`."""

    count: int = described("How many requests.")
    seconds: int = described("In how many seconds.")
    concurrency: int | None = described("How many at once; null: any number.")
    weight: int = described("What one request counts.")


@strawberry.type(description="A plugin that reads a kind of source.")
class Connector:
    """The public face of `ConnectorEntry`."""

    key: str = described("Its name in connections; in quarantine the plugin's.")
    title: str = described("What people call it.")
    version: str | None = described("Its version; null in quarantine.")
    origin: str = described("Where it was found: built in, an installed package, or a file.")
    documentation: str | None = described("Where to read about it; null where nobody said.")
    settings_schema: JSON | None = described(
        "The JSON Schema (2020-12) of a connection's settings, from which a form can be drawn; "
        "secrets are `writeOnly` in it. Null in quarantine."
    )
    metrics: list[ConnectorMetric] = described(
        "The metrics it offers; empty where they depend on the connection: `discoverMetrics`."
    )
    capabilities: list[str] = described(
        "What it can do: HISTORY answers for the past, DISCOVER lists its metrics, DIMENSIONS "
        "breaks them down, PUSH takes deliveries."
    )
    limits: list[ConnectorLimit] = described("How often its source may be asked.")
    max_age_seconds: int | None = described(
        "How old an answer may be where a reader says nothing; null in quarantine."
    )
    min_interval_seconds: int | None = described(
        "For how many seconds it isn't asked again; null in quarantine."
    )
    timeout_seconds: int | None = described(
        "How many seconds a call to its source may take; null in quarantine."
    )
    error: ConnectorError | None = described("Why it can't be used; null where it can.")
    off: ConnectorOff | None = described(
        "Why nothing is asked through it; null where it is switched on."
    )
